// `npm test [-- vitest filters]`: sets up what is missing, then lint, type check, build and tests. The last line counts.
import { spawn } from 'node:child_process';
import { relative } from 'node:path';
import { builds, packageBin, root, setUp } from './setup.mjs';

setUp();
process.chdir(root);

const count = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
/** Number of skipped tests by suite and reason: a folder that is missing skips hundreds for the same one. */
const skips = new Map();

// Each of these counts as one test in the last line. The linter takes as long as the rest, on a processor of its own.
await Promise.all([
  check('lint', 'eslint', 'eslint', '--max-warnings', '0', '.'),
  (async () => {
    await check('type check', 'typescript', 'tsc', '-p', '.');
    await check('type check of the page', 'vue-tsc', 'vue-tsc', '-p', 'renderer');
    await check('type check of its tests', 'typescript', 'tsc', '-p', 'test/page');
    await check('build', 'vite', ...builds[0]);
    await check('build of the page', 'vite', ...builds[1]);
    await check('build of the preload script', 'vite', ...builds[2]);
  })(),
]);
await runTests(process.argv.slice(2));

console.log('');
for (const [reason, tests] of skips) console.log(`skipped: ${reason}${tests > 1 ? ` (${tests} tests)` : ''}`);
for (const failure of failures) console.log(`failed: ${failure}`);
console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exit(count.failed > 0 ? 1 : 0);

/** Runs a package's command; what it printed is shown once it has ended, so that two at a time stay readable. */
async function check(what, name, command, ...args) {
  const start = performance.now();
  const child = spawn(process.execPath, [packageBin(name, command), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = [];
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => output.push(chunk));
  const ok = await new Promise((resolve) => {
    child.on('error', () => resolve(false)).on('close', (status) => resolve(status === 0));
  });
  process.stdout.write(Buffer.concat(output));
  console.log(`${ok ? 'ok' : 'FAILED'}: ${what} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  if (ok) count.passed++;
  else fail(what);
}

async function runTests(filters) {
  const { startVitest } = await import('vitest/node');
  const vitest = await startVitest('test', filters, { watch: false });
  for (const module of vitest.state.getTestModules()) {
    const path = relative(root, module.moduleId);
    for (const error of module.errors()) fail(path, error);
    for (const suite of module.children.allSuites()) for (const error of suite.errors()) fail(`${path} > ${suite.fullName}`, error);
    for (const test of module.children.allTests()) {
      const { state, note, errors } = test.result();
      if (state === 'passed') count.passed++;
      else if (state === 'skipped') skip(path, test, note);
      else fail(`${path} > ${test.fullName}`, errors?.[0] ?? new Error('it did not end'));
    }
  }
  for (const error of vitest.state.getUnhandledErrors()) fail('an error outside of tests', error);
  if (vitest.state.getTestModules().length === 0) fail(`no tests found for: ${filters.join(' ')}`);
  await vitest.close();
}

/** With a reason of its own a test is named; else its suite names the reason. */
function skip(path, test, reason) {
  count.skipped++;
  const suite = test.parent.type === 'suite' ? test.parent.fullName : test.name;
  const what = reason ? `${path} > ${test.fullName}: ${reason}` : `${path} > ${suite}`;
  skips.set(what, (skips.get(what) ?? 0) + 1);
}

function fail(what, error) {
  count.failed++;
  failures.push(error === undefined ? what : `${what}: ${error.message.split('\n')[0]}`);
}
