import { describe, expect, it } from 'vitest';
import { writeHtml } from '../../main/report/html.ts';
import { writeMarkdown } from '../../main/report/markdown.ts';
import { EVERY_CAPTURE, problemsIn, WHY_SKIPPED } from './captures.ts';

describe.skipIf(WHY_SKIPPED !== '')(`HTML and Markdown of all test captures are whole${WHY_SKIPPED}`, () => {
  it.each(EVERY_CAPTURE)('%s', async (_title, folder, names) => {
    const problems = await problemsIn(folder, names, async (report) => {
      let html = '';
      await writeHtml(report, (piece) => void (html += piece), { version: '0.1.0' });
      let markdown = '';
      await writeMarkdown(report, (piece) => void (markdown += piece), { version: '0.1.0' });
      return misnested(html) || strangeNumber(html) || (markdown.endsWith('Made with Drainspotter 0.1.0.\n') ? '' : 'Markdown is cut short');
    });
    expect(problems).toEqual([]);
  });
});

/** What is wrong with the nesting of tags, or ''. */
function misnested(html: string): string {
  const open: string[] = [];
  for (const [, slash, name, selfClosed] of html.matchAll(/<(\/?)([a-z!][a-z0-9]*)[^>]*?(\/?)>/gi)) {
    if (name === 'meta' || name === '!doctype' || selfClosed === '/') continue;
    if (slash === '') open.push(name!);
    else if (open.pop() !== name) return `</${name}> ends another element`;
  }
  return open.length === 0 ? '' : `not closed: ${open.join(' ')}`;
}

/** A number that is none in a drawing, or a width below zero; else ''. */
function strangeNumber(html: string): string {
  return /(?: (?:d|x|y|cx|cy|width|height|viewBox)="[^"]*(?:NaN|Infinity|undefined)[^"]*"| (?:width|height)="-[^"]*")/.exec(html)?.[0] ?? '';
}
