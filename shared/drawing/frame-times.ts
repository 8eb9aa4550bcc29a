import type { ConnectionReport } from '../model/connection.ts';
import type { FrameRef } from '../model/report.ts';

/** When the frames came that the report of a connection names; as its times, seconds since the first packet of all. */
export function frameTimes(connection: ConnectionReport): Map<FrameRef, number> {
  const times = new Map<FrameRef, number>();
  const add = (frame: FrameRef | null | undefined, time: number | null | undefined): void => {
    if (frame != null && time != null && !times.has(frame)) times.set(frame, time);
  };
  add(connection.close.frame, connection.close.time);
  add(connection.close.otherFin?.frame, connection.close.otherFin?.time);
  for (const { request, response } of connection.exchanges) {
    for (const message of [request, response]) {
      add(message?.frame, message?.time);
      add(message?.endFrame, message?.endTime);
    }
    for (const point of request?.progress ?? []) add(point.frame, point.time);
  }
  for (const { request, response } of connection.estimatedExchanges ?? []) {
    for (const message of [request, response]) {
      add(message?.frame, message?.time);
      add(message?.endFrame, message?.endTime);
    }
  }
  for (const probe of [...connection.keepAliveProbes, ...connection.windowProbes]) add(probe.frame, probe.time);
  for (const { startFrame, endFrame, time, seconds } of connection.zeroWindows) {
    add(startFrame, time);
    add(endFrame, time + seconds);
  }
  for (const { frame, time } of connection.gaps) add(frame, time);
  add(connection.firstFrame, connection.startedAt);
  add(connection.lastFrame, connection.endedAt);
  return times;
}
