import fc from 'fast-check';
import type { Side } from './conversation.ts';
import { concat, latin1 } from './packets.ts';

/** A body as a plan; what of it can stand in a message depends on the message. */
export interface BodyPlan {
  readonly kind: 'none' | 'length' | 'chunked';
  /** Bytes of the body; of each chunk where it is chunked. */
  readonly parts: readonly number[];
  readonly extensions: boolean;
  readonly trailers: boolean;
  /** The body's bytes look like message heads. */
  readonly lookalike: boolean;
}

/** One request and its answer as a plan. */
export interface ExchangePlan {
  readonly method: string;
  readonly requestBody: BodyPlan;
  /** The request waits for a 100 before its body. */
  readonly expect: boolean;
  readonly interim: readonly number[];
  readonly status: number;
  readonly responseBody: BodyPlan;
  /** Sent together with the request before. */
  readonly pipelined: boolean;
  /** How the field names are spelled. */
  readonly spelling: 'usual' | 'lower' | 'tight' | 'spaced';
}

/** How the last response ends the connection. */
export type LastPlan = 'keep-alive' | 'until-close' | 'http10' | 'close-option';

/** What the report must say of a message, and where it lies in its sender's stream: [start, end), 1xx included in neither. */
export interface ExpectedMessage {
  readonly framing: string;
  readonly bodyBytes: number;
  readonly expectedBytes: number | null;
  readonly version: string;
  readonly start: number;
  readonly end: number;
}

export interface ExpectedExchange {
  readonly method: string;
  readonly target: string;
  readonly pipelined: boolean;
  readonly request: ExpectedMessage;
  readonly interim: readonly number[];
  /** Where in the server's stream the first 1xx begins; the response's start where there is none. */
  readonly answerStart: number;
  readonly status: number;
  readonly response: ExpectedMessage;
}

/** Bytes that one side sends before it waits for the other. */
export interface Turn {
  readonly side: Side;
  readonly bytes: Uint8Array;
}

export interface Dialogue {
  readonly turns: readonly Turn[];
  readonly expected: readonly ExpectedExchange[];
  /** Who sends the first FIN. */
  readonly closedBy: Side;
}

export interface DialogueOptions {
  /** Bodies that look like message heads; false where a test makes holes, behind which they could not be told apart. */
  readonly lookalikes?: boolean;
  readonly maxExchanges?: number;
  readonly pipelining?: boolean;
}

/** Dialogues of one connection. Targets are unique (`/0`, `/1`, …), so that an exchange can be recognised. */
export function dialogues(options: DialogueOptions = {}): fc.Arbitrary<Dialogue> {
  const { lookalikes = true, maxExchanges = 6, pipelining = true } = options;
  const size = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 6000 }));
  const body: fc.Arbitrary<BodyPlan> = fc.record({
    kind: fc.constantFrom('none', 'length', 'chunked'),
    parts: fc.array(size, { minLength: 1, maxLength: 3 }),
    extensions: fc.boolean(),
    trailers: fc.boolean(),
    lookalike: lookalikes ? fc.boolean() : fc.constant(false),
  });
  const exchange: fc.Arbitrary<ExchangePlan> = fc.record({
    method: fc.constantFrom('GET', 'GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'PROPFIND'),
    requestBody: body,
    expect: fc.boolean(),
    interim: fc.array(fc.constantFrom(100, 102, 103), { maxLength: 2 }),
    status: fc.constantFrom(200, 200, 201, 204, 206, 301, 304, 400, 404, 416, 500, 503),
    responseBody: body,
    pipelined: pipelining ? fc.boolean() : fc.constant(false),
    spelling: fc.constantFrom('usual', 'lower', 'tight', 'spaced'),
  });
  return fc
    .record({
      exchanges: fc.array(exchange, { minLength: 1, maxLength: maxExchanges }),
      last: fc.constantFrom<LastPlan>('keep-alive', 'until-close', 'http10', 'close-option'),
    })
    .map(({ exchanges, last }) => writeDialogue(exchanges, last));
}

/** The bytes of a plan, and what must be read from them. */
export function writeDialogue(plans: readonly ExchangePlan[], last: LastPlan): Dialogue {
  const turns: Turn[] = [];
  const expected: ExpectedExchange[] = [];
  const at: Record<Side, number> = { client: 0, server: 0 };
  const say = (side: Side, parts: readonly Uint8Array[]): void => {
    const bytes = concat(parts);
    const before = turns.at(-1);
    if (before?.side === side) turns[turns.length - 1] = { side, bytes: concat([before.bytes, bytes]) };
    else turns.push({ side, bytes });
    at[side] += bytes.length;
  };
  for (let from = 0; from < plans.length;) {
    let to = from + 1;
    while (to < plans.length && plans[to]!.pipelined) to++;
    const requests: ExpectedMessage[] = [];
    const interims: number[][] = [];
    const answerStarts: (number | undefined)[] = [];
    for (let i = from; i < to; i++) {
      const plan = plans[i]!;
      const { head, body, ...facts } = writeRequest(plan, i);
      const waits = plan.expect && body.length > 0 && to === from + 1;
      const start = at.client;
      say('client', [waits ? head(true) : head(false)]);
      interims.push(waits ? [100] : []);
      answerStarts.push(waits ? at.server : undefined);
      if (waits) say('server', [latin1('HTTP/1.1 100 Continue\r\n\r\n')]);
      say('client', [body]);
      requests.push({ ...facts, version: 'HTTP/1.1', start, end: at.client });
    }
    for (let i = from; i < to; i++) {
      const plan = plans[i]!;
      const interim = interims[i - from]!;
      const answerStart = answerStarts[i - from] ?? at.server;
      for (const status of plan.interim) {
        say('server', [latin1(`HTTP/1.1 ${status} Wait\r\nX-Step: ${status}\r\n\r\n`)]);
        interim.push(status);
      }
      const { bytes, ...facts } = writeResponse(plan, i === plans.length - 1 ? last : 'keep-alive');
      const start = at.server;
      say('server', [bytes]);
      expected.push({
        method: plan.method,
        target: `/${i}`,
        pipelined: i > from,
        request: requests[i - from]!,
        interim,
        answerStart,
        status: plan.status,
        response: { ...facts, start, end: at.server },
      });
    }
    from = to;
  }
  const closedBy = last === 'keep-alive' ? 'client' : 'server';
  const dialogue: Dialogue = { turns: turns.filter((turn) => turn.bytes.length > 0), expected, closedBy };
  // A counterexample is shown as the plan it was written from, which is short, and can be given to writeDialogue again.
  return Object.assign(dialogue, { [fc.toStringMethod]: () => `writeDialogue(${JSON.stringify(plans)}, ${JSON.stringify(last)})` });
}

