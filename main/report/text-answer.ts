import { formatCount, formatDuration, formatPercent, midSentence, plural, was } from '../../shared/format/quantity.ts';
import type { ProtocolName } from '../../shared/model/connection.ts';
import type { CloseCause, Confidence, FindingReport, FixReport, RuleName } from '../../shared/model/report.ts';
import type { ReportModel } from './report-model.ts';

/**
 * What the capture says, in a few sentences: how far connections were reused, who closed them how and why, and what to
 * change first. `soFar`: it is still being read.
 */
export function answer(model: ReportModel, soFar = false): string[] {
  const { summary } = model;
  const sentences: string[] = [];
  if (model.interrupted) sentences.push('Stopped before the end: this is what was read until then.');
  if (summary.connections === 0) return [...sentences, nothingFound(model, soFar)];
  const { leftOut = 0 } = model;
  sentences.push(reuse(model), closes(model, soFar), failures(model, soFar), ...gravest(model), otherProtocols(model), sealed(model), avoidable(model));
  if (summary.keepAliveProbes > 0) {
    sentences.push(`${plural(summary.keepAliveProbes, 'TCP keep-alive probe')} ${was(summary.keepAliveProbes)} sent.`);
  }
  if (leftOut > 0) sentences.push(`${plural(leftOut, 'other connection')} of the captures ${was(leftOut)} left out by the filter.`);
  return sentences.filter((sentence) => sentence !== '');
}

function nothingFound(model: ReportModel, soFar: boolean): string {
  const packets = model.captures.reduce((sum, capture) => sum + capture.packets, 0);
  if (model.captures.length === 0) return 'Nothing was read.';
  const { leftOut = 0 } = model;
  if (leftOut > 0) return `No connection is what the filter asks for: ${plural(leftOut, 'connection')} ${was(leftOut)} left out.`;
  if (soFar) return packets === 0 ? 'No packet has come yet.' : `No TCP connection in ${plural(packets, 'packet')} so far.`;
  return packets === 0 ? 'There are no packets to read.' : `No TCP connection in ${plural(packets, 'packet')}.`;
}

function reuse(model: ReportModel): string {
  const { requests, responses, httpConnections, reusedConnections, reuseRatio } = model.summary;
  const on = plural(httpConnections, 'connection');
  if (httpConnections === 0) {
    const count = openedOf(model);
    if (count === 0) return '';
    const what = protocolCounts(model, count);
    return `${plural(count, 'TCP connection')}, ${count === 1 ? 'without' : 'none with'} HTTP/1 that can be read${what === '' ? '' : ` (${what})`}.`;
  }
  if (requests === 0) return `${plural(responses, 'response')} on ${on}: the requests are not in the capture.`;
  const used = `${plural(requests, 'request')} used ${on}`;
  if (requests === 1) return `${used}: there was nothing to reuse.`;
  if (reusedConnections === 0) return httpConnections === 1 ? `${used}.` : `${used}: none was reused.`;
  if (httpConnections === 1) return `${used}: it was reused every time.`;
  const found = `${formatPercent(reuseRatio)} of the requests found one open`;
  const which = reusedConnections < httpConnections ? formatCount(reusedConnections) : httpConnections === 2 ? 'both' : 'all';
  return `${used}: ${which} ${was(reusedConnections)} reused, ${found}.`;
}

/** Connections that came about. */
function openedOf({ summary, tally: { failed } }: ReportModel): number {
  return summary.connections - failed.refused - failed.timedOut;
}

/** Attempts to connect: nothing of them was open at the end, or closed. */
function failures({ tally: { failed: { refused, timedOut } } }: ReportModel, soFar: boolean): string {
  if (refused + timedOut === 0) return '';
  const unanswered = `${timedOut === 1 ? 'has' : 'have'} no answer so far`;
  const told = [
    ...(refused > 0 ? [`${plural(refused, 'attempt')} to connect ${was(refused)} refused (RST)`] : []),
    ...(timedOut > 0 ? [`${plural(timedOut, 'attempt')} to connect ${soFar ? unanswered : 'got no answer'}`] : []),
  ];
  return `${told.join(', and ')}.`;
}

function otherProtocols(model: ReportModel): string {
  const { httpConnections } = model.summary;
  const others = openedOf(model) - httpConnections;
  if (others <= 0 || httpConnections === 0) return '';
  const what = protocolCounts(model, others);
  return `${plural(others, 'further connection')} had no HTTP/1 that can be read${what === '' ? '' : ` (${what})`}.`;
}

/** Requests that could not be read. */
function sealed({ summary: { estimatedRequests } }: ReportModel): string {
  if (estimatedRequests === undefined) return '';
  return `TLS hides about ${plural(estimatedRequests, 'request')}, estimated from whose turn it was to send: with a key log (SSLKEYLOGFILE) they can be read.`;
}

const PROTOCOLS: readonly (readonly [ProtocolName, string])[] = [
  ['tls', 'TLS'],
  ['http/2', 'HTTP/2'],
  ['websocket', 'WebSocket'],
  ['tunnel', 'tunnel'],
  ['other', 'of other protocols'],
  ['none', 'without data'],
];

