import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { COLOURS, SHAPES, type ColourName, cssName } from '../../../shared/drawing/tokens.ts';

const STYLES = 'renderer/styles/tokens.css';
const NAMES = Object.keys(COLOURS) as ColourName[];

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

/** WCAG 2.2, section 1.4.3. */
function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light! + 0.05) / (dark! + 0.05);
}

describe('colours', () => {
  test.each(['ink', 'ink2', 'ink3', 'accentInk', 'rst', 'zeroWindow'] as const)('%s can be read as text on surface and window', (name) => {
    for (const theme of [0, 1] as const) for (const ground of ['surface', 'bg'] as const) expect(contrast(COLOURS[name][theme], COLOURS[ground][theme])).toBeGreaterThanOrEqual(4.5);
  });

  test('every mark stands out from the surface, by its edge where it is pale', () => {
    for (const shape of Object.values(SHAPES)) {
      const name: ColourName = 'edge' in shape ? shape.edge : shape.colour;
      for (const theme of [0, 1] as const) expect(contrast(COLOURS[name][theme], COLOURS.surface[theme])).toBeGreaterThanOrEqual(3);
    }
  });

  test('no two marks that lie beside each other share both hue and pattern', () => {
    const seen = Object.values(SHAPES).filter((shape) => shape.legend !== 'busy').map((shape) => `${shape.colour} ${shape.fill} ${'glyph' in shape ? shape.glyph : ''}`);
    expect(new Set(seen).size).toBe(seen.length);
  });

  test.skipIf(!existsSync(STYLES))(`${STYLES} has the same values`, () => {
    const css = readFileSync(STYLES, 'utf8').toLowerCase();
    for (const name of NAMES) {
      const values = [...css.matchAll(new RegExp(`${cssName(name)}:\\s*(#[0-9a-f]{6})`, 'g'))].map((match) => match[1]!);
      expect([...new Set(values)], cssName(name)).toEqual([...new Set(COLOURS[name].map((value) => value.toLowerCase()))]);
    }
  });
});
