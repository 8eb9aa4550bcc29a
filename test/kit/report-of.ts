import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AnalysisReport, type ReportOptions } from '../../main/analysis/analysis-report.ts';
import { analyze } from '../../main/analysis/analyzer.ts';
import type { KeyLog } from '../../main/tls/key-log.ts';
import { toPcap } from './capture-files.ts';
import type { Packet } from './packets.ts';

/** The report of packets of one capture, as the command line would make it, nothing redacted. */
export function reportOf(packets: readonly Packet[], options: Partial<ReportOptions> = {}, keyLog?: KeyLog): Promise<AnalysisReport> {
  return reportOfFile(toPcap(packets, { nanoseconds: true }), options, keyLog);
}

/** The same of the bytes of a capture file. */
export async function reportOfFile(bytes: Uint8Array, options: Partial<ReportOptions> = {}, keyLog?: KeyLog): Promise<AnalysisReport> {
  const folder = mkdtempSync(join(tmpdir(), 'drainspotter-'));
  try {
    const path = join(folder, 'capture.pcap');
    writeFileSync(path, bytes);
    return new AnalysisReport(await analyze([path], keyLog && { keyLog }), { redact: false, ...options });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
