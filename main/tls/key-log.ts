import type { TlsCrypto } from './tls-crypto.ts';

/** The secrets of a key log that records are opened with. */
export type SecretLabel =
  | 'CLIENT_RANDOM'
  | 'CLIENT_EARLY_TRAFFIC_SECRET'
  | 'CLIENT_HANDSHAKE_TRAFFIC_SECRET'
  | 'SERVER_HANDSHAKE_TRAFFIC_SECRET'
  | 'CLIENT_TRAFFIC_SECRET_0'
  | 'SERVER_TRAFFIC_SECRET_0';

const LABELS: ReadonlySet<string> = new Set<SecretLabel>([
  'CLIENT_RANDOM',
  'CLIENT_EARLY_TRAFFIC_SECRET',
  'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
  'SERVER_HANDSHAKE_TRAFFIC_SECRET',
  'CLIENT_TRAFFIC_SECRET_0',
  'SERVER_TRAFFIC_SECRET_0',
]);
/** A master secret has 48 bytes, a traffic secret those of its hash. */
const LINE = /^([A-Z0-9_]+) ([0-9a-f]{64}) ([0-9a-f]{96}|[0-9a-f]{64})$/i;
/** Lines kept: about 100 MB of key log. What comes after is left out. */
const MOST_SECRETS = 500_000;
/** Sessions kept, about 10 MB. */
const MOST_SESSIONS = 50_000;
/** Unread connections kept: one of them is enough to know that secrets came too late. */
const MOST_LACKED = 10_000;

/**
 * Secrets by client random, as SSLKEYLOGFILE has them (RFC 9850). Nothing of it leaves this class but to the
 * derivation of keys: no report, no log, no message.
 */
export class KeyLog {
  /** By label and random. */
  private readonly secrets = new Map<string, string>();
  /** Master secrets by session, of TLS 1.2 and before: programs do not write them again when they go on with one. */
  private readonly sessions = new Map<string, Uint8Array>();
  /** Randoms of connections that stayed unread without their secrets. */
  private readonly lacked = new Set<string>();
  /** Where more may come: looks for it at once, and tells whether some came. What lacks its secrets waits for them. */
  more: (() => boolean) | null = null;

  get size(): number {
    return this.secrets.size;
  }

  /** Reads key log lines; comments, other labels and damaged lines are passed over. Returns how many secrets were new. */
  add(text: string): number {
    const before = this.secrets.size;
    for (const line of text.split('\n')) {
      const found = LINE.exec(line.trim());
      if (found === null || !LABELS.has(found[1]!) || this.secrets.size >= MOST_SECRETS) continue;
      this.secrets.set(`${found[1]!} ${found[2]!.toLowerCase()}`, found[3]!);
    }
    return this.secrets.size - before;
  }

  /** @param name of a session: its id, or the ticket that the server gave for it */
  keepSession(name: string, master: Uint8Array): void {
    if (this.sessions.size < MOST_SESSIONS) this.sessions.set(name, master);
  }

  /** The master secret of a session that goes on. */
  ofSession(name: string): Uint8Array | null {
    return this.sessions.get(name) ?? null;
  }

  /** A connection stays unread without its secrets. */
  lack(random: string): void {
    if (this.lacked.size < MOST_LACKED && !this.has(random)) this.lacked.add(random);
  }

  /** Whether secrets have come since for connections that stayed unread. */
  get cameTooLate(): boolean {
    for (const random of this.lacked) if (this.has(random)) return true;
    return false;
  }

  private has(random: string): boolean {
    return this.secrets.has(`CLIENT_RANDOM ${random}`) || this.secrets.has(`CLIENT_TRAFFIC_SECRET_0 ${random}`);
  }

  /** @param random the client random, as lower-case hexadecimal digits */
  secret(label: SecretLabel, random: string): Uint8Array | null {
    const digits = this.secrets.get(`${label} ${random}`);
    return digits === undefined ? null : bytesOf(digits);
  }
}

/** Keys, and the ciphers that use them. */
export interface TlsKeys {
  readonly log: KeyLog;
  readonly crypto: TlsCrypto;
}

function bytesOf(digits: string): Uint8Array {
  const bytes = new Uint8Array(digits.length >> 1);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16);
  return bytes;
}
