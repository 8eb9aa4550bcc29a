import type { PacketReport } from '../../shared/model/packet.ts';
import type { CloseReport, ConnectionReport, ProtocolName } from '../../shared/model/connection.ts';
import type { CaptureReport, EndpointReport, FindingReport, Side, Summary, UnreadableInput } from '../../shared/model/report.ts';

/**
 * What every format of a report is drawn from. Targets, hosts and headers are redacted already, where they are to be
 * (redaction.ts).
 */
export interface ReportModel {
  readonly captures: readonly CaptureReport[];
  readonly unreadable: readonly UnreadableInput[];
  /** The analysis was stopped before the end of the input. */
  readonly interrupted: boolean;
  /** Without what `summaryOf` adds. */
  readonly summary: Summary;
  readonly tally: ConnectionTally;
  readonly connectionCount: number;
  /** Connections of the captures that a filter leaves out. */
  readonly leftOut?: number;
  /** Whether secrets are left out; null where it is not known. */
  readonly redacted: boolean | null;
  /** Addresses and hosts are replaced by pseudonyms (pseudonyms.ts). */
  readonly pseudonyms?: true;
  /** In the order of their ids. Each is made when it is asked for: a million of them are not held. */
  connections(): Iterable<ConnectionReport>;
  /** One of them; null where there is none, or the filter leaves it out. */
  connection(id: number): ConnectionReport | null;
  /**
   * The first packets of a connection, and its last ones where there are more, read from the captures once more.
   *
   * @throws AppError where they cannot be read again: standard input, files that were changed
   */
  packets(id: number, first: number, last: number): Promise<PacketExcerpt>;
  /** First packet and close of each connection, in seconds, in the order of their ids; null for one that was not seen to close. Cheap however many there are. */
  lifetimes(visit: (startedAt: number, closedAt: number | null) => void): void;
  /** At most `limit` connections that say most (notable.ts), the most notable first or in the order of their ids; each is made when it is asked for. */
  notableConnections(limit: number, order: 'notable' | 'id'): Iterable<ConnectionReport>;
  /** The ones with most connections first. */
  endpoints(): EndpointReport[];
  readonly endpointCount: number;
  /** At most `limit` of them, those with most connections that could have been spared first, then most connections; cheap however many there are. */
  costliestEndpoints(limit: number): EndpointReport[];
  /** In the order of their ids. */
  findings(): FindingReport[];
}

/** `last` is empty where `first` holds all; else packets between the two are left out. */
export interface PacketExcerpt {
  readonly first: readonly PacketReport[];
  readonly last: readonly PacketReport[];
}

/** All connections, counted by what they are and how they ended; only what there is. */
export interface ConnectionTally {
  readonly protocols: Partial<Record<ProtocolName, number>>;
  /** Connections of which bytes that were sent are not in the capture. */
  readonly withGaps: number;
  /** Requests without a response. */
  readonly unanswered: number;
  /** Attempts to connect that failed; `closes` has the other connections. */
  readonly failed: { readonly refused: number; readonly timedOut: number };
  readonly closes: readonly { readonly by: Side | null; readonly kind: CloseReport['kind']; readonly connections: number }[];
}

/** The summary as reports show it. */
export function summaryOf(model: ReportModel): Summary {
  return {
    ...model.summary,
    ...(model.redacted === null ? {} : { redacted: model.redacted }),
    ...(model.pseudonyms === true ? { pseudonyms: true } : {}),
    ...(model.interrupted ? { interrupted: true } : {}),
    ...(model.unreadable.length > 0 ? { unreadable: [...model.unreadable] } : {}),
  };
}
