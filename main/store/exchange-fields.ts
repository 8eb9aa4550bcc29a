import { safeBytes } from '../../shared/format/safe-text.ts';
import type { Framing } from '../http/exchange-sink.ts';
import type { ShownText } from './connection-fields.ts';
import { listed } from './connection-fields.ts';
import { FRAMING_NAMES } from './connection-view.ts';
import { ExchangeBits } from './exchange-columns.ts';
import { isEstimated } from './estimated-exchanges.ts';
import { octetPatternTest } from './octet-pattern.ts';
import type { ResultStore } from './result-store.ts';
import type { CodeRowField, NumberRowField, RowField } from './row-field.ts';

const ENDS = ['yes', 'no', 'unanswered'] as const;
const READ = ['read', 'estimated'] as const;
const RESPONSE_ENDED = ExchangeBits.HAS_RESPONSE | ExchangeBits.RESPONSE_ENDED;
const REQUEST_ENDED = ExchangeBits.HAS_REQUEST | ExchangeBits.REQUEST_ENDED;

/** The fields of the exchanges' table. */
export function exchangeFields(store: ResultStore, shown: ShownText): Map<string, RowField> {
  const { connections, exchanges, strings } = store;
  const has = (row: number, bits: number): boolean => (exchanges.state.get(row) & bits) === bits;
  const text = (column: { get(row: number): number }, show: (text: string) => string): CodeRowField => ({
    kind: 'code',
    code: (row) => column.get(row) || -1,
    text: (id) => safeBytes(show(strings.text(id))),
    tester: (pattern) => octetPatternTest(strings, pattern, (text) => safeBytes(show(text)), shown.untouched),
  });
  return new Map<string, RowField>([
    ['id', number((row) => row + 1)],
    ['connection', number((row) => exchanges.connection.get(row) + 1)],
    ['index', number(placesOnConnection(store))],
    ['start', number((row) => exchanges.time.get(row) / 1e9)],
    ['method', text(exchanges.method, (method) => method)],
    ['host', text(exchanges.host, shown.host)],
    ['target', text(exchanges.target, shown.target)],
    ['read', listed(READ, (row) => (isEstimated(store, row) ? 1 : 0))],
    ['status', number((row) => (has(row, ExchangeBits.HAS_RESPONSE) && !isEstimated(store, row) ? exchanges.status.get(row) : Number.NaN))],
    [
      'idle_before',
      number((row) => {
        const before = exchanges.previous.get(row) - 1;
        if (before < 0) return Number.NaN;
        const ended = exchanges.time.get(before) + (has(before, RESPONSE_ENDED) ? exchanges.responseEndAfter.get(before) : 0);
        return Math.max(0, exchanges.time.get(row) - ended) / 1e9;
      }),
    ],
    ['wait', number((row) => (has(row, REQUEST_ENDED) && has(row, ExchangeBits.HAS_RESPONSE) ? Math.max(0, exchanges.responseAfter.get(row) - exchanges.requestEndAfter.get(row)) / 1e9 : Number.NaN))],
    ['download', number((row) => (has(row, RESPONSE_ENDED) ? Math.max(0, exchanges.responseEndAfter.get(row) - exchanges.responseAfter.get(row)) / 1e9 : Number.NaN))],
    ['request_bytes', number((row) => (has(row, REQUEST_ENDED) ? exchanges.requestBody.get(row) : exchanges.requestSoFar.get(row) || Number.NaN))],
    ['response_bytes', number((row) => (has(row, RESPONSE_ENDED) ? exchanges.responseBody.get(row) : exchanges.responseSoFar.get(row) || Number.NaN))],
    [
      'framing',
      {
        kind: 'code',
        code: (row) => (has(row, ExchangeBits.HAS_RESPONSE) && !isEstimated(store, row) ? (exchanges.state.get(row) >>> ExchangeBits.RESPONSE_FRAMING_SHIFT) & 7 : -1),
        text: (code) => FRAMING_NAMES[code as Framing],
      },
    ],
    ['complete', listed(ENDS, (row) => (!has(row, ExchangeBits.HAS_RESPONSE) ? 2 : has(row, ExchangeBits.RESPONSE_COMPLETE) ? 0 : 1))],
    ['frame', number((row) => (has(row, ExchangeBits.HAS_REQUEST) ? exchanges.requestFrame.get(row) : exchanges.responseFrame.get(row)))],
    // To filter a connection's requests by: its address.
    ['client', { kind: 'socket', code: (row) => connections.endpoint.get(exchanges.connection.get(row)), port: (row) => connections.clientPort.get(exchanges.connection.get(row)), text: (code) => store.clientAddress(code) }],
    ['server', { kind: 'socket', code: (row) => connections.endpoint.get(exchanges.connection.get(row)), port: (row) => store.endpoints.port(connections.endpoint.get(exchanges.connection.get(row))), text: (code) => store.serverAddress(code) }],
  ]);
}

export const EXCHANGE_WORDS = ['client', 'server', 'host', 'target'];

/** How many exchanges stand before one on its connection. Worked out for all, once asked for: a connection may have a million. */
function placesOnConnection({ exchanges }: ResultStore): (row: number) => number {
  let places = new Uint32Array(0);
  let known = 0;
  return (row) => {
    if (row >= known) {
      if (exchanges.count > places.length) {
        const more = new Uint32Array(2 * exchanges.count);
        more.set(places);
        places = more;
      }
      for (; known < exchanges.count; known++) {
        const before = exchanges.previous.get(known) - 1;
        places[known] = before < 0 ? 1 : places[before]! + 1;
      }
    }
    return places[row]!;
  };
}

function number(value: (row: number) => number): NumberRowField {
  return { kind: 'number', value };
}
