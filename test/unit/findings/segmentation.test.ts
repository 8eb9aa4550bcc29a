import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ACK, concat, FIN, type Packet, PSH, RST, segmentFrame, SYN } from '../../kit/packets.ts';
import { type Random, seeded } from '../../kit/random.ts';
import { connection, diagnosed, request, response, type Talk } from './captures.ts';

/** How a connection of a random conversation goes on once its requests were answered. */
const ENDINGS = ['client FIN', 'server FIN', 'client RST', 'body refused', 'close option', 'race', 'open', 'unanswered'] as const;

interface Plan {
  readonly start: number;
  /** Bytes of the bodies, and how long the client thinks before it sends the next request, seconds. */
  readonly answers: readonly { readonly length: number; readonly think: number }[];
  readonly idle: number;
  readonly ending: (typeof ENDINGS)[number];
}

const plan: fc.Arbitrary<Plan> = fc.record({
  start: fc.integer({ min: 0, max: 4000 }).map((n) => n / 1000),
  answers: fc.array(fc.record({ length: fc.constantFrom(0, 300, 5000, 70_000), think: fc.constantFrom(0.002, 0.3, 2) }), { minLength: 1, maxLength: 3 }),
  idle: fc.constantFrom(0.0002, 0.05, 1.5, 5.001),
  ending: fc.constantFrom(...ENDINGS),
});

function talkOf({ start, answers, idle, ending }: Plan, n: number): Talk {
  const talk = connection(n, start);
  for (const { length, think } of answers) talk.get(length).wait(think);
  talk.wait(idle);
  switch (ending) {
    case 'client FIN':
      return talk.close('client');
    case 'server FIN':
      return talk.close('server');
    case 'client RST':
      return talk.rst('client');
    case 'body refused':
      return talk.client(request('go')).server(response(20_000)).fin('client').rst('client', { flags: RST });
    case 'close option':
      return talk.client(request('go', '/last', 'GET', 'Connection: close\r\n')).server(response(80)).ack('client').close('server');
    case 'race':
      return talk.fin('server').client(request('go')).rst('server', { flags: RST });
    case 'unanswered':
      return talk.client(request('go')).wait(1.5).close('server');
    case 'open':
      return talk;
  }
}

/** The same bytes at the same times in other segments: cut in two, joined, in the capture twice, sent again. */
function otherwise(packets: readonly Packet[], random: Random): Packet[] {
  const joined: Packet[] = [];
  for (const packet of packets) {
    const spec = packet.spec!;
    const before = joined.at(-1);
    const follows = before?.spec?.from === spec.from && before.spec.data !== undefined && spec.data !== undefined && before.spec.data.length + spec.data.length < 20_000;
    if (follows && random(3) === 0 && ((before.spec!.flags ?? ACK) & (SYN | FIN | RST)) === 0) {
      const whole = { ...spec, seq: before.spec!.seq, data: concat([before.spec!.data!, spec.data!]) };
      joined[joined.length - 1] = { time: packet.time, bytes: segmentFrame(whole), spec: whole };
    } else {
      joined.push(packet);
    }
  }
  return joined.flatMap((packet) => {
    const spec = packet.spec!;
    const length = spec.data?.length ?? 0;
    const parts: Packet[] = [packet];
    if (length > 1 && random(3) === 0) {
      const at = 1 + random(length - 1);
      const { flags = ACK } = spec;
      const first = { ...spec, flags: flags & ~(FIN | PSH), data: spec.data!.subarray(0, at) };
      const second = { ...spec, seq: (spec.seq + at) >>> 0, data: spec.data!.subarray(at), ipId: (spec.ipId! + 7000) & 0xffff };
      parts.splice(0, 1, { time: packet.time, bytes: segmentFrame(first), spec: first }, { time: packet.time, bytes: segmentFrame(second), spec: second });
    }
    if (random(8) === 0) parts.splice(1, 0, parts[0]!);
    if (length > 0 && random(8) === 0) {
      const again = { ...parts[0]!.spec!, ipId: (spec.ipId! + 9000) & 0xffff };
      parts.push({ time: packet.time, bytes: segmentFrame(again), spec: again });
    }
    return parts;
  });
}

test('the same conversation in other segments, with copies and retransmissions among them, has the same causes and findings', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(plan, { minLength: 1, maxLength: 5 }), fc.integer(), async (plans, seed) => {
      const talks = plans.map(talkOf);
      const random = seeded(seed);
      const plain = await diagnosed(...talks);
      const disturbed = await diagnosed(...talks.map(({ packets }) => ({ packets: otherwise(packets, random) })));
      expect(disturbed.closes).toEqual(plain.closes);
      expect([...disturbed.findings].sort()).toEqual([...plain.findings].sort());
      expect(disturbed.report.summary).toEqual(plain.report.summary);
    }),
    { seed: 1, numRuns: 60 },
  );
});
