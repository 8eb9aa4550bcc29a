import { safeBytes } from '../../shared/format/safe-text.ts';
import { socketText } from '../../shared/format/socket-text.ts';
import { EventKind } from '../tcp/connection-sink.ts';
import { ConnectionBits } from './connection-columns.ts';
import { PROTOCOL_NAMES } from './connection-view.ts';
import type { Protocol } from '../http/exchange-sink.ts';
import { ExchangeBits } from './exchange-columns.ts';
import { octetPatternTest } from './octet-pattern.ts';
import type { ResultStore } from './result-store.ts';
import type { CodeRowField, NumberRowField, RowField } from './row-field.ts';

/** How texts of the capture are shown: hosts and targets as bytes of one character each, secrets masked where they are to be. */
export interface ShownText {
  readonly target: (target: string) => string;
  readonly host: (host: string) => string;
  /** 1 for each octet that both leave as it is, whatever stands beside it. */
  readonly untouched: Uint8Array;
}

const CLOSERS = ['client', 'server', 'nobody'] as const;
const CLOSE_KINDS = ['fin', 'rst', 'open', 'replaced'] as const;

/** The fields of the connections' table that the columns tell by themselves: all but what a diagnosis adds. */
export function connectionFields(store: ResultStore, shown: ShownText): Map<string, RowField> {
  const { connections, endpoints, exchanges, strings } = store;
  const host = (id: number) => shown.host(safeBytes(strings.text(id)));
  const eachExchange = (row: number, visit: (exchange: number) => boolean): boolean => {
    for (let exchange = connections.lastExchange.get(row) - 1; exchange >= 0; exchange = exchanges.previous.get(exchange) - 1) {
      if (visit(exchange)) return true;
    }
    return false;
  };
  const eachString = (column: { get(exchange: number): number }) => (row: number, visit: (code: number) => boolean) =>
    eachExchange(row, (exchange) => {
      const id = column.get(exchange);
      return id !== 0 && visit(id);
    });
  const eachHost = eachString(exchanges.host);
  const target = (id: number) => safeBytes(shown.target(strings.text(id)));
  return new Map<string, RowField>([
    ['id', number((row) => row + 1)],
    ['client', { kind: 'socket', code: (row) => connections.endpoint.get(row), port: (row) => connections.clientPort.get(row), text: (code) => store.clientAddress(code), order: (code) => addressOrder(store.clientBytes(code)) }],
    [
      'server',
      {
        kind: 'socket',
        code: (row) => connections.endpoint.get(row),
        port: (row) => endpoints.port(connections.endpoint.get(row)),
        text: (code) => store.serverAddress(code),
        order: (code) => addressOrder(store.serverBytes(code)),
      },
    ],
    [
      'host',
      {
        kind: 'codes',
        text: host,
        first: (row) => {
          const last = connections.lastExchange.get(row);
          const named = last === 0 ? 0 : exchanges.host.get(last - 1);
          return named || connections.tlsSni.get(row) || -1;
        },
        some: (row, visit) => {
          const sni = connections.tlsSni.get(row);
          return eachHost(row, visit) || (sni !== 0 && visit(sni));
        },
      },
    ],
    ['start', number((row) => connections.startedAt.get(row) / 1e9)],
    ['duration', number((row) => (connections.endedAt.get(row) - connections.startedAt.get(row)) / 1e9)],
    ['requests', number((row) => requests(store, row))],
    ['idle', number((row) => longestIdle(store, row) / 1e9)],
    ['probes', number((row) => probes(store, row))],
    ['closed_by', listed(CLOSERS, (row) => closerOf(connections.state.get(row)))],
    ['closed_with', listed(CLOSE_KINDS, (row) => closeKindOf(connections.state.get(row)))],
    ['protocol', { kind: 'code', code: (row) => (connections.state.get(row) >>> ConnectionBits.PROTOCOL_SHIFT) & 7, text: (code) => PROTOCOL_NAMES[code as Protocol] }],
    ['endpoint', { kind: 'code', code: (row) => connections.endpoint.get(row), text: (code) => endpointText(store, code) }],
    [
      'handshake',
      number((row) => {
        const toSynAck = connections.synToSynAck.get(row);
        const toAck = connections.synAckToAck.get(row);
        return toSynAck >= 0 && toAck >= 0 ? (toSynAck + toAck) / 1e9 : Number.NaN;
      }),
    ],
    ['bytes_client', number((row) => connections.payloadClient.get(row))],
    ['bytes_server', number((row) => connections.payloadServer.get(row))],
    ['packets', number((row) => connections.packetsClient.get(row) + connections.packetsServer.get(row))],
    ['retransmissions', number((row) => connections.retransmissionsClient.get(row) + connections.retransmissionsServer.get(row))],
    ['close_delay', number((row) => ((connections.state.get(row) & ConnectionBits.CLOSED) === 0 ? Number.NaN : Math.max(0, connections.closeIdle.get(row)) / 1e9))],
    [
      'status',
      {
        kind: 'numbers',
        some: (row, visit) => eachExchange(row, (exchange) => (exchanges.state.get(exchange) & ExchangeBits.HAS_RESPONSE) !== 0 && visit(exchanges.status.get(exchange))),
      },
    ],
    ['method', { kind: 'codes', text: (id) => safeBytes(strings.text(id)), some: eachString(exchanges.method) }],
    ['target', { kind: 'codes', text: target, some: eachString(exchanges.target), tester: (pattern) => octetPatternTest(strings, pattern, (text) => safeBytes(shown.target(text)), shown.untouched) }],
    ['frame', number((row) => connections.firstFrame.get(row))],
  ]);
}

