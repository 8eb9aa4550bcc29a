import { describe, expect, it } from 'vitest';
import { readPcap, writePcap, type Capture } from '../../kit/variants.ts';
import { reportOfFile } from '../../kit/report-of.ts';

const sample = readPcap('resources/samples/nginx-idle.pcap')!;

/** The sample with another time for each frame: `time` in its own unit, `frame` from 1. */
function retimed(time: (time: number, frame: number) => number): Uint8Array {
  const capture: Capture = { ...sample, frames: sample.frames.map((one, i) => ({ ...one, time: time(one.time + 10e6, i + 1) })) };
  return writePcap(capture);
}

describe('times that cannot be right', () => {
  it('tells that the clock was set back while packets were captured; nothing is certain of the connections that lived then, and of those alone', async () => {
    const before = [...(await reportOfFile(writePcap(sample))).connections()];
    const first = before.find(({ close }) => close.confidence === 'certain')!;
    const later = before.filter(({ startedAt, close }) => close.confidence === 'certain' && startedAt > first.endedAt);
    expect(later.length).toBeGreaterThan(0);

    const stepped = await reportOfFile(retimed((time, frame) => (frame > Number(first.firstFrame) ? time - 600_000 : time)));
    expect(stepped.captures[0]!.anomalies).toMatchObject([{ code: 'clock-set-back', count: 1, firstFrame: Number(first.firstFrame) + 1 }]);
    expect(stepped.connection(first.id)!.close.confidence).toBe('likely');
    for (const { id } of later) expect(stepped.connection(id)!.close.confidence).toBe('certain');
  });

  it('takes packets that queues handed on late for no step of the clock', async () => {
    const late = await reportOfFile(retimed((time, frame) => (frame % 5 === 3 ? time - 400_000 : time)));
    expect(late.captures[0]!.anomalies).toEqual([]);
  });

  it('tells that a file has no times', async () => {
    const timeless = await reportOfFile(retimed(() => 0));
    expect(timeless.captures[0]!.anomalies).toMatchObject([{ code: 'times-missing', firstFrame: null }]);
    expect([...timeless.connections()].map(({ close }) => close.confidence)).not.toContain('certain');
  });
});
