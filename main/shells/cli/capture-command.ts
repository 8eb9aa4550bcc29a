import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { version } from '../../../package.json' with { type: 'json' };
import type { BackendName, CaptureOptions, CaptureTotals } from '../../../shared/model/capture.ts';
import type { FindingReport } from '../../../shared/model/report.ts';
import { formatBytes, formatCount, plural } from '../../../shared/format/quantity.ts';
import { safeText } from '../../../shared/format/safe-text.ts';
import { AppError } from '../../app-error.ts';
import { DEFAULT_CAPTURE } from '../../capture/capture-defaults.ts';
import { pruneRing, ringNumber, ringPath } from '../../capture/live-file.ts';
import { chooseBackend, forkHelper, LiveSource } from '../../capture/live-source.ts';
import { captureHelperEntry } from '../../platform/capture-helper-entry.ts';
import type { FailCondition } from '../../report/fail-on.ts';
import { writeReport } from '../../report/formats.ts';
import type { ReportModel } from '../../report/report-model.ts';
import { ExitCode } from './exit-codes.ts';
import { interruptOf } from './interrupt.ts';
import { openOutput, OutputClosed } from './output.ts';
import { type CliProcess, complain, runCommand } from './run-command.ts';

export interface CaptureFlags {
  readonly interface: string[];
  readonly out: string;
  readonly filter: string;
  readonly for?: number;
  readonly packets?: number;
  readonly size?: number;
  readonly ringSize?: number;
  readonly ringFiles?: number;
  readonly snapLength?: number;
  readonly promiscuous?: true;
  readonly buffer?: number;
  readonly immediate?: true;
  readonly backend?: BackendName;
  readonly format: 'text' | 'ndjson' | 'json' | 'html' | 'markdown';
  readonly keylog?: string;
  readonly redact: boolean;
  readonly failOn?: readonly FailCondition[];
  readonly quiet?: true;
}

/** Captures until told to stop, tells findings as they are made, and reports; resolves with the exit code. */
export function runCapture(flags: CaptureFlags, cli: CliProcess): Promise<number> {
  return runCommand(cli, async () => {
    const options = optionsOf(flags);
    const output = openOutput(undefined, [], cli.stdout);
    const startHelper = forkHelper(captureHelperEntry());
    const backend = await chooseBackend(options.interfaces[0]!, options.filter, startHelper, flags.backend ?? null);
    const told = new LiveLines(flags, cli);
    const over = new AbortController();
    let failure: AppError | null = null;
    const path = resolve(flags.out);
    const source = new LiveSource(startHelper, backend.name, path, options, {
      progress: (totals) => told.progress(totals),
      ended: (_by, totals, error) => {
        failure = error;
        told.progress(totals);
        over.abort();
      },
    });
    await source.started;
    told.say(`listening on ${options.interfaces.join(', ')} with ${backend.name} (${backend.reason}); Ctrl-C ends it and reports`);
    if (flags.keylog !== undefined && !existsSync(flags.keylog)) told.say(`${flags.keylog} is not there yet: TLS is read with it as soon as it is`);
    const interrupt = interruptOf(cli, () => undefined);
    const stop = () => source.stop();
    if (interrupt.signal.aborted) stop();
    interrupt.signal.addEventListener('abort', stop, { once: true });

    const { analyzeLive } = await import('./capture-engine.ts');
    const first = options.ring === null ? path : ringPath(path, 1);
    let number = 1;
    const next = (current: string): string => {
      number = ringNumber(current);
      source.passed(number - 1);
      return ringPath(path, number + 1);
    };
    const follow = { until: over.signal, ...(options.ring && { next }) };
    const report = await analyzeLive(first, follow, flags.redact, flags.keylog, (look) => told.look(look));
    if (options.ring !== null) pruneRing(path, options.ring, number);
    told.end();
    // The reader (`| head`) may have what it wanted.
    await writeReport(report, (text) => output.write(text), {
      format: flags.format,
      version,
      color: output.isTerminal && !cli.env['NO_COLOR'] && cli.env['TERM'] !== 'dumb',
      width: output.columns,
    }).catch(unlessClosed);
    await Promise.resolve(output.finish()).catch(unlessClosed);
    const held = conditionsOf(report, flags.failOn ?? [], cli);
    if (failure !== null) {
      complain(cli, (failure as AppError).message);
      return ExitCode.liveCaptureFailed;
    }
    return held ? ExitCode.conditionHolds : ExitCode.done;
  });
}

