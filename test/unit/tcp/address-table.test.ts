import { expect, test } from 'vitest';
import { ByteBlock } from '../../../main/capture/record-batch.ts';
import { AddressTable } from '../../../main/tcp/address-table.ts';

const block = new ByteBlock(new Uint8Array(24));

/** The id of an address that stands behind other bytes. */
function intern(table: AddressTable, bytes: readonly number[]): number {
  block.bytes.fill(0xee);
  block.bytes.set(bytes, 5);
  return table.intern(block, 5);
}

test('addresses that differ in any of their bytes are told apart, and are what they were', () => {
  const table = new AddressTable();
  const addresses = [Array<number>(16).fill(7), ...Array.from({ length: 16 }, (_, at) => Array.from({ length: 16 }, (_, i) => (i === at ? 8 : 7)))];
  const ids = addresses.map((address) => intern(table, address));
  expect(ids).toEqual([...addresses.keys()]);
  expect(addresses.map((address) => intern(table, address))).toEqual(ids);
  expect(ids.map((id) => [...table.ipv6(id)])).toEqual(addresses);
});

test('thousands of them, more than the table began with', () => {
  const table = new AddressTable();
  const address = (n: number): number[] => [0x20, 1, 0xd, 0xb8, ...Array<number>(10).fill(0), n >> 8, n & 0xff];
  for (let n = 0; n < 5000; n++) expect(intern(table, address(n))).toBe(n);
  for (const n of [0, 255, 256, 4999]) {
    expect(intern(table, address(n))).toBe(n);
    expect([...table.ipv6(n)]).toEqual(address(n));
  }
});
