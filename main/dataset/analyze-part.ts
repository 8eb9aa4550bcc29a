import { openSync } from 'node:fs';
import { join } from 'node:path';
import { AnalysisReport } from '../analysis/analysis-report.ts';
import { analyze } from '../analysis/analyzer.ts';
import { readKeyLogFile } from '../analysis/key-log-file.ts';
import { AppError } from '../app-error.ts';
import { version } from '../../package.json' with { type: 'json' };
import { writeParquet } from '../report/parquet.ts';
import { PseudonymModel } from '../report/pseudonyms.ts';
import type { ReportModel } from '../report/report-model.ts';
import { summaryOf } from '../report/report-model.ts';
import type { TableFile, TableFiles } from '../report/table-folder.ts';
import { FolderFile } from '../report/table-folder.ts';
import type { PartRecord } from './dataset-folder.ts';
import { DATASET_UNWRITABLE, DatasetFolder } from './dataset-folder.ts';
import type { FoundPart } from './parts.ts';

/** What a worker is told to do. */
export interface PartJob {
  readonly dataset: string;
  readonly part: FoundPart;
  /** Of `madeWith`, for the record. */
  readonly made: string;
  readonly redact: boolean;
  readonly pseudonyms: boolean;
  /** Ephemeral ports a client has for one server; null: Linux's. */
  readonly portBudget: number | null;
  /** An SSLKEYLOGFILE that TLS is read with. */
  readonly keyLogPath: string | null;
}

/** What a folder may hold besides captures. */
const NO_CAPTURE: ReadonlySet<string> = new Set(['not-a-capture', 'empty-file', 'is-a-directory-without-captures']);

/** Analyses one part and puts its tables into the data set. What is wrong with the part is its record, and no error. */
export async function analyzePart({ dataset, part, made, redact, pseudonyms, portBudget, keyLogPath }: PartJob): Promise<PartRecord> {
  const folder = new DatasetFolder(dataset);
  const { named, ...facts } = part;
  const shown = pseudonyms ? { ...facts, paths: facts.paths.map((_, index) => `capture-${index + 1}`) } : facts;
  const finish = (outcome: Pick<PartRecord, 'status' | 'error' | 'packets' | 'summary'>): PartRecord => {
    const record = { ...shown, ...outcome, version, made };
    folder.finish(record);
    return record;
  };
  try {
    const keyLog = keyLogPath === null ? null : await readKeyLogFile(keyLogPath);
    const result = await analyze(part.paths, keyLog === null ? {} : { keyLog });
    const report = new AnalysisReport(result, { redact, ...(portBudget === null ? {} : { portBudget }) });
    const model = pseudonyms ? new PseudonymModel(report) : report;
    await writeTables(model, new PartFiles(folder, part.name));
    const packets = model.captures.reduce((sum, capture) => sum + capture.packets, 0);
    const [first] = model.unreadable;
    const summary = summaryOf(model);
    delete summary.unreadable;
    return finish({ status: 'done', packets, summary, ...(first === undefined ? {} : { error: { code: first.code, message: first.message } }) });
  } catch (error) {
    // Of the data set, and not of the part: nothing is recorded of it.
    if (error instanceof AppError && error.code === DATASET_UNWRITABLE) {
      folder.discard(part.name);
      return { ...shown, status: 'failed', error: { code: error.code, message: error.message }, version };
    }
    if (error instanceof AppError) {
      const status = !named && NO_CAPTURE.has(error.code) ? 'skipped' : 'failed';
      return finish({ status, error: { code: error.code, message: pseudonyms ? `it could not be read (${error.code})` : error.message } });
    }
    // The words of a fault may have some of the capture in them.
    const told = error instanceof Error && !pseudonyms ? (error.stack ?? error.message) : 'a fault of the program';
    return finish({ status: 'failed', error: { code: 'fault', message: told } });
  }
}

async function writeTables(model: ReportModel, files: PartFiles): Promise<void> {
  try {
    await writeParquet(model, files, { version });
  } finally {
    files.close();
  }
}

/** Plain files: the data set moves them into place when all are written. */
class PartFiles implements TableFiles {
  private readonly folder: DatasetFolder;
  private readonly temporary: string;
  private readonly files: FolderFile[] = [];

  constructor(folder: DatasetFolder, part: string) {
    this.folder = folder;
    this.temporary = folder.temporary(part);
  }

  open(name: string): TableFile {
    const file = new FolderFile(this.folder.guard(() => openSync(join(this.temporary, name), 'w')), (work) => this.folder.guard(work));
    this.files.push(file);
    return file;
  }

  /** All of them: those of a part that failed are still open, and the process goes on with the next part. */
  close(): void {
    for (const file of this.files) file.close();
  }
}
