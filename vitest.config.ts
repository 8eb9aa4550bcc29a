import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** What keeps a processor busy and waits for little: as many at a time as there are processors. */
const COMPUTING = ['test/unit/**/*.test.ts', 'test/conformance/**/*.test.ts', 'test/fuzz/**/*.test.ts'];

export default defineConfig({
  // Loading Electron's package downloads its runtime; the desktop shell is tested against a fake that has its types.
  resolve: { alias: [{ find: /^electron$/, replacement: fileURLToPath(new URL('test/kit/fake-electron.ts', import.meta.url)) }] },
  test: {
    // Some tests start the built command line or read thousands of captures; a busy machine of two cores must not fail them.
    testTimeout: 120_000,
    // What stands before them (a browser, a server, a capture to read) waits as long: ten seconds were not enough.
    hookTimeout: 120_000,
    // What a page must come to show it may take longer for than the one second that is usual.
    expect: { poll: { timeout: 30_000 } },
    projects: [
      { extends: true, test: { name: 'engine', include: COMPUTING, maxWorkers: '100%', sequence: { groupOrder: 0 } } },
      // Browsers, servers and live captures, for which time counts: as many as Vitest thinks right, one on two processors.
      { extends: true, test: { name: 'program', include: ['test/**/*.test.ts'], exclude: COMPUTING, sequence: { groupOrder: 1 } } },
    ],
  },
});
