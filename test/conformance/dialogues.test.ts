import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExchangeReport, MessageReport } from '../../shared/model/connection.ts';
import { analyzePackets } from '../kit/analyze-packets.ts';
import type { Dialogue, ExpectedExchange, ExpectedMessage } from '../kit/dialogues.ts';
import { dialogues } from '../kit/dialogues.ts';
import type { Side } from '../kit/conversation.ts';
import type { Carriage, Carried } from '../kit/segmenter.ts';
import { carry } from '../kit/segmenter.ts';

const RUNS = { seed: 20260102, numRuns: Number(process.env['DIALOGUE_RUNS'] ?? 150) };

const carriages: fc.Arbitrary<Carriage> = fc.record({
  seed: fc.integer(),
  maxSegment: fc.constantFrom(1, 7, 60, 536, 1460, 9000),
  reorderWindow: fc.integer({ min: 0, max: 5 }),
  duplicateOneIn: fc.constantFrom(0, 2, 10),
  retransmitOneIn: fc.constantFrom(0, 3, 15),
  overlapOneIn: fc.constantFrom(0, 2, 10),
  wrap: fc.boolean(),
});

const lateness = { lateSide: fc.constantFrom<Side>('client', 'server'), lateBy: fc.integer({ min: 1, max: 12 }) };

describe('any HTTP dialogue gives its exchanges', () => {
  it('cut into segments at random', () => {
    check(dialogues(), fc.record({ seed: fc.integer(), maxSegment: fc.constantFrom(1, 7, 60, 1460, 60000) }));
  });

  it('wrapped around 2^32', () => {
    check(dialogues(), fc.record({ seed: fc.integer(), maxSegment: fc.constantFrom(7, 60, 1460), wrap: fc.constant(true) }));
  });

  it('reordered within a window', () => {
    check(dialogues(), fc.record({ seed: fc.integer(), maxSegment: fc.constantFrom(7, 60, 1460), reorderWindow: fc.integer({ min: 1, max: 8 }) }));
  });

  it('with packets captured twice, sent again and overlapping', () => {
    check(dialogues(), carriages.map((carriage) => ({ ...carriage, reorderWindow: 0, wrap: false })));
  });

  it('with all of that at once', () => {
    check(dialogues(), carriages);
  });

  it('with one direction late in the capture against the other', () => {
    check(dialogues(), fc.record({ seed: fc.integer(), maxSegment: fc.constantFrom(60, 536, 1460), ...lateness }));
  });

  it('with one direction late, and all of that', () => {
    check(dialogues(), fc.tuple(carriages, fc.record(lateness)).map(([carriage, late]) => ({ ...carriage, ...late })));
  });
});

describe('a dialogue with a hole', () => {
  const plain = dialogues({ lookalikes: false, maxExchanges: 8 });
  const holed = fc.record({ seed: fc.integer(), maxSegment: fc.constantFrom(30, 200, 1460), hole: fc.constant(true) });

  it('gives the same exchanges outside the hole and never a wrong pair', () => {
    fc.assert(
      fc.property(plain, holed, (dialogue, carriage) => {
        const carried = carry(dialogue, carriage);
        const exchanges = exchangesOf(carried);
        for (const exchange of exchanges) isTrue(exchange, dialogue, carried);
        const { before, behind, torn } = leftBy(dialogue, carried);
        const told = exchanges.map(brief);
        expect(told).toEqual(expect.arrayContaining(before.map(briefExpected)));
        expect(told.map(withoutInterim)).toEqual(expect.arrayContaining(behind.map(briefExpected).map(withoutInterim)));
        expect(told.map(({ request }) => request)).toEqual(expect.arrayContaining(torn.map((wanted) => briefExpected(wanted).request)));
        expect(told.map(({ response }) => response)).toEqual(expect.arrayContaining(torn.filter(({ method }) => method !== 'HEAD').map((wanted) => briefExpected(wanted).response)));
      }),
      RUNS,
    );
  });
});

