import type { ExchangeSink } from '../http/exchange-sink.ts';
import type { TlsConnection } from './tls-connection.ts';

/** A handshake that is measured: from the ClientHello's first byte to the last of the Finished that comes last. */
export interface HandshakeCost {
  /** Nanoseconds; NaN before the ClientHello. */
  began: number;
  /** Of the records of both directions, with their headers. */
  bytes: number;
}

/** The first record of the handshake is at hand; of a hello that is asked for again it is the first one's. */
export function beginHandshake({ shaking }: TlsConnection, time: number): void {
  if (shaking !== null && Number.isNaN(shaking.began)) shaking.began = time;
}

/** A record of it, or of what goes to and fro meanwhile. */
export function addToHandshake({ shaking }: TlsConnection, bytes: number): void {
  if (shaking !== null) shaking.bytes += bytes;
}

/** The last record of it is at hand. Nothing is told where data came before: it is counted too. */
export function endHandshake(sink: ExchangeSink, connection: TlsConnection, time: number): void {
  const { shaking, row, handshake } = connection;
  connection.shaking = null;
  if (shaking === null || Number.isNaN(shaking.began) || handshake.offersEarlyData) return;
  sink.tls(row, { handshake: { nanoseconds: time - shaking.began, bytes: shaking.bytes } });
}

/** Whether one side, or both, never came to the end of its part, as far as can be seen; all of the connection was in the capture. */
export function isUnfinished(connection: TlsConnection): boolean {
  const { shaking, handshake, halves, clientHalf, opaque, clientSealed } = connection;
  if (shaking === null || Number.isNaN(shaking.began) || handshake.offersEarlyData) return false;
  if (handshake.version === null) return true;
  if (handshake.version !== '1.3') return halves.some(({ sealed }) => !sealed);
  return opaque ? !clientSealed : !halves[clientHalf & 1]!.finished;
}

/** Whether the client sent no data behind its handshake, as far as can be seen. */
export function isSilent({ shaking, handshake, opaque, turns, clientFinished, opened, plainOpened }: TlsConnection): boolean {
  if (shaking !== null || handshake.offersEarlyData) return false;
  if (!opaque) return opened && !plainOpened;
  return turns !== null && !turns.hasBegun && (handshake.version !== '1.3' || clientFinished);
}
