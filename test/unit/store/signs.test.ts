import { expect, test } from 'vitest';
import { Signs } from '../../../main/store/signs.ts';

const read = (signs: Signs, id: number) => [signs.clientAgent(id), signs.clientHeaderOrder(id), signs.serverAgent(id), signs.serverHeaderOrder(id)];

test('what was said of each end is read back, whichever came first, and the same has one id', () => {
  const signs = new Signs();
  expect(read(signs, 0)).toEqual([0, 0, 0, 0]);
  const known = new Map<number, string>();
  for (let n = 0; n < 5000; n++) {
    const said = [n % 7, 1 + (n % 11), n % 13, n % 3 === 0 ? 0 : n];
    const clientFirst = signs.withServer(signs.withClient(0, said[0]!, said[1]!), said[2]!, said[3]!);
    const serverFirst = signs.withClient(signs.withServer(0, said[2]!, said[3]!), said[0]!, said[1]!);
    expect(clientFirst).toBe(serverFirst);
    expect(read(signs, clientFirst)).toEqual(said);
    expect(known.get(clientFirst) ?? said.join()).toBe(said.join());
    known.set(clientFirst, said.join());
  }
  for (const [id, said] of known) expect(read(signs, id).join()).toBe(said);
});

test('an end may be told again', () => {
  const signs = new Signs();
  const once = signs.withServer(signs.withClient(0, 1, 2), 0, 9);
  expect(read(signs, signs.withServer(once, 4, 9))).toEqual([1, 2, 4, 9]);
});

test('a timeout of 0 seconds is a promise too, also as the first that is asked', () => {
  const signs = new Signs();
  expect(signs.keepAliveTimeout(signs.withKeepAlive(0, 0, false))).toBe(1);
});

test('what Keep-Alive fields promise stands beside the rest: the last timeout, and that there was a max', () => {
  const signs = new Signs();
  const promised = (id: number) => [signs.keepAliveTimeout(id), signs.keepAliveCounts(id)];
  const both = signs.withServer(signs.withClient(0, 1, 2), 3, 4);
  expect(promised(both)).toEqual([0, false]);
  const hinted = signs.withKeepAlive(both, 5, false);
  expect([promised(hinted), read(signs, hinted)]).toEqual([[6, false], [1, 2, 3, 4]]);
  const counting = signs.withKeepAlive(hinted, -1, true);
  expect(promised(counting)).toEqual([6, true]);
  const longer = signs.withKeepAlive(signs.withServer(signs.withClient(counting, 7, 8), 9, 10), 4_000_000, false);
  expect([promised(longer), read(signs, longer)]).toEqual([[65_535, true], [7, 8, 9, 10]]);
  expect(promised(signs.withKeepAlive(longer, 0, false))).toEqual([1, true]);
});
