import { filler } from './conversation.ts';
import { concat, latin1 } from './packets.ts';
import type { Talked, TlsTalk } from './tls-captures.ts';
import { message, TlsWriter } from './tls-writer.ts';
import { Tls12Writer } from './tls12-writer.ts';

const WRITERS = {
  'TLS 1.3 AES-128-GCM': () => new TlsWriter(),
  'TLS 1.3 AES-256-GCM': () => new TlsWriter({ suite: 0x1302 }),
  'TLS 1.2 AES-128-GCM': () => new Tls12Writer(0xc02f),
  'TLS 1.2 AES-256-GCM': () => new Tls12Writer(0xc030),
  'TLS 1.2 ChaCha20-Poly1305': () => new Tls12Writer(0xcca8),
  'TLS 1.2 AES-128-CBC': () => new Tls12Writer(0x002f),
} as const;

export type TalkName = keyof typeof WRITERS;

/**
 * What `talk` of tls-captures.ts gives, with the same targets, but written rather than talked: the same bytes on each run,
 * as a property needs that is tried in some cases of very many.
 */
export function written(name: TalkName, targets: readonly string[]): Omit<TlsTalk, 'session'> {
  const writer = WRITERS[name]().handshake();
  // A server of TLS 1.3 sends its session tickets behind the handshake.
  if (writer instanceof TlsWriter) for (let i = 0; i < 2; i++) writer.sealed('server', 22, message(4, filler(220)));
  const exchanges = targets.map((target): Talked => {
    const [, kind, digits] = target.split('/');
    const size = Number(digits ?? 0);
    const method = kind === 'upload' ? 'POST' : 'GET';
    const status = kind === 'empty' ? 204 : 200;
    writer.data('client', `${method} ${target} HTTP/1.1\r\n${kind === 'upload' ? `Content-Length: ${size}\r\n` : ''}Host: tls.example\r\nConnection: keep-alive\r\n\r\n`);
    if (kind === 'upload') writer.data('client', filler(size));
    const framing = { length: `Content-Length: ${size}\r\n`, upload: 'Content-Length: 0\r\n', chunked: 'Transfer-Encoding: chunked\r\n', empty: '' }[kind!]!;
    const head = latin1(`HTTP/1.1 ${status} Fine\r\n${framing}Date: Sat, 21 Nov 2026 12:00:00 GMT\r\nConnection: keep-alive\r\nKeep-Alive: timeout=60\r\n\r\n`);
    if (kind === 'chunked') writer.data('server', concat([head, chunk(size >> 1)])).data('server', concat([chunk(size - (size >> 1)), latin1('0\r\n\r\n')]));
    // Short bodies come with their head, long ones behind it.
    else if (kind === 'length' && size > 1000) writer.data('server', head).data('server', filler(size));
    else writer.data('server', kind === 'length' ? concat([head, filler(size)]) : head);
    return { method, target, status, bodyBytes: kind === 'length' || kind === 'chunked' ? size : 0 };
  });
  writer.closeNotify('client');
  return { pieces: writer.pieces, keyLog: writer.keyLog, exchanges };
}

function chunk(size: number): Uint8Array {
  return concat([latin1(`${size.toString(16)}\r\n`), filler(size), latin1('\r\n')]);
}
