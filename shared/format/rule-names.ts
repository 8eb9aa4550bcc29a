import type { RuleName } from '../model/report.ts';

/**
 * Causes and rules in two or three words, for columns, facets, chips and lists. The whole sentence is the title of the finding
 * catalogue.
 */
const NAMES: Readonly<Record<RuleName, string>> = {
  'undrained-response': 'Body not read',
  'undrained-request': 'Request body not read',
  'client-close-option': 'Client: close',
  'server-close-option': 'Server: close',
  'http10-default': 'HTTP/1.0',
  'close-delimited': 'Close ends the body',
  'max-requests': 'Request limit',
  'max-age': 'Age limit',
  'client-idle': 'Client idle limit',
  'server-idle': 'Server idle limit',
  'pool-overflow': 'Idle pool full',
  'client-per-request': 'Client per request',
  'client-timeout': 'Client timeout',
  'server-timeout': 'Server timeout',
  'client-abort': 'Client abort',
  'server-truncated': 'Response cut',
  'server-error': 'Server error',
  'server-shutdown': 'Server shutdown',
  'stale-reuse': 'Keep-alive race',
  'keepalive-dead-peer': 'Dead peer',
  middlebox: 'Middlebox',
  'connect-failed': 'Connect failed',
  'protocol-switched': 'Protocol switched',
  'protocol-error': 'Protocol error',
  'process-exit': 'Process exit',
  'open-at-end': 'Open at the end',
  'capture-incomplete': 'Capture incomplete',
  unknown: 'Unknown',
  'missed-reuse': 'Missed reuse',
  'connections-accumulate': 'Connections pile up',
  'body-not-closed': 'Body not closed',
  'response-not-drained-yet': 'Body not read yet',
  'close-wait': 'CLOSE_WAIT',
  'unused-connection': 'Unused',
  'port-exhaustion': 'Ports run out',
  'timeout-mismatch': 'Idle limits race',
  'keep-alive-probes': 'Probes',
  'reader-stalled': 'Reader stalled',
  'reader-slow': 'Reader slow',
  'response-stalled': 'Response stalled',
  'slow-response': 'Slow response',
  'no-response': 'No response',
  'request-lost': 'Request lost',
  'client-retry': 'Retry',
  'upload-stalled': 'Upload stalled',
  'upload-incomplete': 'Upload incomplete',
  'upload-receiver-limited': 'Upload: server slow',
  'upload-sender-limited': 'Upload: client slow',
  'upload-network-limited': 'Upload: packets lost',
  'content-range-rejected': 'Content-Range refused',
  'early-response': 'Early response',
  'expect-rejected': 'Expect refused',
  'expect-timeout': 'Expect unanswered',
  'unsolicited-data': 'Unsolicited data',
  'abortive-close': 'RST close',
  'framing-ambiguous': 'Ambiguous framing',
};

/** "Body not read"; of a name that is no rule, the name. */
export function ruleName(rule: string): string {
  return Object.hasOwn(NAMES, rule) ? NAMES[rule as RuleName] : rule;
}

/** "Body not read, Idle pool full": what looks the same, in a line. */
export function ruleNames(rules: readonly string[]): string {
  return rules.map(ruleName).join(', ');
}

/** The rule or cause of this id, or of this name whatever its case; undefined: none. */
export function ruleOf(text: string): RuleName | undefined {
  const name = text.toLowerCase();
  return (Object.keys(NAMES) as RuleName[]).find((rule) => rule === name || NAMES[rule].toLowerCase() === name);
}
