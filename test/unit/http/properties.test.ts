import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordingSink, latin1 } from './dialogue.ts';
import { HttpStreams } from '../../../main/http/http-streams.ts';

interface Exchange {
  method: string;
  requestBody: { chunked: boolean; text: string } | null;
  interim: number;
  status: number;
  responseBody: { chunked: boolean; text: string };
}

interface Segment {
  half: number;
  /** Positions in the half-stream. */
  from: number;
  to: number;
  acked: number;
}

// Bodies full of what start lines and chunks are made of.
const body = fc.string({ unit: fc.constantFrom('G', 'E', 'T', 'H', 'P', '/', ' ', '1', '.', '\r\n', '0', 'x'), maxLength: 30 });
const content = fc.record({ chunked: fc.boolean(), text: body });
const exchange: fc.Arbitrary<Exchange> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'HEAD', 'PUT'),
  requestBody: fc.option(content),
  interim: fc.constantFrom(0, 0, 0, 1, 2),
  status: fc.constantFrom(200, 200, 200, 204, 304, 404),
  responseBody: content,
});

function framedBody({ chunked, text }: { chunked: boolean; text: string }): string {
  if (!chunked) return `Content-Length: ${text.length}\r\n\r\n${text}`;
  const middle = text.length >> 1;
  const chunk = (part: string): string => (part === '' ? '' : `${part.length.toString(16)};e=1\r\n${part}\r\n`);
  return `Transfer-Encoding: chunked\r\n\r\n${chunk(text.slice(0, middle))}${chunk(text.slice(middle))}0\r\nT: x\r\n\r\n`;
}

/** A dialogue as two byte streams, what its exchanges are, and who sent what after what. */
class Script {
  readonly streams = ['', ''];
  /** Of each exchange: [from, to) of its request and of its response. */
  readonly ranges: [number, number][][] = [];
  readonly lines: string[] = [];
  /** Of each exchange: where the requests that were sent at once with it begin. */
  readonly burstStart: number[] = [];
  private readonly turns: Segment[] = [];

  constructor(bursts: Exchange[][]) {
    for (const burst of bursts) {
      const first = this.ranges.length;
      for (let i = 0; i < burst.length; i++) this.burstStart[first + i] = this.streams[0]!.length;
      this.say(0, first, burst.map((exchange, i) => this.request(exchange, first + i, i > 0)));
      this.say(1, first, burst.map((exchange, i) => this.response(exchange, first + i)));
    }
  }

  /** The turns cut into segments: `cuts` are lengths, used in turn. */
  segments(cuts: number[]): Segment[] {
    const segments: Segment[] = [];
    let next = 0;
    for (const { half, from, to, acked } of this.turns) {
      for (let at = from; at < to; ) {
        const end = Math.min(to, at + cuts[next++ % cuts.length]!);
        segments.push({ half, from: at, to: end, acked });
        at = end;
      }
    }
    return segments;
  }

  private say(half: number, first: number, messages: string[]): void {
    const from = this.streams[half]!.length;
    for (const [i, message] of messages.entries()) {
      const start = this.streams[half]!.length;
      this.streams[half] += message;
      (this.ranges[first + i] ??= []).push([start, start + message.length]);
    }
    this.turns.push({ half, from, to: this.streams[half]!.length, acked: this.streams[half ^ 1]!.length });
  }

  private request({ method, requestBody }: Exchange, id: number, pipelined: boolean): string {
    const size = requestBody?.text.length ?? 0;
    const framing = requestBody === null ? 'none' : requestBody.chunked ? 'chunked' : 'contentLength';
    this.lines[id] = `${method} /${id} [${framing} ${size} ok]${pipelined ? ' pipelined' : ''}`;
    return `${method} /${id} HTTP/1.1\r\nHost: h\r\n${requestBody === null ? '\r\n' : framedBody(requestBody)}`;
  }

  private response({ method, interim, status, responseBody }: Exchange, id: number): string {
    const bodyless = method === 'HEAD' || status === 204 || status === 304;
    const framing = bodyless ? 'none 0' : `${responseBody.chunked ? 'chunked' : 'contentLength'} ${responseBody.text.length}`;
    this.lines[id] += `${' <103>'.repeat(interim)} -> ${status} [${framing} ok]`;
    const head = `HTTP/1.1 ${status} X\r\nServer: ${id}\r\n`;
    const fields = bodyless ? (status === 204 ? '\r\n' : 'Content-Length: 7\r\n\r\n') : framedBody(responseBody);
    return `${'HTTP/1.1 103 Y\r\n\r\n'.repeat(interim)}${head}${fields}`;
  }
}

