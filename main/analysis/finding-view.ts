import { catalogEntry, severityOf } from '../findings/catalog.ts';
import type { Diagnosis } from '../findings/diagnose.ts';
import type { KeptFinding } from '../findings/finding-collector.ts';
import type { ResultStore } from '../store/result-store.ts';
import { midSentence } from '../../shared/format/quantity.ts';
import { secondsFromNanoseconds } from '../../shared/format/time.ts';
import type { EndpointRef, FindingReport, FixReport, FrameRef, RuleName, Severity } from '../../shared/model/report.ts';
import { fixFor } from '../findings/fixes.ts';
import type { StackMatch } from '../findings/stacks.ts';

const RANK: Record<Severity, number> = { error: 0, warning: 1, info: 2 };
/** What is only possible is not shouted. */
const LOWERED: Record<Severity, Severity> = { error: 'warning', warning: 'info', info: 'info' };

/** The drafts of a diagnosis as findings: by severity, then by what they cost, numbered from 1. */
export class FindingView {
  private readonly store: ResultStore;
  private readonly diagnosis: Diagnosis;
  private readonly frame: (id: number) => FrameRef;
  private readonly sorted: readonly { readonly draft: KeptFinding; readonly severity: Severity }[];
  /** Made once: a format goes through the findings several times, and each may name a million connections. */
  private made: readonly FindingReport[] | null = null;
  /** Finding ids of a block of connections, made when several of them are asked for, as they are one after the other. */
  private index: BlockIndex | null = null;
  /** The block asked for last, and how often its connections were searched for one by one. */
  private block = -1;
  private searched = 0;
  /** The finding whose connections were looked at last, and their ids. */
  private lookedAt = -1;
  private ids: number[] = [];

  constructor(store: ResultStore, diagnosis: Diagnosis, frame: (id: number) => FrameRef) {
    this.store = store;
    this.diagnosis = diagnosis;
    this.frame = frame;
    this.sorted = diagnosis.findings
      .map((draft) => ({ draft, severity: severity(draft) }))
      .sort((a, b) => RANK[a.severity] - RANK[b.severity] || cost(b.draft) - cost(a.draft) || b.draft.rows.length - a.draft.rows.length);
  }

  reports(): FindingReport[] {
    return [...(this.made ??= this.sorted.map((_, index) => this.report(index)))];
  }

  /** Ids of the findings that name a connection. */
  of(row: number): number[] {
    const block = Math.floor(row / BLOCK);
    if (block !== this.block) {
      this.block = block;
      this.searched = 0;
    }
    if (this.index?.block !== block) {
      if (this.searched++ < FEW) return this.search(row);
      this.index = new BlockIndex(block, this.sorted);
    }
    return this.index.of(row);
  }

  /** The rules whose findings name a connection, the gravest first, each with the severity of the gravest of them. */
  rulesOf(row: number): ReadonlyMap<RuleName, Severity> {
    const rules = new Map<RuleName, Severity>();
    for (const id of this.of(row)) {
      const { draft, severity } = this.sorted[id - 1]!;
      if (!rules.has(draft.rule)) rules.set(draft.rule, severity);
    }
    return rules;
  }

