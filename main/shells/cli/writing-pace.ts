import { AppError } from '../../app-error.ts';
import type { ReportOutput } from '../../report/piece-writer.ts';
import type { TableFiles } from '../../report/table-folder.ts';
import { ExitCode } from './exit-codes.ts';

/** How long writing may hold the thread; the clock is that of the analyzer. */
const YIELD_SECONDS = 0.04;

/** Lets go of the thread while a report is written, so that Ctrl-C is obeyed, and tells how much was written. */
export class WritingPace {
  private readonly signal: AbortSignal | null;
  private readonly onProgress: (bytes: number) => void;
  private bytes = 0;
  private letGo = process.uptime() + YIELD_SECONDS;

  /** @param signal ends the writing: the next piece is refused with an AppError */
  constructor(signal: AbortSignal | null, onProgress: (bytes: number) => void) {
    this.signal = signal;
    this.onProgress = onProgress;
  }

  text(out: ReportOutput): ReportOutput {
    return (text) => this.step(text.length, out(text));
  }

  files(files: TableFiles): TableFiles {
    return {
      open: (name) => {
        const file = files.open(name);
        return { write: (piece) => this.step(piece.length, file.write(piece)), close: () => file.close() };
      },
    };
  }

  private step(bytes: number, written: void | Promise<void>): void | Promise<void> {
    this.bytes += bytes;
    if (process.uptime() < this.letGo) return written;
    return Promise.resolve(written).then(() => this.pause());
  }

  private async pause(): Promise<void> {
    await new Promise(setImmediate);
    this.letGo = process.uptime() + YIELD_SECONDS;
    this.onProgress(this.bytes);
    if (this.signal?.aborted) throw new AppError('interrupted', 'interrupted while the report was written: nothing is left of it', ExitCode.interrupted);
  }
}
