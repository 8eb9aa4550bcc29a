import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PcapngClock } from '../../../main/capture/pcapng-clock.ts';

/** What the reader computes for a packet, as its loop does. */
function relative(clock: PcapngClock, units: bigint): number {
  const high = Number(units >> 32n);
  const low = Number(units & 0xffffffffn);
  if (clock.scale === 0) return clock.slow(high, low);
  return ((high - clock.baseHigh) * 2 ** 32 + (low - clock.baseLow)) * clock.scale - clock.shift;
}

function floorDivide(a: bigint, b: bigint): bigint {
  return a / b - (a % b < 0n ? 1n : 0n);
}

const seconds = fc.integer({ min: 1_000_000_000, max: 4_000_000_000 });
const nanoseconds = fc.integer({ min: 0, max: 999_999_999 });
/** Within 90 days, where nanoseconds are exact. */
const later = fc.bigInt({ min: -7_776_000_000_000_000n, max: 7_776_000_000_000_000n });

describe('pcapng clock', () => {
  test('decimal units down to a nanosecond are exact, whatever the origin', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9 }), fc.integer({ min: -1_000_000, max: 1_000_000 }), seconds, nanoseconds, later, (digits, offset, s, ns, delta) => {
        const clock = new PcapngClock(digits, BigInt(offset));
        clock.start({ seconds: s, nanoseconds: ns });
        const perUnit = 10n ** BigInt(9 - digits);
        const wanted = BigInt(s) * 1_000_000_000n + BigInt(ns) + delta;
        const units = (wanted - BigInt(offset) * 1_000_000_000n) / perUnit;
        const exact = units * perUnit + BigInt(offset) * 1_000_000_000n - BigInt(s) * 1_000_000_000n - BigInt(ns);
        expect(BigInt(relative(clock, units))).toBe(exact);
      }),
      { seed: 2, numRuns: 2000 },
    );
  });

  test('binary units are right to a nanosecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 33 }), seconds, nanoseconds, fc.bigInt({ min: 0n, max: 100_000n }), fc.bigInt({ min: 0n, max: 2n ** 33n }), (bits, s, ns, after, part) => {
        const clock = new PcapngClock(0x80 | bits, 0n);
        clock.start({ seconds: s, nanoseconds: ns });
        const perSecond = 1n << BigInt(bits);
        const units = ((BigInt(s) + after) << BigInt(bits)) + (part % perSecond);
        const exact = floorDivide(units * 1_000_000_000n, perSecond) - BigInt(s) * 1_000_000_000n - BigInt(ns);
        const difference = BigInt(relative(clock, units)) - exact;
        expect(difference >= -1n && difference <= 1n).toBe(true);
      }),
      { seed: 3, numRuns: 2000 },
    );
  });

  test('the time of day keeps all its digits', () => {
    expect(new PcapngClock(9, 3n).absolute(411_487_092, 2_062_571_797)).toEqual({
      seconds: Number((411_487_092n * 2n ** 32n + 2_062_571_797n) / 1_000_000_000n) + 3,
      nanoseconds: Number((411_487_092n * 2n ** 32n + 2_062_571_797n) % 1_000_000_000n),
    });
    expect(new PcapngClock(0x80 | 1, 0n).absolute(0, 3)).toEqual({ seconds: 1, nanoseconds: 500_000_000 });
  });

  test('any resolution, offset and count gives a number', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (resolution, offset, first, second) => {
        const clock = new PcapngClock(resolution, offset);
        clock.start(clock.absolute(Number(first >> 32n), Number(first & 0xffffffffn)));
        for (const units of [first, second]) expect(Number.isInteger(relative(clock, units))).toBe(true);
      }),
      { seed: 4, numRuns: 1000 },
    );
  });
});
