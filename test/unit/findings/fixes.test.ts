import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { catalogEntry, RULES } from '../../../main/findings/catalog.ts';
import { adviceKeys, advisedStack, fixFor, snippetFiles } from '../../../main/findings/fixes.ts';
import { STACKS } from '../../../main/findings/stacks.ts';

const FOLDER = resolve('main/findings/knowledge/snippets');

test('every rule has a fix without knowing a stack, in the words of the catalogue', () => {
  for (const rule of RULES) {
    const fix = fixFor(rule, null, null);
    expect(fix.summary).toBe(catalogEntry(rule).fix);
    // Ports are the system's: what gains time there needs no stack.
    expect(fix.snippet !== null).toBe(rule === 'port-exhaustion');
    expect(fix.summary).toMatch(/\.$/);
  }
});

test('an unknown or unsuited stack falls back to the general words', () => {
  expect(fixFor('undrained-response', 'no-such-stack', null).summary).toBe(catalogEntry('undrained-response').fix);
  expect(fixFor('undrained-response', null, 'nginx-server').summary).toBe(catalogEntry('undrained-response').fix);
  expect(fixFor('undrained-response', 'constructor', '__proto__').summary).toBe(catalogEntry('undrained-response').fix);
});

describe('what a user acts on has advice with a snippet and a source', () => {
  const clients = ['go-net-http-client', 'node-http-agent', 'node-fetch-undici', 'java-net-http', 'apache-httpclient-4', 'apache-httpclient-5', 'okhttp', 'python-requests', 'python-urllib3', 'httpx', 'aiohttp-client', 'dotnet-socketshttphandler', 'rust-reqwest-hyper', 'reactor-netty'];
  const rules = ['undrained-response', 'body-not-closed', 'response-not-drained-yet', 'reader-stalled', 'client-per-request', 'pool-overflow', 'missed-reuse', 'connections-accumulate', 'port-exhaustion', 'client-close-option', 'timeout-mismatch', 'stale-reuse'] as const;
  test.each(clients)('%s', (id) => {
    for (const rule of rules) {
      const fix = fixFor(rule, id, null);
      expect([rule, fix.snippet !== null, fix.source !== null]).toEqual([rule, true, true]);
    }
  });

  const servers = ['go-net-http-server', 'nginx-server', 'apache-httpd', 'node-http-server', 'tomcat', 'kestrel', 'haproxy-frontend', 'envoy-downstream', 'uvicorn'];
  test.each(servers)('%s', (id) => {
    for (const rule of ['server-idle', 'max-requests', 'server-close-option'] as const) expect(fixFor(rule, null, id).source).not.toBeNull();
    expect(fixFor('server-idle', 'go-net-http-client', id).snippet).toBe(fixFor('server-idle', null, id).snippet);
  });
});

test('advice for Go holds before and after 1.27', () => {
  const { summary, snippet } = fixFor('undrained-response', 'go-net-http-client', null);
  for (const text of [summary, snippet]) {
    expect(text).toContain('1.26');
    expect(text).toContain('1.27');
    expect(text).toContain('256 KiB');
  }
  expect(fixFor('body-not-closed', 'go-net-http-client', null).summary).toContain('1.27');
});

test('where two timers meet, both ends are told', () => {
  const fix = fixFor('timeout-mismatch', 'go-net-http-client', 'nginx-server');
  expect(fix.summary).toContain('IdleConnTimeout');
  expect(fix.summary).toContain('Or at the server: ');
  expect(fix.summary).toContain('keepalive_timeout');
  expect(fixFor('timeout-mismatch', null, 'nginx-server').summary).toMatch(/^Raise keepalive_timeout/);
});

test('a library on another one has the advice of that one', () => {
  expect(fixFor('undrained-response', 'got', null)).toEqual(fixFor('undrained-response', 'node-http-agent', null));
  expect(fixFor('client-per-request', 'got', null).summary).toContain('got.extend');
});

test('a proxy that speaks HTTP/1.0 to its upstream gets its own configuration', () => {
  expect(fixFor('http10-default', 'nginx-upstream', null).snippet).toContain('proxy_http_version 1.1;');
});

