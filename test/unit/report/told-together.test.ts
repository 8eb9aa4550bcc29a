import { expect, test } from 'vitest';
import { writeHtml } from '../../../main/report/html.ts';
import { writeMarkdown } from '../../../main/report/markdown.ts';
import { PseudonymModel } from '../../../main/report/pseudonyms.ts';
import type { ReportModel } from '../../../main/report/report-model.ts';
import { writeSarif } from '../../../main/report/sarif.ts';
import { writeText } from '../../../main/report/text.ts';
import { connectionReport, endpointReport, findingReport, reportModel } from '../../kit/report-fixtures.ts';

/* One fault of many clients of a server is one finding without an endpoint: "several clients and servers" stood there six times over. */

const server = { address: '10.9.0.2', port: 8080 };
const model = reportModel({ connections: [connectionReport()], endpoints: [endpointReport({ server: server.address, port: server.port })], findings: [findingReport({ endpoint: null, server }), findingReport({ id: 2, endpoint: null })] });

async function all(of: ReportModel): Promise<string[]> {
  const texts: string[] = [];
  for (const write of [writeText, writeMarkdown, writeHtml, writeSarif]) {
    let text = '';
    await write(of, (piece) => void (text += piece), { version: '1.2.3', color: false });
    texts.push(text);
  }
  return texts;
}

test('what several clients show of one server names the server', async () => {
  const [text, markdown, html, sarif] = await all(model);
  expect(text).toContain('several clients -> 10.9.0.2:8080');
  expect(markdown).toContain('several clients → 10.9.0.2:8080');
  expect(html).toContain('several clients → 10.9.0.2:8080');
  expect(sarif).toContain('"fullyQualifiedName":"several clients -> 10.9.0.2:8080"');
  // Of several servers none is named.
  for (const one of [text, markdown, html]) expect(one).toContain('several clients and servers');
});

test('with pseudonyms that server has one as well', async () => {
  const told = new PseudonymModel(model);
  expect(told.findings()[0]!.server).toEqual({ address: told.endpoints()[0]!.server, port: 8080 });
  for (const text of await all(told)) expect(text).not.toContain('10.9.0.2');
});
