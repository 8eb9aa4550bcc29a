import type { Api } from '../../shared/rpc/api.ts';
import { RpcFailure } from '../../shared/rpc/api.ts';
import type { Channel } from '../../shared/rpc/channel.ts';
import { BadFrame, decodeServerFrame, encodeFrame } from '../../shared/rpc/codec.ts';
import type { RequestName, RequestParams, RequestResult, StreamItem, StreamName, StreamParams } from '../../shared/rpc/contract.ts';
import type { ClientFrame, ServerFrame } from '../../shared/rpc/frames.ts';

/** Items a subscription asks for ahead; asked for again when half of them are used. */
const CREDIT = 16;

interface Waiting {
  receive(frame: ServerFrame): void;
  fail(failure: RpcFailure): void;
}

/** Calls the program over one channel after another. Calls made before the first one wait for it. */
export class RpcClient implements Api {
  private readonly waiting = new Map<number, Waiting>();
  private channel: Channel | null = null;
  private nextId = 1;
  /** Frames for the first channel, which is on its way. */
  private early: string[] = [];
  /** Why there will be no channel, or not soon: calls made now fail with it. */
  private failure: RpcFailure | null = null;

  /** Uses the channel from now on. @param onLost it is gone; what was asked has failed with `disconnected` */
  attach(channel: Channel, onLost: () => void): void {
    this.channel = channel;
    this.failure = null;
    channel.listen(
      (text) => this.receive(channel, text),
      () => {
        if (this.channel !== channel) return;
        this.fail(new RpcFailure('disconnected', 'The connection to the program was lost before it answered.'));
        onLost();
      },
    );
    for (const text of this.early.splice(0)) channel.send(text);
  }

  /** There is no channel: what waits and what is asked until the next `attach` fails. */
  fail(failure: RpcFailure): void {
    this.channel = null;
    this.failure = failure;
    this.early = [];
    for (const waiting of [...this.waiting.values()]) waiting.fail(failure);
    this.waiting.clear();
  }

  request<N extends RequestName>(name: N, params: RequestParams<N>, signal?: AbortSignal): Promise<RequestResult<N>> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(aborted());
      const id = this.nextId++;
      const stop = () => {
        this.waiting.delete(id);
        this.trySend({ t: 'stop', id });
        reject(aborted());
      };
      const settle = () => {
        this.waiting.delete(id);
        signal?.removeEventListener('abort', stop);
      };
      this.waiting.set(id, {
        receive(frame) {
          settle();
          if (frame.t === 'ok') resolve(frame.result as RequestResult<N>);
          else reject(failureOf(frame));
        },
        fail(failure) {
          settle();
          reject(failure);
        },
      });
      signal?.addEventListener('abort', stop, { once: true });
      try {
        this.send({ t: 'req', id, method: name, params });
      } catch (error) {
        settle();
        reject(error as RpcFailure);
      }
    });
  }

  async *subscribe<N extends StreamName>(name: N, params: StreamParams<N>, signal?: AbortSignal): AsyncGenerator<StreamItem<N>, void, undefined> {
    if (signal?.aborted === true) throw aborted();
    const id = this.nextId++;
    const items: StreamItem<N>[] = [];
    let failure: RpcFailure | null = null;
    let ended = false;
    let wake: (() => void) | null = null;
    const fail = (error: RpcFailure) => {
      failure ??= error;
      wake?.();
    };
    const stop = () => fail(aborted());
    this.waiting.set(id, {
      receive(frame) {
        if (frame.t === 'item') items.push(frame.item as StreamItem<N>);
        else if (frame.t === 'end') ended = true;
        else fail(failureOf(frame));
        wake?.();
      },
      fail,
    });
    signal?.addEventListener('abort', stop, { once: true });
    try {
      this.send({ t: 'sub', id, method: name, params, credit: CREDIT });
      let used = 0;
      for (;;) {
        while (items.length === 0 && !ended && failure === null) await new Promise<void>((resolve) => (wake = resolve));
        // What came before the end or the failure is given first; a stop means now.
        if (failure !== null && (items.length === 0 || (failure as RpcFailure).code === 'aborted')) throw failure as RpcFailure;
        if (items.length === 0) return;
        yield items.shift()!;
        if (++used < CREDIT / 2) continue;
        if (!ended && failure === null) this.send({ t: 'more', id, credit: used });
        used = 0;
      }
    } finally {
      signal?.removeEventListener('abort', stop);
      this.waiting.delete(id);
      // It may have ended over there: then nothing happens.
      if (!ended) this.trySend({ t: 'stop', id });
    }
  }

  private receive(channel: Channel, text: string): void {
    let frame: ServerFrame;
    try {
      frame = decodeServerFrame(text);
    } catch (error) {
      return channel.close((error as BadFrame).code);
    }
    // Answers to calls that were stopped meanwhile find nobody.
    this.waiting.get(frame.id)?.receive(frame);
  }

  /** @throws RpcFailure */
  private send(frame: ClientFrame): void {
    if (this.failure !== null) throw this.failure;
    let text: string;
    try {
      text = encodeFrame(frame);
    } catch (error) {
      if (error instanceof BadFrame) throw new RpcFailure('request-too-large', 'The page asked for too much at once.');
      throw error;
    }
    if (this.channel === null) this.early.push(text);
    else this.channel.send(text);
  }

  private trySend(frame: ClientFrame): void {
    if (this.failure === null) this.send(frame);
  }
}

function failureOf(frame: ServerFrame): RpcFailure {
  if (frame.t === 'err') return new RpcFailure(frame.error.code, frame.error.message, frame.error.details);
  return new RpcFailure('bad-answer', 'The program answered in a way that the page does not understand.');
}

function aborted(): RpcFailure {
  return new RpcFailure('aborted', 'Stopped.');
}
