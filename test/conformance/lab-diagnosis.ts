import type { AnalysisReport } from '../../main/analysis/analysis-report.ts';
import type { ConnectionReport } from '../../shared/model/connection.ts';
import type { Confidence, FindingReport } from '../../shared/model/report.ts';
import { LAB, readJson } from './captures.ts';
import type { Difference } from './differences.ts';

/** What a truth file wants of the diagnosis; see the README of the captures. */
interface Truth {
  readonly connections: readonly TruthConnection[];
  readonly must_report: readonly { readonly code: string; readonly confidence: Confidence; readonly connections: string | readonly number[] }[];
  /** What looks the same on the wire here, in words. */
  readonly alternatives_indistinguishable?: readonly string[] | null;
  readonly must_not_report: readonly { readonly code: string }[];
}

interface TruthConnection {
  readonly index: number;
  readonly requests: readonly unknown[];
  readonly wire: {
    readonly stream: number;
    readonly handshake_ms: number | null;
    readonly responses: readonly { readonly complete: boolean; readonly complete_before_client_close?: boolean }[];
    readonly close_events: readonly { readonly who: 'client' | 'server'; readonly kind: 'FIN' | 'RST'; readonly ms_since_last_server_data: number | null }[];
  };
}

/** CODES.json: what in a report a code of the truth files stands for. */
type Code = { readonly kind: 'cause' | 'rule'; readonly id: string } | { readonly kind: 'fact'; readonly where: string };

/** A report, and each of its connections beside what is known of it. */
export interface Told {
  readonly report: AnalysisReport;
  readonly findings: readonly FindingReport[];
  readonly pairs: readonly Pair[];
}

interface Pair {
  readonly truth: TruthConnection;
  readonly told: ConnectionReport;
}

/** A fact holds for a connection of a report. */
type FactCheck = (told: ConnectionReport, truth: TruthConnection, whole: Told) => boolean;

export interface Judged {
  readonly differences: readonly Difference[];
  /** Codes the truth wants, and those of them that are missing. */
  readonly wanted: readonly string[];
  readonly missing: readonly string[];
  /** Codes the truth forbids, and those of them that are there. */
  readonly forbidden: number;
  readonly false: readonly string[];
  /** Where a wanted cause is missing and another one is called certain: worse than not knowing, exception or not. */
  readonly contradictions: readonly string[];
}

/** How long a pause must be for the connection to have survived something. */
const LARGE_GAP_SECONDS = 2;
/** A close that soon after the server's last byte is an answer to the response; later, one of an idle connection. */
const AT_ONCE_MILLISECONDS = 100;

