import { type Command, InvalidArgumentError, Option } from 'commander';
import { BACKENDS } from '../../../shared/model/capture.ts';
import { type FailCondition, failCondition } from '../../report/fail-on.ts';
import type { CaptureFlags } from './capture-command.ts';
import type { InterfacesFlags } from './interfaces-command.ts';
import type { CliProcess } from './run-command.ts';

const LIVE_FORMATS = ['text', 'ndjson', 'json', 'html', 'markdown'] as const;

const CAPTURE_EXAMPLES = `
Examples:
  drainspotter capture -i lo -f 'tcp port 8080' --out local.pcapng
  drainspotter capture -i eth0 --out web.pcapng --for 60s --format json > reuse.json
  drainspotter capture -i eth0 --out web.pcapng --ring-size 100MB --ring-files 10
  drainspotter capture -i lo --out ci.pcapng --for 30s --fail-on undrained-response

Findings are told as they are made: on standard error, with ndjson as {"live":…} lines on standard output. The report
follows on standard output at the end. Ctrl-C ends the capture and reports.`;

/** Adds `capture` and `interfaces`. */
export function addCaptureCommands(program: Command, cli: CliProcess, exitWith: (code: number) => void): void {
  program
    .command('capture')
    .description('Capture on an interface into a file, tell findings as they are made, and report at the end.')
    .requiredOption('-i, --interface <name>', 'where to listen; may be given again (drainspotter interfaces)', add)
    .requiredOption('--out <path>', 'the capture file, a new one (pcapng)')
    .option('-f, --filter <expression>', "capture filter, such as 'tcp port 8080' (pcap-filter)", '')
    .option('--for <time>', 'stop after this long: 60s, 10min, 2h', parseTime)
    .option('--packets <count>', 'stop after so many packets', parseCount)
    .option('--size <bytes>', 'stop when the capture has this size: 500MB', parseBytes)
    .option('--ring-size <bytes>', 'begin another file at this size: x_00001.pcapng, x_00002.pcapng', parseBytes)
    .option('--ring-files <count>', 'keep the last so many of them (all)', parseCount)
    .option('--snap-length <bytes>', 'keep so many bytes of each packet (all)', parseCount)
    .option('--promiscuous', 'also packets that are not for this computer')
    .option('--buffer <MB>', 'buffer of the kernel', parseBuffer)
    .option('--immediate', 'hand packets over at once, which costs more for each')
    .addOption(new Option('--backend <name>', 'what captures (the best that works)').choices(BACKENDS))
    .addOption(new Option('--format <format>', 'format of the report').choices(LIVE_FORMATS).default('text'))
    .option('--keylog <file>', 'read TLS with the secrets of this SSLKEYLOGFILE, which may still be written, or be still to come')
    .option('--no-redact', 'show credentials, cookies and secrets in targets')
    .option('--fail-on <condition>', 'exit 1 where it holds at the end: a rule, a severity, reuse-ratio<0.9; may be given again', addCondition)
    .option('--quiet', 'the report only')
    .addHelpText('after', CAPTURE_EXAMPLES)
    .action(async (flags: CaptureFlags) => {
      const { runCapture } = await import('./capture-command.ts');
      exitWith(await runCapture(flags, cli));
    });

  program
    .command('interfaces')
    .description('List the interfaces that can be captured on, and whether this person may.')
    .option('--json', 'as JSON')
    .action(async (flags: InterfacesFlags) => {
      const { runInterfaces } = await import('./interfaces-command.ts');
      exitWith(await runInterfaces(flags, cli));
    });
}

function add(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** One more condition of `--fail-on`. */
export function addCondition(text: string, before: readonly FailCondition[] | undefined): FailCondition[] {
  try {
    return [...(before ?? []), failCondition(text)];
  } catch (error) {
    throw error instanceof RangeError ? new InvalidArgumentError(error.message) : error;
  }
}

const SECONDS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, min: 60, h: 3600 };

/** @returns seconds */
export function parseTime(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(s|m|min|h)?$/.exec(text) ?? [];
  const seconds = Number(number) * SECONDS[unit ?? '']!;
  if (!(seconds > 0) || seconds > 2_000_000) throw new InvalidArgumentError('Give a time such as 60s, 10min or 2h, 23 days at most.');
  return seconds;
}

const BYTES: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };

export function parseBytes(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(?:([kKMGT])?B?)$/.exec(text) ?? [];
  const bytes = Math.round(Number(number) * BYTES[unit === 'K' ? 'k' : (unit ?? '')]!);
  if (!(bytes >= 1000)) throw new InvalidArgumentError('Give a size such as 500kB, 100MB or 2GB, 1 kB at least.');
  return bytes;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) throw new InvalidArgumentError('Give a whole number from 1.');
  return count;
}

function parseBuffer(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 1024) throw new InvalidArgumentError('Give a number of megabytes from 1 to 1024.');
  return count;
}
