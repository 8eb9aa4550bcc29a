import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AnalysisReport } from '../../main/analysis/analysis-report.ts';
import { analyze } from '../../main/analysis/analyzer.ts';
import { AppError } from '../../main/app-error.ts';
import { KeyLog } from '../../main/tls/key-log.ts';
import type { ConnectionReport } from '../../shared/model/connection.ts';

/** Captures that are not part of this repository: they lie beside it, and tests that need them skip where they are not. */
const FOLDER = fileURLToPath(new URL('../../../shared/captures/', import.meta.url));

export const CORPORA = `${FOLDER}corpora/`;
export const LAB = `${FOLDER}lab/`;
export const WHY_SKIPPED = existsSync(CORPORA) ? '' : ' (SKIPPED: the folder ../shared/captures is not there)';

const CAPTURE = /\.(pcap|pcapng|pcap\.gz|snoop)$/;

/** Names relative to `folder`, those in the given subfolders included. */
export function captureNames(folder: string, subfolders: readonly string[] = []): string[] {
  if (!existsSync(folder)) return [];
  const names = ['', ...subfolders.map((name) => `${name}/`)].flatMap((prefix) => readdirSync(folder + prefix).map((name) => prefix + name));
  return names.filter((name) => CAPTURE.test(name)).sort();
}

/** Every capture there is, for `it.each`: what, and where its files are. */
export const EVERY_CAPTURE: readonly (readonly [title: string, folder: string, names: readonly string[]])[] = [
  ['captures of others', CORPORA, captureNames(CORPORA, ['extra', 'derived'])],
  ['captures of the lab', LAB, captureNames(LAB)],
];

/** What `problemOf` finds in the reports of captures, each behind the capture's name; '' is nothing. */
export async function problemsIn(folder: string, names: readonly string[], problemOf: (report: AnalysisReport) => Promise<string>): Promise<string[]> {
  const problems: string[] = [];
  for (const name of names) {
    const report = await reportOf(folder + name);
    const problem = report === null ? '' : await problemOf(report);
    if (problem !== '') problems.push(`${name}: ${problem}`);
  }
  return problems;
}

export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** The report of one capture with nothing redacted, read with the key log beside it; null where the file is refused with words for the user. */
export async function reportOf(path: string): Promise<AnalysisReport | null> {
  try {
    const keyLog = new KeyLog();
    const keys = path.replace(/\.pcap(ng)?$/, '.keylog.txt');
    if (existsSync(keys)) keyLog.add(readFileSync(keys, 'utf8'));
    return new AnalysisReport(await analyze([path], { keyLog }), { redact: false });
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

export async function connectionsOf(path: string): Promise<ConnectionReport[]> {
  const report = await reportOf(path);
  return report === null ? [] : [...report.connections()];
}
