import type { FrameRef, Side } from './report.ts';

/** One packet of a connection, as the ladder of the page shows it. */
export interface PacketReport {
  frame: FrameRef;
  /** Seconds since the first packet of the capture. */
  time: number;
  from: Side;
  /** Names as Wireshark has them, in its order: "SYN", "ACK", "PSH", "FIN", "RST". */
  flags: string[];
  /** Relative to the sender's, and the peer's, initial sequence number where it is known, else so that the first byte seen is 1. They do not wrap. */
  seq: number;
  ack: number | null;
  /** Receive window in bytes, scaled where the handshake was seen. */
  window: number;
  /** TCP payload by the IP header, and how much of it the capture holds. */
  length: number;
  captured: number;
  /** What the analysis says of it. */
  notes: PacketNote[];
  /** The message that begins here: "GET /items/1", "200"; joined by ", " where there are several. */
  starts: string | null;
}

export type PacketNote = 'retransmission' | 'out-of-order' | 'keep-alive-probe' | 'keep-alive-answer' | 'zero-window' | 'window-probe' | 'window-update' | 'duplicate' | 'gap-before';
