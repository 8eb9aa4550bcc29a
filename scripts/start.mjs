// `npm start`: sets up what is missing, then runs the command line; without arguments, on the bundled sample.
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtCli, root, setUp } from './setup.mjs';

setUp();

// --no-open is for the page that later steps bring: there is nothing to open yet.
const args = process.argv.slice(2).filter((arg) => arg !== '--no-open');
// npm changes into the project's folder; the paths on the command line are relative to where npm was called.
if (process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
if (args.length > 0) await run(args);
else await showSample();

async function showSample() {
  const sample = relative(process.cwd(), join(root, 'resources', 'samples', 'undrained-go.pcap'));
  console.log(`No capture was named, so here is the bundled sample, ${sample}:`);
  console.log('a Go program that closes every response body unread.\n');
  await run(['analyze', sample]);
  console.log('\nNow one of your own:');
  console.log('  npm start -- analyze FILE         what happened, in words');
  console.log('  npm start -- analyze --help       formats, filters and examples');
  console.log('  tcpdump -i any -w web.pcap tcp    a way to make a capture');
}

async function run(cliArgs) {
  process.argv.splice(1, Infinity, builtCli, ...cliArgs);
  await import(pathToFileURL(builtCli).href);
}
