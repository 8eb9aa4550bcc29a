import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { connect as connectTcp, createServer as createTcpServer } from 'node:net';
import { type ConnectionOptions, connect, type TlsOptions, type TLSSocket } from 'node:tls';
import { conversation, filler, type Conversation, type Side } from './conversation.ts';
import type { Packet } from './packets.ts';
import { block } from './capture-files.ts';
import { ACK, concat, latin1, PSH } from './packets.ts';
import { seeded } from './random.ts';

/** Bytes of one side, as the relay between client and server read them. */
export interface Piece {
  readonly side: Side;
  readonly bytes: Uint8Array;
}

/** What the client's program did, one after the other. */
export interface Talked {
  readonly method: string;
  readonly target: string;
  readonly status: number;
  readonly bodyBytes: number;
}

/** A TLS connection over loopback: its bytes, its secrets, and what was said inside. */
export interface TlsTalk {
  readonly pieces: readonly Piece[];
  readonly keyLog: string;
  readonly exchanges: readonly Talked[];
  /** To go on with it in another connection. */
  readonly session: Buffer | undefined;
}

export type Certificate = 'rsa' | 'ec';

export interface TalkOptions {
  readonly client?: ConnectionOptions;
  readonly server?: TlsOptions;
  readonly certificate?: Certificate;
  /** Called with the server before it listens. */
  readonly prepare?: (server: Server) => void;
  /** What the client asks for; between two requests `between` runs. */
  readonly targets?: readonly string[];
  readonly between?: (socket: TLSSocket, index: number) => Promise<void>;
}

/** Requests of a usual connection: bodies of less than a record, of several, chunked, none, and one that is sent. */
export const TARGETS = ['/length/20', '/length/40000', '/chunked/9000', '/empty', '/upload/3000', '/length/1'];

/** Talks HTTP/1.1 over TLS with Node's own client and server; every byte goes through a relay that writes it down. */
export async function talk({ client = {}, server = {}, certificate = 'rsa', targets = TARGETS, between, prepare }: TalkOptions): Promise<TlsTalk> {
  const pieces: Piece[] = [];
  let keyLog = '';
  const exchanges: Talked[] = [];
  let session: Buffer | undefined;
  const origin = createServer({ ...pair(certificate), ...server }, (incoming, outgoing) => {
    incoming.resume().on('end', () => {
      const [, kind, size] = incoming.url!.split('/');
      const body = filler(Number(size ?? 0));
      if (kind === 'chunked') outgoing.write(body.subarray(0, body.length >> 1));
      else if (kind !== 'empty') outgoing.setHeader('Content-Length', kind === 'upload' ? 0 : body.length);
      else outgoing.statusCode = 204;
      outgoing.end(kind === 'chunked' ? body.subarray(body.length >> 1) : kind === 'length' ? body : undefined);
    });
  });
  prepare?.(origin);
  origin.keepAliveTimeout = 60_000;
  const relay = createTcpServer((near) => {
    const far = connectTcp((origin.address() as AddressInfo).port, '127.0.0.1');
    passOn(near, far, (bytes) => pieces.push({ side: 'client', bytes }));
    passOn(far, near, (bytes) => pieces.push({ side: 'server', bytes }));
  });
  await listening(origin);
  await listening(relay);
  const socket = connect({ port: (relay.address() as AddressInfo).port, host: '127.0.0.1', servername: 'tls.example', rejectUnauthorized: false, ...client });
  socket.on('keylog', (line: Buffer) => (keyLog += line.toString('latin1')));
  socket.on('session', (offered: Buffer) => (session = offered));
  try {
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    agent.createConnection = () => socket;
    for (const [index, target] of targets.entries()) {
      if (index > 0) await between?.(socket, index);
      exchanges.push(await ask(agent, target));
    }
    const closed = new Promise((resolve) => socket.once('close', resolve));
    agent.destroy();
    socket.end();
    await closed;
  } finally {
    socket.destroy();
    origin.closeAllConnections();
    await Promise.all([origin, relay].map((each) => new Promise((resolve) => each.close(resolve))));
  }
  return { pieces, keyLog, exchanges, session };
}

function ask(agent: Agent, target: string): Promise<Talked> {
  const upload = /^\/upload\/(\d+)$/.exec(target);
  const method = upload === null ? 'GET' : 'POST';
  return new Promise((resolve, reject) => {
    const outgoing = request({ agent, method, path: target, headers: upload === null ? {} : { 'Content-Length': upload[1]! } }, (incoming) => {
      let bodyBytes = 0;
      incoming.on('data', (piece: Buffer) => (bodyBytes += piece.length)).on('end', () => resolve({ method, target, status: incoming.statusCode!, bodyBytes }));
    });
    outgoing.on('error', reject).end(upload === null ? undefined : filler(Number(upload[1])));
  });
}

