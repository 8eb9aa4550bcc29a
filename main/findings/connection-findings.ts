import { formatDuration, plural } from '../../shared/format/quantity.ts';
import { ConnectionBits } from '../store/connection-columns.ts';
import { EventKind, ResetFlag } from '../tcp/connection-sink.ts';
import { eventsOf } from './evidence.ts';
import { type EndpointContext, type Evidence, type FindingDraft, MAX_EVIDENCE, MAX_EXAMPLES } from './finding-draft.ts';
import { FirstRequests } from './first-requests.ts';
import { FRAMING_AMBIGUITIES } from '../http/anomalies.ts';

/** A retry comes on a new connection this soon after the failure. */
const RETRY_WITHIN = 2e9;
/** A library repeats a request within this time and a round trip; what comes later the program or a person asked for again. */
const BY_THE_LIBRARY = 20e6;
/** Share of the pause before a request, from which on the next one comes in its own time. */
const AS_USUAL = 0.5;
/** Methods that may be repeated without asking (RFC 9110 section 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** Requests of which not even the head came to its end; bodies that break off are looked at exchange by exchange. */
export function cutRequests({ store, group, endpoint }: EndpointContext): FindingDraft[] {
  const { connections } = store;
  const rows = [...group.cutRequests];
  if (rows.length === 0) return [];
  return [
    {
      rule: 'upload-incomplete',
      confidence: 'certain',
      // Scanners and health checks do it too.
      severity: 'info',
      endpoint,
      rows,
      explanation: `${plural(rows.length, 'request')} broke off in the middle of the head: no whole request was ever sent.`,
      evidence: rows.slice(0, MAX_EXAMPLES).map((row) => ({ frame: connections.closeFrame.get(row), note: `connection ${row + 1} closes after ${plural(connections.payloadClient.get(row), 'byte')} of the client` })),
    },
  ];
}

/** Requests that met a closing or dead connection: lost, or sent again on a new one. */
export function lostRequests(context: EndpointContext): FindingDraft[] {
  const { store, rows, group, endpoint, verdicts, case: c } = context;
  if (!group.causes.has('stale-reuse') && !group.causes.has('middlebox')) return [];
  const { connections, exchanges, strings } = store;
  const lost: number[] = [];
  const retries: number[] = [];
  const lostEvidence: Evidence[] = [];
  const retryEvidence: Evidence[] = [];
  let dangerous = 0;
  let askedAnew = 0;
  let firsts: FirstRequests | null = null;
  for (const row of rows) {
    const { cause } = verdicts.get(row);
    if (cause !== 'stale-reuse' && cause !== 'middlebox') continue;
    c.load(row);
    if (!c.hasRequest || c.hasResponse || !c.closed) continue;
    firsts ??= new FirstRequests(store, rows);
    const met = Math.max(c.closedAt, c.requestBegan);
    const place = firsts.sameOpenedBetween(c.last, c.requestBegan, met + RETRY_WITHIN, row);
    const retry = place < 0 ? -1 : rows[place]!;
    const method = strings.text(exchanges.method.get(c.last));
    const repeatedAfter = place < 0 ? Number.NaN : firsts.askedAt(place) - met;
    // Who asks again as late as it used to ask does what it would have done anyway: its program saw an error.
    const usual = c.requestBegan - c.previousEnded;
    const soon = repeatedAfter <= BY_THE_LIBRARY + c.clientRoundTrip || (IDEMPOTENT.has(method) && !(repeatedAfter >= usual * AS_USUAL));
    if (retry >= 0 && soon) {
      retries.push(retry);
      if (retryEvidence.length < MAX_EVIDENCE) {
        retryEvidence.push({ frame: exchanges.requestFrame.get(c.last), note: `${method} on connection ${row + 1}, never answered` });
        retryEvidence.push({ frame: connections.firstFrame.get(retry), note: `the same request on the new connection ${retry + 1}` });
      }
      if (!IDEMPOTENT.has(method)) dangerous++;
    } else {
      lost.push(row);
      if (retry >= 0) askedAnew++;
      if (lostEvidence.length < MAX_EVIDENCE) {
        const after = retry < 0 ? ' and not sent again' : `; another ${method} to the same target comes on connection ${retry + 1}, ${formatDuration(repeatedAfter / 1e9)} later`;
        lostEvidence.push({ frame: exchanges.requestFrame.get(c.last), note: `${method} on connection ${row + 1}` });
        lostEvidence.push({ frame: c.closeFrame, note: `the connection ends, the request unanswered${after}` });
      }
    }
  }
  const drafts: FindingDraft[] = [];
  if (lost.length > 0) {
    const anew = askedAnew > 0 ? ', and may have asked anew a moment later' : '';
    drafts.push({
      rule: 'request-lost',
      confidence: 'certain',
      endpoint,
      rows: lost,
      explanation: `${plural(lost.length, 'request')} got no answer because the connection was gone, and the client did not send ${lost.length === 1 ? 'it' : 'them'} again by itself: the program saw an error${anew}.`,
      evidence: lostEvidence.slice(0, MAX_EVIDENCE),
    });
  }
  if (retries.length > 0) {
    const warning = dangerous > 0 ? ` ${plural(dangerous, 'of them is', 'of them are')} not idempotent: the server may have acted twice.` : '';
    drafts.push({
      rule: 'client-retry',
      confidence: 'likely',
      endpoint,
      rows: retries,
      explanation: `${plural(retries.length, 'request')} that met a closed connection went out again on a new one.${warning}`,
      evidence: retryEvidence.slice(0, MAX_EVIDENCE),
    });
  }
  return drafts;
}

