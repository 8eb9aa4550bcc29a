import { formatBytes, formatCount, formatDuration, formatPercent, plural } from '../../../shared/format/quantity.ts';
import type { Progress } from './engine.ts';

/** Shorter analyses end before anyone could read the line. */
const QUIET_SECONDS = 0.3;

/** One line on a terminal, rewritten as the analysis goes on. */
export class ProgressLine {
  private readonly terminal: NodeJS.WriteStream;
  private readonly startedAt = performance.now();
  private shown = false;

  constructor(terminal: NodeJS.WriteStream) {
    this.terminal = terminal;
  }

  show(progress: Progress): void {
    const seconds = (performance.now() - this.startedAt) / 1000;
    if (seconds < QUIET_SECONDS) return;
    this.put(progressText(progress, seconds));
  }

  /** The report is being written: so many bytes of it. */
  showWriting(bytes: number): void {
    if ((performance.now() - this.startedAt) / 1000 >= QUIET_SECONDS) this.put(`writing the report, ${formatBytes(bytes)}`);
  }

  /** So many of several captures are finished. */
  showParts(finished: number, total: number, failed: number): void {
    this.put(`${formatCount(finished)} of ${plural(total, 'capture')}${failed > 0 ? `, ${formatCount(failed)} failed` : ''}`);
  }

  clear(): void {
    if (this.shown) this.terminal.write('\r\x1b[K');
    this.shown = false;
  }

  private put(text: string): void {
    // The last column stays free: a full line would wrap, and \r could not go back over it.
    this.terminal.write(`\r${text.slice(0, (this.terminal.columns || 80) - 1)}\x1b[K`);
    this.shown = true;
  }
}

/** "412 MB of 1.1 GB (38%), 1.2 GB/s, 1.0 s left, 620,000 packets". */
export function progressText({ bytesRead, bytesTotal, packets }: Progress, seconds: number): string {
  const speed = bytesRead / seconds;
  const parts = [formatBytes(bytesRead), `${formatBytes(speed)}/s`, `${formatCount(packets)} packets`];
  if (bytesTotal !== null && bytesTotal > 0 && speed > 0) {
    parts[0] += ` of ${formatBytes(bytesTotal)} (${formatPercent(Math.min(1, bytesRead / bytesTotal))})`;
    parts.splice(2, 0, `${formatDuration(Math.max(0, bytesTotal - bytesRead) / speed)} left`);
  }
  return parts.join(', ');
}
