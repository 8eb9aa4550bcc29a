import { COLOURS, SHAPES, cssName, type ColourName, type MarkShape, type ShapeName } from '../../shared/drawing/tokens.ts';
import type { Confidence, Severity, Side } from '../../shared/model/report.ts';
import { html, type Markup, NOTHING, px, type Content } from './html-markup.ts';

/* How the marks of shared/drawing look as SVG. Colours are custom properties, so that one drawing serves both themes. */

/** Patterns and symbols that all drawings of the document refer to. */
export const definitions: Markup = html`<svg class="defs" width="0" height="0" aria-hidden="true" focusable="false"><defs>
<pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="s-idle" d="M0 0v5"/></pattern>
<pattern id="cross-hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="s-zero" d="M0 0v7M0 0h7"/></pattern>
<pattern id="dots" width="3" height="4" patternUnits="userSpaceOnUse"><rect class="f-time-wait" width="1.5" height="1.5"/></pattern>
<symbol id="certain" viewBox="0 0 12 12"><circle class="f-ink" cx="6" cy="6" r="5"/></symbol>
<symbol id="likely" viewBox="0 0 12 12"><circle class="n s-ink" cx="6" cy="6" r="4.5"/><path class="f-ink" d="M6 1.5a4.5 4.5 0 0 0 0 9z"/></symbol>
<symbol id="possible" viewBox="0 0 12 12"><circle class="n s-ink" cx="6" cy="6" r="4.5" stroke-dasharray="1.8 1.73"/></symbol>
<symbol id="error" viewBox="0 0 12 12"><path class="f-rst" d="M6 0l6 6-6 6-6-6z"/><path class="s-surface" d="M6 3v3.6M6 8v1.3"/></symbol>
<symbol id="warning" viewBox="0 0 12 12"><path class="f-ink2" d="M6 1l5.5 10H.5z"/></symbol>
<symbol id="info" viewBox="0 0 12 12"><circle class="n s-ink2" cx="6" cy="6" r="3"/></symbol>
<symbol id="brand" viewBox="0 0 18 18"><path class="f-accent" d="M1 2h16v3H1zM4 7h10v3H4zM9 11.5c1.3 1.7 2 2.7 2 3.7a2 2 0 0 1-4 0c0-1 .7-2 2-3.7z"/></symbol>
</defs></svg>`;

/** Classes of the marks and of what they are made of. */
export function markStyles(): string {
  const shapes = Object.entries(SHAPES) as [ShapeName, MarkShape][];
  const names = [...new Set(shapes.flatMap(([, { colour, edge }]) => (edge === undefined ? [colour] : [colour, edge])))];
  const extra: ColourName[] = ['ink', 'ink2', 'ink3', 'accent', 'surface', 'line', 'line2'];
  const plain = [...new Set([...names, ...extra])].filter((name) => name in COLOURS);
  return [
    ...plain.map((name) => `.f-${kebab(name)}{fill:var(${cssName(name)})}.s-${kebab(name)}{stroke:var(${cssName(name)})}`),
    ...shapes.map(([name, shape]) => `.m-${name}{${fillOf(shape)}}`),
    '.n{fill:none}.s-zero{stroke:var(--zero-window);stroke-width:1.4;fill:none}.s-idle{stroke-width:2;opacity:.75}',
  ].join('\n');
}

function fillOf({ colour, edge, fill }: MarkShape): string {
  const main = `var(${cssName(colour)})`;
  const outline = edge === undefined ? '' : `;stroke:var(${cssName(edge)})`;
  if (fill === 'hatch') return `fill:url(#hatch);stroke:${main};stroke-width:.8`;
  if (fill === 'cross-hatch') return `fill:url(#cross-hatch)${outline}`;
  if (fill === 'dots') return 'fill:url(#dots)';
  if (fill === 'dashed') return `fill:none${outline};stroke-dasharray:3 2`;
  return fill === 'none' ? `fill:none;stroke:${main}` : `fill:${main}${outline}`;
}

function kebab(name: ColourName): string {
  return cssName(name).slice(2);
}