/** Resets as a way to close, bytes nobody asked for, framing that can be read in two ways. */
export function oddities(context: EndpointContext): FindingDraft[] {
  const { store, group, endpoint } = context;
  if (group.eventful.length === 0) return [];
  const { connections, events } = store;
  const abortive: number[] = [];
  const unsolicited: number[] = [];
  const ambiguous: number[] = [];
  const evidence: Record<'abortive' | 'unsolicited' | 'ambiguous', Evidence[]> = { abortive: [], unsolicited: [], ambiguous: [] };
  const codes = new Set<string>();
  for (const row of group.eventful) {
    const state = connections.state.get(row);
    const byClientReset = ConnectionBits.CLOSED | ConnectionBits.CLOSED_BY_CLIENT | ConnectionBits.CLOSED_BY_RESET;
    for (const event of eventsOf(store, row)) {
      const kind = events.kind.get(event) >>> 1;
      const frame = events.frame.get(event);
      if (kind === EventKind.unsolicited) {
        if (unsolicited.at(-1) !== row) unsolicited.push(row);
        if (evidence.unsolicited.length < MAX_EVIDENCE) evidence.unsolicited.push({ frame, note: 'bytes of the server that belong to no response' });
      } else if (kind === EventKind.ambiguous) {
        if (ambiguous.at(-1) !== row) ambiguous.push(row);
        codes.add(FRAMING_AMBIGUITIES[events.value.get(event)]!);
        if (evidence.ambiguous.length < MAX_EVIDENCE) evidence.ambiguous.push({ frame, note: FRAMING_AMBIGUITIES[events.value.get(event)]! });
      } else if (kind === EventKind.reset && (state & byClientReset) === byClientReset && frame === connections.closeFrame.get(row)) {
        if ((events.value.get(event) & ResetFlag.ACK) === 0 || connections.lastExchange.get(row) === 0) continue;
        // The kernel's RST behind probes that nobody answered: nobody chose it.
        if (context.verdicts.get(row).cause === 'keepalive-dead-peer') continue;
        abortive.push(row);
        if (evidence.abortive.length < MAX_EXAMPLES) evidence.abortive.push({ frame, note: `RST of the client ends connection ${row + 1}` });
      }
    }
  }
  const drafts: FindingDraft[] = [];
  if (abortive.length > 0) {
    drafts.push({
      rule: 'abortive-close',
      confidence: 'certain',
      endpoint,
      rows: abortive,
      explanation: `The client ended ${plural(abortive.length, 'connection')} with a RST instead of a FIN: bytes lay unread in its kernel when it closed, or it is set to close so (SO_LINGER 0).`,
      evidence: evidence.abortive,
    });
  }
  if (unsolicited.length > 0) {
    drafts.push({
      rule: 'unsolicited-data',
      confidence: 'certain',
      endpoint,
      rows: unsolicited,
      explanation: `The server sent bytes that no request asked for on ${plural(unsolicited.length, 'connection')}: a Content-Length that is too small, or a response nobody waited for. A client must not reuse such a connection.`,
      evidence: evidence.unsolicited,
    });
  }
  if (ambiguous.length > 0) {
    drafts.push({
      rule: 'framing-ambiguous',
      confidence: 'certain',
      endpoint,
      rows: ambiguous,
      explanation: `Messages on ${plural(ambiguous.length, 'connection')} can be framed in more than one way (${[...codes].join(', ')}): two readers may see different requests in them.`,
      evidence: evidence.ambiguous,
    });
  }
  return drafts;
}
