import { useKeptCode } from './code-cache.ts';

useKeptCode();
// Nothing else is in this file: all that is loaded from here on comes out of the cache.
void import('./command-line.ts').then(async ({ runCommandLine }) => {
  process.exitCode = await runCommandLine(process.argv.slice(2), process);
});