/** What lasts, on a lane whose middle is at `y`. The title is what a pointer that rests on it sees. */
export function bar(shape: ShapeName, x: number, width: number, y: number, laneHeight: number, title: Content = null): Markup {
  const look: MarkShape = SHAPES[shape];
  const height = look.height * laneHeight;
  const inset = look.edge === undefined ? 0 : 0.5;
  const told = title === null ? null : html`<title>${title}</title>`;
  const box = (from: number, wide: number): Markup =>
    html`<rect class="m-${shape}" x="${px(from + inset)}" y="${px(y - height / 2 + inset)}" width="${px(Math.max(0.5, wide - 2 * inset))}" height="${px(height - 2 * inset)}"/>`;
  // SYN, SYN-ACK, ACK: cut in three where there is room.
  const parts = look.fill === 'cuts' && width >= 12 ? [0, 1, 2].map((part) => box(x + (part * width) / 3, width / 3 - (part < 2 ? 1.5 : 0))) : box(x, width);
  // What lies under a zero window would show through its pattern.
  const ground = look.fill === 'cross-hatch' ? html`<rect class="f-surface" x="${px(x)}" y="${px(y - height / 2)}" width="${px(width)}" height="${px(height)}"/>` : null;
  return html`<g>${told}${ground}${parts}</g>`;
}

/** A tick with a ring on top. */
export function pin(x: number, y: number, laneHeight: number, title: Content = null): Markup {
  const top = y - laneHeight / 2 - 4;
  return html`<g>${titled(title)}<path class="s-probe" stroke-width="1.4" d="M${px(x)} ${px(top + 3)}V${px(y + laneHeight / 2)}"/><circle class="f-surface s-probe" stroke-width="1.4" cx="${px(x)}" cy="${px(top)}" r="2.8"/></g>`;
}

/** FIN: a hollow triangle that points to the receiver: right where the client sent it. `x`: its left edge. */
export function triangle(x: number, y: number, by: Side | null, title: Content = null): Markup {
  const d = by === 'server' ? `M${px(x + 9)} ${px(y - 5)}v10l-8-5z` : `M${px(x + 1)} ${px(y - 5)}v10l8-5z`;
  return html`<g>${titled(title)}<path class="f-surface s-fin" stroke-width="1.5" stroke-linejoin="round" d="${d}"/></g>`;
}

/** RST: a cross with a halo. `x`: its left edge. */
export function cross(x: number, y: number, title: Content = null): Markup {
  const d = `M${px(x + 1)} ${px(y - 4)}l8 8m0-8l-8 8`;
  return html`<g>${titled(title)}<path class="n s-surface" stroke-width="6" d="${d}"/><path class="n s-rst" stroke-width="2.4" d="${d}"/></g>`;
}

/** A torn edge: what comes before or after is not in the capture. */
export function torn(x: number, y: number, laneHeight: number, title: Content = null): Markup {
  const step = laneHeight / 4;
  return html`<g>${titled(title)}<path class="n s-ink3" stroke-width="1.3" d="M${px(x)} ${px(y - laneHeight / 2)}l3 ${px(step)}-6 ${px(step)} 6 ${px(step)}-3 ${px(step)}"/></g>`;
}

/** "//" over the middle of a stretch that is drawn shorter than it was. */
export function breakSign(x: number, y: number, laneHeight: number): Markup {
  const h = laneHeight * 0.36;
  const stroke = `M${px(x - 5)} ${px(y + h)}l6 ${px(-2 * h)}m4 0l-6 ${px(2 * h)}`;
  return html`<path class="n s-surface" stroke-width="6" d="${stroke}"/><path class="n s-ink3" stroke-width="1.2" d="${stroke}"/>`;
}

/** Marks with their words. */
export function legend(names: readonly ShapeName[], further: readonly Markup[] = []): Markup {
  return html`<ul class="legend">${names.map((name) => html`<li><svg viewBox="0 0 20 16" width="20" height="16" aria-hidden="true">${sign(name)}</svg>${SHAPES[name].legend}</li>`)}${further}</ul>`;
}

function sign(name: ShapeName): Markup {
  if (name === 'probe') return pin(10, 11, 9);
  if (name === 'fin') return triangle(5, 8, 'client');
  if (name === 'rst') return cross(5, 8);
  if (name === 'torn') return torn(10, 8, 14);
  return bar(name, 1, 18, 8, name === 'idle' ? 16 : name === 'time-wait' ? 18 : 11);
}

/** The sign and the word of a confidence. */
export function confidenceSign(confidence: Confidence, words: Content = confidence): Markup {
  return html`<span class="sign"><svg width="11" height="11" aria-hidden="true"><use href="#${confidence}"/></svg> ${words}</span>`;
}

export function severitySign(severity: Severity): Markup {
  return html`<span class="sign"><svg width="12" height="12" aria-hidden="true"><use href="#${severity}"/></svg> ${severity}</span>`;
}

function titled(title: Content): Markup {
  return title === null ? NOTHING : html`<title>${title}</title>`;
}
