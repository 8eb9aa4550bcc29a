import { alpnProtocols, parseHello, TlsExtension, type TlsHello } from './hello.ts';
import { cipherSuite, type CipherSuite } from './cipher-suites.ts';
import type { TlsAnomalyCode } from './anomalies.ts';
import type { KeyLog, SecretLabel, TlsKeys } from './key-log.ts';
import { tls12Keys } from './key-schedule.ts';
import { RecordOpener } from './record-opener.ts';

/** Handshake message types (RFC 8446 section 4, RFC 5246 section 7.4). */
export const HandshakeType = { helloRequest: 0, clientHello: 1, serverHello: 2, newSessionTicket: 4, endOfEarlyData: 5, encryptedExtensions: 8, certificate: 11, finished: 20, keyUpdate: 24 } as const;

/** A ServerHello with this random is a HelloRetryRequest (RFC 8446 section 4.1.3). */
const RETRY_RANDOM = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c';

export type Direction = 'client' | 'server';
export type Epoch = 'handshake' | 'application';

/** What the hellos of one connection agreed on, and the keys that follow from it where the key log has the secrets. */
export class Handshake {
  clientHello: TlsHello | null = null;
  serverHello: TlsHello | null = null;
  /** Names the server chose, once seen. */
  alpn: readonly string[] | null = null;
  sawCertificate = false;
  retried = false;
  /** The client acknowledged bytes of the server that the capture has later: its hello may be among them. */
  serverIsLate = false;
  /** What the server made of early data, once that is known. */
  earlyData: 'accepted' | 'rejected' | null = null;
  private readonly keys: TlsKeys | null;
  private early: RecordOpener | null = null;
  private offeredEarly = false;

  constructor(keys: TlsKeys | null) {
    this.keys = keys;
  }

  /** Takes a hello: `bytes` is the whole message. */
  hello(bytes: Uint8Array): TlsHello {
    const hello = parseHello(bytes, 0, bytes.length);
    if (hello.isClient) {
      // The second hello after a retry has the same random; of a renegotiation the server's is to come.
      if (!this.awaitsHello) this.serverHello = null;
      this.clientHello = hello;
      if (hello.extensions.has(TlsExtension.earlyData)) this.offeredEarly = true;
    } else if (hex(hello.random) === RETRY_RANDOM) {
      this.retried = true;
      this.answerEarly(false);
    } else {
      this.serverHello = hello;
      if (hello.version !== '1.3' && hello.sessionId.length > 0) this.keepSession(`id ${hex(hello.sessionId)}`);
      if (hello.alpn.length > 0) this.alpn = hello.alpn;
      // Without the session there are no keys for it; with it the EncryptedExtensions tell.
      if (hello.version !== '1.3' || !hello.extensions.has(TlsExtension.preSharedKey)) this.answerEarly(false);
    }
    return hello;
  }

  /** The body of an EncryptedExtensions message: two bytes of length, then extensions. */
  encryptedExtensions(body: Uint8Array): void {
    let accepted = false;
    for (let p = 2; p + 4 <= body.length; ) {
      const type = (body[p]! << 8) | body[p + 1]!;
      const end = p + 4 + ((body[p + 2]! << 8) | body[p + 3]!);
      if (end > body.length) return;
      if (type === TlsExtension.alpn) this.alpn = alpnProtocols(body, p + 4, end);
      if (type === TlsExtension.earlyData) accepted = true;
      p = end;
    }
    this.answerEarly(accepted);
  }

  /** RFC 8446 section 4.2.10. */
  private answerEarly(accepted: boolean): void {
    if (this.offeredEarly) this.earlyData ??= accepted ? 'accepted' : 'rejected';
  }

  get version(): string | null {
    return this.serverHello?.version ?? null;
  }

  /** TLS 1.0, 1.1, and what is older. */
  private get isLegacy(): boolean {
    return this.version !== '1.3' && this.version !== '1.2';
  }