/** Fields that a word without a field is looked for in. */
export const CONNECTION_WORDS = ['client', 'server', 'host', 'target'];

/** "10.0.0.1 -> 10.0.0.2:80" */
export function endpointText(store: ResultStore, endpoint: number): string {
  return `${store.clientAddress(endpoint)} -> ${socketText({ address: store.serverAddress(endpoint), port: store.endpoints.port(endpoint) })}`;
}

/** Of a connection's state: its place in CLOSERS. */
function closerOf(state: number): number {
  if ((state & ConnectionBits.CLOSED) === 0) return 2;
  return (state & ConnectionBits.CLOSED_BY_CLIENT) !== 0 ? 0 : 1;
}

function closeKindOf(state: number): number {
  if ((state & ConnectionBits.CLOSED) === 0) return (state & ConnectionBits.REPLACED) !== 0 ? 3 : 2;
  return (state & ConnectionBits.CLOSED_BY_RESET) !== 0 ? 1 : 0;
}

function number(value: (row: number) => number): NumberRowField {
  return { kind: 'number', value };
}

export function listed(names: readonly string[], code: (row: number) => number): CodeRowField {
  // In the order of the list, which says more than the alphabet.
  return { kind: 'code', code, text: (place) => names[place]!, order: (place) => String(place).padStart(3, '0') };
}

/** Sorts IPv4 before IPv6, each by number. */
function addressOrder(bytes: Uint8Array): string {
  return `${bytes.length === 4 ? 4 : 6}${Array.from(bytes, (octet) => octet.toString(16).padStart(2, '0')).join('')}`;
}

function requests({ connections, exchanges }: ResultStore, row: number): number {
  const count = connections.exchanges.get(row);
  const last = connections.lastExchange.get(row) - 1;
  if (last < 0) return 0;
  let asked = count;
  // An exchange without a request: the capture lacks it.
  for (let exchange = last; exchange >= 0; exchange = exchanges.previous.get(exchange) - 1) {
    if ((exchanges.state.get(exchange) & ExchangeBits.HAS_REQUEST) === 0) asked--;
  }
  return asked;
}

/** Shorter times between two exchanges are the client's work, not idleness. */
const SHORTEST_IDLE = 1e6;

/** The longest time between exchanges, or behind the last one to the close, nanoseconds; NaN where there is none. */
function longestIdle({ connections, exchanges }: ResultStore, row: number): number {
  const closed = (connections.state.get(row) & ConnectionBits.CLOSED) !== 0;
  let until = closed ? connections.closedAt.get(row) : connections.endedAt.get(row);
  let longest = Number.NaN;
  for (let exchange = connections.lastExchange.get(row) - 1; exchange >= 0; exchange = exchanges.previous.get(exchange) - 1) {
    const begin = exchanges.time.get(exchange);
    if ((exchanges.state.get(exchange) & ExchangeBits.RESPONSE_COMPLETE) !== 0) {
      const idle = until - (begin + exchanges.responseEndAfter.get(exchange));
      if (idle >= SHORTEST_IDLE && !(idle <= longest)) longest = idle;
    }
    until = begin;
  }
  return longest;
}

function probes({ connections, events }: ResultStore, row: number): number {
  let count = 0;
  for (let event = connections.lastEvent.get(row) - 1; event >= 0; event = events.previous.get(event) - 1) {
    if (events.kind.get(event) >>> 1 === EventKind.keepAliveProbe) count++;
  }
  return count;
}
