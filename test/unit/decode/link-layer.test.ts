import { describe, expect, it } from 'vitest';
import { bytes, codes, decode, decodeEthernet, ethernet, ipv4, ipv6, longLE, plain, short, shortLE, tcp } from './frames.ts';

const packet4 = ipv4(tcp());
const packet6 = ipv6(tcp());
const snap4 = bytes('aaaa03 000000 0800', packet4);

describe('link types', () => {
  const cases: [name: string, linkType: number, frame: Uint8Array, ipVersion?: 6][] = [
    ['Ethernet', 1, ethernet(0x0800, packet4)],
    ['Ethernet, IPv6', 1, ethernet(0x86dd, packet6), 6],
    ['802.3 with LLC and SNAP', 1, ethernet(snap4.length, snap4)],
    ['802.3 with the SNAP of bridge tunnels', 1, ethernet(packet4.length + 8, bytes('aaaa03 0000f8 0800', packet4))],
    ['NULL, little-endian', 0, bytes(longLE(2), packet4)],
    ['NULL, big-endian', 0, bytes('00000002', packet4)],
    ['NULL, IPv6 of Linux', 0, bytes(longLE(10), packet6), 6],
    ['NULL, IPv6 of NetBSD', 0, bytes(longLE(24), packet6), 6],
    ['NULL, IPv6 of FreeBSD', 0, bytes(longLE(28), packet6), 6],
    ['NULL, IPv6 of macOS', 0, bytes('0000001e', packet6), 6],
    ['LOOP', 108, bytes('00000002', packet4)],
    ['RAW', 101, packet4],
    ['RAW as OpenBSD numbers it', 14, packet6, 6],
    ['RAW as the others number it', 12, packet4],
    ['IPV4', 228, packet4],
    ['IPV6', 229, packet6, 6],
    ['PPP', 9, bytes('0021', packet4)],
    ['PPP with address and control', 9, bytes('ff03 0057', packet6), 6],
    ['PPP with a compressed protocol', 9, bytes('21', packet4)],
    ['PPP in HDLC', 50, bytes('ff03 0021', packet4)],
    ['Cisco HDLC in PPP_HDLC', 50, bytes('0f00 0800', packet4)],
    ['PPP_ETHER', 51, bytes('1100 0001', short(packet4.length + 2), '0021', packet4)],
    ['Cisco HDLC', 104, bytes('0f00 0800', packet4)],
    ['Linux cooked', 113, bytes('0000 0001 0006 020000000001 0000 0800', packet4)],
    ['Linux cooked, IPv6', 113, bytes('0004 0304 0006 000000000000 0000 86dd', packet6), 6],
    ['Linux cooked with LLC', 113, bytes('0000 0001 0006 020000000001 0000 0004', snap4)],
    ['Linux cooked 2', 276, bytes('0800 0000 00000002 0001 00 06 0200000000010000', packet4)],
    ['NFLOG', 239, bytes('0200 0000', shortLE(5), shortLE(10), '61 000000', shortLE(packet4.length + 4), shortLE(9), packet4)],
    ['NFLOG, big-endian', 239, bytes('0200 0000', short(5), short(10), '61 000000', short(packet4.length + 4), short(9), packet4)],
    ['ARCNET of RFC 1201', 129, bytes('be50 a8e7 d4 00 0166', packet4)],
    ['ARCNET of RFC 1051', 129, bytes('be50 a8e7 f0', packet4)],
    ['802.11 data', 105, bytes('0801 0000', '00'.repeat(18), '0000', snap4)],
    ['802.11 data between access points', 105, bytes('0803 0000', '00'.repeat(18), '0000', '020000000001', snap4)],
    ['802.11 QoS data', 105, bytes('8802 0000', '00'.repeat(18), '0000', '0000', snap4)],
    ['802.11 QoS data with HT control', 105, bytes('8882 0000', '00'.repeat(18), '0000', '0000 00000000', snap4)],
    ['radiotap', 127, bytes('0000 0900 02000000 00', '0801 0000', '00'.repeat(18), '0000', snap4)],
    ['radiotap that says the header is padded', 127, bytes('0000 1900 030000a0 00000020 00000000 0102030405060708 20', '8801 0000', '00'.repeat(18), '0000', '0000 0000', snap4)],
    ['Prism', 119, bytes('44000000', longLE(144), '00'.repeat(136), '0801 0000', '00'.repeat(18), '0000', snap4)],
    ['AVS', 163, bytes('80211001 00000040', '00'.repeat(56), '0801 0000', '00'.repeat(18), '0000', snap4)],
    ['PPI with 802.11', 192, bytes('0000 0800 69000000', '0801 0000', '00'.repeat(18), '0000', snap4)],
    ['PPI with Ethernet', 192, bytes('0000 0c00 01000000 00000000', ethernet(0x0800, packet4))],
    ['PPI with RAW', 192, bytes('0000 0800 65000000', packet4)],
    ['NULL, IPv6 of Windows', 0, bytes(longLE(23), packet6), 6],
    ['802.2 with the access point of IP', 1, ethernet(packet4.length + 3, bytes('060603', packet4))],
    ['a jumbo frame with LLC', 1, ethernet(0x8870, snap4)],
    ['VN-Tag', 1, ethernet(0x8926, bytes('00010002 0800', packet4))],
    ['Cisco MetaData', 1, ethernet(0x8909, bytes('0101 0001 0005 0800', packet4))],
    ['MACsec that only authenticates', 1, ethernet(0x88e5, bytes('00 00 00000001 0800', packet4, '00'.repeat(16)))],
    ['MACsec with a channel', 1, ethernet(0x88e5, bytes('20 00 00000001 0200000000010001 0800', packet4, '00'.repeat(16)))],
    ['FabricPath', 1, ethernet(0x8903, bytes('0001', ethernet(0x0800, packet4)))],
    ['TRILL with options', 1, ethernet(0x22f3, bytes('0045 0001 0002 01020304', ethernet(0x0800, packet4)))],
    ['NSH with Ethernet', 1, ethernet(0x894f, bytes('0fc6 01 03 000001ff', '00'.repeat(16), ethernet(0x0800, packet4)))],
    ['NSH with IPv6', 1, ethernet(0x894f, bytes('0fc2 02 02 000001ff', packet6)), 6],
    ['PKTAP with Ethernet', 258, bytes(longLE(108), longLE(1), longLE(1), '00'.repeat(96), ethernet(0x0800, packet4))],
    ['PKTAP of a big-endian machine with RAW', 149, bytes('0000006c 00000001 0000000c', '00'.repeat(96), packet4)],
    ['PKTAP with NULL', 258, bytes(longLE(108), longLE(1), longLE(0), '00'.repeat(96), longLE(30), packet6), 6],
    ['ENC', 109, bytes(longLE(2), longLE(0), longLE(0), packet4)],
    ['PFLOG, padded', 117, bytes('3d 02 00 00', '00'.repeat(60), packet4)],
    ['PPP with its direction', 204, bytes('01 ff03 0021', packet4)],
    ['PPP of pppd', 166, bytes('01 03 0021', packet4)],
    ['Cisco HDLC with its direction', 205, bytes('00 0f00 86dd', packet6), 6],
    ['Token Ring', 6, bytes('1040 020000000002 020000000001', snap4)],
    ['Token Ring with a route', 6, bytes('1040 020000000002 820000000001 0630 0011 0020', snap4)],
    ['FDDI', 10, bytes('50 020000000002 020000000001', snap4)],
    ['IP over Fibre Channel', 122, bytes('0000 020000000002 0000 020000000001', snap4)],
    ['IP over FireWire', 138, bytes('00'.repeat(16), '0800', packet4)],
    ['IP over InfiniBand', 242, bytes('00'.repeat(40), '86dd 0000', packet6), 6],
    ['ATM with LLC', 100, snap4],
    ['ATM with IP alone', 106, packet4],
    ['SunATM', 123, bytes('02 00 002a', snap4)],
    ['Frame Relay', 107, bytes('1841 03 cc', packet4)],
    ['Frame Relay with a long address and padding', 107, bytes('18400041 03 00 8e', packet6), 6],
    ['Frame Relay with SNAP', 107, bytes('1841 03 00 80 000000 0800', packet4)],
    ['Frame Relay as Cisco does it, with its direction', 206, bytes('00 1841 0800', packet4)],
    ['ERF with Ethernet', 197, bytes('00'.repeat(8), '02 00 0000 0000 0000 0000', ethernet(0x0800, packet4))],
    ['SLIP', 8, bytes('01 40', '00'.repeat(14), packet4)],
    ['SLIP without a header', 8, packet6, 6],
    ['ATM as BSD numbers it', 11, snap4],
    ['DOCSIS', 143, bytes('00 00 0040 abcd', ethernet(0x0800, packet4), '00000000')],
    ['DOCSIS with an extended header', 143, bytes('01 04 0044 61020000 abcd', ethernet(0x86dd, packet6)), 6],
    ['Junos with Ethernet', 178, bytes('4d4743 01', ethernet(0x0800, packet4))],
    ['Junos with extensions', 178, bytes('4d4743 81 0006 02010e 030101', ethernet(0x86dd, packet6)), 6],
    ['Junos without a link layer', 178, bytes('4d4743 02 02000000', packet4)],
    ['Junos with PPP', 179, bytes('4d4743 00 ff03 0021', packet4)],
    ['a Symantec firewall', 99, bytes('00000001 0000 86dd', '00'.repeat(36), packet6), 6],
    ['IPNET', 226, bytes('01 02 0001 00000036 00000001 00000000 00000000 00000000', packet4)],
    ['netANALYZER', 240, bytes('00010000', ethernet(0x0800, packet4), 'deadbeef')],
    ['netANALYZER with the preamble', 241, bytes('00010000 55555555555555d5', ethernet(0x0800, packet4))],
    ['the tag of a Broadcom switch', 281, bytes('020000000002 020000000001 20000001 0800', packet4)],
    ['the tag of a Broadcom switch in front', 282, bytes('20000001', ethernet(0x0800, packet4))],
    ['the tag of a Marvell switch', 284, bytes('020000000002 020000000001 c0180001 86dd', packet6), 6],
    ['the tag of a Marvell switch with an ethertype', 285, bytes('020000000002 020000000001 dada0000 c0180001 0800', packet4)],
    ['R-Tag', 1, ethernet(0xf1c1, bytes('0000 0007 86dd', packet6)), 6],
    ['E-Tag', 1, ethernet(0x893f, bytes('000000010000 0800', packet4))],
    ['HSR', 1, ethernet(0x892f, bytes('1034 0001 0800', packet4))],
    ['ERF with an extension and IP', 197, bytes('00'.repeat(8), '96 00 0000 0000 0000', '05 00000000000000', packet4)],
  ];

  it.each(cases)('%s', (_, linkType, frame, ipVersion = undefined) => {
    const decoded = decode([{ bytes: frame, linkType }]);
    expect(decoded.segments).toEqual([plain({ ipVersion: ipVersion ?? 4 })]);
    expect(decoded.anomalies).toEqual([]);
  });

  it('names a link type it does not know, once, and counts its packets', () => {
    const decoded = decode([147, 147, 290, 147].map((linkType) => ({ bytes: packet4, linkType })));
    expect(decoded.segments).toEqual([]);
    expect(decoded.anomalies).toEqual([
      { code: 'unsupported-link-type', count: 3, firstFrame: 1, message: 'link type 147 is not supported' },
      { code: 'unsupported-link-type', count: 1, firstFrame: 3, message: 'link type 290 is not supported' },
    ]);
  });

  it.each([
    ['an ARP packet', 1, ethernet(0x0806, bytes('00'.repeat(46)))],
    ['a spanning tree frame of 802.3', 1, ethernet(38, bytes('424203', '00'.repeat(43)))],
    ['a family that is not IP', 0, bytes(longLE(7), packet4)],
    ['netlink in Linux cooked', 113, bytes('0000 0338 0006 020000000001 0000 0800', packet4)],
    ['a part of a split ARCNET packet', 129, bytes('be50 a8e7 d4 01 0166', packet4)],
    ['a beacon', 105, bytes('8000 0000', '00'.repeat(40))],
    ['802.11 without data', 105, bytes('4801 0000', '00'.repeat(20))],
    ['PKTAP in PKTAP', 258, bytes(longLE(108), longLE(1), longLE(258), '00'.repeat(96), packet4)],
    ['Frame Relay management', 107, bytes('0001 03 08 0075 9501 0101', '00'.repeat(8))],
    ['PPP link control', 9, bytes('ff03 c021', '0101000a05060102030400')],
  ])('passes over %s in silence', (_, linkType, frame) => {
    expect(decode([{ bytes: frame, linkType }])).toEqual({ segments: [], anomalies: [] });
  });

  it('names what may hold TCP and cannot be read', () => {
    const decoded = decodeEthernet(ethernet(0x88e5, bytes('0c 00 00000001 0800', packet4)));
    expect(decoded).toEqual({ segments: [], anomalies: [{ code: 'protocol-unread', count: 1, firstFrame: 1, message: 'encrypted MACsec is not read' }] });
  });

  it.each([
    ['wireless-encrypted', '0841', '0000'],
    ['wireless-fragment', '0805', '0000'],
    ['wireless-fragment', '0801', '0100'],
  ])('names 802.11 data it cannot read: %s', (code, control, sequence) => {
    const decoded = decode([{ bytes: bytes(control, '0000', '00'.repeat(18), sequence, snap4), linkType: 105 }]);
    expect(decoded.segments).toEqual([]);
    expect(codes(decoded)).toEqual({ [code]: 1 });
  });

  it('reads every frame of an A-MSDU, the last of them without padding and with a check sequence behind it', () => {
    const subframe = (content: Uint8Array): Uint8Array => bytes('020000000002 020000000001', short(content.length), content);
    const [first, second] = [subframe(bytes(snap4, '00')), subframe(bytes('aaaa03 000000 86dd', packet6))];
    const frame = bytes('8801 0000', '00'.repeat(18), '0000', '8000', first, '00'.repeat(-first.length & 3), second, 'deadbeef');
    const decoded = decode([{ bytes: frame, linkType: 105 }, { bytes: packet4, linkType: 101 }]);
    expect(decoded.segments).toEqual([plain(), plain({ ipVersion: 6 }), { ...plain(), frame: 2 }]);
    expect(decoded.anomalies).toEqual([]);
  });
});

