import type { Diagnosis } from '../findings/diagnose.ts';
import { diagnose, type DiagnoseOptions, diagnosing } from '../findings/diagnose.ts';
import { AppError } from '../app-error.ts';
import type { Follow } from '../capture/byte-source.ts';
import { ringNumber, ringPath } from '../capture/live-file.ts';
import { comparedReport } from '../compare/compared-report.ts';
import { summaryOf } from '../report/report-model.ts';
import { KeyLog } from '../tls/key-log.ts';
import type { AnalysisState } from '../../shared/model/view.ts';
import type { AnalysisResult } from './analyzer.ts';
import { analyze } from './analyzer.ts';
import { lossesOf } from './capture-losses.ts';
import { connectionDetail } from './connection-answer.ts';
import { readPackets } from './connection-packets.ts';
import { endpointDetail } from './endpoint-answer.ts';
import { EndpointRows } from './endpoint-rows.ts';
import { locateFrame } from './frame-location.ts';
import { gotoTargets } from './goto-answer.ts';
import { headsOf } from './heads-answer.ts';
import { overviewOf } from './overview-answer.ts';
import { undecided } from './partial-diagnosis.ts';
import type { PassedOver } from './pool-answer.ts';
import { GrowingKeyLog } from './growing-key-log.ts';
import { readKeyLogFile } from './key-log-file.ts';
import { lanesOf, passedOver, poolCurve } from './pool-answer.ts';
import { previewReport, writePackets, writeReportFile } from './report-files.ts';
import { Results } from './results.ts';
import { seriesOf } from './series-answer.ts';
import type { SessionRequest, SessionRequests, SessionStart } from './session-contract.ts';
import { shownFinding } from './shown-finding.ts';
import { safeBytes, safeText } from '../../shared/format/safe-text.ts';
import { checkQuery } from '../../shared/query/parse-query.ts';

/** How often the state is told while packets are read, and how often what can be browsed changes; milliseconds. */
const STATE_EVERY = 100;
const REVISION_EVERY = 500;
/** Times as long as that took until it is done again. */
const REVISION_REST = 9;
/** How often a live capture is judged. */
const LIVE_EVERY = 250;
/** How long the diagnosis may hold the thread. */
const YIELD_MILLISECONDS = 40;
/** Findings of a page, however many are asked for: each has its evidence and its fix. */
const MAX_FINDINGS = 100;
/** Parts of the time that the tile of open connections looks at. */
const OVERVIEW_BUCKETS = 400;

type Answers = { readonly [N in SessionRequest]: (params: SessionRequests[N]['params'], signal: AbortSignal) => SessionRequests[N]['result'] | Promise<SessionRequests[N]['result']> };

/**
 * One analysis: reads captures, says where it stands, and answers what is asked of it, also while it still reads. Lives
 * in a thread of its own (analysis-worker.ts): reading lets go of it every 40 ms, and questions are answered then.
 */
export class AnalysisSession {
  private readonly tell: (state: AnalysisState) => void;
  private readonly passed: (number: number) => void;
  private readonly start: SessionStart;
  private portBudget: number;
  private readonly stop = new AbortController();
  /** The live capture is complete. */
  private readonly over = new AbortController();
  /** What people call captures that lie where it says nothing to them, by path. */
  private readonly names: ReadonlyMap<string, string>;
  /** The secrets of the key log, and those that the captures bring along. */
  private keyLog = new KeyLog();
  private reading: AnalysisResult | null = null;
  private results: Results | null = null;
  private endpoints: EndpointRows | null = null;
  /** Of the endpoint asked for last. */
  private missed: { endpoint: number; revision: number; pairs: PassedOver } | null = null;
  private diagnosis: Diagnosis | null = null;
  private state: AnalysisState;
  private reviseAt = 0;
  /** When reading began to be looked at: the first rows are shown at once. */
  private firstSeen = false;

