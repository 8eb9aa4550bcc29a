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

/** What is kept of one rule, with one confidence, about one server. */
interface Told {
  readonly rule: RuleName;
  readonly confidence: Confidence;
  /** Findings told by themselves. */
  count: number;
  rest: Rest | null;
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
  private readonly servers = new Map<string, Told[]>();
  /** Where there are too many findings to tell of servers one by one. */
  private readonly elsewhere: Told[] = [];
  private readonly rests: Rest[] = [];
  private readonly store: ResultStore;
  /** The endpoint asked for last, and what is kept of its server. */
  private endpoint = -1;
  private server: Told[] = [];

  constructor(store: ResultStore) {
    this.store = store;
  }

  /** Whether the next finding of this rule at this endpoint is kept whole, or the first of those told together. */
  isTold(rule: RuleName, confidence: Confidence, endpoint: number): boolean {
    const { count, rest } = this.told(rule, confidence, endpoint);
    return (this.kept.length < MOST && count < EACH) || rest === null;
  }

  add(draft: FindingDraft): void {
    const told = this.told(draft.rule, draft.confidence, draft.endpoint);
    if (this.kept.length < MOST && told.count < EACH) {
      told.count++;
      this.kept.push({ ...draft, rows: ascending(draft.rows) });
      return;
    }
    if (told.rest === null) {
      told.rest = { first: { ...draft, rows: [] }, rows: new Uint32Array(64), count: 0, endpoints: 0, connections: 0, nanoseconds: 0 };
      this.rests.push(told.rest);
    }
    const { rest } = told;
    if (rest.count + draft.rows.length > rest.rows.length) {
      const rows = new Uint32Array(Math.max(rest.rows.length * 2, rest.count + draft.rows.length));
      rows.set(rest.rows);
      rest.rows = rows;
    }
    for (let i = 0; i < draft.rows.length; i++) rest.rows[rest.count++] = draft.rows[i]!;
    rest.endpoints++;
    rest.connections += draft.cost?.connections ?? 0;
    rest.nanoseconds += draft.cost?.nanoseconds ?? 0;
  }

  private told(rule: RuleName, confidence: Confidence, endpoint: number): Told {
    if (endpoint !== this.endpoint) {
      this.endpoint = endpoint;
      this.server = this.serverOf(endpoint);
    }
    const all = this.kept.length >= MOST ? this.elsewhere : this.server;
    for (const told of all) if (told.rule === rule && told.confidence === confidence) return told;
    const told: Told = { rule, confidence, count: 0, rest: null };
    all.push(told);
    return told;
  }

  private serverOf(endpoint: number): Told[] {
    const { endpoints } = this.store;
    const key = `${endpoints.server(endpoint)} ${endpoints.port(endpoint)} ${endpoints.path(endpoint)}`;
    let server = this.servers.get(key);
    if (server === undefined) {
      server = [];
      this.servers.set(key, server);
    }
    return server;
  }

  /** All findings, those told together last. */
  finish(): KeptFinding[] {
    const marks = new Int32Array((this.store.connections.count + 31) >>> 5);
    for (const rest of this.rests) {
      const { first, endpoints, connections, nanoseconds } = rest;
      const rows = marked(rest.rows, rest.count, marks);
      // Let go of at once: together they may name every connection several times.
      rest.rows = NO_ROWS;
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

const NO_ROWS = new Uint32Array(0);

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