  /** The suite that the server chose, by its name, or by its number where it is none that is read. */
  get suiteName(): string | null {
    const { serverHello } = this;
    if (serverHello === null || serverHello.cipher < 0) return null;
    return cipherSuite(serverHello.cipher)?.name ?? `0x${serverHello.cipher.toString(16).toUpperCase().padStart(4, '0')}`;
  }

  get suite(): CipherSuite | null {
    if (this.serverHello === null) return null;
    // The suites of TLS 1.3 begin with 0x13 and are for it alone (RFC 8446 appendix B.4).
    const is13 = this.serverHello.cipher >> 8 === 0x13;
    const suite = is13 === (this.version === '1.3') ? cipherSuite(this.serverHello.cipher) : null;
    // Before TLS 1.2 there was HMAC with SHA-1 only, of those that are read (RFC 2246 appendix A.5).
    return this.isLegacy && (suite?.mac !== 'sha1' || this.version === '3.0') ? null : suite;
  }

  /**
   * Whether an earlier session goes on: in TLS 1.3 the server took a pre-shared key, in 1.2 it gave the client's session
   * id back and sent no certificate. null before that is known.
   */
  get resumed(): boolean | null {
    const { clientHello, serverHello } = this;
    if (serverHello === null) return null;
    if (this.version === '1.3') return serverHello.extensions.has(TlsExtension.preSharedKey);
    if (this.sawCertificate) return false;
    return serverHello.sessionId.length > 0 && clientHello !== null && hex(clientHello.sessionId) === hex(serverHello.sessionId);
  }

  /**
   * Why the records cannot be opened, null if they can; undefined where that goes without saying: nobody gave keys, or
   * the beginning of the connection is not in the capture.
   */
  get obstacle(): TlsAnomalyCode | null | undefined {
    const { clientHello, serverHello, keys } = this;
    if (keys === null || keys.log.size === 0) return undefined;
    if (clientHello === null) return serverHello === null ? undefined : 'tls-hello-missing';
    const there = (labels: readonly SecretLabel[]): boolean => labels.every((label) => this.secretOf(label) !== null);
    const has12 = there(['CLIENT_RANDOM']);
    const has13 = there(TRAFFIC_LABELS);
    if (serverHello === null) return has12 || has13 ? 'tls-hello-missing' : 'tls-key-missing';
    if (this.version === '1.3' ? !has13 : !has12) return 'tls-key-missing';
    return this.suite === null ? 'tls-cipher-unknown' : null;
  }

  /** What the keys depend on is not there, and may still come. */
  get awaits(): boolean {
    return this.awaitsHello || this.awaitsServer || this.awaitsKeys;
  }

  /** The server's hello was captured before the client's: the order of two directions is that of the capture. */
  get awaitsHello(): boolean {
    return this.serverHello !== null && this.clientHello === null;
  }

  /** Or behind what the client sent once it had it. */
  get awaitsServer(): boolean {
    return this.serverIsLate && this.serverHello === null && this.obstacle === 'tls-hello-missing';
  }

  /** The secrets are not there, and may still come. */
  get awaitsKeys(): boolean {
    const { obstacle } = this;
    return this.keys !== null && this.keys.log.more !== null && this.clientHello !== null && this.suite !== null && (obstacle === 'tls-key-missing' || this.keys.log.size === 0);
  }

  /** Has the key log look for more; whether the secrets are still to come then. */
  lacksKeys(): boolean {
    if (this.awaitsKeys) this.keys?.log.more?.();
    return this.awaitsKeys;
  }

  /** The connection stays unread, for whatever reason. */
  giveUp(): void {
    if (this.clientHello !== null) this.keys?.log.lack(hex(this.clientHello.random));
  }

