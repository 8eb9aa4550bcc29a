import { redactHost, redactTarget } from '../report/redaction.ts';
import { cellOf } from '../store/row-field.ts';
import type { Table, TimeRange } from '../store/table-query.ts';
import { facetOf, filterRows, sortRows } from '../store/table-query.ts';
import type { SortKey } from '../store/table-query.ts';
import { AppError } from '../app-error.ts';
import type { Diagnosis } from '../findings/diagnose.ts';
import type { ResultStore } from '../store/result-store.ts';
import type { RuleName, Severity } from '../../shared/model/report.ts';
import type { Cell, Facet, RowsPage, TableName } from '../../shared/model/view.ts';
import type { Condition } from '../../shared/query/condition.ts';
import { QueryError } from '../../shared/query/condition.ts';
import { withoutField } from '../../shared/query/edit-query.ts';
import { parseQuery } from '../../shared/query/parse-query.ts';
import { AnalysisReport } from './analysis-report.ts';
import type { AnalysisResult } from './analyzer.ts';
import { connectionTable, exchangeTable } from './result-tables.ts';
import { narrowed } from './partial-diagnosis.ts';
import { laneSpans, seconds, usableUntil } from './lane-spans.ts';
import { type Lifetimes, lifetimesOf } from './lifetimes.ts';
import { cutText } from './cut-text.ts';

/** Which rows, of which table. */
export interface Scope {
  readonly table: TableName;
  readonly query: string;
  readonly range?: TimeRange | undefined;
}

/** Values of a facet. */
const MAX_FACET_VALUES = 50;
/** Spans of a course in a cell of the grid. */
const CELL_SPANS = 16;
/** Characters of a cell: hosts and targets may have 16,384, and a page of rows must fit a frame. */
const MAX_CELL = 240;
/** Row lists kept: those of the last few questions. */
const MAX_VIEWS = 12;
const MAX_REPORTS = 4;
/** Two numbers for each connection. */
const MAX_LIFETIMES = 2;

/** Octets that masking secrets and escaping leave as they are: visible ASCII without what may begin, end or hide a secret (redaction.ts). */
export const UNTOUCHED = Uint8Array.from({ length: 256 }, (_, octet) => (octet >= 0x20 && octet <= 0x7e && !'=@%"\'J'.includes(String.fromCharCode(octet)) ? 1 : 0));

/** In seconds since the first packet of all: that packet, the last one of a connection, and the first one of any. */
interface Moments {
  readonly from: number;
  readonly to: number;
  readonly first: number;
}

/** What an analysis has found at one revision: tables to look into, and the model of its reports. */
export class Results {
  readonly revision: number;
  readonly store: ResultStore;
  readonly diagnosis: Diagnosis;
  /** Whether the diagnosis is made: before, causes are unknown so far. */
  readonly isFinal: boolean;
  readonly captures: number;
  private readonly result: AnalysisResult;
  private readonly names: ReadonlyMap<string, string>;
  private readonly tables: Readonly<Record<TableName, Table>>;
  private readonly views = new Map<string, Uint32Array | null>();
  private readonly reports = new Map<string, AnalysisReport>();
  private readonly narrowed = new Map<string, Diagnosis>();
  private readonly lives = new Map<string, Lifetimes>();
  private life: Moments | null = null;

  /** @param names what people call captures, by path, where that is not the path */
  constructor(result: AnalysisResult, diagnosis: Diagnosis, isFinal: boolean, revision: number, names: ReadonlyMap<string, string> = new Map()) {
    const shown = { target: redactTarget, host: redactHost, untouched: UNTOUCHED };
    this.result = result;
    this.names = names;
    this.store = result.pipeline.store;
    this.diagnosis = diagnosis;
    this.isFinal = isFinal;
    this.revision = revision;
    this.captures = result.captures.files.length;
    this.tables = { connections: connectionTable(this.store, diagnosis, shown), exchanges: exchangeTable(this.store, shown) };
  }

  get paths(): string[] {
    return this.result.captures.files.map(({ path }) => path);
  }

  /** Of each capture. */
  get packets(): number[] {
    return this.result.captures.files.map(({ packets }) => packets);
  }

  /** The model of all connections, or of those in the scope; secrets masked unless `redact` is false. */
  report(scope: Omit<Scope, 'table'>, redact = true): AnalysisReport {
    const rows = this.rows({ ...scope, table: 'connections' });
    const key = JSON.stringify([scope.query, scope.range, redact]);
    return remembered(this.reports, key, MAX_REPORTS, () => new AnalysisReport(this.result, { redact, names: this.names, judged: { diagnosis: this.judged(scope), rows } }));
  }

  /** The diagnosis, as far as it concerns the scope. */
  judged(scope: Omit<Scope, 'table'>): Diagnosis {
    const rows = this.rows({ ...scope, table: 'connections' });
    if (rows === null) return this.diagnosis;
    return remembered(this.narrowed, JSON.stringify([scope.query, scope.range]), MAX_REPORTS, () => narrowed(this.store, this.diagnosis, rows));
  }

  lifetimes(scope: Omit<Scope, 'table'>): Lifetimes {
    return remembered(this.lives, JSON.stringify([scope.query, scope.range]), MAX_LIFETIMES, () => lifetimesOf(this.store, this.rows({ ...scope, table: 'connections' })));
  }

