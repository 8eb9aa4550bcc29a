import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../../../main/app-error.ts';
import { progressText } from '../../../../main/shells/cli/progress-line.ts';
import { FakeProcess, Recorded, run } from './fake-process.ts';

describe('exit codes and messages', () => {
  it('reports what could be read, names what could not, and exits 3', async () => {
    const unreadable = [{ path: 'x', code: 'file-not-found', message: 'There is no file x.' }];
    const { code, out, err } = await run(['analyze', 'a', 'x'], { model: { unreadable } });
    expect([code, out, err]).toEqual([3, 'report\n', 'drainspotter: There is no file x.\n']);
  });

  it('prints an AppError in one line, whatever a file is called', async () => {
    const { code, out, err } = await run(['analyze', 'x'], {
      during: () => {
        throw new AppError('file-not-found', 'There is no file \x1b[31mx\n.');
      },
    });
    expect([code, out]).toEqual([3, '']);
    expect(err).toBe('drainspotter: There is no file \\x1b[31mx\\x0a.\n');
  });

  it('never takes a fault of its own for exit code 1, which scripts read as a condition that holds', async () => {
    const { code, err } = await run(['analyze', 'x'], {
      during: () => {
        throw new RangeError('oops');
      },
    });
    expect(code).toBe(3);
    expect(err).toContain('RangeError: oops');
  });

  it.each(['SIGINT', 'SIGTERM'])('Ctrl-C, and timeout(1) that ended it with half a file left, end the analysis, report what was read, and exit 130: %s', async (signal) => {
    const cli = new FakeProcess();
    const { code, out, err } = await run(['analyze', 'a'], { during: () => void cli.emit(signal) }, cli);
    expect([code, out]).toEqual([130, 'report\n']);
    expect(err).toContain('the report covers what was read');
    expect(cli.exitedWith).toBeNull();
  });

  it('a second Ctrl-C does not wait for the report', async () => {
    const cli = new FakeProcess();
    await run(['analyze', 'a'], { during: () => void (cli.emit('SIGINT'), cli.emit('SIGINT')) }, cli);
    expect(cli.exitedWith).toBe(130);
  });

  it('a reader that goes away (| head) is no error', async () => {
    const cli = new FakeProcess();
    cli.stdout._write = (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    const { code, err } = await run(['analyze', 'a'], { report: ['1', '2', '3'] }, cli);
    expect([code, err]).toEqual([0, '']);
  });

  it('a full disk behind standard output is told, with exit code 2', async () => {
    const cli = new FakeProcess();
    cli.stdout._write = (_chunk, _encoding, done) => done(Object.assign(new Error('write ENOSPC'), { code: 'ENOSPC' }));
    const { code, err } = await run(['analyze', 'a'], { report: ['1', '2', '3'] }, cli);
    expect(code).toBe(2);
    expect(err).toContain('the disk is full');
  });

  it('waits for a slow reader', async () => {
    const cli = new FakeProcess();
    const slow = new (class extends Recorded {
      override _write(chunk: Buffer, encoding: string, done: () => void): void {
        setTimeout(() => super._write(chunk, encoding, done), 1);
      }
    })({ highWaterMark: 4 });
    cli.stdout = slow;
    const report = Array.from({ length: 20 }, (_, i) => `line ${i}\n`);
    expect((await run(['analyze', 'a'], { report }, cli)).out).toBe(report.join(''));
  });
});

describe('the terminal', () => {
  it('gets colour and its own width, unless NO_COLOR says no', async () => {
    const cli = new FakeProcess();
    cli.stdout.isTTY = true;
    cli.stdout.columns = 132;
    expect((await run(['analyze', 'a'], {}, cli)).written).toMatchObject({ color: true, width: 132 });
    cli.env['NO_COLOR'] = '1';
    expect((await run(['analyze', 'a'], {}, cli)).written).toMatchObject({ color: false });
  });

  const progress = { bytesRead: 412e6, bytesTotal: 1.1e9, packets: 620_000 };
  const twice = (options: { onProgress: (p: typeof progress) => void }) =>
    new Promise<void>((resolve) =>
      setTimeout(() => {
        options.onProgress(progress);
        options.onProgress(progress);
        resolve();
      }, 350),
    );

  it('shows progress in one line that is rewritten and taken away', async () => {
    const cli = new FakeProcess();
    cli.stderr.isTTY = true;
    cli.stderr.columns = 60;
    const { err } = await run(['analyze', 'a'], { during: twice }, cli);
    expect(err).not.toContain('\n');
    expect(err.match(/412 MB of 1\.1 GB/g)).toHaveLength(2);
    expect(err.endsWith('\r\x1b[K')).toBe(true);
    // eslint-disable-next-line no-control-regex -- the escape is what is looked for
    for (const line of err.split(/\r|\x1b\[K/)) expect(line.length).toBeLessThan(60);
  });

  it('shows none with --quiet or without a terminal', async () => {
    const cli = new FakeProcess();
    expect((await run(['analyze', 'a'], { during: twice }, cli)).err).toBe('');
    cli.stderr.isTTY = true;
    expect((await run(['analyze', 'a', '--quiet'], { during: twice }, cli)).err).toBe('');
  });

  it('says bytes, speed and time left; the latter only where the length is known', () => {
    expect(progressText(progress, 0.5)).toBe('412 MB of 1.1 GB (37 %), 824 MB/s, 835 ms left, 620,000 packets');
    expect(progressText({ ...progress, bytesTotal: null }, 0.5)).toBe('412 MB, 824 MB/s, 620,000 packets');
  });
});

describe('--out', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'drainspotter-out-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('writes the report to the file and nothing to standard output', async () => {
    const path = join(folder, 'report.txt');
    const { code, out } = await run(['analyze', 'a', '--out', path]);
    expect([code, out, readFileSync(path, 'utf8')]).toEqual([0, '', 'report\n']);
    expect(readdirSync(folder)).toEqual(['report.txt']);
  });

  it('replaces a file only when the report is complete, and keeps its mode', async () => {
    const path = join(folder, 'report.txt');
    writeFileSync(path, 'before');
    chmodSync(path, 0o600);
    await run(['analyze', 'a', '--out', path], {
      during: () => {
        throw new AppError('not-a-capture', 'a is no capture.');
      },
    });
    expect(readFileSync(path, 'utf8')).toBe('before');
    expect(readdirSync(folder)).toEqual(['report.txt']);
    await run(['analyze', 'a', '--out', path]);
    expect(readFileSync(path, 'utf8')).toBe('report\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('leaves nothing half done after a second Ctrl-C', async () => {
    const cli = new FakeProcess();
    const seen: string[][] = [];
    const during = () => {
      cli.emit('SIGINT');
      cli.emit('SIGINT');
      seen.push(readdirSync(folder));
    };
    await run(['analyze', 'a', '--out', join(folder, 'report.txt')], { during }, cli);
    expect(seen).toEqual([[]]);
  });

  it('refuses to write over a capture, also by another name', async () => {
    const capture = join(folder, 'a.pcap');
    writeFileSync(capture, 'packets');
    symlinkSync(capture, join(folder, 'link'));
    const { code, err } = await run(['analyze', capture, '--out', join(folder, 'link')]);
    expect(code).toBe(2);
    expect(err).toContain('is one of the captures');
    expect(readFileSync(capture, 'utf8')).toBe('packets');
  });

  it('says before the analysis that a path cannot be written', async () => {
    let analysed = false;
    const during = () => void (analysed = true);
    const { code, err } = await run(['analyze', 'a', '--out', join(folder, 'none', 'x')], { during });
    expect([code, analysed]).toEqual([2, false]);
    expect(err).toMatch(/^drainspotter: cannot write .*: its folder does not exist; choose another path with --out\n$/);
    expect((await run(['analyze', 'a', '--out', folder], { during })).err).toContain('it is a folder');
  });

  it('writes to a device as it is, rather than replacing it', async () => {
    if (!existsSync('/dev/null')) return;
    expect((await run(['analyze', 'a', '--out', '/dev/null'])).code).toBe(0);
    expect(statSync('/dev/null').isFile()).toBe(false);
  });
});