interface Hole {
  half: number;
  from: number;
  to: number;
}

/** Tells the segments as reassembly would, in the order given; the holes as gaps, and what lies behind them so many segments later. */
function tell(script: Script, segments: Segment[], holes: Hole[] = [], delay = 0): RecordingSink {
  const sink = new RecordingSink();
  const clock = new Float64Array(1);
  const streams = new HttpStreams(sink, clock);
  const bytes = script.streams.map(latin1);
  const position = [0, 0];
  const waiting: Segment[][] = [[], []];
  const since = [0, 0];
  let frame = 0;
  const give = ({ half, from, to, acked }: Segment): void => {
    for (let at = Math.max(from, position[half]!); at < to; ) {
      const inside = holes.find((hole) => hole.half === half && hole.from <= at && at < hole.to);
      const end = Math.min(to, inside?.to ?? Math.min(to, ...holes.filter((hole) => hole.half === half && hole.from > at).map((hole) => hole.from)));
      if (inside === undefined) streams.data(half, bytes[half]!.slice(), at, end, frame, acked);
      else streams.missing(half, inside.to - at, frame, false);
      at = position[half] = inside === undefined ? end : inside.to;
    }
  };
  streams.opened(0, 0, false);
  for (const segment of segments) {
    clock[0] = ++frame * 1e6;
    const { half } = segment;
    const blocked = waiting[half]!.length > 0 || (delay > 0 && holes.some((hole) => hole.half === half && hole.from < segment.to && position[half]! < hole.to));
    if (blocked) waiting[half]!.push(segment);
    else give(segment);
    for (const h of [0, 1]) {
      if (waiting[h]!.length > 0 && ++since[h]! > delay) for (const late of waiting[h]!.splice(0)) give(late);
    }
  }
  for (const h of [0, 1]) for (const late of waiting[h]!.splice(0)) give(late);
  streams.ended(0, ++frame, false);
  streams.ended(1, ++frame, false);
  streams.closed(0);
  return sink;
}

/** Without what may differ where a response comes before its request: what was guessed of a response to HEAD, where 1xx belong. */
function plain(line: string): string {
  const rest = line.replaceAll(/ pipelined| <103>/g, '');
  return line.startsWith('HEAD') ? rest.replace(/(-> \d+ \[)\w+/, '$1none') : rest;
}

const bursts = (most: number): fc.Arbitrary<Exchange[][]> => fc.array(fc.array(exchange, { minLength: 1, maxLength: most }), { minLength: 1, maxLength: 5 });
const cuts: fc.Arbitrary<number[]> = fc.oneof(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }), fc.constant<number[]>([1]), fc.constant<number[]>([1000]));
const hole = fc.record({ half: fc.constantFrom(0, 1), at: fc.integer({ min: 0, max: 999 }), size: fc.integer({ min: 1, max: 150 }) });

function place(script: Script, { half, at, size }: { half: number; at: number; size: number }): Hole {
  const length = script.streams[half]!.length;
  const from = Math.floor((at / 1000) * length);
  return { half, from, to: Math.min(length, from + size) };
}

/**
 * A hole that begins in an earlier turn and ends exactly between two pipelined requests: what is left looks like the one
 * request of a client that waits for each response. The bytes cannot tell.
 */
function looksLikeAnotherDialogue(script: Script, { half, from, to }: Hole): boolean {
  return half === 0 && script.ranges.some(([[, end]], id) => end <= to && from < script.burstStart[id]! && script.burstStart[id + 1] === script.burstStart[id]);
}

function expectNoWrongPair(sink: RecordingSink): void {
  for (const { request, response } of sink.exchanges) {
    if (request === null || response === null) continue;
    expect(request.start.split('/')[1], sink.lines().join('\n')).toBe(response.agent);
  }
}

