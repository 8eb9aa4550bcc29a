/*
 * What the page shows of a running or finished analysis, beside the objects of the report (report.ts), whose units and
 * conventions hold here too. Rows travel as columns; nothing here grows with the capture, except by pages that are asked
 * for.
 */
import type { ConnectionReport } from './connection.ts';
import type {
  AnomalyReport,
  CaptureReport,
  CloseCause,
  Confidence,
  EndpointReport,
  FindingReport,
  FixReport,
  FrameRef,
  RuleName,
  Severity,
  Side,
  Summary,
} from './report.ts';

export type AnalysisPhase = 'reading' | 'diagnosing' | 'done' | 'failed';

/** Where an analysis stands; sent about ten times a second while it reads. */
export interface AnalysisState {
  analysisId: string;
  /** File names for people, without folders. */
  name: string;
  /** Of its one file, where it is among the recent ones. */
  path?: string;
  phase: AnalysisPhase;
  bytesRead: number;
  /** null where it cannot be known: standard input, compressed files. */
  bytesTotal: number | null;
  packets: number;
  connections: number;
  requests: number;
  endpoints: number;
  findings: number;
  /** Counts up with each change of the results: what was fetched under another revision may be outdated. */
  revision: number;
  /** Stopped before the end of the input: what was read is the result. */
  interrupted: boolean;
  /** Name of the key log that TLS is read with; never anything of its content. */
  keyLog?: string;
  /** Why it failed, with what to do; with phase `failed` alone. */
  error?: { code: string; message: string };
}

/** The tables that can be asked for a page of rows. Their columns: shared/query/fields.ts. */
export type TableName = 'connections' | 'exchanges';

/**
 * By the field's kind: text as it may be shown (sockets with their port, `[fd00::1]:80`); numbers in the base unit
 * (seconds, bytes; `time` in seconds since the first packet); the value of a choice; a list of `choices`; `marks`: spans
 * as in Lane.spans, in seconds since the connection's first packet. null: no value. The rules of `finding` come with the
 * gravest first; the column `finding_severity`, which is no field, has their severities in the same order.
 */
export type Cell = string | number | null | readonly (string | number)[];

/** Rows `offset` to `offset + n` of a filtered and sorted table, by column; every column has n cells. */
export interface RowsPage {
  revision: number;
  /** Rows in the table, and rows that pass the filter. */
  all: number;
  total: number;
  offset: number;
  /** Of each row: connection id (table `connections`), exchange row from 1 (table `exchanges`). */
  ids: number[];
  columns: Record<string, Cell[]>;
}

export interface FacetValue {
  value: string;
  /** What to show; the value itself where absent. */
  label?: string;
  count: number;
}

/** Of one field: its commonest values among the rows that the other conditions leave. */
export interface Facet {
  field: string;
  values: FacetValue[];
  /** Values beyond those listed. */
  more: number;
}

export interface OverviewTile {
  id: 'requests' | 'connections' | 'reuse' | 'avoidable' | 'handshake' | 'time-wait' | 'probes';
  label: string;
  /** Formatted, with its unit: "2.33 s". */
  value: string;
  note: string;
  /** Query of the connections behind the number; null where rows do not say it. */
  query: string | null;
}

/** All findings of one rule. */
export interface FindingGroup {
  rule: RuleName;
  title: string;
  /** Of the worst of them. */
  severity: Severity;
  /** In one line: what it means here. */
  note: string;
  findings: number;
  connections: number;
  /** Connections by the confidence of their finding. */
  confidence: Record<Confidence, number>;
  cost: { connections: number; seconds: number };
  query: string;
}

export interface EndpointRow {
  /** Index of the endpoint: `results.endpoint` takes it. */
  id: number;
  report: EndpointReport;
  /** Most connections that were busy at one moment: as many would have been enough. */
  needed: number | null;
  avoidable: number;
  /** Connections by close cause, most first. */
  causes: { cause: CloseCause; connections: number }[];
  /** As inferred from the closes, in seconds; null where they do not say. */
  serverIdleSeconds: number | null;
  clientIdleSeconds: number | null;
  query: string;
}

export interface Overview {
  revision: number;
  /** Sentences, the first is the headline. */
  answer: string[];
  /** More is being read, or the causes are not worked out yet. */
  soFar: boolean;
  tiles: OverviewTile[];
  groups: FindingGroup[];
  /** At most 100, the costliest first, and how many there are. */
  endpoints: EndpointRow[];
  endpointCount: number;
  summary: Summary;
  captures: CaptureReport[];
  anomalies: AnomalyReport[];
  /** First and last packet, in seconds since the first. */
  from: number;
  to: number;
}

