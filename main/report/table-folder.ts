import { closeSync, existsSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AppError } from '../app-error.ts';
import { partPath } from './part-path.ts';
import { whyUnwritable } from './unwritable.ts';

/** A file of tables; a promise means: no more until it is fulfilled. */
export interface TableFile {
  write(bytes: string | Uint8Array): void | Promise<void>;
  close(): void;
}

/** Where the tables of a report go. */
export interface TableFiles {
  open(name: string): TableFile;
}

/** Endings of what these folders hold: a folder with anything else in it is not written over. */
const OWN = /^(?:captures|connections|exchanges|findings|endpoints)\.(?:csv|parquet)$/;

/**
 * A folder that appears, or replaces the one before it, when all its files are written. Until then they lie in a hidden
 * folder beside it.
 */
export class TableFolder implements TableFiles {
  readonly path: string;
  private readonly temporary: string;
  private readonly open_ = new Set<FolderFile>();
  private settled = false;

  /** @throws AppError where the folder cannot be written, or holds what is not ours */
  constructor(path: string) {
    this.path = resolve(path);
    refuseForeign(path);
    this.temporary = partPath(this.path);
    this.guard(() => {
      rmSync(this.temporary, { recursive: true, force: true });
      mkdirSync(this.temporary);
    });
  }

  open(name: string): TableFile {
    return this.guard(() => {
      const file = new FolderFile(openSync(join(this.temporary, name), 'wx'), (work) => this.guard(work));
      this.open_.add(file);
      return file;
    });
  }

  /** The tables are complete. */
  finish(): void {
    for (const file of this.open_) file.close();
    this.guard(() => {
      refuseForeign(this.path);
      const old = `${this.temporary}.old`;
      if (existsSync(this.path)) renameSync(this.path, old);
      try {
        renameSync(this.temporary, this.path);
      } catch (error) {
        if (existsSync(old)) renameSync(old, this.path);
        throw error;
      }
      rmSync(old, { recursive: true, force: true });
    });
    this.settled = true;
  }

  /** Removes what is half done; nothing after `finish`. */
  discard(): void {
    if (this.settled) return;
    this.settled = true;
    for (const file of this.open_) file.close();
    rmSync(this.temporary, { recursive: true, force: true });
  }

  private guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw new AppError('output-unwritable', `cannot write the folder ${this.path}: ${whyUnwritable(error)}; choose another path with --out`, 2);
    }
  }
}

/** A file whose every error `guard` puts in words. */
export class FolderFile implements TableFile {
  private descriptor: number | null;
  private readonly guard: (work: () => void) => void;

  /** @param descriptor open for writing */
  constructor(descriptor: number, guard: (work: () => void) => void) {
    this.descriptor = descriptor;
    this.guard = guard;
  }

  write(piece: string | Uint8Array): void {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    this.guard(() => {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.descriptor!, bytes, at);
    });
  }

  close(): void {
    if (this.descriptor !== null) closeSync(this.descriptor);
    this.descriptor = null;
  }
}

function refuseForeign(path: string): void {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) return;
  if (!status.isDirectory()) throw new AppError('output-not-a-folder', `${path} is a file, and this format writes a folder of tables: choose another path with --out`, 2);
  const foreign = readdirSync(path).find((name) => !OWN.test(name));
  if (foreign !== undefined) throw new AppError('output-not-empty', `${path} holds other files (${foreign}): choose an empty or new folder with --out`, 2);
}
