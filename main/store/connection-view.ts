import { frameReference } from '../capture/frame-id.ts';
import { MessageFlag, Framing, Protocol } from '../http/exchange-sink.ts';
import { EventKind } from '../tcp/connection-sink.ts';
import type { CloseReport, ConnectionReport, ExchangeReport, MessageFraming, ProbeReport, ProgressReport, ProtocolName, RequestReport, ResponseReport } from '../../shared/model/connection.ts';
import type { FrameRef } from '../../shared/model/report.ts';
import { secondsFromNanoseconds } from '../../shared/format/time.ts';
import { ConnectionBits, RolesFrom } from './connection-columns.ts';
import { estimatedExchanges, isEstimated } from './estimated-exchanges.ts';
import { ExchangeBits } from './exchange-columns.ts';
import type { ResultStore } from './result-store.ts';
import { tlsReport } from './tls-report.ts';

export const FRAMING_NAMES: Record<Framing, MessageFraming> = {
  [Framing.none]: 'none',
  [Framing.contentLength]: 'content-length',
  [Framing.chunked]: 'chunked',
  [Framing.untilClose]: 'until-close',
  [Framing.upgrade]: 'upgrade',
  [Framing.tunnel]: 'tunnel',
  [Framing.unknown]: 'unknown',
};

export const PROTOCOL_NAMES: Record<Protocol, ProtocolName> = {
  [Protocol.none]: 'none',
  [Protocol.http1]: 'http/1',
  [Protocol.tls]: 'tls',
  [Protocol.http2]: 'http/2',
  [Protocol.websocket]: 'websocket',
  [Protocol.tunnel]: 'tunnel',
  [Protocol.other]: 'other',
};

/** A close without its cause. */
export type ClosePlain = Pick<CloseReport, 'by' | 'kind' | 'frame' | 'time' | 'idleSeconds' | 'otherFin'>;

/** How the view names frames and shows text; `redact` changes targets. */
export interface ViewOptions {
  /** Capture files of the analysis: with one, frames are plain numbers. */
  readonly captures: number;
  readonly redactTarget: (target: string) => string;
  readonly redactHost: (host: string) => string;
  readonly redactHeaders: (headers: readonly (readonly [name: string, value: string])[]) => [name: string, value: string][];
}

/** The rows of a ResultStore as the objects of the report, one connection at a time. */
export class ConnectionView {
  private readonly store: ResultStore;
  private readonly options: ViewOptions;

  constructor(store: ResultStore, options: ViewOptions) {
    this.store = store;
    this.options = options;
  }

  connection(row: number): Omit<ConnectionReport, 'findings' | 'close'> & { close: ClosePlain } {
    const { connections } = this.store;
    const state = connections.state.get(row);
    const endpoint = connections.endpoint.get(row);
    const protocol = PROTOCOL_NAMES[((state >>> ConnectionBits.PROTOCOL_SHIFT) & 7) as Protocol];
    const inner = ((state >>> ConnectionBits.INNER_SHIFT) & 7) as Protocol;
    const path = this.store.path(endpoint);
    const rows = this.exchangeRows(row);
    const estimated = rows.filter((exchange) => isEstimated(this.store, exchange));
    return {
      id: row + 1,
      client: { address: this.store.clientAddress(endpoint), port: connections.clientPort.get(row) },
      server: { address: this.store.serverAddress(endpoint), port: this.store.endpoints.port(endpoint) },
      ...(path.vlans.length > 0 ? { vlans: [...path.vlans] } : {}),
      ...(path.tunnel !== null ? { encapsulation: path.tunnel } : {}),
      rolesFrom: (['handshake', 'http', 'ports'] as const)[(state >>> ConnectionBits.ROLES_SHIFT) & 3]!,
      protocol,
      ...(inner !== Protocol.none ? { innerProtocol: PROTOCOL_NAMES[inner] } : {}),
      ...(protocol === 'tls' || inner === Protocol.tls ? { tls: tlsReport(this.store, row, this.options.redactHost, (id) => this.frame(id)) } : {}),
      firstFrame: this.frame(connections.firstFrame.get(row)),
      lastFrame: this.frame(connections.lastFrame.get(row)),
      startedAt: secondsFromNanoseconds(connections.startedAt.get(row)),
      endedAt: secondsFromNanoseconds(connections.endedAt.get(row)),
      handshake: this.handshake(row),
      packets: { client: connections.packetsClient.get(row), server: connections.packetsServer.get(row) },
      payloadBytes: { client: connections.payloadClient.get(row), server: connections.payloadServer.get(row) },
      exchanges: this.exchanges(row, rows.filter((exchange) => !isEstimated(this.store, exchange))),
      ...(estimated.length > 0 ? { estimatedExchanges: estimatedExchanges(this.store, estimated, connections.startedAt.get(row), (id) => this.frame(id)) } : {}),
      ...this.events(row),
      retransmissions: { client: connections.retransmissionsClient.get(row), server: connections.retransmissionsServer.get(row) },
      close: this.close(row),
    };
  }

