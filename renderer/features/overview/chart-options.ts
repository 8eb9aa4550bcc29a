import type UPlot from 'uplot';
import { formatClock } from '../../../shared/drawing/moments.ts';
import type { TimeRange } from '../../frame/route.ts';
import { formatCount } from '../../../shared/format/quantity.ts';

/* Looks of the overview's charts. `colour` gives the value of a custom property of the theme. */

export type Colour = (name: string) => string;
type Options = Omit<UPlot.Options, 'width' | 'height'>;

const FONT = '11px "DejaVu Sans Condensed", system-ui, sans-serif';
/** All charts of the overview show the same moment under the pointer. */
const cursor: UPlot.Cursor = { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false }, sync: { key: 'overview' } };

const DAYS = [1, 2, 7, 30, 100, 365, 1000, 3650];
/** Of charts that stand above each other: labels of the values in the same column. */
const GUTTER = 44;

function timeAxis(colour: Colour, show: boolean): UPlot.Axis {
  return {
    show,
    font: FONT,
    stroke: colour('ink3'),
    size: 22,
    gap: 4,
    space: 80,
    grid: { show: false },
    ticks: { show: false },
    values: (_self, splits) => splits.map((seconds) => formatClock(seconds, splits.length > 1 ? splits[1]! - splits[0]! : 1)),
    incrs: [1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200, ...DAYS.map((days) => days * 86_400)],
  };
}

/** The whole span, whatever has data: the last bar ends where the capture does. */
function timeScale({ from, to }: TimeRange): UPlot.Scale {
  return { time: false, range: () => [from, to] };
}

/** Only zero and the most: what is between is seen. */
function valueAxis(colour: Colour): UPlot.Axis {
  return {
    font: FONT,
    stroke: colour('ink3'),
    size: GUTTER,
    gap: 6,
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    splits: (_self, _axis, least, most) => [least, most],
    values: (_self, splits) => splits.map((value) => shortCount(value)),
  };
}

/** "28,232" up to five digits, then "1.2M". */
function shortCount(value: number): string {
  if (value < 100_000) return formatCount(value);
  return value < 999_500 ? `${Math.round(value / 1000)}k` : `${(value / 1e6).toFixed(value < 9.95e6 ? 1 : 0)}M`;
}

/** From zero to the largest value; never empty. */
const fromZero: UPlot.Range.Function = (_self, _least, most) => [0, Math.max(1, most)];

export function openOptions(colour: Colour, span: TimeRange, stepped: UPlot.Series.PathBuilder | undefined): Options {
  return {
    cursor,
    padding: [8, 16, 8, 0],
    scales: { x: timeScale(span), y: { range: fromZero } },
    axes: [timeAxis(colour, false), valueAxis(colour)],
    series: [{}, { stroke: colour('download'), width: 1.5, fill: `${colour('download')}22`, points: { show: false }, ...(stepped === undefined ? {} : { paths: stepped }) }],
  };
}

export function openedOptions(colour: Colour, span: TimeRange, bars: UPlot.Series.PathBuilder | undefined): Options {
  return {
    cursor,
    padding: [6, 16, 0, 0],
    scales: { x: timeScale(span), y: { range: fromZero } },
    axes: [timeAxis(colour, true), valueAxis(colour)],
    series: [{}, { fill: colour('handshake'), width: 0, points: { show: false }, ...(bars === undefined ? {} : { paths: bars }) }],
  };
}

/** On a logarithmic scale from below 1 to beyond the budget, so that a single socket, a few, and the end of all ports can be seen. */
export function timeWaitOptions(colour: Colour, span: TimeRange, budget: number, peak: number, stepped: UPlot.Series.PathBuilder | undefined): Options {
  const top = 10 ** Math.ceil(Math.log10(Math.max(budget, peak, 10) * 1.2));
  return {
    cursor,
    padding: [14, 16, 0, 8],
    scales: { x: timeScale(span), y: { distr: 3, range: () => [0.5, top] } },
    axes: [
      timeAxis(colour, true),
      {
        font: FONT,
        stroke: colour('ink3'),
        size: GUTTER,
        gap: 4,
        grid: { stroke: colour('line'), width: 1 },
        ticks: { show: false },
        // All of them: where they stand close, the library would leave some without a number.
        filter: (_self, splits) => splits,
        splits: () => [1, 10, 100, 1000, 10_000, 100_000].filter((value) => value < top),
        values: (_self, splits) => splits.map((value) => shortCount(value)),
      },
    ],
    series: [{}, { stroke: colour('time-wait'), width: 1.5, fill: (self) => dots(self, colour('time-wait')), points: { show: false }, ...(stepped === undefined ? {} : { paths: stepped }) }],
    hooks: { draw: [(self) => budgetLine(self, budget, colour('ink2'))] },
  };
}

function dots(self: UPlot, colour: string): CanvasPattern | string {
  const ratio = devicePixelRatio;
  const tile = document.createElement('canvas');
  tile.width = tile.height = Math.round(4 * ratio);
  const context = tile.getContext('2d');
  if (context === null) return 'transparent';
  context.fillStyle = colour;
  context.fillRect(0, 0, Math.ceil(1.2 * ratio), Math.ceil(1.2 * ratio));
  return self.ctx.createPattern(tile, 'repeat') ?? 'transparent';
}

function budgetLine(self: UPlot, budget: number, colour: string): void {
  const { ctx, bbox } = self;
  const y = Math.round(self.valToPos(budget, 'y', true));
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.font = FONT.replace('11px', `${11 * devicePixelRatio}px`);
  ctx.textAlign = 'right';
  ctx.textBaseline = 'bottom';
  ctx.fillText(`${formatCount(budget)} ports`, bbox.left + bbox.width, y - 3 * devicePixelRatio);
  ctx.restore();
}