/** "10 TLS, 2 without data", of `count` connections that came about; nothing where a protocol here has had HTTP/1 before it. */
function protocolCounts({ tally: { protocols, failed } }: ReportModel, count: number): string {
  const present = PROTOCOLS.map(([name, words]) => [(protocols[name] ?? 0) - (name === 'none' ? failed.refused + failed.timedOut : 0), words] as const).filter(([connections]) => connections > 0);
  const sum = present.reduce((total, [connections]) => total + connections, 0);
  if (sum !== count) return '';
  return present.map(([connections, words]) => (present.length === 1 ? words : `${formatCount(connections)} ${words}`)).join(', ');
}

function closes(model: ReportModel, soFar: boolean): string {
  const { summary, tally } = model;
  const total = openedOf(model);
  const parts: string[] = [];
  let before: string | null = null;
  // Most first, but what one side did stays together.
  const most = (by: string | null): number => Math.max(...tally.closes.filter((one) => one.by === by).map((one) => one.connections));
  const sorted = tally.closes.filter((one) => one.connections > 0).sort((a, b) => (a.by === b.by ? b.connections - a.connections : most(b.by) - most(a.by) || SIDES.indexOf(a.by) - SIDES.indexOf(b.by)));
  // What was said before is about those with HTTP; here it is all of them.
  const isMore = summary.httpConnections < total && summary.httpConnections > 0;
  for (const { by, kind, connections: count } of sorted) {
    const all = total === 1 ? 'it' : `${total === 2 ? 'both' : `all ${formatCount(count)}`}${isMore ? ' connections' : ''}`;
    const which = count < total ? formatCount(count) : all;
    const did = `${kind === 'fin' ? 'closed' : 'reset'} ${which} (${kind.toUpperCase()})`;
    if (kind === 'open') parts.push(soFar ? `${which} ${count === 1 ? 'is' : 'are'} open so far` : `${which} ${was(count)} still open at the end`);
    else if (kind === 'replaced') parts.push(`the end of ${which} was not seen`);
    else if (by === before) parts.push(`${parts.pop()} and ${did}`);
    else parts.push(`the ${by} ${did}`);
    before = by;
  }
  const last = parts.pop();
  if (last === undefined) return '';
  const of = isMore && parts.length > 0 ? `of ${total === 2 ? 'both' : `all ${formatCount(total)}`} connections, ` : '';
  // What is open was not closed "because" of something: it lasts, and something was the matter with it.
  const why = sorted.length === 1 && before === null ? causes(model).replace(/^, ((?:possibly|probably) )?because /, (_, doubt = '') => `: ${doubt}`) : causes(model);
  const sentence = `${of}${parts.length === 0 ? last : `${parts.join(', ')}, and ${last}`}${why}.`;
  return sentence[0]!.toUpperCase() + sentence.slice(1);
}

/** The gravest finding, where it is no cause of a close that was told already, and what to change about it; nothing where all is as it should be. */
function gravest(model: ReportModel): string[] {
  const [first] = model.findings();
  if (first === undefined || first.severity === 'info') return [];
  const { rule, title, fix } = first;
  const isTold = (told: RuleName): boolean => commonestCauses(model).some(([cause]) => cause === told);
  const here = sameEndpoint(model, first);
  const reason = here.find((finding) => finding.rule === fix.rule && !isTold(finding.rule));
  const other = lookAlike(first, here);
  const change = [
    ...(reason === undefined ? [] : [`${sure('The reason', reason)}: ${midSentence(reason.title)}.`]),
    `What to change: ${adviceOf(fix)}`,
    ...(other === undefined ? [] : [`If that is done already: ${midSentence(adviceOf(other.fix))}`]),
  ];
  // Of missed reuse the answer says how many connections could have been spared.
  if (rule === 'missed-reuse' || rule === 'connect-failed' || isTold(rule)) return change;
  return [`${sure('Gravest', first)}: ${midSentence(title)}.`, ...change];
}

/** "Gravest", "Gravest, likely". */
function sure(word: string, { confidence }: FindingReport): string {
  return confidence === 'certain' ? word : `${word}, ${confidence}`;
}

/** What looks the same as the reason of a finding, where both are findings of the same connections: what to change is one or the other. */
function lookAlike({ rule, fix }: FindingReport, here: readonly FindingReport[]): FindingReport | undefined {
  const reason = here.find((finding) => finding.rule === (fix.rule ?? rule));
  return here.find((finding) => reason?.alternatives.includes(finding.rule) === true && finding.alternatives.includes(reason.rule) && finding.connections.length === reason.connections.length);
}

/** The findings of the endpoint of one; none where many endpoints are told together. */
function sameEndpoint(model: ReportModel, { endpoint }: FindingReport): FindingReport[] {
  const place = JSON.stringify(endpoint);
  return endpoint === null ? [] : model.findings().filter((finding) => finding.endpoint?.client === endpoint.client && JSON.stringify(finding.endpoint) === place);
}

