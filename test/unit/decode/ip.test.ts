import { describe, expect, it } from 'vitest';
import { frameId, frameOf } from '../../../main/capture/frame-id.ts';
import { ByteBlock, RecordBatch } from '../../../main/capture/record-batch.ts';
import { AnomalyCounter } from '../../../main/decode/anomalies.ts';
import { Decoder } from '../../../main/decode/decoder.ts';
import { NetworkPaths } from '../../../main/decode/network-paths.ts';
import { bytes, codes, decode, decodeEthernet, ethernet, ipv4, ipv6, plain, short, tcp } from './frames.ts';

const v4 = (packet: Uint8Array): Uint8Array => ethernet(0x0800, packet);
const v6 = (packet: Uint8Array): Uint8Array => ethernet(0x86dd, packet);

describe('IPv4', () => {
  it('reads options', () => {
    expect(decodeEthernet(v4(ipv4(tcp(), { options: bytes('94040000') }))).segments).toEqual([plain()]);
  });

  it('does not take the padding of a short frame for payload', () => {
    const decoded = decodeEthernet(bytes(v4(ipv4(tcp(''))), '000000000000'));
    expect(decoded.segments).toEqual([{ ...plain(), payload: '', length: 0 }]);
    expect(decoded.anomalies).toEqual([]);
  });

  it('takes the length of the frame where the total length is 0 (TSO)', () => {
    expect(decodeEthernet(v4(ipv4(tcp(), { totalLength: 0 }))).segments).toEqual([plain()]);
  });

  it('knows the length on the wire of a payload that the snap length cut', () => {
    const whole = v4(ipv4(tcp('0123456789')));
    const decoded = decodeEthernet(whole, whole.subarray(0, whole.length - 4), whole.subarray(0, whole.length - 7));
    expect(decoded.segments.map(({ payload, length }) => [payload, length])).toEqual([['0123456789', 10], ['012345', 10], ['012', 10]]);
    expect(decoded.anomalies).toEqual([{ code: 'packet-truncated', count: 2, firstFrame: 2, message: '' }]);
  });

  it('gives a segment whose options are cut, and none whose flags and window are', () => {
    const whole = v4(ipv4(tcp('abc', { options: bytes('0101080a 00000001 00000002') })));
    const decoded = decodeEthernet(whole.subarray(0, 58), whole.subarray(0, 50), whole.subarray(0, 49));
    expect(decoded.segments).toEqual([{ ...plain(), payload: '', length: 3 }, { ...plain(), frame: 2, payload: '', length: 3 }]);
    expect(codes(decoded)).toEqual({ 'packet-truncated': 3 });
  });

  it('a capture of 50 bytes a packet had no connections: the fixed TCP header was wanted whole', () => {
    const whole = v6(ipv6(tcp('0123')));
    for (let kept = 70; kept < 74; kept++) {
      const { segments } = decodeEthernet(whole.subarray(0, kept));
      expect(segments.map(({ payload, length }) => [payload, length])).toEqual([['', 4]]);
    }
  });

  it.each([
    ['a header length below 20', ipv4(tcp()).with(0, 0x44), 'ip-header-malformed'],
    ['a total length below the header length', ipv4(tcp(), { totalLength: 19 }), 'ip-header-malformed'],
    ['another version', ipv4(tcp()).with(0, 0x55), 'ip-header-malformed'],
    ['a TCP header below 20 bytes', ipv4(tcp('', { dataOffset: 4 })), 'tcp-header-malformed'],
    ['a TCP header longer than the segment', ipv4(tcp('', { dataOffset: 6 })), 'tcp-header-malformed'],
    ['a total length that ends inside the TCP header', ipv4(tcp(''), { totalLength: 36 }), 'packet-truncated'],
  ])('names %s', (_, packet, code) => {
    const decoded = decodeEthernet(v4(packet));
    expect(decoded.segments).toEqual([]);
    expect(codes(decoded)).toEqual({ [code]: 1 });
  });

  it('reads behind an authentication header', () => {
    const header = bytes(6, 4, '0000 00000001 00000001', '00'.repeat(12));
    expect(decodeEthernet(v4(ipv4(bytes(header, tcp()), { protocol: 51 }))).segments).toEqual([plain()]);
  });
});

