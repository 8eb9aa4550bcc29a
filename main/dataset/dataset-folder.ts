import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Summary } from '../../shared/model/report.ts';
import { AppError } from '../app-error.ts';
import { TABLES } from '../report/table-rows.ts';
import { whyUnwritable } from '../report/unwritable.ts';

/*
 * A data set of many captures:
 *
 *     manifest.json                         all captures with what became of them
 *     connections/part=NAME/data.parquet    and so for each table: one file per part
 *     .parts/NAME.json                      what became of a part, written last
 *     .parts/NAME.part/                     tables of a part that is being analysed
 *
 * A part is one capture, or one folder of captures that belong together. Its name stays the same from run to run, so
 * that a run goes on where the one before ended, and several machines can fill one data set.
 */

/** The code of what ends a whole run. */
export const DATASET_UNWRITABLE = 'dataset-unwritable';

const DATASET_SCHEMA = 'drainspotter/dataset/1';

/** Captures that are analysed together. */
export interface Part {
  readonly name: string;
  readonly paths: readonly string[];
  /** Of all its files: bytes, and when the last of them was changed, in milliseconds since 1970. */
  readonly bytes: number;
  readonly modifiedAt: number;
}

/** What became of a part. */
export interface PartRecord extends Part {
  /** `skipped`: nothing in it is a capture, and it was only found in a folder. */
  readonly status: 'done' | 'failed' | 'skipped';
  /** Why it failed, or what is missing of it. */
  readonly error?: { readonly code: string; readonly message: string };
  readonly packets?: number;
  readonly summary?: Summary;
  /** With what program. */
  readonly version: string;
  /** With what besides (`madeWith`); what was made otherwise is made anew. */
  readonly made?: string;
}

export interface Manifest {
  readonly schema: typeof DATASET_SCHEMA;
  readonly tool: { readonly name: 'drainspotter'; readonly version: string };
  readonly tables: readonly { readonly name: string; readonly files: string; readonly columns: readonly { readonly name: string; readonly kind: string }[] }[];
  readonly counts: { readonly done: number; readonly failed: number; readonly skipped: number; readonly connections: number; readonly requests: number };
  readonly parts: readonly PartRecord[];
}

const PARTS = '.parts';
const MAX_NAME = 80;

/** The name of the part of a path: unique, fit for any file system and object store, and readable unless it is to be a secret. */
export function partName(path: string, isSecret: boolean): string {
  const readable = (isSecret ? '' : basename(path)).replace(/\.(?:gz|zst)$/i, '').replace(/\.(?:pcap|pcapng|cap)$/i, '').replace(/[^\w.-]+/g, '_').replace(/^[._-]+/, '').slice(0, MAX_NAME);
  return `${readable === '' ? 'capture' : readable}-${createHash('sha256').update(path).digest('hex').slice(0, 10)}`;
}

/** A short mark of what the tables of a part depend on besides its captures and the program's version: their columns, the ports, the key log. */
export function madeWith({ portBudget, keyLogPath }: { readonly portBudget: number | null; readonly keyLogPath: string | null }): string {
  const columns = TABLES.map((table) => [table.name, table.columns.map(({ name, kind }) => `${name} ${kind}`)]);
  const keys = keyLogPath === null ? null : statSync(keyLogPath, { throwIfNoEntry: false });
  return createHash('sha256').update(JSON.stringify([columns, portBudget, keys === null ? null : [keyLogPath, keys?.size, keys?.mtimeMs]])).digest('hex').slice(0, 12);
}

export class DatasetFolder {
  readonly path: string;

  /** @throws AppError where the folder cannot be written, or is full of something else */
  constructor(path: string) {
    this.path = path;
    try {
      mkdirSync(path, { recursive: true });
      const foreign = readdirSync(path).find((name) => name !== PARTS && name !== 'manifest.json' && !TABLES.some((table) => table.name === name));
      if (foreign !== undefined) throw new AppError('output-not-empty', `${path} holds other files (${foreign}): choose an empty or new folder, or an earlier data set, with --out`, 2);
      mkdirSync(join(path, PARTS), { recursive: true });
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw new AppError('output-unwritable', `cannot write the folder ${path}: ${(error as Error).message}; choose another path with --out`, 2);
    }
  }

