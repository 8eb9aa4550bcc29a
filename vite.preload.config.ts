import { defineConfig } from 'vite';

/** The preload script of the desktop window. A sandboxed one is one CommonJS file that may require `electron` alone. */
export default defineConfig({
  build: {
    target: 'chrome140',
    outDir: 'dist/electron',
    emptyOutDir: false,
    minify: false,
    lib: { entry: 'main/shells/electron/preload.ts', formats: ['cjs'], fileName: () => 'preload.cjs' },
    rolldownOptions: { external: ['electron'] },
  },
});
