import type { CheckedParams, RequestName, RequestResult, StreamItem, StreamName, StreamParams } from '../../shared/rpc/contract.ts';

/** Who calls, and until when. */
export interface Call {
  /** Fires when the caller stops the call or goes away. */
  readonly signal: AbortSignal;
}

/** One function per request of the contract, given checked parameters. A service implements some of them. */
export type RequestHandlers = {
  readonly [N in RequestName]: (params: CheckedParams<N>, call: Call) => Promise<RequestResult<N>> | RequestResult<N>;
};

export type StreamHandlers = {
  readonly [N in StreamName]: (params: StreamParams<N>, call: Call) => AsyncIterable<StreamItem<N>>;
};

/** The whole contract, as the shells hand it to the RPC server. */
export interface Handlers {
  readonly requests: RequestHandlers;
  readonly streams: StreamHandlers;
}
