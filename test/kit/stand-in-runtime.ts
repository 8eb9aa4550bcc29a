import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Before the fuses in Electron's binary (the fuses' documentation); then a version, their number, and one octet each. */
const FUSE_SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
/** '0' off, '1' on, as Electron ships them: run-as-node, node options and inspect are on. */
const FUSES = '1011001100';

/** A folder that electron-builder takes for Electron's runtime on Linux: the files it touches, and nothing that runs. */
export function makeStandInRuntime(folder: string, version: string): void {
  mkdirSync(join(folder, 'locales'), { recursive: true });
  mkdirSync(join(folder, 'resources'), { recursive: true });
  writeFileSync(join(folder, 'version'), version);
  for (const name of ['LICENSE', 'LICENSES.chromium.html', 'chrome-sandbox', 'chrome_crashpad_handler', 'icudtl.dat', 'resources.pak', 'locales/en-US.pak']) writeFileSync(join(folder, name), name);
  writeFileSync(join(folder, 'electron'), Buffer.concat([Buffer.from('stand-in '), Buffer.from(FUSE_SENTINEL), Buffer.from([1, FUSES.length]), Buffer.from(FUSES), Buffer.alloc(16)]));
  chmodSync(join(folder, 'electron'), 0o755);
}
