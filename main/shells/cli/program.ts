import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { version } from '../../../package.json' with { type: 'json' };
import type { AnalyzeFlags } from './analyze-command.ts';
import { runAnalyze } from './analyze-command.ts';
import type { ConnectionFilter, Engine } from './engine.ts';
import { FORMATS } from '../../report/formats.ts';
import { type AnalyzeManyFlags, runAnalyzeMany, runDatasetWorker, WORKER_COMMAND } from './analyze-many-command.ts';
import { addCaptureCommands, addCondition } from './capture-arguments.ts';
import { COMPARISON_FORMATS, type CompareFlags, runCompare } from './compare-command.ts';
import { ExitCode } from './exit-codes.ts';
import type { ExplainFlags } from './explain-command.ts';
import { runExplain } from './explain-command.ts';
import type { OpenFlags } from './open-command.ts';
import type { CliProcess } from './run-command.ts';
import { type SliceFlags, parseIds, runSlice } from './slice-command.ts';
import { SLICE_FORMATS } from '../../report/pcap-slice.ts';

const EXAMPLES = `
Examples:
  drainspotter analyze web.pcap                             what happened, in words
  drainspotter analyze web.pcap1 web.pcap2                  several files as one capture
  drainspotter analyze web.pcapng.gz --filter api.example   one host; or a port: --filter 8080
  drainspotter analyze tls.pcapng --keylog keys.log         TLS, with its keys
  drainspotter analyze web.pcap --format json --out reuse.json
  drainspotter analyze web.pcap --fail-on undrained-response --fail-on 'reuse-ratio<0.9'
  drainspotter compare before.pcap after.pcap --fail-on worse
  drainspotter slice web.pcap --finding undrained-response --out undrained.pcapng
  drainspotter explain undrained-response
  drainspotter capture -i lo -f 'tcp port 8080' --out local.pcapng
  ssh host tcpdump -i any -U -w - tcp | drainspotter analyze -

Exit codes: 0 done, 1 a --fail-on condition holds, 2 the arguments, 3 an input could not be read
(others were still reported), 4 a live capture could not start or failed, 130 interrupted (what was
read is reported).`;

