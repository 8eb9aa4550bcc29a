import type { RequestName, RequestParams, RequestResult, StreamItem, StreamName, StreamParams } from './contract.ts';

/** What the page sees of the program, whatever carries it. Rejections are RpcFailure. */
export interface Api {
  /** @param signal stops the call: it then rejects with the code `aborted` */
  request<N extends RequestName>(name: N, params: RequestParams<N>, signal?: AbortSignal): Promise<RequestResult<N>>;
  /** Items as they come; ends with the stream, or by `return` (a `break` in a `for await`), which stops it on the other side. */
  subscribe<N extends StreamName>(name: N, params: StreamParams<N>, signal?: AbortSignal): AsyncIterable<StreamItem<N>>;
}

/** What went wrong on the other side, or on the way (`disconnected`, `aborted`). */
export class RpcFailure extends Error {
  /** Stable, kebab-case. */
  readonly code: string;
  readonly details: unknown;

  constructor(code: string, message: string, details?: unknown) {
    super(message);
    this.name = 'RpcFailure';
    this.code = code;
    this.details = details;
  }
}