function optionsOf(flags: CaptureFlags): CaptureOptions {
  if (flags.ringFiles !== undefined && flags.ringSize === undefined) throw new AppError('ring-without-size', '--ring-files needs --ring-size: say at which size another file begins', ExitCode.arguments);
  return {
    ...DEFAULT_CAPTURE,
    interfaces: [...new Set(flags.interface)],
    filter: flags.filter.trim(),
    snapLength: flags.snapLength ?? 0,
    promiscuous: flags.promiscuous ?? false,
    bufferMegabytes: flags.buffer ?? DEFAULT_CAPTURE.bufferMegabytes,
    immediate: flags.immediate ?? false,
    seconds: flags.for ?? null,
    packets: flags.packets ?? null,
    bytes: flags.size ?? null,
    ring: flags.ringSize === undefined ? null : { bytes: flags.ringSize, files: flags.ringFiles ?? 0 },
  };
}

function conditionsOf(model: ReportModel, conditions: readonly FailCondition[], cli: CliProcess): boolean {
  const held = conditions.map((condition) => ({ condition, words: condition.holds(model) })).filter(({ words }) => words !== null);
  for (const { condition, words } of held) complain(cli, `--fail-on ${condition.text}: ${words}`);
  return held.length > 0;
}

function unlessClosed(error: unknown): void {
  if (!(error instanceof OutputClosed)) throw error;
}

/** What is said while it captures: findings once each, and on a terminal one line that goes on changing. */
class LiveLines {
  private readonly flags: CaptureFlags;
  private readonly cli: CliProcess;
  private readonly startedAt = performance.now();
  private readonly known = new Set<string>();
  private totals: CaptureTotals | null = null;
  private counts = '';
  private shown = false;

  constructor(flags: CaptureFlags, cli: CliProcess) {
    this.flags = flags;
    this.cli = cli;
  }

  say(text: string): void {
    if (!this.flags.quiet) this.aside(safeText(text));
  }

  progress(totals: CaptureTotals): void {
    this.totals = totals;
    this.show();
  }

  look(report: ReportModel): void {
    const { connections, requests } = report.summary;
    this.counts = `${plural(connections, 'connection')}, ${plural(requests, 'request')}`;
    for (const finding of report.findings()) this.finding(finding);
    this.show();
  }

  end(): void {
    if (this.shown) this.cli.stderr.write('\r\x1b[K');
    this.shown = false;
    const { packets, bytes, droppedBySystem, droppedByInterface } = this.totals!;
    this.totals = null;
    const dropped = droppedBySystem === null ? 'drops unknown' : `${formatCount(droppedBySystem + (droppedByInterface ?? 0))} dropped`;
    this.say(`captured ${plural(packets, 'packet')}, ${formatBytes(bytes)}, ${dropped}: ${this.flags.out}`);
  }

  private finding(finding: FindingReport): void {
    const { client, server, port } = finding.endpoint ?? { client: '', server: '', port: 0 };
    const key = finding.endpoint ? `${finding.rule} ${client} ${server} ${port}` : `${finding.rule} ${finding.connections[0] ?? ''}`;
    if (this.known.has(key) || this.known.size >= MAX_KNOWN) return;
    this.known.add(key);
    const seconds = (performance.now() - this.startedAt) / 1000;
    if (this.flags.format === 'ndjson') this.cli.stdout.write(`${JSON.stringify({ live: { seconds: Math.round(seconds * 1000) / 1000, finding } })}\n`);
    else if (!this.flags.quiet) this.aside(`${seconds.toFixed(1).padStart(6)} s  ${finding.severity}: ${safeText(finding.title)} (${finding.rule})`);
  }

  private aside(text: string): void {
    this.cli.stderr.write(`${this.shown ? '\r\x1b[K' : ''}${text}\n`);
    this.shown = false;
    this.show();
  }

  private show(): void {
    if (!this.cli.stderr.isTTY || this.flags.quiet || this.totals === null) return;
    const { packets, bytes, droppedBySystem } = this.totals;
    const parts = [plural(packets, 'packet'), formatBytes(bytes), this.counts, droppedBySystem === null ? '' : `${formatCount(droppedBySystem)} dropped`];
    const text = parts.filter((part) => part !== '').join(', ');
    this.cli.stderr.write(`\r${text.slice(0, (this.cli.stderr.columns || 80) - 1)}\x1b[K`);
    this.shown = true;
  }
}

/** Findings told one by one; more are in the report. */
const MAX_KNOWN = 10_000;
