import { formatCount, plural } from '../../shared/format/quantity.ts';
import type { Confidence, RuleName } from '../../shared/model/report.ts';
import type { ResultStore } from '../store/result-store.ts';
import type { FindingDraft } from './finding-draft.ts';

/** Findings of one rule told one by one per server; what further clients show of it is told together. */
const EACH = 8;
/** Findings in all; beyond, one of each rule takes the rest. */
const MOST = 2000;

/** A finding as it is kept: the connections as two ints each at most, whatever their number. */
export interface KeptFinding extends Omit<FindingDraft, 'rows'> {
  readonly rows: Uint32Array;
}

interface Rest {
  readonly first: FindingDraft;
  rows: Uint32Array;
  count: number;
  endpoints: number;
  connections: number;
  nanoseconds: number;
}

/** Takes the drafts of all endpoints and keeps them in bounded memory: 4,000 clients with one fault are one finding, not 4,000. */
export class FindingCollector {
  private readonly kept: KeptFinding[] = [];
  private readonly perServer = new Map<string, number>();
  private readonly rests = new Map<string, Rest>();
  private readonly store: ResultStore;

  constructor(store: ResultStore) {
    this.store = store;
  }

  /** Whether the next finding of this rule at this endpoint is kept whole, or the first of those told together. */
  isTold(rule: RuleName, confidence: Confidence, endpoint: number): boolean {
    const key = this.key(rule, confidence, endpoint);
    return (this.kept.length < MOST && (this.perServer.get(key) ?? 0) < EACH) || !this.rests.has(key);
  }

  private key(rule: RuleName, confidence: Confidence, endpoint: number): string {
    const { endpoints } = this.store;
    if (this.kept.length >= MOST) return `${rule} ${confidence}`;
    return `${rule} ${confidence} ${endpoints.server(endpoint)} ${endpoints.port(endpoint)} ${endpoints.path(endpoint)}`;
  }

  add(draft: FindingDraft): void {
    const key = this.key(draft.rule, draft.confidence, draft.endpoint);
    const told = this.perServer.get(key) ?? 0;
    if (this.kept.length < MOST && told < EACH) {
      this.perServer.set(key, told + 1);
      this.kept.push({ ...draft, rows: ascending(draft.rows) });
      return;
    }
    let rest = this.rests.get(key);
    if (rest === undefined) {
      rest = { first: draft, rows: new Uint32Array(64), count: 0, endpoints: 0, connections: 0, nanoseconds: 0 };
      this.rests.set(key, rest);
    }
    if (rest.count + draft.rows.length > rest.rows.length) {
      const rows = new Uint32Array(Math.max(rest.rows.length * 2, rest.count + draft.rows.length));
      rows.set(rest.rows);
      rest.rows = rows;
    }
    rest.rows.set(draft.rows, rest.count);
    rest.count += draft.rows.length;
    rest.endpoints++;
    rest.connections += draft.cost?.connections ?? 0;
    rest.nanoseconds += draft.cost?.nanoseconds ?? 0;
  }

  /** All findings, those told together last. */
  finish(): KeptFinding[] {
    const marks = new Int32Array((this.store.connections.count + 31) >>> 5);
    for (const [key, { first, rows: told, count: places, endpoints, connections, nanoseconds }] of this.rests) {
      this.rests.delete(key);
      const rows = marked(told, places, marks);
      const count = rows.length;
      this.kept.push({
        ...first,
        endpoint: endpoints === 1 ? first.endpoint : -1,
        rows,
        explanation: endpoints === 1 ? first.explanation : `The same between ${formatCount(endpoints)} further pairs of client and server, on ${plural(count, 'connection')}. One of them: ${first.explanation}`,
        cost: { connections, nanoseconds },
      });
    }
    return this.kept;
  }
}

/** Each row once, in order. */
function ascending(rows: ArrayLike<number>): Uint32Array {
  const sorted = Uint32Array.from(rows).sort();
  let count = 0;
  for (let i = 0; i < sorted.length; i++) if (count === 0 || sorted[count - 1] !== sorted[i]) sorted[count++] = sorted[i]!;
  return count === sorted.length ? sorted : sorted.slice(0, count);
}

/** The same of the first `places` of many rows, by marks: room for a bit per row of the store, all 0 before and after. */
function marked(rows: Uint32Array, places: number, marks: Int32Array): Uint32Array {
  let count = 0;
  let first = marks.length;
  let last = 0;
  for (let i = 0; i < places; i++) {
    const word = rows[i]! >>> 5;
    const before = marks[word]!;
    const after = before | (1 << rows[i]!);
    if (after === before) continue;
    marks[word] = after;
    count++;
    if (word < first) first = word;
    if (word > last) last = word;
  }
  const found = new Uint32Array(count);
  let next = 0;
  for (let word = first; word <= last; word++) {
    for (let left = marks[word]!; left !== 0; left &= left - 1) found[next++] = (word << 5) + 31 - Math.clz32(left & -left);
    marks[word] = 0;
  }
  return found;
}
