import { ruleName } from '../../shared/format/rule-names.ts';
import { CLOSE_CAUSES, FURTHER_RULES, type RuleName, type Severity } from '../../shared/model/report.ts';
import { announced } from './knowledge/rules/announced.ts';
import { bodies } from './knowledge/rules/bodies.ts';
import { failures } from './knowledge/rules/failures.ts';
import { idle } from './knowledge/rules/idle.ts';
import { reuse } from './knowledge/rules/reuse.ts';
import type { RuleText } from './knowledge/rules/rule-text.ts';
import { uploads } from './knowledge/rules/uploads.ts';
import type { Stack } from './knowledge/stack.ts';
import { STACKS } from './stacks.ts';

export interface CatalogEntry extends RuleText {
  readonly id: RuleName;
  /** A cause explains the close of one connection; a rule finds something else. */
  readonly kind: 'cause' | 'rule';
}

const TEXTS: Readonly<Record<RuleName, RuleText>> = { ...bodies, ...reuse, ...announced, ...idle, ...failures, ...uploads };

/** Causes first, then the further rules, in the order of the report's documentation. */
export const RULES: readonly RuleName[] = [...CLOSE_CAUSES, ...FURTHER_RULES];

export function catalogEntry(id: RuleName): CatalogEntry {
  return { id, kind: (CLOSE_CAUSES as readonly RuleName[]).includes(id) ? 'cause' : 'rule', ...TEXTS[id] };
}

/** Of a finding that names so many connections; `worst`: what the entry's `errorWhen` speaks of has happened. */
export function severityOf(id: RuleName, connections: number, worst = false): Severity {
  const { severity, severityOnce, errorWhen } = TEXTS[id];
  if (worst && errorWhen !== undefined) return 'error';
  return connections === 1 ? (severityOnce ?? severity) : severity;
}

/** One entry as plain text, lines of at most `width` columns where words allow; `own`: what to change in some software, by its name. Ends with a line feed. */
export function explain(id: RuleName, width: number, own?: { readonly name: string; readonly fix: string }): string {
  const entry = catalogEntry(id);
  const lines = [...wrap(`${id}: ${entry.title}`, width, ''), ...wrap(`${kindWords(entry)}, "${ruleName(id)}" in tables; ${severityWords(entry)}`, width, '')];
  const section = (head: string, paragraphs: readonly string[]) => {
    if (paragraphs.length > 0) lines.push('', head, ...paragraphs.flatMap((paragraph) => wrap(paragraph, width, '  ')));
  };
  section('What happened', [entry.happened]);
  section('On the wire', [entry.looksLike]);
  section('How sure', confidenceLines(entry));
  section('What looks the same', entry.lookAlikes.map((other) => `${other.id}: ${other.tell}.`));
  section('What to change', [entry.fix]);
  section('Good to know', entry.background === undefined ? [] : [entry.background]);
  if (own !== undefined) section(`For ${own.name}`, [own.fix]);
  return `${lines.join('\n')}\n`;
}

/** The whole catalogue, and what is known of each stack, as docs/findings.md holds it. */
export function findingsMarkdown(): string {
  const entries = RULES.map(catalogEntry);
  const lines = [
    '# Findings',
    '',
    'What Drainspotter can say about a capture, why, and how sure it is. This page is generated from `main/findings`;',
    '`npx vitest run test/unit/findings/catalog.test.ts -u` writes it anew. On the command line: `drainspotter explain RULE`.',
    '',
    'A **close cause** explains why one connection ended. A **rule** finds something else. Causes that you may want to act on',
    'are findings too. `certain`: the bytes prove it. `likely`: the best explanation by far. `possible`: others fit as well, and',
    'are named.',
    '',
    'Severity: an `error` loses requests or hangs, a `warning` wastes connections or time, an `info` is how things should be.',
    '',
    '| id | in tables | kind | severity | in short |',
    '|---|---|---|---|---|',
    ...entries.map((entry) => `| [${entry.id}](#${entry.id}) | ${ruleName(entry.id)} | ${entry.kind} | ${entry.severity} | ${entry.title} |`),
    ...entries.flatMap(entryMarkdown),
    '',
    ...stacksMarkdown(),
  ];
  return `${lines.join('\n')}\n`;
}

