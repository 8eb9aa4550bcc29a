import { formatBytes, formatDuration, plural } from '../format/quantity.ts';
import type { ConnectionReport, EstimatedExchangeReport, ExchangeReport } from '../model/connection.ts';
import type { FrameRef, Side } from '../model/report.ts';
import { formatMoment } from './moments.ts';
import type { ShapeName } from './tokens.ts';

export type AxisMarkKind = Exclude<ShapeName, 'busy'>;

/** One thing on the time axis of a connection. Moments have `start` = `end`. */
export interface AxisMark {
  kind: AxisMarkKind;
  /** Seconds since the connection's first packet. */
  start: number;
  end: number;
  /** Who did it: sent, probed, closed, has its window at zero, holds TIME_WAIT. */
  side: Side | null;
  frames: FrameRef[];
  /** In words, plain text: "Idle 44.8 s". */
  label: string;
  /** Index of the exchange it belongs to. */
  exchange: number | null;
  /** What TLS hides, as its turns show it: never drawn as what was read. */
  estimated?: true;
}

export interface ConnectionAxis {
  /** By start; what lasts before the moments and overlays of the same start. */
  marks: AxisMark[];
  /** Last moment that is drawn: the last packet, or the end of TIME_WAIT. */
  end: number;
}

export interface TimeWait {
  side: Side;
  seconds: number;
}

/** Linux: how long a closed socket keeps its port, in seconds (TCP_TIMEWAIT_LEN, include/net/tcp.h). */
export const TIME_WAIT_SECONDS = 60;

/** Who holds TIME_WAIT, and how long on Linux: the side that closed first, where both sent FIN (RFC 9293 section 3.6). */
export function timeWaitOf({ close }: ConnectionReport): TimeWait | null {
  if (close.kind !== 'fin' || close.by === null || close.otherFin === undefined) return null;
  return { side: close.by, seconds: TIME_WAIT_SECONDS };
}

export interface AxisOptions {
  /** TIME_WAIT to draw; as `timeWaitOf` says unless given. */
  readonly timeWait?: TimeWait | null;
  /** Of more exchanges the first ones and the last have marks of their own; those between are one mark. */
  readonly maxExchanges?: number;
}

/** What happened on a connection, in order. Methods and targets are left out of the labels: they are text of the capture. */
export function connectionAxis(connection: ConnectionReport, options: AxisOptions = {}): ConnectionAxis {
  const { timeWait = timeWaitOf(connection), maxExchanges = Number.POSITIVE_INFINITY } = options;
  const origin = connection.startedAt;
  const lasts: AxisMark[] = [];
  const closedAt = connection.close.time === null ? null : since(connection.close.time, origin);
  const lastPacket = Math.max(0, since(connection.endedAt, origin), closedAt ?? 0);
  // What lies behind the close is no phase of the connection.
  const until = closedAt ?? lastPacket;
  const exchanges = [...connection.exchanges].sort((a, b) => startOf(a) - startOf(b));
  const firstByte = exchanges.length === 0 ? until : Math.min(until, since(startOf(exchanges[0]!), origin));
  let busyUntil = addOpening(lasts, connection, Math.max(0, firstByte), until);
  const leftOut = exchanges.length > maxExchanges ? exchanges.splice(maxExchanges - 1, exchanges.length - maxExchanges).length : 0;
  for (let i = 0; i < exchanges.length; i++) {
    const exchange = exchanges[i]!;
    const start = since(startOf(exchange), origin);
    if (leftOut > 0 && i === exchanges.length - 1) {
      lasts.push({ kind: 'other', start: Math.min(busyUntil, start), end: start, side: null, frames: [], label: `${plural(leftOut, 'exchange')}, not drawn one by one`, exchange: null });
      busyUntil = Math.max(busyUntil, start);
    }
    addQuiet(lasts, busyUntil, start, i === 0 ? null : exchanges[i - 1]!, i === 0);
    const next = i + 1 < exchanges.length ? since(startOf(exchanges[i + 1]!), origin) : until;
    busyUntil = Math.max(busyUntil, addExchange(lasts, exchange, origin, Math.max(start, next)));
  }
  if (exchanges.length > 0) addQuiet(lasts, busyUntil, until, exchanges.at(-1)!, false);
  else if (connection.estimatedExchanges !== undefined) addEstimates(lasts, connection.estimatedExchanges.slice(0, maxExchanges), origin, busyUntil, until);
  else if (until > busyUntil) lasts.push(withoutExchanges(connection, busyUntil, until));

  const marks = [...lasts, ...overlays(connection, origin)];
  if (connection.handshake?.synFrame == null) marks.unshift({
    kind: 'torn',
    start: 0,
    end: 0,
    side: null,
    frames: [connection.firstFrame],
    label: 'The capture begins after the handshake',
    exchange: null,
  });
  marks.push(...endMarks(connection, origin, lastPacket));
  let end = lastPacket;
  if (timeWait !== null) {
    const start = since(connection.close.otherFin?.time ?? connection.close.time ?? connection.endedAt, origin);
    end = Math.max(end, start + timeWait.seconds);
    const label = `TIME_WAIT ${formatDuration(timeWait.seconds)}, port ${connection[timeWait.side].port} of the ${timeWait.side} held`;
    marks.push({ kind: 'time-wait', start, end: start + timeWait.seconds, side: timeWait.side, frames: [], label, exchange: null });
  }
  // Stable: what was added first stands first.
  marks.sort((a, b) => a.start - b.start);
  return { marks, end };
}