describe('any dialogue', () => {
  it('gives the same exchanges however it is cut into segments', () => {
    fc.assert(
      fc.property(bursts(3), cuts, (dialogue, lengths) => {
        const script = new Script(dialogue);
        const sink = tell(script, script.segments(lengths));
        expect(sink.lines()).toEqual(script.lines);
        expect(sink.anomalies.filter((code) => code !== 'body-on-get')).toEqual([]);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  it('gives the same exchanges where the capture swapped neighbouring segments of the two sides', () => {
    fc.assert(
      fc.property(bursts(1), cuts, fc.array(fc.boolean(), { minLength: 5, maxLength: 20 }), (dialogue, lengths, swaps) => {
        const script = new Script(dialogue);
        const segments = script.segments(lengths);
        for (let i = 0, turn = 0; i + 1 < segments.length; i++) {
          if (segments[i]!.half === segments[i + 1]!.half || !swaps[turn++ % swaps.length]) continue;
          [segments[i], segments[i + 1]] = [segments[i + 1]!, segments[i]!];
          i++;
        }
        const sink = tell(script, segments);
        expect(sink.lines().map(plain).sort()).toEqual(script.lines.map(plain).sort());
        expectNoWrongPair(sink);
      }),
      { seed: 2, numRuns: 1000 },
    );
  });

  it('gives the exchanges outside of a hole, and never a wrong pair', () => {
    fc.assert(
      fc.property(bursts(1), cuts, hole, fc.integer({ min: 0, max: 12 }), (dialogue, lengths, where, delay) => {
        const script = new Script(dialogue);
        const missing = place(script, where);
        const sink = tell(script, script.segments(lengths), [missing], delay);
        expectNoWrongPair(sink);
        const lines = sink.lines().map(plain);
        for (const [id, line] of script.lines.entries()) {
          const [from, to] = script.ranges[id]![missing.half]!;
          if (missing.from < to && from < missing.to) continue;
          expect(lines).toContain(plain(line));
        }
      }),
      { seed: 3, numRuns: 2000 },
    );
  });

  it('never makes a wrong pair of pipelined requests around holes', () => {
    fc.assert(
      fc.property(bursts(3), cuts, fc.tuple(hole, hole), fc.integer({ min: 0, max: 12 }), (dialogue, lengths, where, delay) => {
        const script = new Script(dialogue);
        const holes = where.map((one, half) => place(script, { ...one, half }));
        fc.pre(!holes.some((one) => looksLikeAnotherDialogue(script, one)));
        expectNoWrongPair(tell(script, script.segments(lengths), holes, delay));
      }),
      { seed: 4, numRuns: 2000 },
    );
  });
});

describe('any bytes', () => {
  it('are read without an error, and every message told is ended', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc
        .constantFrom('GET / HTTP/1.1\r\n', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 101 X\r\n', 'CONNECT h:1 HTTP/1.1\r\n', 'Content-Length: 9\r\n', 'Transfer-Encoding: chunked\r\n', 'Expect: 100-continue\r\n', '\r\n', '5\r\nhello\r\n', '0\r\n\r\n', 'PRI * HTTP/2.0\r\n', '\x16\x03\x01')
        .map(latin1),
    );
    const event = fc.record({ half: fc.constantFrom(0, 1), kind: fc.constantFrom('data', 'data', 'data', 'gap', 'cut', 'end'), bytes: piece, length: fc.integer({ min: 1, max: 50 }), acked: fc.integer({ min: -10, max: 200 }) });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), fc.boolean(), (events, midstream) => {
        const sink = new RecordingSink();
        const streams = new HttpStreams(sink, new Float64Array(1));
        streams.opened(0, 0, midstream);
        const over = [false, false];
        for (const { half, kind, bytes, length, acked } of events) {
          if (over[half]) continue;
          if (kind === 'data' && bytes.length > 0) streams.data(half, bytes, 0, bytes.length, 1, acked);
          else if (kind === 'gap' || kind === 'cut') streams.missing(half, length, 1, kind === 'cut');
          else if (kind === 'end') {
            streams.ended(half, 1, false);
            over[half] = true;
          }
        }
        streams.closed(0);
        for (const { request, response } of sink.exchanges) {
          expect(request?.complete).not.toBe(null);
          expect(response?.complete).not.toBe(null);
          expect(request?.bodyBytes ?? 0).toBeGreaterThanOrEqual(0);
          expect(response?.bodyBytes ?? 0).toBeGreaterThanOrEqual(0);
        }
      }),
      { seed: 5, numRuns: 5000 },
    );
  });
});
