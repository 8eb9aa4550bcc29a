import { AnalysisReport } from '../../analysis/analysis-report.ts';
import { analyze } from '../../analysis/analyzer.ts';
import { readKeyLogFile } from '../../analysis/key-log-file.ts';
import { writeSlice } from '../../analysis/packet-slice.ts';
import { AppError } from '../../app-error.ts';
import type { UnreadableInput } from '../../../shared/model/report.ts';
import type { Progress } from './engine.ts';
import { ExitCode } from './exit-codes.ts';
import type { SliceFlags } from './slice-command.ts';

export interface SliceRun {
  readonly signal: AbortSignal;
  readonly write: (bytes: Uint8Array) => void | Promise<void>;
  readonly onProgress: (progress: Progress) => void;
}

export interface SliceResult {
  readonly connections: number;
  readonly packets: number;
  readonly unreadable: readonly UnreadableInput[];
  /** The captures bring TLS secrets along, which a slice does not. */
  readonly hadKeys: boolean;
}

/** Analyses the captures, chooses connections as the flags say (all of what they name together), and writes their packets. */
export async function sliceCaptures(files: readonly string[], flags: SliceFlags, run: SliceRun): Promise<SliceResult> {
  const { signal, write, onProgress } = run;
  const keyLog = flags.keylog === undefined ? null : await readKeyLogFile(flags.keylog);
  const result = await analyze(files, { signal, onProgress, ...(keyLog && { keyLog }) });
  if (result.interrupted) throw new AppError('interrupted', 'interrupted before the packets were chosen', ExitCode.interrupted);
  const report = new AnalysisReport(result, { redact: true, ...(flags.filter && { filter: flags.filter }) });
  const rows = chosenRows(report, flags);
  if (rows.length === 0) throw new AppError('nothing-chosen', 'no connection is what was asked for: see drainspotter analyze for what there is', ExitCode.arguments);
  const captures = { paths: result.captures.files.map(({ path }) => path), store: result.pipeline.store };
  const packets = await writeSlice(captures, rows, write, {
    format: flags.format,
    signal,
    onProgress: (bytesRead, bytesTotal) => onProgress({ bytesRead, bytesTotal, packets: 0 }),
  });
  return { connections: rows.length, packets, unreadable: report.unreadable, hadKeys: result.captures.files.some(({ extras }) => extras !== null && extras.tlsKeyLogs.length > 0) };
}

function chosenRows(report: AnalysisReport, { connections, finding }: SliceFlags): number[] {
  const named = new Set(finding === undefined ? [] : report.findings().flatMap((one) => (one.rule === finding ? one.connections : [])));
  const rows: number[] = [];
  for (const { id, close } of report.connections()) {
    if (connections !== undefined && !connections.some(({ first, last }) => first <= id && id <= last)) continue;
    if (finding !== undefined && close.cause !== finding && !named.has(id)) continue;
    rows.push(id - 1);
  }
  return rows;
}
