import { describe, expect, it } from 'vitest';
import { captureNames, LAB, readJson, reportOf, WHY_SKIPPED } from './captures.ts';

/** What healthy connections show: reuse, idle timeouts, probes, what a capture may lack. */
const HEALTHY: ReadonlySet<string> = new Set([
  'REUSE_OK', 'RESPONSE_OK', 'UPLOAD_OK', 'BODY_WAS_READ', 'CHUNKED_UPLOAD', 'EXPECT_CONTINUE', 'PIPELINING', 'UPGRADED', 'TUNNEL', 'HTTP_PROXY',
  'IDLE_GAP_SURVIVED', 'TCP_KEEPALIVE_PROBES', 'CLIENT_IDLE_TIMEOUT', 'CLIENT_CLOSED_IDLE', 'SERVER_IDLE_TIMEOUT', 'SERVER_CLOSED_IDLE', 'PROCESS_EXIT',
  'SERVER_MAX_REQUESTS', 'CLIENT_MAX_REQUESTS', 'SERVER_CONN_CLOSE_HEADER', 'CLIENT_HALF_CLOSE', 'TLS_OPAQUE', 'PORT_REUSED', 'CLIENT_ABORTIVE_CLOSE',
  'TRUNCATED_PACKETS', 'DUPLICATES', 'PACKET_LOSS', 'REORDERING', 'CAPTURE_GAP', 'CAPTURE_STARTED_MIDSTREAM', 'ONE_SIDED_CAPTURE',
]);

const well = captureNames(LAB).filter((name) => {
  const { must_report } = readJson(LAB + name.replace(/\.pcap(ng)?$/, '.truth.json')) as { must_report: { code: string }[] };
  return must_report.some(({ code }) => code === 'REUSE_OK' || code === 'RESPONSE_OK') && must_report.every(({ code }) => HEALTHY.has(code));
});

describe.skipIf(WHY_SKIPPED !== '')(`well-behaved captures give no finding above info${WHY_SKIPPED}`, () => {
  it.each(well)('%s', async (name) => {
    const report = (await reportOf(LAB + name))!;
    expect(report.findings().filter(({ severity }) => severity !== 'info').map(({ rule, severity, confidence, explanation }) => `${severity} ${rule} ${confidence}: ${explanation}`)).toEqual([]);
  });
});
