import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openCapture } from '../../../main/capture/capture-set.ts';
import { LiveFile } from '../../../main/capture/live-file.ts';
import { reportOfFile } from '../../kit/report-of.ts';

const SAMPLE = 'resources/samples/nginx-idle.pcap';
const folder = mkdtempSync(join(tmpdir(), 'drainspotter-lost-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The sample with drop counts stated behind each packet: so many were lost between a frame and the next. */
async function withLosses(behind: number, lost: number): Promise<Uint8Array> {
  const path = join(folder, `${behind}-${lost}.pcapng`);
  const file = new LiveFile(path, [{ name: 'lo', linkType: 1, snapLength: 0, filter: '' }], null, 'test');
  const set = await openCapture([SAMPLE], { details: true });
  let frame = 0;
  while (await set.next()) {
    const { batch, from, to } = set;
    for (let i = from; i < to; i++) {
      const time = BigInt(set.origin!.seconds) * 1_000_000_000n + BigInt(set.origin!.nanoseconds) + BigInt(batch.time[i]!);
      file.packet(0, Number(time >> 32n), Number(time & 0xffff_ffffn), batch.block.bytes, batch.offset[i]!, batch.captured[i]!, batch.details!.original[i]!);
      file.statistics(0, time + 1n, 0, ++frame > behind ? lost : 0);
    }
  }
  file.close();
  set.close();
  return readFileSync(path);
}

describe('packets that were lost while a file was captured', () => {
  it('are told, and nothing is certain of the connections that lived then, and of those alone', async () => {
    const before = [...(await reportOfFile(readFileSync(SAMPLE))).connections()];
    const first = before.find(({ close }) => close.confidence === 'certain')!;
    const later = before.filter(({ startedAt, close }) => close.confidence === 'certain' && startedAt > first.endedAt);
    expect(later.length).toBeGreaterThan(0);

    const whole = await reportOfFile(await withLosses(Number(first.firstFrame), 0));
    expect([...whole.connections()].map(({ close }) => close.confidence)).toEqual(before.map(({ close }) => close.confidence));
    expect(whole.captures[0]!.anomalies).toEqual([]);

    const lossy = await reportOfFile(await withLosses(Number(first.firstFrame), 7));
    expect(lossy.captures[0]!.anomalies).toMatchObject([{ code: 'packets-dropped', count: 7, firstFrame: null }]);
    expect(lossy.connection(first.id)!.close).toMatchObject({ cause: first.close.cause, confidence: 'likely', alternatives: expect.arrayContaining(['capture-incomplete']) as unknown });
    for (const { id } of later) expect(lossy.connection(id)!.close.confidence).toBe('certain');
  });
});