function entryMarkdown(entry: CatalogEntry): string[] {
  const lines = ['', `## ${entry.id}`, '', `**${entry.title}.** (${kindWords(entry)}; ${severityWords(entry)})`, '', entry.happened, '', `**On the wire.** ${entry.looksLike}`];
  lines.push('', '**How sure.**', ...confidenceLines(entry).map((line) => `- ${line}`));
  if (entry.lookAlikes.length > 0) lines.push('', '**What looks the same.**', ...entry.lookAlikes.map((other) => `- [${other.id}](#${other.id}): ${other.tell}.`));
  lines.push('', `**What to change.** ${entry.fix}`);
  if (entry.background !== undefined) lines.push('', `**Good to know.** ${entry.background}`);
  return lines;
}

function stacksMarkdown(): string[] {
  const lines = ['## Stacks', '', 'What is known of the software at either end. Numbers are defaults of current releases; a dash is "none" or "not known".', ''];
  lines.push('| client | closes idle after | probes every | idle kept per host / in all | body closed unread |', '|---|---|---|---|---|');
  for (const entry of STACKS) if (entry.client !== undefined) lines.push(`| ${entry.name} | ${clientCells(entry).join(' | ')} |`);
  lines.push('', '| server or balancer | closes idle after | request within | requests for each connection | request body left unread |', '|---|---|---|---|---|');
  for (const entry of STACKS) if (entry.server !== undefined) lines.push(`| ${entry.name} | ${serverCells(entry).join(' | ')} |`);
  lines.push('', '| system | ephemeral ports | TIME_WAIT |', '|---|---|---|');
  for (const { name, os } of STACKS) if (os !== undefined) lines.push(`| ${name} | ${os.firstPort} to ${os.lastPort} (${os.lastPort - os.firstPort + 1}) | ${os.timeWaitSeconds} s |`);
  return lines;
}

function clientCells({ client, unread }: Stack): string[] {
  const { idleCloseSeconds: timer, keepAliveProbe, poolIdlePerHost, poolIdleTotal } = client!;
  const idleTime = timer === undefined ? '-' : timer.kind === 'lazy' ? `${timer.min} s, noticed at the next request` : range(timer.min, timer.max ?? timer.min);
  return [idleTime, keepAliveProbe === undefined ? '-' : `${keepAliveProbe.first.join(' or ')} s`, `${poolIdlePerHost ?? '-'} / ${poolIdleTotal ?? '-'}`, cell(unread?.behaviour)];
}

function serverCells({ server, unread }: Stack): string[] {
  const { idleTimeoutSeconds: timer, requestTimeoutSeconds, maxRequests } = server!;
  return [timer === undefined ? '-' : range(timer.min, timer.max), requestTimeoutSeconds === undefined ? '-' : `${requestTimeoutSeconds} s`, String(maxRequests ?? '-'), cell(unread?.behaviour)];
}

function range(min: number, max: number): string {
  return min === max ? `${min} s` : `${min} to ${max} s`;
}

function cell(text: string | undefined): string {
  return (text ?? '-').replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

function confidenceLines({ confidence }: RuleText): string[] {
  return (['certain', 'likely', 'possible'] as const).filter((level) => confidence[level] !== undefined).map((level) => `${level}: ${confidence[level]}.`);
}

function severityWords({ severity, severityOnce, errorWhen }: RuleText): string {
  const once = severityOnce === undefined ? '' : `; ${severityOnce} for a single connection`;
  return severity + once + (errorWhen === undefined ? '' : `; error when ${errorWhen}`);
}

function kindWords({ kind }: CatalogEntry): string {
  return kind === 'cause' ? 'close cause' : 'rule';
}

/** Breaks between words; a word longer than the line stands alone. */
function wrap(text: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  if (line !== '') lines.push(indent + line);
  return lines;
}
