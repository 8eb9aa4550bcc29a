import type { EarlyData } from './early-data.ts';
import type { TlsLimits } from './limits.ts';
import { contentLost } from './plain-text.ts';
import { type OpenedRecord, type RecordOpener, UNCERTAIN } from './record-opener.ts';
import { directionOf, type TlsConnection } from './tls-connection.ts';
import type { TlsEvents } from './tls-events.ts';
import { HEADER_BYTES, type TlsHalf } from './tls-half.ts';

/** A record behind a loss, and how much plain text was lost before it. */
export interface ResumedRecord {
  readonly opened: OpenedRecord;
  readonly content: number;
}

/** Opens records whose number, or whose keys, are not known for certain: by trying, bounded on each half-stream. */
export class RecordTrials {
  private readonly sink: TlsEvents;
  private readonly limits: TlsLimits;
  private readonly early: EarlyData;

  constructor(sink: TlsEvents, limits: TlsLimits, early: EarlyData) {
    this.sink = sink;
    this.limits = limits;
    this.early = early;
  }

  /** Opens a record under the next number, or one of the `ahead` after it. */
  ahead(side: TlsHalf, opener: RecordOpener, header: Uint8Array, body: Uint8Array, ahead: number): OpenedRecord | null {
    const first = opener.number;
    for (; opener.number <= first + ahead && side.tried <= this.limits.triedBytes; opener.number++) {
      const opened = opener.open(header, body);
      if (opened !== null) return opened;
      side.tried += HEADER_BYTES + body.length;
    }
    opener.number = first;
    return null;
  }

  /** Opens a record of TLS 1.3 as one of the first under the next keys, or as early data; the opener that could is this direction's then. */
  withOther(connection: TlsConnection, side: TlsHalf, half: number, header: Uint8Array, body: Uint8Array, ahead: number): OpenedRecord | null {
    if (side.opener!.version !== '1.3') return null;
    const direction = directionOf(connection, half);
    const next = side.epoch === 'application' ? side.opener!.updated() : connection.handshake.opener(direction, 'application');
    const opened = next === null ? null : this.ahead(side, next, header, body, ahead);
    if (opened === null) return direction === 'client' && side.epoch === 'handshake' ? this.early.open(connection, header, body) : null;
    if (side.epoch === 'application') this.sink.tls(connection.row, { keysUpdated: true });
    side.opener = next;
    side.epoch = 'application';
    return opened;
  }

  /**
   * Opens what stands behind a loss, under one of the numbers that the lost bytes allow.
   *
   * @param opener of this direction
   * @param lost bytes from the first that is lost to the record
   */
  behindLoss(connection: TlsConnection, side: TlsHalf, opener: RecordOpener, half: number, header: Uint8Array, body: Uint8Array, lost: number): ResumedRecord | null {
    const { number } = opener;
    const { epoch } = side;
    const fewest = side.unsure ? 0 : opener.fewest(lost);
    const ahead = side.unsure ? this.limits.lostRecords : Math.min(opener.most(lost) - fewest, this.limits.lostRecords);
    opener.number += fewest;
    const opened = this.ahead(side, opener, header, body, ahead);
    const records = opener.number - 1 - number;
    opener.number = number;
    if (opened !== null) {
      const content = contentLost(side, lost, records);
      opener.number += records + 1;
      return { opened, content };
    }
    const other = this.withOther(connection, side, half, header, body, this.limits.lostRecords);
    if (other === null) return null;
    // Under new keys it may be the first, and nothing of the application's was lost but what the old keys sealed.
    return { opened: other, content: epoch === 'application' || side.opener!.number > 1 ? UNCERTAIN + opener.contentOf(lost, opener.fewest(lost)) : 0 };
  }

  /** Whether what stands `lost` bytes inside of a record that is not whole is a later record. */
  isLater(connection: TlsConnection, side: TlsHalf, opener: RecordOpener, half: number, header: Uint8Array, body: Uint8Array, lost: number): boolean {
    const { number } = opener;
    opener.number += opener.fewest(lost);
    const opened = this.ahead(side, opener, header, body, opener.most(lost) - 1);
    opener.number = number;
    if (opened !== null) return true;
    const next = side.epoch === 'handshake' ? connection.handshake.opener(directionOf(connection, half), 'application') : null;
    return next !== null && this.ahead(side, next, header, body, opener.most(lost)) !== null;
  }
}
