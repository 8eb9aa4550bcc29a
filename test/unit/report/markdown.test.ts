import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeMarkdown } from '../../../main/report/markdown.ts';
import { fenced, span, words } from '../../../main/report/markdown-text.ts';
import type { ReportModel } from '../../../main/report/report-model.ts';
import { captureReport, connectionReport, endpointReport, exchangeReport, findingReport, otherConnection, reportModel, requestReport } from '../../kit/report-fixtures.ts';

async function markdownOf(model: ReportModel): Promise<string> {
  let text = '';
  await writeMarkdown(model, (piece) => void (text += piece), { version: '1.2.3' });
  return text;
}

describe('the report for a ticket', () => {
  const model = reportModel({
    findings: [findingReport({ confidence: 'likely', evidence: [{ frame: 6, note: 'request (GET)' }, { frame: 10, note: 'FIN of the client' }], fix: { summary: 'Read the body to its end.', snippet: 'io.Copy(io.Discard, resp.Body)\n', source: 'golang/go' } })],
    endpoints: [endpointReport({ missedReuse: 3 })],
  });

  test('has the answer, the findings with their frames, the fix as code, endpoints and connections', async () => {
    const text = await markdownOf(model);
    expect(text).toMatch(/^# Connection reuse report\n\n\*\*1 request used 1 connection: there was nothing to reuse\.\*\* The client closed it/);
    expect(text).toContain('| warning | Response bodies are closed before they are read (`undrained-response`) | 1 | likely 1 | 200 µs | 6, 10 |');
    expect(text).toContain('1. Read the body to its end.\n\n   ```\n   io.Copy(io.Discard, resp.Body)\n   ```\n');
    expect(text).toContain('- frame 10: FIN of the client\n');
    expect(text).toContain('| `api.example` | `10.9.0.1 → 10.9.0.2:8080` | 1 | 1 | 0 % | 3 | unknown |');
    expect(text).toContain('| 1 | `10.9.0.1:38348` | `10.9.0.2:8080` | 1 | 45.1 s | client FIN | unknown |');
    expect(text).toContain('replaced by \\[redacted\\]');
  });

  test('says that nothing was redacted where it was not', async () => {
    expect(await markdownOf(reportModel({ redacted: false }))).toContain('Nothing was redacted');
  });

  test('stays short however much there is', async () => {
    const connections = Array.from({ length: 5000 }, (_, i) => connectionReport({ id: i + 1 }));
    const findings = Array.from({ length: 500 }, (_, i) => findingReport({ id: i + 1, connections: [i + 1] }));
    const text = await markdownOf(reportModel({ connections, findings }));
    expect(text.length).toBeLessThan(30_000);
    expect(text).toContain('20 of 5,000, those with most to tell.');
    expect(text).toContain('488 more findings: `--format json`');
  });
});

describe('hostile text', () => {
  test('in a code span nothing ends the span or the cell', () => {
    expect(span('a`b|c')).toBe('`a\\x60b\\x7cc`');
    expect(span('  ')).toBe('');
    expect(span('a\r\n# b')).toBe('`a\\x0d\\x0a# b`');
  });

  test('our own words cannot become links, mentions, HTML or emphasis', () => {
    expect(words('<b> [x](http://a) @all www.x #1 *y* a|b ~z~')).toBe('\\<b\\> \\[x\\](http\\://a) &#64;all www\\.x \\#1 \\*y\\* a\\|b \\~z\\~');
  });

  test('a fence is longer than any in the code', () => expect(fenced('a\n````\nb')).toBe('`````\na\n````\nb\n`````\n'));

  test('a hostile host, target or path changes neither the rows of a table nor the lines of the report', async () => {
    const nasty = fc.oneof(fc.constantFrom('a|b', '`x`', '<img src=x>', '[a](http://b)', '\n\n# h', '@all', '\\|', '|', '\u202ex', '&lt;', '```\n'), fc.string({ unit: 'binary', maxLength: 30 }));
    const modelOf = (text: string): ReportModel =>
      reportModel({
        captures: [captureReport({ path: text })],
        connections: [connectionReport({ exchanges: [exchangeReport({ request: requestReport({ method: text, target: text, host: text }) })] }), otherConnection(2, 'tls', { tls: { version: text, sni: text, alpn: text, resumed: null, decrypted: false } })],
        endpoints: [endpointReport({ hosts: [text, text] })],
        findings: [findingReport({ explanation: `It said ${text}.`, evidence: [{ frame: 4, note: `request (${text})` }] })],
      });
    const shape = (text: string): string[] => text.split('\n').map((line) => (line.startsWith('|') ? `row of ${line.replace(/`[^`]*`/g, '').replace(/\\./g, '').split('|').length}` : line.slice(0, 3)));
    const plain = shape(await markdownOf(modelOf('x')));
    await fc.assert(
      fc.asyncProperty(nasty, async (text) => {
        const markdown = await markdownOf(modelOf(text));
        expect(shape(markdown).map((line) => line.replace(/^It $/, 'It '))).toEqual(plain);
        expect(markdown.replace(/`[^`\n]*`/g, '').replace(/\\./g, '')).not.toMatch(/<|https?:\/\/|@/);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
