import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AnalysisReport } from '../../../main/analysis/analysis-report.ts';
import { analyze } from '../../../main/analysis/analyzer.ts';
import { writeJson } from '../../../main/report/json.ts';
import { writeText } from '../../../main/report/text.ts';
import { KeyLog } from '../../../main/tls/key-log.ts';
import { toPcapng } from '../../kit/capture-files.ts';
import { packetsOf, withSecrets } from '../../kit/tls-captures.ts';
import { TlsWriter } from '../../kit/tls-writer.ts';

it.each(['right', 'wrong', 'damaged'])('no secret of a %s key log is in a report', async (kind) => {
  const writer = new TlsWriter({ alpn: ['http/1.1'] }).handshake().data('client', 'GET /1 HTTP/1.1\r\nHost: a\r\n\r\n').data('server', 'HTTP/1.1 204 No Content\r\n\r\n');
  const keyLog = kind === 'right' ? writer.keyLog : kind === 'wrong' ? writer.keyLog.replace(/[0-9a-f]+$/gm, (digits) => `${'ab'.repeat(digits.length / 2 - 4)}12345678`) : writer.keyLog.replaceAll('_0 ', '_0 zz');
  const secrets = keyLog.split('\n').flatMap((line) => line.split(' ').at(-1) || []);
  expect(secrets).toHaveLength(4);
  const folder = mkdtempSync(join(tmpdir(), 'drainspotter-keys-'));
  try {
    const path = join(folder, 'with-keys.pcapng');
    writeFileSync(path, withSecrets(toPcapng(packetsOf(writer.pieces)), keyLog));
    const log = new KeyLog();
    log.add(keyLog);
    const report = new AnalysisReport(await analyze([path], { keyLog: log, keepHeads: true }), { redact: false });
    expect([...report.connections()].map(({ tls }) => tls?.decrypted)).toEqual([kind === 'right']);
    let all = JSON.stringify([[...report.connections()], report.captures, report.findings(), report.summary, report.endpoints()]);
    await writeJson(report, (piece) => void (all += piece), { version: '0.1.0' });
    await writeText(report, (piece) => void (all += piece), { width: 200, color: false });
    for (const secret of secrets) for (const form of [secret, secret.toUpperCase(), Buffer.from(secret, 'hex').toString('base64')]) expect(all.includes(form.slice(0, 32))).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
