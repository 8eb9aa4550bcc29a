import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { fuzz } from './fuzz.ts';
import { fuzzSeeds } from './seeds.ts';

it('2,000 damaged captures: no throw, no hang, bounded memory, reports that keep to the schema', async () => {
  const shared = fileURLToPath(new URL('../../../shared/captures/', import.meta.url));
  const seeds = fuzzSeeds([`${shared}corpora/`, `${shared}corpora/extra/`, `${shared}lab/`]);
  const { ran, failures, peakMemory } = await fuzz({ seeds, first: 1, count: 2000, mostMemory: 1e9 });
  expect(failures).toEqual([]);
  expect(ran).toBe(2000);
  console.log(`${ran} mutations of ${seeds.length} captures; at most ${Math.round(peakMemory / 1e6)} MB resident`);
});