  /** The rows in a scope, in the order of a sort; null means all as they came. @throws AppError `query-not-valid` */
  rows({ table, query, range }: Scope, sort: readonly SortKey[] = []): Uint32Array | null {
    const filtered = this.filtered(table, `${query}`, conditionOf(query, table), range);
    if (sort.length === 0) return filtered;
    return remembered(this.views, JSON.stringify([table, query, range, sort]), MAX_VIEWS, () => sortRows(this.tables[table], filtered, sort));
  }

  page(scope: Scope, sort: readonly SortKey[], columns: readonly string[], offset: number, limit: number): RowsPage {
    const table = this.tables[scope.table];
    const rows = this.rows(scope, sort);
    const total = rows?.length ?? table.count;
    const ids: number[] = [];
    for (let place = offset; place < Math.min(total, offset + limit); place++) ids.push((rows === null ? place : rows[place]!) + 1);
    return {
      revision: this.revision,
      all: table.count,
      total,
      offset,
      ids,
      columns: Object.fromEntries(columns.map((name) => [name, this.column(scope.table, name, ids)])),
    };
  }

  locate(scope: Scope, sort: readonly SortKey[], id: number): number | null {
    const rows = this.rows(scope, sort);
    if (rows === null) return id <= this.tables[scope.table].count ? id - 1 : null;
    const place = rows.indexOf(id - 1);
    return place < 0 ? null : place;
  }

  /** Of each field, its values among the rows that the other conditions leave. */
  facets({ table, query, range }: Scope, fields: readonly string[]): Facet[] {
    const condition = conditionOf(query, table);
    return fields.map((field) => {
      const others = withoutField(condition, field);
      const rows = this.filtered(table, others === condition ? query : `${query}\n${field}`, others, range);
      return facetOf(this.tables[table], field, rows, MAX_FACET_VALUES);
    });
  }

  /** How many connections pass a query. */
  count(query: string): number {
    return this.rows({ table: 'connections', query, range: undefined })?.length ?? this.store.connections.count;
  }

  /** @throws AppError `no-such-connection` */
  checkConnection(id: number): void {
    if (id > this.store.connections.count) throw new AppError('no-such-connection', `there is no connection ${id} in this capture`);
  }

  private filtered(table: TableName, key: string, condition: Condition, range: TimeRange | undefined): Uint32Array | null {
    if (isAll(condition) && range === undefined) return null;
    return remembered(this.views, JSON.stringify([table, key, range]), MAX_VIEWS, () => filterRows(this.tables[table], condition, range ?? null));
  }

  private column(table: TableName, name: string, ids: readonly number[]): Cell[] {
    if (table === 'connections' && name === 'lane') return ids.map((id) => this.course(id - 1));
    if (table === 'connections' && name === 'finding') return this.rulesOf(ids, (rules) => [...rules.keys()]);
    if (table === 'connections' && name === 'finding_severity') return this.rulesOf(ids, (rules) => [...rules.values()]);
    const field = this.tables[table].fields.get(name);
    if (field === undefined) throw new AppError('no-such-column', `there is no column "${name}"`);
    return ids.map((id) => {
      const cell = cellOf(field, id - 1);
      if (typeof cell === 'string') return cutText(cell, MAX_CELL);
      return typeof cell === 'number' && !Number.isInteger(cell) ? Math.round(cell * 1e9) / 1e9 : cell;
    });
  }

  private rulesOf(ids: readonly number[], cell: (rules: ReadonlyMap<RuleName, Severity>) => Cell): Cell[] {
    const report = this.report({ query: '' });
    return ids.map((id) => cell(report.rulesOf(id)));
  }

  /** The course of a connection for a cell: its spans, seconds since its first packet. */
  private course(row: number): number[] {
    // What it did: up to its last packet.
    return laneSpans(this.store, row, this.store.connections.startedAt.get(row), CELL_SPANS, usableUntil(this.store, row, 0));
  }

  /** First and last packet of all connections, in seconds. */
  moments(): Moments {
    return (this.life ??= this.findMoments());
  }

  /** What charts over time span: all of the capture, but for a beginning without connections that would leave them no room. */
  span(): { from: number; to: number } {
    const { from, to, first } = this.moments();
    return { from: first - from > (to - first) / 10 ? first : from, to };
  }

  private findMoments(): Moments {
    const { connections } = this.store;
    let first = connections.count === 0 ? 0 : Number.POSITIVE_INFINITY;
    let to = 0;
    for (let row = 0; row < connections.count; row++) {
      first = Math.min(first, connections.startedAt.get(row));
      to = Math.max(to, connections.endedAt.get(row));
    }
    return { from: Math.min(0, seconds(first)), to: seconds(to), first: seconds(first) };
  }
}

function conditionOf(query: string, table: TableName): Condition {
  try {
    return parseQuery(query, table);
  } catch (error) {
    if (error instanceof QueryError) throw new AppError('query-not-valid', error.message, 2);
    throw error;
  }
}

function isAll(condition: Condition): boolean {
  return condition.kind === 'all' || (condition.kind === 'and' && condition.parts.every(isAll));
}

/** The value of a key, made if it is not there; of too many the one asked for longest ago goes. */
function remembered<T>(known: Map<string, T>, key: string, limit: number, make: () => T): T {
  const value = known.has(key) ? known.get(key)! : make();
  known.delete(key);
  known.set(key, value);
  if (known.size > limit) known.delete(known.keys().next().value!);
  return value;
}
