import { createWriteStream } from 'node:fs';
import { mkdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../app-error.ts';
import { formatBytes } from '../../../shared/format/quantity.ts';

/** Left on the disk for everything else that writes there. */
const RESERVED_BYTES = 256 * 1024 * 1024;
const MAX_FILES = 1000;

interface Upload {
  readonly folder: string;
  readonly files: { path: string; name: string }[];
  /** Files begun, which also numbers them. */
  begun: number;
}

export interface UploadsOptions {
  /** Bytes free where uploads go; for tests. */
  readonly freeBytes?: () => Promise<number>;
}

/** Files that the page sends, streamed to a temporary folder until their analysis is closed. */
export class Uploads {
  private readonly folder: string;
  private readonly freeBytes: () => Promise<number>;
  private readonly uploads = new Map<string, Upload>();
  private nextId = 1;

  /** @param folder of this process alone; what is in it is deleted with it */
  constructor(folder: string, options: UploadsOptions = {}) {
    this.folder = folder;
    this.freeBytes = options.freeBytes ?? (() => freeBytesOf(folder));
  }

  /**
   * Takes one file, and adds it to an upload or begins one.
   *
   * @param bytes how long it says it is
   * @returns the upload's id
   * @throws AppError `upload-too-large`, `upload-not-found`, `upload-too-many-files`, `upload-incomplete`
   */
  async take(body: Readable, name: string, bytes: number, into: string | null): Promise<string> {
    const room = (await this.freeBytes()) - RESERVED_BYTES;
    if (bytes > room) throw tooLarge(name, bytes, Math.max(0, room));
    const [id, upload] = await this.begin(into);
    if (upload.begun >= MAX_FILES) throw new AppError('upload-too-many-files', `more than ${MAX_FILES} files at once; open their folder instead: start Drainspotter with --folder DIR`);
    const folder = join(upload.folder, String(upload.begun++));
    const path = join(folder, safeFileName(name));
    try {
      await mkdir(folder, { mode: 0o700 });
      await pipeline(body, exactly(bytes, name), createWriteStream(path, { flags: 'wx', mode: 0o600 }));
      if (!this.uploads.has(id)) throw notFound();
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      // Forgotten in the meantime, which takes its folder away.
      throw this.uploads.has(id) ? uploadError(name, error) : notFound();
    }
    upload.files.push({ path, name });
    return id;
  }

  /** @throws AppError `upload-not-found` */
  files(id: string): readonly { readonly path: string; readonly name: string }[] {
    const upload = this.uploads.get(id);
    if (upload === undefined || upload.files.length === 0) throw notFound();
    return upload.files;
  }

  async forget(id: string): Promise<void> {
    const upload = this.uploads.get(id);
    this.uploads.delete(id);
    if (upload !== undefined) await rm(upload.folder, { recursive: true, force: true });
  }

  private async begin(into: string | null): Promise<[string, Upload]> {
    if (into !== null) {
      const upload = this.uploads.get(into);
      if (upload === undefined) throw notFound();
      return [into, upload];
    }
    const id = `upload-${this.nextId++}`;
    const upload: Upload = { folder: join(this.folder, id), files: [], begun: 0 };
    await mkdir(upload.folder, { mode: 0o700 });
    this.uploads.set(id, upload);
    return [id, upload];
  }
}

/** Passes on what comes, and fails where it is not as long as it was said to be. */
function exactly(bytes: number, name: string): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      seen += chunk.length;
      if (seen > bytes) done(incomplete(name));
      else done(null, chunk);
    },
    flush(done) {
      done(seen === bytes ? null : incomplete(name));
    },
  });
}

/** The name as the report shows it, without what would lead out of its folder or is no name on some system. */
export function safeFileName(name: string): string {
  // eslint-disable-next-line no-control-regex -- file names may not hold them
  const safe = name.replaceAll(/[\u0000-\u001f\u007f<>:"/\\|?*]/g, '_').replace(/^\.+/, '_').slice(0, 60);
  return safe.trim() === '' ? 'capture' : safe;
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function tooLarge(name: string, bytes: number, room: number): AppError {
  return new AppError('upload-too-large', `${name} has ${formatBytes(bytes)}, and only ${formatBytes(room)} are free for temporary files. Start Drainspotter with its path instead: it is then read where it lies.`);
}

function incomplete(name: string): AppError {
  return new AppError('upload-incomplete', `${name} did not arrive as a whole; try again`);
}

function notFound(): AppError {
  return new AppError('upload-not-found', 'this upload is not there any more; drop the file again');
}

function uploadError(name: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return new AppError('upload-too-large', `the disk is full; ${name} was not kept. Start Drainspotter with its path instead.`);
  return incomplete(name);
}
