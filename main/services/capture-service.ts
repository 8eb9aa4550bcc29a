import { existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { BackendName, CaptureOptions, CaptureState, FilterCheck } from '../../shared/model/capture.ts';
import type { RequestParams } from '../../shared/rpc/contract.ts';
import { AppError } from '../app-error.ts';
import { DEFAULT_CAPTURE } from '../capture/capture-defaults.ts';
import { compileForEthernet, compileOn, findProgram } from '../capture/capture-programs.ts';
import { listInterfaces } from '../capture/interfaces.ts';
import { pruneRing, ringPath } from '../capture/live-file.ts';
import { abilityOn, chooseBackend, LiveSource, type StartHelper } from '../capture/live-source.ts';
import { copyRing } from '../capture/ring-copy.ts';
import type { Analyses } from './analyses.ts';
import type { AppState } from './app-service.ts';
import type { RequestHandlers, StreamHandlers } from './handlers.ts';
import { saveFile } from './save-file.ts';

type Requests = 'capture.interfaces' | 'capture.check-filter' | 'capture.start' | 'capture.stop' | 'capture.save';

/** Captures that run at the same time. */
const MAX_RUNNING = 4;
/** Captures that were made; older ones are forgotten, their files stay. */
const MAX_KNOWN = 32;

/** Where the files of live captures are kept. */
export function capturesFolder({ platform }: AppState): string {
  return join(platform.dataFolder, 'captures');
}

/** Live captures of pages: each a helper process, a file in the person's data folder, and an analysis that follows it. */
export class Captures {
  private readonly app: AppState;
  private readonly analyses: Analyses;
  private readonly startHelper: StartHelper;
  private readonly known = new Map<string, Capture>();
  private nextId = 1;

  constructor(app: AppState, analyses: Analyses, startHelper: StartHelper) {
    this.app = app;
    this.analyses = analyses;
    this.startHelper = startHelper;
  }

  /**
   * @param keyLog what TLS is read with
   * @throws AppError where capturing is not possible, as chooseBackend and LiveSource say it; as CaptureSources.keyLog
   */
  async start(options: CaptureOptions, keyLog?: RequestParams<'capture.start'>['keyLog']): Promise<{ captureId: string; analysisId: string }> {
    // A wrong one is refused before anything is captured for it.
    if (keyLog != null) await this.app.sources.keyLog(keyLog);
    const running = [...this.known.values()].filter((capture) => capture.isRunning).length;
    if (running >= MAX_RUNNING) throw new AppError('too-many-captures', `${MAX_RUNNING} captures run already: stop one of them`);
    const backend = await chooseBackend(options.interfaces[0]!, options.filter, this.startHelper);
    const folder = capturesFolder(this.app);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const captureId = `capture-${this.nextId++}`;
    const path = join(folder, fileName(options.interfaces, new Date()));
    const capture = new Capture(captureId, path, options, backend);
    await capture.begin(this.startHelper);
    try {
      const { ring } = options;
      const file = ring === null ? { paths: [path], recent: this.app.sources.captured(path) } : { paths: [ringPath(path, 1)], recent: null, ring: path };
      const source = { ...file, name: basename(path), release: () => Promise.resolve(capture.stop()) };
      const analysisId = await this.analyses.openLive(source, (id) => {
        capture.analysed(id);
        const host = this.analyses.host(id);
        host.onPassed = (number) => capture.passed(number);
        host.onState((state) => state !== null && state.phase !== 'reading' && capture.wasRead());
      }, keyLog);
      capture.onWritten(() => this.analyses.written(source));
      this.known.set(captureId, capture);
      for (const [id, old] of this.known) if (this.known.size > MAX_KNOWN && !old.isRunning) this.known.delete(id);
      return { captureId, analysisId };
    } catch (error) {
      capture.stop();
      throw error;
    }
  }

  /** @throws AppError `no-such-capture` */
  find(captureId: string): Capture {
    const capture = this.known.get(captureId);
    if (capture === undefined) throw new AppError('no-such-capture', 'this capture is not known any more: its file is among the recent files');
    return capture;
  }

  stopAll(): void {
    for (const capture of this.known.values()) capture.stop();
  }
}

class Capture {
  readonly path: string;
  private readonly options: CaptureOptions;
  private readonly startedAt = performance.now();
  private readonly listeners = new Set<() => void>();
  private source: LiveSource | null = null;
  private whenWritten: (() => void) | null = null;
  /** Number of the last file of the ring that was read. */
  private lastPassed = 0;
  private state: CaptureState;

  constructor(captureId: string, path: string, options: CaptureOptions, backend: { name: BackendName; reason: string }) {
    this.path = path;
    this.options = options;
    const { interfaces, filter } = options;
    const nothing = { packets: 0, bytes: 0, droppedBySystem: null, droppedByInterface: null };
    this.state = { captureId, analysisId: '', phase: 'starting', interfaces, filter, backend: backend.name, backendReason: backend.reason, seconds: 0, endedBy: null, error: null, ...nothing };
  }

  get isRunning(): boolean {
    return this.state.phase === 'starting' || this.state.phase === 'capturing';
  }

  async begin(startHelper: StartHelper): Promise<void> {
    this.source = new LiveSource(startHelper, this.state.backend, this.path, this.options, {
      progress: (totals) => this.change(totals),
      ended: (endedBy, totals, error) => {
        this.change({ ...totals, endedBy, phase: error === null ? 'stopped' : 'failed', error: error === null ? null : { code: error.code, message: error.message } });
        this.whenWritten?.();
      },
    });
    await this.source.started;
    if (this.isRunning) this.change({ phase: 'capturing' });
  }

  /** The analysis that follows it. */
  analysed(analysisId: string): void {
    this.change({ analysisId });
  }

  /** @param written to be called once the file is complete */
  onWritten(written: () => void): void {
    this.whenWritten = written;
    if (!this.isRunning) written();
  }

  stop(): void {
    this.source?.stop();
  }

  /** The files of the ring up to this number were read. */
  passed(number: number): void {
    this.lastPassed = number;
    this.source?.passed(number);
  }

  /** All was read: what of a ring is not to be kept goes. */
  wasRead(): void {
    if (this.options.ring !== null) pruneRing(this.path, this.options.ring, this.lastPassed + 1);
  }

  /** Writes what is kept into a file that is not there yet. @throws AppError `capture-gone` */
  async copyTo(target: string): Promise<void> {
    if (this.options.ring !== null) return copyRing(this.path, target);
    if (!existsSync(this.path)) throw new AppError('capture-gone', `${this.path} is not there any more: somebody has moved or deleted what was captured`);
    return copyFile(this.path, target);
  }

  /** The state now and at each change, the latest only; ends with the capture. */
  async *states(signal: AbortSignal): AsyncGenerator<CaptureState, void, undefined> {
    let wake = (): void => undefined;
    let changed = true;
    const listener = (): void => {
      changed = true;
      wake();
    };
    this.listeners.add(listener);
    signal.addEventListener('abort', listener, { once: true });
    // Time goes on where no packet comes.
    const clock = setInterval(listener, 1000);
    try {
      while (!signal.aborted) {
        if (changed) {
          changed = false;
          yield this.current;
          if (!this.isRunning && !changed) return;
        } else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      clearInterval(clock);
      this.listeners.delete(listener);
      signal.removeEventListener('abort', listener);
    }
  }

  private get current(): CaptureState {
    return this.isRunning ? { ...this.state, seconds: (performance.now() - this.startedAt) / 1000 } : this.state;
  }

  private change(change: Partial<CaptureState>): void {
    this.state = { ...this.current, ...change };
    for (const listener of this.listeners) listener();
  }
}

/** The handlers of live capture. */
export function captureHandlers(captures: Captures, { platform }: AppState, startHelper: StartHelper): { requests: Pick<RequestHandlers, Requests>; streams: Pick<StreamHandlers, 'capture.state'> } {
  let backends: Promise<{ backends: Awaited<ReturnType<typeof abilityOn>>['backends']; how: string | null }> | null = null;
  return {
    requests: {
      'capture.interfaces': async () => {
        const interfaces = await listInterfaces();
        // Asked for every second while a page shows them; what can capture is tried once, and again while nothing can.
        backends ??= abilityOn(interfaces, startHelper);
        const { backends: tried, how } = await backends;
        if (how !== null) backends = null;
        return { interfaces, backends: tried, how };
      },
      'capture.check-filter': ({ interface: device, filter }) => checkFilter(device, filter.trim()),
      'capture.start': ({ keyLog, ...options }) =>
        captures.start({ ...options, bufferMegabytes: options.bufferMegabytes ?? DEFAULT_CAPTURE.bufferMegabytes, filter: options.filter.trim() }, keyLog),
      'capture.stop': ({ captureId }) => {
        captures.find(captureId).stop();
        return null;
      },
      'capture.save': ({ captureId }) => {
        const capture = captures.find(captureId);
        return saveFile(platform, basename(capture.path), ({ path }) => capture.copyTo(path));
      },
    },
    streams: { 'capture.state': ({ captureId }, { signal }) => captures.find(captureId).states(signal) },
  };
}

/** By the programs alone: a helper process for each letter would be too much. */
async function checkFilter(device: string, filter: string): Promise<FilterCheck> {
  const tcpdump = await findProgram('tcpdump');
  const dumpcap = tcpdump === null ? await findProgram('dumpcap') : null;
  const program = tcpdump ?? dumpcap;
  if (program === null) return { instructions: null, error: null };
  let compiled = await compileOn(tcpdump === null ? 'dumpcap' : 'tcpdump', program, device, filter);
  // Without rights on the interface, what is wrong with the filter can still be told.
  if (compiled instanceof AppError && compiled.code !== 'filter-invalid' && tcpdump !== null) compiled = await compileForEthernet(tcpdump, filter);
  if (!(compiled instanceof AppError)) return { instructions: compiled.instructions, error: null };
  return { instructions: null, error: compiled.code === 'filter-invalid' ? compiled.message : null };
}

/** "lo-2026-11-21-124501.pcapng" */
function fileName(interfaces: readonly string[], now: Date): string {
  const time = now.toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
  return `${interfaces.join('-').replaceAll(/[^\w.-]+/g, '-').slice(0, 60)}-${time}-${String(now.getMilliseconds()).padStart(3, '0')}.pcapng`;
}
