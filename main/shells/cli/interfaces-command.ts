import type { CaptureAbility, InterfaceInfo } from '../../../shared/model/capture.ts';
import { formatCount } from '../../../shared/format/quantity.ts';
import { safeText } from '../../../shared/format/safe-text.ts';
import { listInterfaces } from '../../capture/interfaces.ts';
import { abilityOn, forkHelper } from '../../capture/live-source.ts';
import { captureHelperEntry } from '../../platform/capture-helper-entry.ts';
import { ExitCode } from './exit-codes.ts';
import { type CliProcess, runCommand } from './run-command.ts';

export interface InterfacesFlags {
  readonly json?: true;
}

/** Lists interfaces, what can capture there, and how to allow it. */
export function runInterfaces(flags: InterfacesFlags, cli: CliProcess): Promise<number> {
  return runCommand(cli, async () => {
    const ability = await abilityOn(await listInterfaces(), forkHelper(captureHelperEntry()));
    cli.stdout.write(flags.json ? `${JSON.stringify(ability, null, 2)}\n` : textOf(ability));
    return ExitCode.done;
  });
}

function textOf({ interfaces, backends, how }: CaptureAbility): string {
  const rows = interfaces.map((entry) => [safeText(entry.name), entry.up ? 'up' : 'down', entry.linkType ?? '-', packetsOf(entry), safeText(entry.addresses.join(', ') || 'no address')]);
  const table = [['NAME', 'STATE', 'LINK', 'PACKETS', 'ADDRESSES'], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) => row.map((cell, column) => (column === row.length - 1 ? cell : column === 3 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join('  '));
  const programs = backends.map(({ name, usable, reason }) => `  ${name}: ${usable ? 'works' : 'does not work'}; ${safeText(reason)}`);
  return `${[...lines, '', 'What can capture, the preferred first:', ...programs, ...(how === null ? [] : ['', how])].join('\n')}\n`;
}

function packetsOf({ packets }: InterfaceInfo): string {
  return packets === null ? '-' : formatCount(packets);
}