  private report(index: number): FindingReport {
    const { draft, severity } = this.sorted[index]!;
    const { endpoints } = this.diagnosis;
    const stacks = endpoints[draft.endpoint];
    const advised = this.reasonOf(draft);
    const fixedAs = advised.fixedAs ?? advised.rule;
    // A finding may name half a million connections, and who shows findings names a few of them: made when looked at, kept of one.
    const connectionsOf = () => this.connectionsOf(index);
    return {
      id: index + 1,
      rule: draft.rule,
      severity,
      confidence: draft.confidence,
      title: catalogEntry(draft.rule).title,
      explanation: draft.explanation,
      get connections() {
        return connectionsOf();
      },
      endpoint: draft.endpoint < 0 ? null : this.endpoint(draft.endpoint),
      ...(draft.endpoint < 0 && draft.server !== undefined && { server: { address: this.store.serverAddress(draft.server), port: this.store.endpoints.port(draft.server) } }),
      evidence: draft.evidence.map(({ frame, note }) => ({ frame: this.frame(frame), note })),
      alternatives: [...(draft.alternatives ?? [])],
      fix: {
        ...(advised.advice !== undefined ? { summary: advised.advice, snippet: null, source: null } : fixOf(fixedAs, draft.side === 'server' ? null : (stacks?.clientStack ?? null), draft.side === 'client' ? null : (stacks?.serverStack ?? null))),
        ...(fixedAs === draft.rule ? {} : { rule: fixedAs }),
        ...(stacks?.clientStack ? { clientStack: stacks.clientStack.id } : {}),
        ...(stacks?.serverStack ? { serverStack: stacks.serverStack.id } : {}),
      },
      cost: { connections: draft.cost?.connections ?? 0, seconds: secondsFromNanoseconds(Math.round(draft.cost?.nanoseconds ?? 0)) },
    };
  }

  /** The finding whose advice mends this: of a consequence, the reason that the same endpoint shows for most of it. */
  private reasonOf(draft: KeptFinding): KeptFinding {
    const reasons = REASONS[draft.rule];
    if (reasons === undefined || draft.fixedAs !== undefined || draft.endpoint < 0) return draft;
    let reason: KeptFinding | null = null;
    for (const { draft: other } of this.sorted) {
      if (other.endpoint !== draft.endpoint || !reasons.has(other.rule) || !explains(other, draft)) continue;
      // What was stopped in the middle could not be used again, whatever else may be behind it.
      if (other.confidence === 'possible' && other.rule !== 'client-abort') continue;
      if (reason === null || spared(other) > spared(reason)) reason = other;
    }
    return reason === null ? draft : this.reasonOf(reason);
  }

  private endpoint(id: number): EndpointRef {
    const { store } = this;
    const path = store.path(id);
    return {
      client: store.clientAddress(id),
      server: store.serverAddress(id),
      port: store.endpoints.port(id),
      ...(path.vlans.length > 0 ? { vlans: [...path.vlans] } : {}),
      ...(path.tunnel !== null ? { encapsulation: path.tunnel } : {}),
    };
  }

  private search(row: number): number[] {
    const found: number[] = [];
    this.sorted.forEach(({ draft }, index) => {
      if (holds(draft.rows, row)) found.push(index + 1);
    });
    return found;
  }

  private connectionsOf(index: number): number[] {
    if (index !== this.lookedAt) {
      this.ids = idsOf(this.sorted[index]!.draft.rows);
      this.lookedAt = index;
    }
    return this.ids;
  }
}

/** Connections whose index is made at once. */
const BLOCK = 65_536;

/** Finding ids by connection, of those of one block. */
class BlockIndex {
  readonly block: number;
  /** Those of the block's r-th row are ids[starts[r]] to ids[starts[r + 1]]. */
  private readonly starts = new Uint32Array(BLOCK + 1);
  private readonly ids: Uint32Array;

  constructor(block: number, findings: readonly { readonly draft: KeptFinding }[]) {
    this.block = block;
    const { starts } = this;
    const first = block * BLOCK;
    const ranges = findings.map(({ draft }) => draft.rows.subarray(placeOf(draft.rows, first), placeOf(draft.rows, first + BLOCK)));
    for (const rows of ranges) for (let i = 0; i < rows.length; i++) starts[rows[i]! - first + 1]!++;
    for (let row = 0; row < BLOCK; row++) starts[row + 1]! += starts[row]!;
    const ids = new Uint32Array(starts[BLOCK]!);
    const next = starts.slice();
    ranges.forEach((rows, index) => {
      for (let i = 0; i < rows.length; i++) ids[next[rows[i]! - first]!++] = index + 1;
    });
    this.ids = ids;
  }

  of(row: number): number[] {
    const place = row - this.block * BLOCK;
    return Array.from(this.ids.subarray(this.starts[place], this.starts[place + 1]));
  }
}

