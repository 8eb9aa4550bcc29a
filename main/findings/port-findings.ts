import { formatCount, formatDuration } from '../../shared/format/quantity.ts';
import { openFrame } from './evidence.ts';
import type { EndpointContext, FindingDraft } from './finding-draft.ts';
import { type PortFacts, TIME_WAIT } from './ports.ts';

/** Share of the port range from which on a forecast is a warning. */
const NOTABLE_SHARE = 0.25;
/** Share of the rate that takes all ports, from which on that rate is told. */
const NEAR = 0.9;
const NOTABLY_SOONER = 0.95;

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
    explanation = `The client uses up its local ports for this server: ${taken} were taken at ${perSecond(ports.rate)} new connections a second. At this rate none is left ${formatDuration(ports.secondsToExhaustion)} after the first connection${sooner(ports)}.`;
  } else if (nearLimit(ports)) {
    explanation = `The client needs nearly all of its local ports for this server: ${taken} were taken at ${perSecond(ports.rate)} new connections a second. Each is held for a minute after its close (TIME_WAIT): more than ${perSecond(limitOf(ports))} a second, for a minute, leave none.`;
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
      severity: ports.secondsToExhaustion === null && !ports.exhausted ? 'warning' : 'error',
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

function perSecond(rate: number): string {
  return rate < 10 ? rate.toFixed(1) : formatCount(Math.floor(rate));
}

/** New connections a second from which on ports run out. */
function limitOf({ budget }: PortFacts): number {
  return (budget / TIME_WAIT) * 1e9;
}

/** The rate is just below the limit, and the client holds TIME_WAIT. */
function nearLimit(ports: PortFacts): boolean {
  const { budget, takenPeak, timeWaitSide, rate, takesBack } = ports;
  return !takesBack && timeWaitSide === 'client' && takenPeak >= NOTABLE_SHARE * budget && rate >= NEAR * limitOf(ports);
}

/** When, if the rate goes on growing, where that makes a difference. */
function sooner({ secondsToExhaustion, soonestExhaustion }: PortFacts): string {
  if (soonestExhaustion === null || !(soonestExhaustion < secondsToExhaustion! * NOTABLY_SOONER)) return '';
  return `, and already ${formatDuration(soonestExhaustion)} after it if the rate goes on growing as it does`;
}