  /** @param passed told when the files of a ring up to a number were read */
  constructor(start: SessionStart, tell: (state: AnalysisState) => void, passed: (number: number) => void = () => undefined) {
    this.start = start;
    this.names = new Map(start.names?.map((name, place) => [start.paths[place]!, safeText(name)]));
    this.tell = tell;
    this.passed = passed;
    this.portBudget = start.portBudget;
    const { analysisId, name, keyLog } = start;
    this.state = { analysisId, name: safeText(name), phase: 'reading', bytesRead: 0, bytesTotal: null, packets: 0, connections: 0, requests: 0, endpoints: 0, findings: 0, revision: 0, interrupted: false, ...(keyLog && { keyLog: safeText(keyLog.name) }) };
  }

  /** Reads and diagnoses; resolves when that is done or has failed, which the state says. Later questions are answered still. */
  async run(): Promise<void> {
    this.tell(this.state);
    const pulse = setInterval(() => this.lookOn(), FIRST_LOOK);
    try {
      const growingKeyLog = this.start.live && this.start.keyLog ? new GrowingKeyLog(this.start.keyLog.path) : undefined;
      if (growingKeyLog !== undefined) this.keyLog = growingKeyLog.log;
      else if (this.start.keyLog !== undefined) this.keyLog = await readKeyLogFile(this.start.keyLog.path);
      const result = await analyze(this.start.paths, { signal: this.stop.signal, keyLog: this.keyLog, ...(growingKeyLog && { growingKeyLog }), onBegin: (reading) => (this.reading = reading), ...(this.start.live && { follow: this.follow(this.start.ring) }) });
      clearInterval(pulse);
      this.reading = result;
      this.change({ ...this.counts(), phase: 'diagnosing', interrupted: result.interrupted });
      await this.diagnoseAtLeisure();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.change({ phase: 'failed', error: { code: error.code, message: this.named(error.message) } });
    } finally {
      clearInterval(pulse);
    }
  }

  private follow(ring: string | undefined): Follow {
    const until = this.over.signal;
    if (ring === undefined) return { until };
    const next = (current: string): string => {
      const number = ringNumber(current);
      this.passed(number - 1);
      return ringPath(ring, number + 1);
    };
    return { until, next };
  }

  /** What is read of the files once more. @throws AppError `packets-in-ring` */
  private readAgain(): Results {
    if (this.start.ring !== undefined) throw new AppError('packets-in-ring', 'the packets lie in a ring of files, of which the oldest are deleted: save the capture and open what was saved');
    return this.current();
  }

  /** The live capture is complete: it is read to its end. */
  written(): void {
    this.over.abort();
  }

  /** Stops the reading; what was read is diagnosed. */
  cancel(): void {
    this.stop.abort();
  }

  /** The ports a client has: what is foretold of them is worked out anew. */
  setPortBudget(portBudget: number): void {
    if (portBudget === this.portBudget) return;
    this.portBudget = portBudget;
    if (this.diagnosis !== null) this.diagnose(this.state.phase);
  }

  /** @throws AppError for people; anything else is a fault */
  async answer<N extends SessionRequest>(name: N, params: SessionRequests[N]['params'], signal: AbortSignal): Promise<SessionRequests[N]['result']> {
    if (!Object.hasOwn(this.answers, name)) throw new AppError('unknown-method', `an analysis does not know "${name}"`);
    try {
      return await this.answers[name](params, signal);
    } catch (error) {
      if (error instanceof AppError && this.names.size > 0) throw new AppError(error.code, this.named(error.message), error.exitCode);
      throw error;
    }
  }

  /** Words for people: where an upload lies is nothing to tell. */
  private named(message: string): string {
    let text = message;
    for (const [path, name] of this.names) text = text.replaceAll(path, name);
    return safeText(text);
  }