/** The handshake; returns its end. */
function addOpening(marks: AxisMark[], { handshake, close }: ConnectionReport, firstByte: number, until: number): number {
  if (handshake === null || handshake.synFrame === null) return 0;
  const { rttSeconds, synRetransmissions } = handshake;
  const frames = [handshake.synFrame, ...(handshake.synAckFrame === null ? [] : [handshake.synAckFrame])];
  // A repeated SYN is not in the report: the opening then lasts until the first byte at most.
  const end = rttSeconds !== null && synRetransmissions === 0 ? Math.min(rttSeconds, until) : firstByte;
  const again = synRetransmissions === 0 ? '' : `, SYN sent ${plural(synRetransmissions + 1, 'time')}`;
  const unanswered = close.kind === 'rst' && close.by === 'server' ? 'SYN refused' : 'No answer to the SYN';
  const label = rttSeconds === null ? `${handshake.synAckFrame === null ? unanswered : 'Opening not completed'}${again}` : `Opens ${formatMoment(rttSeconds)}${again}`;
  marks.push({ kind: 'handshake', start: 0, end, side: 'client', frames, label, exchange: null });
  return end;
}

/** Request, wait and download of one exchange; returns the end of what was seen of it. `limit`: of waiting without an answer. */
function addExchange(marks: AxisMark[], exchange: ExchangeReport, origin: number, limit: number): number {
  const { request, response, index } = exchange;
  let end = 0;
  if (request !== null) {
    const start = since(request.time, origin);
    end = Math.max(start, since(request.endTime ?? request.time, origin));
    const size = request.bodyBytes > 0 ? `, ${formatBytes(request.bodyBytes)}` : '';
    marks.push({ kind: 'request', start, end, side: 'client', frames: framesOf(request), label: `Request ${index + 1}${size}${request.complete ? '' : ', not complete'}`, exchange: index });
    const answer = response === null ? Math.max(end, limit) : since(response.time, origin);
    if (answer > end) {
      const label = response === null ? `No answer for ${formatMoment(answer - end)}` : `Wait ${formatMoment(answer - end)}`;
      marks.push({ kind: 'wait', start: end, end: answer, side: 'server', frames: response === null ? [] : [response.frame], label, exchange: index });
      end = answer;
    }
  }
  if (response !== null) {
    const start = since(response.time, origin);
    const finish = Math.max(start, since(response.endTime ?? response.time, origin));
    const label = `Response ${index + 1}, ${response.status}, ${formatBytes(response.bodyBytes)}${response.complete || response.framing === 'upgrade' || response.framing === 'tunnel' ? '' : ', not complete'}`;
    marks.push({ kind: 'download', start, end: finish, side: 'server', frames: framesOf(response), label, exchange: index });
    end = Math.max(end, finish);
  }
  return end;
}

/** Nothing of HTTP between two exchanges, before the first, or before the close. */
function addQuiet(marks: AxisMark[], start: number, end: number, before: ExchangeReport | null, first: boolean): void {
  if (end <= start) return;
  const length = formatMoment(end - start);
  const handedOver = before?.response?.framing === 'upgrade' || before?.response?.framing === 'tunnel';
  if (handedOver) {
    marks.push({ kind: 'other', start, end, side: null, frames: [], label: `Another protocol for ${length}`, exchange: null });
    return;
  }
  const unfinished = before?.response != null && !before.response.complete;
  const label = unfinished ? `Response not complete, nothing of it for ${length}` : first ? `Unused for ${length}` : `Idle ${length}`;
  marks.push({ kind: 'idle', start, end, side: null, frames: [], label, exchange: null });
}

