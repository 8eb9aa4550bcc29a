import type { CaptureFileInfo } from '../capture/capture-file.ts';
import type { AnomalyReport } from '../../shared/model/report.ts';
import { plural } from '../../shared/format/quantity.ts';
import type { Loss } from '../findings/losses.ts';

/** When packets were lost while these files were captured, as far as they say. */
export function lossesOf(files: readonly CaptureFileInfo[]): Loss[] {
  return files.flatMap(({ interfaces }) => interfaces.flatMap(({ losses }) => losses));
}

/** Packets that a file says were lost, for people; null where it says of none. */
export function lostPackets({ interfaces }: CaptureFileInfo): AnomalyReport | null {
  const sum = (counts: (number | null)[]): number => counts.reduce<number>((all, count) => all + (count ?? 0), 0);
  const system = sum(interfaces.map(({ droppedBySystem }) => droppedBySystem));
  const card = sum(interfaces.map(({ droppedByInterface }) => droppedByInterface));
  if (system + card === 0) return null;
  const where = [system > 0 ? `${plural(system, 'packet')} by the operating system` : '', card > 0 ? `${plural(card, 'packet')} by the network interface` : ''];
  return { code: 'packets-dropped', count: system + card, firstFrame: null, message: `lost while it was captured: ${where.filter(Boolean).join(', ')}; nothing is certain of connections that lived then` };
}