  /** The opener of one direction's records from the first of an epoch on; null where version, cipher or secrets are not to be had. */
  opener(direction: Direction, epoch: Epoch): RecordOpener | null {
    const { clientHello, serverHello, suite, keys } = this;
    if (this.version === '1.3') return this.openerOf(LABELS[direction][epoch]);
    const master = this.secretOf('CLIENT_RANDOM');
    if (clientHello === null || serverHello === null || suite === null || keys === null || master === null) return null;
    const recordKeys = tls12Keys(keys.crypto, suite, this.isLegacy, master, clientHello.random, serverHello.random);
    return RecordOpener.tls12(keys.crypto, suite, recordKeys[direction], serverHello.extensions.has(TlsExtension.encryptThenMac), this.version === '1.0');
  }

  /** Of the client's early data, once the server's answer has named the cipher; null also where there is none. */
  get earlyOpener(): RecordOpener | null {
    if (this.version === '1.3' && this.earlyData !== 'rejected' && this.offersEarlyData) this.early ??= this.openerOf('CLIENT_EARLY_TRAFFIC_SECRET');
    return this.early;
  }

  /** Early data could be read, if there is any. */
  get hasEarlySecret(): boolean {
    return this.secretOf('CLIENT_EARLY_TRAFFIC_SECRET') !== null;
  }

  /** In the first hello: one after a retry offers none (RFC 8446 section 4.1.2). */
  get offersEarlyData(): boolean {
    return this.offeredEarly;
  }

  /** A NewSessionTicket of TLS 1.2 (RFC 5077 section 3.3): four bytes of lifetime, two of length, the ticket. */
  newSessionTicket(body: Uint8Array): void {
    if (body.length > 6) this.keepSession(ticketName(body.subarray(6)));
  }

  private secretOf(label: SecretLabel): Uint8Array | null {
    const { clientHello, keys } = this;
    if (clientHello === null || keys === null) return null;
    return keys.log.secret(label, hex(clientHello.random)) ?? (label === 'CLIENT_RANDOM' ? this.secretOfSession(keys.log, clientHello) : null);
  }

  /** The master secret of the session that goes on, where the connection before it has told it. */
  private secretOfSession(log: KeyLog, { sessionId, sessionTicket }: TlsHello): Uint8Array | null {
    if (this.resumed !== true || this.version === '1.3') return null;
    return (sessionTicket.length > 0 ? log.ofSession(ticketName(sessionTicket)) : null) ?? log.ofSession(`id ${hex(sessionId)}`);
  }

  private keepSession(name: string): void {
    const { keys } = this;
    const secret = keys === null || keys.log.size === 0 ? null : this.secretOf('CLIENT_RANDOM');
    if (secret !== null) keys!.log.keepSession(name, secret);
  }

  private openerOf(label: SecretLabel): RecordOpener | null {
    const { suite, keys } = this;
    const secret = this.secretOf(label);
    return secret === null || suite === null || keys === null ? null : RecordOpener.tls13(keys.crypto, suite, secret);
  }
}

const TRAFFIC_LABELS: readonly SecretLabel[] = ['CLIENT_HANDSHAKE_TRAFFIC_SECRET', 'SERVER_HANDSHAKE_TRAFFIC_SECRET', 'CLIENT_TRAFFIC_SECRET_0', 'SERVER_TRAFFIC_SECRET_0'];
const LABELS: Record<Direction, Record<Epoch, SecretLabel>> = {
  client: { handshake: 'CLIENT_HANDSHAKE_TRAFFIC_SECRET', application: 'CLIENT_TRAFFIC_SECRET_0' },
  server: { handshake: 'SERVER_HANDSHAKE_TRAFFIC_SECRET', application: 'SERVER_TRAFFIC_SECRET_0' },
};

/** A ticket ends with its authentication code: no two are alike there. */
function ticketName(ticket: Uint8Array): string {
  return `ticket ${hex(ticket.subarray(-32))}`;
}

function hex(bytes: Uint8Array): string {
  let digits = '';
  for (const byte of bytes) digits += byte.toString(16).padStart(2, '0');
  return digits;
}
