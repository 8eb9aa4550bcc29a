import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Loading Electron's package downloads its runtime; the desktop shell is tested against a fake that has its types.
  resolve: { alias: [{ find: /^electron$/, replacement: fileURLToPath(new URL('test/kit/fake-electron.ts', import.meta.url)) }] },
  test: {
    include: ['test/**/*.test.ts'],
    // Some tests start the built command line or read thousands of captures; a busy machine of two cores must not fail them.
    testTimeout: 120_000,
  },
});
