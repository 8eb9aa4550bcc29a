/** What a ClientHello or ServerHello says; null (or empty) where absent. */
export interface TlsHello {
  readonly isClient: boolean;
  /** "1.3", "1.2", …: the highest offered (client) or the one chosen (server). */
  readonly version: string | null;
  readonly sni: string | null;
  /** Application protocols offered (client) or chosen (server), e.g. "h2", "http/1.1". */
  readonly alpn: readonly string[];
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  /** What a client offers to go on with an earlier session (RFC 5077 section 3.2). */
  readonly sessionTicket: Uint8Array;
  /** The suite the server chose; of a client the first it offers that is no reserved value. -1: not read. */
  readonly cipher: number;
  /** Extensions that are there (RFC 8446 section 4.2, RFC 7366, RFC 7627). */
  readonly extensions: ReadonlySet<number>;
}

/** Extension numbers. */
export const TlsExtension = { serverName: 0, alpn: 16, encryptThenMac: 22, extendedMasterSecret: 23, sessionTicket: 35, preSharedKey: 41, earlyData: 42, supportedVersions: 43 } as const;

const CLIENT_HELLO = 1;
/** Versions by number, 0x0300 to 0x0304 (RFC 8446 section 4.2.1). */
const VERSIONS = ['3.0', '1.0', '1.1', '1.2', '1.3'];
const ALPN_LIMIT = 32;

/**
 * Reads a ClientHello or ServerHello, a whole handshake message in [start, end) (RFC 8446 sections 4.1.2 and 4.1.3; RFC
 * 5246 section 7.4.1 for the older form). Lengths that contradict each other end the reading; what was read before them
 * is given.
 */
export function parseHello(bytes: Uint8Array, start: number, end: number): TlsHello {
  const isClient = bytes[start] === CLIENT_HELLO;
  const extensions = new Set<number>();
  const hello = {
    isClient,
    version: null as string | null,
    sni: null as string | null,
    alpn: [] as string[],
    random: bytes.slice(start + 6, Math.min(end, start + 38)),
    sessionId: new Uint8Array(0),
    sessionTicket: new Uint8Array(0),
    cipher: -1,
    extensions,
  };
  // Type 1, length 3, version 2, random 32.
  let p = start + 38;
  if (p >= end) return hello;
  hello.version = versionText(uint16(bytes, start + 4));
  hello.sessionId = bytes.slice(p + 1, Math.min(end, p + 1 + bytes[p]!));
  p += 1 + bytes[p]!;
  if (p + 2 > end) return hello;
  if (isClient) {
    const suites = uint16(bytes, p);
    for (let q = p + 2; q + 2 <= Math.min(end, p + 2 + suites) && hello.cipher < 0; q += 2) {
      const suite = uint16(bytes, q);
      // Reserved values look like 0x?a?a (RFC 8701).
      if ((suite & 0x0f0f) !== 0x0a0a) hello.cipher = suite;
    }
    p += 2 + suites;
    if (p >= end) return hello;
    p += 1 + bytes[p]!;
  } else {
    hello.cipher = uint16(bytes, p);
    p += 3;
  }
  if (p + 2 > end) return hello;
  const extensionsEnd = Math.min(end, p + 2 + uint16(bytes, p));
  for (p += 2; p + 4 <= extensionsEnd; ) {
    const type = uint16(bytes, p);
    const dataEnd = p + 4 + uint16(bytes, p + 2);
    if (dataEnd > extensionsEnd) break;
    extensions.add(type);
    if (type === TlsExtension.serverName) hello.sni = serverName(bytes, p + 4, dataEnd) ?? hello.sni;
    else if (type === TlsExtension.alpn) hello.alpn = alpnProtocols(bytes, p + 4, dataEnd);
    else if (type === TlsExtension.sessionTicket) hello.sessionTicket = bytes.slice(p + 4, dataEnd);
    else if (type === TlsExtension.supportedVersions) hello.version = supportedVersion(bytes, p + 4, dataEnd, isClient) ?? hello.version;
    p = dataEnd;
  }
  return hello;
}

/** The first host name of a server_name extension (RFC 6066 section 3); the server's is empty. */
function serverName(bytes: Uint8Array, start: number, end: number): string | null {
  if (start + 5 > end || bytes[start + 2] !== 0) return null;
  const nameEnd = start + 5 + uint16(bytes, start + 3);
  return nameEnd <= end ? text(bytes, start + 5, nameEnd) : null;
}

/** The names of an ALPN extension (RFC 7301 section 3.1). */
export function alpnProtocols(bytes: Uint8Array, start: number, end: number): string[] {
  const names: string[] = [];
  for (let p = start + 2; p < end && names.length < ALPN_LIMIT; ) {
    const nameEnd = p + 1 + bytes[p]!;
    if (nameEnd > end) break;
    names.push(text(bytes, p + 1, nameEnd));
    p = nameEnd;
  }
  return names;
}

function supportedVersion(bytes: Uint8Array, start: number, end: number, isClient: boolean): string | null {
  if (!isClient) return start + 2 <= end ? versionText(uint16(bytes, start)) : null;
  let highest = 0;
  for (let p = start + 1; p + 2 <= end; p += 2) {
    const version = uint16(bytes, p);
    // Reserved values (RFC 8701) and drafts are not versions.
    if (versionText(version) !== null && version > highest) highest = version;
  }
  return versionText(highest);
}

function versionText(version: number): string | null {
  return version >> 8 === 3 ? (VERSIONS[version & 0xff] ?? null) : null;
}

/** Printable ASCII as it is, other bytes as `?`: names on the wire are ASCII (RFC 6066, RFC 7301). */
function text(bytes: Uint8Array, start: number, end: number): string {
  let result = '';
  for (let p = start; p < end; p++) {
    const c = bytes[p]!;
    result += c > 32 && c < 127 ? String.fromCharCode(c) : '?';
  }
  return result;
}

function uint16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 8) | bytes[offset + 1]!;
}
