import { axisLabels } from '../../shared/drawing/axis-labels.ts';
import { type AxisScale, brokenScale, type PlacedMark } from '../../shared/drawing/axis-scale.ts';
import { connectionAxis, type AxisMark } from '../../shared/drawing/connection-axis.ts';
import { frameTimes } from '../../shared/drawing/frame-times.ts';
import { formatMoment } from '../../shared/drawing/moments.ts';
import { spread } from '../../shared/drawing/spread.ts';
import { shortenMiddle } from '../../shared/format/safe-text.ts';
import type { ConnectionReport, ExchangeReport } from '../../shared/model/connection.ts';
import { fromCapture, html, type Markup, px } from './html-markup.ts';
import { bar, breakSign, cross, pin, torn, triangle } from './svg-marks.ts';

const WIDTH = 860;
/** Left and right of the lane: room for a mark at its very end. */
const MARGIN = 12;
const LANE = 24;
const LANE_Y = 34;
const TICKS_Y = 56;
const PILLS_Y = 70;
/** Of what was asked for. */
const MOST_LETTERS = 34;
/** A connection with a million exchanges has a picture that can be read, too. */
const MAX_EXCHANGES = 60;
const MAX_EVENTS = 120;

export interface AxisDrawing {
  readonly svg: Markup;
  /** Something is drawn wider than it was, or shorter. */
  readonly widened: boolean;
  readonly broken: boolean;
  /** Exchanges left out, after the first ones. */
  readonly leftOut: number;
}

/** The time axis of a connection, with E1, E2 … at the frames of its evidence. */
export function axisDrawing(connection: ConnectionReport): AxisDrawing {
  const leftOut = Math.max(0, connection.exchanges.length - MAX_EXCHANGES);
  const few = {
    ...connection,
    keepAliveProbes: connection.keepAliveProbes.slice(0, MAX_EVENTS),
    windowProbes: connection.windowProbes.slice(0, MAX_EVENTS),
    zeroWindows: connection.zeroWindows.slice(0, MAX_EVENTS),
    gaps: connection.gaps.slice(0, MAX_EVENTS),
  };
  const axis = connectionAxis(few, { maxExchanges: MAX_EXCHANGES });
  const { scale, placed } = brokenScale(axis.marks, axis.end, WIDTH - 2 * MARGIN, { breakWidth: 96, minimum: 5 });
  const drawn = placed.map((one) => ({ ...one, x: one.x + MARGIN }));
  const pills = evidencePills(few, drawn, (seconds) => scale.x(seconds) + MARGIN);
  const height = pills.length > 0 ? 88 : 64;
  const label = `Connection ${connection.id}: ${axis.marks.slice(0, 40).map((mark) => mark.label).join('; ')}`;
  const svg = html`<svg class="axis" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}">
${labels(connection, drawn)}${baseline(axis.marks, scale)}${pills.map((one) => one.line)}${drawn.filter((one) => !isMoment(one)).map((one) => barOf(one))}${scale.breaks.map((one) => breakSign(MARGIN + one.x + one.width / 2, LANE_Y, LANE))}${ends(drawn)}
${scale.ticks.map(({ x, label }, index) => html`<path class="s-line2" d="M${px(x + MARGIN)} ${LANE_Y + LANE / 2 + 2}v4"/><text class="tick" x="${px(x + MARGIN)}" y="${TICKS_Y + 6}" text-anchor="${index === 0 ? 'start' : x > scale.width - 30 ? 'end' : 'middle'}">${label}</text>`)}
${pills.map((one) => one.pill)}</svg>`;
  return { svg, widened: placed.some((one) => one.widened), broken: scale.breaks.length > 0, leftOut };
}

/** The connection is there, whatever is drawn on it: between the two FINs nothing else is. */
function baseline(marks: readonly AxisMark[], scale: AxisScale): Markup {
  const end = Math.max(...marks.filter((mark) => mark.kind !== 'time-wait').map((mark) => mark.end));
  return html`<path class="s-line2" d="M${MARGIN} ${LANE_Y}H${px(MARGIN + scale.x(end))}"/>`;
}

