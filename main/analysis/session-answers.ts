import { AppError } from '../app-error.ts';
import { comparedReport } from '../compare/compared-report.ts';
import { summaryOf } from '../report/report-model.ts';
import type { KeyLog } from '../tls/key-log.ts';
import { safeBytes } from '../../shared/format/safe-text.ts';
import { checkQuery } from '../../shared/query/parse-query.ts';
import { connectionDetail } from './connection-answer.ts';
import { readPackets } from './connection-packets.ts';
import { endpointDetail } from './endpoint-answer.ts';
import { EndpointRows } from './endpoint-rows.ts';
import { locateFrame } from './frame-location.ts';
import { gotoTargets } from './goto-answer.ts';
import { headsOf } from './heads-answer.ts';
import { overviewOf } from './overview-answer.ts';
import type { PassedOver } from './pool-answer.ts';
import { lanesOf, passedOver, poolCurve } from './pool-answer.ts';
import { previewReport, writePackets, writeReportFile } from './report-files.ts';
import type { Results } from './results.ts';
import { seriesOf } from './series-answer.ts';
import type { SessionRequest, SessionRequests } from './session-contract.ts';
import { shownFinding } from './shown-finding.ts';

/** What is there of an analysis when it is asked. */
export interface AnsweringSession {
  /** For people. */
  readonly name: string;
  readonly isReading: boolean;
  /** Ephemeral ports a client has for one server. */
  readonly portBudget: number;
  /** The secrets of the key log, and those that the captures bring along. */
  readonly keyLog: KeyLog;
  /** What is there now. @throws AppError where there is nothing, or the reading failed */
  current(): Results;
  /** The same, where the files are to be read once more. @throws AppError `packets-in-ring` */
  readAgain(): Results;
}

/** Findings of a page, however many are asked for: each has its evidence and its fix. */
const MAX_FINDINGS = 100;
/** Parts of the time that the tile of open connections looks at. */
const OVERVIEW_BUCKETS = 400;

type Answers = { readonly [N in SessionRequest]: (params: SessionRequests[N]['params'], signal: AbortSignal) => SessionRequests[N]['result'] | Promise<SessionRequests[N]['result']> };

/** What a page asks of an analysis, answered from its results. */
export class SessionAnswers {
  private readonly session: AnsweringSession;
  private endpoints: EndpointRows | null = null;
  /** Of the endpoint asked for last. */
  private missed: { readonly endpoint: number; readonly pairs: PassedOver } | null = null;

  constructor(session: AnsweringSession) {
    this.session = session;
  }

  /** There are other results: what was worked out of those before is void. */
  forget(): void {
    this.endpoints = null;
    this.missed = null;
  }

  /** @throws AppError for people; anything else is a fault */
  async answer<N extends SessionRequest>(name: N, params: SessionRequests[N]['params'], signal: AbortSignal): Promise<SessionRequests[N]['result']> {
    if (!Object.hasOwn(this.answers, name)) throw new AppError('unknown-method', `an analysis does not know "${name}"`);
    return this.answers[name](params, signal);
  }

  private readonly answers: Answers = {
    'results.overview': (scope) => overviewOf(this.session.current(), this.endpointRows(), scope, seriesOf(this.session.current(), scope, OVERVIEW_BUCKETS, this.session.portBudget), this.session.isReading),
    'results.series': ({ buckets, ...scope }) => seriesOf(this.session.current(), scope, buckets, this.session.portBudget),
    'results.rows': ({ sort, columns, offset, limit, ...scope }) => this.session.current().page(scope, sort, columns, offset, limit),
    'results.locate': ({ sort, id, ...scope }) => ({ index: this.session.current().locate(scope, sort, id) }),
    'results.facets': ({ fields, ...scope }) => this.session.current().facets(scope, fields),
    'results.check': ({ table, query }) => checkQuery(query, table),
    'results.goto': ({ text }, signal) => gotoTargets(this.session.current(), text, signal),
    'results.connection': ({ id }) => connectionDetail(this.session.current(), id, this.session.isReading),
    'results.heads': ({ id, exchange, secrets }, signal) => headsOf(this.session.readAgain(), id, exchange, secrets, this.session.keyLog, signal),
    'results.packets': async ({ id, offset, limit }, signal) => {
      const results = this.session.readAgain();
      results.checkConnection(id);
      const page = await readPackets({ paths: results.paths, store: results.store }, id - 1, { offset, limit, redact: true, signal });
      return { ...page, packets: page.packets.map((packet) => ({ ...packet, starts: packet.starts === null ? null : shownStart(packet.starts) })) };
    },
    'results.endpoints': ({ offset, limit, sort, text }) => {
      const rows = this.endpointRows();
      const ids = rows.ordered(sort ?? null, text);
      return { all: rows.sorted().length, total: ids.length, offset, endpoints: ids.slice(offset, offset + limit).map((id) => rows.row(id)) };
    },
    'results.endpoint': ({ endpoint }) => endpointDetail(this.session.current(), this.endpointRows(), endpoint),
    'results.lanes': ({ endpoint, range, offset, limit }) => lanesOf(this.session.current(), this.checkedEndpoint(endpoint), range, offset, limit, this.passedOver(endpoint)),
    'results.pool': ({ endpoint, range, points }) => poolCurve(this.session.current(), this.checkedEndpoint(endpoint), range, points),
    'results.findings': ({ rule, offset, limit }) => {
      const results = this.session.current();
      const all = results.report({ query: '', range: undefined }).findings();
      // What is told of many clients together comes after those of them that are told one by one.
      const some = rule === undefined ? all : [...all.filter((one) => one.rule === rule && one.endpoint !== null), ...all.filter((one) => one.rule === rule && one.endpoint === null)];
      return { revision: results.revision, total: some.length, offset, findings: some.slice(offset, offset + Math.min(limit, MAX_FINDINGS)).map(shownFinding) };
    },
    'reports.preview': (scope, signal) => previewReport(this.session.current(), scope, signal),
    'reports.write': async ({ path, ...scope }, signal) => {
      await writeReportFile(this.session.current(), scope, path, signal);
      return null;
    },
    'packets.write': async ({ path, ids }, signal) => {
      await writePackets(this.session.readAgain(), ids, path, signal);
      return null;
    },
    'compare.read': () => {
      const report = this.session.current().report({ query: '', range: undefined });
      return comparedReport(this.session.name, report, summaryOf(report));
    },
    'frames.find': ({ frame }) => locateFrame(this.session.current().paths, frame),
  };

  private endpointRows(): EndpointRows {
    const results = this.session.current();
    return (this.endpoints ??= new EndpointRows(results));
  }

  private checkedEndpoint(endpoint: number): number {
    if (this.session.current().diagnosis.rows.count(endpoint) > 0 && endpoint < this.session.current().store.endpoints.count) return endpoint;
    throw new AppError('no-such-endpoint', 'there is no such endpoint in this capture');
  }

  private passedOver(endpoint: number): PassedOver {
    const results = this.session.current();
    if (!results.isFinal) return new Map();
    if (this.missed?.endpoint !== endpoint) this.missed = { endpoint, pairs: passedOver(results, endpoint) };
    return this.missed.pairs;
  }
}

/** "GET /items" as it may be shown: one character per byte. */
function shownStart(text: string): string {
  return text.endsWith('…') ? `${safeBytes(text.slice(0, -1))}…` : safeBytes(text);
}
