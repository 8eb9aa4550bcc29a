import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Some tests start the built command line; a busy machine of two cores must not fail them.
    testTimeout: 30_000,
  },
});
