import { ruleOf } from '../../../shared/format/rule-names.ts';
import { safeText } from '../../../shared/format/safe-text.ts';
import type { CliProcess } from './run-command.ts';
import { ExitCode } from './exit-codes.ts';
import { OutputClosed, openOutput } from './output.ts';

export interface ExplainFlags {
  readonly client?: string;
  readonly server?: string;
}

/** Prints one entry of the catalogue, by its id or its name in reports, or the list of all; with stacks, their fix and its code. Resolves with the exit code. */
export async function runExplain(name: string | undefined, flags: ExplainFlags, cli: CliProcess): Promise<number> {
  const text = await explanation(name, flags, cli);
  if (text === null) return ExitCode.arguments;
  const output = openOutput(undefined, [], cli.stdout);
  try {
    await output.write(text);
    await output.finish();
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error;
  }
  return ExitCode.done;
}

/** Null where there is no such rule or stack, which was said. */
async function explanation(name: string | undefined, flags: ExplainFlags, cli: CliProcess): Promise<string | null> {
  const { catalogEntry, explain, RULES } = await import('../../findings/catalog.ts');
  const { STACKS } = await import('../../findings/stacks.ts');
  const width = Math.min(cli.stdout.columns ?? 80, 100);
  if (name === undefined) {
    const longest = Math.max(...RULES.map((id) => id.length));
    return RULES.map((id) => `${id.padEnd(longest)}  ${catalogEntry(id).title}\n`).join('');
  }
  const rule = ruleOf(name);
  if (rule === undefined) {
    cli.stderr.write(`drainspotter: there is no rule "${safeText(name)}". All of them: drainspotter explain\n`);
    return null;
  }
  for (const id of [flags.client, flags.server]) {
    if (id === undefined || STACKS.some((stack) => stack.id === id)) continue;
    cli.stderr.write(`drainspotter: no stack "${safeText(id)}" is known. The ids: ${STACKS.map((stack) => stack.id).join(', ')}\n`);
    return null;
  }
  if (flags.client === undefined && flags.server === undefined) return explain(rule, width);
  const { fixFor } = await import('../../findings/fixes.ts');
  const fix = fixFor(rule, flags.client ?? null, flags.server ?? null);
  const names = [flags.client, flags.server].flatMap((id) => STACKS.filter((stack) => stack.id === id).map((stack) => stack.name));
  const code = fix.snippet === null ? '' : `\n${fix.snippet.trimEnd()}\n`;
  const source = fix.source === null ? '' : `\nSource: ${fix.source}\n`;
  return `${explain(rule, width, { name: names.join(' and '), fix: fix.summary })}${code}${source}`;
}
