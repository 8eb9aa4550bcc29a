import { formatCount, formatDuration } from '../../shared/format/quantity.ts';
import { openFrame } from './evidence.ts';
import type { EndpointContext, FindingDraft } from './finding-draft.ts';

/** Share of the port range from which on a forecast is a warning. */
const NOTABLE_SHARE = 0.25;

/** The client's ephemeral ports for this server run out: seen, or foreseen. Always an inference: a dial that fails sends nothing. */
export function portExhaustion(context: EndpointContext): FindingDraft[] {
  const { store, rows, endpoint, ports } = context;
  const last = rows[rows.length - 1]!;
  const taken = ports.takenPeak > ports.budget ? `${formatCount(ports.takenPeak)} ports` : `${formatCount(ports.takenPeak)} of ${formatCount(ports.budget)} ports`;
  let explanation: string;
  if (ports.exhausted) {
    const { lowest, highest, distinct } = ports.range;
    const when = ports.secondsToExhaustion === null ? 'at one moment' : `${formatDuration(ports.secondsToExhaustion)} after the first connection`;
    explanation = `All ${formatCount(distinct)} local ports from ${lowest} to ${highest} were taken for this server ${when}, by connections that were open, in CLOSE_WAIT or in TIME_WAIT, and none beyond them: the client has run out of local ports. A dial that fails so (EADDRNOTAVAIL) sends nothing, so the failures themselves cannot be seen.`;
  } else if (ports.secondsToExhaustion !== null && ports.takenPeak >= ports.budget) {
    explanation = `${formatDuration(ports.secondsToExhaustion)} after the first connection all ${formatCount(ports.budget)} local ports of the client were taken for this server, by open connections and by closed ones in TIME_WAIT: from then on new connections fail (EADDRNOTAVAIL).`;
  } else if (ports.secondsToExhaustion !== null && ports.takenPeak >= NOTABLE_SHARE * ports.budget) {
    explanation = `The client uses up its local ports for this server: ${taken} were taken at ${ports.rate.toFixed(0)} new connections a second. At this rate none is left ${formatDuration(ports.secondsToExhaustion)} after the first connection.`;
  } else {
    return [];
  }
  if (ports.foreseen !== null) explanation += ` The growth foretold it ${formatDuration(ports.foreseen.at)} after the first connection: none left at ${formatDuration(ports.foreseen.due)}.`;
  const holder = ports.timeWaitSide === 'client' ? 'TIME_WAIT is on the client, which closes first' : ports.timeWaitSide === 'none' ? 'the connections stay open' : `TIME_WAIT is on the ${ports.timeWaitSide}`;
  return [
    {
      rule: 'port-exhaustion',
      confidence: 'possible',
      // An inference always, but what it speaks of takes the client down.
      severity: 'error',
      endpoint,
      rows: Array.from(rows),
      explanation,
      evidence: [
        { frame: openFrame(store, rows[0]!), note: 'first SYN of the client to this server' },
        { frame: openFrame(store, last), note: `last SYN; ${taken} taken at the peak, ${holder}` },
      ],
      cost: { connections: rows.length, nanoseconds: 0 },
    },
  ];
}
