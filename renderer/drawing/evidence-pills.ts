import type { AxisScale } from '../../shared/drawing/axis-scale.ts';
import { frameTimes } from '../../shared/drawing/frame-times.ts';
import type { ConnectionReport } from '../../shared/model/connection.ts';
import type { EvidenceReport, FrameRef } from '../../shared/model/report.ts';

export interface Pill {
  readonly label: string;
  readonly frame: FrameRef;
  /** Where the evidence is on the axis, and where its pill has room. */
  readonly x: number;
  readonly pillX: number;
  readonly note: string;
}

const PILL_ROOM = 30;

/** Marks under the axis, E1, E2 …, at the evidence that has a place on it. */
export function evidencePills(connection: ConnectionReport, evidence: readonly EvidenceReport[], scale: AxisScale): Pill[] {
  const times = frameTimes(connection);
  const pills: Pill[] = [];
  const found = evidence
    .map(({ frame, note }, at) => ({ frame, note, label: `E${at + 1}`, time: times.get(frame) }))
    .filter((one): one is typeof one & { time: number } => one.time !== undefined)
    .sort((a, b) => a.time - b.time);
  let free = 0;
  for (const { frame, note, label, time } of found) {
    const x = scale.x(time - connection.startedAt);
    const pillX = Math.min(Math.max(x, free + PILL_ROOM / 2), scale.width - PILL_ROOM / 2);
    free = pillX + PILL_ROOM / 2;
    pills.push({ label, frame, note, x, pillX });
  }
  return pills;
}
