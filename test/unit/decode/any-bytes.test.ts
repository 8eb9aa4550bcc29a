import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from './frames.ts';
import { bytes, decode, ethernet, ipv4, ipv6, longLE, short, shortLE, tcp, udp } from './frames.ts';

const LINK_TYPES = [0, 1, 6, 8, 9, 10, 11, 12, 14, 50, 51, 99, 100, 101, 104, 105, 106, 107, 108, 109, 113, 117, 119, 122, 123, 127, 129, 138, 143, 149, 163, 166, 178, 179, 192, 197, 204, 205, 206, 226, 228, 229, 239, 240, 241, 242, 258, 276, 281, 282, 284, 285, 147];

const v4 = ipv4(tcp('0123456789', { options: bytes('01030307') }), { options: bytes('94040000') });
const v6 = ipv6(bytes(60, 0, '010400000000', 44, 0, '010400000000', 6, 0, '0000 00000001', tcp()), { next: 0 });
const inner = ethernet(0x0800, v4);
const whole = udp(1, 6081, bytes('0100 6558 00000500 01020304', inner));

/** Packets that lead into every reader, for mutations to start from. */
const SEEDS: Frame[] = [
  { linkType: 1, bytes: ethernet(0x0800, v4) },
  { linkType: 1, bytes: ethernet(0x86dd, v6) },
  { linkType: 1, bytes: ethernet(0x86dd, ipv6(tcp())) },
  { linkType: 1, bytes: ethernet(0x88a8, bytes('0002 8100 0003 0800', v4)) },
  { linkType: 1, bytes: ethernet(0x8847, bytes('00010040 00010140 00000000', inner)) },
  { linkType: 1, bytes: ethernet(0x8864, bytes('1100 0001', short(v4.length + 2), '0021', v4)) },
  { linkType: 1, bytes: ethernet(0x88a8, bytes('0050 88e7 00123456', inner)) },
  { linkType: 101, bytes: ipv4(whole.subarray(0, 48), { protocol: 17, more: true }) },
  { linkType: 101, bytes: ipv4(whole.subarray(48), { protocol: 17, offset: 48 }) },
  { linkType: 101, bytes: ipv6(bytes(6, 0, '0001 00000001', tcp().subarray(0, 16)), { next: 44 }) },
  { linkType: 101, bytes: ipv6(bytes(6, 0, '0010 00000001', tcp().subarray(16)), { next: 44 }) },
  { linkType: 101, bytes: ipv4(bytes('b000 0800 00000000 00000007 00000001', v4), { protocol: 47 }) },
  { linkType: 101, bytes: ipv4(bytes('1000 22eb 00000001 2001 0064 00000000 0000 0001 0000000000000000', inner), { protocol: 47 }) },
  { linkType: 101, bytes: ipv4(bytes('3081 880b', short(v4.length + 4), '0005 00000001 00000002 ff03 0021', v4), { protocol: 47 }) },
  { linkType: 101, bytes: ipv4(v6, { protocol: 41 }) },
  { linkType: 101, bytes: ipv4(udp(1, 4789, bytes('08000000 00100000', inner)), { protocol: 17 }) },
  { linkType: 101, bytes: ipv4(udp(2152, 2152, bytes('34ff', short(v4.length + 16), '00000009 0000 00 85 01 100085 02 00000000000000', v4)), { protocol: 17 }) },
  { linkType: 101, bytes: ipv4(udp(1, 3544, bytes('0001 02 03 aaaa bbbbbb 0102030405060708 00', '0000 1234 01020304', v6)), { protocol: 17 }) },
  { linkType: 101, bytes: ipv4(udp(1701, 1701, bytes('4a02', short(v4.length + 18), '0001 0002 0003 0004 0002 0000 0021', v4)), { protocol: 17 }) },
  { linkType: 101, bytes: ipv4(udp(1, 4790, bytes('0c000004 00100000 0fc2 02 03 000001ff', inner)), { protocol: 17 }) },
  { linkType: 101, bytes: ipv4(udp(1, 37008, bytes('01 00 0001 00 0a 01 c3 01', inner)), { protocol: 17 }) },
  { linkType: 101, bytes: ipv4(udp(3386, 1, bytes('1eff', short(v4.length), '0001 0000 ffffffff 1234567890123456', v4)), { protocol: 17 }) },
  { linkType: 101, bytes: ipv4(udp(1, 4341, bytes('88010203 00000701', v6)), { protocol: 17 }) },
  { linkType: 101, bytes: ipv4(udp(1, 6080, bytes('01 04 0000 00000000', v4)), { protocol: 17 }) },
  { linkType: 101, bytes: ipv4(udp(1, 5072, bytes('42 52 11 29 00000000', '00'.repeat(36), v6)), { protocol: 17 }) },
  { linkType: 101, bytes: ipv4(udp(5247, 1, bytes('00 10 0300 00010000', '0208 0000', '00'.repeat(20), 'aaaa03 000000 0800', v4)), { protocol: 17 }) },
  { linkType: 101, bytes: ipv4(bytes('00000007 0102030405060708 40000001', inner), { protocol: 115 }) },
  { linkType: 143, bytes: bytes('01 04 0044 61020000 abcd', inner) },
  { linkType: 178, bytes: bytes('4d4743 81 0006 02010e 030101', inner) },
  { linkType: 285, bytes: bytes('020000000002 020000000001 dada0000 c0180001 0800', v4) },
  { linkType: 105, bytes: bytes('8801 0000', '00'.repeat(20), '8000', '020000000002 020000000001', short(v4.length + 8), 'aaaa03 000000 0800', v4, '00'.repeat(-(v4.length + 22) & 3), '020000000002 020000000001', short(v6.length + 8), 'aaaa03 000000 86dd', v6) },
  { linkType: 1, bytes: ethernet(0x22f3, bytes('0045 0001 0002 01020304', inner)) },
  { linkType: 1, bytes: ethernet(0x8926, bytes('00010002 88e5 20 00 00000001 0200000000010001 0800', v4)) },
  { linkType: 258, bytes: bytes(longLE(108), longLE(1), longLE(107), '00'.repeat(96), '1841 03 00 80 000000 0800', v4) },
  { linkType: 197, bytes: bytes('00'.repeat(8), '82 00 0000 0000 0000', '05 00000000000000', '0000', inner) },
  { linkType: 6, bytes: bytes('1040 020000000002 820000000001 0630 0011 0020', 'aaaa03 000000 0800', v4) },
  { linkType: 127, bytes: bytes('0000 1900 030000a0 00000020 00000000 0102030405060708 20', '8801 0000', '00'.repeat(22), 'aaaa03 000000 0800', v4) },
  { linkType: 239, bytes: bytes('0200 0000', shortLE(5), shortLE(10), '61 000000', shortLE(v4.length + 4), shortLE(9), v4) },
  { linkType: 0, bytes: bytes(longLE(2), v4) },
  { linkType: 113, bytes: bytes('0000 0001 0006 020000000001 0000 8100 0064 0800', v4) },
  { linkType: 276, bytes: bytes('0800 0000 00000002 0001 00 06 0200000000010000', v4) },
  { linkType: 192, bytes: bytes('0000 0800 69000000', '0801 0000', '00'.repeat(20), 'aaaa03 000000 0800', v4) },
];

