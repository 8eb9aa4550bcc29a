import { Handshake, type Direction } from './handshake.ts';
import type { HandshakeCost } from './handshake-cost.ts';
import type { TlsKeys } from './key-log.ts';
import type { LateRecord } from './late-keys.ts';
import type { TlsLimits } from './limits.ts';
import type { HeldText } from './plain-text.ts';
import { TlsHalf } from './tls-half.ts';
import type { SealedRecord, Turns } from './turns.ts';

/** One TLS connection while it lives. */
export interface TlsConnection {
  readonly row: number;
  readonly slot: number;
  readonly handshake: Handshake;
  readonly halves: readonly [TlsHalf, TlsHalf];
  /** The half-stream with the ClientHello; -1: not seen. */
  clientHalf: number;
  /** Its records cannot be opened. */
  opaque: boolean;
  /** One was. */
  opened: boolean;
  /** While none was: those that did not open. */
  unopened: SealedRecord[];
  /** Plain text was given on. */
  plainOpened: boolean;
  /** Plain text that waits, by direction; see PlainText. */
  readonly held: readonly [HeldText[], HeldText[]];
  heldBytes: number;
  /** TLS 1.3, opaque: the client's sealed handshake went by. */
  clientFinished: boolean;
  /** … it sent a sealed record that is no alert. */
  clientSealed: boolean;
  /** … padded, as Java does. */
  clientPads: boolean;
  /** Sealed records of a client that wrote before the server's answer (RFC 8446 section 2.3). */
  early: EarlyRecord[];
  /** Not all of them could be kept. */
  earlyLost: boolean;
  /** What waits for secrets that are still to come; see LateKeys. */
  late: LateRecord[] | null;
  lateBytes: number;
  turns: Turns | null;
  /** The first handshake, while it goes on; null: it is over, or bytes of it are lost. */
  shaking: HandshakeCost | null;
  /** A close_notify was seen, and told. */
  notified: boolean;
  /** The half-stream that may have notified before the one that was told, as the capture has it late; -1: none. */
  notifiesLate: number;
  /** A fatal alert was seen, and told. */
  alerted: boolean;
  /** Opaque: another handshake was seen, and told. */
  renegotiated: boolean;
}

export interface EarlyRecord {
  readonly header: Uint8Array;
  readonly body: Uint8Array;
  readonly frame: number;
  readonly time: number;
}

export function tlsConnection(slot: number, row: number, keys: TlsKeys | null, { handshakeBytes }: TlsLimits): TlsConnection {
  return {
    row,
    slot,
    handshake: new Handshake(keys),
    halves: [new TlsHalf(handshakeBytes), new TlsHalf(handshakeBytes)],
    clientHalf: -1,
    opaque: false,
    opened: false,
    unopened: [],
    plainOpened: false,
    held: [[], []],
    heldBytes: 0,
    clientFinished: false,
    clientSealed: false,
    clientPads: false,
    early: [],
    earlyLost: false,
    late: null,
    lateBytes: 0,
    turns: null,
    shaking: { began: Number.NaN, bytes: 0 },
    notified: false,
    notifiesLate: -1,
    alerted: false,
    renegotiated: false,
  };
}

export function directionOf(connection: TlsConnection, half: number): Direction {
  return half === connection.clientHalf ? 'client' : 'server';
}
