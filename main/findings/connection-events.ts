import { Protocol } from '../http/exchange-sink.ts';
import { ConnectionBits } from '../store/connection-columns.ts';
import { ConnectionRow } from '../store/connection-row.ts';
import type { ResultStore } from '../store/result-store.ts';
import { EventKind, ResetFlag } from '../tcp/connection-sink.ts';

/** What a connection's events say that the rules ask for. Few connections have any: all are read at once, and the rest costs a comparison. */
export class ConnectionEvents extends ConnectionRow {
  /** Nanoseconds since the origin, NaN where the connection is open. */
  closedAt = Number.NaN;
  hasEvents = false;
  /** Of either side. */
  keepAliveProbes = 0;
  /** Unanswered keep-alive probes in a row of the side that closed, up to the close. */
  unansweredProbes = 0;
  /** RSTs by side: with ACK, and bare; whether one came from elsewhere than its sender's other packets. */
  resetsClient = 0;
  resetsServer = 0;
  bareResetsClient = 0;
  bareResetsServer = 0;
  resetOtherTtl = false;
  gaps = false;
  /** The first FIN answers a close_notify of the other side (RFC 8446 section 6.1): its frame, 0 without. */
  notifiedFrame = 0;
  /** The server sent a close_notify, or what looks like one. */
  notifiedByServer = false;
  /** The fatal alert of TLS that ended it: its frame, 0 without, and its description. */
  alertFrame = 0;
  alertByClient = false;
  alertDescription = 0;
  /** Frame of bytes nobody asked for, 0 without. */
  unsolicitedFrame = 0;
  /** When bytes came that begin no response or chunk where one should (an alert of TLS, too), NaN without. */
  malformedTime = Number.NaN;
  /** Nanoseconds the client's, the server's window stood at zero. */
  zeroWindowClient = 0;
  zeroWindowServer = 0;
  zeroWindowOpenClient = false;
  protected readonly store: ResultStore;

  constructor(store: ResultStore) {
    super(store.connections);
    this.store = store;
  }

  get protocol(): Protocol {
    return ((this.state >>> ConnectionBits.PROTOCOL_SHIFT) & 7) as Protocol;
  }

  /** To be called once `closedAt` is set. */
  protected loadEvents(): void {
    const last = this.isRare ? this.columns.lastEvent.get(this.row) - 1 : -1;
    if (last < 0 && !this.hasEvents) return;
    this.clearEvents();
    this.hasEvents = last >= 0;
    if (this.hasEvents) this.readEvents(last);
  }

  private clearEvents(): void {
    this.unansweredProbes = this.keepAliveProbes = 0;
    this.resetsClient = this.resetsServer = this.bareResetsClient = this.bareResetsServer = 0;
    this.resetOtherTtl = this.gaps = this.notifiedByServer = false;
    this.unsolicitedFrame = this.notifiedFrame = this.alertFrame = 0;
    this.malformedTime = Number.NaN;
    this.zeroWindowClient = this.zeroWindowServer = 0;
    this.zeroWindowOpenClient = false;
  }

  private readEvents(last: number): void {
    const { events } = this.store;
    const clientSide = (this.state & ConnectionBits.CLIENT_SIDE1) !== 0 ? 1 : 0;
    let probesCount = true;
    let notified = false;
    for (let event = last; event >= 0; event = events.previous.get(event) - 1) {
      const kind = events.kind.get(event) >>> 1;
      const isClient = (events.kind.get(event) & 1) === clientSide;
      if (kind === EventKind.keepAliveProbe) {
        this.keepAliveProbes++;
        if (isClient !== this.byClient) continue;
        if (probesCount && events.endFrame.get(event) === 0) this.unansweredProbes++;
        else probesCount = false;
      } else if (kind === EventKind.reset) {
        const flags = events.value.get(event);
        const bare = (flags & ResetFlag.ACK) === 0;
        if (isClient && bare) this.bareResetsClient++;
        else if (isClient) this.resetsClient++;
        else if (bare) this.bareResetsServer++;
        else this.resetsServer++;
        if ((flags & ResetFlag.OTHER_TTL) !== 0) this.resetOtherTtl = true;
      } else if (kind === EventKind.gap) {
        this.gaps = true;
      } else if (kind === EventKind.closeNotify) {
        // Of two the one that was told last came first.
        if (!isClient) this.notifiedByServer = true;
        if (notified) continue;
        notified = true;
        if (isClient !== this.byClient && !this.byReset && events.time.get(event) <= this.closedAt) this.notifiedFrame = events.frame.get(event);
      } else if (kind === EventKind.fatalAlert) {
        this.alertFrame = events.frame.get(event);
        this.alertByClient = isClient;
        // To a plain request TLS is no answer.
        if (!isClient && this.protocol === Protocol.http1) this.malformedTime = events.time.get(event);
        this.alertDescription = events.value.get(event);
      } else if (kind === EventKind.unsolicited) {
        this.unsolicitedFrame = events.frame.get(event);
      } else if (kind === EventKind.malformed) {
        this.malformedTime = events.time.get(event);
      } else if (kind === EventKind.zeroWindow) {
        const open = events.endFrame.get(event) === 0;
        const length = open ? this.endedAt - events.time.get(event) : events.endAfter.get(event);
        if (isClient) {
          this.zeroWindowClient += length;
          this.zeroWindowOpenClient ||= open;
        } else {
          this.zeroWindowServer += length;
        }
      }
    }
  }
}
