import type { AppError } from '../app-error.ts';

/** Where packets of one interface go; times are nanoseconds since 1970 as two 32-bit halves. */
export interface PacketSink {
  packet(source: number, high: number, low: number, data: Uint8Array, offset: number, captured: number, original: number): void;
  /** Nothing more is at hand: what was given may be flushed. */
  pause(): void;
}

/** What captures one interface. */
export interface PacketSource {
  /** LINKTYPE_ value; known once it is open. */
  readonly linkType: number;
  /** To be ended if this process dies; null where it is this process. */
  readonly process: number | null;
  /** Packets lost since it began, as last known; null: not told (yet). */
  readonly droppedBySystem: number | null;
  readonly droppedByInterface: number | null;

  /** Resolves once it listens. @throws AppError where it cannot */
  open(): Promise<void>;
  /** Gives packets until it ends; resolves with why it ended by itself, or null after `stop`. */
  pump(source: number, sink: PacketSink): Promise<AppError | null>;
  /** Asks for current drop counts. */
  refresh(): void;
  /** Ends it; what it has at hand still comes. */
  stop(): void;
}