describe('VLANs', () => {
  it.each([
    ['802.1Q', ethernet(0x8100, bytes('0064 0800', packet4)), [100]],
    ['802.1Q with priority bits', ethernet(0x8100, bytes('e064 0800', packet4)), [100]],
    ['a priority tag, which is not a VLAN', ethernet(0x8100, bytes('e000 0800', packet4)), []],
    ['802.1ad', ethernet(0x88a8, bytes('0002 8100 0003 0800', packet4)), [2, 3]],
    ['QinQ as it was before', ethernet(0x9100, bytes('0002 9100 0003 8100 0004 0800', packet4)), [2, 3, 4]],
    ['802.1ah', ethernet(0x88a8, bytes('0050 88e7 00123456', ethernet(0x8100, bytes('0065 0800', packet4)))), [80, 101]],
  ])('%s', (_, frame, vlans) => {
    expect(decodeEthernet(frame).segments).toEqual([plain({ vlans })]);
  });

  it('reads a tag inside Linux cooked', () => {
    const decoded = decode([{ bytes: bytes('0000 0001 0006 020000000001 0000 8100 0064 86dd', packet6), linkType: 113 }]);
    expect(decoded.segments).toEqual([plain({ ipVersion: 6, vlans: [100] })]);
  });

  it('gives one path to each VLAN, also when packets of two alternate', () => {
    const one = ethernet(0x8100, bytes('0001 0800', packet4));
    const two = ethernet(0x8100, bytes('0002 0800', packet4));
    const { segments } = decodeEthernet(one, two, one, two);
    expect(segments.map((segment) => segment.path.vlans)).toEqual([[1], [2], [1], [2]]);
    expect(segments[0]!.path).toBe(segments[2]!.path);
  });

  it('does not let a frame of nothing but tags grow paths without end', () => {
    const tags = Array.from({ length: 12 }, (_, i) => bytes('8100', short(i + 1)));
    const frame = bytes('020000000002', '020000000001', ...tags, '0800', packet4);
    expect(decodeEthernet(frame).segments).toEqual([plain({ vlans: [1, 2, 3, 4, 5, 6, 7, 8] })]);
  });
});

describe('MPLS and PPPoE', () => {
  it.each([
    ['one label', ethernet(0x8847, bytes('00010140', packet4))],
    ['three labels', ethernet(0x8847, bytes('00010040 00020040 00030140', packet4))],
    ['multicast ethertype', ethernet(0x8848, bytes('00010140', packet4))],
    ['a pseudowire with a control word', ethernet(0x8847, bytes('00010140 00000000', ethernet(0x0800, packet4)))],
    ['a pseudowire without one to an address that begins with 0', ethernet(0x8847, bytes('00010140', ethernet(0x0800, packet4)))],
    ['a pseudowire without one', ethernet(0x8847, bytes('00010140', bytes('b20000000002', ethernet(0x0800, packet4).subarray(6))))],
    ['PPPoE', ethernet(0x8864, bytes('1100 0001', short(packet4.length + 2), '0021', packet4))],
  ])('%s', (_, frame) => {
    expect(decodeEthernet(frame).segments).toEqual([plain()]);
  });

  it('reads IPv6 behind a label', () => {
    expect(decodeEthernet(ethernet(0x8847, bytes('00010140', packet6))).segments).toEqual([plain({ ipVersion: 6 })]);
  });
});
