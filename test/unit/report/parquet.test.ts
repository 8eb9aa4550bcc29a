import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeParquet } from '../../../main/report/parquet.ts';
import { TABLES } from '../../../main/report/table-rows.ts';
import { conversation } from '../../kit/conversation.ts';
import { merge } from '../../kit/packets.ts';
import { connectionReport, findingReport, reportModel } from '../../kit/report-fixtures.ts';
import { reportOf } from '../../kit/report-of.ts';
import { duckdb, KeptFiles } from '../../kit/table-files.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drainspotter-parquet-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function saved(model: Parameters<typeof writeParquet>[0], name: string): Promise<string> {
  const files = new KeptFiles();
  await writeParquet(model, files, { version: '0.1.0' });
  files.save(join(folder, name));
  return join(folder, name);
}

describe('Parquet', () => {
  it('gives DuckDB the sums of the report', async () => {
    const talks = Array.from({ length: 7 }, (_, i) => {
      const talk = conversation({ client: `10.0.0.${i + 1}:40000`, start: i }).handshake();
      for (let n = 0; n <= i; n++) talk.client(`GET /items/${n} HTTP/1.1\r\nHost: api.example\r\n\r\n`).server(OK);
      return talk.close('client').packets;
    });
    const report = await reportOf(merge(...talks));
    const path = await saved(report, 'sums');
    const connections = [...report.connections()];
    const exchanges = connections.flatMap((connection) => connection.exchanges);
    const { summary } = report;
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

    expect(await duckdb(`select count(*)::int n, sum(requests)::int requests, sum(payload_bytes_server)::int bytes, count(*) filter (requests > 1)::int reused from '{folder}/connections.parquet'`, path)).toEqual([
      { n: summary.connections, requests: summary.requests, bytes: sum(connections.map(({ payloadBytes }) => payloadBytes.server)), reused: summary.reusedConnections },
    ]);
    const [times] = await duckdb(`select sum(wait_seconds) wait, sum(response_body_bytes)::int body, count(*)::int n from '{folder}/exchanges.parquet' where response_complete and status = 200`, path);
    expect(times).toMatchObject({ body: 5 * 28, n: 28 });
    expect(Number(times!['wait'])).toBeCloseTo(sum(exchanges.map(({ waitSeconds }) => waitSeconds!)), 9);
    const causes = await duckdb(`select cause, count(*)::int n from '{folder}/connections.parquet' group by cause`, path);
    expect(Object.fromEntries(causes.map(({ cause, n }) => [cause, n]))).toEqual(summary.closeCauses);
    expect(await duckdb(`select count(*)::int n, sum(connections)::int connections from '{folder}/endpoints.parquet'`, path)).toEqual([{ n: report.endpointCount, connections: summary.connections }]);
    const findings = await duckdb(`select rule, count(*)::int n from '{folder}/findings.parquet' group by rule`, path);
    expect(Object.fromEntries(findings.map(({ rule, n }) => [rule, n]))).toEqual(summary.findings);
    const joined = await duckdb(`select count(*)::int n from '{folder}/exchanges.parquet' e join '{folder}/connections.parquet' c on e.connection = c.id`, path);
    expect(joined).toEqual([{ n: exchanges.length }]);
  });

  it('has typed columns, and times to the nanosecond', async () => {
    const path = await saved(reportModel({ findings: [findingReport()] }), 'types');
    const types = Object.fromEntries((await duckdb(`describe select * from '{folder}/connections.parquet'`, path)).map((row) => [row['column_name'], row['column_type']]));
    expect(types).toMatchObject({ id: 'INTEGER', payload_bytes_client: 'BIGINT', client_address: 'VARCHAR', handshake_seconds: 'DOUBLE', first_frame: 'BIGINT' });
    expect(types['ended_at']).toBe('TIMESTAMP_NS');
    expect(await duckdb(`select ended_at::varchar ended, epoch_ns(ended_at)::varchar ns from '{folder}/connections.parquet'`, path)).toEqual([
      { ended: '2026-01-02 03:04:50.24345679', ns: '1767323090243456790' },
    ]);
    for (const { name, columns } of TABLES) {
      expect(await duckdb(`select count(*)::int n from (describe select * from '{folder}/${name}.parquet')`, path)).toEqual([{ n: columns.length }]);
    }
  });

  it('is readable without a row', async () => {
    const path = await saved(reportModel({ connections: [], endpoints: [] }), 'empty');
    for (const { name } of TABLES) expect(await duckdb(`select count(*)::int n from '{folder}/${name}.parquet'`, path)).toEqual([{ n: name === 'captures' ? 1 : 0 }]);
  });

  it('keeps what is not known apart from 0 over many row groups', async () => {
    const connections = Array.from({ length: 45_000 }, (_, i) => connectionReport({ id: i + 1, exchanges: [], ...(i % 3 === 0 && { handshake: null }) }));
    const path = await saved(reportModel({ connections, endpoints: [] }), 'groups');
    const [row] = await duckdb(`select count(*)::int n, count(handshake_seconds)::int known, max(id)::int highest from '{folder}/connections.parquet'`, path);
    expect(row).toEqual({ n: 45_000, known: 30_000, highest: 45_000 });
    expect(await duckdb(`select count(distinct row_group_id)::int n from parquet_metadata('{folder}/connections.parquet')`, path)).toEqual([{ n: 6 }]);
  });
});