  private readonly answers: Answers = {
    'results.overview': (scope) => overviewOf(this.current(), this.endpointRows(), scope, seriesOf(this.current(), scope, OVERVIEW_BUCKETS, this.portBudget), this.state.phase === 'reading'),
    'results.series': ({ buckets, ...scope }) => seriesOf(this.current(), scope, buckets, this.portBudget),
    'results.rows': ({ sort, columns, offset, limit, ...scope }) => this.current().page(scope, sort, columns, offset, limit),
    'results.locate': ({ sort, id, ...scope }) => ({ index: this.current().locate(scope, sort, id) }),
    'results.facets': ({ fields, ...scope }) => this.current().facets(scope, fields),
    'results.check': ({ table, query }) => checkQuery(query, table),
    'results.goto': ({ text }, signal) => gotoTargets(this.current(), text, signal),
    'results.connection': ({ id }) => connectionDetail(this.current(), id),
    'results.heads': ({ id, exchange, secrets }, signal) => headsOf(this.readAgain(), id, exchange, secrets, this.keyLog, signal),
    'results.packets': async ({ id, offset, limit }, signal) => {
      const results = this.readAgain();
      results.checkConnection(id);
      const page = await readPackets({ paths: results.paths, store: results.store }, id - 1, { offset, limit, redact: true, signal });
      return { ...page, packets: page.packets.map((packet) => ({ ...packet, starts: packet.starts === null ? null : shownStart(packet.starts) })) };
    },
    'results.endpoints': ({ offset, limit, sort, text }) => {
      const rows = this.endpointRows();
      const ids = rows.ordered(sort ?? null, text);
      return { all: rows.sorted().length, total: ids.length, offset, endpoints: ids.slice(offset, offset + limit).map((id) => rows.row(id)) };
    },
    'results.endpoint': ({ endpoint }) => endpointDetail(this.current(), this.endpointRows(), endpoint),
    'results.lanes': ({ endpoint, range, offset, limit }) => lanesOf(this.current(), this.checkedEndpoint(endpoint), range, offset, limit, this.passedOver(endpoint)),
    'results.pool': ({ endpoint, range, points }) => poolCurve(this.current(), this.checkedEndpoint(endpoint), range, points),
    'results.findings': ({ rule, offset, limit }) => {
      const results = this.current();
      const all = results.report({ query: '', range: undefined }).findings();
      // What is told of many clients together says "the same": it comes after what it is the same as.
      const some = rule === undefined ? all : [...all.filter((one) => one.rule === rule && one.endpoint !== null), ...all.filter((one) => one.rule === rule && one.endpoint === null)];
      return { revision: results.revision, total: some.length, offset, findings: some.slice(offset, offset + Math.min(limit, MAX_FINDINGS)).map(shownFinding) };
    },
    'reports.preview': (scope, signal) => previewReport(this.current(), scope, signal),
    'reports.write': async ({ path, ...scope }, signal) => {
      await writeReportFile(this.current(), scope, path, signal);
      return null;
    },
    'packets.write': async ({ path, ids }, signal) => {
      await writePackets(this.readAgain(), ids, path, signal);
      return null;
    },
    'compare.read': () => {
      const report = this.current().report({ query: '', range: undefined });
      return comparedReport(this.start.name, report, summaryOf(report));
    },
    'frames.find': ({ frame }) => locateFrame(this.current().paths, frame),
  };

  /** What is there now. @throws AppError */
  private current(): Results {
    if (this.results === null) {
      if (this.state.phase === 'failed') throw new AppError(this.state.error!.code, this.state.error!.message);
      this.revise();
    }
    if (this.results === null) throw new AppError('nothing-read-yet', 'nothing has been read of the capture yet');
    return this.results;
  }

  private endpointRows(): EndpointRows {
    const results = this.current();
    return (this.endpoints ??= new EndpointRows(results));
  }

  private checkedEndpoint(endpoint: number): number {
    if (this.current().diagnosis.rows.count(endpoint) > 0 && endpoint < this.current().store.endpoints.count) return endpoint;
    throw new AppError('no-such-endpoint', 'there is no such endpoint in this capture');
  }

  private passedOver(endpoint: number): PassedOver {
    const results = this.current();
    if (!results.isFinal) return new Map();
    if (this.missed?.endpoint !== endpoint || this.missed.revision !== results.revision) {
      this.missed = { endpoint, revision: results.revision, pairs: passedOver(results, endpoint) };
    }
    return this.missed.pairs;
  }

