import type { CaptureFileInfo } from '../capture/capture-file.ts';
import { numberReference } from '../capture/frame-id.ts';
import type { AnomalyReport } from '../../shared/model/report.ts';
import { formatDuration, plural } from '../../shared/format/quantity.ts';
import type { Loss } from '../findings/losses.ts';

/** When packets were lost while these files were captured, as far as they say, and when their clock cannot be believed. */
export function lossesOf(files: readonly CaptureFileInfo[]): Loss[] {
  return files.flatMap(({ doubtfulTimes, interfaces }) => [...doubtfulTimes, ...interfaces.flatMap(({ losses }) => losses)]);
}

/** Packets that a file says were lost, for people; null where it says of none. */
export function lostPackets({ interfaces }: CaptureFileInfo): AnomalyReport | null {
  const sum = (counts: (number | null)[]): number => counts.reduce<number>((all, count) => all + (count ?? 0), 0);
  const system = sum(interfaces.map(({ droppedBySystem }) => droppedBySystem));
  const card = sum(interfaces.map(({ droppedByInterface }) => droppedByInterface));
  if (system + card === 0) return null;
  const where = [system > 0 ? `${plural(system, 'packet')} by the operating system` : '', card > 0 ? `${plural(card, 'packet')} by the network interface` : ''];
  return {
    code: 'packets-dropped',
    count: system + card,
    firstFrame: null,
    message: `lost while it was captured: ${where.filter(Boolean).join(', ')}; nothing is certain of connections that lived then`,
  };
}

/** That the times of a file cannot all be right, for people; null where nothing speaks against them. */
export function oddTimes({ doubtfulTimes }: CaptureFileInfo, captures: number, index: number): AnomalyReport | null {
  const first = doubtfulTimes[0];
  if (first === undefined) return null;
  if (first.frame === 0) return { code: 'times-missing', count: 1, firstFrame: null, message: 'all packets have one time: nothing that goes by time is known' };
  const furthest = Math.max(...doubtfulTimes.map(({ from, to }) => to - from));
  const message = `packets up to ${formatDuration(furthest / 1e9)} older than the one before them (the clock was set back, or captures were joined out of order): nothing is certain of connections that lived then`;
  return { code: 'clock-set-back', count: doubtfulTimes.length, firstFrame: numberReference(index, first.frame, captures), message };
}
