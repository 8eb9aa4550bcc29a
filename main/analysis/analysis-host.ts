import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { AppError } from '../app-error.ts';
import type { AnalysisState } from '../../shared/model/view.ts';
import { firstState } from './first-state.ts';
import type { FromSession, SessionRequest, SessionRequests, SessionStart, ToSession } from './session-contract.ts';

/** A thread that runs one analysis (session-server.ts). */
export interface SessionThread {
  post(message: ToSession): void;
  /** `end` is told once, with why where it was not asked for. */
  listen(message: (message: FromSession) => void, end: (why: Error | null) => void): void;
  terminate(): void;
}

/** The thread's heap; columns lie outside of it and are bounded by the capture. */
const MAX_HEAP_MEGABYTES = 4096;
/** After a thread was taken; the analysis in it has begun by then. */
const PREPARE_MILLISECONDS = 2000;
/** Its file in the built product. */
const WORKER_FILE = join('analysis', 'analysis-worker.js');

/** Starts worker threads of the built product, one ahead: loading the engine takes longer than the first rows may. */
export function workerThreads(): () => SessionThread {
  let ahead: Worker | null = null;
  const prepare = (): void => {
    // Two that were opened at once ask for one each.
    if (ahead !== null) return;
    const worker = startWorker();
    ahead = worker;
    // One that ends unused, for want of memory, is not to be given out.
    worker.once('exit', () => (ahead = ahead === worker ? null : ahead));
    worker.once('error', () => undefined);
  };
  prepare();
  return () => {
    const worker = ahead ?? startWorker();
    ahead = null;
    setTimeout(prepare, PREPARE_MILLISECONDS).unref();
    return sessionThread(worker);
  };
}

function startWorker(): Worker {
  const worker = new Worker(workerPath(), { resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MEGABYTES }, stdout: false, stderr: false });
  // Analyses end with the program.
  worker.unref();
  return worker;
}

function sessionThread(worker: Worker): SessionThread {
  return {
    post: (message) => worker.postMessage(message),
    listen(message, end) {
      let failure: Error | null = null;
      worker.on('message', message);
      worker.on('error', (error: Error) => (failure = error));
      worker.on('exit', () => end(failure));
    },
    terminate: () => void worker.terminate(),
  };
}

/** Beside this file, or above it where the build put it into a chunk. */
function workerPath(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let depth = 0; depth < 4; depth++, folder = dirname(folder)) {
    // From the sources, as tests run them, it is in the build beside them.
    for (const path of [join(folder, WORKER_FILE), join(folder, 'dist', WORKER_FILE)]) if (existsSync(path)) return path;
  }
  throw new AppError('not-built', 'the program is not built completely: run npm run build');
}

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** The near side of an analysis: starts its thread, hands questions on, and makes an error in words of the thread's end. */
export class AnalysisHost {
  state: AnalysisState;
  private readonly thread: SessionThread;
  private readonly log: (message: string, error: unknown) => void;
  /** Told when the files of a ring up to a number were read. */
  onPassed: (number: number) => void = () => undefined;
  private readonly listeners = new Set<(state: AnalysisState | null) => void>();
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;
  /** Why nothing is answered any more. */
  private ended: AppError | null = null;

  /** @param log faults of the program, which people are told of without details */
  constructor(start: SessionStart, thread: SessionThread, log: (message: string, error: unknown) => void) {
    const { analysisId, name, keyLog } = start;
    this.state = firstState(analysisId, name, keyLog?.name);
    this.thread = thread;
    this.log = log;
    thread.listen((message) => this.take(message), (why) => this.end(why));
    thread.post({ kind: 'start', start });
  }

  /** @throws AppError for people; `aborted` where the signal fired */
  ask<N extends SessionRequest>(name: N, params: SessionRequests[N]['params'], signal: AbortSignal): Promise<SessionRequests[N]['result']> {
    if (this.ended !== null) return Promise.reject(this.ended);
    if (signal.aborted) return Promise.reject(aborted());
    const id = this.nextId++;
    return new Promise<SessionRequests[N]['result']>((resolve, reject) => {
      const drop = (): void => {
        this.waiting.delete(id);
        this.thread.post({ kind: 'drop', id });
        reject(aborted());
      };
      const settled = (): void => signal.removeEventListener('abort', drop);
      this.waiting.set(id, {
        resolve: (result) => (settled(), resolve(result)),
        reject: (error) => (settled(), reject(error)),
      });
      signal.addEventListener('abort', drop, { once: true });
      this.thread.post({ kind: 'ask', id, name, params });
    });
  }

  /** Stops the reading; what was read is the result. */
  cancel(): void {
    if (this.ended === null) this.thread.post({ kind: 'cancel' });
  }

  /** The live capture is complete: it is read to its end. */
  written(): void {
    if (this.ended === null) this.thread.post({ kind: 'written' });
  }

  setPortBudget(portBudget: number): void {
    if (this.ended === null) this.thread.post({ kind: 'ports', portBudget });
  }

  /** Ends the thread at once. */
  close(): void {
    if (this.ended !== null) return;
    this.finish(new AppError('analysis-closed', 'this analysis was closed: open the capture again'));
    this.thread.terminate();
  }

  /** Calls `listener` at each change, with null at the end. Returns what stops it. */
  onState(listener: (state: AnalysisState | null) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private take(message: FromSession): void {
    if (message.kind === 'state') {
      if (this.ended === null) this.change(message.state);
      return;
    }
    if (message.kind === 'passed') return this.onPassed(message.number);
    if (message.kind === 'fault') {
      this.log('a fault in the analysis', message.text);
      const fault = new AppError('internal', 'something went wrong inside the program; this is a fault of the program, not of your capture');
      if (message.id === null) this.fail(fault);
      else this.settle(message.id, (waiting) => waiting.reject(fault));
      return;
    }
    this.settle(message.id, (waiting) => {
      if (message.kind === 'answer') waiting.resolve(message.result as never);
      else waiting.reject(new AppError(message.code, message.message));
    });
  }

  private settle(id: number, act: (waiting: Waiting) => void): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (waiting !== undefined) act(waiting);
  }

  /** The thread is gone. */
  private end(why: Error | null): void {
    if (this.ended !== null) return;
    if (why !== null) this.log('the thread of an analysis ended', why);
    const memory = (why as NodeJS.ErrnoException | null)?.code === 'ERR_WORKER_OUT_OF_MEMORY';
    this.fail(
      memory
        ? new AppError('out-of-memory', 'the analysis needs more memory than there is: open a part of the capture (editcap, or a capture filter)')
        : new AppError('analysis-ended', 'the analysis ended unexpectedly: open the capture again; if that happens again, please report it'),
    );
  }

  private fail(error: AppError): void {
    this.change({ ...this.state, phase: 'failed', error: { code: error.code, message: error.message } });
    this.finish(error);
    this.thread.terminate();
  }

  private finish(error: AppError): void {
    this.ended = error;
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
    for (const listener of this.listeners) listener(null);
  }

  private change(state: AnalysisState): void {
    this.state = state;
    for (const listener of this.listeners) listener(state);
  }
}

function aborted(): AppError {
  return new AppError('aborted', 'stopped');
}
