// Makes the desktop packages of this system in out/: `npm run package`, or `node scripts/package.mjs --dir` for the
// unpacked application alone. Electron is fetched by electron-builder; where it cannot be, this says so.
import { build as buildPackages } from 'electron-builder';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build, root } from './setup.mjs';

const { values } = parseArgs({ options: { dir: { type: 'boolean', default: false } } });

build();
try {
  const made = await buildPackages({ projectDir: root, config: join(root, 'electron-builder.yml'), publish: 'never', dir: values.dir });
  for (const path of made) console.log(path);
} catch (error) {
  const reason = /ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|fetch failed|getaddrinfo/.test(String(error)) ? 'Electron or a packaging tool cannot be fetched from here; this needs the network.' : String(error.message ?? error);
  console.error(`No package was made. ${reason}`);
  process.exitCode = 1;
}
