import { describe, expect, it } from 'vitest';
import { verdictWords } from '../../../main/report/verdict-words.ts';
import { analyzeTls } from '../../kit/analyze-tls.ts';
import { reportOf } from '../../kit/report-of.ts';
import { packetsOf, pair, recordsOf, talk, type Piece, type TalkOptions } from '../../kit/tls-captures.ts';
import { TlsWriter } from '../../kit/tls-writer.ts';

/** Bytes of the records before `side`'s first record of application data, on the wire. */
function bytesBefore(pieces: readonly Piece[], counts: { client: number; server: number }): number {
  return recordsOf(pieces).reduce((sum, { side, index, length }) => sum + (index < counts[side] ? length : 0), 0);
}

function tlsOf(pieces: readonly Piece[], keyLog: string) {
  const { connections, anomalies } = analyzeTls(packetsOf(pieces, { seed: 3, maxSegment: 900 }), keyLog);
  return { tls: connections[0]!.tls!, anomalies };
}

describe.each(['with keys', 'without keys'])('what a handshake took, %s', (keys) => {
  const keyLogOf = (keyLog: string): string => (keys === 'with keys' ? keyLog : '');
  const versions: readonly (readonly [string, TalkOptions])[] = [
    ['TLSv1.3', { targets: ['/length/20'] }],
    ['TLSv1.2', { targets: ['/length/20'] }],
  ];

  it.each(versions)('all records to the last Finished of %s, and none behind', async (version, options) => {
    const both = { minVersion: version, maxVersion: version } as TalkOptions['client'] & object;
    const told = await talk({ ...options, client: both, server: both as TalkOptions['server'] & object });
    const records = recordsOf(told.pieces);
    // TLS 1.2: all but application data and the alert at the end. TLS 1.3: the client's sealed ones begin with its Finished.
    const client = records.filter(({ side }) => side === 'client');
    const server = records.filter(({ side }) => side === 'server');
    const counts =
      version === 'TLSv1.3'
        ? { client: client.findIndex(({ type }) => type === 23) + 1, server: server.findIndex(({ type }) => type === 20) + 1 }
        : { client: client.findIndex(({ type }) => type === 23), server: server.findIndex(({ type }) => type === 23) };
    const { tls } = tlsOf(told.pieces, keyLogOf(told.keyLog));
    expect(tls.handshake!.seconds).toBeGreaterThan(0);
    if (version === 'TLSv1.2') expect(tls.handshake!.bytes).toBe(bytesBefore(told.pieces, counts));
    else {
      // Behind the server's change_cipher_spec: EncryptedExtensions, certificate, proof, Finished, each sealed alone.
      expect(tls.handshake!.bytes).toBe(bytesBefore(told.pieces, { ...counts, server: counts.server + 4 }));
    }
  });

  it('a handshake that lacks bytes is not measured', () => {
    const writer = new TlsWriter().handshake().data('client', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n').data('server', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    const packets = packetsOf(writer.pieces, { seed: 1, maxSegment: 400 });
    const whole = analyzeTls(packets, keyLogOf(writer.keyLog)).connections[0]!;
    expect(whole.tls!.handshake).toBeDefined();
    const cut = analyzeTls(packets.filter((_, i) => i !== 6), keyLogOf(writer.keyLog)).connections[0]!;
    expect(cut.gaps.length).toBeGreaterThan(0);
    expect(cut.tls!.handshake).toBeUndefined();
  });

  it('the suite that the server chose is named, one that is not read by its number', async () => {
    const told = await talk({ targets: ['/empty'], client: { ciphers: 'TLS_CHACHA20_POLY1305_SHA256' } });
    expect(tlsOf(told.pieces, keyLogOf(told.keyLog)).tls.cipher).toBe('TLS_CHACHA20_POLY1305_SHA256');
    const odd = await talk({ targets: ['/empty'], client: { ciphers: 'TLS_AES_128_CCM_SHA256' }, server: { ciphers: 'TLS_AES_128_CCM_SHA256' } });
    expect(tlsOf(odd.pieces, keyLogOf(odd.keyLog)).tls).toMatchObject({ cipher: '0x1304', decrypted: false });
  });
});

describe('fatal alerts', () => {
  const clear = (description: number): Uint8Array => Uint8Array.of(21, 3, 3, 0, 2, 2, description);

  it('a handshake that fails says which side refused it, and why', () => {
    const hello = new TlsWriter().clientHello();
    const [connection] = analyzeTls(packetsOf(hello.raw('server', clear(70)).pieces, { seed: 3, maxSegment: 900 }), '').connections;
    // Behind the TCP handshake and the hello.
    expect(connection!.tls!.alert).toMatchObject({ from: 'server', name: 'protocol_version', frame: 5 });
    const refused = new TlsWriter().clientHello().serverFlight().raw('client', clear(48));
    expect(tlsOf(refused.pieces, '').tls.alert).toMatchObject({ from: 'client', name: 'unknown_ca' });
  });

  it('one that is sealed is read with the keys, by its description, whatever its level says', () => {
    const writer = new TlsWriter().handshake().data('client', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n').sealed('server', 21, Uint8Array.of(1, 116));
    expect(tlsOf(writer.pieces, writer.keyLog).tls.alert).toMatchObject({ from: 'server', name: 'certificate_required' });
    expect(tlsOf(writer.pieces, '').tls.alert).toBeUndefined();
  });

  it('close_notify, user_canceled and warnings are none', () => {
    for (const content of [Uint8Array.of(1, 0), Uint8Array.of(1, 90)]) {
      const writer = new TlsWriter().handshake().sealed('client', 21, content);
      const { tls, anomalies } = tlsOf(writer.pieces, writer.keyLog);
      expect(tls.alert).toBeUndefined();
      expect(anomalies).toEqual({});
    }
    const warned = new TlsWriter().clientHello().raw('server', Uint8Array.of(21, 3, 3, 0, 2, 1, 112));
    expect(tlsOf(warned.pieces, '').tls.alert).toBeUndefined();
  });

  it('an alert without a name goes by its number', () => {
    expect(tlsOf(new TlsWriter().clientHello().raw('server', clear(200)).pieces, '').tls.alert?.name).toBe('alert 200');
  });
});

it('a handshake that an alert ended was told as the end of a program, or an idle connection', async () => {
  const writer = new TlsWriter().clientHello().serverFlight().raw('client', Uint8Array.of(21, 3, 3, 0, 2, 2, 48));
  const report = await reportOf(packetsOf(writer.pieces));
  const [connection] = [...report.connections()];
  expect(connection!.close).toMatchObject({ by: 'client', cause: 'connect-failed', confidence: 'certain' });
  expect(connection!.close.evidence.map(({ note }) => note)).toContain('fatal TLS alert of the client: unknown_ca');
  expect(verdictWords(connection!).headline).toBe('The client ended the TLS handshake with a fatal alert: unknown ca.');
});

describe('client certificates', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('belong to the handshake in %s', async (version) => {
    const both = { minVersion: version, maxVersion: version } as const;
    const told = await talk({ targets: ['/length/20'], client: { ...both, ...pair('rsa') }, server: { ...both, requestCert: true, rejectUnauthorized: false } });
    const plain = await talk({ targets: ['/length/20'], client: both, server: both });
    const [certified, without] = [tlsOf(told.pieces, told.keyLog).tls.handshake!, tlsOf(plain.pieces, plain.keyLog).tls.handshake!];
    expect(certified.bytes).toBeGreaterThan(without.bytes + 800);
  });
});
