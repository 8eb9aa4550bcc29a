import { expect, test } from 'vitest';
import { spread } from '../../../shared/drawing/spread.ts';

test.each([
  ['where there is room each stands where it should', [50, 100, 150], [50, 100, 150]],
  ['what is too near moves on', [50, 52, 150], [50, 80, 150]],
  ['nothing stands over an edge', [0, 200], [15, 185]],
  ['two at the right edge stood on each other', [186, 196], [155, 185]],
  ['a whole row at the right edge goes back', [190, 191, 192, 193], [95, 125, 155, 185]],
  ['nothing', [], []],
])('%s', (_, wanted, expected) => expect(spread(wanted, 30, 200)).toEqual(expected));
