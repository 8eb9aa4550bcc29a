import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { COLOURS, type ColourName, cssName } from '../../../shared/drawing/tokens.ts';

const css = readFileSync('renderer/styles/tokens.css', 'utf8');

/** The custom properties between the braces that follow a selector. */
function properties(selector: string): Map<string, string> {
  const start = css.indexOf(`${selector} {`);
  expect(start, selector).toBeGreaterThanOrEqual(0);
  return new Map([...css.slice(start, css.indexOf('}', start)).matchAll(/(--[\w-]+): ([^;]+);/g)].map(([, name, value]) => [name!, value!]));
}

it.each([
  [':root', 0],
  [':root[data-theme="dark"]', 1],
  [':root:not([data-theme="light"])', 1],
] as const)('the colours of %s are those of the drawings', (selector, theme) => {
  const found = properties(selector);
  for (const name of Object.keys(COLOURS) as ColourName[]) expect(found.get(cssName(name)), name).toBe(COLOURS[name][theme].toLowerCase());
});
