import { alpnProtocols, parseHello, TlsExtension, type TlsHello } from './hello.ts';
import { cipherSuite, type CipherSuite } from './cipher-suites.ts';
import type { KeyLog, SecretLabel } from './key-log.ts';
import { nextSecret, tls12Keys, tls13Keys } from './key-schedule.ts';
import { RecordOpener } from './record-opener.ts';
import type { TlsCrypto } from './tls-crypto.ts';

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
  retried = false;
  sawCertificate = false;
  private readonly keyLog: KeyLog | null;
  private readonly crypto: TlsCrypto | null;
  private early: RecordOpener | null = null;
  private readonly secrets: { client: Uint8Array | null; server: Uint8Array | null } = { client: null, server: null };

  constructor(keyLog: KeyLog | null, crypto: TlsCrypto | null) {
    this.keyLog = keyLog;
    this.crypto = crypto;
  }

  /** Takes a hello: `bytes` is the whole message. */
  hello(bytes: Uint8Array): TlsHello {
    const hello = parseHello(bytes, 0, bytes.length);
    if (hello.isClient) {
      // The second hello after a retry has the same random; of a renegotiation the server's is to come.
      this.clientHello = hello;
      this.serverHello = null;
    } else if (hex(hello.random) === RETRY_RANDOM) this.retried = true;
    else {
      this.serverHello = hello;
      if (hello.alpn.length > 0) this.alpn = hello.alpn;
    }
    return hello;
  }

  /** The body of an EncryptedExtensions message: two bytes of length, then extensions. */
  encryptedExtensions(body: Uint8Array): void {
    for (let p = 2; p + 4 <= body.length; ) {
      const type = (body[p]! << 8) | body[p + 1]!;
      const end = p + 4 + ((body[p + 2]! << 8) | body[p + 3]!);
      if (end > body.length) return;
      if (type === TlsExtension.alpn) this.alpn = alpnProtocols(body, p + 4, end);
      p = end;
    }
  }

  get version(): string | null {
    return this.serverHello?.version ?? null;
  }

  get suite(): CipherSuite | null {
    return this.serverHello === null ? null : cipherSuite(this.serverHello.cipher);
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

  /** The opener of one direction's records from the first of an epoch on; null where version, cipher or secrets are not to be had. */
  opener(direction: Direction, epoch: Epoch): RecordOpener | null {
    const { clientHello, serverHello, suite, crypto } = this;
    if (clientHello === null || serverHello === null || suite === null || crypto === null) return null;
    if (this.version === '1.3') {
      this.secrets[direction] = this.secretOf(LABELS[direction][epoch]);
      return this.openerOf(this.secrets[direction]);
    }
    const master = this.version === '1.2' ? this.secretOf('CLIENT_RANDOM') : null;
    if (master === null) return null;
    const keys = tls12Keys(crypto, suite, master, clientHello.random, serverHello.random);
    return new RecordOpener(crypto, suite, keys[direction], '1.2', serverHello.extensions.has(TlsExtension.encryptThenMac));
  }

  /** Of the client's early data, once the server's answer has named the cipher. */
  get earlyOpener(): RecordOpener | null {
    this.early ??= this.version === '1.3' ? this.openerOf(this.secretOf('CLIENT_EARLY_TRAFFIC_SECRET')) : null;
    return this.early;
  }

  /** The key log knows this connection. */
  get hasSecret(): boolean {
    return this.secretOf(this.version === '1.3' ? 'CLIENT_TRAFFIC_SECRET_0' : 'CLIENT_RANDOM') !== null;
  }

  /** What opens this direction's records after a KeyUpdate (RFC 8446 section 4.6.3), to be committed if it does. */
  updated(direction: Direction): { readonly opener: RecordOpener; commit(): void } | null {
    const { suite, crypto } = this;
    const secret = this.secrets[direction];
    if (secret === null || suite === null || crypto === null) return null;
    const next = nextSecret(crypto, suite, secret);
    return { opener: this.openerOf(next)!, commit: () => (this.secrets[direction] = next) };
  }

  private secretOf(label: SecretLabel): Uint8Array | null {
    return this.clientHello === null || this.keyLog === null ? null : this.keyLog.secret(label, hex(this.clientHello.random));
  }

  private openerOf(secret: Uint8Array | null): RecordOpener | null {
    const { suite, crypto } = this;
    return secret === null || suite === null || crypto === null ? null : new RecordOpener(crypto, suite, tls13Keys(crypto, suite, secret), '1.3', false);
  }
}

const LABELS: Record<Direction, Record<Epoch, SecretLabel>> = {
  client: { handshake: 'CLIENT_HANDSHAKE_TRAFFIC_SECRET', application: 'CLIENT_TRAFFIC_SECRET_0' },
  server: { handshake: 'SERVER_HANDSHAKE_TRAFFIC_SECRET', application: 'SERVER_TRAFFIC_SECRET_0' },
};

function hex(bytes: Uint8Array): string {
  let digits = '';
  for (const byte of bytes) digits += byte.toString(16).padStart(2, '0');
  return digits;
}
