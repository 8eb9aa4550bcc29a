import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseShard } from '../../../../main/shells/cli/program.ts';
import { parseIds } from '../../../../main/shells/cli/slice-command.ts';
import { toPcap } from '../../../kit/capture-files.ts';
import { conversation } from '../../../kit/conversation.ts';
import { reportModel } from '../../../kit/report-fixtures.ts';
import { FakeProcess, run } from './fake-process.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drainspotter-cli-'));
  const talk = conversation().handshake().client('GET / HTTP/1.1\r\nHost: a\r\n\r\n').server('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n').close('client');
  writeFileSync(join(folder, 'a.pcap'), toPcap(talk.packets));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('folders of tables', () => {
  it('are written where --out says, and nowhere without it', async () => {
    const out = join(folder, 'tables');
    expect(await run(['analyze', 'a', '--format', 'csv', '--out', out])).toMatchObject({ code: 0, out: '', written: { format: 'csv' } });
    expect(readFileSync(join(out, 'connections.csv'), 'utf8')).toBe('report\n');
    for (const args of [['--format', 'csv'], ['--format', 'parquet', '--out', '-']]) {
      const { code, err } = await run(['analyze', 'a', ...args]);
      expect([code, err]).toEqual([2, expect.stringContaining('name it with --out') as string]);
    }
  });

  it('leave nothing behind where the analysis fails, or writing is interrupted', async () => {
    const out = join(folder, 'half');
    const failing = { during: () => Promise.reject(new RangeError('oops')) };
    expect((await run(['analyze', 'a', '--format', 'csv', '--out', out], failing)).code).toBe(3);
    const cli = new FakeProcess();
    // Each piece takes longer than writing may hold the thread.
    const report = {
      *[Symbol.iterator]() {
        for (let piece = 0; piece < 5; piece++) {
          if (piece === 1) cli.emit('SIGINT');
          const until = performance.now() + 45;
          while (performance.now() < until);
          yield 'piece';
        }
      },
    } as unknown as string[];
    const { code, err } = await run(['analyze', 'a', '--format', 'csv', '--out', out], { report }, cli);
    expect([code, err]).toEqual([130, 'drainspotter: interrupted while the report was written: nothing is left of it\n']);
    expect(readdirSync(folder).filter((name) => name.includes('half'))).toEqual([]);
  });
});

describe('pseudonyms', () => {
  it('are asked of the engine, and refused together with what shows names', async () => {
    let asked: unknown;
    await run(['analyze', 'a', '--pseudonyms'], { during: (options) => void (asked = options.pseudonyms) });
    expect(asked).toBe(true);
    for (const flag of ['--no-redact', '--headers']) {
      const { code, err } = await run(['analyze', 'a', '--pseudonyms', flag]);
      expect([code, err]).toEqual([2, `drainspotter: --pseudonyms cannot go with ${flag}: leave one of them out\n`]);
    }
  });
});

describe('slice', () => {
  it('writes the packets and says that they are not redacted', async () => {
    const out = join(folder, 'slice.pcapng');
    const { code, err } = await run(['slice', join(folder, 'a.pcap'), '--connections', '1', '--out', out]);
    expect([code, err]).toEqual([0, 'drainspotter: 8 packets of 1 connection written; they are not redacted\n']);
    expect(readFileSync(out).readUInt32BE(0)).toBe(0x0a0d0d0a);
  });

  it.each([
    [['-', '--connections', '1', '--out', 'x'], 'read twice'],
    [['a.pcap', '--out', 'x'], 'say which connections'],
    [['a.pcap', '--finding', 'nonsense', '--out', 'x'], 'there is no rule "nonsense"'],
    [['a.pcap', '--connections', '9', '--out', 'x'], 'no connection is what was asked for'],
    [['a.pcap', '--connections', '0', '--out', 'x'], 'Give numbers of connections'],
  ])('%j: %s', async (args, message) => {
    const { code, err } = await run(['slice', ...args.map((arg) => (arg === 'a.pcap' || arg === 'x' ? join(folder, arg) : arg))]);
    expect([code, err]).toEqual([2, expect.stringContaining(message) as string]);
    expect(existsSync(join(folder, 'x'))).toBe(false);
  });

  it('takes ids and ranges', () => {
    expect(parseIds('3,17-20', [{ first: 1, last: 1 }])).toEqual([{ first: 1, last: 1 }, { first: 3, last: 3 }, { first: 17, last: 20 }]);
    for (const text of ['', '1-', '-3', '5-4', 'x', '1,,2']) expect(() => parseIds(text)).toThrow('Give numbers of connections');
  });
});

describe('compare', () => {
  it('exits 1 with --fail-on worse where something got worse, and 0 where not', async () => {
    const model = reportModel();
    expect(await run(['compare', 'a', 'b', '--fail-on', 'worse', '--format', 'json'], { model })).toMatchObject({ code: 0, err: '' });
    const saved = join(folder, 'saved.ndjson');
    const good = { ...model.summary, requests: 100, reuseRatio: 0.99 };
    writeFileSync(saved, `${JSON.stringify({ summary: good, schema: 'drainspotter/report/1', tool: { name: 'drainspotter', version: '0.1.0' } })}\n`);
    const worse = await run(['compare', saved, 'b', '--fail-on', 'worse'], { model });
    expect([worse.code, worse.err]).toEqual([1, expect.stringMatching(/^drainspotter: --fail-on worse: Worse: 99 % of the requests/) as string]);
    expect((await run(['compare', saved, 'b'], { model })).code).toBe(0);
  });
});

describe('analyze-many', () => {
  it('refuses standard input, shares that do not exist, and a folder of other things', async () => {
    expect(await run(['analyze-many', '-', '--out', join(folder, 'x')])).toMatchObject({ code: 2, err: expect.stringContaining('standard input is one capture') as string });
    expect(parseShard('3/10')).toEqual({ index: 3, count: 10 });
    for (const text of ['0/3', '4/3', '1', '1/x']) expect(() => parseShard(text)).toThrow('Give a share');
    expect(await run(['analyze-many', join(folder, 'a.pcap'), '--out', folder])).toMatchObject({ code: 2, err: expect.stringContaining('holds other files') as string });
    expect(await run(['analyze-many', join(folder, 'none-*.pcap'), '--out', join(folder, 'x')])).toMatchObject({ code: 3 });
  });
});