/** The first sentence; of what needs no change, all of it. */
function adviceOf({ summary }: FixReport): string {
  return summary.startsWith('Nothing') ? summary : (/^.*?\.(?= |$)/.exec(summary)?.[0] ?? summary);
}

/** ", because …" or ": 2 because …, and 1 at …": the commonest causes of closes; nothing where nothing is known. */
function causes(model: ReportModel): string {
  const known = commonestCauses(model);
  if (known.length === 0) return '';
  const doubts = doubtsOf(model);
  const doubt = (cause: CloseCause): string => (/^(?:as|without) /.test(CAUSE_WORDS[cause]!) ? '' : (doubts.get(cause) ?? ''));
  const words = (cause: CloseCause): string => `${doubt(cause)}${CAUSE_WORDS[cause]!}`;
  const [[first, count]] = known as [[CloseCause, number]];
  if (count === openedOf(model)) return `, ${words(first)}${doubt(first) === POSSIBLY ? orElse(model, first) : ''}`;
  const told = known.map(([cause, count]) => `${formatCount(count)} ${words(cause)}`);
  const last = told.pop()!;
  return `: ${told.length === 0 ? last : `${told.join(', ')}, and ${last}`}`;
}

/** What looks the same as a cause that is only possible, where that has words: ", or …". */
function orElse(model: ReportModel, cause: CloseCause): string {
  const [most] = model.findings().filter(({ rule }) => rule === cause).sort((a, b) => b.connections.length - a.connections.length);
  const other = most?.alternatives.map((rule) => CAUSE_WORDS[rule as CloseCause]).find((words) => words !== undefined);
  return other === undefined ? '' : `, or ${other}`;
}

/** The commonest of the causes that have words, with their connections. */
function commonestCauses({ summary, tally }: ReportModel): [CloseCause, number][] {
  const known = (Object.entries(summary.closeCauses) as [CloseCause, number][])
    // Attempts to connect that failed are told apart: what is left came about, and TLS failed on it.
    .map(([cause, count]): [CloseCause, number] => [cause, cause === 'connect-failed' ? count - tally.failed.refused - tally.failed.timedOut : count])
    .filter(([cause, count]) => CAUSE_WORDS[cause] !== undefined && count > 0);
  return known.sort((a, b) => b[1] - a[1]).slice(0, MOST_CAUSES);
}

/** How sure rules are on most of the connections they name, in a word: the answer must not be surer than its findings. */
function doubtsOf(model: ReportModel): ReadonlyMap<string, string> {
  const counts = new Map<string, Record<Confidence, number>>();
  for (const { rule, confidence, connections } of model.findings()) {
    const of = counts.get(rule) ?? { certain: 0, likely: 0, possible: 0 };
    of[confidence] += connections.length;
    counts.set(rule, of);
  }
  return new Map([...counts].map(([rule, { certain, likely, possible }]) => [rule, possible > certain + likely ? POSSIBLY : likely + possible > certain ? 'probably ' : '']));
}

const POSSIBLY = 'possibly ';

/** Who ends connections, in the order in which equals are told. */
const SIDES: readonly (string | null)[] = ['client', 'server', null];

/** What an answer has room for. */
const MOST_CAUSES = 3;

const CAUSE_WORDS: Partial<Record<CloseCause, string>> = {
  'undrained-response': 'because the client had not read the response body to its end',
  'undrained-request': 'because the server had not read the request body to its end',
  'client-close-option': 'because the client asked for it (Connection: close)',
  'server-close-option': 'because the server announced it (Connection: close)',
  'http10-default': 'because HTTP/1.0 closes after each response',
  'close-delimited': 'because the end of the connection marked the end of the body',
  'max-requests': 'at a limit of requests per connection',
  'max-age': 'at a limit of their age',
  'client-idle': "at the client's idle timeout",
  'server-idle': "at the server's idle timeout",
  'pool-overflow': "because the client's idle pool was full",
  'client-per-request': 'as a client does that has a new pool, or none, for each request',
  'client-timeout': 'because the client gave up waiting',
  'server-timeout': 'at a timeout of the server',
  'client-abort': 'because the client stopped in the middle of a response',
  'server-truncated': 'because the server stopped in the middle of a response',
  'server-error': 'without a word before',
  'server-shutdown': 'as when the server restarts',
  'stale-reuse': 'while a request was on its way (the keep-alive race)',
  'keepalive-dead-peer': 'because probes got no answer',
  middlebox: 'because something between client and server ended or swallowed it',
  'connect-failed': 'because the TLS handshake failed',
  'protocol-switched': 'after a switch to another protocol',
  'protocol-error': 'because of bytes that no request asked for',
  'process-exit': 'as when the client program ends',
};

function avoidable({ summary }: ReportModel): string {
  const { avoidableConnections: count, avoidableHandshakeSeconds: seconds } = summary;
  if (count === null || count === 0) return '';
  const cost = seconds !== null && seconds > 0 ? `; ${count === 1 ? 'its handshake' : 'their handshakes'} took ${formatDuration(seconds)}` : '';
  return `${plural(count, 'connection')} could have been spared${cost}.`;
}
