/** Every bound on the memory of HTTP reading. Each is reached in a test. */
export interface HttpLimits {
  /** Bytes of one message head; beyond it the head is given up and the half-stream resynchronises. */
  readonly headBytes: number;
  /** Bytes of split heads kept over all half-streams. */
  readonly carriedBytes: number;
  /** Requests waiting for their response on one connection; over it the order of responses is no longer trusted. */
  readonly pendingRequests: number;
  /** Responses without a request remembered on one connection, for a request that was captured late. */
  readonly orphanResponses: number;
  /** Bytes searched for a message start on a half-stream that has not shown to be HTTP. */
  readonly searchBytes: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  headBytes: 256 << 10,
  carriedBytes: 64 << 20,
  pendingRequests: 1024,
  orphanResponses: 16,
  searchBytes: 64 << 10,
};
