import { expect, it } from 'vitest';
import { LentMemory } from '../../../main/analysis/lent-memory.ts';

it('what is lent can be read until it is taken back, and is freed soon after', () => {
  const memory = new LentMemory();
  const views: Uint8Array[] = [];
  for (let i = 0; i < 20; i++) {
    memory.takeBack();
    views.push(memory.lend(new Uint8Array(5000).fill(i)));
    expect(views[i]![4999]).toBe(i);
  }
  const left = views.filter(({ length }) => length > 0);
  expect(left).toContain(views[19]);
  expect(left.length).toBeLessThan(10);
});

it('small outputs are left to the garbage collector', () => {
  const memory = new LentMemory();
  const views = Array.from({ length: 20 }, () => {
    memory.takeBack();
    return memory.lend(new Uint8Array(100));
  });
  expect(views.every(({ length }) => length === 100)).toBe(true);
});

it('a copy of what is lent is one: the slice of a Buffer was a view', () => {
  const output = Buffer.alloc(100);
  const copy = new LentMemory().lend(output).slice();
  output.fill(1);
  expect(copy[0]).toBe(0);
});
