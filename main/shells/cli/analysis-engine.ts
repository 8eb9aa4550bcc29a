import { setFlagsFromString } from 'node:v8';
import { AnalysisReport } from '../../analysis/analysis-report.ts';
import { analyze } from '../../analysis/analyzer.ts';
import { readKeyLogFile } from '../../analysis/key-log-file.ts';
import { PseudonymModel } from '../../report/pseudonyms.ts';
import { writeReport, writeTables } from '../../report/formats.ts';
import type { Engine } from './engine.ts';

const LARGE_BYTES = 64 << 20;

/** The engine in the process of the command line itself: a worker would cost 20 to 30 ms of start-up. */
export const engine: Engine = {
  async analyze(paths, { signal, headers, keyLogPath, redact, filter, portBudget, pseudonyms, onProgress }) {
    const keyLog = keyLogPath === undefined ? null : await readKeyLogFile(keyLogPath);
    const result = await analyze(paths, { signal, keepHeads: headers, ...(keyLog && { keyLog }), onProgress, onBegin: ({ captures }) => keepYoungGenerationSmall(captures.totalBytes) });
    const report = new AnalysisReport(result, { redact, ...(filter && { filter }), ...(portBudget !== undefined && { portBudget }) });
    return pseudonyms ? new PseudonymModel(report) : report;
  },
  write: writeReport,
  writeTables,
};

/**
 * Results lie outside of V8's heap, and reports are written as they are made: a young generation that grows takes 20 MB
 * and saves no time. Only where much is to come: under other flags V8 refuses the code that was kept for it (code-cache.ts).
 */
function keepYoungGenerationSmall(bytes: number | null): void {
  if (bytes === null || bytes >= LARGE_BYTES) setFlagsFromString('--semi-space-growth-factor=1');
}
