// Makes the desktop packages of this system in out/: `npm run package`, or `npm run package -- --dir` for the unpacked
// application alone. Electron is fetched by electron-builder; where it cannot be, this says so.
import { rebuild } from '@electron/rebuild';
import { getConfig } from 'app-builder-lib/out/util/config/config.js';
import { build as buildPackages } from 'electron-builder';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build, root } from './setup.mjs';
import { stageApp } from './stage-app.mjs';

const { values } = parseArgs({ options: { dir: { type: 'boolean', default: false } } });
const electronVersion = JSON.parse(readFileSync(join(root, 'node_modules', 'electron', 'package.json'), 'utf8')).version;

build();
// Outside of the checkout: who compiles looks for modules in the folders above, too.
const stage = mkdtempSync(join(tmpdir(), 'drainspotter-package-'));
try {
  stageApp(root, stage);
  await compileCap();
  const config = await getConfig(root, join(root, 'electron-builder.yml'), null);
  const made = await buildPackages({
    projectDir: stage,
    config: { ...config, electronVersion, directories: { ...config.directories, output: join(root, 'out') } },
    publish: 'never',
    ...(values.dir && { dir: true }),
  });
  for (const path of made) console.log(path);
} catch (error) {
  const unreachable = /ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|fetch failed|getaddrinfo/.test(`${error} ${error.cause ?? ''}`);
  console.error(`No package was made. ${unreachable ? 'Electron, or a tool for packages, cannot be fetched from here: this needs the network.' : error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(stage, { recursive: true, force: true });
}

/** In the copy, for Electron; a package without it is one that captures by dumpcap or tcpdump. */
async function compileCap() {
  const cap = join(stage, 'node_modules', 'cap');
  if (!existsSync(cap)) return;
  try {
    await rebuild({ buildPath: stage, projectRootPath: stage, electronVersion, onlyModules: ['cap'], force: true });
  } catch (error) {
    rmSync(cap, { recursive: true, force: true });
    console.error(`Packaging without cap, which could not be compiled for Electron (${String(error.message).split('\n')[0]}): live capture will use dumpcap or tcpdump.`);
  }
}
