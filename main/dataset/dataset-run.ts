import { version } from '../../package.json' with { type: 'json' };
import { AppError } from '../app-error.ts';
import type { PartJob } from './analyze-part.ts';
import type { Manifest, PartRecord } from './dataset-folder.ts';
import { DATASET_UNWRITABLE, DatasetFolder, madeWith } from './dataset-folder.ts';
import type { FoundPart } from './parts.ts';

/** Analyses parts one after the other, apart from this process. */
export interface PartWorker {
  /** Rejects where the worker itself ended; it is of no more use then. */
  analyze(job: PartJob): Promise<PartRecord>;
  stop(): void;
}

export interface DatasetOptions extends Pick<PartJob, 'redact' | 'pseudonyms' | 'portBudget' | 'keyLogPath'> {
  /** Workers at a time. */
  readonly jobs: number;
  /** Stops the run: what is under way is given up, what is finished stays. */
  readonly signal: AbortSignal;
  /** After each part, and once before the first. */
  readonly onProgress: (progress: DatasetProgress) => void;
}

export interface DatasetProgress {
  readonly done: number;
  /** Found in a folder, and no captures. */
  readonly skipped: number;
  readonly failed: number;
  /** Finished by an earlier run, and unchanged since. */
  readonly before: number;
  readonly total: number;
}

export interface DatasetResult extends DatasetProgress {
  readonly manifest: Manifest;
  readonly failures: readonly PartRecord[];
}

/**
 * Analyses all parts that are not done yet; a part that fails, or takes its worker with it, never stops the others.
 *
 * @throws AppError where the data set cannot be written any more: a full disk fails every part; or shows other things
 */
export async function runDataset(path: string, parts: readonly FoundPart[], startWorker: () => PartWorker, options: DatasetOptions): Promise<DatasetResult> {
  const { jobs, signal, onProgress, ...rest } = options;
  const folder = new DatasetFolder(path);
  folder.refuseOther(options);
  const made = madeWith(options);
  // The large ones first: one of them alone at the end would keep all others waiting.
  const waiting = parts.filter((part) => !isDone(folder, part, made)).sort((a, b) => b.bytes - a.bytes);
  const failures: PartRecord[] = [];
  const progress = { done: 0, skipped: 0, failed: 0, before: parts.length - waiting.length, total: parts.length };
  onProgress(progress);

  let unwritable: AppError | null = null;
  const work = async () => {
    let worker: PartWorker | null = null;
    const stop = () => worker?.stop();
    signal.addEventListener('abort', stop);
    try {
      for (let part = waiting.shift(); part !== undefined && !signal.aborted && unwritable === null; part = waiting.shift()) {
        worker ??= startWorker();
        let record: PartRecord;
        try {
          record = await worker.analyze({ dataset: path, part, made, ...rest });
        } catch (error) {
          worker.stop();
          worker = null;
          if (signal.aborted) return;
          try {
            record = crashed(folder, part, error, rest.pseudonyms);
          } catch (error) {
            unwritable ??= error as AppError;
            return;
          }
        }
        if (record.error?.code === DATASET_UNWRITABLE) {
          unwritable ??= new AppError(DATASET_UNWRITABLE, record.error.message, 2);
          return;
        }
        if (record.status === 'failed') {
          progress.failed++;
          failures.push(record);
        } else if (record.status === 'skipped') progress.skipped++;
        else progress.done++;
        onProgress(progress);
      }
    } finally {
      signal.removeEventListener('abort', stop);
      worker?.stop();
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, waiting.length) }, work));
  if (unwritable !== null) throw unwritable as AppError;
  return { ...progress, failures, manifest: folder.writeManifest(version) };
}

/** A part that failed is tried again, one that was changed, or made otherwise, is analysed anew. */
function isDone(folder: DatasetFolder, part: FoundPart, made: string): boolean {
  const record = folder.record(part.name);
  return record !== null && record.status !== 'failed' && record.bytes === part.bytes && record.modifiedAt === part.modifiedAt && record.version === version && record.made === made;
}

function crashed(folder: DatasetFolder, { named: _, ...part }: FoundPart, error: unknown, pseudonyms: boolean): PartRecord {
  const paths = pseudonyms ? part.paths.map((_path, index) => `capture-${index + 1}`) : part.paths;
  const record: PartRecord = { ...part, paths, status: 'failed', error: { code: 'worker-ended', message: error instanceof Error ? error.message : String(error) }, version };
  folder.finish(record);
  return record;
}
