import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vite';

const cli = 'cli/drainspotter';
const keepCode = 'cli/keep-code';
const samples = ['undrained-go.pcap', 'nginx-idle.pcap', 'keep-alive-probes.pcap', 'stalled-patch.pcap.gz'].map((name) => join(import.meta.dirname, 'resources', 'samples', name));

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
        [keepCode]: 'main/shells/cli/keep-code.ts',
        // The thread of an analysis; main/analysis/analysis-host.ts starts it by this name.
        'analysis/analysis-worker': 'main/analysis/analysis-worker.ts',
        // A process of its own; main/capture/live-source.ts starts it by this name.
        'capture/capture-helper': 'main/capture/capture-helper.ts',
        // The desktop shell's main process; package.json names it as `main`.
        'electron/main': 'main/shells/electron/main.ts',
      },
      output: {
        // CommonJS: V8's compiled code can be kept for it (main/shells/cli/code-cache.ts), and it starts 15 ms sooner.
        format: 'cjs',
        // V8 folds a `const` object's numbers into the code that reads them, a `var` it looks up each time: half the code of the packet path.
        topLevelVar: false,
        entryFileNames: '[name].js',
        chunkFileNames: 'chunks/[name]-[hash].js',
        // An analysis starts from two files and one that the command line needs too: to find and open another is 0.1 ms of a start.
        codeSplitting: {
          groups: [
            { name: 'common', test: /[\\/]shared[\\/](format|model)[\\/]|[\\/](exit-codes|app-error|part-path|unwritable|pcap-slice|formats|package)\.(ts|json)$/, priority: 2 },
            { name: 'analysis', test: /[\\/]main[\\/](shells[\\/]cli[\\/]analysis-engine|report[\\/]text)\.ts$/, priority: 1 },
          ],
        },
        banner: (chunk) => (chunk.name === cli ? '#!/usr/bin/env node' : ''),
      },
    },
  },
  // Packages are built in: the command line then starts from few files. `cap` is native and stays outside; `electron` is
  // the runtime itself.
  ssr: { noExternal: true, external: ['cap', 'electron'] },
  plugins: [
    {
      // Commander starts programs for commands that are files of their own. There are none, and what would start them is 2.5 ms of a start.
      name: 'commander-starts-nothing',
      enforce: 'pre',
      resolveId: (id, importer) => (id === 'node:child_process' && importer?.includes('/commander/') ? '\0nothing' : null),
      load: (id) => (id === '\0nothing' ? 'export {}' : null),
    },
    {
      name: 'command-line',
      // All ASCII: V8 keeps the text in half the memory, 1.5 MB of a start.
      generateBundle(_, bundle) {
        for (const file of Object.values(bundle)) if (file.type === 'chunk') file.code = file.code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
      },
      writeBundle(options) {
        const built = (...parts: string[]): string => join(options.dir ?? 'dist', ...parts);
        chmodSync(built(`${cli}.js`), 0o755);
        // Nearer to the built files than the project's own, which says that `.js` is ECMAScript modules.
        writeFileSync(built('package.json'), '{ "type": "commonjs" }\n');
        const { status } = spawnSync(process.execPath, [built(`${keepCode}.js`), ...samples], { stdio: 'inherit' });
        if (status !== 0) throw new Error('The built command line could not read the samples.');
      },
    },
  ],
});
