// Renders resources/icons/icon.svg to the sizes and containers that the desktop packages need, with a Chromium of this
// machine (CHROMIUM names another one). Run it after a change of the picture: `node scripts/icons.mjs`.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { root } from './setup.mjs';

const folder = join(root, 'resources', 'icons');
/** Linux looks for files named by their size; the largest is also the window's. */
const SIZES = [16, 24, 32, 48, 64, 128, 256, 512, 1024];
const ICO_SIZES = [16, 24, 32, 48, 64, 128, 256];
/** Types of the icns container that hold PNG, by pixels; some sizes stand for two (once for dense screens). */
const ICNS_TYPES = [['icp4', 16], ['icp5', 32], ['ic11', 32], ['ic12', 64], ['ic07', 128], ['ic08', 256], ['ic13', 256], ['ic09', 512], ['ic14', 512], ['ic10', 1024]];

const svg = readFileSync(join(folder, 'icon.svg'), 'utf8');
const pngs = await render();
for (const size of SIZES) if (size <= 512) writeFileSync(join(folder, `${size}x${size}.png`), pngs.get(size));
writeFileSync(join(folder, 'icon.png'), pngs.get(512));
writeFileSync(join(folder, 'icon.ico'), ico());
writeFileSync(join(folder, 'icon.icns'), icns());

async function render() {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
  try {
    const page = await browser.newPage();
    const pngs = new Map();
    for (const size of SIZES) {
      await page.setViewportSize({ width: size, height: size });
      await page.setContent(`<style>body{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`);
      pngs.set(size, await page.screenshot({ omitBackground: true, clip: { x: 0, y: 0, width: size, height: size } }));
    }
    return pngs;
  } finally {
    await browser.close();
  }
}

/** ICONDIR, an ICONDIRENTRY each, then the PNGs: as Windows reads it since Vista. */
function ico() {
  const head = Buffer.alloc(6 + 16 * ICO_SIZES.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(ICO_SIZES.length, 4);
  let offset = head.length;
  for (const [index, size] of ICO_SIZES.entries()) {
    const png = pngs.get(size);
    const at = 6 + 16 * index;
    // 256 is written as 0.
    head.writeUInt8(size % 256, at);
    head.writeUInt8(size % 256, at + 1);
    head.writeUInt16LE(1, at + 4);
    head.writeUInt16LE(32, at + 6);
    head.writeUInt32LE(png.length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += png.length;
  }
  return Buffer.concat([head, ...ICO_SIZES.map((size) => pngs.get(size))]);
}

/** "icns", the length of all; then type, length and PNG of each. */
function icns() {
  const parts = ICNS_TYPES.map(([type, size]) => Buffer.concat([block(type, 8 + pngs.get(size).length), pngs.get(size)]));
  return Buffer.concat([block('icns', 8 + parts.reduce((sum, part) => sum + part.length, 0)), ...parts]);
}

function block(type, length) {
  const head = Buffer.alloc(8);
  head.write(type, 'latin1');
  head.writeUInt32BE(length, 4);
  return head;
}
