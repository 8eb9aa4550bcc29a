import { readFileSync } from 'node:fs';

/** The kinds of fact that are compared; an exception holds for one file and one kind. */
export type Fact = 'connections' | 'endpoints' | 'requests' | 'responses' | 'frames' | 'framing' | 'bodies' | 'close' | 'probes' | 'windows' | 'gaps';

/** What a report says otherwise than the reference does. */
export interface Difference {
  /** A `Fact`, or the code of a truth file. */
  readonly what: string;
  /** The thing that differs: a message, a probe, a connection. */
  readonly subject: string;
  readonly text: string;
}

/** By file: why a difference stands, in a line that says who is right. */
export type Exceptions = Readonly<Record<string, readonly { readonly what: string; readonly reason: string }[]>>;

export function readExceptions(name: 'corpora' | 'lab' | 'diagnosis'): Exceptions {
  const all = JSON.parse(readFileSync(new URL('./exceptions.json', import.meta.url), 'utf8')) as Record<string, Exceptions>;
  return all[name] ?? {};
}

/** Keeps what was compared, for the table and for finding exceptions that nothing needs. */
export class Comparison {
  private readonly rows: string[][] = [];
  private readonly used = new Set<string>();
  private readonly exceptions: Exceptions;

  constructor(exceptions: Exceptions) {
    this.exceptions = exceptions;
  }

  /** The differences that no exception covers. */
  unexplained(file: string, differences: readonly Difference[], columns: readonly (string | number)[]): string[] {
    const excepted = new Set((this.exceptions[file] ?? []).map(({ what }) => what));
    for (const { what } of differences) if (excepted.has(what)) this.used.add(`${file}: ${what}`);
    const rest = differences.filter(({ what }) => !excepted.has(what));
    const verdict = rest.length > 0 ? `${rest.length} DIFFERENCES` : differences.length > 0 ? `excepted: ${[...new Set(differences.map(({ what }) => what))].join(', ')}` : '';
    this.rows.push([file, ...columns.map(String), verdict]);
    return rest.map(({ what, subject, text }) => `${what}: ${subject} ${text}`);
  }

  unusedExceptions(): string[] {
    const all = Object.entries(this.exceptions).flatMap(([file, list]) => list.map(({ what }) => `${file}: ${what}`));
    return all.filter((key) => !this.used.has(key));
  }

  table(headings: readonly string[]): string {
    const rows = [[...headings, ''], ...this.rows];
    const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
    const line = (row: readonly string[]): string => row.map((cell, column) => (column > 0 && /^(\d|[a-z -]+$)/.test(cell) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join('  ').trimEnd();
    return rows.map(line).join('\n');
  }
}
