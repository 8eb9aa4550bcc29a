import { describe, expect, it } from 'vitest';
import { idleAtClose } from '../../../main/report/report-words.ts';
import { KeyLog } from '../../../main/tls/key-log.ts';
import type { Side } from '../../kit/conversation.ts';
import { reportOf } from '../../kit/report-of.ts';
import { carried } from '../../kit/tls-captures.ts';
import { TlsWriter } from '../../kit/tls-writer.ts';

describe.each(['with keys', 'without keys'])('who began the close, %s', (keys) => {
  async function closeOf(notifies: Side | null, fin: Side) {
    const writer = new TlsWriter().handshake();
    for (let i = 0; i < 2; i++) writer.data('client', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n').data('server', 'HTTP/1.1 404 Not Found\r\nContent-Length: 900\r\n\r\n' + 'x'.repeat(900));
    if (notifies !== null) writer.closeNotify(notifies);
    const log = new KeyLog();
    if (keys === 'with keys') log.add(writer.keyLog);
    const [connection] = [...(await reportOf(carried(writer.pieces, { closed: false }).close(fin).packets, {}, log)).connections()];
    return connection!.close;
  }

  it('a FIN of the server that answers a close_notify of the client is no close of the server', async () => {
    const close = await closeOf('client', 'server');
    expect(close.by).toBe('server');
    const ofServer = ['server-error', 'server-idle', 'server-shutdown', 'max-requests', 'server-close-option', 'server-per-request'];
    expect(ofServer).not.toContain(close.cause);
    expect(close.evidence.map(({ note }) => note)).toContain('close_notify of the client, which the FIN answers');
  });

  it('how long a connection was idle was told as the time since its close_notify', async () => {
    const writer = new TlsWriter().handshake().data('client', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n').data('server', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    const spoken = carried(writer.pieces, { closed: false });
    const before = spoken.packets.length;
    const notify = writer.closeNotify('client').pieces.at(-1)!;
    spoken.wait(7).segment('client', { data: notify.bytes }).close('client');
    expect(spoken.packets.length).toBeGreaterThan(before);
    const log = new KeyLog();
    if (keys === 'with keys') log.add(writer.keyLog);
    const [connection] = [...(await reportOf(spoken.packets, {}, log)).connections()];
    expect(connection!.close.idleSeconds).toBeLessThan(0.1);
    expect(idleAtClose(connection!)).toBeCloseTo(7, 1);
  });

  it('a server that closed was told as a client that did, where the capture has its packets late: a close_notify that acknowledges another one answers it', async () => {
    for (const first of ['client', 'server'] as const) {
      const writer = new TlsWriter().handshake();
      for (let i = 0; i < 2; i++) writer.data('client', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n').data('server', 'HTTP/1.1 404 Not Found\r\nContent-Length: 900\r\n\r\n' + 'x'.repeat(900));
      const other = first === 'client' ? 'server' : 'client';
      const spoken = carried(writer.pieces, { closed: false });
      for (const side of [first, other] as const) spoken.wait(0.0001).segment(side, { data: writer.closeNotify(side).pieces.at(-1)!.bytes }).fin(side);
      const late = spoken.packets.map((packet, at) => (at >= spoken.packets.length - 4 && at < spoken.packets.length - 2 ? { ...packet, time: packet.time + 0.0005 } : packet));
      const log = new KeyLog();
      if (keys === 'with keys') log.add(writer.keyLog);
      const [close] = [...(await reportOf(late.sort((a, b) => a.time - b.time), {}, log)).connections()].map((told) => told.close);
      expect(close!.by).toBe(first);
      expect(close!.evidence.some(({ note }) => note.includes('close_notify'))).toBe(false);
    }
  });

  it('a close_notify of the side that sends its FIN changes nothing', async () => {
    for (const side of ['client', 'server'] as const) {
      const [notified, silent] = [await closeOf(side, side), await closeOf(null, side)];
      expect([notified.cause, notified.confidence, notified.by]).toEqual([silent.cause, silent.confidence, silent.by]);
      expect(notified.evidence.some(({ note }) => note.includes('close_notify'))).toBe(false);
    }
  });
});
