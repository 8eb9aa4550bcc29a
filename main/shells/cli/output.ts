import { closeSync, openSync, realpathSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { partPath } from '../../report/part-path.ts';
import { whyUnwritable } from '../../report/unwritable.ts';
import { AppError } from '../../app-error.ts';
import { ExitCode } from './exit-codes.ts';

/** Where a report goes. */
export interface Output {
  readonly isTerminal: boolean;
  /** Columns of the terminal; 80 where it is none. */
  readonly columns: number;
  /** A promise where the reader is slower than the report. Rejects or throws OutputClosed, or an AppError. */
  write(piece: string | Uint8Array): void | Promise<void>;
  /** The report is complete. */
  finish(): void | Promise<void>;
  /** Removes what is half done; nothing after `finish`. */
  discard(): void;
}

/** The reader of standard output went away. */
export class OutputClosed extends Error {}

/** Opens `path` (`-` and undefined: standard output). Refuses to write over one of the `inputs`. */
export function openOutput(path: string | undefined, inputs: readonly string[], stdout: NodeJS.WriteStream): Output {
  if (path === undefined || path === '-') return new StreamOutput(stdout);
  try {
    const target = realPathOf(path) ?? path;
    if (inputs.some((input) => realPathOf(input) === target)) {
      throw new AppError('output-is-input', `${path} is one of the captures; choose another path for --out`, ExitCode.arguments);
    }
    const existing = statSync(target, { throwIfNoEntry: false });
    return existing === undefined || existing.isFile() ? new ReplacingOutput(target, existing?.mode ?? 0o666) : new PlainOutput(target);
  } catch (error) {
    throw unwritable(path, error);
  }
}

class StreamOutput implements Output {
  readonly isTerminal: boolean;
  readonly columns: number;
  private readonly stream: NodeJS.WriteStream;
  private failure: Error | null = null;

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream;
    this.isTerminal = stream.isTTY;
    this.columns = (stream.isTTY && stream.columns) || 80;
    // Stays for good: a late EPIPE must not end the process with a stack trace.
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.failure ??= error.code === 'EPIPE' ? new OutputClosed() : unwritable('standard output', error);
    });
  }

  write(piece: string | Uint8Array): void | Promise<void> {
    if (this.failure !== null) throw this.failure;
    if (!this.stream.write(piece)) return this.settled('drain');
  }

  finish(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.stream.write('', () => (this.failure === null ? resolve() : reject(this.failure)));
    });
  }

  discard(): void {}

  private settled(event: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        this.stream.off(event, settle).off('error', settle).off('close', settle);
        if (this.failure === null) resolve();
        else reject(this.failure);
      };
      this.stream.on(event, settle).on('error', settle).on('close', settle);
    });
  }
}

/** A device or a pipe, written as it comes. */
class PlainOutput implements Output {
  readonly isTerminal = false;
  readonly columns = 80;
  readonly path: string;
  /** The path that the user gave. */
  private readonly named: string;
  private fd: number | null;

  constructor(path: string, flags = 'w', mode = 0o666, named = path) {
    this.path = path;
    this.named = named;
    this.fd = openSync(path, flags, mode);
  }

  write(piece: string | Uint8Array): void {
    try {
      writeFileSync(this.fd!, piece);
    } catch (error) {
      throw unwritable(this.named, error);
    }
  }

  finish(): void {
    this.close();
  }

  discard(): void {
    this.close();
  }

  private close(): void {
    if (this.fd === null) return;
    closeSync(this.fd);
    this.fd = null;
  }
}

/** A file that appears, or replaces the one before it, when the report is complete. */
class ReplacingOutput extends PlainOutput {
  private readonly target: string;
  private settled = false;

  constructor(target: string, mode: number) {
    super(partPath(target), 'wx', mode & 0o777, target);
    this.target = target;
  }

  override finish(): void {
    super.finish();
    try {
      renameSync(this.path, this.target);
    } catch (error) {
      throw unwritable(this.target, error);
    }
    this.settled = true;
  }

  override discard(): void {
    if (this.settled) return;
    this.settled = true;
    super.discard();
    unlinkSync(this.path);
  }
}

function realPathOf(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

function unwritable(path: string, error: unknown): Error {
  if (error instanceof AppError) return error;
  return new AppError('output-unwritable', `cannot write ${path}: ${whyUnwritable(error)}; choose another path with --out`, ExitCode.arguments);
}
