/** What HttpStreams hands half-streams to that carry TLS, from their first record on. */
export interface TlsSink {
  /** As StreamSink.data, with the connection's row and the position of the first byte in the half-stream. */
  data(half: number, row: number, bytes: Uint8Array, start: number, end: number, frame: number, acked: number, position: number): void;
  /** As StreamSink.missing, at `position`. */
  missing(half: number, length: number, frame: number, cut: boolean, position: number): void;
  ended(half: number, frame: number, reset: boolean): void;
  closed(slot: number): void;
}