/** Runs one command line; resolves with its exit code. Nothing is thrown for what a user can cause. */
export async function runCli(args: readonly string[], cli: CliProcess, loadEngine: () => Promise<Engine>): Promise<number> {
  let exitCode: number = ExitCode.done;
  const program = new Command('drainspotter')
    .description('Reads packet captures and says why HTTP/1.1 connections were or were not reused.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => cli.stdout.write(text),
      writeErr: (text) => cli.stderr.write(text),
      getOutHelpWidth: () => cli.stdout.columns ?? 100,
      // Errors are printed below, in one line.
      outputError: () => undefined,
    })
    .addHelpText('after', EXAMPLES);

  program
    .command('analyze')
    .description('Report the TCP connections and HTTP/1.1 exchanges of captures.')
    .argument('<files...>', 'captures (pcap, pcapng, also as gzip or zstd), directories of them, or - for standard input')
    .addOption(new Option('--format <format>', 'format of the report').choices(FORMATS).default('text'))
    .option('--out <path>', 'write the report to a file (csv, parquet: a folder) instead of standard output')
    .option('--filter <host|port>', 'only connections of this host (address or Host name) or server port', parseFilter)
    .option('--keylog <file>', 'read TLS with the secrets of this SSLKEYLOGFILE (those inside a pcapng are used anyway)')
    .option('--headers', 'add the header fields of each message (json, ndjson, har)')
    .option('--no-redact', 'show credentials, cookies and secrets in targets and headers')
    .option('--pseudonyms', 'replace addresses, host names and file names by others that hold within the report')
    .option('--fail-on <condition>', 'exit 1 where it holds: a rule, a severity, reuse-ratio<0.9, missed-reuse>10; may be given again', addCondition)
    .option('--ports <count>', 'local ports a client has for one server (Linux: 28232)', parsePorts)
    .option('--quiet', 'no progress, results only')
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], flags: AnalyzeFlags) => {
      exitCode = await runAnalyze(files, flags, cli, loadEngine);
    });

  program
    .command('open')
    .description('Show captures in a page in the browser, served on this computer alone. Prints its address and runs until Ctrl-C.')
    .argument('[files...]', 'captures to open at once')
    .option('--folder <dir>', 'a folder that the page may choose files from; may be given again', addFolder)
    .option('--keylog <file>', 'read TLS of these captures with the secrets of this SSLKEYLOGFILE')
    .option('--port <port>', 'listen on this port of 127.0.0.1; any that is free by default', parseListenPort, 0)
    .option('--no-open', 'print the address only')
    .addOption(new Option('--page <dir>', 'serve a page built elsewhere').hideHelp())
    .action(async (files: string[], flags: OpenFlags) => {
      const { runOpen } = await import('./open-command.ts');
      exitCode = await runOpen(files, flags, cli);
    });

  program
    .command('explain')
    .description('What a cause or rule means, how it looks on the wire, and what to change; without a rule, the list of all.')
    .argument('[rule]', 'such as undrained-response')
    .option('--client <stack>', 'with the fix for this client software, such as go-net-http-client')
    .option('--server <stack>', 'with the fix for this server software, such as nginx-server')
    .action(async (rule: string | undefined, flags: ExplainFlags) => {
      exitCode = await runExplain(rule, flags, cli);
    });

  program
    .command('analyze-many')
    .description('Analyse captures by the thousand, several at a time, into one Parquet data set; run again, it goes on where it ended (docs/scale.md).')
    .argument('<paths...>', "captures, directories with all below them, or patterns such as 'captures/**/*.pcap.gz'")
    .requiredOption('--out <folder>', 'the data set: a new folder, or one to go on with')
    .addOption(new Option('--by <unit>', 'folder: all captures of a folder are one, as tcpdump -C and dumpcap -b write them').choices(['file', 'folder']).default('file'))
    .option('--keylog <file>', 'read TLS of all of them with the secrets of this SSLKEYLOGFILE')
    .option('--jobs <count>', 'captures at a time (as many as processors, with 1 GB of memory each)', parseJobs)
    .option('--shard <i/n>', 'only the i-th of n shares of the captures, for several machines', parseShard)
    .option('--no-redact', 'keep credentials and secrets in targets')
    .option('--pseudonyms', 'replace addresses, host names and file names by others that hold within one capture')
    .option('--ports <count>', 'local ports a client has for one server (Linux: 28232)', parsePorts)
    .option('--quiet', 'no progress')
    .action(async (paths: string[], flags: AnalyzeManyFlags) => {
      exitCode = await runAnalyzeMany(paths, flags, cli);
    });
  program.command(WORKER_COMMAND, { hidden: true }).action(runDatasetWorker);

  program
    .command('compare')
    .description('Say what got better and what got worse between two captures; reports that analyze saved as JSON or NDJSON can stand in for them.')
    .argument('<before>', 'a capture, a directory of captures, or a saved report')
    .argument('<after>', 'the same, after the change')
    .addOption(new Option('--format <format>', 'format of the comparison').choices(COMPARISON_FORMATS).default('text'))
    .option('--out <path>', 'write it to a file instead of standard output')
    .addOption(new Option('--fail-on <verdict>', 'exit 1 where anything got worse').choices(['worse']))
    .option('--filter <host|port>', 'only connections of this host (address or Host name) or server port', parseFilter)
    .option('--keylog <file>', 'read TLS of both with the secrets of this SSLKEYLOGFILE')
    .option('--pseudonyms', 'leave out addresses, host names and file names')
    .option('--ports <count>', 'local ports a client has for one server (Linux: 28232)', parsePorts)
    .option('--quiet', 'no progress')
    .action(async (before: string, after: string, flags: CompareFlags) => {
      exitCode = await runCompare(before, after, flags, cli, loadEngine);
    });

  program
    .command('slice')
    .description('Write the packets of some connections as a capture of their own. The packets are as they were: nothing is redacted.')
    .argument('<files...>', 'captures (pcap, pcapng, also as gzip or zstd) or directories of them')
    .requiredOption('--out <path>', 'the new capture; - for standard output')
    .option('--connections <ids>', 'connections by their numbers in the report, such as 3,17-20', parseIds)
    .option('--filter <host|port>', 'connections of this host (address or Host name) or server port', parseFilter)
    .option('--keylog <file>', 'find them with TLS read by this SSLKEYLOGFILE; the packets stay encrypted')
    .option('--finding <rule>', 'connections that a finding of this rule names, or that closed for this cause')
    .addOption(new Option('--format <format>', 'pcapng keeps interfaces and notes original frame numbers').choices(SLICE_FORMATS).default('pcapng'))
    .option('--quiet', 'no progress')
    .action(async (files: string[], flags: SliceFlags) => {
      exitCode = await runSlice(files, flags, cli);
    });

  addCaptureCommands(program, cli, (code) => (exitCode = code));

  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return ExitCode.done;
    // Without arguments commander has printed the help already.
    if (error.code !== 'commander.help') cli.stderr.write(`drainspotter: ${describe(error, program.commands.find((command) => command.name() === args[0])?.name() ?? null)}\n`);
    return ExitCode.arguments;
  }
}

/** `command`: the one that was asked for, null where there is no such. */
function describe(error: CommanderError, command: string | null): string {
  const problem = error.message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ');
  const help = error.code === 'commander.unknownCommand' ? 'To read a capture: drainspotter analyze FILE' : `See: drainspotter ${command === null ? '' : `${command} `}--help`;
  return `${problem}${/[.)]$/.test(problem) ? '' : '.'} ${help}`;
}

/** `443`, `api.example`, `10.0.0.1`, `2001:db8::1`, `api.example:443` or `[2001:db8::1]:443`. */
export function parseFilter(text: string): ConnectionFilter {
  if (/^\d+$/.test(text)) return { port: parsePort(text) };
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? text;
  if (!/^[\w.:%*-]+$/u.test(host)) throw new InvalidArgumentError('Give a host name, an address or a port.');
  return port === undefined ? { host } : { host, port: parsePort(port) };
}

function addFolder(folder: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), folder];
}

function parseListenPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('A port is a number from 1 to 65535; 0 is any that is free.');
  return port;
}

function parsePorts(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 65_535) throw new InvalidArgumentError('Give a number from 1 to 65535.');
  return count;
}

function parseJobs(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 1024) throw new InvalidArgumentError('Give a number from 1 to 1024.');
  return count;
}

/** `3/10` */
export function parseShard(text: string): { index: number; count: number } {
  const [, index, count] = /^(\d{1,5})\/(\d{1,5})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (index === undefined || shard.index < 1 || shard.index > shard.count) throw new InvalidArgumentError('Give a share such as 3/10: from 1/10 to 10/10.');
  return shard;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (port < 1 || port > 65_535) throw new InvalidArgumentError('A port is a number from 1 to 65535.');
  return port;
}
