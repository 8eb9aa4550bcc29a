// `npm test [-- vitest filters]`: sets up what is missing, then lint, type check, build and tests. The last line counts.
import { spawnSync } from 'node:child_process';
import { relative } from 'node:path';
import { packageBin, root, setUp } from './setup.mjs';

setUp();
process.chdir(root);

const count = { passed: 0, failed: 0, skipped: 0 };
const remarks = [];

// Each of these counts as one test in the last line.
check('lint', 'eslint', 'eslint', '--max-warnings', '0', '.');
check('type check', 'typescript', 'tsc', '-p', '.');
check('build', 'vite', 'vite', 'build', '--logLevel', 'warn');
await runTests(process.argv.slice(2));

if (remarks.length > 0) console.log(`\n${remarks.join('\n')}`);
console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exit(count.failed > 0 ? 1 : 0);

function check(what, name, command, ...args) {
  const start = performance.now();
  const { status } = spawnSync(process.execPath, [packageBin(name, command), ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
  const ok = status === 0;
  console.log(`${ok ? 'ok' : 'FAILED'}: ${what} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  note(ok ? 'passed' : 'failed', what);
}

async function runTests(filters) {
  const { startVitest } = await import('vitest/node');
  const vitest = await startVitest('test', filters, { watch: false });
  for (const module of vitest.state.getTestModules()) {
    const path = relative(root, module.moduleId);
    for (const error of module.errors()) note('failed', path, error.message);
    for (const suite of module.children.allSuites()) for (const error of suite.errors()) note('failed', `${path} > ${suite.fullName}`, error.message);
    for (const test of module.children.allTests()) {
      const result = test.result();
      note(result.state === 'pending' ? 'failed' : result.state, `${path} > ${test.fullName}`, result.note);
    }
  }
  for (const error of vitest.state.getUnhandledErrors()) note('failed', 'unhandled error', String(error));
  if (vitest.state.getTestModules().length === 0) note('failed', `no tests found for ${filters.join(' ')}`);
  await vitest.close();
}

function note(state, what, why) {
  count[state]++;
  if (state !== 'passed') remarks.push(`${state}: ${what}${why ? `: ${why}` : ''}`);
}
