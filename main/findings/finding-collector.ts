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
      this.kept.push({ ...draft, rows: Uint32Array.from(draft.rows) });
      return;
    }
    let rest = this.rests.get(key);
    if (rest === undefined) {
      rest = { first: draft, rows: new Uint32Array(64), count: 0, endpoints: 0, connections: 0, nanoseconds: 0 };
      this.rests.set(key, rest);
    }
    while (rest.count + draft.rows.length > rest.rows.length) {
      const rows = new Uint32Array(rest.rows.length * 2);
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
    for (const { first, rows, count, endpoints, connections, nanoseconds } of this.rests.values()) {
      this.kept.push({
        ...first,
        endpoint: endpoints === 1 ? first.endpoint : -1,
        rows: rows.slice(0, count).sort(),
        explanation: endpoints === 1 ? first.explanation : `The same between ${formatCount(endpoints)} further pairs of client and server, on ${plural(count, 'connection')}. One of them: ${first.explanation}`,
        cost: { connections, nanoseconds },
      });
    }
    this.rests.clear();
    return this.kept;
  }
}
