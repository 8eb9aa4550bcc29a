/**
 * What reassembly hands in-order bytes to. A connection occupies a slot while it lives; its two directions are the
 * half-streams `slot * 2` and `slot * 2 + 1` (which of them is the client's is not known here). The time of what is
 * being told stands in `clock[0]` (nanoseconds, see RecordBatch.time), because a double as an argument would be boxed.
 */
export interface StreamSink {
  /** A connection, by its row, takes `slot`; whatever the slot held is gone. `midstream`: its first bytes were not seen. */
  opened(slot: number, connection: number, midstream: boolean): void;

  /**
   * In-order payload of one half-stream, never empty. Not kept: `bytes` may be overwritten after the call.
   *
   * @param frame id of the frame that carried these bytes
   * @param acked how many bytes of the other half-stream the sender had acknowledged when it sent them: a position in
   *   that half-stream, modulo 2^32 (as an int32), counted as `data` and `missing` count; what pairs requests and responses across gaps
   */
  data(half: number, bytes: Uint8Array, start: number, end: number, frame: number, acked: number): void;

  /**
   * `length` bytes that were on the wire but are not in the capture, next in order.
   *
   * @param cut true: cut off by the snap length at the end of a segment whose beginning was given; false: a gap
   */
  missing(half: number, length: number, frame: number, cut: boolean): void;

  /** The sender's FIN, in order (`reset` false), or a RST of either side (`reset` true, told of both halves): no bytes follow. */
  ended(half: number, frame: number, reset: boolean): void;

  /** The connection is over or given up; what is unfinished is incomplete. The slot is free afterwards. */
  closed(slot: number): void;
}
