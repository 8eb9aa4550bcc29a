import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import type { Report, Summary } from '../../shared/model/report.ts';
import { REPORT_SCHEMA } from '../../shared/model/report.ts';
import { AppError } from '../app-error.ts';
import type { ComparedReport } from './compared-report.ts';
import { ComparedReportBuilder } from './compared-report.ts';

/** A report in another layout than ours is read as a whole, up to this size; no line of ours is longer, but of connections. */
const MAX_WHOLE_BYTES = 256 << 20;
/** No capture file begins with this. */
const BRACE = 0x7b;
const NEWLINE = 0x0a;

/** Whether a file is a saved report, JSON or NDJSON, and no capture. */
export async function isSavedReport(path: string): Promise<boolean> {
  const status = await stat(path).catch(() => null);
  if (status?.isFile() !== true) return false;
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(1), 0, 1, 0);
    return bytesRead === 1 && buffer[0] === BRACE;
  } finally {
    await file.close();
  }
}

/**
 * Reads a report that `--format json` or `ndjson` saved. As written by this program it is read a line at a time, its
 * connections passed over, whatever its size.
 *
 * @throws AppError where it is no report of version 1
 */
export async function readSavedReport(path: string): Promise<ComparedReport> {
  return (await readLines(path)) ?? (await readWhole(path));
}

/** Null: not in our layout. */
async function readLines(path: string): Promise<ComparedReport | null> {
  const builder = new ComparedReportBuilder();
  let summary: Summary | null = null;
  let list: string | null = null;
  let first = true;
  try {
    for await (const line of linesOf(path)) {
      if (first && !/^\{"(?:schema":"drainspotter\/report\/1",$|capture":|connection":|endpoint":|finding":|summary":)/.test(line)) return null;
      first = false;
      if (line.startsWith('{"endpoint":')) builder.endpoint((JSON.parse(line) as { endpoint: Report['endpoints'][number] }).endpoint);
      else if (line.startsWith('{"finding":')) builder.finding((JSON.parse(line) as { finding: Report['findings'][number] }).finding);
      else if (line.startsWith('{"summary":')) summary = checked(JSON.parse(line) as Pick<Report, 'schema' | 'summary'>, path).summary;
      else if (line.startsWith('"summary":')) summary = JSON.parse(line.slice('"summary":'.length).replace(/,$/, '')) as Summary;
      else if (line.startsWith('"')) list = /^"(\w+)":\[/.exec(line)?.[1] ?? null;
      else if (list === 'endpoints') builder.endpoint(JSON.parse(line.replace(/\]?,$/, '')) as Report['endpoints'][number]);
      else if (list === 'findings') builder.finding(JSON.parse(line.replace(/(?:,|\]\})$/, '')) as Report['findings'][number]);
    }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
  return summary === null ? null : builder.build(path, summary);
}

/** A connection, in JSON and NDJSON: nobody asks for it here. */
const CONNECTION = /^\{"(?:connection":|id":\d+,"client":)/;
/** Bytes of a line that tell whether it is one. */
const TELLING = 64;

/** The lines of a file; of a connection no more than a piece: one with a million exchanges fits no string. */
async function* linesOf(path: string): AsyncIterable<string> {
  let line: Buffer[] = [];
  let length = 0;
  let isConnection = false;
  const take = (bytes: Buffer): void => {
    if (isConnection) return;
    line.push(bytes);
    length += bytes.length;
    if (length > MAX_WHOLE_BYTES) throw tooLarge(path);
    if (length >= TELLING && length - bytes.length < TELLING) isConnection = CONNECTION.test(Buffer.concat(line).toString('latin1', 0, TELLING));
  };
  const whole = (): string => {
    const text = Buffer.concat(line).toString().replace(/\r$/, '');
    line = [];
    length = 0;
    isConnection = false;
    return text;
  };
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, end));
      yield whole();
      from = end + 1;
    }
    take(chunk.subarray(from));
  }
  if (length > 0) yield whole();
}

async function readWhole(path: string): Promise<ComparedReport> {
  const { size } = await stat(path);
  if (size > MAX_WHOLE_BYTES) throw tooLarge(path);
  let report: Report;
  try {
    report = checked(JSON.parse(await readFile(path, 'utf8')) as Report, path);
    const builder = new ComparedReportBuilder();
    for (const endpoint of report.endpoints) builder.endpoint(endpoint);
    for (const finding of report.findings) builder.finding(finding);
    return builder.build(path, report.summary);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) throw notAReport(path);
    throw error;
  }
}

function checked<T extends { readonly schema: unknown; readonly summary: unknown }>(report: T, path: string): T {
  if (report.schema !== REPORT_SCHEMA || typeof report.summary !== 'object' || report.summary === null) throw notAReport(path);
  return report;
}

function tooLarge(path: string): AppError {
  return new AppError('report-too-large', `${path} is too large to be read as a whole: save the report with --format ndjson, and leave it as it is`);
}

function notAReport(path: string): AppError {
  return new AppError('not-a-report', `${path} is neither a capture nor a report of this program: give a capture, or what analyze --format json saved`);
}