  frame(id: number): FrameRef {
    return frameReference(id, this.options.captures);
  }

  private handshake(row: number): ConnectionReport['handshake'] {
    const { connections } = this.store;
    const state = connections.state.get(row);
    if (((state >>> ConnectionBits.ROLES_SHIFT) & 3) !== RolesFrom.handshake) return null;
    const other = connections.synFrameOther.get(row);
    const synAckFrame = connections.synAckFrame.get(row);
    const toSynAck = connections.synToSynAck.get(row);
    const toAck = connections.synAckToAck.get(row);
    return {
      synFrame: other === -1 ? null : this.frame(other === 0 ? connections.firstFrame.get(row) : other),
      synAckFrame: synAckFrame === 0 ? null : this.frame(synAckFrame),
      rttSeconds: toSynAck >= 0 && toAck >= 0 ? secondsFromNanoseconds(toSynAck + toAck) : null,
      synRetransmissions: connections.synRetransmissions.get(row),
    };
  }

  /** A connection's exchanges in the order of its bytes (which the capture may have reordered in time). */
  exchangeRows(row: number): number[] {
    const { connections, exchanges } = this.store;
    const rows: number[] = [];
    for (let next = connections.lastExchange.get(row); next !== 0; next = exchanges.previous.get(next - 1)) rows.push(next - 1);
    return rows.reverse();
  }

  private exchanges(row: number, rows: readonly number[]): ExchangeReport[] {
    const { exchanges, connections } = this.store;
    const interims = this.interims(row);
    const progress = this.progress(row);
    let lastEnd = Number.NaN;
    return rows.map((exchange, index) => {
      const state = exchanges.state.get(exchange);
      const begin = exchanges.time.get(exchange);
      const hasRequest = (state & ExchangeBits.HAS_REQUEST) !== 0;
      const hasResponse = (state & ExchangeBits.HAS_RESPONSE) !== 0;
      const requestEnd = hasRequest && (state & ExchangeBits.REQUEST_ENDED) !== 0 ? exchanges.requestEndAfter.get(exchange) : null;
      const response = hasResponse ? exchanges.responseAfter.get(exchange) : null;
      const responseEnd = hasResponse && (state & ExchangeBits.RESPONSE_ENDED) !== 0 ? exchanges.responseEndAfter.get(exchange) : null;
      const idle = index === 0 ? begin - connections.startedAt.get(row) : begin - lastEnd;
      lastEnd = responseEnd !== null ? begin + responseEnd : begin;
      return {
        index,
        pipelined: (state & ExchangeBits.PIPELINED) !== 0,
        request: hasRequest ? { ...this.request(exchange, state), ...(progress.has(exchange) ? { progress: progress.get(exchange)! } : {}) } : null,
        interim: interims.get(exchange) ?? [],
        response: hasResponse ? this.response(exchange, state) : null,
        idleBeforeSeconds: Number.isNaN(idle) ? null : secondsFromNanoseconds(Math.max(0, idle)),
        uploadSeconds: requestEnd === null ? null : secondsFromNanoseconds(Math.max(0, requestEnd)),
        waitSeconds: requestEnd === null || response === null ? null : secondsFromNanoseconds(Math.max(0, response - requestEnd)),
        downloadSeconds: response === null || responseEnd === null ? null : secondsFromNanoseconds(Math.max(0, responseEnd - response)),
      };
    });
  }

