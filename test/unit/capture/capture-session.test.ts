import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { CaptureOptions } from '../../../shared/model/capture.ts';
import type { AppError } from '../../../main/app-error.ts';
import { DEFAULT_CAPTURE } from '../../../main/capture/capture-defaults.ts';
import { captureError } from '../../../main/capture/capture-programs.ts';
import type { FromHelper } from '../../../main/capture/capture-protocol.ts';
import { CaptureSession } from '../../../main/capture/capture-session.ts';
import type { PacketSink, PacketSource } from '../../../main/capture/packet-source.ts';
import { packetsIn } from '../../kit/live.ts';

const folder = mkdtempSync(join(tmpdir(), 'drainspotter-session-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Gives so many packets at once, and then waits to be stopped, or ends by itself. */
class FakeSource implements PacketSource {
  readonly linkType = 1;
  readonly process = 4711;
  droppedBySystem: number | null = null;
  readonly droppedByInterface = null;
  private readonly packets: number;
  private readonly failure: AppError | null;
  private readonly refusal: AppError | null;
  stopped = false;
  private end: () => void = () => undefined;

  constructor(packets: number, failure: AppError | null = null, refusal: AppError | null = null) {
    this.packets = packets;
    this.failure = failure;
    this.refusal = refusal;
  }

  open(): Promise<void> {
    return this.refusal === null ? Promise.resolve() : Promise.reject(this.refusal);
  }

  async pump(source: number, sink: PacketSink): Promise<AppError | null> {
    for (let i = 0; i < this.packets; i++) sink.packet(source, 418_000_000, i, new Uint8Array(100), 0, 100, 100);
    sink.pause();
    if (this.failure === null && !this.stopped) await new Promise<void>((resolve) => (this.end = resolve));
    return this.failure;
  }

  refresh(): void {}

  stop(): void {
    this.stopped = true;
    this.end();
  }
}

let files = 0;

async function run(sources: FakeSource[], options: Partial<CaptureOptions> = {}, stop = false) {
  const told: FromHelper[] = [];
  const path = join(folder, `${++files}.pcapng`);
  const session = new CaptureSession(sources, { ...DEFAULT_CAPTURE, interfaces: sources.map((_, i) => `if${i}`), ...options }, (message) => told.push(message));
  const over = session.run(path, 'test');
  if (stop) setTimeout(() => session.stop(), 20);
  await over;
  return { told, last: told.at(-1)!, path };
}

describe('a capture', () => {
  it('ends when it is told to, with all its interfaces, and says so', async () => {
    const sources = [new FakeSource(3), new FakeSource(4)];
    const { told, last, path } = await run(sources, {}, true);
    expect(told[0]).toEqual({ type: 'started', processes: [4711, 4711] });
    expect(last).toMatchObject({ type: 'stopped', by: 'person', totals: { packets: 7, droppedBySystem: null } });
    expect(await packetsIn(path)).toBe(7);
    expect(sources.every(({ stopped }) => stopped)).toBe(true);
  });

  it('ends at exactly so many packets', async () => {
    const { last, path } = await run([new FakeSource(100)], { packets: 42 });
    expect(last).toMatchObject({ type: 'stopped', by: 'packets', totals: { packets: 42 } });
    expect(await packetsIn(path)).toBe(42);
  });

  it('ends with the packet that fills its size, and when its time is over', async () => {
    const { last } = await run([new FakeSource(100)], { bytes: 1000 });
    expect(last).toMatchObject({ type: 'stopped', by: 'bytes' });
    expect((last as { totals: { bytes: number } }).totals.bytes).toBeLessThan(1000 + 132 + 100);
    expect((await run([new FakeSource(1)], { seconds: 0.05 })).last).toMatchObject({ type: 'stopped', by: 'seconds' });
  });

  it('that fails in one interface ends in all, and keeps what it has', async () => {
    const quiet = new FakeSource(2);
    const { last, path } = await run([new FakeSource(5, captureError('interface-vanished', 'gone')), quiet]);
    expect(last).toMatchObject({ type: 'failed', code: 'interface-vanished', message: 'gone', totals: { packets: 7 } });
    expect(await packetsIn(path)).toBe(7);
    expect(quiet.stopped).toBe(true);
  });

  it('that cannot begin says why, and leaves no file', async () => {
    const { told, path } = await run([new FakeSource(0, null, captureError('capture-not-permitted', 'no rights'))]);
    expect(told).toMatchObject([{ type: 'failed', code: 'capture-not-permitted' }]);
    await expect(packetsIn(path)).rejects.toMatchObject({ code: 'file-not-found' });
  });

  it('adds up what the kernel says was lost; unknown where no source says it', async () => {
    const known = new FakeSource(1);
    known.droppedBySystem = 5;
    const { last } = await run([known, new FakeSource(1)], {}, true);
    expect(last).toMatchObject({ totals: { droppedBySystem: 5, droppedByInterface: null } });
  });
});
