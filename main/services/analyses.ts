import { AppError } from '../app-error.ts';
import { AnalysisHost } from '../analysis/analysis-host.ts';
import type { SessionThread } from '../analysis/analysis-host.ts';
import type { AnalysisState } from '../../shared/model/view.ts';
import type { AppState } from './app-service.ts';
import { basename } from 'node:path';
import { readKeyLogFile } from '../analysis/key-log-file.ts';
import type { CheckedParams } from '../../shared/rpc/contract.ts';
import type { ResolvedKeyLog, ResolvedSource, Source } from './capture-sources.ts';

/** Analyses open at the same time; each holds its columns. */
const MAX_OPEN = 8;

type WantedKeyLog = CheckedParams<'analysis.open'>['keyLog'];

interface Open {
  readonly host: AnalysisHost;
  /** Analyses of the same captures share it. */
  readonly source: ResolvedSource;
  readonly keyLog: ResolvedKeyLog | null;
  /** While the capture is still being written: told which analysis follows it now. */
  live: ((analysisId: string) => void) | null;
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

  /**
   * @param keyLog what TLS is read with; undefined: what it was read with last
   * @throws AppError as CaptureSources.resolve and readKeyLogFile; `too-many-analyses`
   */
  async open(source: Source, keyLog?: WantedKeyLog): Promise<string> {
    if (source.kind !== 'analysis') return this.openResolved(await this.app.sources.resolve(source), null, keyLog);
    const again = this.find(source.analysisId);
    return this.openResolved(again.source, again.live, keyLog);
  }

  /** As `open`, of what is resolved already. */
  openFound(source: ResolvedSource): Promise<string> {
    return this.openResolved(source, null);
  }

  /**
   * Analyses a capture while it is written, until `written`.
   *
   * @param follows told which analysis follows it: this one, and each that is opened in its place
   * @param keyLog looked into again and again; it may have nothing yet
   * @throws AppError `too-many-analyses`
   */
  openLive(source: ResolvedSource, follows: (analysisId: string) => void, keyLog?: WantedKeyLog): Promise<string> {
    return this.openResolved(source, follows, keyLog);
  }

  /** A live capture is complete: the analyses of it read to its end. */
  written(source: ResolvedSource): void {
    for (const open of this.open_.values()) {
      if (open.source !== source || open.live === null) continue;
      open.live = null;
      open.host.written();
    }
  }

  private async openResolved(resolved: ResolvedSource, live: Open['live'], wanted?: WantedKeyLog): Promise<string> {
    let keyLog: ResolvedKeyLog | null = null;
    try {
      // Of a ring the oldest files are gone: read again, it would be a part of what was captured.
      if (resolved.ring !== undefined && live === null) throw new AppError('packets-in-ring', 'this capture lies in a ring of files: save it, and open what was saved');
      keyLog = await this.keyLogFor(resolved, wanted, live !== null);
      await this.makeRoom(resolved);
      const analysisId = `analysis-${this.nextId++}`;
      const { paths, names, name, ring } = resolved;
      const host = new AnalysisHost({
        analysisId,
        name,
        paths,
        ...(names && { names }),
        portBudget: this.app.settings.current.portBudget,
        ...(live && { live: true as const }),
        ...(ring !== undefined && { ring }),
        ...(keyLog && { keyLog: { path: keyLog.path, name: keyLog.name } }),
      }, this.options.startThread(), this.options.log);
      this.open_.set(analysisId, { host, source: resolved, keyLog, live, watchers: 0 });
      live?.(analysisId);
      if (resolved.recent !== null) this.rememberFound(host, resolved.recent);
      return analysisId;
    } catch (error) {
      await keyLog?.release();
      await this.release(resolved);
      throw error;
    }
  }

  /**
   * The key log, looked into: a wrong one is refused before anything is closed for it; that of a live capture may have
   * nothing yet. One that was remembered may be gone.
   */
  private async keyLogFor({ paths, recent }: ResolvedSource, wanted: WantedKeyLog, live: boolean): Promise<ResolvedKeyLog | null> {
    const { platform, recent: files, sources } = this.app;
    if (wanted === undefined) {
      const named = live || paths.every((path) => platform.openAtStart.includes(path)) ? platform.keyLogAtStart : undefined;
      const path = named ?? (recent === null ? null : files.keyLogOf(recent));
      if (path === null) return null;
      try {
        const real = await platform.permittedPath(path);
        if (!live) await readKeyLogFile(real);
        else if (recent !== null) files.readWith(recent, real);
        return { path: real, name: basename(path), own: true, release: () => Promise.resolve() };
      } catch (error) {
        if (error instanceof AppError) return null;
        throw error;
      }
    }
    const keyLog = wanted === null ? null : await sources.keyLog(wanted);
    try {
      if (keyLog !== null && !live) await readKeyLogFile(keyLog.path);
    } catch (error) {
      await keyLog?.release();
      // Where an upload lies is nothing to tell.
      if (keyLog !== null && error instanceof AppError) throw new AppError(error.code, error.message.replaceAll(keyLog.path, keyLog.name));
      throw error;
    }
    if (recent !== null) files.readWith(recent, keyLog?.own === true ? keyLog.path : null);
    return keyLog;
  }

  /** Its files go with the last analysis of them. */
  private async release(source: ResolvedSource): Promise<void> {
    for (const open of this.open_.values()) if (open.source === source) return;
    await source.release();
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
    const { host, source, keyLog } = this.find(analysisId);
    this.open_.delete(analysisId);
    host.close();
    await keyLog?.release();
    await this.release(source);
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
          const { recent } = open.source;
          yield recent === null ? state : { ...state, path: recent };
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
  private async makeRoom(wanted: ResolvedSource): Promise<void> {
    if (this.open_.size < MAX_OPEN) return;
    for (const [analysisId, { watchers, source }] of this.open_) if (watchers === 0 && source !== wanted) return this.close(analysisId);
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
