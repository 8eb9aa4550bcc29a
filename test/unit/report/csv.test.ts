import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvCell, writeCsv } from '../../../main/report/csv.ts';
import type { ReportModel } from '../../../main/report/report-model.ts';
import { TABLES } from '../../../main/report/table-rows.ts';
import { captureReport, connectionReport, endpointReport, exchangeReport, findingReport, reportModel, requestReport } from '../../kit/report-fixtures.ts';
import { csvRecords, KeptFiles } from '../../kit/table-files.ts';

async function tablesOf(model: ReportModel): Promise<KeptFiles> {
  const files = new KeptFiles();
  await writeCsv(model, files);
  return files;
}

/** Records as objects by the header line. */
function rows(files: KeptFiles, table: string): Record<string, string>[] {
  const [head, ...records] = csvRecords(files.text(`${table}.csv`));
  return records.map((record) => Object.fromEntries(record.map((cell, i) => [head![i]!, cell])));
}

describe('CSV', () => {
  it('is one table each, with a header line, lines ended by CR LF', async () => {
    const files = await tablesOf(reportModel({ findings: [findingReport()] }));
    expect([...files.files.keys()]).toEqual(TABLES.map(({ name }) => `${name}.csv`));
    expect(files.text('connections.csv')).toMatch(/^id,client_address,client_port,server_address,server_port,.*,findings,tls_cipher,.*,tls_alert_frame\r\n1,10\.9\.0\.1,38348,.*\r\n$/);
    expect(rows(files, 'captures')).toMatchObject([{ capture: '0', path: 'checkout.pcap', packets: '41', started_at: '2026-01-02T03:04:05.123456789Z' }]);
    expect(rows(files, 'connections')[0]).toMatchObject({ started_at: '2026-01-02T03:04:05.123456789Z', ended_at: '2026-01-02T03:04:50.243456790Z', ended_seconds: '45.120000001', cause: 'unknown' });
    expect(rows(files, 'exchanges')[0]).toMatchObject({ connection: '1', index: '0', method: 'GET', target: '/bytes/2000', status: '200', request_frame: '4', response_body_bytes: '2000', response_complete: 'true' });
    expect(rows(files, 'findings')[0]).toMatchObject({ rule: 'undrained-response', connections: '1', port: '8080', evidence: '10: RST with all bytes acknowledged' });
    expect(rows(files, 'endpoints')[0]).toMatchObject({ hosts: 'api.example', max_idle: '' });
  });

  it('has the capture of each frame beside it where there are several', async () => {
    const files = await tablesOf(reportModel({ captures: [captureReport(), captureReport()], connections: [connectionReport({ firstFrame: '0:7', lastFrame: '1:3' })] }));
    expect(rows(files, 'connections')[0]).toMatchObject({ first_capture: '0', first_frame: '7', last_capture: '1', last_frame: '3' });
  });

  it('says of TLS what the report says: suite, handshake, and the alert that ended it', async () => {
    const tls = { version: '1.3', cipher: 'TLS_AES_128_GCM_SHA256', sni: 'a.example', alpn: null, resumed: false, decrypted: true, handshake: { seconds: 0.012, bytes: 2345 }, alert: { from: 'server' as const, name: 'certificate_required', frame: '1:9', time: 0.5 } };
    const files = await tablesOf(reportModel({ captures: [captureReport(), captureReport()], connections: [connectionReport({ firstFrame: '0:7', lastFrame: '1:9', tls }), connectionReport({ id: 2 })] }));
    const [sealed, plain] = rows(files, 'connections');
    const wanted = { tls_cipher: 'TLS_AES_128_GCM_SHA256', tls_resumed: 'false', tls_decrypted: 'true', tls_handshake_seconds: '0.012', tls_handshake_bytes: '2345', tls_alert: 'certificate_required', tls_alert_from: 'server', tls_alert_capture: '1', tls_alert_frame: '9' };
    expect(sealed).toMatchObject(wanted);
    for (const column of Object.keys(wanted)) expect(plain![column]).toBe('');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '\n=1', '＝1+1'])('makes no formula of %j', (text) => {
    const [[cell]] = csvRecords(`${csvCell(text, 'text')}\r\n`) as [[string]];
    expect(cell).toBe(`'${text}`);
  });

  it('leaves negative numbers numbers', () => {
    expect([csvCell(-1.5, 'double'), csvCell(-3, 'integer'), csvCell(null, 'text')]).toEqual(['-1.5', '-3', '']);
    expect(csvCell(-1n, 'time')).toBe('1969-12-31T23:59:59.999999999Z');
  });

  it('gives back any text but for the mark of a formula', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const [[cell]] = csvRecords(`${csvCell(text, 'text')}\r\n`) as [[string]];
        expect([text, `'${text}`]).toContain(cell);
      }),
      { seed: 1 },
    );
  });

  it('keeps hostile targets, hosts and paths in their cells', async () => {
    const hostile = '=cmd|"/c calc"!A1,\r\n@x';
    const request = requestReport({ target: hostile, host: hostile, method: hostile });
    const files = await tablesOf(
      reportModel({ captures: [captureReport({ path: hostile })], connections: [connectionReport({ exchanges: [exchangeReport({ request })] })], endpoints: [endpointReport({ hosts: [hostile] })] }),
    );
    for (const { name, columns } of TABLES) {
      for (const record of csvRecords(files.text(`${name}.csv`))) {
        expect(record).toHaveLength(columns.length);
        for (const cell of record) expect(cell).not.toMatch(/^\s*[=@]/);
      }
    }
    expect(rows(files, 'exchanges')[0]!['target']).toBe(`'=cmd|"/c calc"!A1,\\x0d\\x0a@x`);
  });
});
