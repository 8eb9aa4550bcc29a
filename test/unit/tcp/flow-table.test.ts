import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FlowTable } from '../../../main/tcp/flow-table.ts';
import { TcpHarness } from '../../kit/tcp-harness.ts';

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
    { seed: 1 },
  );
});

test('the hash of a flow depends on each address, the ports and the version of IP', () => {
  const hashes = [FlowTable.hash(1, 2, 3, 0), FlowTable.hash(9, 2, 3, 0), FlowTable.hash(1, 9, 3, 0), FlowTable.hash(1, 2, 9, 0), FlowTable.hash(1, 2, 3, 1)];
  expect(new Set(hashes).size).toBe(5);
});

test('connections whose hashes are the same by chance are told apart by their addresses and ports', () => {
  const pair = [{ addressOfB: 188_413_372, port: 4403 }, { addressOfB: 191_557_725, port: 31_638 }];
  const [hash, ...others] = pair.map(({ addressOfB, port }) => FlowTable.hash(0x0a00_0001, addressOfB, (port << 16) | 80, 0));
  expect(others).toEqual([hash]);
  const tcp = new TcpHarness();
  for (const flags of ['S', '', ''] as const) {
    for (const tuple of pair) tcp.push({ from: 'a', flags, seq: flags === 'S' ? 100 : 101, ...(flags === '' && { ack: 501, data: 'x' }), ...tuple });
  }
  tcp.finish();
  expect(tcp.facts_.map(({ address1, port0, packets0 }) => ({ addressOfB: address1, port: port0, packets0 }))).toEqual(pair.map((tuple) => ({ ...tuple, packets0: 3 })));
});
