import * as v from 'valibot';
import { AppError } from '../app-error.ts';
import type { Call, Handlers } from '../services/handlers.ts';
import type { Channel } from '../../shared/rpc/channel.ts';
import { BadFrame, decodeClientFrame, encodeFrame, MAX_CREDIT } from '../../shared/rpc/codec.ts';
import type { Method } from '../../shared/rpc/contract.ts';
import { requests, streams } from '../../shared/rpc/contract.ts';
import type { ClientFrame, RpcError, ServerFrame } from '../../shared/rpc/frames.ts';

/** Calls of one page that may run at once. */
const MAX_CALLS = 256;

export interface RpcServerOptions {
  /** Told what went wrong inside: the page is told only that it did. */
  readonly log: (message: string, error: unknown) => void;
}

/**
 * Answers one page over one channel. A frame that breaks the protocol closes the channel; everything else that goes
 * wrong is an `err` of its call: `unknown-method`, `invalid-params`, `too-many-calls`, `answer-too-large`, `internal`,
 * or the code of an AppError. A call that is stopped is not answered.
 */
export function serveRpc(channel: Channel, handlers: Handlers, options: RpcServerOptions): void {
  const session = new Session(channel, handlers, options);
  channel.listen(
    (text) => session.receive(text),
    () => session.end(),
  );
}

interface OpenCall {
  readonly abort: AbortController;
  /** Items that may still be sent; waits at zero. */
  credit: number;
  wake: (() => void) | null;
}

type CallFrame = Extract<ClientFrame, { method: string }>;
type AnyHandler = (params: unknown, call: Call) => unknown;

class Session {
  private readonly calls = new Map<number, OpenCall>();
  private readonly channel: Channel;
  private readonly handlers: Handlers;
  private readonly log: RpcServerOptions['log'];

  constructor(channel: Channel, handlers: Handlers, { log }: RpcServerOptions) {
    this.channel = channel;
    this.handlers = handlers;
    this.log = log;
  }

  receive(text: string): void {
    try {
      this.take(decodeClientFrame(text));
    } catch (error) {
      if (!(error instanceof BadFrame)) throw error;
      this.log(`a page was cut off: its frame is ${error.message}`, null);
      this.channel.close(error.code);
    }
  }

  /** The page is gone: so is the reason for its calls. */
  end(): void {
    for (const id of [...this.calls.keys()]) this.stop(id);
  }

  private take(frame: ClientFrame): void {
    if (frame.t === 'stop') return this.stop(frame.id);
    if (frame.t === 'more') {
      const call = this.calls.get(frame.id);
      // What has ended meanwhile needs none.
      if (call === undefined) return;
      call.credit = Math.min(call.credit + frame.credit, MAX_CREDIT);
      call.wake?.();
      return;
    }
    if (this.calls.has(frame.id)) throw new BadFrame('bad-frame', `a second call with the id ${frame.id}`);
    const call: OpenCall = { abort: new AbortController(), credit: frame.t === 'sub' ? frame.credit : 0, wake: null };
    const full = this.calls.size >= MAX_CALLS;
    this.calls.set(frame.id, call);
    const run = full ? Promise.reject(new AppError('too-many-calls', `more than ${MAX_CALLS} calls at once; wait for some to end`)) : this.run(frame, call);
    run.catch((error: unknown) => this.fail(frame, call, error)).finally(() => {
      // A stopped call's id may be in use again.
      if (this.calls.get(frame.id) === call) this.calls.delete(frame.id);
    });
  }

  private stop(id: number): void {
    const call = this.calls.get(id);
    if (call === undefined) return;
    this.calls.delete(id);
    call.abort.abort();
    call.wake?.();
  }

  private async run(frame: CallFrame, call: OpenCall): Promise<void> {
    const isStream = frame.t === 'sub';
    const { handler, method } = this.find(frame.method, isStream);
    const params = checked(method, frame.params);
    if (!isStream) {
      const result = await handler(params, { signal: call.abort.signal });
      this.answer(call, { t: 'ok', id: frame.id, result });
      return;
    }
    const items = (handler(params, { signal: call.abort.signal }) as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    try {
      for (;;) {
        while (call.credit === 0 && !call.abort.signal.aborted) await new Promise<void>((resolve) => (call.wake = resolve));
        // A stream that has nothing to say must not hold a stopped call.
        const next = await unlessAborted(items.next(), call.abort.signal);
        if (next === null || call.abort.signal.aborted) return;
        if (next.done === true) return this.answer(call, { t: 'end', id: frame.id });
        call.credit--;
        this.answer(call, { t: 'item', id: frame.id, item: next.value });
      }
    } finally {
      // Not awaited: a generator that waits answers only when what it waits for comes.
      items.return?.().catch((error: unknown) => this.log(`ending ${frame.method} failed`, error));
    }
  }

  /** Only the contract's own names: what an object inherits (`__proto__`, `constructor`) is no method. */
  private find(name: string, isStream: boolean): { handler: AnyHandler; method: Method<v.GenericSchema, unknown> } {
    const table = isStream ? streams : requests;
    const handlers = isStream ? this.handlers.streams : this.handlers.requests;
    if (!Object.hasOwn(table, name) || !Object.hasOwn(handlers, name)) throw new AppError('unknown-method', 'the program has no such method; page and program may be of different versions');
    const key = name as never;
    return { handler: (handlers[key] as AnyHandler).bind(handlers), method: table[key] };
  }

  private fail(frame: CallFrame, call: OpenCall, error: unknown): void {
    if (call.abort.signal.aborted) return;
    this.answer(call, { t: 'err', id: frame.id, error: this.told(frame.method, error) });
  }

  private told(method: string, error: unknown): RpcError {
    if (error instanceof InvalidParams) return { code: 'invalid-params', message: error.message, details: error.problems };
    if (error instanceof AppError) return { code: error.code, message: error.message };
    if (error instanceof BadFrame) return { code: 'answer-too-large', message: 'The answer is larger than one frame may be; ask for fewer rows.' };
    this.log(`${method.slice(0, 64)} failed`, error);
    return { code: 'internal', message: 'The program failed at this; this is a fault of the program, not of your capture. What went wrong is in its log.' };
  }

  private answer(call: OpenCall, frame: ServerFrame): void {
    if (!call.abort.signal.aborted) this.channel.send(encodeFrame(frame));
  }
}

class InvalidParams extends Error {
  readonly problems: { path: string; message: string }[];

  constructor(problems: InvalidParams['problems']) {
    super(`The program was asked with parameters it does not take: ${problems.map(({ path, message }) => `${path || 'all of them'}: ${message}`).join('; ')}`);
    this.problems = problems;
  }
}

/** What the promise gives, or null when the signal fires first. (`Promise.race` with one promise for all would keep every item.) */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(null);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

function checked(method: Method<v.GenericSchema, unknown>, params: unknown): unknown {
  const result = v.safeParse(method.params, params);
  if (result.success) return result.output;
  throw new InvalidParams(result.issues.slice(0, 8).map((issue) => ({ path: (v.getDotPath(issue) ?? '').slice(0, 100), message: issue.message.slice(0, 200) })));
}
