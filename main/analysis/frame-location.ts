import { AppError } from '../app-error.ts';
import type { FrameRef } from '../../shared/model/report.ts';

/** The capture file a frame is in, and its number there. @throws AppError `no-such-frame` */
export function locateFrame(paths: readonly string[], frame: FrameRef): { path: string; frame: number } {
  const match = /^(?:(\d+):)?(\d+)$/.exec(String(frame));
  const path = match === null ? undefined : paths[Number(match[1] ?? 0)];
  const number = Number(match?.[2] ?? 0);
  if (path === undefined || number < 1) throw new AppError('no-such-frame', `there is no frame ${frame} in this capture`);
  return { path, frame: number };
}