  private request(exchange: number, state: number): RequestReport {
    const { exchanges, strings } = this.store;
    const framing = ((state >>> ExchangeBits.REQUEST_FRAMING_SHIFT) & 7) as Framing;
    const flags = (state >>> ExchangeBits.REQUEST_FLAGS_SHIFT) & ExchangeBits.FLAGS_MASK;
    const ended = (state & ExchangeBits.REQUEST_ENDED) !== 0;
    const begin = exchanges.time.get(exchange);
    const expected = exchanges.requestExpected.get(exchange);
    const body = exchanges.requestBody.get(exchange);
    const host = exchanges.host.get(exchange);
    return {
      frame: this.frame(exchanges.requestFrame.get(exchange)),
      time: secondsFromNanoseconds(begin),
      endFrame: ended ? this.frame(exchanges.requestEndFrame.get(exchange)) : null,
      endTime: ended ? secondsFromNanoseconds(begin + exchanges.requestEndAfter.get(exchange)) : null,
      method: strings.text(exchanges.method.get(exchange)),
      target: this.options.redactTarget(strings.text(exchanges.target.get(exchange))),
      host: host === 0 ? null : this.options.redactHost(strings.text(host)),
      version: (flags & MessageFlag.http10) !== 0 ? 'HTTP/1.0' : 'HTTP/1.1',
      framing: FRAMING_NAMES[framing] as RequestReport['framing'],
      bodyBytes: ended ? body : exchanges.requestSoFar.get(exchange),
      expectedBytes: framing === Framing.contentLength ? (expected !== 0 ? expected - 1 : body) : null,
      complete: (state & ExchangeBits.REQUEST_COMPLETE) !== 0,
      ...this.headers(exchanges.requestHead.get(exchange)),
    };
  }

  private response(exchange: number, state: number): ResponseReport {
    const { exchanges } = this.store;
    const framing = ((state >>> ExchangeBits.RESPONSE_FRAMING_SHIFT) & 7) as Framing;
    const flags = (state >>> ExchangeBits.RESPONSE_FLAGS_SHIFT) & ExchangeBits.FLAGS_MASK;
    const ended = (state & ExchangeBits.RESPONSE_ENDED) !== 0;
    const begin = exchanges.time.get(exchange);
    const expected = exchanges.responseExpected.get(exchange);
    const body = exchanges.responseBody.get(exchange);
    return {
      frame: this.frame(exchanges.responseFrame.get(exchange)),
      time: secondsFromNanoseconds(begin + exchanges.responseAfter.get(exchange)),
      endFrame: ended ? this.frame(exchanges.responseEndFrame.get(exchange)) : null,
      endTime: ended ? secondsFromNanoseconds(begin + exchanges.responseEndAfter.get(exchange)) : null,
      status: exchanges.status.get(exchange),
      version: (flags & MessageFlag.http10) !== 0 ? 'HTTP/1.0' : 'HTTP/1.1',
      framing: FRAMING_NAMES[framing],
      bodyBytes: ended ? body : exchanges.responseSoFar.get(exchange),
      expectedBytes: framing === Framing.contentLength ? (expected !== 0 ? expected - 1 : body) : null,
      complete: (state & ExchangeBits.RESPONSE_COMPLETE) !== 0,
      ...this.headers(exchanges.responseHead.get(exchange)),
    };
  }

  /** The fields of a kept head; nothing where heads were not kept. */
  private headers(head: number): { headers?: [name: string, value: string][] } {
    if (head === 0) return {};
    const fields: [name: string, value: string][] = [];
    for (const line of this.store.strings.text(head).split(/\r?\n/).slice(1)) {
      const colon = line.indexOf(':');
      const last = fields.at(-1);
      // Obsolete line folding: part of the line before (RFC 9112 section 5.2).
      if (/^[ \t]/.test(line) && last !== undefined) last[1] += ` ${line.trim()}`;
      else if (colon > 0) fields.push([line.slice(0, colon).trim(), line.slice(colon + 1).trim()]);
    }
    return { headers: this.options.redactHeaders(fields) };
  }

