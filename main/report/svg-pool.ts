import { evenTicks, linearScale } from '../../shared/drawing/axis-scale.ts';
import { findPassedOver, laneOf, layOutLanes, missedReuse, SPAN_SHAPES, type LaneDrawing } from '../../shared/drawing/pool-lanes.ts';
import { formatMoment } from '../../shared/drawing/moments.ts';
import { formatCount, plural } from '../../shared/format/quantity.ts';
import type { ShapeName } from '../../shared/drawing/tokens.ts';
import type { ConnectionReport } from '../../shared/model/connection.ts';
import type { Lane } from '../../shared/model/view.ts';
import { html, type Markup, px } from './html-markup.ts';
import { bar, cross, pin, torn, triangle } from './svg-marks.ts';

const WIDTH = 860;
/** For the connection's number, port and requests. */
const GUTTER = 150;
const ROW = 22;
const LANE = 12;

export interface PoolDrawing {
  readonly svg: Markup;
  /** What is in it. */
  readonly shapes: ReadonlySet<ShapeName>;
  readonly missedReuses: number;
}

/**
 * Connections of one endpoint beneath each other, in the order of their start. `needless`: those that a finding calls
 * so. `endOfAll`: of the captures, where connections that were not closed go on to.
 */
export function poolDrawing(connections: readonly ConnectionReport[], needless: ReadonlySet<number>, endOfAll: number): PoolDrawing {
  const from = Math.min(...connections.map((connection) => connection.startedAt));
  const live = Math.max(...connections.map((connection) => Math.max(connection.endedAt, connection.close.time ?? 0)));
  // TIME_WAIT, and what stays open, may be the longest of all: it is cut where it would hide the rest.
  const to = from + Math.max(1e-6, (live - from) * 1.15);
  const lanes = connections.map((connection) => goesOn(laneOf(connection), connection, Math.min(to, endOfAll)));
  findPassedOver(lanes, needless);
  const scale = linearScale(from, to, WIDTH - GUTTER - 14);
  const ticks = evenTicks(0, to - from, scale.width);
  const drawings = layOutLanes(lanes, scale);
  const height = drawings.length * ROW + 26;
  const middle = (row: number): number => row * ROW + ROW / 2 + 4;
  const arrows = missedReuse(lanes, scale);
  const svg = html`<svg class="pool" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${plural(lanes.length, 'connection')} over ${formatMoment(to - from)}, ${plural(arrows.length, 'missed reuse', 'missed reuses')}">
${ticks.map(({ x }) => html`<path class="s-line" d="M${px(GUTTER + x)} 4V${height - 20}"/>`)}
${drawings.map((drawing, row) => laneRow(drawing, middle(row)))}
${arrows.map(({ fromRow, toRow, x }) => arrow(GUTTER + x, middle(fromRow), middle(toRow)))}
${ticks.map(({ x, label }) => html`<text class="tick" x="${px(GUTTER + x)}" y="${height - 6}" text-anchor="${x === 0 ? 'start' : 'middle'}">${x > scale.width - 24 ? '' : label}</text>`)}</svg>`;
  return { svg, shapes: new Set(drawings.flatMap(shapesOf)), missedReuses: arrows.length };
}

function shapesOf({ marks, probes, end }: LaneDrawing): ShapeName[] {
  const glyph: ShapeName[] = end === null ? [] : [end.kind === 'fin' || end.kind === 'rst' ? end.kind : 'torn'];
  return [...marks.map((mark) => SPAN_SHAPES[mark.kind]), ...probes.slice(0, 1).map((): ShapeName => 'probe'), ...glyph];
}

/** A connection that was not closed lies idle, or waits for an answer, for as long as the captures last. */
function goesOn(lane: Lane, { close, exchanges }: ConnectionReport, to: number): Lane {
  const last = lane.spans.at(-1);
  if (close.kind !== 'open' || last === undefined || to <= last) return lane;
  const isBusy = exchanges.at(-1)?.response?.complete === false || exchanges.at(-1)?.response === null;
  return { ...lane, spans: [...lane.spans, isBusy ? 1 : 2, last, to], end: { ...lane.end, time: to } };
}

function laneRow({ lane, marks, probes, end }: LaneDrawing, y: number): Markup {
  const glyph =
    end === null
      ? null
      : end.kind === 'fin'
        ? triangle(GUTTER + end.x + 2, y, end.by, `FIN of the ${end.by}`)
        : end.kind === 'rst'
          ? cross(GUTTER + end.x + 2, y, `RST of the ${end.by}`)
          : torn(GUTTER + end.x + 4, y, LANE, end.kind === 'open' ? 'still open' : 'end not seen');
  return html`<text class="lane" x="0" y="${px(y + 4)}">${lane.connection}</text><text class="lane-port" x="54" y="${px(y + 4)}">:${lane.clientPort}</text><text class="tick" x="${GUTTER - 8}" y="${px(y + 4)}" text-anchor="end">${formatCount(lane.requests)} req</text>
<path class="s-line" d="M0 ${px(y + ROW / 2)}H${WIDTH}"/>${marks.map(({ kind, x, width, widened }) => bar(SPAN_SHAPES[kind], GUTTER + x, width, y, LANE, widened ? `${kind}, drawn wider than it was` : kind))}${probes.map((x) => pin(GUTTER + x, y, LANE))}${glyph}`;
}

/** From the idle lane to the needless SYN: it ends above the lane, so that it covers no mark. */
function arrow(x: number, fromY: number, toY: number): Markup {
  const down = toY > fromY;
  const tip = down ? toY - LANE / 2 - 1 : toY + LANE / 2 + 1;
  const back = down ? -7 : 7;
  return html`<g><title>This connection stood idle when the other was opened</title><path class="n s-accent" stroke-width="1.6" d="M${px(x)} ${px(fromY + (down ? 3 : -3))}V${px(tip + back)}"/><path class="f-accent" d="M${px(x - 4.5)} ${px(tip + back)}h9l-4.5 ${-back}z"/><circle class="f-surface s-accent" stroke-width="1.6" cx="${px(x)}" cy="${px(fromY)}" r="3"/></g>`;
}
