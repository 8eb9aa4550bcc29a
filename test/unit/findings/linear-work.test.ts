import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NetworkPaths } from '../../../main/decode/network-paths.ts';
import { ResultStore } from '../../../main/store/result-store.ts';
import { AddressTable } from '../../../main/tcp/address-table.ts';
import { RST } from '../../kit/packets.ts';
import { connection, diagnosed, request, response, type Talk } from './captures.ts';

/**
 * Work that grows with the square of something hangs on captures of production and is not seen in small ones. No test
 * takes the time; here the reads of the store's columns are counted, for so many of a thing and for twice as many.
 */
const FEW = 300;
/** Twice the work, and what logarithms add. */
const MOST_TIMES = 2.2;

interface Column {
  get(row: number, place?: number): number;
}

let reads = 0;
const restored: (() => void)[] = [];

beforeAll(() => {
  const { connections, exchanges, events } = new ResultStore(new AddressTable(), new NetworkPaths());
  const columns = [connections, exchanges, events].flatMap((table) => Object.values(table) as unknown[]).filter((value): value is Column => typeof (value as Partial<Column>)?.get === 'function');
  const prototypes = new Set(columns.map((column) => Object.getPrototypeOf(column) as object));
  // Columns that are derived are plain objects and read others; a table may hold a Map.
  for (const own of [Object.prototype, Map.prototype]) prototypes.delete(own);
  for (const prototype of prototypes as Set<Column>) {
    const { get } = prototype;
    prototype.get = function (this: Column, row, place) {
      reads++;
      return get.call(this, row, place);
    };
    restored.push(() => (prototype.get = get));
  }
});

afterAll(() => restored.forEach((restore) => restore()));

async function readsFor(talks: readonly Talk[]): Promise<number> {
  reads = 0;
  await diagnosed(...talks);
  return reads;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** One connection that does the same again and again. */
function again(count: number, what: (talk: Talk, i: number) => void): Talk[] {
  const talk = connection(0, 0, { windowScale: 0 });
  for (const i of numbers(count)) what(talk, i);
  return [talk];
}

const put = (length: number, more = ''): string => request('go', '/upload', 'PUT', `${more}Content-Length: ${length}\r\n`);
const filled = 'x'.repeat(1000);

const SHAPES: Record<string, (count: number) => Talk[]> = {
  'requests on one connection': (count) => again(count, (talk) => talk.get(20)),
  'slow responses on one connection': (count) => again(count, (talk) => talk.client(request('go')).wait(5).server(response(20)).ack('client')),
  'responses that stall on one connection': (count) => again(count, (talk) => talk.client(request('go')).server('HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n').server(filled).ack('client').wait(5).server(filled).ack('client')),
  'responses into a closed window on one connection': (count) => again(count, (talk) => talk.client(request('go')).server('HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n').server(filled).ack('client', { window: 0 }).wait(5).ack('client').server(filled).ack('client')),
  'uploads into a closed window on one connection': (count) => again(count, (talk) => talk.client(put(2000)).client(filled).ack('server', { window: 0 }).wait(5).ack('server').client(filled).server(response(20)).ack('client')),
  'uploads with a 100 that comes late on one connection': (count) => again(count, (talk) => talk.client(put(5, 'Expect: 100-continue\r\n')).wait(2).server('HTTP/1.1 100 Continue\r\n\r\n').client('hello').wait(2).server(response(20)).ack('client')),
  'uploads with gaps on one connection': (count) => again(count, (talk) => talk.client(put(3000)).client(filled).client(filled).drop().client(filled).ack('server').wait(2).server(response(20)).ack('client')),
  'idle times with probes on one connection': (count) => again(count, (talk) => talk.get(20).wait(15).probe('client').ack('server').wait(15)),
  'keep-alive races at once, each repeated on a connection that is used on': (count) => [
    ...numbers(count).map((n) => connection(n, n / 1e4).get(20).wait(2).fin('server').client(request('go', `/lost/${n}`)).rst('server', { flags: RST })),
    ...numbers(count).map((n) => connection(count + n, 2.2 + n / 1e4).client(request('go', `/other/${n}`)).server(response(20)).ack('client').get(20).get(20).get(20)),
  ],
  'connections that lie idle side by side': (count) => numbers(count).map((n) => connection(n, n / 100).get(20)),
  'connections that lie idle side by side and are used again': (count) => numbers(count).map((n) => connection(n, n / 100).get(20).wait(60).get(20)),
  'connections the client closes at once': (count) => numbers(count).map((n) => connection(n, n / 100).get(20).close('client')),
  'connections the server closes after any idle time': (count) => numbers(count).map((n) => connection(n, n / 100).get(20).wait(1 + ((n * 7919) % 600) / 10).close('server')),
  'connections the client closes after any idle time': (count) => numbers(count).map((n) => connection(n, n / 100).get(20).wait(1 + ((n * 7919) % 600) / 10).close('client')),
  'connections that are all closed at one moment': (count) => numbers(count).map((n) => connection(n, n / 100).get(20).wait(60 - n / 100).close('server')),
  'responses left unread': (count) => numbers(count).map((n) => connection(n, n / 100).client(request('go', `/big/${n % 50}`)).server('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n').server(filled).fin('client').server(filled).rst('client', { flags: RST })),
};

describe('twice as many', () => {
  for (const [name, talks] of Object.entries(SHAPES)) {
    it(`${name} take twice the work`, async () => {
      const few = await readsFor(talks(FEW));
      expect(few).toBeGreaterThan(FEW);
      expect((await readsFor(talks(2 * FEW))) / few).toBeLessThan(MOST_TIMES);
    });
  }
});
