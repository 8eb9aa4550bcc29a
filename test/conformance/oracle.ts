import { existsSync } from 'node:fs';
import type { ConnectionReport } from '../../shared/model/report.ts';
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
  /** Seen by decrypting with keys, which the engine does not do. */
  readonly tls?: boolean;
  /** A message counted again in a retransmitted frame. */
  readonly in_retransmission?: boolean;
  /** A keep-alive flag that tshark is known to give where there is none. */
  readonly suspect?: boolean | string | null;
}

/** A request, a final response or a 1xx, as far as both sides tell of it. */
export interface Message {
  readonly kind: 'requests' | 'responses';
  /** "GET /path" or "200". */
  readonly label: string;
  readonly first: number;
  readonly last: number | null;
  readonly complete: boolean;
}

/** The oracles of a capture: where there are two, agreement with either suffices, kind of fact by kind. */
export function compareWithOracles(path: string, connections: readonly ConnectionReport[]): Difference[] {
  const oracles = ['.oracle.json', '.oracle-ooo.json'].map((ending) => path + ending).filter((file) => existsSync(file));
  const answers = oracles.map((file) => compare(readJson(file) as OracleEvent[], connections));
  if (answers.length < 2) return answers[0] ?? [];
  const kinds = new Set(answers[0]!.map(({ what }) => what));
  for (const other of answers.slice(1)) for (const kind of [...kinds]) if (!other.some(({ what }) => what === kind)) kinds.delete(kind);
  return answers[0]!.filter(({ what }) => kinds.has(what));
}

function compare(events: readonly OracleEvent[], connections: readonly ConnectionReport[]): Difference[] {
  return [...compareMessages(oracleMessages(events), messagesOf(connections)), ...compareProbes(events, connections)];
}

function oracleMessages(events: readonly OracleEvent[]): Message[] {
  return events
    .filter(({ kind, tls, in_retransmission }) => (kind === 'request' || kind === 'response') && !tls && !in_retransmission)
    .map(({ kind, method, uri, status, first_frame, last_frame }) => ({
      kind: kind === 'request' ? 'requests' : 'responses',
      label: kind === 'request' ? `${method} ${uri}` : String(status),
      first: first_frame,
      last: last_frame,
      complete: true,
    }));
}

/** All messages of a report in the order of their first bytes. */
export function messagesOf(connections: readonly ConnectionReport[]): Message[] {
  const messages: Message[] = [];
  for (const { request, interim, response } of connections.flatMap(({ exchanges }) => exchanges)) {
    if (request) messages.push({ kind: 'requests', label: `${request.method} ${request.target}`, first: Number(request.frame), last: frame(request.endFrame), complete: request.complete });
    for (const { status, frame: at } of interim) messages.push({ kind: 'responses', label: String(status), first: Number(at), last: null, complete: true });
    if (response) messages.push({ kind: 'responses', label: String(response.status), first: Number(response.frame), last: frame(response.endFrame), complete: response.complete });
  }
  return messages.sort((a, b) => a.first - b.first);
}

function frame(reference: number | string | null): number | null {
  return reference === null ? null : Number(reference);
}

/**
 * Every message of the oracle must be in the report, and every complete message of the report in the oracle, which does
 * not tell of those that did not finish.
 */
function compareMessages(wanted: readonly Message[], told: readonly Message[]): Difference[] {
  const differences: Difference[] = [];
  const left = new Set(told);
  const missing: Message[] = [];
  for (const message of wanted) {
    const same = [...left].find(({ kind, label, first }) => kind === message.kind && label === message.label && first === message.first);
    if (!same) {
      missing.push(message);
      continue;
    }
    left.delete(same);
    if (same.last !== null && same.last !== message.last) differences.push({ what: 'frames', text: `${name(message)} ends in ${message.last}, reported ${same.last}` });
    if (!same.complete) differences.push({ what: message.kind, text: `${name(message)} is reported as incomplete` });
  }
  for (const message of missing) {
    const moved = [...left].find(({ kind, label }) => kind === message.kind && label === message.label);
    if (!moved) {
      differences.push({ what: message.kind, text: `${name(message)} is not reported` });
      continue;
    }
    left.delete(moved);
    differences.push({ what: 'frames', text: `${name(message)} is reported in ${moved.first}` });
  }
  for (const message of left) if (message.complete) differences.push({ what: message.kind, text: `${name(message)} is not in the oracle` });
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
    ...certain.filter((at) => !told.has(at)).map((at): Difference => ({ what: 'probes', text: `frame ${at} is not reported` })),
    ...[...told].filter((at) => !possible.has(at)).map((at): Difference => ({ what: 'probes', text: `frame ${at} is not in the oracle` })),
  ];
}