  private interims(row: number): Map<number, { status: number; frame: FrameRef }[]> {
    const { events } = this.store;
    const found = new Map<number, { status: number; frame: FrameRef }[]>();
    for (const event of this.eventRows(row)) {
      if (events.kind.get(event) >>> 1 !== EventKind.interim) continue;
      const exchange = events.endFrame.get(event) - 1;
      const list = found.get(exchange) ?? [];
      list.push({ status: events.value.get(event), frame: this.frame(events.frame.get(event)) });
      found.set(exchange, list);
    }
    return found;
  }

  /** Points of large uploads, by exchange. */
  private progress(row: number): Map<number, ProgressReport[]> {
    const { events } = this.store;
    const found = new Map<number, ProgressReport[]>();
    for (const event of this.eventRows(row)) {
      if (events.kind.get(event) >>> 1 !== EventKind.progress) continue;
      const exchange = events.endFrame.get(event) - 1;
      const points = found.get(exchange) ?? [];
      points.push({ frame: this.frame(events.frame.get(event)), time: secondsFromNanoseconds(events.time.get(event)), bytes: events.value.get(event) });
      found.set(exchange, points);
    }
    return found;
  }

  /** A connection's events, oldest first. */
  eventRows(row: number): number[] {
    const { connections, events } = this.store;
    const rows: number[] = [];
    for (let next = connections.lastEvent.get(row); next !== 0; next = events.previous.get(next - 1)) rows.push(next - 1);
    return rows.reverse();
  }

  private events(row: number): Pick<ConnectionReport, 'keepAliveProbes' | 'windowProbes' | 'zeroWindows' | 'gaps'> {
    const { connections, events } = this.store;
    const clientSide = connections.state.get(row) & ConnectionBits.CLIENT_SIDE1 ? 1 : 0;
    const result: ReturnType<ConnectionView['events']> = { keepAliveProbes: [], windowProbes: [], zeroWindows: [], gaps: [] };
    for (const event of this.eventRows(row)) {
      const kind = events.kind.get(event) >>> 1;
      const from = (events.kind.get(event) & 1) === clientSide ? ('client' as const) : ('server' as const);
      const frame = this.frame(events.frame.get(event));
      const time = secondsFromNanoseconds(events.time.get(event));
      const endFrame = events.endFrame.get(event);
      if (kind === EventKind.keepAliveProbe || kind === EventKind.windowProbe) {
        const probe: ProbeReport = { frame, time, from, answeredBy: endFrame === 0 ? null : this.frame(endFrame) };
        (kind === EventKind.keepAliveProbe ? result.keepAliveProbes : result.windowProbes).push(probe);
      } else if (kind === EventKind.zeroWindow) {
        const end = endFrame === 0 ? connections.endedAt.get(row) - events.time.get(event) : events.endAfter.get(event);
        result.zeroWindows.push({ from, startFrame: frame, time, endFrame: endFrame === 0 ? null : this.frame(endFrame), seconds: secondsFromNanoseconds(Math.max(0, end)) });
      } else if (kind === EventKind.gap) {
        result.gaps.push({ from, bytes: events.value.get(event), frame, time });
      }
    }
    return result;
  }

  private otherFin(row: number): Pick<CloseReport, 'otherFin'> {
    const { connections } = this.store;
    const frame = connections.secondFinFrame.get(row);
    if (frame === 0) return {};
    return { otherFin: { frame: this.frame(frame), time: secondsFromNanoseconds(connections.closedAt.get(row) + connections.secondFinAfter.get(row)) } };
  }

  private close(row: number): ClosePlain {
    const { connections } = this.store;
    const state = connections.state.get(row);
    if ((state & ConnectionBits.CLOSED) === 0) {
      return { by: null, kind: (state & ConnectionBits.REPLACED) !== 0 ? 'replaced' : 'open', frame: null, time: null, idleSeconds: null };
    }
    return {
      by: (state & ConnectionBits.CLOSED_BY_CLIENT) !== 0 ? 'client' : 'server',
      kind: (state & ConnectionBits.CLOSED_BY_RESET) !== 0 ? 'rst' : 'fin',
      frame: this.frame(connections.closeFrame.get(row)),
      time: secondsFromNanoseconds(connections.closedAt.get(row)),
      idleSeconds: secondsFromNanoseconds(Math.max(0, connections.closeIdle.get(row))),
      ...this.otherFin(row),
    };
  }
}
