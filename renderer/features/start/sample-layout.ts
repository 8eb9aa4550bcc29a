import { SPAN_KINDS } from '../../../shared/drawing/pool-lanes.ts';
import type { Sample } from '../../../shared/model/app.ts';
import type { LaneMarkKind } from '../../../shared/model/view.ts';

export interface SampleMark {
  kind: LaneMarkKind;
  x: number;
  width: number;
}

export interface SampleLayout {
  marks: SampleMark[];
  probes: number[];
  /** Where the end of the connection stands. */
  end: number;
}

/**
 * A sample's connection in few pixels. It shows the order of things, not their length: a long idle time is longer than a
 * short one, and a handshake can be seen beside a minute.
 */
export function sampleLayout({ spans, probes, end }: Sample, width: number): SampleLayout {
  const stalls: { from: number; to: number }[] = [];
  const parts: { kind: Exclude<LaneMarkKind, 'zero-window'>; from: number; to: number; weight: number }[] = [];
  for (let i = 0; i + 2 < spans.length; i += 3) {
    const kind = SPAN_KINDS[spans[i]!];
    if (kind === undefined) continue;
    const from = spans[i + 1]!;
    const to = spans[i + 2]!;
    if (kind === 'zero-window') {
      stalls.push({ from, to });
      continue;
    }
    parts.push({ kind, from, to, weight: WEIGHTS[kind] + (kind === 'idle' ? 1.6 * Math.log10(1 + Math.max(0, to - from) * 20) : 0) });
  }
  const room = Math.max(1, width - END_ROOM);
  const total = Math.max(LEAST, parts.reduce((sum, { weight }) => sum + weight, 0));
  const marks: SampleMark[] = [];
  const over: SampleMark[] = [];
  const places: number[] = [];
  let x = 0;
  let endX = 0;
  for (const { kind, from, to, weight } of parts) {
    // The close stands before the TIME_WAIT that follows from it.
    if (kind === 'time-wait') x += END_ROOM;
    const wide = (weight / total) * room;
    marks.push({ kind, x, width: wide });
    // Over the part it lies in, where it lies in it.
    for (const stall of stalls) {
      if (stall.from < from || stall.from > to) continue;
      const share = (time: number): number => ((Math.min(time, to) - from) / Math.max(to - from, 1e-9)) * wide;
      over.push({ kind: 'zero-window', x: x + share(stall.from), width: Math.max(4, share(stall.to) - share(stall.from)) });
    }
    for (const probe of probes) if (kind === 'idle' && probe >= from && probe <= to) places.push(x + ((probe - from) / Math.max(to - from, 1e-9)) * wide);
    x += wide;
    if (kind !== 'time-wait' && from <= end.time) endX = x;
  }
  return { marks: [...marks, ...over], probes: places, end: endX };
}

const WEIGHTS: Record<Exclude<LaneMarkKind, 'zero-window'>, number> = { opening: 1, busy: 1.6, idle: 0.8, 'time-wait': 3, other: 1.6 };
/** Few marks are not drawn over the whole width. */
const LEAST = 8;
const END_ROOM = 14;
