import { AppError } from '../app-error.ts';
import type { CaptureSet } from '../capture/capture-set.ts';
import { openCapture } from '../capture/capture-set.ts';
import { statusOf } from '../capture/file-source.ts';
import { AnomalyCounter } from '../decode/anomalies.ts';
import { Decoder } from '../decode/decoder.ts';
import { NetworkPaths } from '../decode/network-paths.ts';
import type { ResultStore } from '../store/result-store.ts';
import { ConnectionPicker, type WalkedPacket } from './connection-picker.ts';

/** Captures that were analysed, and what was found in them. */
export interface AnalysedCaptures {
  /** Of CaptureSet.files, in its order. */
  readonly paths: readonly string[];
  readonly store: ResultStore;
}

export interface WalkOptions {
  readonly signal?: AbortSignal;
  /** Fill RecordBatch.details. */
  readonly details?: true;
  /** Called at an even pace, about ten times a second, with the bytes read of the files. */
  readonly onProgress?: (bytesRead: number, bytesTotal: number | null) => void;
}

/** How long the loop may hold the thread. */
const YIELD_MILLISECONDS = 40;
const PROGRESS_MILLISECONDS = 100;

/**
 * Reads captures once more for the packets of chosen connections, in the order of the analysis, up to the last of them.
 * What the analysis took for copies of packets comes along.
 *
 * @param visit says false when it has enough
 * @param afterRun called once the records of a batch were visited, which may then be overwritten; waited for
 * @throws AppError where the captures cannot be read again, or are not what they were; code `interrupted` at an abort
 */
export async function walkConnections(
  captures: AnalysedCaptures,
  rows: Iterable<number>,
  visit: (packet: WalkedPacket, set: CaptureSet) => boolean,
  options: WalkOptions = {},
  afterRun?: () => Promise<void> | void,
): Promise<void> {
  const paths = new NetworkPaths();
  const picker = new ConnectionPicker(captures.store, rows, paths);
  if (picker.remaining === 0) return;
  for (const path of captures.paths) refuseStream(path);
  const set = await openCapture(captures.paths, options.details ? { details: true } : {});
  try {
    if (set.files.length !== captures.paths.length || set.files.some((file, index) => file.path !== captures.paths[index])) throw changed();
    picker.visit = (packet) => visit(packet, set);
    const decoder = new Decoder(picker, paths, set.files.map(() => new AnomalyCounter()));
    let letGo = performance.now() + YIELD_MILLISECONDS;
    let tell = performance.now() + PROGRESS_MILLISECONDS;
    for (;;) {
      if (options.signal?.aborted) throw new AppError('interrupted', 'stopped before all packets were read', 130);
      const next = set.next();
      if (!(typeof next === 'boolean' ? next : await next)) break;
      decoder.decode(set.batch, set.from, set.to);
      const waiting = afterRun?.();
      if (waiting !== undefined) await waiting;
      if (picker.remaining === 0) return;
      const now = performance.now();
      if (now < letGo) continue;
      await new Promise(setImmediate);
      letGo = performance.now() + YIELD_MILLISECONDS;
      if (now < tell) continue;
      tell = now + PROGRESS_MILLISECONDS;
      options.onProgress?.(set.bytesRead, set.totalBytes);
    }
    if (picker.unseen > 0) throw changed();
  } finally {
    set.close();
  }
}

function refuseStream(path: string): void {
  const status = path === '-' ? null : statusOf(path);
  if (path !== '-' && status === null) throw new AppError('capture-gone', `${path} is not there any more: packets are read from it again, so put it back`);
  if (status?.isFile() !== true) throw new AppError('capture-not-kept', `packets cannot be read a second time from ${path === '-' ? 'standard input' : path}: save the capture to a file and analyse that`);
}

function changed(): AppError {
  return new AppError('capture-changed', 'the captures are no longer what was analysed: analyse them again');
}