  /** While packets are read: says how far, and now and then lets the page see what has come. */
  private lookOn(): void {
    if (this.reading === null || this.state.phase !== 'reading') return;
    if (this.start.live) return this.judgeSoFar();
    const now = performance.now();
    const isFirst = !this.firstSeen && this.reading.pipeline.store.connections.count > 0;
    if (isFirst || now >= this.reviseAt) {
      this.firstSeen ||= isFirst;
      this.revise();
    } else if (now - this.toldAt < STATE_EVERY) {
      return;
    }
    this.change(this.counts());
  }

  private toldAt = 0;

  /** While a capture is written: judges what has come, often enough to be watched, and for a quarter of the time at most. */
  private judgeSoFar(): void {
    const began = performance.now();
    const packets = this.counts().packets!;
    if (packets === this.state.packets || began < this.judgeAt) return;
    this.reading!.pipeline.tellLive();
    this.diagnose('reading');
    const now = performance.now();
    this.judgeAt = now + Math.max(LIVE_EVERY, 3 * (now - began));
  }

  private judgeAt = 0;

  /** Makes what has been read so far the results. */
  private revise(): void {
    if (this.reading === null) return;
    const began = performance.now();
    const { pipeline } = this.reading;
    pipeline.tellLive();
    this.setResults(undecided(pipeline.store), false);
    const now = performance.now();
    this.reviseAt = now + Math.max(REVISION_EVERY, REVISION_REST * (now - began));
  }

  /** Judges what is there; may be done again when more has come. */
  private diagnose(phase: AnalysisState['phase']): void {
    this.setDiagnosis(diagnose(this.reading!.pipeline.store, null, this.diagnoseOptions()), phase);
  }

  /** Judges what was read, to the end; a million connections take a second, and questions are answered meanwhile. */
  private async diagnoseAtLeisure(): Promise<void> {
    const options = this.diagnoseOptions();
    const steps = diagnosing(this.reading!.pipeline.store, null, options);
    // The state goes out first.
    let letGo = 0;
    for (;;) {
      if (performance.now() >= letGo) {
        await new Promise(setImmediate);
        letGo = performance.now() + YIELD_MILLISECONDS;
      }
      const step = steps.next();
      if (step.done !== true) continue;
      if (options.portBudget === this.portBudget) this.setDiagnosis(step.value, 'done');
      else this.diagnose('done');
      return;
    }
  }

  private diagnoseOptions(): DiagnoseOptions {
    return { portBudget: this.portBudget, losses: lossesOf(this.reading!.captures.files) };
  }

  private setDiagnosis(diagnosis: Diagnosis, phase: AnalysisState['phase']): void {
    this.diagnosis = diagnosis;
    this.setResults(diagnosis, true);
    this.change({ ...this.counts(), phase, findings: diagnosis.findings.length });
  }

  private setResults(diagnosis: Diagnosis, isFinal: boolean): void {
    this.endpoints = null;
    this.missed = null;
    this.state = { ...this.state, revision: this.state.revision + 1 };
    this.results = new Results(this.reading!, diagnosis, isFinal, this.state.revision, this.names);
  }

  private counts(): Partial<AnalysisState> {
    const { captures, pipeline } = this.reading!;
    const { connections, exchanges, endpoints } = pipeline.store;
    return {
      bytesRead: captures.bytesRead,
      bytesTotal: captures.totalBytes,
      packets: captures.files.reduce((sum, file) => sum + file.packets, 0),
      connections: connections.count,
      requests: exchanges.count,
      endpoints: endpoints.count,
    };
  }

  private change(change: Partial<AnalysisState>): void {
    this.toldAt = performance.now();
    this.state = { ...this.state, ...change };
    this.tell(this.state);
  }
}

/** The first look comes soon, so that the first rows are there within 100 ms. */
const FIRST_LOOK = 20;

/** "GET /items" as it may be shown: one character per byte. */
function shownStart(text: string): string {
  return text.endsWith('…') ? `${safeBytes(text.slice(0, -1))}…` : safeBytes(text);
}