  /** Where the tables of a part are written; what an earlier try left there is gone. */
  temporary(name: string): string {
    const folder = join(this.path, PARTS, `${name}.part`);
    return this.guard(() => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      return folder;
    });
  }

  /** Gives up the tables of a part: on a full disk they take room. */
  discard(name: string): void {
    rmSync(join(this.path, PARTS, `${name}.part`), { recursive: true, force: true });
  }

  /**
   * Does what writes into the data set.
   *
   * @throws AppError `dataset-unwritable`: nothing can be written any more, whatever the capture
   */
  guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw new AppError(DATASET_UNWRITABLE, `cannot write the data set ${this.path}: ${whyUnwritable(error)}; once that is mended, run the same command again, and it goes on`, 2);
    }
  }

  /** Moves the tables of a part into their places; the record, which makes it done, comes last. */
  finish(record: PartRecord): void {
    const { name } = record;
    const temporary = join(this.path, PARTS, `${name}.part`);
    this.guard(() => {
      for (const table of TABLES) {
        const folder = join(this.path, table.name, `part=${name}`);
        const file = join(temporary, `${table.name}.parquet`);
        if (record.status === 'done') {
          mkdirSync(folder, { recursive: true });
          renameSync(file, join(folder, 'data.parquet'));
        } else rmSync(folder, { recursive: true, force: true });
      }
      rmSync(temporary, { recursive: true, force: true });
    });
    this.replace(join(PARTS, `${name}.json`), JSON.stringify(record));
  }

  /** The record of a part; null where it was never finished, or what is there cannot be read. */
  record(name: string): PartRecord | null {
    try {
      return JSON.parse(readFileSync(join(this.path, PARTS, `${name}.json`), 'utf8')) as PartRecord;
    } catch {
      return null;
    }
  }

  /** Of all parts there are, also of other runs. */
  records(): PartRecord[] {
    const names = readdirSync(join(this.path, PARTS)).filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length));
    return names.sort().map((name) => this.record(name)).filter((record) => record !== null);
  }

  /**
   * What is shown of secrets and names holds for the whole data set.
   *
   * @throws AppError where it has parts of which more or less is shown
   */
  refuseOther({ redact, pseudonyms }: { readonly redact: boolean; readonly pseudonyms: boolean }): void {
    const other = this.records().find(({ summary }) => summary !== undefined && ((summary.redacted === true) !== redact || (summary.pseudonyms === true) !== pseudonyms));
    if (other === undefined) return;
    const made = other.summary?.pseudonyms === true ? 'with --pseudonyms' : other.summary?.redacted === true ? 'without --no-redact and --pseudonyms' : 'with --no-redact';
    throw new AppError('dataset-made-otherwise', `${this.path} was made ${made}, so that some of it would show more than the rest: give the same options again, or a new folder with --out`, 2);
  }

  /** Writes the manifest of all parts there are, also of other runs. */
  writeManifest(version: string): Manifest {
    const parts = this.records();
    const sum = (of: (record: PartRecord) => number) => parts.reduce((total, record) => total + of(record), 0);
    const manifest: Manifest = {
      schema: DATASET_SCHEMA,
      tool: { name: 'drainspotter', version },
      tables: TABLES.map(({ name, columns }) => ({ name, files: `${name}/part=*/data.parquet`, columns: columns.map((column) => ({ name: column.name, kind: column.kind })) })),
      counts: {
        done: sum(({ status }) => Number(status === 'done')),
        failed: sum(({ status }) => Number(status === 'failed')),
        skipped: sum(({ status }) => Number(status === 'skipped')),
        connections: sum(({ summary }) => summary?.connections ?? 0),
        requests: sum(({ summary }) => summary?.requests ?? 0),
      },
      parts,
    };
    this.replace('manifest.json', `${JSON.stringify(manifest, null, 1)}\n`);
    return manifest;
  }

  private replace(name: string, text: string): void {
    const path = join(this.path, name);
    const temporary = `${path}.${process.pid}.tmp`;
    try {
      this.guard(() => {
        writeFileSync(temporary, text);
        renameSync(temporary, path);
      });
    } finally {
      rmSync(temporary, { force: true });
    }
  }
}
