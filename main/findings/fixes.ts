/// <reference types="vite/types/importMeta.d.ts" />
import { midSentence } from '../../shared/format/quantity.ts';
import type { FixReport, RuleName } from '../../shared/model/report.ts';
import { catalogEntry } from './catalog.ts';
import { clientFixes } from './knowledge/fixes/clients.ts';
import type { FixText, FixTexts } from './knowledge/fixes/fix-text.ts';
import { serverFixes } from './knowledge/fixes/servers.ts';

/** What to change about a finding: in the terms of the recognised stacks where something is known, else in general. */
export function fixFor(rule: RuleName, clientStackId: string | null, serverStackId: string | null): FixReport {
  const [first, second] = adviceFor(rule, clientStackId, serverStackId);
  if (first === undefined) {
    const system = rule === 'port-exhaustion' ? adviceOf('linux', [rule]) : null;
    return { summary: catalogEntry(rule).fix, snippet: system === null ? null : snippet(system.snippet), source: system?.text.source ?? null };
  }
  const withSecond = second !== undefined && BOTH_ENDS.has(rule);
  const summary = withSecond ? `${first.text.summary} Or at the server: ${midSentence(second.text.summary)}` : first.text.summary;
  const source = withSecond ? `${first.text.source}; ${second.text.source}` : first.text.source;
  return { summary, snippet: snippet(first.snippet), source };
}

/** The id of the stack in whose terms `fixFor` tells it, or begins to; null where it is told in general. */
export function advisedStack(rule: RuleName, clientStackId: string | null, serverStackId: string | null): string | null {
  return adviceFor(rule, clientStackId, serverStackId)[0]?.stackId ?? null;
}

/** The snippets by `stack/topic`, with the file each came from. For tests, and for who lists them. */
export function snippetFiles(): readonly { readonly key: string; readonly file: string; readonly text: string }[] {
  return Object.entries(files).map(([path, text]) => ({ key: keyOf(path), file: path.slice('./knowledge/snippets/'.length), text }));
}

/** Every piece of advice there is, as `stack/topic`. */
export function adviceKeys(): string[] {
  return Object.entries(FIXES).flatMap(([stackId, topics]) => Object.keys(topics).map((topic) => `${stackId}/${topic}`));
}

interface Advice {
  readonly stackId: string;
  readonly text: FixText;
  readonly snippet: string;
}

/** Where to look for advice about a rule: an end of the connection, and there the topics in this order. */
interface Step {
  readonly side: 'client' | 'server';
  readonly topics: readonly string[];
}

const files = import.meta.glob<string>('./knowledge/snippets/*/*', { query: '?raw', import: 'default', eager: true });
/** By `stack/topic`; made when the first is asked for: 3 ms of a start. */
let snippets: ReadonlyMap<string, string> | null = null;

const FIXES: FixTexts = { ...clientFixes, ...serverFixes };

/** Stacks that are built on another one, whose advice holds for them too. */
const BUILT_ON: Readonly<Record<string, string>> = {
  'axios-node': 'node-http-agent',
  got: 'node-http-agent',
  'node-fetch-npm': 'node-http-agent',
  agentkeepalive: 'node-http-agent',
  'ruby-net-http-persistent': 'ruby-net-http',
};

const client = (...topics: string[]): Step => ({ side: 'client', topics });
const server = (...topics: string[]): Step => ({ side: 'server', topics });

const READING = client('body-not-closed', 'undrained-response');
const SHARING = client('client-per-request', 'http10-default', 'client-close-option');
const CLIENT_TIMER = client('timeout-mismatch', 'stale-reuse', 'client-per-request', 'http10-default');

const STEPS: Readonly<Partial<Record<RuleName, readonly Step[]>>> = {
  'undrained-response': [client('undrained-response')],
  'body-not-closed': [READING],
  'response-not-drained-yet': [client('response-not-drained-yet', 'undrained-response')],
  'reader-stalled': [READING],
  'close-wait': [READING],
  'client-per-request': [SHARING],
  'missed-reuse': [SHARING],
  'connections-accumulate': [SHARING],
  'port-exhaustion': [SHARING],
  'pool-overflow': [client('pool-overflow', 'client-per-request', 'http10-default')],
  'client-close-option': [client('client-close-option', 'client-per-request', 'http10-default')],
  'http10-default': [client('http10-default')],
  'timeout-mismatch': [CLIENT_TIMER, server('server-idle')],
  'stale-reuse': [client('stale-reuse', 'timeout-mismatch', 'client-per-request', 'http10-default'), server('server-idle')],
  'server-idle': [server('server-idle')],
  'max-requests': [server('max-requests'), client('max-requests')],
  'server-close-option': [server('server-close-option')],
  'close-delimited': [server('close-delimited')],
  'undrained-request': [server('undrained-request'), client('undrained-request')],
  'early-response': [client('undrained-request'), server('undrained-request')],
  'expect-timeout': [client('expect-timeout')],
  'content-range-rejected': [client('content-range-rejected')],
};
/** Either end can be changed, and both are told. */
const BOTH_ENDS: ReadonlySet<RuleName> = new Set(['timeout-mismatch', 'stale-reuse']);

/** What is known of the two ends, in the order of the rule's steps. */
function adviceFor(rule: RuleName, clientStackId: string | null, serverStackId: string | null): Advice[] {
  const found: Advice[] = [];
  for (const step of STEPS[rule] ?? []) {
    const stackId = step.side === 'client' ? clientStackId : serverStackId;
    const advice = stackId === null ? null : adviceOf(stackId, step.topics);
    if (advice !== null) found.push(advice);
  }
  return found;
}

function adviceOf(stackId: string, topics: readonly string[]): Advice | null {
  for (const topic of topics) {
    for (let id: string | undefined = stackId; id !== undefined; id = BUILT_ON[id]) {
      const text = FIXES[id]?.[topic];
      if (text !== undefined) return { stackId, text, snippet: `${id}/${text.snippet ?? topic}` };
    }
  }
  return null;
}

function snippet(key: string): string | null {
  snippets ??= new Map(Object.entries(files).map(([path, text]) => [keyOf(path), text]));
  return snippets.get(key) ?? null;
}

/** "./knowledge/snippets/stack/topic.ext" -> "stack/topic" */
function keyOf(path: string): string {
  return path.slice('./knowledge/snippets/'.length).replace(/\.[a-z]+$/, '');
}
