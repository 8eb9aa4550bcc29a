import { statSync } from 'node:fs';
import type { CaptureFileInfo } from '../capture/capture-file.ts';
import type { CaptureSet } from '../capture/capture-set.ts';
import { openCapture } from '../capture/capture-set.ts';
import type { Follow } from '../capture/byte-source.ts';
import type { Limits } from '../tcp/limits.ts';
import { AppError } from '../app-error.ts';
import { KeyLog } from '../tls/key-log.ts';
import { EmbeddedKeys } from './embedded-keys.ts';
import type { GrowingKeyLog } from './growing-key-log.ts';
import { Pipeline } from './pipeline.ts';
import { nodeTlsCrypto } from './tls-crypto.ts';

export interface AnalysisProgress {
  readonly bytesRead: number;
  /** Null where it cannot be known: standard input, compressed files. */
  readonly bytesTotal: number | null;
  readonly packets: number;
  readonly connections: number;
  readonly requests: number;
}

export interface AnalyzeOptions {
  /** Stops the reading; what was read until then is the result. */
  readonly signal?: AbortSignal;
  /** Keep the message heads, for `--headers`. */
  readonly keepHeads?: boolean;
  readonly limits?: Limits;
  /** Secrets that TLS is read with, besides those that the captures bring along. */
  readonly keyLog?: KeyLog;
  /** The same of a file that is still being written: it is looked at again and again. */
  readonly growingKeyLog?: GrowingKeyLog;
  /** The last capture is still being written. */
  readonly follow?: Follow;
  /** Called once the captures are open, with what will grow while they are read: for who looks on. Again where they are read again. */
  readonly onBegin?: (reading: AnalysisResult) => void;
  /** Called at an even pace, about ten times a second. */
  readonly onProgress?: (progress: AnalysisProgress) => void;
}

/** What was read, and the columns it became. */
export interface AnalysisResult {
  readonly captures: CaptureSet;
  readonly pipeline: Pipeline;
  readonly interrupted: boolean;
  readonly failures: readonly { readonly path: string; readonly error: AppError }[];
}

/** How long the loop may hold the thread: signals, timers and messages wait for it. By `process.uptime`: what is behind `performance` costs 3 ms of a start. */
const YIELD_SECONDS = 0.04;
const PROGRESS_SECONDS = 0.1;
/** How often a key log that is still being written is looked at. */
const KEYS_MILLISECONDS = 200;

/**
 * Reads captures through all stages. The loop runs in the caller's thread and lets go of it every 40 ms, so that an
 * abort is obeyed within 100 ms.
 *
 * @throws AppError where nothing at all can be read
 */
export async function analyze(paths: readonly string[], options: AnalyzeOptions = {}): Promise<AnalysisResult> {
  const keyLog = options.growingKeyLog?.log ?? options.keyLog ?? new KeyLog();
  const result = await read(paths, options, keyLog);
  // A pcapng may bring secrets behind the packets that they are for, even at its end.
  const isAgain = !result.interrupted && options.follow === undefined && keyLog.cameTooLate && result.captures.files.every(isFile);
  return isAgain ? read(paths, options, keyLog) : result;
}

async function read(paths: readonly string[], options: AnalyzeOptions, keyLog: KeyLog): Promise<AnalysisResult> {
  const captures = await unlessAborted(openCapture(paths, options.follow && { follow: options.follow }), options.signal);
  if (captures === ABORTED) throw new AppError('interrupted', 'stopped before anything was read', 130);
  let watching: NodeJS.Timeout | undefined;
  try {
    const growing = options.growingKeyLog;
    const keys = { log: keyLog, crypto: nodeTlsCrypto };
    const pipeline = new Pipeline(captures.files.length, { keepHeads: options.keepHeads ?? false, keys, ...(options.limits && { limits: options.limits }) });
    const embedded = new EmbeddedKeys(keyLog, captures.files);
    options.onBegin?.({ captures, pipeline, interrupted: false, failures: captures.failures });
    if (growing !== undefined) {
      growing.take();
      watching = setInterval(() => {
        growing.take();
        pipeline.keysCame();
      }, KEYS_MILLISECONDS);
    }
    let letGo = process.uptime() + YIELD_SECONDS;
    let tell = process.uptime() + PROGRESS_SECONDS;
    let interrupted = options.signal?.aborted ?? false;
    while (!interrupted) {
      const next = captures.next();
      // Standard input may have nothing for hours: the wait ends with the abort.
      const more = typeof next === 'boolean' ? next : await unlessAborted(next, options.signal);
      if (more === ABORTED) {
        interrupted = true;
        break;
      }
      if (!more) break;
      const keysCame = embedded.take();
      pipeline.push(captures.batch, captures.from, captures.to);
      if (keysCame) pipeline.keysCame();
      const now = process.uptime();
      if (now < letGo) continue;
      await new Promise(setImmediate);
      letGo = process.uptime() + YIELD_SECONDS;
      interrupted = options.signal?.aborted ?? false;
      if (now < tell) continue;
      tell = now + PROGRESS_SECONDS;
      options.onProgress?.(progressOf(captures, pipeline));
    }
    growing?.finish();
    pipeline.keysCame();
    pipeline.finish();
    return { captures, pipeline, interrupted, failures: captures.failures };
  } finally {
    clearInterval(watching);
    captures.close();
  }
}

/** What comes through a pipe is there once. */
function isFile({ path }: CaptureFileInfo): boolean {
  return path !== '-' && statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

const ABORTED = Symbol('aborted');

/** What the promise gives, or ABORTED when the signal fires first. (`Promise.race` with one promise for all would keep every wait.) */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T | typeof ABORTED> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(ABORTED);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

function progressOf(captures: CaptureSet, pipeline: Pipeline): AnalysisProgress {
  return {
    bytesRead: captures.bytesRead,
    bytesTotal: captures.totalBytes,
    packets: captures.files.reduce((sum, file) => sum + file.packets, 0),
    connections: pipeline.store.connections.count,
    requests: pipeline.store.exchanges.count,
  };
}
