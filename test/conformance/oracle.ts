import { existsSync } from 'node:fs';
import type { ConnectionReport, MessageReport } from '../../shared/model/connection.ts';
import type { Side } from '../../shared/model/report.ts';
import { readJson } from './captures.ts';
import type { Difference } from './differences.ts';

/** One line of an oracle: what tshark saw, frame by frame. */
interface OracleEvent {
  readonly frame: number;
  readonly tcp_stream: number;
  readonly kind: string;
  readonly first_frame: number;
  readonly last_frame: number;
  readonly method?: string;
  readonly uri?: string;
  readonly status?: number;
  /** Seen by decrypting with keys: compared where the engine has them, too. */
  readonly tls?: boolean;
  /** A message counted again in a retransmitted frame. */
  readonly in_retransmission?: boolean;
  /** A keep-alive flag that tshark is known to give where there is none. */
  readonly suspect?: boolean | string | null;
}

/** A request, a final response or a 1xx, as far as both sides tell of it. */
interface Message {
  readonly kind: 'requests' | 'responses';
  /** "GET /path" or "200". */
  readonly label: string;
  readonly first: number;
  readonly last: number | null;
}

interface OracleMessage extends Message {
  /** Told in a retransmitted frame: perhaps for the second time. */
  readonly doubtful: boolean;
  /** Inside of TLS: of a message of several records the oracle names the last frame only. */
  readonly sealed: boolean;
}

interface ReportedMessage extends Message {
  readonly complete: boolean;
  /** Complete, and every byte of it is in the capture. */
  readonly whole: boolean;
  /** Its body lasts until the connection closes. */
  readonly untilClose: boolean;
}

/** Where there are two oracles, agreement with either suffices, message by message and probe by probe. */
export function compareWithOracles(path: string, connections: readonly ConnectionReport[]): Difference[] {
  const oracles = ['.oracle.json', '.oracle-ooo.json'].map((ending) => path + ending).filter((file) => existsSync(file));
  const [first = [], ...others] = oracles.map((file) => compare(readJson(file) as OracleEvent[], connections));
  return first.filter(({ subject }) => others.every((other) => other.some((difference) => difference.subject === subject)));
}

function compare(events: readonly OracleEvent[], connections: readonly ConnectionReport[]): Difference[] {
  const fins = new Set(events.filter(({ kind }) => kind === 'fin').map(({ frame: at }) => at));
  const readable = events.filter(({ tls, tcp_stream }) => !tls || connections[tcp_stream]?.tls?.decrypted === true);
  return [...compareMessages(readable.flatMap(messageOf), messagesOf(connections), fins), ...compareProbes(events, connections)];
}

function messageOf({ kind, method, uri, status, first_frame, last_frame, tls, in_retransmission }: OracleEvent): OracleMessage[] {
  if (kind !== 'request' && kind !== 'response') return [];
  const isRequest = kind === 'request';
  return [{
    kind: isRequest ? 'requests' : 'responses',
    label: isRequest ? `${method} ${uri}` : String(status),
    first: first_frame,
    last: last_frame,
    doubtful: in_retransmission === true,
    sealed: tls === true,
  }];
}

/** All messages of a report in the order of their first bytes. */
export function messagesOf(connections: readonly ConnectionReport[]): ReportedMessage[] {
  return connections.flatMap(messagesOfConnection).sort((a, b) => a.first - b.first);
}

function messagesOfConnection({ exchanges, gaps }: ConnectionReport): ReportedMessage[] {
  const messages: ReportedMessage[] = [];
  const tell = (kind: Message['kind'], label: string, message: MessageReport, from: Side): void => {
    const first = Number(message.frame);
    const last = frame(message.endFrame);
    const torn = gaps.some((gap) => gap.from === from && Number(gap.frame) >= first && Number(gap.frame) <= (last ?? Infinity));
    messages.push({ kind, label, first, last, complete: message.complete, whole: message.complete && !torn, untilClose: message.framing === 'until-close' });
  };
  for (const { request, interim, response } of exchanges) {
    if (request) tell('requests', `${request.method} ${request.target}`, request, 'client');
    for (const { status, frame: at } of interim) messages.push({ kind: 'responses', label: String(status), first: Number(at), last: null, complete: true, whole: true, untilClose: false });
    if (response) tell('responses', String(response.status), response, 'server');
  }
  return messages;
}

function frame(reference: number | string | null): number | null {
  return reference === null ? null : Number(reference);
}

/**
 * Every message of the oracle must be in the report, and every whole message of the report in the oracle, which does not
 * tell of those that did not finish or that have a gap. Where a body lasts until the close, the oracle names the frame of
 * the FIN as its end, and the report that of the last byte.
 */
function compareMessages(wanted: readonly OracleMessage[], told: readonly ReportedMessage[], fins: ReadonlySet<number>): Difference[] {
  const differences: Difference[] = [];
  const left = new Set(told);
  const missing: OracleMessage[] = [];
  for (const message of wanted) {
    const same = [...left].find(({ kind, label, first, last }) => kind === message.kind && label === message.label && (first === message.first || (message.sealed && last === message.last)));
    if (!same) {
      if (!message.doubtful) missing.push(message);
      continue;
    }
    left.delete(same);
    const endsWithFin = same.untilClose && fins.has(message.last!);
    if (same.last !== null && same.last !== message.last && !endsWithFin) differences.push({ what: 'frames', subject: name(message), text: `ends in ${message.last}, reported ${same.last}` });
    if (!same.complete) differences.push({ what: message.kind, subject: name(message), text: 'is reported as incomplete' });
  }
  for (const message of missing) {
    const moved = [...left].find(({ kind, label }) => kind === message.kind && label === message.label);
    if (!moved) {
      differences.push({ what: message.kind, subject: name(message), text: 'is not reported' });
      continue;
    }
    left.delete(moved);
    differences.push({ what: 'frames', subject: name(message), text: `is reported in ${moved.first}` });
  }
  for (const message of left) if (message.whole) differences.push({ what: message.kind, subject: name(message), text: 'is not in the oracle' });
  return differences;
}

function name({ label, first }: Message): string {
  return `${label.slice(0, 60)} in frame ${first}`;
}

/** The frames of the probes. What the oracle itself suspects may be told or not. */
function compareProbes(events: readonly OracleEvent[], connections: readonly ConnectionReport[]): Difference[] {
  const flagged = events.filter(({ kind }) => kind === 'keepalive');
  const certain = flagged.filter(({ suspect }) => !suspect).map(({ frame: at }) => at);
  const possible = new Set(flagged.map(({ frame: at }) => at));
  const told = new Set(connections.flatMap(({ keepAliveProbes }) => keepAliveProbes.map((probe) => Number(probe.frame))));
  return [
    ...certain.filter((at) => !told.has(at)).map((at): Difference => ({ what: 'probes', subject: `probe in frame ${at}`, text: 'is not reported' })),
    ...[...told].filter((at) => !possible.has(at)).map((at): Difference => ({ what: 'probes', subject: `probe in frame ${at}`, text: 'is not in the oracle' })),
  ];
}
