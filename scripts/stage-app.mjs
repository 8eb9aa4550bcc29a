import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Copies what a desktop package is made of into a folder of its own, replacing it. Packages are made from there and never
 * from the checkout: `cap` is compiled for Electron in place, and the checkout's is the one that Node loads.
 */
export function stageApp(root, folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const key of ['scripts', 'devDependencies', 'dependencies', 'allowScripts']) delete manifest[key];
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const part of ['LICENSE', 'README.md', 'docs', 'dist', 'resources', 'node_modules/cap', 'node_modules/nan']) {
    // Optional: without cap, live capture uses dumpcap or tcpdump.
    if (existsSync(join(root, part))) cpSync(join(root, part), join(folder, part), { recursive: true, dereference: true });
  }
}
