/** Every bound on memory that depends on the capture. Each is reached in a test. */
export interface Limits {
  /** Connections kept live; over it the longest idle are given up (and counted). One costs about 0.5 KB. */
  readonly liveConnections: number;
  /** Closed connections that still take late packets (a last ACK, RSTs that answer late data) before they are forgotten. */
  readonly lingeringConnections: number;
  /** Out-of-order payload waiting for a hole to be filled, per half-stream, in bytes and in segments. */
  readonly waitingBytesPerHalf: number;
  readonly waitingSegmentsPerHalf: number;
  /** The same over all half-streams. */
  readonly waitingBytes: number;
  /**
   * A hole that the receiver acknowledged and its sender has passed is a gap of the capture after this many further
   * packets of its connection that took at least so long (nanoseconds) …
   */
  readonly gapPackets: number;
  readonly gapNanoseconds: number;
  /** … or after this time, however few they were: what was captured out of order arrives sooner. */
  readonly gapLongestNanoseconds: number;
  /**
   * One that its sender has not passed may be all that is late, as where the two directions were captured by two queues or
   * taps: it is a gap once this many packets came in at least so long and none of them was the sender's next.
   */
  readonly latePackets: number;
  readonly lateNanoseconds: number;
  /** A hole nobody acknowledged (one-sided capture) is given up after this time. */
  readonly holeNanoseconds: number;
}

export const DEFAULT_LIMITS: Limits = {
  liveConnections: 262_144,
  lingeringConnections: 2048,
  waitingBytesPerHalf: 4 << 20,
  waitingSegmentsPerHalf: 4096,
  waitingBytes: 64 << 20,
  gapPackets: 16,
  gapNanoseconds: 1e6,
  gapLongestNanoseconds: 200e6,
  latePackets: 256,
  lateNanoseconds: 2e9,
  holeNanoseconds: 20e9,
};
