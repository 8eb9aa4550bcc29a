import { createRequire } from 'node:module';
import { isIPv4, isIPv6 } from 'node:net';
import { Ajv } from 'ajv';
import draft06 from 'ajv/dist/refs/json-schema-draft-06.json' with { type: 'json' };
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeHar } from '../../../main/report/har.ts';
import type { ReportModel } from '../../../main/report/report-model.ts';
import { captureReport, connectionReport, exchangeReport, reportModel, requestReport, responseReport } from '../../kit/report-fixtures.ts';

interface Entry {
  readonly startedDateTime: string;
  readonly time: number;
  readonly request: { readonly method: string; readonly url: string; readonly queryString: { readonly name: string; readonly value: string }[]; readonly bodySize: number };
  readonly response: { readonly status: number; readonly bodySize: number; readonly content: { readonly mimeType: string } };
  readonly timings: Record<string, number>;
  readonly connection: string;
  readonly serverIPAddress: string;
  readonly _frame: number | string;
  readonly _error?: string;
}

const ajv = new Ajv({ strict: false, allErrors: true, formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)), uri: (text: string) => URL.canParse(text), ipv4: isIPv4, ipv6: isIPv6 } });
ajv.addMetaSchema(draft06);
for (const schema of Object.values(createRequire(import.meta.url)('har-schema') as Record<string, object>)) ajv.addSchema(schema);

async function entriesOf(model: ReportModel): Promise<Entry[]> {
  let text = '';
  await writeHar(model, (piece) => void (text += piece), { version: '0.1.0' });
  const archive = JSON.parse(text) as { log: { entries: Entry[] } };
  const isValid = ajv.validate('har.json#', archive);
  expect(isValid, ajv.errorsText()).toBe(true);
  return archive.log.entries;
}

describe('HAR', () => {
  it('has an entry for each request with its connection, frame, times and sizes', async () => {
    const second = exchangeReport({ index: 1, request: requestReport({ frame: 8, time: 1.5, target: '/a?b=c&d', method: 'POST', bodyBytes: 7 }) });
    const [first, next] = await entriesOf(reportModel({ connections: [connectionReport({ exchanges: [exchangeReport(), second] })] }));
    expect(first).toMatchObject({ connection: '1', serverIPAddress: '10.9.0.2', _frame: 4, _responseFrame: 6 });
    expect(first!.request).toMatchObject({ method: 'GET', url: 'http://api.example/bytes/2000' });
    expect(first!.timings).toEqual({ blocked: -1, dns: -1, connect: 0.211, send: 0, wait: 0.618, receive: 0.08, ssl: -1 });
    expect(first!.time).toBeCloseTo(0.909, 6);
    expect(next!.startedDateTime).toBe('2026-01-02T03:04:06.623Z');
    expect(next!.timings['connect']).toBe(-1);
    expect(next!.request).toMatchObject({ url: 'http://api.example/a?b=c&d', bodySize: 7, queryString: [{ name: 'b', value: 'c' }, { name: 'd', value: '' }] });
  });

  it('stands in the order of the start, as viewers draw it, and not by connection', async () => {
    const at = (index: number, time: number) => exchangeReport({ index, request: requestReport({ time }) });
    const connections = [connectionReport({ id: 1, exchanges: [at(0, 1), at(1, 9)] }), connectionReport({ id: 2, exchanges: [at(0, 3), at(1, 4)] })];
    const entries = await entriesOf(reportModel({ connections }));
    expect(entries.map(({ connection }) => connection)).toEqual(['1', '2', '2', '1']);
    expect(entries.map(({ startedDateTime }) => startedDateTime)).toEqual(entries.map(({ startedDateTime }) => startedDateTime).sort());
  });

  it('says that no response was seen, and leaves out responses without a request', async () => {
    const exchanges = [exchangeReport({ response: null, waitSeconds: null, downloadSeconds: null }), exchangeReport({ index: 1, request: null })];
    const [only, ...more] = await entriesOf(reportModel({ connections: [connectionReport({ exchanges })] }));
    expect(more).toEqual([]);
    expect(only).toMatchObject({ response: { status: 0 }, _error: 'no response was seen', timings: { wait: -1, receive: -1 } });
  });

  it.each([
    [{ target: 'http://other.example/x' }, 'http://other.example/x'],
    [{ target: '*', method: 'OPTIONS' }, 'http://api.example/*'],
    [{ target: 'api.example:443', method: 'CONNECT' }, 'http://api.example/api.example:443'],
    [{ target: '/a?token=[redacted]' }, 'http://api.example/a?token=%5Bredacted%5D'],
    [{ target: '/\xc3\xa4 "<>%zz' }, 'http://api.example/%C3%A4%20%22%3C%3E%25zz'],
    [{ host: null }, 'http://10.9.0.2:8080/bytes/2000'],
    [{ target: 'http://[redacted]@other.example/x' }, 'http://%5Bredacted%5D@other.example/x'],
  ])('makes a URL of %j', async (different, url) => {
    const [entry] = await entriesOf(reportModel({ connections: [connectionReport({ exchanges: [exchangeReport({ request: requestReport(different) })] })] }));
    expect(entry!.request.url).toBe(url);
  });

  it('says https of what was read inside TLS', async () => {
    const tls = { version: '1.3', sni: 'api.example', alpn: 'http/1.1', resumed: false, decrypted: true };
    const [entry] = await entriesOf(reportModel({ connections: [connectionReport({ protocol: 'tls', innerProtocol: 'http/1', tls })] }));
    expect(entry!.request.url).toBe('https://api.example/bytes/2000');
  });

  it('sums the parts of a time without digits that nobody measured', async () => {
    const [entry] = await entriesOf(reportModel({ connections: [connectionReport({ exchanges: [exchangeReport({ uploadSeconds: 2.964687, waitSeconds: 0.021116, downloadSeconds: 0.000003 })] })] }));
    expect(entry!.time).toBe(2986.017);
  });

  it('shows header fields where they were kept', async () => {
    const response = responseReport({ headers: [['Content-Type', 'text/html'], ['Location', '/next']] });
    const [entry] = await entriesOf(reportModel({ connections: [connectionReport({ exchanges: [exchangeReport({ response })] })] }));
    expect(entry!.response).toMatchObject({ content: { mimeType: 'text/html' }, redirectURL: '/next' });
  });

  it('stays an archive whatever a target holds, without a date too', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 }), async (octets) => {
        const target = `/${String.fromCharCode(...octets)}`;
        const model = reportModel({ captures: [captureReport({ startedAt: null })], connections: [connectionReport({ exchanges: [exchangeReport({ request: requestReport({ target }) })] })] });
        expect(await entriesOf(model)).toHaveLength(1);
      }),
      { seed: 1, numRuns: 60 },
    );
  });
});
