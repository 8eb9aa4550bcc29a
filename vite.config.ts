import { chmodSync } from 'node:fs';
import { defineConfig } from 'vite';

const cli = 'cli/drainspotter';

/** One build for everything that runs under Node: the entries share their chunks. */
export default defineConfig({
  build: {
    ssr: true,
    target: 'node20',
    outDir: 'dist',
    minify: false,
    rolldownOptions: {
      input: {
        [cli]: 'main/shells/cli/main.ts',
        // The thread of an analysis; main/analysis/analysis-host.ts starts it by this name.
        'analysis/analysis-worker': 'main/analysis/analysis-worker.ts',
        // A process of its own; main/capture/live-source.ts starts it by this name.
        'capture/capture-helper': 'main/capture/capture-helper.ts',
        // The desktop shell's main process; package.json names it as `main`.
        'electron/main': 'main/shells/electron/main.ts',
      },
      output: {
        // V8 folds a `const` object's numbers into the code that reads them, a `var` it looks up each time: half the code of the packet path.
        topLevelVar: false,
        entryFileNames: '[name].js',
        chunkFileNames: 'chunks/[name]-[hash].js',
        banner: (chunk) => (chunk.name === cli ? '#!/usr/bin/env node' : ''),
      },
    },
  },
  // Packages are built in: the command line then starts from few files. `cap` is native and stays outside; `electron` is
  // the runtime itself.
  ssr: { noExternal: true, external: ['cap', 'electron'] },
  plugins: [
    {
      name: 'executable-command',
      writeBundle(options) {
        chmodSync(`${options.dir ?? 'dist'}/${cli}.js`, 0o755);
      },
    },
  ],
});
