import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

/** The page: one HTML file with its scripts and styles beside it, the same for the browser and the desktop. */
export default defineConfig({
  root: 'renderer',
  // Relative: the desktop shell serves it under app://, the browser shell from its own address.
  base: './',
  build: {
    target: 'chrome120',
    outDir: '../dist/page',
    emptyOutDir: true,
    minify: true,
    sourcemap: false,
    // The content security policy allows no data: URLs and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  plugins: [vue()],
  define: { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
});