describe('IPv6', () => {
  const expected = plain({ ipVersion: 6 });

  it.each([
    ['hop-by-hop options', 0, bytes(6, 0, '010400000000')],
    ['a routing header of 24 bytes', 43, bytes(6, 2, '00 00', '00'.repeat(20))],
    ['destination options', 60, bytes(6, 0, '010400000000')],
    ['an authentication header', 51, bytes(6, 4, '0000 00000001 00000001', '00'.repeat(12))],
    ['an atomic fragment', 44, bytes(6, 0, '0000 00000001')],
    ['hop-by-hop options, then destination options', 0, bytes(60, 0, '010400000000', 6, 0, '010400000000')],
  ])('reads behind %s', (_, next, headers) => {
    expect(decodeEthernet(v6(ipv6(bytes(headers, tcp()), { next }))).segments).toEqual([expected]);
  });

  it('takes the length of the frame where the payload length is 0', () => {
    expect(decodeEthernet(v6(ipv6(tcp(), { payloadLength: 0 }))).segments).toEqual([expected]);
  });

  it('does not take padding for payload, and knows what the snap length cut', () => {
    const whole = v6(ipv6(tcp('0123456789')));
    const decoded = decodeEthernet(bytes(whole, '0000'), whole.subarray(0, whole.length - 4));
    expect(decoded.segments.map(({ payload, length }) => [payload, length])).toEqual([['0123456789', 10], ['012345', 10]]);
    expect(decoded.anomalies).toEqual([{ code: 'packet-truncated', count: 1, firstFrame: 2, message: '' }]);
  });

  it('stops at an extension header that is longer than the packet', () => {
    const decoded = decodeEthernet(v6(ipv6(bytes(6, 255, '010400000000', tcp()), { next: 60 })));
    expect(decoded.segments).toEqual([]);
    expect(codes(decoded)).toEqual({ 'packet-truncated': 1 });
  });

  it('passes over what is not TCP', () => {
    expect(decodeEthernet(v6(ipv6(bytes('8000 0000'), { next: 58 })), v6(ipv6(new Uint8Array(), { next: 59 })))).toEqual({ segments: [], anomalies: [] });
  });
});

describe('frames', () => {
  it('of several captures count their anomalies apart, also those that show at the end', () => {
    const counters = [new AnomalyCounter(), new AnomalyCounter(), new AnomalyCounter()];
    const decoder = new Decoder({ begin: () => {}, segment: () => {} }, new NetworkPaths(), counters);
    const batch = new RecordBatch(new ByteBlock(ipv4(tcp('1234'), { more: true })));
    batch.captured[0] = batch.block.bytes.length;
    batch.linkType[0] = 101;
    batch.firstFrame = frameId(2, 5, 3);
    decoder.decode(batch, 0, 1);
    batch.linkType[0] = 147;
    batch.firstFrame = frameId(1, 9, 3);
    decoder.decode(batch, 0, 1);
    decoder.finish();
    expect(counters.map((counter) => counter.entries().map(({ code, firstFrame }) => [code, frameOf(firstFrame, 3)]))).toEqual([
      [], [['unsupported-link-type', 9]], [['fragments-incomplete', 5]],
    ]);
  });

  it('numbers segments by their record, in any part of a batch', () => {
    const frames = Array.from({ length: 5000 }, (_, i) => ({ bytes: i % 2 === 0 ? v4(ipv4(tcp())) : ethernet(0x0806, bytes('00'.repeat(28))), linkType: 1 }));
    const { segments } = decode(frames);
    expect(segments.length).toBe(2500);
    expect(segments.every((segment, i) => segment.frame === 2 * i + 1)).toBe(true);
  });

  it('counts a frame too short for its link layer', () => {
    expect(codes(decode([{ bytes: new Uint8Array(13), linkType: 1 }, { bytes: bytes(short(0)), linkType: 113 }]))).toEqual({ 'packet-truncated': 2 });
  });
});