function check(arbitrary: fc.Arbitrary<Dialogue>, carriage: fc.Arbitrary<Carriage>): void {
  fc.assert(
    fc.property(arbitrary, carriage, (dialogue, how) => {
      const carried = carry(dialogue, how);
      const exchanges = exchangesOf(carried);
      expect(exchanges.map(brief)).toEqual(dialogue.expected.map(briefExpected));
      for (const [at, wanted] of dialogue.expected.entries()) {
        liesAt(exchanges[at]!.request!, 'client', wanted.request, carried);
        liesAt(exchanges[at]!.response!, 'server', wanted.response, carried);
      }
    }),
    RUNS,
  );
}

function exchangesOf(carried: Carried): ExchangeReport[] {
  const connections = analyzePackets(carried.packets);
  expect(connections).toHaveLength(1);
  return connections[0]!.exchanges;
}

/** What an exchange says besides times and frames. */
function brief({ request, response, interim, pipelined }: ExchangeReport) {
  return {
    pipelined,
    request: request && { method: request.method, target: request.target, ...facts(request) },
    interim: interim.map(({ status }) => status),
    response: response && { status: response.status, ...facts(response) },
  };
}

function withoutInterim<Request, Response>({ request, response }: { request: Request; response: Response }) {
  return { request, response };
}

function facts({ version, framing, bodyBytes, expectedBytes, complete }: MessageReport) {
  return { version, framing, bodyBytes, expectedBytes, complete };
}

function briefExpected(wanted: ExpectedExchange) {
  return {
    pipelined: wanted.pipelined,
    request: { method: wanted.method, target: wanted.target, ...expectedFacts(wanted.request) },
    interim: [...wanted.interim],
    response: { status: wanted.status, ...expectedFacts(wanted.response) },
  };
}

function expectedFacts({ version, framing, bodyBytes, expectedBytes }: ExpectedMessage) {
  return { version, framing, bodyBytes, expectedBytes, complete: true };
}

function liesAt(message: MessageReport, side: Side, wanted: ExpectedMessage, carried: Carried): void {
  expect(carried.framesOf(side, wanted.start), `first byte of ${side} message`).toContain(message.frame);
  expect(carried.framesOf(side, wanted.end - 1), `last byte of ${side} message`).toContain(message.endFrame);
}

/** A request and a response of one exchange are a pair of the dialogue, each where it was. */
function isTrue({ request, response }: ExchangeReport, dialogue: Dialogue, carried: Carried): void {
  const begins = (wanted: ExpectedExchange): boolean => carried.framesOf('server', wanted.response.start).includes(response!.frame as number);
  const asked = request && dialogue.expected.find(({ target }) => target === request.target);
  const answered = response && dialogue.expected.find((wanted) => wanted.status === response.status && begins(wanted));
  if (request) expect(asked, `request ${request.target} at frame ${request.frame}`).toBeDefined();
  if (response) expect(answered, `response ${response.status} at frame ${response.frame}`).toBeDefined();
  if (asked && answered && !begins(asked)) {
    expect.fail(`${asked.target} (frame ${request!.frame}) is paired with the response to ${answered.target} (frame ${response!.frame})`);
  }
}

/**
 * What a hole leaves. Exchanges `before` it must be there as they were, and so must those far enough `behind` it, but for
 * a 1xx, which comes before its exchange can be proven. Of `torn` ones the messages must be there, though which answers
 * which may not be provable (nor, then, that the answer to a HEAD has no body). Neither holds what the hole touched, nor
 * what is pipelined behind it, where a message may begin inside a segment that the reader cannot make sense of.
 */
function leftBy(dialogue: Dialogue, { hole }: Carried): Record<'before' | 'behind' | 'torn', ExpectedExchange[]> {
  const { expected } = dialogue;
  const touched = expected.map(({ request, response, answerStart }) => {
    if (!hole) return false;
    return hole.side === 'client' ? request.start < hole.end && request.end > hole.start : answerStart < hole.end && response.end > hole.start;
  });
  if (!touched.includes(true)) return { before: [...expected], behind: [], torn: [] };
  const restarts = expected.flatMap((exchange, at) => (at > touched.lastIndexOf(true) && !exchange.pipelined ? [at] : []));
  const torn = restarts[0] ?? expected.length;
  // Where a client pipelines, a lost answer leaves open which of several waiting requests the next one answers.
  const whole = expected.some(({ pipelined }) => pipelined) ? expected.length : (restarts[1] ?? expected.length);
  return { before: expected.slice(0, touched.indexOf(true)), behind: expected.slice(whole), torn: expected.slice(torn, whole) };
}
