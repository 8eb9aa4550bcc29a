import type { FrameRef } from '../../../shared/model/report.ts';

/** Reads what somebody typed, or the address holds: "120", "1:120"; null for anything else. */
export function parseFrame(text: string | null): FrameRef | null {
  const match = /^\s*(?:(\d{1,4}):)?(\d{1,15})\s*$/.exec(text ?? '');
  if (match === null) return null;
  return match[1] === undefined ? Number(match[2]) : `${Number(match[1])}:${Number(match[2])}`;
}