const FACTS: Record<string, FactCheck> = {
  REUSE_OK: (told, _, { findings }) => requests(told) >= 2 && !findings.some(({ rule, connections }) => (rule === 'undrained-response' || rule === 'missed-reuse') && connections.includes(told.id)),
  SERVER_CLOSED_IDLE: (told) => told.close.by === 'server' && isIdleAtClose(told),
  CLIENT_CLOSED_IDLE: (told) => told.close.by === 'client' && isIdleAtClose(told),
  SERVER_CLOSE: (told) => told.close.by === 'server',
  CLIENT_ABORTED_RESPONSE: (told) => told.close.by === 'client' && told.exchanges.length > 0 && !isIdleAtClose(told) && !isHalfClose(told),
  CLIENT_HALF_CLOSE: isHalfClose,
  IDLE_GAP_SURVIVED: (told) => told.exchanges.some(({ index, idleBeforeSeconds }) => index > 0 && (idleBeforeSeconds ?? 0) >= LARGE_GAP_SECONDS),
  BODY_WAS_READ: ({ close }) => ![close.cause, ...close.also, ...close.alternatives].includes('undrained-response'),
  RESPONSE_OK: (told) => told.exchanges.length > 0 && told.exchanges.every(({ response }) => response?.complete === true),
  UPLOAD_OK: (told) => told.exchanges.length > 0 && told.exchanges.every(({ request, response }) => request?.complete === true && response !== null),
  CHUNKED_UPLOAD: (told) => told.exchanges.some(({ request }) => request?.framing === 'chunked'),
  EXPECT_CONTINUE: (told) => told.exchanges.some(({ interim }) => interim.some(({ status }) => status === 100)),
  PIPELINING: (told) => told.exchanges.some(({ pipelined }) => pipelined),
  TUNNEL: ({ protocol }) => protocol === 'tunnel',
  UPGRADED: ({ protocol }) => protocol === 'websocket',
  TLS_OPAQUE: ({ protocol, tls }) => protocol === 'tls' && tls?.decrypted === false,
  HTTP_PROXY: (told) => told.exchanges.some(({ request }) => /^https?:\/\//i.test(request?.target ?? '')),
  CAPTURE_STARTED_MIDSTREAM: ({ handshake }) => handshake === null,
  PORT_REUSED: (_, __, { pairs }) => new Set(pairs.map(({ told }) => told.client.port)).size < pairs.length && pairs.every(({ told }) => told.handshake !== null),
  TRUNCATED_PACKETS: (told, truth, { report }) => hasAnomaly(report, 'packet-truncated') && requests(told) === truth.requests.length,
  CAPTURE_GAP: ({ gaps }) => gaps.length > 0,
  ONE_SIDED_CAPTURE: (_, __, { report }) => hasAnomaly(report, 'one-sided'),
  DUPLICATES: (told, truth, { report }) => hasAnomaly(report, 'duplicate-packets') && requests(told) === truth.requests.length,
  // Loss strikes at random: somewhere in the capture.
  PACKET_LOSS: (told, truth, { pairs }) => pairs.some(({ told: { retransmissions } }) => retransmissions.client + retransmissions.server > 0) && requests(told) === truth.requests.length,
  REORDERING: (told, truth) => told.gaps.length === 0 && requests(told) === truth.requests.length,
  ERROR: (told, _, { findings }) => findings.some(({ severity, connections }) => severity === 'error' && connections.includes(told.id)),
};

/** "All" means those to which a code can apply at all: of one server's end, the connection in mid-response is truncated and the next one refused. */
const APPLIES: Record<string, (truth: TruthConnection) => boolean> = {
  CONNECT_REFUSED: ({ wire }) => wire.handshake_ms === null,
  RESPONSE_TRUNCATED: ({ wire }) => wire.responses.some(({ complete }) => !complete),
  UNDRAINED_BODY: ({ requests }) => requests.length > 0,
  MISSED_REUSE: ({ requests }) => requests.length > 0,
  REQUEST_LOST: ({ requests }) => requests.length > 0,
};

/** Holds the diagnosis of a lab capture against its truth file. */
export function judge(name: string, report: AnalysisReport): Judged {
  const truth = readJson(LAB + name.replace(/\.pcap(ng)?$/, '.truth.json')) as Truth;
  const codes = readJson(`${LAB}CODES.json`) as Record<string, Code>;
  const connections = [...report.connections()];
  const wanted = [...truth.connections].sort((a, b) => a.wire.stream - b.wire.stream);
  const pairs = wanted.map((known, at) => ({ truth: known, told: connections[at]! }));
  const whole: Told = { report, findings: report.findings(), pairs };
  const differences: Difference[] = [];
  const contradictions: string[] = [];
  const missing = truth.must_report.filter(({ code, confidence, connections: which }) => {
    const groups = meant(which, whole.pairs.filter(({ truth: known }) => APPLIES[code]?.(known) ?? true), confidence);
    const absent = groups.flatMap(({ pairs: some, level, enough }) => {
      const without = some.filter((pair) => !holds(codes[code]!, level, pair, whole));
      const isMissing = enough === 'one' ? without.length === some.length : without.length > 0;
      if (isMissing && codes[code]!.kind === 'cause') contradictions.push(...without.filter(({ told: { close } }) => close.confidence === 'certain' && close.cause !== 'open-at-end').map(({ told }) => `${code}: ${told.id} ${closeText(told)}`));
      return isMissing ? without.map(({ told }) => `${told.id} (${level} wanted, says ${closeText(told)})`) : [];
    });
    if (absent.length > 0) differences.push({ what: code, subject: 'missing', text: `on connections ${absent.slice(0, 6).join(', ')}` });
    return absent.length > 0;
  });
  const wrong = truth.must_not_report.filter(({ code }) => {
    const where = whole.pairs.filter((pair) => isSaid(codes[code]!, code, pair, whole));
    if (where.length > 0) differences.push({ what: code, subject: 'false', text: `on connections ${where.slice(0, 6).map(({ told }) => `${told.id} (${closeText(told)})`).join(', ')}` });
    return where.length > 0;
  });
  if ((truth.alternatives_indistinguishable ?? []).length > 0) {
    const named = whole.findings.some(({ alternatives }) => alternatives.length > 0);
    const unsure = connections.filter(({ close: { confidence, alternatives } }) => confidence !== 'certain' && alternatives.length === 0);
    if (!named || unsure.length > 0) differences.push({ what: 'alternatives', subject: 'missing', text: `on connections ${unsure.map(({ id }) => id).join(', ')}` });
  }
  return {
    differences,
    wanted: truth.must_report.map(({ code, confidence }) => `${code}:${confidence}`),
    missing: missing.map(({ code, confidence }) => `${code}:${confidence}`),
    forbidden: truth.must_not_report.length,
    false: wrong.map(({ code }) => code),
    contradictions,
  };

  function holds(code: Code, level: Confidence, { truth: known, told }: Pair, all: Told): boolean {
    if (code.kind === 'fact') return factOf(code)(told, known, all);
    if (code.kind === 'rule') return all.findings.some(({ rule, confidence, connections: ids }) => rule === code.id && confidence === level && ids.includes(told.id));
    const { cause, confidence, also, alternatives } = told.close;
    const id = code.id as typeof cause;
    return ((cause === id || also.includes(id)) && confidence === level) || (level === 'possible' && alternatives.includes(id));
  }

  function isSaid(code: Code, name: string, { truth: known, told }: Pair, all: Told): boolean {
    if (code.kind === 'fact') return factOf(code, name)(told, known, all);
    const named = all.findings.some(({ rule, connections: ids }) => rule === code.id && ids.includes(told.id));
    if (code.kind === 'rule') return named;
    return named || [told.close.cause, ...told.close.also].includes(code.id as typeof told.close.cause);
  }

  function factOf(code: Code, name = Object.keys(codes).find((key) => codes[key] === code)!): FactCheck {
    const check = FACTS[name];
    if (check === undefined) throw new Error(`No check for the fact ${name}.`);
    return check;
  }
}

interface Meant {
  readonly pairs: readonly Pair[];
  readonly level: Confidence;
  /** Whether every one of them must show the code, or one is enough. */
  readonly enough: 'all' | 'one';
}

/** The connections a truth file means, by index or in words. */
function meant(which: string | readonly number[], pairs: readonly Pair[], level: Confidence): Meant[] {
  if (typeof which !== 'string') return [{ pairs: pairs.filter(({ truth }) => which.includes(truth.index)), level, enough: 'all' }];
  const first = ({ truth }: Pair): TruthConnection['wire']['close_events'][number] | undefined => truth.wire.close_events[0];
  const answered = (pair: Pair): boolean => first(pair)?.who === 'client' && pair.truth.wire.responses.length > 0 && (first(pair)!.ms_since_last_server_data ?? Infinity) < AT_ONCE_MILLISECONDS;
  const reset = (pair: Pair): boolean => first(pair)?.who === 'client' && first(pair)?.kind === 'RST';
  const cut = (pair: Pair): boolean => pair.truth.wire.responses.at(-1)?.complete_before_client_close === false;
  const some = (select: (pair: Pair) => boolean, at: Confidence = level): Meant => ({ pairs: pairs.filter(select), level: at, enough: 'all' });
  switch (which) {
    case 'all':
    case 'client side':
    case 'client-facing (8080) and upstream (9000)':
      return [{ pairs, level, enough: 'all' }];
    case 'some':
      return [{ pairs, level, enough: 'one' }];
    case 'closed ones':
      return [some(answered)];
    case 'those with RST':
      return [some(reset)];
    case 'those with RST; likely for the rest':
    case 'those with RST or FIN before the last segment; likely for the rest':
      return [some((pair) => reset(pair) || cut(pair)), some((pair) => answered(pair) && !reset(pair) && !cut(pair), 'likely')];
    case 'client-facing (8080)':
      return [some(({ told }) => told.server.port === 8080)];
    default:
      throw new Error(`Which connections are "${which}"?`);
  }
}

function requests(told: ConnectionReport): number {
  return told.exchanges.filter(({ request }) => request !== null).length;
}

/** Everything asked was answered before the first closing packet. */
function isIdleAtClose({ close, exchanges }: ConnectionReport): boolean {
  return exchanges.every(({ response }) => response?.complete === true && close.time !== null && response.endTime! <= close.time);
}

/** The client's FIN came before the response, which it then took whole. */
function isHalfClose({ close, exchanges }: ConnectionReport): boolean {
  const response = exchanges.at(-1)?.response;
  return close.by === 'client' && close.kind === 'fin' && response?.complete === true && response.time > close.time! && close.cause !== 'undrained-response' && !close.also.includes('client-abort');
}

function hasAnomaly(report: AnalysisReport, code: string): boolean {
  return report.captures.some(({ anomalies }) => anomalies.some((anomaly) => anomaly.code === code));
}

function closeText({ close }: ConnectionReport): string {
  const list = (head: string, causes: readonly string[]): string => (causes.length === 0 ? '' : ` ${head} ${causes.join('/')}`);
  return `${close.cause} ${close.confidence}${list('also', close.also)}${list('or', close.alternatives)}`;
}
