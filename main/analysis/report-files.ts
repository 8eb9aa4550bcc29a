import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { AppError } from '../app-error.ts';
import type { FolderFormat, TextFormat } from '../report/formats.ts';
import { writeReport, writeTables } from '../report/formats.ts';
import { PseudonymModel } from '../report/pseudonyms.ts';
import type { ReportModel } from '../report/report-model.ts';
import type { TableFiles } from '../report/table-folder.ts';
import { version } from '../../package.json' with { type: 'json' };
import { writeSlice } from './packet-slice.ts';
import { reportFormat } from './report-formats.ts';
import type { Results } from './results.ts';
import type { SessionRequests } from './session-contract.ts';

type ReportScope = SessionRequests['reports.preview']['params'];

/** Characters of a report that a preview shows. */
const MAX_PREVIEW = 200_000;
/** How long writing may hold the thread. */
const YIELD_MILLISECONDS = 40;
/** Columns of the text format. */
const WIDTH = 100;

/** The beginning of a report. @throws AppError `unknown-format`, `no-preview` */
export async function previewReport(results: Results, scope: ReportScope, signal: AbortSignal): Promise<{ text: string; cut: boolean }> {
  const { writes } = reportFormat(scope.format);
  if (writes.kind === 'packets' || (writes.kind === 'table' && writes.format === 'parquet')) throw new AppError('no-preview', 'this format cannot be shown here: save it');
  let text = '';
  let cut = false;
  const take = (piece: string): void => {
    text += piece;
    if (text.length <= MAX_PREVIEW) return;
    cut = true;
    throw new Full();
  };
  try {
    await write(modelOf(results, scope), writes, (piece) => take(piece.toString()), signal);
  } catch (error) {
    if (!(error instanceof Full)) throw error;
  }
  return { text: text.slice(0, MAX_PREVIEW), cut };
}

/** The preview has what it shows. */
class Full extends Error {}

/** Writes a report to a path that does not exist. @throws AppError */
export async function writeReportFile(results: Results, scope: ReportScope, path: string, signal: AbortSignal): Promise<void> {
  const { writes } = reportFormat(scope.format);
  await toFile(path, async (file) => {
    if (writes.kind === 'packets') {
      const rows = results.rows({ table: 'connections', query: scope.query, range: scope.range }) ?? Uint32Array.from({ length: results.store.connections.count }, (_, row) => row);
      await slice(results, rows, file, signal);
    } else {
      await write(modelOf(results, scope), writes, (piece) => file.appendFile(piece), signal);
    }
  });
}

/** Writes the packets of connections as a capture. @throws AppError */
export async function writePackets(results: Results, ids: readonly number[], path: string, signal: AbortSignal): Promise<void> {
  for (const id of ids) results.checkConnection(id);
  await toFile(path, (file) => slice(results, ids.map((id) => id - 1), file, signal));
}

type Writes = ReturnType<typeof reportFormat>['writes'];
type Out = (piece: string | Uint8Array) => void | Promise<void>;

async function write(model: ReportModel, writes: Exclude<Writes, { kind: 'packets' }>, out: Out, signal: AbortSignal): Promise<void> {
  const paced = pacedOutput(out, signal);
  if (writes.kind === 'text') await writeReport(model, paced, { format: writes.format as TextFormat, version, color: false, width: WIDTH });
  else await writeTables(model, onlyTable(`${writes.table}.${writes.format}`, paced), { format: writes.format as FolderFormat, version });
}

/** Of the tables that a format makes, one. */
function onlyTable(wanted: string, out: Out): TableFiles {
  return { open: (name) => ({ write: (piece) => (name === wanted ? out(piece) : undefined), close: () => undefined }) };
}

/** Lets go of the thread now and then, so that other questions are answered while a report is written. */
function pacedOutput(out: Out, signal: AbortSignal): Out {
  let letGo = performance.now() + YIELD_MILLISECONDS;
  return (piece) => {
    const written = out(piece);
    if (performance.now() < letGo) return written;
    return Promise.resolve(written).then(async () => {
      await new Promise(setImmediate);
      letGo = performance.now() + YIELD_MILLISECONDS;
      if (signal.aborted) throw new AppError('interrupted', 'stopped before the report was complete', 130);
    });
  };
}

async function slice(results: Results, rows: Iterable<number>, file: FileHandle, signal: AbortSignal): Promise<void> {
  await writeSlice({ paths: results.paths, store: results.store }, rows, (bytes) => file.appendFile(bytes), { format: 'pcapng', signal });
}

function modelOf(results: Results, { query, range, redact, pseudonyms }: ReportScope): ReportModel {
  const report = results.report({ query, range }, redact);
  return pseudonyms ? new PseudonymModel(report) : report;
}

async function toFile(path: string, work: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, 'wx', 0o600).catch((error: Error) => {
    throw new AppError('output-unwritable', `cannot write ${path}: ${error.message}`, 2);
  });
  try {
    await work(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EIO' || code === 'EDQUOT') throw new AppError('output-unwritable', `cannot write ${path}: ${(error as Error).message}`, 2);
    throw error;
  } finally {
    await file.close();
  }
}
