import { AppError } from '../app-error.ts';
import { ExchangeBits } from '../store/exchange-columns.ts';
import { EventKind } from '../tcp/connection-sink.ts';
import { formatCount, formatDuration, midSentence, plural, was } from '../../shared/format/quantity.ts';
import type { Confidence, EndpointReport, FindingReport } from '../../shared/model/report.ts';
import type { EndpointDetail, EndpointRow, Inference } from '../../shared/model/view.ts';
import type { EndpointRows } from './endpoint-rows.ts';
import { type IdleCloses, idleCloses } from './idle-closes.ts';
import { isOpenAtEnd, seconds } from './lane-spans.ts';
import type { Results } from './results.ts';
import { shownFinding, shownFix } from './shown-finding.ts';

const MAX_FINDINGS = 50;
/** Connections that are asked which findings name them; an endpoint with more has findings of its own. */
const MAX_SEARCHED = 10_000;
const ADVERBS: Record<Confidence, string> = { certain: '', likely: 'Likely: ', possible: 'Possibly: ' };

/** All that the page of one endpoint shows beside its lanes. @throws AppError `no-such-endpoint` */
export function endpointDetail(results: Results, endpoints: EndpointRows, endpoint: number): EndpointDetail {
  const ids = endpoints.sorted();
  const place = ids.indexOf(endpoint);
  if (place < 0) throw new AppError('no-such-endpoint', 'there is no such endpoint in this capture');
  const row = endpoints.row(endpoint);
  const named = findingsAbout(results, row);
  const findings = named.slice(0, MAX_FINDINGS).map(({ finding }) => shownFinding(finding));
  const { serverIdleSeconds, clientIdleSeconds } = row;
  const raced = row.causes.find(({ cause }) => cause === 'stale-reuse')?.connections ?? 0;
  const race = serverIdleSeconds !== null && clientIdleSeconds !== null && clientIdleSeconds > serverIdleSeconds ? clientIdleSeconds - serverIdleSeconds : null;
  return {
    revision: results.revision,
    row,
    ...headline(row, named),
    findings,
    inferences: inferences(results, row),
    idleLimits: { clientSeconds: clientIdleSeconds, serverSeconds: serverIdleSeconds, raceSeconds: race, raced },
    ...life(results, endpoint),
    previous: ids[place - 1] ?? null,
    next: ids[place + 1] ?? null,
  };
}

/** A finding, and how many of the endpoint's connections it names. */
interface Named {
  readonly finding: FindingReport;
  readonly here: number;
}