function isMoment({ mark, width }: PlacedMark): boolean {
  return width === 0 || mark.kind === 'probe' || mark.kind === 'fin' || mark.kind === 'rst' || mark.kind === 'torn';
}

function barOf({ mark, x, width, widened }: PlacedMark): Markup {
  return bar(mark.kind, x, width, LANE_Y, LANE, titleOf(mark, widened));
}

function titleOf(mark: AxisMark, widened: boolean): string {
  const frames = mark.frames.length === 0 ? '' : `, frame ${mark.frames.join(' and ')}`;
  const length = mark.end > mark.start ? `, from ${formatMoment(mark.start)} to ${formatMoment(mark.end)}` : ` at ${formatMoment(mark.start)}`;
  return `${mark.label}${length}${frames}${widened ? ' (drawn wider than it was)' : ''}`;
}

/** Moments last, so that nothing covers them; a FIN that lies on another mark stands beside it. */
function ends(placed: readonly PlacedMark[]): Markup[] {
  let free = Number.NEGATIVE_INFINITY;
  return placed.flatMap((one) => {
    const { mark, x } = one;
    const title = titleOf(mark, false);
    if (mark.kind === 'probe') return [pin(x, LANE_Y, LANE, title)];
    if (mark.kind === 'torn') return [torn(x, LANE_Y, LANE, title)];
    if (mark.kind === 'gap') return [bar('gap', x - 2, 4, LANE_Y, LANE, title)];
    if (mark.kind !== 'fin' && mark.kind !== 'rst') return [];
    const at = Math.min(Math.max(x + 2, free), WIDTH - 11);
    free = at + 13;
    return [mark.kind === 'fin' ? triangle(at, LANE_Y, mark.side, title) : cross(at, LANE_Y, title)];
  });
}

/** What fits above the lane, from left to right. */
function labels(connection: ConnectionReport, placed: readonly PlacedMark[]): Markup[] {
  const found = axisLabels(connection, placed, { from: 2, to: WIDTH - 2, nameOf: exchangeName });
  return found.map(({ x, text, tone }) => html`<text class="f-${tone}" x="${px(x)}" y="12" text-anchor="middle">${text}</text>`);
}

function exchangeName({ request, response }: ExchangeReport, letters: number): string {
  const name = request === null ? 'response' : `${fromCapture(request.method)} ${fromCapture(request.target)}`;
  const status = response === null ? '' : ` ${response.status}`;
  return shortenMiddle(name, Math.min(MOST_LETTERS, Math.max(12, letters - status.length))) + status;
}

/** Under the lane, at the frames that prove the close; those without a place on the axis are in the words only. */
function evidencePills(connection: ConnectionReport, placed: readonly PlacedMark[], place: (seconds: number) => number): { line: Markup; pill: Markup }[] {
  const times = frameTimes({ ...connection, exchanges: connection.exchanges.slice(-MAX_EXCHANGES) });
  const origin = connection.startedAt;
  const found = connection.close.evidence
    .slice(0, 9)
    .flatMap(({ frame }, index) => {
      const own = placed.find(({ mark }) => mark.frames.includes(frame) && (mark.kind === 'fin' || mark.kind === 'rst' || mark.kind === 'probe'));
      const time = times.get(frame);
      if (own === undefined && time === undefined) return [];
      return [{ index, at: own === undefined ? place(time! - origin) : own.x + (own.mark.kind === 'probe' ? 0 : 7) }];
    })
    .sort((a, b) => a.at - b.at);
  const places = spread(found.map(({ at }) => at), 26, WIDTH);
  return found.map(({ index, at }, order) => {
    const x = places[order]!;
    const line = html`<path class="n s-accent" stroke-dasharray="2 2" d="M${px(at)} ${LANE_Y + LANE / 2 + 2}L${px(x)} ${PILLS_Y}"/>`;
    const pill = html`<rect class="f-accent" x="${px(x - 12)}" y="${PILLS_Y}" width="24" height="16" rx="8"/><text class="pill" x="${px(x)}" y="${PILLS_Y + 11.5}" text-anchor="middle">E${index + 1}</text>`;
    return { line, pill };
  });
}
