import { describe, expect, it } from 'vitest';
import type { AnalyzeOptions } from '../../../../main/shells/cli/engine.ts';
import { FORMATS } from '../../../../main/report/formats.ts';
import { parseFilter } from '../../../../main/shells/cli/program.ts';
import { FakeProcess, run } from './fake-process.ts';

describe('the arguments', () => {
  it('are handed to the engine', async () => {
    let seen: [string[], AnalyzeOptions] | undefined;
    const { code, out, err, written } = await run(['analyze', 'a.pcap', 'b.pcap', '--filter', '8080', '--headers', '--no-redact', '--format', 'ndjson'], {
      during: (options, paths) => void (seen = [paths, options]),
    });
    expect([code, out, err]).toEqual([0, 'report\n', '']);
    expect(seen![0]).toEqual(['a.pcap', 'b.pcap']);
    expect(seen![1]).toMatchObject({ filter: { port: 8080 }, headers: true, redact: false });
    expect(written).toMatchObject({ format: 'ndjson', color: false, width: 80 });
  });

  it('default to redacted text without headers', async () => {
    let seen: AnalyzeOptions | undefined;
    const { written } = await run(['analyze', 'a.pcap'], { during: (options) => void (seen = options) });
    expect(seen).toMatchObject({ headers: false, redact: true });
    expect(seen).not.toHaveProperty('filter');
    expect(written).toMatchObject({ format: 'text' });
  });

  it.each([
    [['analyze'], "missing required argument 'files'"],
    [['analyze', 'a', '--format', 'xml'], `Allowed choices are ${FORMATS.join(', ')}.`],
    [['analyze', 'a', '--fromat', 'json'], 'Did you mean --format?'],
    [['analyze', 'a', '--filter', '0'], 'A port is a number from 1 to 65535.'],
    [['analyze', 'a', '--filter', 'tcp port 80'], 'Give a host name, an address or a port.'],
    [['analyze', 'a', '--out'], 'argument missing'],
    [['web.pcap'], 'To read a capture: drainspotter analyze FILE'],
    [['compare', 'a.pcap'], "missing required argument 'after'. See: drainspotter compare --help"],
    [['slice', 'a', '--connections', 'x', '--out', 'b'], 'See: drainspotter slice --help'],
    [['--bogus'], "unknown option '--bogus'"],
  ])('%j is refused in one line, with exit code 2', async (args, words) => {
    const { code, out, err } = await run(args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(/^drainspotter: [^\n]+\n$/);
    expect(err).toContain(words);
  });

  it('that are missing altogether show the help, with exit code 2', async () => {
    const { code, out, err } = await run([]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Examples:');
  });

  it('may ask for the help or the version', async () => {
    for (const args of [['--help'], ['analyze', '--help'], ['help', 'analyze']]) {
      const { code, out, err } = await run(args);
      expect([code, err]).toEqual([0, '']);
      expect(out).toContain('Examples:');
      expect(out).toContain('130 interrupted');
    }
    expect((await run(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('name standard input, which must not be a terminal', async () => {
    const cli = new FakeProcess();
    cli.stdin.isTTY = true;
    const { code, err } = await run(['analyze', '-'], {}, cli);
    expect(code).toBe(2);
    expect(err).toContain('standard input is a terminal');
  });
});

describe('--filter', () => {
  it.each([
    ['443', { port: 443 }],
    ['api.example', { host: 'api.example' }],
    ['10.0.0.1', { host: '10.0.0.1' }],
    ['api.example:8080', { host: 'api.example', port: 8080 }],
    ['2001:db8::1', { host: '2001:db8::1' }],
    ['[2001:db8::1]', { host: '2001:db8::1' }],
    ['[2001:db8::1]:443', { host: '2001:db8::1', port: 443 }],
  ])('%s', (text, filter) => {
    expect(parseFilter(text)).toEqual(filter);
  });
});