/** Connections over time in equal buckets: `from + i * step`. */
export interface Series {
  revision: number;
  from: number;
  step: number;
  /** SYN or first packet in the bucket. */
  opened: number[];
  closed: number[];
  /** Most open at one moment of the bucket. */
  open: number[];
  /** Most sockets in TIME_WAIT towards one server within the bucket. */
  timeWait: number[];
  portBudget: number;
  /** Connections with 1, 2, 3 … requests; the last entry holds all from its number on. */
  requestsPerConnection: number[];
}

/** What to change, with the name of the software that it is for; null: for any. */
export interface ShownFix extends FixReport {
  stackName: string | null;
}

/** A finding as it goes to the page: of very many connections only the first. */
export interface ShownFinding extends FindingReport {
  fix: ShownFix;
  /** All that it names. */
  connectionCount: number;
}

/** One connection with all its page shows. */
export interface ConnectionDetail {
  revision: number;
  report: ConnectionReport;
  /** The verdict in words, as the wording rules of the design have it, and a sentence of evidence. */
  verdict: { headline: string; detail: string; confidence: Confidence };
  /** What else would look the same, with what speaks for or against it here. */
  otherExplanations: { cause: CloseCause; title: string; note: string }[];
  findings: ShownFinding[];
  /** The fix to show first; null where nothing needs changing. */
  fix: ShownFix | null;
  /** Connections that share the cause, and the query that finds them. */
  sameCause: { connections: number; query: string };
  /** Hosts of its requests, each once. */
  hosts: string[];
  endpointId: number;
  /** Seconds that the active closer's port stays taken after the close, as TIME_WAIT; null where nobody holds it. */
  timeWait: { side: Side; seconds: number } | null;
  /** Of the capture files: index and time of day of time 0. */
  startedAt: string | null;
}

/** `other`: bytes that are not read as HTTP/1. */
export type LaneMarkKind = 'opening' | 'busy' | 'idle' | 'time-wait' | 'zero-window' | 'other';

/** A connection in the pool of its endpoint, for drawing. Times in seconds as everywhere. */
export interface Lane {
  connection: number;
  clientPort: number;
  requests: number;
  /** Flat: kind (0 opening, 1 busy, 2 idle, 3 TIME_WAIT, 4 zero window of either side, which lies over the others), start, end, and again. */
  spans: number[];
  probes: number[];
  /** The first closing packet; the capture's end where it stays open. */
  end: { kind: 'fin' | 'rst' | 'open' | 'replaced'; by: Side | null; time: number };
  /** Ids of connections opened while this one stood idle and could have served them. */
  passedOver: number[];
}

export interface Inference {
  /** "Server idle limit" */
  label: string;
  /** "75.0 s"; "unknown" is a value too. */
  value: string;
  note: string;
  confidence: Confidence;
}

export interface EndpointDetail {
  revision: number;
  row: EndpointRow;
  headline: string;
  confidence: Confidence;
  findings: ShownFinding[];
  inferences: Inference[];
  /** The idle limits and the window between them in which a request can meet the other side's FIN. */
  idleLimits: { clientSeconds: number | null; serverSeconds: number | null; raceSeconds: number | null; raced: number };
  fix: ShownFix | null;
  from: number;
  to: number;
  previous: number | null;
  next: number | null;
}

/** Lanes of an endpoint that live within a time range, in the order of their first packet. */
export interface LanesPage {
  revision: number;
  total: number;
  offset: number;
  lanes: Lane[];
}

/** Number of open, busy connections of an endpoint as a step line: at times[i] it becomes open[i], busy[i]. */
export interface PoolCurve {
  revision: number;
  times: number[];
  open: number[];
  busy: number[];
}

export interface FindingsPage {
  revision: number;
  total: number;
  offset: number;
  findings: ShownFinding[];
}

/** What a text typed into "go to" may mean; `nothing`: why there is no such thing, which leads nowhere. */
export interface GotoTarget {
  kind: 'connection' | 'frame' | 'endpoint' | 'query' | 'nothing';
  label: string;
  connection?: number;
  frame?: FrameRef;
  endpoint?: number;
  query?: string;
}
