import { shortenMiddle, textWidth } from '../../shared/format/safe-text.ts';

/** How a piece of text stands out where colour is allowed: the numbers of ECMA-48 section 8.3.117 (SGR). */
export const Style = { plain: '', bold: '1', dim: '2', red: '31', yellow: '33' } as const;
export type Style = (typeof Style)[keyof typeof Style];

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** Where the table is too wide, the column may shrink to this width, its cells shortened in the middle. */
  readonly min?: number;
}

export interface Row {
  /** Safe text (shared/format/safe-text.ts), one per column. */
  readonly cells: readonly string[];
  readonly style?: Style;
  /** A line of its own above the row, for it and those below. */
  readonly group?: string;
  /** A line of its own below the row. */
  readonly note?: string;
}

const INDENT = 2;
const GUTTER = 2;

/** Lines of a page of fixed width: none is wider but those of `whole`. All text given to it is safe already. */
export class TextLayout {
  readonly width: number;
  private readonly color: boolean;

  constructor(width: number, color: boolean) {
    this.width = width;
    this.color = color;
  }

  /** Text broken between words, lines after the first further in by `hanging`. */
  paragraph(text: string, style: Style = Style.plain, indent = 0, hanging = 0): string[] {
    return wrap(text, this.width - indent, hanging).map((line) => ' '.repeat(indent) + this.styled(line, style));
  }

  /** One line, however wide: what people copy, as a path, is in one piece. */
  whole(text: string, style: Style): string {
    return this.styled(text, style);
  }

  /** A line of titles, then the rows; columns without a single value are left out. */
  table(columns: readonly Column[], rows: readonly Row[]): string[] {
    const used = columns.map((_, index) => index).filter((index) => rows.some((row) => row.cells[index] !== ''));
    const widths = this.fit(used.map((index) => columns[index]!), used.map((index) => naturalWidth(columns[index]!, rows, index)));
    const line = (cells: readonly string[], style: Style): string => {
      const texts = widths.map((width, place) => pad(cells[used[place]!]!, width, columns[used[place]!]!.align === 'right'));
      return ' '.repeat(INDENT) + this.styled(texts.join(' '.repeat(GUTTER)).trimEnd(), style);
    };
    const lines = [line(columns.map((column) => column.title), Style.dim)];
    for (const row of rows) {
      if (row.group !== undefined) lines.push(...this.paragraph(row.group, Style.plain, INDENT, INDENT));
      lines.push(line(row.cells, row.style ?? Style.plain));
      if (row.note !== undefined && row.note !== '') lines.push(...this.paragraph(row.note, Style.dim, 3 * INDENT, INDENT));
    }
    return lines;
  }

  /** Widths that fit: the widest shrinking column gives first; then columns fall off the end. */
  private fit(columns: readonly Column[], natural: readonly number[]): number[] {
    const widths = natural.map((width) => Math.min(width, this.width));
    for (;;) {
      const excess = INDENT + widths.reduce((sum, width) => sum + width, 0) + GUTTER * (widths.length - 1) - this.width;
      if (excess <= 0) return widths;
      let widest = -1;
      for (let i = 0; i < widths.length; i++) {
        const min = columns[i]!.min;
        if (min !== undefined && widths[i]! > min && (widest < 0 || widths[i]! > widths[widest]!)) widest = i;
      }
      if (widest >= 0) widths[widest]!--;
      else if (widths.length > 1) widths.pop();
      else return [this.width - INDENT];
    }
  }

  private styled(text: string, style: Style): string {
    return this.color && style !== Style.plain && text !== '' ? `\x1b[${style}m${text}\x1b[0m` : text;
  }
}

function naturalWidth(column: Column, rows: readonly Row[], index: number): number {
  let width = column.title.length;
  for (const row of rows) width = Math.max(width, textWidth(row.cells[index]!));
  return width;
}

function pad(text: string, width: number, right: boolean): string {
  const short = shortenMiddle(text, width);
  const blanks = ' '.repeat(Math.max(0, width - textWidth(short)));
  return right ? blanks + short : short + blanks;
}

function wrap(text: string, width: number, hanging: number): string[] {
  const lines: string[] = [];
  let line = '';
  const room = (): number => (lines.length === 0 ? width : width - hanging);
  const end = (): void => {
    lines.push(lines.length === 0 ? line : ' '.repeat(hanging) + line);
    line = '';
  };
  for (const word of text.split(' ')) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) > room()) end();
    line = line === '' ? word : `${line} ${word}`;
    // A word longer than a line is broken anywhere.
    while (textWidth(line) > room()) {
      const rest = [...line];
      line = '';
      while (textWidth(line + rest[0]!) <= room()) line += rest.shift()!;
      const after = rest.join('');
      end();
      line = after;
    }
  }
  if (line !== '' || lines.length === 0) end();
  return lines;
}
