import type { Diagnosis } from '../findings/diagnose.ts';
import { CONNECTION_WORDS, connectionFields, listed } from '../store/connection-fields.ts';
import type { ShownText } from '../store/connection-fields.ts';
import { EXCHANGE_WORDS, exchangeFields } from '../store/exchange-fields.ts';
import type { ResultStore } from '../store/result-store.ts';
import type { CodesRowField } from '../store/row-field.ts';
import type { Table } from '../store/table-query.ts';
import { isOpenAtEnd } from './lane-spans.ts';
import { CLOSE_CAUSES, FURTHER_RULES } from '../../shared/model/report.ts';
import type { CloseCause, RuleName } from '../../shared/model/report.ts';

const RULES: readonly RuleName[] = [...CLOSE_CAUSES, ...FURTHER_RULES];
const CONFIDENCES = ['certain', 'likely', 'possible'] as const;
const CAUSE_PLACES = new Map<CloseCause, number>(CLOSE_CAUSES.map((cause, place) => [cause, place]));

/** The connections as a table, with what a diagnosis says of them. */
export function connectionTable(store: ResultStore, diagnosis: Diagnosis, shown: ShownText): Table {
  const { connections } = store;
  const { verdicts } = diagnosis;
  const fields = connectionFields(store, shown);
  fields.set('cause', listed(CLOSE_CAUSES, (row) => CAUSE_PLACES.get(verdicts.get(row).cause)!));
  fields.set('confidence', listed(CONFIDENCES, (row) => CONFIDENCES.indexOf(verdicts.get(row).confidence)));
  fields.set('finding', findingField(store, diagnosis));
  fields.set('stack', stackField(store, diagnosis));
  return {
    count: connections.count,
    fields,
    words: CONNECTION_WORDS,
    within: (row, from, to) => connections.startedAt.get(row) <= to * 1e9 && (connections.endedAt.get(row) >= from * 1e9 || isOpenAtEnd(store, row)),
  };
}

export function exchangeTable(store: ResultStore, shown: ShownText): Table {
  const { exchanges } = store;
  return {
    count: exchanges.count,
    fields: exchangeFields(store, shown),
    words: EXCHANGE_WORDS,
    within: (row, from, to) => exchanges.time.get(row) >= from * 1e9 && exchanges.time.get(row) <= to * 1e9,
  };
}

const WORD_BITS = 32;
const WORDS = Math.ceil(RULES.length / WORD_BITS);

/** The rules of the findings that name a connection: a bit for each rule, made when first asked for. */
function findingField({ connections }: ResultStore, { findings }: Diagnosis): CodesRowField {
  let bits: Int32Array | null = null;
  const make = (): Int32Array => {
    const made = new Int32Array(WORDS * connections.count);
    for (const { rule, rows } of findings) {
      const place = RULES.indexOf(rule);
      const word = (place / WORD_BITS) | 0;
      for (const row of rows) made[row * WORDS + word]! |= 1 << place % WORD_BITS;
    }
    return made;
  };
  return {
    kind: 'codes',
    text: (place) => RULES[place]!,
    some: (row, visit) => {
      if (findings.length === 0) return false;
      bits ??= make();
      for (let word = 0; word < WORDS; word++) {
        for (let left = bits[row * WORDS + word]!; left !== 0; left &= left - 1) {
          if (visit(word * WORD_BITS + 31 - Math.clz32(left & -left))) return true;
        }
      }
      return false;
    },
  };
}

/** The software of client and server. */
function stackField({ connections }: ResultStore, { endpoints }: Diagnosis): CodesRowField {
  const names: string[] = [];
  const codeOf = (name: string): number => {
    const place = names.indexOf(name);
    return place >= 0 ? place : names.push(name) - 1;
  };
  const byEndpoint: (readonly number[])[] = endpoints.map((summary) => (summary === undefined ? [] : [summary.clientStack, summary.serverStack].flatMap((stack) => (stack === null ? [] : [codeOf(stack.name)]))));
  return { kind: 'codes', text: (code) => names[code]!, some: (row, visit) => (byEndpoint[connections.endpoint.get(row)] ?? []).some(visit) };
}