describe('the texts and the files', () => {
  test('advice is for stacks of the knowledge base, and every snippet has its advice', () => {
    const ids = new Set(STACKS.map(({ id }) => id));
    for (const key of adviceKeys()) expect(ids).toContain(key.split('/')[0]);
    const advice = new Set(adviceKeys());
    for (const { key } of snippetFiles()) expect(advice).toContain(key);
    expect(snippetFiles().length).toBeGreaterThan(60);
  });

  test('snippets are short, and end in one line feed', () => {
    for (const { file, text } of snippetFiles()) {
      expect([file, text.split('\n').length <= 40]).toEqual([file, true]);
      expect([file, /[^\n]\n$/.test(text)]).toEqual([file, true]);
    }
  });
});

describe('snippets parse', () => {
  test('JavaScript', () => {
    for (const { file, text } of of('js')) {
      const { diagnostics } = ts.transpileModule(text, { reportDiagnostics: true, fileName: file, compilerOptions: { allowJs: true, target: ts.ScriptTarget.ESNext } });
      expect([file, diagnostics?.map(({ messageText }) => messageText)]).toEqual([file, []]);
    }
  });

  test.skipIf(!has('gofmt', '-h'))('Go, and formatted as gofmt does (skipped: no gofmt)', () => {
    expect(execFileSync('gofmt', ['-e', '-l', ...paths('go')], { encoding: 'utf8' })).toBe('');
  });

  test.skipIf(!has('python3', '--version'))('Python (skipped: no python3)', () => {
    const program = 'import ast, sys\nfor path in sys.argv[1:]: ast.parse(open(path).read(), path)';
    execFileSync('python3', ['-c', program, ...paths('py')]);
  });

  test.skipIf(!has('php', '--version'))('PHP (skipped: no php)', () => {
    for (const path of paths('php')) execFileSync('php', ['-l', path]);
  });

  test.skipIf(!has('ruby', '--version'))('Ruby (skipped: no ruby)', () => {
    for (const path of paths('rb')) execFileSync('ruby', ['-c', path]);
  });

  test.skipIf(!has('sh', '-c', 'true'))('shell (skipped: no sh)', () => {
    for (const path of paths('sh')) execFileSync('sh', ['-n', path]);
  });

  test.skipIf(!has('javac', '-version'))('Java: what needs only the JDK compiles, the rest parses (skipped: no javac)', () => {
    const isJdk = (path: string) => /java-(net-http|httpurlconnection)/.test(path);
    expect(javacErrors(paths('java').filter(isJdk))).toEqual([]);
    // Libraries are not here, so names of theirs stay unknown; a mistake in the grammar is another error.
    const unknown = /compiler\.err\.(doesnt\.exist|cant\.resolve)/;
    expect(javacErrors(paths('java').filter((path) => !isJdk(path))).filter((line) => !unknown.test(line))).toEqual([]);
  });
});

function javacErrors(files: readonly string[]): string[] {
  const out = mkdtempSync(join(tmpdir(), 'snippets-'));
  try {
    const { stderr } = spawnSync('javac', ['-XDrawDiagnostics', '-proc:none', '-d', out, ...files], { encoding: 'utf8' });
    return stderr.split('\n').filter((line) => line.includes('compiler.err.'));
  } finally {
    rmSync(out, { recursive: true });
  }
}

function of(extension: string): ReturnType<typeof snippetFiles> {
  return snippetFiles().filter(({ file }) => file.endsWith(`.${extension}`));
}

function paths(extension: string): string[] {
  const found = of(extension).map(({ file }) => join(FOLDER, file));
  expect(found).not.toEqual([]);
  return found;
}

function has(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).error === undefined;
}

test('general words were shown under the name of the client', () => {
  expect([advisedStack('upload-stalled', 'go-net-http-client', null), advisedStack('server-idle', 'go-net-http-client', 'nginx-server'), advisedStack('stale-reuse', 'go-net-http-client', 'nginx-server')]).toEqual([null, 'nginx-server', 'go-net-http-client']);
});

test('the default of a setting was told as what the server has: the 5 s of Apache where it had closed after 100 s', () => {
  const servers = STACKS.filter(({ server }) => server !== null);
  for (const { id } of servers) {
    for (const rule of ['server-idle', 'max-requests'] as const) {
      const { summary } = fixFor(rule, null, id);
      if (/\([1-9]/.test(summary)) expect(summary).toMatch(/by default|in most releases/);
    }
  }
  expect(fixFor('server-idle', null, 'apache-httpd').summary).toContain('5 s by default');
});

test.each(['gunicorn', 'lighttpd', 'waitress', 'cheroot', 'varnish', 'squid'])('%s, whose idle timeout is known, had only general advice on it', (id) => {
  expect(advisedStack('server-idle', null, id)).toBe(id);
});
