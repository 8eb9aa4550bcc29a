import { PieceWriter } from './piece-writer.ts';
import type { ReportModel } from './report-model.ts';
import type { TableFiles } from './table-folder.ts';
import type { CellKind, TableCell } from './table-rows.ts';
import { eachRow, TABLES } from './table-rows.ts';

/** The tables of the report as CSV (RFC 4180, with a header line, UTF-8), one file each. Times are RFC 3339 with nanoseconds. */
export async function writeCsv(model: ReportModel, files: TableFiles): Promise<void> {
  const writers = new Map(
    TABLES.map(({ name, columns }) => {
      const file = files.open(`${name}.csv`);
      const writer = new PieceWriter((text) => file.write(text));
      return [name, { file, writer, kinds: columns.map(({ kind }) => kind) }];
    }),
  );
  for (const { name, columns } of TABLES) await writers.get(name)!.writer.write(`${columns.map((column) => column.name).join(',')}\r\n`);
  await eachRow(model, (table, row) => {
    const { writer, kinds } = writers.get(table)!;
    return writer.write(`${row.map((cell, column) => csvCell(cell, kinds[column]!)).join(',')}\r\n`);
  });
  for (const { file, writer } of writers.values()) {
    await writer.flush();
    file.close();
  }
}

/** What a spreadsheet would take for a formula, also behind spaces (OWASP, CSV injection), and full-width forms of it. */
const FORMULA = /^[\s\ufeff]*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;
const QUOTED = /[",\r\n]|^\s|\s$/;

export function csvCell(cell: TableCell, kind: CellKind): string {
  if (cell === null) return '';
  if (kind === 'time') return timeOfDay(cell as bigint);
  // JSON writes numbers alike; String() keeps the texts of the last thousands, which grow old and end as garbage of the old space.
  if (typeof cell === 'number' && Number.isFinite(cell)) return JSON.stringify(cell);
  if (typeof cell !== 'string') return String(cell);
  const harmless = FORMULA.test(cell) ? `'${cell}` : cell;
  return QUOTED.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** The second that was written last, and its text: rows stand nearly in the order of time. */
let lastSecond: bigint | null = null;
let lastText = '';

function timeOfDay(nanoseconds: bigint): string {
  const remainder = nanoseconds % 1_000_000_000n;
  const below = remainder < 0n ? remainder + 1_000_000_000n : remainder;
  const second = nanoseconds - below;
  if (second !== lastSecond) {
    lastSecond = second;
    lastText = new Date(Number(second / 1_000_000n)).toISOString().slice(0, -4);
  }
  return `${lastText}${String(below).padStart(9, '0')}Z`;
}
