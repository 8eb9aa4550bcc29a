import type { Diagnosis } from '../findings/diagnose.ts';
import { diagnose, type DiagnoseOptions, diagnosing } from '../findings/diagnose.ts';
import { AppError } from '../app-error.ts';
import type { Follow } from '../capture/byte-source.ts';
import { ringNumber, ringPath } from '../capture/live-file.ts';
import { KeyLog } from '../tls/key-log.ts';
import type { AnalysisState } from '../../shared/model/view.ts';
import type { AnalysisResult } from './analyzer.ts';
import { analyze } from './analyzer.ts';
import { lossesOf } from './capture-losses.ts';
import { firstState } from './first-state.ts';
import { undecided } from './partial-diagnosis.ts';
import { GrowingKeyLog } from './growing-key-log.ts';
import { readKeyLogFile } from './key-log-file.ts';
import { Results } from './results.ts';
import { type AnsweringSession, SessionAnswers } from './session-answers.ts';
import type { SessionRequest, SessionRequests, SessionStart } from './session-contract.ts';
import { safeText } from '../../shared/format/safe-text.ts';

/** How often the state is told while packets are read, and how often what can be browsed changes; milliseconds. */
const STATE_EVERY = 100;
const REVISION_EVERY = 500;
/** Times as long as that took until it is done again. */
const REVISION_REST = 9;
/** How often a live capture is judged. */
const LIVE_EVERY = 250;
/** How long the diagnosis may hold the thread. */
const YIELD_MILLISECONDS = 40;

/**
 * One analysis: reads captures, says where it stands, and answers what is asked of it, also while it still reads. Lives
 * in a thread of its own (analysis-worker.ts): reading lets go of it every 40 ms, and questions are answered then.
 */
export class AnalysisSession implements AnsweringSession {
  portBudget: number;
  /** The secrets of the key log, and those that the captures bring along. */
  keyLog = new KeyLog();
  private readonly tell: (state: AnalysisState) => void;
  private readonly passed: (number: number) => void;
  private readonly start: SessionStart;
  private readonly stop = new AbortController();
  /** The live capture is complete. */
  private readonly over = new AbortController();
  /** What people call captures that lie where it says nothing to them, by path. */
  private readonly names: ReadonlyMap<string, string>;
  private reading: AnalysisResult | null = null;
  private results: Results | null = null;
  private readonly answers = new SessionAnswers(this);
  private diagnosis: Diagnosis | null = null;
  private state: AnalysisState;
  /** When the state was told last, and from when on results are made and judged anew; milliseconds of performance.now. */
  private toldAt = 0;
  private reviseAt = 0;
  private judgeAt = 0;
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
    this.state = firstState(analysisId, safeText(name), keyLog && safeText(keyLog.name));
  }

  get isReading(): boolean {
    return this.state.phase === 'reading';
  }

  get name(): string {
    return this.start.name;
  }

  /** Reads and diagnoses; resolves when that is done or has failed, which the state says. Later questions are answered still. */
  async run(): Promise<void> {
    this.tell(this.state);
    const pulse = setInterval(() => this.lookOn(), FIRST_LOOK);
    try {
      const growingKeyLog = this.start.live && this.start.keyLog ? new GrowingKeyLog(this.start.keyLog.path) : undefined;
      if (growingKeyLog !== undefined) this.keyLog = growingKeyLog.log;
      else if (this.start.keyLog !== undefined) this.keyLog = await readKeyLogFile(this.start.keyLog.path);
      const result = await analyze(this.start.paths, {
        signal: this.stop.signal,
        keyLog: this.keyLog,
        ...(growingKeyLog && { growingKeyLog }),
        onBegin: (reading) => (this.reading = reading),
        ...(this.start.live && { follow: this.follow(this.start.ring) }),
      });
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

  readAgain(): Results {
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
    try {
      return await this.answers.answer(name, params, signal);
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

  current(): Results {
    if (this.results === null) {
      if (this.state.phase === 'failed') throw new AppError(this.state.error!.code, this.state.error!.message);
      this.revise();
    }
    if (this.results === null) throw new AppError('nothing-read-yet', 'nothing has been read of the capture yet');
    return this.results;
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
    this.answers.forget();
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
