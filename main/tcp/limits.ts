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
  /** A hole that the receiver acknowledged is a gap of the capture after this many further packets of its connection … */
  readonly gapPackets: number;
  /** … or this many nanoseconds: what was captured out of order arrives sooner. */
  readonly gapNanoseconds: number;
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
  gapNanoseconds: 200e6,
  holeNanoseconds: 20e9,
};
