import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FlowTable } from '../../../main/tcp/flow-table.ts';

/** Holders with this hash, from the table. */
function holders(table: FlowTable, hash: number): number[] {
  const found: number[] = [];
  for (let place = table.find(hash, table.first(hash)); place >= 0; place = table.find(hash, table.after(place))) found.push(table.holderAt(place));
  return found.sort((a, b) => a - b);
}

test('holds what was put in, whatever was taken out or moved between, also where all share the last places', () => {
  // Few hashes, around the end of the table: runs of entries go round it and hold several homes.
  const step = fc.record({ what: fc.constantFrom('insert', 'insert', 'remove', 'replace'), which: fc.nat(30), hash: fc.constantFrom(-1, -2, 0, 1, 15, 16, 0x7fff_ffff) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const table = new FlowTable();
      const held: { hash: number; holder: number }[] = [];
      let next = 1;
      for (const { what, which, hash } of steps) {
        const one = held[which % Math.max(1, held.length)];
        if (what === 'insert') {
          held.push({ hash, holder: next });
          table.insert(hash, next++);
        } else if (one !== undefined && what === 'remove') {
          held.splice(held.indexOf(one), 1);
          table.remove(one.hash, one.holder);
        } else if (one !== undefined) {
          // A connection that is put aside is held by the complement of its place.
          table.replace(one.hash, one.holder, ~next);
          one.holder = ~next++;
        }
        for (const wanted of new Set([hash, ...held.map((entry) => entry.hash)])) {
          expect(holders(table, wanted)).toEqual(held.filter((entry) => entry.hash === wanted).map(({ holder }) => holder).sort((a, b) => a - b));
        }
      }
    }),
  );
});

test('the hash of a flow depends on each address, the ports and the version of IP', () => {
  const hashes = [FlowTable.hash(1, 2, 3, 0), FlowTable.hash(9, 2, 3, 0), FlowTable.hash(1, 9, 3, 0), FlowTable.hash(1, 2, 9, 0), FlowTable.hash(1, 2, 3, 1)];
  expect(new Set(hashes).size).toBe(5);
});
