import { formatCount, midSentence, plural } from '../../shared/format/quantity.ts';
import type { Confidence, RuleName } from '../../shared/model/report.ts';
import type { ResultStore } from '../store/result-store.ts';
import type { FindingDraft } from './finding-draft.ts';
import { ascending, RowSet } from './row-set.ts';

/** Findings of one rule told one by one per server; what further clients show of it is told together. */
const EACH = 8;
/** Findings in all; beyond, one of each rule takes the rest. */
const MOST = 2000;

/** A finding as it is kept: an int for each connection, ascending. */
export interface KeptFinding extends Omit<FindingDraft, 'rows'> {
  readonly rows: Uint32Array;
  /** Of many clients told together: one of the endpoints of the server that all of them speak to; absent where there are several. */
  readonly server?: number;
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
  /** Whether all of it is about the server of the first. */
  readonly ofOne: boolean;
  readonly rows: RowSet;
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
      told.rest = { first: { ...draft, rows: [] }, ofOne: this.kept.length < MOST, rows: new RowSet(), endpoints: 0, connections: 0, nanoseconds: 0 };
      this.rests.push(told.rest);
    }
    const { rest } = told;
    for (let i = 0; i < draft.rows.length; i++) rest.rows.add(draft.rows[i]!);
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
      const { first, ofOne, endpoints, connections, nanoseconds } = rest;
      // One after the other: together they may name every connection several times.
      const rows = rest.rows.take(marks);
      const count = rows.length;
      this.kept.push({
        ...first,
        endpoint: endpoints === 1 ? first.endpoint : -1,
        ...(ofOne && { server: first.endpoint }),
        rows,
        explanation: endpoints === 1 ? first.explanation : `${formatCount(endpoints)} ${ofOne ? 'clients of this server' : 'pairs of client and server'} show this on ${plural(count, 'connection')}, besides those that are told one by one. One of them: ${midSentence(first.explanation)}`,
        cost: { connections, nanoseconds },
      });
    }
    return this.kept;
  }
}
