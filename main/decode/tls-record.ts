/** What a ClientHello or ServerHello says; null (or empty) where absent. */
export interface TlsHello {
  readonly isClient: boolean;
  /** "1.3", "1.2", …: the highest offered (client) or the one chosen (server). */
  readonly version: string | null;
  readonly sni: string | null;
  /** Application protocols offered (client) or chosen (server), e.g. "h2", "http/1.1". */
  readonly alpn: readonly string[];
}

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;
const SERVER_NAME = 0;
const ALPN = 16;
const SUPPORTED_VERSIONS = 43;
/** Versions by number, 0x0300 to 0x0304 (RFC 8446 section 4.2.1). */
const VERSIONS = ['3.0', '1.0', '1.1', '1.2', '1.3'];
const ALPN_LIMIT = 32;

/**
 * Reads the hello at the start of a TLS stream (RFC 8446 sections 4.1.2, 4.1.3 and 5.1; RFC 5246 for the older form).
 * `more` where the bytes end before it does; null where they begin with something else (an alert, application data).
 * Lengths that contradict each other end the reading; what was read before them is given.
 */
export function parseTlsHello(bytes: Uint8Array, start: number, end: number): TlsHello | 'more' | null {
  if (end - start < 6) return end > start && bytes[start] !== HANDSHAKE ? null : 'more';
  const type = bytes[start + 5]!;
  if (bytes[start] !== HANDSHAKE || bytes[start + 1] !== 3 || (type !== CLIENT_HELLO && type !== SERVER_HELLO)) return null;
  if (end - start < 9) return 'more';
  const length = 4 + ((bytes[start + 6]! << 16) | uint16(bytes, start + 7));
  if (start + 5 + length <= end && length <= uint16(bytes, start + 3)) return parseHello(bytes, start + 5, start + 5 + length);
  const message = joinRecords(bytes, start, end, length);
  if (message === null) return null;
  return message.length < length ? 'more' : parseHello(message, 0, length);
}

/** The handshake message of `length` bytes that begins in the record at `start`, as far as it is there; null where another kind of record interrupts it. */
function joinRecords(bytes: Uint8Array, start: number, end: number, length: number): Uint8Array | null {
  const message: number[] = [];
  for (let record = start; record + 5 <= end && message.length < length; ) {
    if (bytes[record] !== HANDSHAKE) return null;
    const recordEnd = record + 5 + uint16(bytes, record + 3);
    for (let p = record + 5; p < Math.min(recordEnd, end) && message.length < length; p++) message.push(bytes[p]!);
    record = recordEnd;
  }
  return Uint8Array.from(message);
}

/** A hello as a whole handshake message in [start, end). */
function parseHello(bytes: Uint8Array, start: number, end: number): TlsHello {
  const isClient = bytes[start] === CLIENT_HELLO;
  const hello = { isClient, version: null as string | null, sni: null as string | null, alpn: [] as string[] };
  // Type 1, length 3, version 2, random 32.
  let p = start + 38;
  if (p >= end) return hello;
  hello.version = versionText(uint16(bytes, start + 4));
  p += 1 + bytes[p]!;
  if (isClient) {
    if (p + 2 > end) return hello;
    p += 2 + uint16(bytes, p);
    if (p >= end) return hello;
    p += 1 + bytes[p]!;
  } else p += 3;
  if (p + 2 > end) return hello;
  const extensionsEnd = Math.min(end, p + 2 + uint16(bytes, p));
  for (p += 2; p + 4 <= extensionsEnd; ) {
    const type = uint16(bytes, p);
    const dataEnd = p + 4 + uint16(bytes, p + 2);
    if (dataEnd > extensionsEnd) break;
    if (type === SERVER_NAME) hello.sni = serverName(bytes, p + 4, dataEnd) ?? hello.sni;
    else if (type === ALPN) hello.alpn = protocols(bytes, p + 4, dataEnd);
    else if (type === SUPPORTED_VERSIONS) hello.version = supportedVersion(bytes, p + 4, dataEnd, isClient) ?? hello.version;
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
function protocols(bytes: Uint8Array, start: number, end: number): string[] {
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
