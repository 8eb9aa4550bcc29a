// node test/bench/generate.mjs [--dir FOLDER] [--size FACTOR] [--seed N] [SHAPE...]: writes the benchmark captures.
import { parseArgs } from 'node:util';
import { defaultFolder, ensureCapture, shapeNames } from './shapes.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dir: { type: 'string', default: defaultFolder() },
    size: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
  },
});
for (const shape of positionals.length > 0 ? positionals : shapeNames) {
  const capture = ensureCapture(shape, { folder: values.dir, size: Number(values.size), seed: Number(values.seed) });
  console.log(`${capture.path}: ${(capture.bytes / 1e6).toFixed(0)} MB, ${capture.packets} packets, `
    + `${capture.connections} connections, ${capture.requests} requests`);
}
