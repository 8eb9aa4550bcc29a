import { AppError } from '../app-error.ts';
import { AnalysisHost } from '../analysis/analysis-host.ts';
import type { SessionThread } from '../analysis/analysis-host.ts';
import type { AnalysisState } from '../../shared/model/view.ts';
import type { AppState } from './app-service.ts';
import type { ResolvedSource, Source } from './capture-sources.ts';

/** Analyses open at the same time; each holds its columns. */
const MAX_OPEN = 8;

interface Open {
  readonly host: AnalysisHost;
  readonly source: ResolvedSource;
  /** Streams of its state: somebody looks at it. */
  watchers: number;
}

export interface AnalysesOptions {
  readonly startThread: () => SessionThread;
  readonly log: (message: string, error: unknown) => void;
}

/** The analyses that pages have open, each in a thread of its own. */
export class Analyses {
  private readonly app: AppState;
  private readonly options: AnalysesOptions;
  private readonly open_ = new Map<string, Open>();
  private nextId = 1;
  private readonly forgetSettings: () => void;

  constructor(app: AppState, options: AnalysesOptions) {
    this.app = app;
    this.options = options;
    this.forgetSettings = app.settings.onChange(({ portBudget }) => {
      for (const { host } of this.open_.values()) host.setPortBudget(portBudget);
    });
  }

  /** @throws AppError as CaptureSources.resolve; `too-many-analyses` */
  async open(source: Source): Promise<string> {
    return this.openResolved(await this.app.sources.resolve(source), false);
  }

  /** Analyses a capture while it is written, until `host(id).written()`. @throws AppError `too-many-analyses` */
  openLive(source: ResolvedSource): Promise<string> {
    return this.openResolved(source, true);
  }

  private async openResolved(resolved: ResolvedSource, live: boolean): Promise<string> {
    try {
      await this.makeRoom();
      const analysisId = `analysis-${this.nextId++}`;
      const { paths, name } = resolved;
      const host = new AnalysisHost({ analysisId, name, paths, portBudget: this.app.settings.current.portBudget, ...(live && { live }) }, this.options.startThread(), this.options.log);
      this.open_.set(analysisId, { host, source: resolved, watchers: 0 });
      if (resolved.recent !== null) this.rememberFound(host, resolved.recent);
      return analysisId;
    } catch (error) {
      await resolved.release();
      throw error;
    }
  }

  /** @throws AppError `no-such-analysis` */
  host(analysisId: string): AnalysisHost {
    return this.find(analysisId).host;
  }

  /** What to call files that are made of it, without an ending: "web". */
  fileName(analysisId: string): string {
    const { name } = this.find(analysisId).source;
    return name.replace(/(\.(pcapng|pcap|cap|gz|zst))+$/i, '').replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').slice(0, 80) || 'capture';
  }

  async close(analysisId: string): Promise<void> {
    const { host, source } = this.find(analysisId);
    this.open_.delete(analysisId);
    host.close();
    await source.release();
  }

  async closeAll(): Promise<void> {
    this.forgetSettings();
    await Promise.all([...this.open_.keys()].map((id) => this.close(id)));
  }

  /** The state now and at each change, the latest only where the reader is slow; ends when the analysis is closed. */
  async *states(analysisId: string, signal: AbortSignal): AsyncGenerator<AnalysisState, void, undefined> {
    const open = this.find(analysisId);
    let waiting: AnalysisState | null = open.host.state;
    let ended = false;
    let wake = (): void => undefined;
    const forget = open.host.onState((state) => {
      if (state === null) ended = true;
      else waiting = state;
      wake();
    });
    const stop = (): void => wake();
    signal.addEventListener('abort', stop, { once: true });
    open.watchers++;
    try {
      while (!signal.aborted) {
        if (waiting !== null) {
          const state: AnalysisState = waiting;
          waiting = null;
          yield state;
        } else if (ended) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      open.watchers--;
      forget();
      signal.removeEventListener('abort', stop);
    }
  }

  private find(analysisId: string): Open {
    const open = this.open_.get(analysisId);
    if (open === undefined) throw new AppError('no-such-analysis', 'this analysis is not open any more: open the capture again');
    return open;
  }

  /** The one that was opened first and nobody looks at gives way. */
  private async makeRoom(): Promise<void> {
    if (this.open_.size < MAX_OPEN) return;
    for (const [analysisId, { watchers }] of this.open_) if (watchers === 0) return this.close(analysisId);
    throw new AppError('too-many-analyses', `${MAX_OPEN} captures are open already: close one of them`);
  }

  private rememberFound(host: AnalysisHost, path: string): void {
    const forget = host.onState((state) => {
      if (state === null || state.phase === 'failed') return forget();
      if (state.phase !== 'done') return;
      forget();
      host.ask('results.findings', { offset: 0, limit: 1 }, new AbortController().signal).then(
        ({ findings: [first] }) => this.app.recent.found(path, { requests: state.requests, connections: state.connections, note: first?.title ?? null, severity: first?.severity ?? null }),
        () => undefined,
      );
    });
  }
}
