import { evenTicks } from '../../shared/drawing/axis-scale.ts';
import { formatCount, formatDuration } from '../../shared/format/quantity.ts';
import { html, type Markup, px } from './html-markup.ts';
import type { ReportModel } from './report-model.ts';
import { endOfCaptures } from './report-words.ts';

const WIDTH = 860;
/** Left of the axes, for a number of four digits; a longer one has more. */
const GUTTER = 36;
const DIGIT = 6.5;
const BUCKETS = 64;
const HEIGHT = 46;

/** Connections over time in equal buckets. */
export interface Series {
  readonly from: number;
  readonly step: number;
  readonly opened: readonly number[];
  /** Most open at one moment within the bucket. */
  readonly open: readonly number[];
  readonly peak: number;
}

/** null where there is no connection or no time passes. */
export function seriesOf(model: ReportModel): Series | null {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  const endOfAll = endOfCaptures(model);
  let count = 0;
  model.lifetimes((startedAt, closedAt) => {
    from = Math.min(from, startedAt);
    to = Math.max(to, startedAt, closedAt ?? endOfAll);
    count++;
  });
  if (count === 0) return null;
  // The axis begins with the capture where the first connection nearly does.
  if (from > 0 && from < (to - from) / 10) from = 0;
  const starts = new Float64Array(count);
  const closes = new Float64Array(count);
  let at = 0;
  model.lifetimes((startedAt, closedAt) => {
    starts[at] = startedAt;
    closes[at++] = closedAt ?? Number.POSITIVE_INFINITY;
  });
  starts.sort();
  closes.sort();
  const step = Math.max(1e-9, (to - from) / BUCKETS);
  const opened = new Array<number>(BUCKETS).fill(0);
  const open = new Array<number>(BUCKETS).fill(0);
  let peak = 0;
  let closed = 0;
  let bucket = 0;
  const bucketOf = (time: number): number => Math.min(BUCKETS - 1, Math.floor((time - from) / step));
  for (let i = 0; i < count; i++) {
    const next = bucketOf(starts[i]!);
    // What is open when a bucket begins counts in it, whether or not something opens in it.
    for (; bucket < next; bucket++) {
      while (closed < count && closes[closed]! <= from + (bucket + 1) * step) closed++;
      open[bucket + 1] = Math.max(0, i - closed);
    }
    while (closed < count && closes[closed]! <= starts[i]!) closed++;
    opened[next]!++;
    open[next] = Math.max(open[next]!, i + 1 - closed);
    peak = Math.max(peak, i + 1 - closed);
  }
  for (; bucket < BUCKETS - 1; bucket++) {
    while (closed < count && closes[closed]! <= from + (bucket + 1) * step) closed++;
    open[bucket + 1] = count - closed;
  }
  return { from, step, opened, open, peak };
}

/** Open connections as a step line above, new ones as columns below. */
export function seriesDrawing({ from, step, opened, open, peak }: Series): Markup {
  const mostNew = Math.max(...opened);
  const gutter = Math.max(GUTTER, 10 + DIGIT * Math.max(...[peak, mostNew].map((most) => formatCount(most).length)));
  const inner = WIDTH - gutter - 4;
  const wide = inner / BUCKETS;
  const top = 8;
  const second = top + HEIGHT + 18;
  const height = second + HEIGHT + 20;
  const y = (value: number, most: number, at: number): number => at + HEIGHT - (most === 0 ? 0 : (value / most) * HEIGHT);
  const steps = open.map((value, i) => `${i === 0 ? 'M' : 'V'}${i === 0 ? `${px(gutter)} ${px(y(value, peak, top))}` : px(y(value, peak, top))}H${px(gutter + (i + 1) * wide)}`).join('');
  const span = step * BUCKETS;
  return html`<svg class="series" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Open connections, at most ${formatCount(peak)}; new connections, at most ${formatCount(mostNew)} in ${formatDuration(step)}">
${[[peak, top], [mostNew, second]].map(([most, at]) => html`<path class="s-line" d="M${px(gutter)} ${at!}H${WIDTH - 4}"/><path class="s-line2" d="M${px(gutter)} ${at! + HEIGHT}H${WIDTH - 4}"/><text class="tick" x="${px(gutter - 8)}" y="${at! + 4}" text-anchor="end">${formatCount(most!)}</text><text class="tick" x="${px(gutter - 8)}" y="${at! + HEIGHT + 4}" text-anchor="end">0</text>`)}
<path class="area" d="${steps}V${top + HEIGHT}H${px(gutter)}z"/><path class="n s-download" stroke-width="1.6" d="${steps}"/>
${opened.map((value, i) => (value === 0 ? null : html`<rect class="f-handshake" x="${px(gutter + i * wide + 1)}" y="${px(y(value, mostNew, second))}" width="${px(wide - 2)}" height="${px((value / mostNew) * HEIGHT)}"/>`))}
${evenTicks(from, from + span, inner).map(({ x, label }) => html`<text class="tick" x="${px(gutter + x)}" y="${height - 4}" text-anchor="${x < 12 ? 'start' : x > inner - 12 ? 'end' : 'middle'}">${label}</text>`)}</svg>`;
}
