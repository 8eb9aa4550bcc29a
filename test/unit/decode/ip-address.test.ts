import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIpv4, formatIpv6 } from '../../../shared/format/ip-address.ts';
import { bytes } from './frames.ts';

describe('formatIpv4', () => {
  it('reads at the offset', () => {
    expect(formatIpv4(bytes('ffff c0000201 ff'), 2)).toBe('192.0.2.1');
  });
});

describe('formatIpv6 (RFC 5952)', () => {
  it.each([
    ['unspecified', '0000 0000 0000 0000 0000 0000 0000 0000', '::'],
    ['loopback', '0000 0000 0000 0000 0000 0000 0000 0001', '::1'],
    ['zeros at the end', '2001 0db8 0000 0000 0000 0000 0000 0000', '2001:db8::'],
    ['no leading zeros, lower case', '2001 0DB8 0A00 0001 00FF 0ABC 0001 000F', '2001:db8:a00:1:ff:abc:1:f'],
    ['one zero group is not shortened', '2001 0db8 0000 0001 0001 0001 0001 0001', '2001:db8:0:1:1:1:1:1'],
    ['the longest run', '2001 0000 0000 0001 0000 0000 0000 0001', '2001:0:0:1::1'],
    ['the first of equal runs', '2001 0db8 0000 0000 0001 0000 0000 0001', '2001:db8::1:0:0:1'],
    ['a run at the start', '0000 0000 0001 0001 0001 0001 0001 0001', '::1:1:1:1:1:1'],
    ['IPv4-mapped', '0000 0000 0000 0000 0000 ffff 0102 0304', '::ffff:1.2.3.4'],
    ['not IPv4-mapped', '0000 0000 0000 0000 0001 ffff 0102 0304', '::1:ffff:102:304'],
    ['link-local', 'fe80 0000 0000 0000 0200 00ff fe00 0001', 'fe80::200:ff:fe00:1'],
  ])('%s', (_, address, expected) => {
    expect(formatIpv6(bytes('ee', address), 1)).toBe(expected);
  });

  it('is the same address, in the form that the URL standard gives it', () => {
    const group = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(0xffff) });
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        fc.pre(groups.slice(0, 5).some((value) => value !== 0) || groups[5] !== 0xffff);
        const address = Uint8Array.from(groups.flatMap((value) => [value >> 8, value & 0xff]));
        const formatted = formatIpv6(address, 0);
        expect(isIPv6(formatted)).toBe(true);
        const full = groups.map((value) => value.toString(16)).join(':');
        expect(`[${formatted}]`).toBe(new URL(`http://[${full}]`).hostname);
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});
