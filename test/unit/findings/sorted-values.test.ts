import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sortNearly, sortPlacesNearly, sortSpread } from '../../../main/findings/sorted-values.ts';

const value = fc.oneof(fc.double({ noNaN: true }).map((number) => number + 0), fc.constantFrom(0, 1, 2, Number.POSITIVE_INFINITY));

test('values that are nearly in order, far from it, or no numbers come out as a full sort has them', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 20, arbitrary: value }, { weight: 1, arbitrary: fc.constant(Number.NaN) }), { maxLength: 300 }), (values) => {
      const sorted = Float64Array.from(values).sort();
      expect(sortNearly(Float64Array.from(values))).toEqual(sorted);
      const nearly = sorted.slice();
      for (let i = 2; i < nearly.length; i += 3) [nearly[i - 2], nearly[i]] = [nearly[i]!, nearly[i - 2]!];
      expect(sortNearly(nearly)).toEqual(sorted);
      expect(sortSpread(Float64Array.from(values))).toEqual(sorted);
    }),
    { seed: 1, numRuns: 200 },
  );
});

test('moments in any order are sorted, equal ones and a single one too', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.integer({ min: 0, max: 20 }), fc.double({ min: 0, max: 1e18, noNaN: true })), { maxLength: 500 }), (values) => {
      const moments = values.map((value) => value + 0);
      expect(sortSpread(Float64Array.from(moments))).toEqual(Float64Array.from(moments).sort());
    }),
    { seed: 1, numRuns: 200 },
  );
});

test('places with equal values stay in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(1, 2, 3, Number.POSITIVE_INFINITY), { maxLength: 300 }), (values) => {
      const places = Int32Array.from(values.keys());
      expect([...sortPlacesNearly(places, Float64Array.from(values))]).toEqual([...values.keys()].sort((a, b) => (values[a]! === values[b]! ? a - b : values[a]! - values[b]!)));
    }),
    { seed: 1, numRuns: 200 },
  );
});