const takesBody = new Set(['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']);

function writeRequest(plan: ExchangePlan, index: number) {
  const kind = takesBody.has(plan.method) ? plan.requestBody.kind : 'none';
  const { fields, body, ...facts } = writeBody(plan.requestBody, kind, plan.spelling);
  const head = (waits: boolean): Uint8Array =>
    latin1(`${plan.method} /${index} HTTP/1.1\r\nHost: www.example\r\n${fields}${waits ? 'Expect: 100-continue\r\n' : ''}\r\n`);
  return { head, body, ...facts };
}

function writeResponse(plan: ExchangePlan, last: LastPlan) {
  const version = last === 'http10' ? 'HTTP/1.0' : 'HTTP/1.1';
  const start = `${version} ${plan.status} Reason\r\n${last === 'close-option' ? 'Connection: close\r\n' : ''}`;
  // RFC 9112 section 6.3, rule 1: no body, whatever the fields promise.
  if (plan.method === 'HEAD' || plan.status === 204 || plan.status === 304) {
    const { fields } = writeBody(plan.responseBody, plan.status === 204 ? 'none' : plan.responseBody.kind, plan.spelling);
    return { bytes: latin1(`${start}${fields}\r\n`), framing: 'none', bodyBytes: 0, expectedBytes: null, version };
  }
  const ends = last === 'until-close' || last === 'http10';
  if (ends && plan.responseBody.kind !== 'length') {
    const { body, bodyBytes } = writeBody(plan.responseBody, 'length', plan.spelling);
    return { bytes: concat([latin1(`${start}\r\n`), body]), framing: 'until-close', bodyBytes, expectedBytes: null, version };
  }
  const kind = plan.responseBody.kind === 'none' ? 'length' : plan.responseBody.kind;
  const { fields, body, ...facts } = writeBody(plan.responseBody, kind, plan.spelling);
  return { bytes: concat([latin1(`${start}${fields}\r\n`), body]), ...facts, version };
}

/** The framing fields and the body as it goes over the wire. */
function writeBody(plan: BodyPlan, kind: BodyPlan['kind'], spelling: ExchangePlan['spelling']) {
  if (kind === 'none') return { fields: '', body: new Uint8Array(0), framing: 'none', bodyBytes: 0, expectedBytes: null };
  const bodyBytes = plan.parts.reduce((sum, part) => sum + part, 0);
  if (kind === 'length') {
    const fields = field('Content-Length', String(bodyBytes), spelling);
    return { fields, body: content(bodyBytes, plan.lookalike), framing: 'content-length', bodyBytes, expectedBytes: bodyBytes };
  }
  const parts: Uint8Array[] = [];
  for (const size of plan.parts.filter((part) => part > 0)) {
    const extension = plan.extensions ? ';name=value;quoted="a;b"' : '';
    parts.push(latin1(`${size.toString(16)}${extension}\r\n`), content(size, plan.lookalike), latin1('\r\n'));
  }
  parts.push(latin1(`0\r\n${plan.trailers ? 'Digest: abc\r\nContent-Length: 7\r\n' : ''}\r\n`));
  const fields = field('Transfer-Encoding', 'chunked', spelling);
  return { fields, body: concat(parts), framing: 'chunked', bodyBytes, expectedBytes: null };
}

function field(name: string, value: string, spelling: ExchangePlan['spelling']): string {
  switch (spelling) {
    case 'usual':
      return `${name}: ${value}\r\n`;
    case 'lower':
      return `${name.toLowerCase()}: ${value}\r\n`;
    case 'tight':
      return `${name.toUpperCase()}:${value}\r\n`;
    case 'spaced':
      return `${name}: \t ${value} \r\n`;
  }
}

const LOOKALIKE = latin1('\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcGET /trap HTTP/1.1\r\nHost: trap\r\n\r\n0\r\n\r\n');

function content(length: number, lookalike: boolean): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = lookalike ? LOOKALIKE[i % LOOKALIKE.length]! : i % 64 === 63 ? 10 : 0x61 + (i % 23);
  return bytes;
}
