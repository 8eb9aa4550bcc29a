import { constants } from 'node:crypto';
import type { Server } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { analyzeTls, talked } from '../../kit/analyze-tls.ts';
import { type Certificate, packetsOf, pair, talk, type TalkOptions } from '../../kit/tls-captures.ts';

function tls12(ciphers: string, certificate: Certificate = 'rsa', secureOptions = 0): TalkOptions {
  // Security level 0: SHA-1 and static RSA are offered no more otherwise.
  const both = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0`, secureOptions } as const;
  return { certificate, client: both, server: { ...both, dhparam: 'auto' } as TalkOptions['server'] & object };
}

function legacy(version: 'TLSv1' | 'TLSv1.1', secureOptions = 0): TalkOptions {
  const both = { minVersion: version, maxVersion: version, ciphers: `${version === 'TLSv1' ? 'AES256-SHA:ECDHE-RSA-AES128-SHA' : 'AES128-SHA'}:@SECLEVEL=0`, secureOptions } as const;
  return { client: both, server: both };
}

function tls13(ciphers: string): TalkOptions {
  const both = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ciphers } as const;
  return { client: both, server: both };
}

const NO_ENCRYPT_THEN_MAC = constants.SSL_OP_NO_ENCRYPT_THEN_MAC;

/** Not among Node's constants. */
const NO_EXTENDED_MASTER_SECRET = 1;

const CASES: readonly (readonly [string, TalkOptions])[] = [
  ['TLS 1.2 ECDHE-RSA-AES128-GCM-SHA256', tls12('ECDHE-RSA-AES128-GCM-SHA256')],
  ['TLS 1.2 ECDHE-ECDSA-AES256-GCM-SHA384', tls12('ECDHE-ECDSA-AES256-GCM-SHA384', 'ec')],
  ['TLS 1.2 AES256-GCM-SHA384', tls12('AES256-GCM-SHA384')],
  ['TLS 1.2 DHE-RSA-AES128-GCM-SHA256', tls12('DHE-RSA-AES128-GCM-SHA256')],
  ['TLS 1.2 ECDHE-RSA-CHACHA20-POLY1305', tls12('ECDHE-RSA-CHACHA20-POLY1305')],
  ['TLS 1.2 ECDHE-ECDSA-CHACHA20-POLY1305', tls12('ECDHE-ECDSA-CHACHA20-POLY1305', 'ec')],
  ['TLS 1.2 AES128-SHA, encrypt-then-MAC', tls12('AES128-SHA')],
  ['TLS 1.2 AES256-SHA256, encrypt-then-MAC', tls12('AES256-SHA256')],
  ['TLS 1.2 ECDHE-RSA-AES256-SHA384, encrypt-then-MAC', tls12('ECDHE-RSA-AES256-SHA384')],
  ['TLS 1.2 ECDHE-RSA-AES128-SHA, MAC-then-encrypt', tls12('ECDHE-RSA-AES128-SHA', 'rsa', NO_ENCRYPT_THEN_MAC)],
  ['TLS 1.2 ECDHE-ECDSA-AES128-SHA256, MAC-then-encrypt', tls12('ECDHE-ECDSA-AES128-SHA256', 'ec', NO_ENCRYPT_THEN_MAC)],
  ['TLS 1.2 ECDHE-ECDSA-AES256-SHA384, MAC-then-encrypt', tls12('ECDHE-ECDSA-AES256-SHA384', 'ec', NO_ENCRYPT_THEN_MAC)],
  ['TLS 1.2 without an extended master secret', tls12('ECDHE-RSA-AES128-GCM-SHA256', 'rsa', NO_EXTENDED_MASTER_SECRET)],
  ['TLS 1.1 AES128-SHA', legacy('TLSv1.1')],
  ['TLS 1.0 AES256-SHA, encrypt-then-MAC', legacy('TLSv1')],
  ['TLS 1.0 ECDHE-RSA-AES128-SHA, MAC-then-encrypt', legacy('TLSv1', NO_ENCRYPT_THEN_MAC)],
  ['TLS 1.3 TLS_AES_128_GCM_SHA256', tls13('TLS_AES_128_GCM_SHA256')],
  ['TLS 1.3 TLS_AES_256_GCM_SHA384', tls13('TLS_AES_256_GCM_SHA384')],
  ['TLS 1.3 TLS_CHACHA20_POLY1305_SHA256', tls13('TLS_CHACHA20_POLY1305_SHA256')],
];

describe('every cipher is decrypted completely', () => {
  it.each(CASES)('%s', async (name, options) => {
    const told = await talk(options);
    expect(told.exchanges).toHaveLength(6);
    for (const [seed, maxSegment] of [[1, 1460], [2, 40], [3, 20_000]] as const) {
      const { connections, anomalies } = analyzeTls(packetsOf(told.pieces, { seed, maxSegment }), told.keyLog);
      expect(anomalies).toEqual({});
      expect(connections).toHaveLength(1);
      expect(talked(connections[0]!)).toEqual(told.exchanges);
      expect(connections[0]!.exchanges).toHaveLength(6);
      expect(connections[0]!.tls).toMatchObject({ version: name.slice(4, 7), sni: 'tls.example', decrypted: true, resumed: false });
    }
  });
});

describe('handshakes of every kind are followed', () => {
  const read = (told: Awaited<ReturnType<typeof talk>>): ReturnType<typeof analyzeTls> => analyzeTls(packetsOf(told.pieces, { seed: 7, maxSegment: 700 }), told.keyLog);

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('session resumption in %s', async (version) => {
    const ticketKeys = Buffer.alloc(48, 7);
    const both = { minVersion: version, maxVersion: version } as const;
    const first = await talk({ client: both, server: { ...both, ticketKeys } });
    const second = await talk({ client: { ...both, session: first.session! }, server: { ...both, ticketKeys } });
    const { connections, anomalies } = read(second);
    expect(anomalies).toEqual({});
    expect(connections[0]!.tls).toMatchObject({ resumed: true, decrypted: true });
    expect(talked(connections[0]!)).toEqual(second.exchanges);
  });

  it.each(['ticket', 'id'])('a session of TLS 1.2 that goes on by its %s, whose secret the key log has once', async (by) => {
    const both = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
    const kept = new Map<string, Buffer>();
    const server = { ...both, ticketKeys: Buffer.alloc(48, 7), ...(by === 'id' ? { secureOptions: constants.SSL_OP_NO_TICKET } : {}) };
    const remember = (origin: Server): void => {
      origin.on('newSession', (id, data, done) => (kept.set(id.toString('hex'), data), done()));
      origin.on('resumeSession', (id, done) => done(null, kept.get(id.toString('hex')) ?? null));
    };
    const first = await talk({ client: both, server, ...(by === 'id' && { prepare: remember }) });
    const second = await talk({ client: { ...both, session: first.session! }, server, ...(by === 'id' && { prepare: remember }) });
    const packets = [...packetsOf(first.pieces), ...packetsOf(second.pieces, { client: '10.0.0.1:40001', start: 100 })];
    const { connections, anomalies } = analyzeTls(packets, first.keyLog);
    expect(anomalies).toEqual({});
    expect(connections.map(({ tls }) => tls!.resumed)).toEqual([false, true]);
    expect(talked(connections[1]!)).toEqual(second.exchanges);
    // Without the connection before it there is nothing to go on.
    expect(analyzeTls(packetsOf(second.pieces), first.keyLog).anomalies).toEqual({ 'tls-key-missing': 1 });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('a client certificate in %s', async (version) => {
    const { cert, key } = pair('ec');
    const told = await talk({ client: { minVersion: version, maxVersion: version, cert, key }, server: { requestCert: true, rejectUnauthorized: false } });
    const { connections, anomalies } = read(told);
    expect(anomalies).toEqual({});
    expect(talked(connections[0]!)).toEqual(told.exchanges);
  });

  it('renegotiation in TLS 1.2 is named, and reading goes on with the new keys', async () => {
    const both = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
    const told = await talk({ client: both, server: both, between: (socket, index) => (index % 2 === 1 ? Promise.resolve() : renegotiate(socket)) });
    const { connections, anomalies } = read(told);
    expect(anomalies).toEqual({ 'tls-renegotiation': 2 });
    expect(talked(connections[0]!)).toEqual(told.exchanges);
    expect(connections[0]!.tls).toMatchObject({ renegotiated: true });
    // Without keys the types of the records tell.
    const unread = analyzeTls(packetsOf(told.pieces), '');
    expect(unread.anomalies).toEqual({ 'tls-renegotiation': 1 });
    expect(unread.connections[0]!.tls).toMatchObject({ decrypted: false, renegotiated: true });
  });

  it('what follows a renegotiation without its new secret is unread, and said to be', async () => {
    const both = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
    const told = await talk({ client: both, server: both, between: (socket, index) => (index !== 3 ? Promise.resolve() : renegotiate(socket)) });
    const { connections, anomalies } = analyzeTls(packetsOf(told.pieces), told.keyLog.split('\n')[0]!);
    expect(anomalies).toEqual({ 'tls-renegotiation': 1, 'tls-key-missing': 1 });
    expect(talked(connections[0]!)).toEqual(told.exchanges.slice(0, 3));
    expect(connections[0]!.exchanges).toHaveLength(3);
  });

  it('HelloRetryRequest', async () => {
    const told = await talk({ client: { minVersion: 'TLSv1.3', ecdhCurve: 'X25519:P-384' }, server: { ecdhCurve: 'P-384' } });
    expect(Buffer.concat(told.pieces.map(({ bytes }) => bytes)).includes(Buffer.from('cf21ad74e59a6111', 'hex'))).toBe(true);
    const { connections, anomalies } = read(told);
    expect(anomalies).toEqual({});
    expect(talked(connections[0]!)).toEqual(told.exchanges);
    expect(connections[0]!.tls).toMatchObject({ retried: true });
  });

  it('a full handshake in TLS 1.2 is no renegotiation, with keys and without', async () => {
    const both = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
    const told = await talk({ client: both, server: both });
    for (const keyLog of [told.keyLog, '']) expect(analyzeTls(packetsOf(told.pieces), keyLog).connections[0]!.tls).not.toHaveProperty('renegotiated');
  });

  it.each(['http/1.1', 'h2'])('ALPN %s', async (protocol) => {
    const told = await talk({ client: { ALPNProtocols: [protocol] }, server: { ALPNProtocols: [protocol] }, targets: protocol === 'h2' ? [] : ['/empty'] });
    const { connections } = read(told);
    expect(connections[0]).toMatchObject({ tls: { alpn: protocol }, innerProtocol: protocol === 'h2' ? 'http/2' : 'http/1' });
    expect(talked(connections[0]!)).toEqual(told.exchanges);
  });
});

function renegotiate(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => socket.renegotiate({}, (error) => (error === null ? resolve() : reject(error))));
}
