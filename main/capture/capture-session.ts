import type { CaptureEnd, CaptureOptions, CaptureTotals } from '../../shared/model/capture.ts';
import { AppError } from '../app-error.ts';
import type { CaptureErrorCode, FromHelper } from './capture-protocol.ts';
import { LiveFile } from './live-file.ts';
import type { PacketSink, PacketSource } from './packet-source.ts';

/** How often is told how far it is. */
const TELL_MILLISECONDS = 250;
/** How often the kernel's counts are asked for: losses are placed between two answers. */
const REFRESH_MILLISECONDS = 1000;

/** One live capture: sources into a file, until a limit, `stop` or a failure. */
export class CaptureSession implements PacketSink {
  private readonly sources: readonly PacketSource[];
  private readonly options: CaptureOptions;
  private readonly tell: (message: FromHelper) => void;
  private file: LiveFile | null = null;
  private endedBy: CaptureEnd | null = null;
  private failure: AppError | null = null;
  private told = '';
  private readonly timers: NodeJS.Timeout[] = [];

  /** @param sources by the order of `options.interfaces` */
  constructor(sources: readonly PacketSource[], options: CaptureOptions, tell: (message: FromHelper) => void) {
    this.sources = sources;
    this.options = options;
    this.tell = tell;
  }

  /** Runs it to its end. Everything that goes wrong is told; nothing is thrown. */
  async run(path: string, application: string): Promise<void> {
    const { interfaces, filter, snapLength, ring, seconds } = this.options;
    try {
      await Promise.all(this.sources.map((source) => source.open()));
      const described = this.sources.map(({ linkType }, i) => ({ name: interfaces[i]!, linkType, snapLength, filter }));
      this.file = new LiveFile(path, described, ring, application);
    } catch (error) {
      this.fail(error);
      // Those that did open have to end, and to be emptied for that.
      const nowhere: PacketSink = { packet: () => undefined, pause: () => undefined };
      for (const source of this.sources) void source.pump(0, nowhere);
      return this.finish();
    }
    this.tell({ type: 'started', processes: this.sources.flatMap(({ process }) => (process === null ? [] : [process])) });
    this.timers.push(setInterval(() => this.report(), TELL_MILLISECONDS), setInterval(() => this.refresh(), REFRESH_MILLISECONDS));
    if (seconds !== null) this.timers.push(setTimeout(() => this.end('seconds'), seconds * 1000));
    await Promise.all(
      this.sources.map(async (source, i) => {
        const error = await source.pump(i, this);
        if (error !== null) this.fail(error);
      }),
    );
    this.finish();
  }

  /** Files of the ring that were read, up to this number. */
  passedBy(number: number): void {
    this.file?.passedBy(number);
  }

  stop(): void {
    this.end('person');
  }

  packet(source: number, high: number, low: number, data: Uint8Array, offset: number, captured: number, original: number): void {
    const { file, options } = this;
    if (file === null || this.endedBy === 'packets' || this.endedBy === 'bytes' || this.failure !== null) return;
    try {
      file.packet(source, high, low, data, offset, captured, original);
    } catch (error) {
      return this.fail(error);
    }
    if (options.packets !== null && file.packets >= options.packets) this.end('packets');
    else if (options.bytes !== null && file.totalBytes >= options.bytes) this.end('bytes');
  }

  pause(): void {
    this.guarded(() => this.file?.flush());
  }

  private end(by: CaptureEnd): void {
    this.endedBy ??= by;
    for (const source of this.sources) source.stop();
  }

  private fail(error: unknown): void {
    // What comes first is the cause of the rest.
    this.failure ??= error instanceof AppError ? error : new AppError('backend-failed', error instanceof Error ? error.message : String(error), 4);
    this.end('failure');
  }

  private guarded(write: () => void): void {
    if (this.failure !== null) return;
    try {
      write();
    } catch (error) {
      this.fail(error);
    }
  }

  private refresh(): void {
    this.writeStatistics();
    for (const source of this.sources) source.refresh();
  }

  private writeStatistics(): void {
    const now = BigInt(Date.now()) * 1_000_000n;
    this.guarded(() => this.sources.forEach((source, i) => this.file?.statistics(i, now, source.droppedByInterface, source.droppedBySystem)));
  }

  private get totals(): CaptureTotals {
    const sum = (counts: (number | null)[]): number | null => counts.reduce((all, count) => (all === null && count === null ? null : (all ?? 0) + (count ?? 0)), null);
    return {
      packets: this.file?.packets ?? 0,
      bytes: this.file?.totalBytes ?? 0,
      droppedBySystem: sum(this.sources.map((source) => source.droppedBySystem)),
      droppedByInterface: sum(this.sources.map((source) => source.droppedByInterface)),
    };
  }

  private report(): void {
    const { totals } = this;
    const text = JSON.stringify(totals);
    if (text === this.told) return;
    this.told = text;
    this.tell({ type: 'progress', totals });
  }

  private finish(): void {
    for (const timer of this.timers) clearTimeout(timer);
    // The counts a program tells at its end are the last word.
    this.writeStatistics();
    this.guarded(() => this.file?.flush());
    const { totals } = this;
    try {
      this.file?.close();
    } catch (error) {
      this.fail(error);
    }
    if (this.failure === null) this.tell({ type: 'stopped', by: this.endedBy ?? 'person', totals });
    else this.tell({ type: 'failed', code: this.failure.code as CaptureErrorCode, message: this.failure.message, totals });
  }
}
