import type { AxisScale } from '../../shared/drawing/axis-scale.ts';
import { frameTimes } from '../../shared/drawing/frame-times.ts';
import { spread } from '../../shared/drawing/spread.ts';
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
  const found = evidence
    .map(({ frame, note }, at) => ({ frame, note, label: `E${at + 1}`, time: times.get(frame) }))
    .filter((one): one is typeof one & { time: number } => one.time !== undefined)
    .sort((a, b) => a.time - b.time)
    .map(({ frame, note, label, time }) => ({ frame, note, label, x: scale.x(time - connection.startedAt) }));
  const places = spread(found.map(({ x }) => x), PILL_ROOM, scale.width);
  return found.map((one, at) => ({ ...one, pillX: places[at]! }));
}