/** The findings about an endpoint, those too that are told of many together. */
function findingsAbout(results: Results, row: EndpointRow): Named[] {
  const report = results.report({ query: '' });
  const counts = new Map<number, number>();
  for (const connection of results.diagnosis.rows.rows(row.id).subarray(0, MAX_SEARCHED)) {
    for (const id of report.findingsOf(connection + 1)) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return report.findings().flatMap((finding) => {
    if (concerns(finding, row)) return [{ finding, here: finding.connections.length }];
    const here = finding.endpoint === null ? (counts.get(finding.id) ?? 0) : 0;
    return here > 0 ? [{ finding, here }] : [];
  });
}

function concerns({ endpoint }: FindingReport, { report }: EndpointRow): boolean {
  return endpoint !== null && endpoint.client === report.client && endpoint.server === report.server && endpoint.port === report.port && endpoint.encapsulation === report.encapsulation && String(endpoint.vlans) === String(report.vlans);
}

/** What is said first of an endpoint, how sure it is, and what to change about it. */
function headline({ report, avoidable }: EndpointRow, named: readonly Named[]): Pick<EndpointDetail, 'headline' | 'confidence' | 'fix'> {
  const gravest = named.find(({ finding }) => finding.severity !== 'info');
  if (gravest === undefined) return { ...nothingFound(report), fix: null };
  const missed = avoidable === 0 ? undefined : named.find(({ finding }) => finding.rule === 'missed-reuse')?.finding;
  const spared = `; ${plural(avoidable, 'connection')} could have been spared`;
  // An error is told before connections that were too many, unless what mends those mends it.
  if (missed === undefined || (gravest.finding.severity === 'error' && gravest.finding.fix.summary !== missed.fix.summary)) return told(gravest.finding, `${gravest.finding.title} (${plural(gravest.here, 'connection')})${missed === undefined ? '' : spared}.`);
  // Missed reuse is what is seen of it: the reason, where it is known, is what to change.
  const reason = named.find(({ finding }) => finding.rule === missed.fix.rule)?.finding;
  if (reason === undefined) return told(missed, `${plural(avoidable, 'connection')} ${was(avoidable)} opened although another could have served.`);
  return told(reason, `${reason.title}${spared}.`);
}

/** Only of requests that could be read does that mean that nothing needs changing. */
function nothingFound({ requests, estimatedRequests = 0, connections }: EndpointReport): Pick<EndpointDetail, 'headline' | 'confidence'> {
  const on = plural(connections, 'connection');
  if (requests > 0) return { headline: `${plural(requests, 'request')} used ${on}. Nothing here needs changing.`, confidence: 'certain' };
  if (estimatedRequests > 0) return { headline: `About ${plural(estimatedRequests, 'request')} inside TLS on ${on}: nothing was found.`, confidence: 'likely' };
  return { headline: `No request could be read on ${on}.`, confidence: 'certain' };
}

function told({ rule, confidence, fix }: FindingReport, sentence: string): Pick<EndpointDetail, 'headline' | 'confidence' | 'fix'> {
  return { headline: doubted(confidence, sentence), confidence, fix: shownFix(fix, rule) };
}

function doubted(confidence: Confidence, sentence: string): string {
  return confidence === 'certain' ? sentence : ADVERBS[confidence] + midSentence(sentence);
}

function inferences(results: Results, row: EndpointRow): Inference[] {
  const { report } = row;
  const { client, server } = idleCloses(results.store, results.diagnosis, row.id);
  const counted = probesOf(results, row.id);
  const found: Inference[] = [];
  // Where there is neither, the drawing of the limits says so.
  if (row.serverIdleSeconds !== null || row.clientIdleSeconds !== null) {
    found.push(idleLimit('Server idle limit', row.serverIdleSeconds, server), idleLimit('Client idle limit', row.clientIdleSeconds, client));
  }
  found.push(
    { label: 'Most idle at once', value: formatCount(report.maxIdle ?? 0), note: `${formatCount(report.maxConcurrent ?? 0)} open at once at most`, confidence: 'certain' },
    { label: 'Requests per connection', ...requestLimit(mostRequests(results, row.id), row) },
  );
  if (counted.probes > 0) {
    const after = counted.probeAfter === null ? 'unknown' : formatDuration(counted.probeAfter);
    const answered = counted.answered === counted.probes ? 'all answered' : `${formatCount(counted.answered)} answered`;
    found.push({ label: 'Keep-alive probe after', value: after, note: `${plural(counted.probes, 'probe')}, ${answered}`, confidence: 'certain' });
  }
  for (const [label, stack] of [['Client software', report.clientStack], ['Server software', report.serverStack]] as const) {
    found.push({ label, value: stack?.name ?? 'unknown', note: stack === null ? 'Its traffic does not tell.' : 'By its heads, probes and timers.', confidence: stack?.confidence ?? 'possible' });
  }
  return found;
}

function requestLimit(most: number, { causes }: EndpointRow): Omit<Inference, 'label'> {
  if (most === 0) return { value: 'unknown', note: 'No request could be read.', confidence: 'possible' };
  const isLimit = causes.some(({ cause }) => cause === 'max-requests');
  return { value: formatCount(most), note: isLimit ? 'A limit of the server.' : 'Highest seen; no limit was reached.', confidence: isLimit ? 'likely' : 'possible' };
}

function idleLimit(label: string, limit: number | null, { seconds, certain }: IdleCloses): Inference {
  if (limit === null) return { label, value: 'unknown', note: 'No close shows it.', confidence: 'possible' };
  const least = formatDuration(seconds[0]!);
  const most = formatDuration(seconds.at(-1)!);
  const note = `${plural(seconds.length, 'close')} ${least === most ? `after ${least}` : `between ${least} and ${most}`}`;
  return { label, value: formatDuration(limit), note, confidence: certain ? 'certain' : 'likely' };
}

interface Probes {
  probes: number;
  answered: number;
  /** Seconds from the last response to the first probe after it, in the middle; null where none came. */
  probeAfter: number | null;
}

function probesOf({ store, diagnosis }: Results, endpoint: number): Probes {
  const { connections, exchanges, events } = store;
  const found: Probes = { probes: 0, answered: 0, probeAfter: null };
  const afters: number[] = [];
  for (const row of diagnosis.rows.rows(endpoint)) {
    const last = connections.lastExchange.get(row) - 1;
    const ended = last >= 0 && (exchanges.state.get(last) & ExchangeBits.RESPONSE_COMPLETE) !== 0 ? exchanges.time.get(last) + exchanges.responseEndAfter.get(last) : Number.NaN;
    let first = Number.NaN;
    for (let event = connections.lastEvent.get(row) - 1; event >= 0; event = events.previous.get(event) - 1) {
      if (events.kind.get(event) >>> 1 !== EventKind.keepAliveProbe) continue;
      found.probes++;
      if (events.endFrame.get(event) !== 0) found.answered++;
      if (events.time.get(event) > ended) first = events.time.get(event);
    }
    if (!Number.isNaN(first)) afters.push(first - ended);
  }
  afters.sort((a, b) => a - b);
  if (afters.length > 0) found.probeAfter = seconds(afters[afters.length >> 1]!);
  return found;
}

function mostRequests({ store, diagnosis }: Results, endpoint: number): number {
  return diagnosis.rows.rows(endpoint).reduce((most, row) => Math.max(most, store.connections.exchanges.get(row)), 0);
}

/** From the first packet of the endpoint's connections to their last, or to the capture's end where one of them stays open. */
function life(results: Results, endpoint: number): { from: number; to: number } {
  const { connections } = results.store;
  const whole = results.moments();
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const row of results.diagnosis.rows.rows(endpoint)) {
    from = Math.min(from, connections.startedAt.get(row));
    to = Math.max(to, isOpenAtEnd(results.store, row) ? whole.to * 1e9 : connections.endedAt.get(row));
  }
  return { from: seconds(from), to: seconds(to) };
}