/** Certificate and key of test/fixtures/tls, valid for a hundred years. */
export function pair(certificate: Certificate): { cert: string; key: string } {
  const read = (what: string): string => readFileSync(new URL(`../fixtures/tls/${certificate}-${what}.pem`, import.meta.url), 'utf8');
  return { cert: read('cert'), key: read('key') };
}

function passOn(from: Socket, to: Socket, note: (bytes: Uint8Array) => void): void {
  from.on('data', (bytes: Buffer) => {
    note(new Uint8Array(bytes));
    to.write(bytes);
  });
  from.on('end', () => to.end()).on('error', () => to.destroy());
}

function listening(server: { listen(port: number, host: string, done: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

export interface Carriage {
  readonly seed?: number;
  /** Most bytes of a segment; cuts are at random below it. */
  readonly maxSegment?: number;
  readonly client?: string;
  readonly start?: number;
  readonly closed?: boolean;
}

/** The packets of a connection with these bytes, cut into segments at random. */
export function packetsOf(pieces: readonly Piece[], carriage: Carriage = {}): readonly Packet[] {
  return carried(pieces, carriage).packets;
}

export function carried(pieces: readonly Piece[], { seed = 1, maxSegment = 1460, client = '10.0.0.1:40000', start = 0, closed = true }: Carriage = {}): Conversation {
  const random = seeded(seed);
  const talk = conversation({ client, server: '10.0.0.2:443', start }).handshake();
  for (const { side, bytes } of joined(pieces)) {
    for (let at = 0; at < bytes.length; ) {
      const length = Math.min(bytes.length - at, 1 + random(maxSegment));
      talk.segment(side, { flags: PSH | ACK, data: bytes.subarray(at, (at += length)) });
    }
  }
  return closed ? talk.close('client') : talk;
}

/** A record in a side's stream. */
export interface RecordPlace {
  readonly side: Side;
  /** Offset of its header in the stream, and its length with it. */
  readonly start: number;
  readonly length: number;
  /** Content type on the wire. */
  readonly type: number;
  /** How many records of this side come before it. */
  readonly index: number;
}

export function recordsOf(pieces: readonly Piece[]): RecordPlace[] {
  return (['client', 'server'] as const).flatMap((side) => {
    const bytes = streamOf(pieces, side);
    const records: RecordPlace[] = [];
    for (let start = 0; start < bytes.length; start += records.at(-1)!.length) {
      records.push({ side, start, length: 5 + ((bytes[start + 3]! << 8) | bytes[start + 4]!), type: bytes[start]!, index: records.length });
    }
    return records;
  });
}

export function streamOf(pieces: readonly Piece[], side: Side): Uint8Array {
  return concat(pieces.filter((piece) => piece.side === side).map(({ bytes }) => bytes));
}

/** The same bytes with one bit of a side's stream turned over. */
export function flipped(pieces: readonly Piece[], side: Side, offset: number, bit: number): Piece[] {
  let at = 0;
  return pieces.map((piece) => {
    if (piece.side !== side) return piece;
    const place = offset - at;
    at += piece.bytes.length;
    if (place < 0 || place >= piece.bytes.length) return piece;
    const bytes = piece.bytes.slice();
    bytes[place]! ^= 1 << bit;
    return { side, bytes };
  });
}

/** Pieces of one side that follow one another, as one: how the relay's reads fell is by chance. */
export function joined(pieces: readonly Piece[]): Piece[] {
  const turns: Piece[] = [];
  for (const piece of pieces) {
    const last = turns.at(-1);
    if (last?.side === piece.side) turns[turns.length - 1] = { side: piece.side, bytes: concat([last.bytes, piece.bytes]) };
    else turns.push(piece);
  }
  return turns;
}

/** A pcapng file of toPcapng with a key log in it: a Decryption Secrets Block behind the first `blocks`, the section header's at least. */
export function withSecrets(pcapng: Uint8Array, keyLog: string, blocks = 1): Uint8Array {
  const head = new DataView(new ArrayBuffer(8));
  // "TLSK", little-endian.
  head.setUint32(0, 0x544c534b, true);
  head.setUint32(4, keyLog.length, true);
  const view = new DataView(pcapng.buffer, pcapng.byteOffset);
  let at = 0;
  for (let i = 0; i < blocks; i++) at += view.getUint32(at + 4, true);
  return concat([pcapng.subarray(0, at), block(10, [new Uint8Array(head.buffer), latin1(keyLog)]), pcapng.subarray(at)]);
}
