import { describe, expect, it } from 'vitest';
import { bytes, codes, decode, decodeEthernet, ethernet, ipv4, ipv6, plain, short, tcp, text, udp } from './frames.ts';

const inner4 = ipv4(tcp());
const inner6 = ipv6(tcp());
const innerFrame = ethernet(0x0800, inner4);

const outer = { source: 'c0000201', destination: 'c0000202' };
const overGre = (header: Uint8Array): Uint8Array => ipv4(header, { ...outer, protocol: 47 });
const overUdp = (source: number, destination: number, payload: Uint8Array): Uint8Array => ipv4(udp(source, destination, payload), { ...outer, protocol: 17 });

describe('tunnels', () => {
  const cases: [name: string, packet: Uint8Array, tunnel: string, ipVersion?: 6][] = [
    ['IP in IP', ipv4(inner4, { ...outer, protocol: 4 }), 'ip-in-ip'],
    ['6in4', ipv4(inner6, { ...outer, protocol: 41 }), '6in4', 6],
    ['IPv4 in IPv6', ipv6(inner4, { next: 4 }), 'ip-in-ip'],
    ['IPv6 in IPv6', ipv6(inner6, { next: 41 }), 'ip-in-ip', 6],
    ['GRE', overGre(bytes('0000 0800', inner4)), 'gre'],
    ['GRE with checksum, key and sequence number', overGre(bytes('b000 86dd 00000000 00000007 00000001', inner6)), 'gre:7', 6],
    ['GRE with Ethernet', overGre(bytes('0000 6558', innerFrame)), 'gre'],
    ['GRE with a key above 2^31', overGre(bytes('2000 0800 ffffffff', inner4)), 'gre:4294967295'],
    ['GRE with MPLS', overGre(bytes('0000 8847 00010140', inner4)), 'gre'],
    ['PPTP', overGre(bytes('3081 880b', short(inner4.length + 4), '0005 00000001 00000002 ff03 0021', inner4)), 'pptp'],
    ['ERSPAN I', overGre(bytes('0000 88be', innerFrame)), 'erspan'],
    ['ERSPAN II', overGre(bytes('1000 88be 00000001 1001 0064 00000000', innerFrame)), 'erspan:100'],
    ['ERSPAN III', overGre(bytes('1000 22eb 00000001 2001 0064 00000000 0000 0000', innerFrame)), 'erspan:100'],
    ['ERSPAN III with a platform header', overGre(bytes('1000 22eb 00000001 2001 0064 00000000 0000 0001 0000000000000000', innerFrame)), 'erspan:100'],
    ['ERSPAN III with IP', overGre(bytes('1000 22eb 00000001 2001 0064 00000000 0000 0800', inner4)), 'erspan:100'],
    ['VXLAN', overUdp(50000, 4789, bytes('08000000 00100000', innerFrame)), 'vxlan:4096'],
    ['VXLAN on the port Linux began with', overUdp(50000, 8472, bytes('08000000 00100000', innerFrame)), 'vxlan:4096'],
    ['Geneve with options', overUdp(50000, 6081, bytes('0200 6558 00000500 0102030405060708', innerFrame)), 'geneve:5'],
    ['Geneve with IP', overUdp(50000, 6081, bytes('0000 0800 00000500', inner4)), 'geneve:5'],
    ['GTP-U', overUdp(2152, 2152, bytes('30ff', short(inner4.length), '00000009', inner4)), 'gtp'],
    ['GTP-U with a sequence number', overUdp(2152, 40000, bytes('32ff', short(inner4.length + 4), '00000009 0001 00 00', inner4)), 'gtp'],
    ['GTP-U with extension headers', overUdp(2152, 2152, bytes('34ff', short(inner6.length + 16), '00000009 0000 00 85 01 100085 02 00000000000000', inner6)), 'gtp', 6],
    ['GTP-U with Ethernet', overUdp(2152, 2152, bytes('30ff', short(innerFrame.length), '00000009', innerFrame)), 'gtp'],
    ['VXLAN-GPE with IP', overUdp(50000, 4790, bytes('0c000001 00100000', inner4)), 'vxlan:4096'],
    ['VXLAN-GPE with NSH', overUdp(50000, 4790, bytes('0c000004 00100000 0fc2 02 03 000001ff', innerFrame)), 'vxlan:4096'],
    ['L2TP', overUdp(1701, 1701, bytes('0002 0001 0002 ff03 0021', inner4)), 'l2tp'],
    ['L2TP with length, numbers and an offset', overUdp(1701, 40000, bytes('4a02', short(inner4.length + 18), '0001 0002 0003 0004 0002 0000 0057', inner6)), 'l2tp', 6],
    ['TZSP', overUdp(40000, 37008, bytes('01 00 0001 00 0a 01 c3 01', innerFrame)), 'tzsp'],
    ['WCCP in GRE', overGre(bytes('0000 883e', inner4)), 'gre'],
    ['WCCP in GRE with its header', overGre(bytes('0000 883e 00010000', inner4)), 'gre'],
    ['802.11 in GRE', overGre(bytes('0000 8200', '0801 0000', '00'.repeat(20), 'aaaa03 000000 0800', inner4)), 'gre'],
    ['802.11 in GRE by another number', overGre(bytes('0000 8370', '0801 0000', '00'.repeat(20), 'aaaa03 000000 0800', inner4)), 'gre'],
    ['PPP in GRE', overGre(bytes('0000 880b', 'ff03 0021', inner4)), 'gre'],
    ['Ethernet in IP', ipv4(bytes('3000', innerFrame), { ...outer, protocol: 97 }), 'etherip'],
    ['MPLS in IP', ipv4(bytes('00010140', inner4), { ...outer, protocol: 137 }), 'mpls'],
    ['GTP version 0', overUdp(3386, 40000, bytes('1eff', short(inner4.length), '0001 0000 ffffffff 1234567890123456', inner4)), 'gtp'],
    ['LISP', overUdp(50000, 4341, bytes('80000000 00000000', inner6)), 'lisp', 6],
    ['LISP with an instance', overUdp(50000, 4341, bytes('88010203 00000701', inner4)), 'lisp:7'],
    ['GUE with a header and options', overUdp(50000, 6080, bytes('01 04 0000 00000000', inner4)), 'gue'],
    ['GUE with GRE', overUdp(50000, 6080, bytes('00 2f 0000 2000 0800 00000007', inner4)), 'gre:7'],
    ['GUE with IP at once', overUdp(50000, 6080, inner6), 'gue', 6],
    ['GRE in UDP', overUdp(50000, 4754, bytes('0000 86dd', inner6)), 'gre', 6],
    ['MPLS in UDP', overUdp(50000, 6635, bytes('00010140', inner4)), 'mpls'],
    ['AYIYA', overUdp(5072, 50000, bytes('42 52 11 29 00000000', '00'.repeat(36), inner6)), 'ayiya', 6],
    ['CAPWAP with Ethernet', overUdp(5247, 50000, bytes('00 10 0000 00010000', innerFrame)), 'capwap'],
    ['CAPWAP with 802.11', overUdp(50000, 5247, bytes('00 10 0300 00010000', '0801 0000', '00'.repeat(20), 'aaaa03 000000 0800', inner4)), 'capwap'],
    ['CAPWAP with 802.11 as Cisco writes it', overUdp(5247, 50000, bytes('00 10 0300 00010000', '0208 0000', '00'.repeat(20), 'aaaa03 000000 0800', inner4)), 'capwap'],
    ['L2TPv3', ipv4(bytes('00000007', innerFrame), { ...outer, protocol: 115 }), 'l2tp'],
    ['L2TPv3 with a cookie and a sublayer', ipv4(bytes('00000007 0102030405060708 40000001', innerFrame), { ...outer, protocol: 115 }), 'l2tp'],
    ['L2TPv3 in UDP', overUdp(1701, 1701, bytes('0003 0000 00000007', innerFrame)), 'l2tp'],
    ['Teredo', overUdp(50000, 3544, inner6), 'teredo', 6],
    ['Teredo with authentication and origin', overUdp(3544, 50000, bytes('0001 02 03 aaaa bbbbbb 0102030405060708 00', '0000 1234 01020304', inner6)), 'teredo', 6],
  ];

  it.each(cases)('%s', (_, packet, tunnel, ipVersion = undefined) => {
    const decoded = decode([{ bytes: packet, linkType: 101 }]);
    expect(decoded.segments).toEqual([plain({ ipVersion: ipVersion ?? 4, tunnel })]);
    expect(decoded.anomalies).toEqual([]);
  });

  it('tells the VLAN around a tunnel and the one in it', () => {
    const tagged = ethernet(0x8100, bytes('0005 0800', inner4));
    const frame = ethernet(0x8100, bytes('0064 0800', overUdp(50000, 4789, bytes('08000000 00000700', tagged))));
    expect(decodeEthernet(frame).segments).toEqual([plain({ vlans: [100, 5], tunnel: 'vxlan:7' })]);
  });

  it('gives both directions of an inner connection one path, whatever the outer addresses and the endpoints that differ', () => {
    const back = { source: outer.destination, destination: outer.source };
    const { segments } = decode(
      [
        overUdp(2152, 2152, bytes('30ff', short(inner4.length), '00000009', inner4)),
        ipv4(udp(2152, 2152, bytes('30ff', short(inner4.length), '0000000a', inner4)), { ...back, protocol: 17 }),
      ].map((packet) => ({ bytes: packet, linkType: 101 })),
    );
    expect(segments[0]!.path).toBe(segments[1]!.path);
  });

  it('does not part the directions of a mirrored connection by a GRE key that says the direction', () => {
    const { segments } = decode(['00000000', '02000000'].map((key) => ({ bytes: overGre(bytes('2000 6558', key, innerFrame)), linkType: 101 })));
    expect(segments[0]!.path).toBe(segments[1]!.path);
  });

  it('enters one tunnel, and names one inside it', () => {
    const nested = ipv4(ipv4(inner4, { ...outer, protocol: 4 }), { protocol: 4 });
    const decoded = decode([{ bytes: nested, linkType: 101 }]);
    expect(decoded.segments).toEqual([]);
    expect(codes(decoded)).toEqual({ 'tunnel-nested': 1 });
    const deeper = decode([{ bytes: nested, linkType: 101 }], { maxTunnels: 2 });
    expect(deeper.segments).toEqual([plain({ tunnel: 'ip-in-ip/ip-in-ip' })]);
  });

  it.each([
    ['DNS from a port of VXLAN', overUdp(4789, 53, text('some question of DNS'))],
    ['VXLAN without a network', overUdp(50000, 4789, bytes('00000000 00100000', innerFrame))],
    ['an L2TP control message', overUdp(1701, 1701, bytes('c802 000c 0001 0000 0001 0001'))],
    ['TZSP that only keeps a sensor alive', overUdp(40000, 37008, bytes('01 04 0000 01'))],
    ['a GTP echo', overUdp(2152, 2152, bytes('3201 0004 00000000 0001 00 00'))],
    ['a Teredo bubble', overUdp(50000, 3544, ipv6(new Uint8Array(), { next: 59 }))],
    ['a PPTP acknowledgement', overGre(bytes('2081 880b 0000 0005 00000001'))],
    ['a GTP echo of version 0', overUdp(3386, 3386, bytes('1e01 0000 0001 0000 ffffffff 0000000000000000'))],
    ['DNS to a port of LISP', overUdp(53, 4341, text('some answer of DNS that is long enough'))],
    ['a control message of GUE', overUdp(50000, 6080, bytes('20 01 0000', inner4))],
    ['an AYIYA heartbeat', overUdp(50000, 5072, bytes('42 52 10 3b 00000000', '00'.repeat(36)))],
    ['a CAPWAP keep-alive', overUdp(50000, 5247, bytes('00 10 0008 00000000', '00'.repeat(20)))],
    ['L2TPv3 control', ipv4(bytes('00000000 c803 0014', '00'.repeat(12)), { ...outer, protocol: 115 })],
    ['the exchange of keys of IPsec', overUdp(4500, 4500, bytes('00000000', '00'.repeat(28)))],
    ['GRE with source routes', overGre(bytes('4000 0800 00000000', inner4))],
  ])('passes over %s', (_, packet) => {
    expect(decode([{ bytes: packet, linkType: 101 }]).segments).toEqual([]);
  });

  it.each([
    ['ESP (encryption of IPsec)', ipv4(bytes('00000007 00000001', inner4), { ...outer, protocol: 50 })],
    ['ESP (encryption of IPsec)', overUdp(4500, 4500, bytes('00000007 00000001', inner4))],
    ['IPComp (compressed IP)', ipv4(bytes('06 00 0002', inner4), { ...outer, protocol: 108 })],
    ['encrypted CAPWAP', overUdp(50000, 5247, bytes('01 000000', inner4))],
    ['CAPWAP in fragments', overUdp(50000, 5247, bytes('00 10 0080 00010000', innerFrame))],
    ['L2TPv3 of anything but Ethernet', ipv4(bytes('00000007 ff03 0021', inner4), { ...outer, protocol: 115 })],
  ])('names %s, which it does not read', (name, packet) => {
    const decoded = decode([{ bytes: packet, linkType: 101 }]);
    expect(decoded).toEqual({ segments: [], anomalies: [{ code: 'protocol-unread', count: 1, firstFrame: 1, message: `${name} is not read` }] });
  });

  it('does not read a segment of an inner packet beyond the end of the outer one', () => {
    const decoded = decodeEthernet(ethernet(0x0800, bytes(ipv4(inner4, { ...outer, protocol: 4, totalLength: 20 + inner4.length - 2 }), '7878')));
    expect(decoded.segments).toEqual([{ ...plain({ tunnel: 'ip-in-ip' }), payload: 'G' }]);
  });
});
