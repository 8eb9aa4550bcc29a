import { type AxisScale, type PlacedMark, spansOfExchanges } from '../../shared/drawing/axis-scale.ts';
import { frameTimes } from '../../shared/drawing/frame-times.ts';
import { formatMoment } from '../../shared/drawing/moments.ts';
import { safeBytes, shortenMiddle } from '../../shared/format/safe-text.ts';
import type { ConnectionReport } from '../../shared/model/connection.ts';
import type { EvidenceReport, FrameRef } from '../../shared/model/report.ts';

export interface AxisLabel {
  readonly x: number;
  readonly text: string;
  readonly tone: 'ink2' | 'ink3' | 'zero-window' | 'rst';
}

/** About the width of a letter of the labels. */
const LETTER = 5.8;

/** What fits above the lane; stalls and exchanges before idle times. */
export function axisLabels(connection: ConnectionReport, placed: readonly PlacedMark[], width: number): AxisLabel[] {
  const wanted: (AxisLabel & { rank: number })[] = [];
  const byIndex = new Map(connection.exchanges.map((exchange) => [exchange.index, exchange]));
  for (const [index, [first, last]] of spansOfExchanges(placed)) {
    const request = byIndex.get(index)?.request;
    const name = request == null ? 'response' : `${safeBytes(request.method)} ${lastPart(safeBytes(request.target))}`;
    const room = Math.max(12, Math.floor((last - first) / LETTER));
    wanted.push({ x: (first + last) / 2, text: shortenMiddle(name, Math.min(36, room)), tone: 'ink2', rank: 1 });
  }
  for (const { mark, x, width: wide } of placed) {
    const at = x + wide / 2;
    if (mark.kind === 'zero-window') wanted.push({ x: at, text: `Window zero ${formatMoment(mark.end - mark.start)}`, tone: 'zero-window', rank: 0 });
    else if (mark.kind === 'handshake') wanted.push({ x: at, text: mark.label, tone: 'ink2', rank: 2 });
    else if (mark.kind === 'idle' && wide > 30) wanted.push({ x: at, text: mark.label, tone: 'ink2', rank: 3 });
    else if (mark.kind === 'probe') wanted.push({ x: at, text: 'probe', tone: 'ink2', rank: 4 });
    else if (mark.kind === 'other') wanted.push({ x: at, text: mark.label, tone: 'ink2', rank: 1 });
    else if (mark.kind === 'time-wait') wanted.push({ x: at, text: mark.label, tone: 'ink3', rank: 3 });
    else if (mark.kind === 'fin' || mark.kind === 'rst') wanted.push({ x: at + 7, text: mark.kind.toUpperCase(), tone: mark.kind === 'rst' ? 'rst' : 'ink2', rank: 1 });
    else if (mark.kind === 'torn') wanted.push({ x: at, text: mark.start === 0 ? 'begins unseen' : 'goes on', tone: 'ink3', rank: 2 });
  }
  const taken: { from: number; to: number }[] = [];
  return wanted
    .sort((a, b) => a.rank - b.rank)
    .flatMap(({ x, text, tone }) => {
      const wide = text.length * LETTER;
      const from = Math.min(Math.max(0, x - wide / 2), width - wide);
      if (from < 0 || taken.some((one) => from < one.to + 8 && from + wide > one.from - 8)) return [];
      taken.push({ from, to: from + wide });
      return [{ x: from + wide / 2, text, tone }];
    });
}

/** "/v1/items/8841" is told apart from its neighbours by its end. */
function lastPart(target: string): string {
  const path = target.split('?', 1)[0]!;
  return path.slice(path.lastIndexOf('/', path.length - 2) + 1) || target;
}

export interface Pill {
  readonly label: string;
  readonly frame: FrameRef;
  /** Where the evidence is on the axis, and where its pill has room. */
  readonly x: number;
  readonly pillX: number;
  readonly note: string;
}

const PILL_ROOM = 30;

/** Marks under the axis, E1, E2 …, at the evidence that has a place on it. */
export function evidencePills(connection: ConnectionReport, evidence: readonly EvidenceReport[], scale: AxisScale): Pill[] {
  const times = frameTimes(connection);
  const pills: Pill[] = [];
  const found = evidence
    .map(({ frame, note }, at) => ({ frame, note, label: `E${at + 1}`, time: times.get(frame) }))
    .filter((one): one is typeof one & { time: number } => one.time !== undefined)
    .sort((a, b) => a.time - b.time);
  let free = 0;
  for (const { frame, note, label, time } of found) {
    const x = scale.x(time - connection.startedAt);
    const pillX = Math.min(Math.max(x, free + PILL_ROOM / 2), scale.width - PILL_ROOM / 2);
    free = pillX + PILL_ROOM / 2;
    pills.push({ label, frame, note, x, pillX });
  }
  return pills;
}
