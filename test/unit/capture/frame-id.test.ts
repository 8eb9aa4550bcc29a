import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { captureOf, frameId, frameOf, frameReference, maxFrame } from '../../../main/capture/frame-id.ts';

describe('frame ids', () => {
  test('one capture: the id is the frame number, up to 32 bits', () => {
    expect(frameId(0, 12, 1)).toBe(12);
    expect(frameReference(frameId(0, 12, 1), 1)).toBe(12);
    expect(maxFrame(1)).toBe(4_294_967_295);
    expect(frameReference(frameId(0, 3_000_000_000, 1), 1)).toBe(3_000_000_000);
  });

  test.each([[2, 31], [3, 30], [4, 30], [5, 29], [1000, 22]])('%i captures leave %i bits for the frame', (captures, bits) => {
    expect(maxFrame(captures)).toBe(2 ** bits - 1);
  });

  test('a number too large becomes the largest and stays in its capture', () => {
    const id = frameId(1, 2 ** 31 + 5, 2);
    expect([captureOf(id, 2), frameOf(id, 2)]).toEqual([1, 2 ** 31 - 1]);
  });

  test('an id survives a Uint32Array and an Int32Array', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(), fc.nat(), (captures, c, f) => {
        const capture = c % captures;
        const frame = 1 + (f % maxFrame(captures));
        const id = frameId(capture, frame, captures);
        for (const stored of [id, new Uint32Array([id])[0]!, new Int32Array([id])[0]!]) {
          expect([captureOf(stored, captures), frameOf(stored, captures)]).toEqual([capture, frame]);
          expect(frameReference(stored, captures)).toBe(captures === 1 ? frame : `${capture}:${frame}`);
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});
