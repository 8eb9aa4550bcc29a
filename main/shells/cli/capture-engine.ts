import { AnalysisReport } from '../../analysis/analysis-report.ts';
import { analyze, type AnalysisResult } from '../../analysis/analyzer.ts';
import { GrowingKeyLog } from '../../analysis/growing-key-log.ts';
import type { Follow } from '../../capture/byte-source.ts';

/** What is known is judged again at most this often, and for a quarter of the time at most. */
const LOOK_MILLISECONDS = 250;
const REST = 3;

/**
 * Analyses a capture while it is written; resolves with the report of all of it.
 *
 * @param keyLogPath of a key log that TLS is read with; it is looked at again and again, and may be still to come
 * @param onLook told how all stands, at most four times a second, if packets came; good until it is called again
 */
export async function analyzeLive(path: string, follow: Follow, redact: boolean, keyLogPath: string | undefined, onLook: (report: AnalysisReport) => void): Promise<AnalysisReport> {
  let reading: AnalysisResult | null = null;
  let seen = 0;
  let timer: NodeJS.Timeout;
  const look = (): void => {
    const began = performance.now();
    const packets = reading?.captures.files[0]!.packets ?? 0;
    if (reading !== null && packets > seen) {
      seen = packets;
      reading.pipeline.tellLive();
      onLook(new AnalysisReport(reading, { redact }));
    }
    timer = setTimeout(look, Math.max(LOOK_MILLISECONDS, REST * (performance.now() - began)));
  };
  timer = setTimeout(look, LOOK_MILLISECONDS);
  try {
    return new AnalysisReport(await analyze([path], { follow, ...(keyLogPath !== undefined && { growingKeyLog: new GrowingKeyLog(keyLogPath) }), onBegin: (begun) => (reading = begun) }), { redact });
  } finally {
    clearTimeout(timer);
  }
}