/** What keeps connections from being used again. */
const NO_REUSE: ReadonlySet<RuleName> = new Set(['undrained-response', 'client-close-option', 'server-close-option', 'http10-default', 'close-delimited', 'pool-overflow', 'protocol-error', 'server-error', 'client-abort', 'body-not-closed', 'client-per-request']);
/** What is only seen of something else, and what that can be. */
const REASONS: Partial<Record<RuleName, ReadonlySet<RuleName>>> = {
  'missed-reuse': NO_REUSE,
  'connections-accumulate': NO_REUSE,
  'port-exhaustion': NO_REUSE,
  'request-lost': new Set(['stale-reuse', 'keepalive-dead-peer', 'middlebox']),
  'upload-incomplete': new Set(['upload-stalled', 'undrained-request', 'client-abort', 'client-timeout']),
  // Who is asked to close, gives up on a request or has counted to a limit says so.
  'server-close-option': new Set(['client-close-option', 'http10-default', 'max-requests', 'max-age', 'undrained-request', 'server-timeout', 'expect-rejected']),
  'abortive-close': new Set(['undrained-response', 'body-not-closed']),
  // How connections end that nobody uses again.
  'client-idle': new Set(['client-per-request']),
  'process-exit': new Set(['client-per-request', 'body-not-closed']),
};

/** Connections that need not have been. */
function spared({ cost }: KeptFinding): number {
  return cost?.connections ?? 0;
}

/** Whether most of what one finding speaks of can be for the reason of another. */
function explains(reason: KeptFinding, finding: KeptFinding): boolean {
  if (spared(finding) === 0) return holds(reason.rows, finding.rows[0]!);
  if (spared(reason) > 0) return 2 * spared(reason) >= spared(finding);
  let shared = 0;
  let at = 0;
  for (const row of finding.rows) {
    while (reason.rows[at]! < row) at++;
    if (reason.rows[at] === row) shared++;
  }
  return 2 * shared >= finding.rows.length;
}

/** For so many connections of a block their findings are searched, which takes less than to make its index. */
const FEW = 64;

/** Whether ascending rows hold this one. */
function holds(rows: Uint32Array, row: number): boolean {
  return rows[placeOf(rows, row)] === row;
}

/** How many of ascending rows come before this one. */
function placeOf(rows: Uint32Array, row: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle]! < row) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What to change, in the terms of both ends; of software that is only possibly there, with the condition that it is. */
function fixOf(rule: RuleName, client: StackMatch | null, server: StackMatch | null): FixReport {
  const all = fixFor(rule, client?.id ?? null, server?.id ?? null);
  const doubtful = [client, server].filter((match) => match?.confidence === 'possible');
  if (doubtful.length === 0) return all;
  const [doubtedClient, doubtedServer] = [client, server].map((match) => (match?.confidence === 'possible' ? match.id : null));
  const sure = fixFor(rule, doubtedClient === null ? (client?.id ?? null) : null, doubtedServer === null ? (server?.id ?? null) : null);
  if (sure.summary === all.summary) return all;
  // What is for the end that is known holds whatever the other one is.
  const condition = `If this is ${doubtful.map((match) => match!.name).join(' and ')}: ${midSentence(fixFor(rule, doubtedClient!, doubtedServer!).summary)}`;
  return { ...all, summary: `${sure.summary} ${condition}` };
}

function idsOf(rows: Uint32Array): number[] {
  const ids = new Array<number>(rows.length);
  for (let i = 0; i < ids.length; i++) ids[i] = rows[i]! + 1;
  return ids;
}

function severity(draft: KeptFinding): Severity {
  if (draft.severity !== undefined) return draft.severity;
  const usual = severityOf(draft.rule, draft.rows.length, draft.worst ?? false);
  return draft.confidence === 'possible' ? LOWERED[usual] : usual;
}

function cost(draft: KeptFinding): number {
  return (draft.cost?.connections ?? 0) * 1e9 + (draft.cost?.nanoseconds ?? 0);
}
