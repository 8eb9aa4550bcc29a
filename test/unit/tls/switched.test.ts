import { describe, expect, it } from 'vitest';
import { KeyLog } from '../../../main/tls/key-log.ts';
import { reportOf } from '../../kit/report-of.ts';
import { carried } from '../../kit/tls-captures.ts';
import { TlsWriter } from '../../kit/tls-writer.ts';

describe('what goes on in another protocol inside of TLS', () => {
  it.each([
    ['a WebSocket', 'GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', 'websocket'],
    ['a tunnel', 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n', 'tunnel'],
  ])('the close of %s was told as the end of an idle connection', async (_, request, response, inner) => {
    const writer = new TlsWriter().handshake().data('client', request).data('server', response);
    for (let i = 0; i < 3; i++) writer.data('server', Uint8Array.of(0x81, 2, 104, 105)).data('client', Uint8Array.of(0x81, 0x82, 1, 2, 3, 4, 105, 107));
    const log = new KeyLog();
    log.add(writer.keyLog);
    const [connection] = [...(await reportOf(carried(writer.pieces).packets, {}, log)).connections()];
    expect(connection).toMatchObject({ protocol: 'tls', innerProtocol: inner, close: { cause: 'protocol-switched', confidence: 'certain' } });
  });
});
