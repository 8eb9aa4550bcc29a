import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AnalysisReport } from '../../main/analysis/analysis-report.ts';
import { analyze } from '../../main/analysis/analyzer.ts';
import { AppError } from '../../main/app-error.ts';
import { writeJson } from '../../main/report/json.ts';
import { writeText } from '../../main/report/text.ts';
import { problems, validateReportStrictly } from '../kit/report-fixtures.ts';
import type { Seed } from './mutator.ts';
import { mutate } from './mutator.ts';

export interface FuzzOptions {
  readonly seeds: readonly Seed[];
  /** Number of the first mutation; the others follow it. */
  readonly first: number;
  readonly count: number;
  /** Stop early after so many seconds. */
  readonly seconds?: number;
  /** Resident bytes that no analysis may pass. */
  readonly mostMemory: number;
  /** Called before each mutation, so that a watcher knows which one never came back. */
  readonly onStart?: (number: number) => void;
}

export interface FuzzFailure {
  readonly number: number;
  readonly story: string;
  readonly what: string;
}

export interface FuzzResult {
  readonly ran: number;
  /** Mutations that were refused with words for the user. */
  readonly refused: number;
  readonly failures: readonly FuzzFailure[];
  readonly slowest: { readonly milliseconds: number; readonly number: number };
  /** Resident bytes. */
  readonly peakMemory: number;
}

/** No analysis of a capture of these sizes may take longer. */
const MOST_MILLISECONDS = 1000;
const MOST_FAILURES = 10;
/** Asking for the memory takes as long as some analyses. */
const MEMORY_EVERY = 16;

/** Analyses damaged captures: nothing may throw, hang, fill the memory, or give a report that breaks the schema. */
export async function fuzz({ seeds, first, count, seconds = Infinity, mostMemory, onStart }: FuzzOptions): Promise<FuzzResult> {
  const folder = mkdtempSync(join(tmpdir(), 'drainspotter-fuzz-'));
  const path = join(folder, 'mutated.pcap');
  const failures: FuzzFailure[] = [];
  const slowest = { milliseconds: 0, number: first };
  const until = performance.now() + seconds * 1000;
  let ran = 0, refused = 0, peakMemory = 0;
  try {
    for (let number = first; number < first + count && failures.length < MOST_FAILURES && performance.now() < until; number++, ran++) {
      onStart?.(number);
      const { bytes, story } = mutate(seeds, number);
      writeFileSync(path, bytes);
      const { what, milliseconds } = await timed(path);
      if (what === REFUSED) refused++;
      else if (what !== null) failures.push({ number, story, what });
      if (milliseconds > slowest.milliseconds) Object.assign(slowest, { milliseconds, number });
      // What is slow by itself is so again; else the machine was busy.
      const again = milliseconds > MOST_MILLISECONDS ? (await timed(path)).milliseconds : 0;
      if (again > MOST_MILLISECONDS) failures.push({ number, story, what: `took ${Math.round(Math.min(milliseconds, again))} ms` });
      if (number % MEMORY_EVERY !== 0) continue;
      const memory = process.memoryUsage.rss();
      if (memory > peakMemory) peakMemory = memory;
      if (memory > mostMemory) failures.push({ number, story, what: `${Math.round(memory / 1e6)} MB resident` });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return { ran, refused, failures, slowest, peakMemory };
}

/** By the clock or by the processor's time, whichever is less: on a busy machine the clock runs on while nothing is analysed. */
async function timed(path: string): Promise<{ readonly what: string | null; readonly milliseconds: number }> {
  const start = performance.now();
  const before = process.cpuUsage();
  const what = await attempt(path).catch((error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error)));
  const { user, system } = process.cpuUsage(before);
  return { what, milliseconds: Math.min(performance.now() - start, (user + system) / 1000) };
}

const REFUSED = 'refused';

/** null: well; REFUSED; or what is wrong with the report. */
async function attempt(path: string): Promise<string | null> {
  let report: AnalysisReport;
  try {
    report = new AnalysisReport(await analyze([path], { keepHeads: true }), { redact: true });
  } catch (error) {
    if (error instanceof AppError) return REFUSED;
    throw error;
  }
  let text = '';
  await writeJson(report, (piece) => void (text += piece), { version: '0.1.0' });
  const written = JSON.parse(text) as { captures: { packets: number }[]; findings: { rule: string; evidence: { frame: number }[] }[] };
  if (!validateReportStrictly(written)) return `the report breaks the schema: ${problems(validateReportStrictly).split('\n')[0]}`;
  const packets = written.captures.reduce((sum, capture) => sum + capture.packets, 0);
  const unproven = written.findings.find(({ evidence }) => evidence.length === 0 || evidence.some(({ frame }) => frame > packets));
  if (unproven !== undefined) return `${unproven.rule} is proven by frames that are not there`;
  let words = '';
  await writeText(report, (piece) => void (words += piece), { color: false });
  const odd = /\b(?:NaN|undefined|Infinity)\b/.exec(words);
  return odd === null ? null : `the text says ${odd[0]}`;
}
