import { expect, test } from 'vitest';
import { Pipeline } from '../../../main/analysis/pipeline.ts';
import { ConnectionCase } from '../../../main/findings/case.ts';
import { NearRows } from '../../../main/store/near-rows.ts';
import { toBatch } from '../../kit/analyze-packets.ts';
import { merge } from '../../kit/packets.ts';
import { connection, Talk } from './captures.ts';

/** All that a case says of its connection. */
function told(c: ConnectionCase): Record<string, unknown> {
  const names = [ConnectionCase.prototype, Object.getPrototypeOf(ConnectionCase.prototype) as object].flatMap((prototype) =>
    Object.entries(Object.getOwnPropertyDescriptors(prototype)).filter(([, { get }]) => get !== undefined).map(([name]) => name),
  );
  const fields = ['row', 'last', 'startedAt', 'closedAt', 'responseEnded', 'hasEvents', 'keepAliveProbes', 'resetsClient', 'gaps'] as const;
  return Object.fromEntries([...names, ...fields].map((name) => [name, c[name as keyof ConnectionCase]]));
}

test('a copy tells what the row tells: of connections without exchanges, of unusual ones, of more than are copied at once, in any order', () => {
  const talks = [
    connection(0, 0).get().get(2000, 'curl', '/other').wait(5).close('server'),
    connection(1, 1).wait(1).close('client'),
    connection(2, 2).client('GET / HTTP/1.1\r\nHost: a\r\n\r\n').wait(1).close('client'),
    new Talk({ client: '10.0.0.1:40003', start: 3 }).get().rst('client'),
    connection(4, 4).get().wait(10).probe('client').wait(1).close('client'),
  ];
  const pipeline = new Pipeline(1, { keepHeads: false });
  const batch = toBatch(merge(...talks.map((talk) => talk.packets)));
  pipeline.push(batch, 0, batch.count);
  pipeline.finish();
  const { store } = pipeline;
  const rows = Uint32Array.from({ length: 2500 }, (_, place) => (place * 3) % talks.length);
  const near = new NearRows(store);
  near.begin(rows);
  const where = new ConnectionCase(store);
  const copied = new ConnectionCase(store);
  for (const place of [0, 1, 2, 3, 4, 1023, 1024, 1025, 2499, 5, 2047, 2048]) {
    where.load(rows[place]!);
    copied.loadNear(near, place, rows[place]!);
    expect(told(copied), `place ${place}`).toEqual(told(where));
    expect(Object.keys(told(copied)).length).toBeGreaterThan(50);
    expect(copied.place).toBe(place);
  }
});