/** One mark for each estimated exchange, and what lies between them. */
function addEstimates(marks: AxisMark[], exchanges: readonly EstimatedExchangeReport[], origin: number, from: number, until: number): void {
  let busyUntil = from;
  for (const { index, request, response } of exchanges) {
    const start = Math.max(busyUntil, since(request.time, origin));
    const quiet = formatMoment(start - busyUntil);
    // The first records are the handshake of TLS, and no idle time.
    if (start > busyUntil) marks.push({
      kind: index === 0 ? 'other' : 'idle',
      start: busyUntil,
      end: start,
      side: null,
      frames: [],
      label: index === 0 ? `TLS begins, ${quiet}` : `Idle ${quiet}`,
      exchange: null,
    });
    const end = Math.max(start, since((response ?? request).endTime, origin));
    const answer = response === null ? 'no answer' : `then ${formatBytes(response.bytes)}`;
    const frames = [request.frame, ...(response === null ? [] : [response.endFrame])];
    marks.push({ kind: 'other', start, end, side: null, frames, label: `About exchange ${index + 1}: ${formatBytes(request.bytes)}, ${answer} (estimated)`, exchange: null, estimated: true });
    busyUntil = end;
  }
  if (until > busyUntil) marks.push({ kind: 'idle', start: busyUntil, end: until, side: null, frames: [], label: `Idle ${formatMoment(until - busyUntil)}`, exchange: null });
}

function withoutExchanges(connection: ConnectionReport, start: number, end: number): AxisMark {
  const bytes = connection.payloadBytes.client + connection.payloadBytes.server;
  if (bytes === 0) return { kind: 'idle', start, end, side: null, frames: [], label: `Unused for ${formatMoment(end - start)}`, exchange: null };
  return { kind: 'other', start, end, side: null, frames: [], label: `${formatBytes(bytes)} that are not readable HTTP/1`, exchange: null };
}

/** Probes, zero windows and gaps lie over the phases. */
function overlays(connection: ConnectionReport, origin: number): AxisMark[] {
  const marks: AxisMark[] = [];
  for (const { from, startFrame, endFrame, time, seconds } of connection.zeroWindows) {
    const start = since(time, origin);
    const frames = endFrame === null ? [startFrame] : [startFrame, endFrame];
    marks.push({ kind: 'zero-window', start, end: start + seconds, side: from, frames, label: `Window of the ${from} zero for ${formatMoment(seconds)}`, exchange: null });
  }
  for (const [probes, name] of [[connection.keepAliveProbes, 'Keep-alive probe'], [connection.windowProbes, 'Window probe']] as const) {
    for (const { frame, time, from, answeredBy } of probes) {
      const frames = answeredBy === null ? [frame] : [frame, answeredBy];
      marks.push({
        kind: 'probe',
        start: since(time, origin),
        end: since(time, origin),
        side: from,
        frames,
        label: `${name} of the ${from}${answeredBy === null ? ', no answer' : ''}`,
        exchange: null,
      });
    }
  }
  for (const { frame, time, from, bytes } of connection.gaps) {
    marks.push({ kind: 'gap', start: since(time, origin), end: since(time, origin), side: from, frames: [frame], label: `${formatBytes(bytes)} of the ${from} not in the capture`, exchange: null });
  }
  return marks;
}

function endMarks({ close }: ConnectionReport, origin: number, lastPacket: number): AxisMark[] {
  if (close.time === null || close.by === null || close.frame === null) {
    const label = close.kind === 'replaced' ? 'Its end was not seen: the ports were used again' : 'Still open at the end of the capture';
    return [{ kind: 'torn', start: lastPacket, end: lastPacket, side: null, frames: [], label, exchange: null }];
  }
  const start = since(close.time, origin);
  const kind = close.kind === 'rst' ? 'rst' : 'fin';
  const marks: AxisMark[] = [{ kind, start, end: start, side: close.by, frames: [close.frame], label: `${kind.toUpperCase()} of the ${close.by}`, exchange: null }];
  if (close.otherFin !== undefined) {
    const other = close.by === 'client' ? 'server' : 'client';
    const at = since(close.otherFin.time, origin);
    marks.push({ kind: 'fin', start: at, end: at, side: other, frames: [close.otherFin.frame], label: `FIN of the ${other}`, exchange: null });
  }
  return marks;
}

/** Whole nanoseconds, as the capture has them: a difference of doubles would leave an idle time of 1e-15 s. */
function since(time: number, origin: number): number {
  return Math.round((time - origin) * 1e9) / 1e9;
}

function startOf({ request, response }: ExchangeReport): number {
  return Math.min(request?.time ?? Number.POSITIVE_INFINITY, response?.time ?? Number.POSITIVE_INFINITY);
}

function framesOf({ frame, endFrame }: { frame: FrameRef; endFrame: FrameRef | null }): FrameRef[] {
  return endFrame === null || endFrame === frame ? [frame] : [frame, endFrame];
}
