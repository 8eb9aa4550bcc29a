/*
 * Colours and shapes of every drawing: the page, the HTML report and the canvas take them from here. One hue per
 * meaning, and a shape or pattern beside every hue: nothing is told by colour alone.
 */

export type Theme = 'light' | 'dark';

/** Light and dark value of each colour. As a CSS custom property: `cssName`. */
export const COLOURS = {
  bg: ['#F3F5F6', '#0C1013'],
  surface: ['#FFFFFF', '#12171B'],
  surface2: ['#F8F9FA', '#161C21'],
  sunken: ['#E9EDEF', '#090C0E'],
  line: ['#DFE4E7', '#252D34'],
  line2: ['#B4BEC6', '#46525D'],
  ctl: ['#7F8B95', '#687580'],
  ink: ['#141A1F', '#E7EBEE'],
  ink2: ['#414D57', '#B3BDC5'],
  ink3: ['#5A6671', '#8E9AA4'],
  accent: ['#3A4BC8', '#93A0FF'],
  accentInk: ['#2F3EAE', '#AAB4FF'],
  soft: ['#ECEEFB', '#1B2140'],
  onAccent: ['#FFFFFF', '#0C1013'],
  handshake: ['#B8720F', '#D0923A'],
  request: ['#0B4F5E', '#C3EEF4'],
  wait: ['#B5DAE0', '#1F4A53'],
  waitEdge: ['#3B8A98', '#4FA3B1'],
  download: ['#23899C', '#3DAEC2'],
  idle: ['#76828C', '#75818B'],
  probe: ['#414D57', '#B3BDC5'],
  zeroWindow: ['#B0287A', '#F07ABB'],
  fin: ['#141A1F', '#E7EBEE'],
  rst: ['#BF360C', '#FF8257'],
  timeWait: ['#7D7263', '#A99D8C'],
} as const satisfies Record<string, readonly [light: string, dark: string]>;
export type ColourName = keyof typeof COLOURS;

/** "#3A4BC8" */
export function colour(name: ColourName, theme: Theme): string {
  return COLOURS[name][theme === 'light' ? 0 : 1];
}

/** "--accent-ink" */
export function cssName(name: ColourName): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** "--bg:#F3F5F6;--surface:…", to stand between braces. */
export function cssVariables(theme: Theme): string {
  return (Object.keys(COLOURS) as ColourName[]).map((name) => `${cssName(name)}:${colour(name, theme)}`).join(';');
}

/** How the inside of a mark is drawn. `cuts`: solid, cut in three where there is room; `pale`: filled, with an outline. */
export type Fill = 'cuts' | 'solid' | 'pale' | 'hatch' | 'cross-hatch' | 'dots' | 'dashed' | 'none';
/** What stands where a moment is marked. The triangle points to the receiver; `torn`: the connection goes on unseen. */
export type Glyph = 'pin' | 'triangle' | 'cross' | 'torn';

export interface MarkShape {
  readonly colour: ColourName;
  readonly edge?: ColourName;
  readonly fill: Fill;
  /** Share of the lane's height. */
  readonly height: number;
  readonly glyph?: Glyph;
  /** Word of the legend. */
  readonly legend: string;
}

/** What a connection's time axis and a pool's lanes are made of. */
export const SHAPES = {
  handshake: { colour: 'handshake', fill: 'cuts', height: 1, legend: 'handshake' },
  request: { colour: 'request', fill: 'solid', height: 1, legend: 'request' },
  wait: { colour: 'wait', edge: 'waitEdge', fill: 'pale', height: 1, legend: 'waiting' },
  download: { colour: 'download', fill: 'solid', height: 1, legend: 'download' },
  busy: { colour: 'download', fill: 'solid', height: 1, legend: 'busy' },
  other: { colour: 'sunken', edge: 'ctl', fill: 'pale', height: 1, legend: 'not HTTP/1' },
  idle: { colour: 'idle', fill: 'hatch', height: 0.42, legend: 'idle' },
  'zero-window': { colour: 'zeroWindow', edge: 'zeroWindow', fill: 'cross-hatch', height: 1, legend: 'zero window' },
  gap: { colour: 'ink3', edge: 'ink3', fill: 'dashed', height: 0.7, legend: 'not captured' },
  'time-wait': { colour: 'timeWait', fill: 'dots', height: 0.29, legend: 'TIME_WAIT' },
  probe: { colour: 'probe', fill: 'none', height: 1, glyph: 'pin', legend: 'probe' },
  fin: { colour: 'fin', fill: 'none', height: 0.6, glyph: 'triangle', legend: 'FIN' },
  rst: { colour: 'rst', fill: 'none', height: 0.5, glyph: 'cross', legend: 'RST' },
  torn: { colour: 'ink3', fill: 'none', height: 1, glyph: 'torn', legend: 'begins or goes on unseen' },
} as const satisfies Record<string, MarkShape>;
export type ShapeName = keyof typeof SHAPES;
