import { REPORT_SCHEMA } from '../../shared/model/report.ts';
import type { ToolReport } from '../../shared/model/report.ts';
import type { ReportOutput } from './piece-writer.ts';
import { PieceWriter } from './piece-writer.ts';
import type { ReportModel } from './report-model.ts';
import { summaryOf } from './report-model.ts';

export interface JsonOptions {
  /** Of this program. */
  readonly version: string;
}

/** The report as one JSON object, with a line for each capture, endpoint, connection and finding. */
export async function writeJson(model: ReportModel, out: ReportOutput, options: JsonOptions): Promise<void> {
  const writer = new PieceWriter(out);
  await writer.write(`{"schema":${jsonText(REPORT_SCHEMA)},\n"tool":${jsonText(toolReport(options.version))}`);
  await writeList(writer, 'captures', model.captures);
  await writer.write(`,\n"summary":${jsonText(summaryOf(model))}`);
  await writeList(writer, 'endpoints', model.endpoints());
  await writeList(writer, 'connections', model.connections());
  await writeList(writer, 'findings', model.findings());
  await writer.write('}\n');
  await writer.flush();
}

export function toolReport(version: string): ToolReport {
  return { name: 'drainspotter', version };
}

/** A longer array in an object is written in parts: the text of a connection with a million exchanges fits no string. */
const LONG = 200;

/** One object with what stands around it. */
export function writeObject(writer: PieceWriter, before: string, object: object, after: string): void | Promise<void> {
  if (Object.values(object).some(isLong)) return writeLongObject(writer, before, object, after);
  return writer.write(before + jsonText(object) + after);
}

async function writeLongObject(writer: PieceWriter, before: string, object: object, after: string): Promise<void> {
  let separator = `${before}{`;
  for (const [name, value] of Object.entries(object) as [string, unknown][]) {
    if (value === undefined) continue;
    await writer.write(`${separator}${jsonText(name)}:${isLong(value) ? '[' : jsonText(value)}`);
    separator = ',';
    if (!isLong(value)) continue;
    for (let i = 0; i < value.length; i++) {
      const waiting = writer.write((i === 0 ? '' : ',') + jsonText(value[i]));
      if (waiting !== undefined) await waiting;
    }
    await writer.write(']');
  }
  await writer.write(`}${after}`);
}

function isLong(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length > LONG;
}

async function writeList(writer: PieceWriter, name: string, items: Iterable<object>): Promise<void> {
  await writer.write(`,\n${jsonText(name)}:[`);
  let separator = '\n';
  for (const item of items) {
    const waiting = writeObject(writer, separator, item, '');
    if (waiting !== undefined) await waiting;
    separator = ',\n';
  }
  await writer.write(']');
}

/**
 * Controls above ASCII, format characters (bidi overrides, zero width) and line separators: JSON lets them stand, a
 * terminal obeys them. As an escape they mean the same.
 */
const HIDDEN = /[\x7f-\x9f\xad\u2028\u2029]|\p{Cf}/gu;
/** Most texts have nothing of that, which this sees in a third of the time. */
const BEYOND_ASCII = /[^\0-~]/;

export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  if (!BEYOND_ASCII.test(text)) return text;
  return text.replace(HIDDEN, (character) => {
    let escaped = '';
    for (let i = 0; i < character.length; i++) escaped += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
    return escaped;
  });
}
