import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { conversation, filler } from '../kit/conversation.ts';
import { toPcap, toPcapng } from '../kit/capture-files.ts';
import type { Packet } from '../kit/packets.ts';
import { merge } from '../kit/packets.ts';
import { packetsOf, withSecrets } from '../kit/tls-captures.ts';
import { TlsWriter } from '../kit/tls-writer.ts';
import type { Seed } from './mutator.ts';

/** A mutation damages a place or two: in larger captures most of the time would go into what is whole. */
const MOST_BYTES = 30_000;

/** Captures made here, which are always there, and the smaller ones of the given folders, where those are. */
export function fuzzSeeds(folders: readonly string[]): Seed[] {
  const found = folders.filter((folder) => existsSync(folder)).flatMap((folder) => readdirSync(folder).sort().map((name) => ({ name, path: folder + name })));
  const captures = found.filter(({ name, path }) => /\.(pcap|pcapng|pcap\.gz)$/.test(name) && statSync(path).size <= MOST_BYTES);
  return [...ownSeeds(), ...captures.map(({ name, path }) => ({ name, bytes: new Uint8Array(readFileSync(path)) }))];
}

function ownSeeds(): Seed[] {
  const packets = merge(plain(), pipelined(), broken());
  return [
    { name: 'own pcap', bytes: toPcap(packets) },
    { name: 'own pcap, big-endian nanoseconds', bytes: toPcap(packets, { bigEndian: true, nanoseconds: true }) },
    { name: 'own pcap, cut to 96 bytes', bytes: toPcap(packets, { snaplen: 96 }) },
    { name: 'own pcapng', bytes: toPcapng(packets) },
    { name: 'own pcapng, big-endian nanoseconds', bytes: toPcapng(packets, { bigEndian: true, nanoseconds: true }) },
    { name: 'own pcapng, TLS with its keys', bytes: encrypted() },
  ];
}

/** TLS 1.3 with a KeyUpdate and early data, and the keys in the file. */
function encrypted(): Uint8Array {
  const c = new TlsWriter({ earlyData: 'accepted', alpn: ['http/1.1'] }).clientHello().data('client', 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n').serverFlight().clientFinished();
  c.data('server', 'HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n').data('server', filler(4000), 1500).keyUpdate('server').keyUpdate('client');
  c.data('client', 'GET /b HTTP/1.1\r\nHost: a\r\n\r\n').data('server', 'HTTP/1.1 204 No Content\r\n\r\n').closeNotify('client').closeNotify('server');
  return withSecrets(toPcapng(packetsOf(c.pieces)), c.keyLog);
}

/** Reuse with bodies of every framing, idle time with probes, a FIN. */
function plain(): Packet[] {
  const c = conversation({ client: '10.0.0.1:40000', server: '10.0.0.2:80' }).handshake();
  c.client('GET /a HTTP/1.1\r\nHost: a\r\n\r\n').server('HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n').server(filler(4000)).ack('client');
  c.client('POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n').server('HTTP/1.1 100 Continue\r\n\r\n');
  c.client('5;x=y\r\nhello\r\n0\r\nTrailer: x\r\n\r\n').server('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n');
  c.wait(15).probe('client').ack('server').wait(15).probe('client').ack('server');
  c.client('HEAD /c HTTP/1.0\r\n\r\n').server('HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\n').close('server');
  return c.packets;
}

/** Pipelining over IPv6 with retransmissions, reordering, a zero window and a RST. */
function pipelined(): Packet[] {
  const c = conversation({ client: '[2001:db8::1]:40001', server: '[2001:db8::2]:8080', start: 0.1, mss: 200, serverIsn: 0xffffff00 }).handshake();
  c.client('GET /1 HTTP/1.1\r\nHost: b\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\n\r\n');
  c.server('HTTP/1.1 304 Not Modified\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n').server(filler(900)).reorder().retransmit(2);
  c.ack('client', { window: 0 }).wait(1).probe('server').ack('client', { window: 0 }).wait(1).ack('client').rst('client');
  return c.packets;
}

/** In a VLAN, with a gap, an upgrade, a reused port and a TLS hello. */
function broken(): Packet[] {
  const options = { client: '10.0.0.3:40002', server: '10.0.0.4:3128', vlans: [7, 42] };
  const c = conversation({ ...options, start: 0.2 }).handshake();
  c.client('GET /ws HTTP/1.1\r\nHost: c\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n').server('HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
  c.server(filler(1000)).server(filler(300)).drop().ack('client').close('client');
  const again = conversation({ ...options, start: 40, clientIsn: 77_000_000 }).handshake();
  again.client('CONNECT d:443 HTTP/1.1\r\nHost: d:443\r\n\r\n').server('HTTP/1.1 200 OK\r\n\r\n');
  again.client(Uint8Array.from([22, 3, 1, 0, 4, 1, 0, 0, 0])).fin('client').rst('server');
  return [...c.packets, ...again.packets];
}
