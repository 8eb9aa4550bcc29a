import { safeBytes, safeText } from '../../shared/format/safe-text.ts';

/*
 * Text in Markdown as GitHub, GitLab and Jira's importers read it. Nothing of a capture may become a link, a mention,
 * HTML, an image, or a further cell of a table.
 */

/**
 * Text of a capture (one character per byte) as a code span, where nothing is markup, mention or link (CommonMark 6.1).
 * What would end the span or the cell around it is written as safe-text.ts writes what is hidden.
 */
export function span(bytes: string): string {
  return spanOf(safeBytes(bytes));
}

/** The same for text of characters: paths. */
export function textSpan(text: string): string {
  return spanOf(safeText(text));
}

/** Our own words, which may hold a word of the capture. Plain; as good in a table as outside. */
export function words(text: string): string {
  return safeText(text)
    .replace(/[\\`*_[\]<>~|#!]/g, '\\$&')
    .replace(/&/g, '&amp;')
    .replace(/@/g, '&#64;')
    .replace(/:(?=\/\/)/g, '\\:')
    .replace(/\bwww\./gi, (start) => `${start.slice(0, -1)}\\.`);
}

/** A block of source code of ours, with a fence longer than any in it (CommonMark 4.5). */
export function fenced(source: string): string {
  const longest = Math.max(2, ...[...source.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${source.trimEnd()}\n${fence}\n`;
}

/** A table; cells are Markdown. Right-aligned columns are marked by a title that ends in a colon, as in its rule. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = titles.map((title) => title.replace(/:$/, ''));
  const rule = titles.map((title) => (title.endsWith(':') ? '---:' : '---'));
  return `${[head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}

function spanOf(safe: string): string {
  if (safe.trim() === '') return '';
  return `\`${safe.replaceAll('`', '\\x60').replaceAll('|', '\\x7c')}\``;
}
