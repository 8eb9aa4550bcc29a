import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Segment } from '../../kit/tcp-harness.ts';
import { TcpHarness } from '../../kit/tcp-harness.ts';

/** All that is told of the segments; `usual` false takes the shorter way for usual packets out. */
function told(segments: readonly Segment[], usual: boolean): unknown {
  const tcp = new TcpHarness({ lingeringConnections: 2 });
  if (!usual) Object.assign(tcp.table, { usual: { take: () => false } });
  for (const segment of segments) tcp.push(segment);
  tcp.finish();
  return { streams: tcp.streams, events: tcp.events, facts: tcp.facts_, anomalies: tcp.anomalies, dataCalls: tcp.dataCalls };
}

/** A whole short connection as segments. `isn` near the wrap and past the sign bit make signed comparisons go wrong. */
function conversation(port: number, isnA: number, isnB: number, ids: number): Segment[] {
  const at = (base: number, offset: number) => (base + offset) >>> 0;
  const id = ids === 0 ? { id: 0 } : ids === 1 ? { id: 54_321 } : {};
  const segments: Segment[] = [
    { from: 'a', flags: 'S', seq: isnA, scale: 3 },
    { from: 'b', flags: 'S', seq: isnB, ack: at(isnA, 1), scale: 5 },
    { from: 'a', seq: at(isnA, 1), ack: at(isnB, 1) },
    { from: 'a', seq: at(isnA, 1), ack: at(isnB, 1), data: 'question' },
    { from: 'b', seq: at(isnB, 1), ack: at(isnA, 9) },
    { from: 'b', seq: at(isnB, 1), ack: at(isnA, 9), data: 'answer' },
    { from: 'a', seq: at(isnA, 9), ack: at(isnB, 7) },
    { from: 'a', seq: at(isnA, 9), ack: at(isnB, 7), window: 2000 },
    { from: 'b', flags: 'F', seq: at(isnB, 7), ack: at(isnA, 9) },
    { from: 'a', seq: at(isnA, 9), ack: at(isnB, 8) },
    { from: 'a', flags: 'F', seq: at(isnA, 9), ack: at(isnB, 8) },
    { from: 'b', seq: at(isnB, 8), ack: at(isnA, 10) },
  ];
  return segments.map((segment) => ({ ...segment, ...id, port }));
}

const isn = fc.constantFrom(100, 0x7fff_fffa, 0x9000_0000, 0xffff_fffb);
const trouble = fc.record({
  at: fc.nat(40),
  kind: fc.constantFrom('drop', 'repeat', 'swap', 'reset', 'probe', 'zero-window', 'syn', 'fin', 'beyond'),
});

function disturb(segments: Segment[], at: number, kind: string): void {
  const i = at % segments.length;
  const segment = segments[i]!;
  if (kind === 'drop') segments.splice(i, 1);
  else if (kind === 'repeat') segments.splice(i, 0, segment);
  else if (kind === 'swap') segments.splice(i, 2, ...segments.slice(i, i + 2).reverse());
  else if (kind === 'reset') segments.splice(i, 0, { ...segment, flags: 'R' });
  else if (kind === 'probe') segments.splice(i, 0, { ...segment, seq: (segment.seq - 1) >>> 0, data: '', flags: '' });
  else if (kind === 'zero-window') segments[i] = { ...segment, window: 0 };
  else if (kind === 'syn') segments.splice(i, 0, { ...segment, flags: 'S', data: '' });
  else if (kind === 'fin') segments[i] = { ...segment, flags: 'F' };
  else if (segment.ack !== undefined) segments[i] = { ...segment, ack: (segment.ack + 3) >>> 0 };
}

test('the shorter way for usual packets tells what the general one tells', () => {
  const run = fc.property(isn, isn, fc.nat(2), fc.array(trouble, { maxLength: 7 }), fc.nat(1), (isnA, isnB, ids, troubles, again) => {
    const segments = conversation(1000, isnA, isnB, ids);
    if (again === 1) segments.push(...conversation(1000, (isnA + 100_000) >>> 0, isnB, ids));
    for (const { at, kind } of troubles) disturb(segments, at, kind);
    expect(told(segments, true)).toEqual(told(segments, false));
  });
  fc.assert(run, { seed: 7, numRuns: 2500 });
});

test('a handshake ACK with the IP identification of the SYN is not taken for a copy when its number is past the sign bit', () => {
  const segments = conversation(1000, 100, 0x9000_0000, 1).slice(0, 3);
  for (const usual of [true, false]) expect(told(segments, usual)).toMatchObject({ anomalies: [], facts: [{ synAckToAck: 1e6, packets0: 2 }] });
});