/** `decode` throws where a segment breaks the sink's contract; what lies outside the records must not show. */
function check(frames: readonly Frame[]): void {
  const options = { maxTunnels: 2 };
  expect(decode(frames, options, 0x45)).toEqual(decode(frames, options, 0));
}

describe('whatever the bytes, nothing throws and nothing outside a record is read', () => {
  it('random bytes of every link type', () => {
    const frame = fc.record({ linkType: fc.constantFrom(...LINK_TYPES), bytes: fc.uint8Array({ maxLength: 120 }) });
    fc.assert(fc.property(fc.array(frame, { minLength: 1, maxLength: 20 }), check), { numRuns: 300, seed: 1 });
  });

  it('every seed cut at every length', () => {
    for (const { linkType, bytes: seed } of SEEDS) {
      check(Array.from({ length: seed.length }, (_, length) => ({ linkType, bytes: seed.subarray(0, length) })));
    }
  });

  it('every seed with bytes changed', () => {
    const change = fc.tuple(fc.nat(200), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 4, 6, 17, 41, 43, 44, 47, 60, 0x45, 0x60, 0x81, 0xff)));
    const frame = fc.tuple(fc.constantFrom(...SEEDS), fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(300)).map(([seed, changes, length]) => {
      const changed = seed.bytes.slice(0, length);
      for (const [at, value] of changes) if (at < changed.length) changed[at] = value;
      return { linkType: seed.linkType, bytes: changed };
    });
    fc.assert(fc.property(fc.array(frame, { minLength: 1, maxLength: 20 }), check), { numRuns: 1000, seed: 1 });
  });
});
