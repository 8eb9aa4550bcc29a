import { type PlacedMark, spansOfExchanges } from './axis-scale.ts';
import { formatMoment } from './moments.ts';
import type { ConnectionReport, ExchangeReport } from '../model/connection.ts';

export interface AxisLabel {
  /** Its middle. */
  readonly x: number;
  readonly text: string;
  readonly tone: 'ink2' | 'ink3' | 'zero-window' | 'rst';
}

export interface LabelRoom {
  readonly from: number;
  readonly to: number;
  /** What an exchange is called in so many letters. */
  nameOf(exchange: ExchangeReport, letters: number): string;
}

/** About the width of a letter of the labels. */
const LETTER = 5.8;
/** Shorter idle times have no room for their words. */
const IDLE_ROOM = 40;

/** What fits above the lane of a connection's time axis; stalls and exchanges before idle times. */
export function axisLabels(connection: ConnectionReport, placed: readonly PlacedMark[], room: LabelRoom): AxisLabel[] {
  const wanted: (AxisLabel & { rank: number })[] = [];
  const byIndex = new Map(connection.exchanges.map((exchange) => [exchange.index, exchange]));
  for (const [index, [first, last]] of spansOfExchanges(placed)) {
    const exchange = byIndex.get(index);
    if (exchange !== undefined) wanted.push({ x: (first + last) / 2, text: room.nameOf(exchange, Math.max(12, Math.floor((last - first) / LETTER))), tone: 'ink2', rank: 1 });
  }
  for (const { mark, x, width } of placed) {
    const at = x + width / 2;
    if (mark.kind === 'zero-window') wanted.push({ x: at, text: `Window zero ${formatMoment(mark.end - mark.start)}`, tone: 'zero-window', rank: 0 });
    else if (mark.kind === 'handshake') wanted.push({ x: at, text: mark.label, tone: 'ink2', rank: 2 });
    else if (mark.kind === 'idle' && width > IDLE_ROOM) wanted.push({ x: at, text: mark.label, tone: 'ink2', rank: 3 });
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
      const width = text.length * LETTER;
      const from = Math.min(Math.max(room.from, x - width / 2), room.to - width);
      if (from < room.from || taken.some((one) => from < one.to + 8 && from + width > one.from - 8)) return [];
      taken.push({ from, to: from + width });
      return [{ x: from + width / 2, text, tone }];
    });
}
