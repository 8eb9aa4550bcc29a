import { readdir, readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import type { InterfaceInfo } from '../../shared/model/capture.ts';
import { findProgram, run } from './capture-programs.ts';

/** ARPHRD_ values of Linux's if_arp.h, and the link type that a capture there has. */
const LINK_TYPES: Readonly<Record<number, string>> = { 1: 'EN10MB', 512: 'PPP', 768: 'RAW', 769: 'RAW', 772: 'EN10MB', 776: 'RAW', 801: 'IEEE802_11', 803: 'IEEE802_11_RADIO', 65534: 'RAW' };

const IFF_UP = 1;

/** The interfaces that can be captured on, those with addresses first; nothing is opened, no rights are needed. */
export async function listInterfaces(platform: NodeJS.Platform = process.platform): Promise<InterfaceInfo[]> {
  const addresses = new Map(Object.entries(networkInterfaces()).map(([name, list]) => [name, (list ?? []).map(({ address }) => address)]));
  const found = platform === 'linux' ? await linuxInterfaces(addresses) : await otherInterfaces(addresses);
  return found.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, 'en', { numeric: true }));
}

function rank({ up, addresses }: InterfaceInfo): number {
  return (up ? 0 : 2) + (addresses.length > 0 ? 0 : 1);
}

async function linuxInterfaces(addresses: ReadonlyMap<string, string[]>): Promise<InterfaceInfo[]> {
  const counts = packetCounts(await readFile('/proc/net/dev', 'utf8').catch(() => ''));
  const names = await readdir('/sys/class/net').catch(() => [...counts.keys()]);
  const found = await Promise.all(
    names.map(async (name): Promise<InterfaceInfo | null> => {
      const [type, flags] = await Promise.all(['type', 'flags'].map((file) => readFile(`/sys/class/net/${name}/${file}`, 'utf8').catch(() => null)));
      // bonding_masters lies among them and is no interface; an interface can go away while it is looked at.
      if (flags === null || flags === undefined) return null;
      const up = (Number(flags) & IFF_UP) !== 0;
      return { name, description: null, addresses: addresses.get(name) ?? [], linkType: LINK_TYPES[Number(type)] ?? null, up, packets: counts.get(name) ?? null };
    }),
  );
  return found.filter((entry) => entry !== null);
}

/** Packets received and sent, by interface, of /proc/net/dev. On the loopback each packet is both: counted once. */
export function packetCounts(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name, rest] = /^\s*(\S+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const numbers = rest!.split(/\s+/).map(Number);
    counts.set(name, numbers[1]! + (name === 'lo' ? 0 : numbers[9]!));
  }
  return counts;
}

/** macOS and the BSDs by tcpdump -D, Windows by dumpcap -D -M; else those that have an address. */
async function otherInterfaces(addresses: ReadonlyMap<string, string[]>): Promise<InterfaceInfo[]> {
  const plain = (name: string, description: string | null, up: boolean): InterfaceInfo => ({
    name, description, addresses: addresses.get(name) ?? addresses.get(description ?? '') ?? [], linkType: null, up, packets: null,
  });
  const tcpdump = await findProgram('tcpdump');
  if (tcpdump !== null) {
    const listed = parseTcpdumpList((await run(tcpdump, ['-D'])).out);
    if (listed.length > 0) return listed.map(({ name, description, up }) => plain(name, description, up));
  }
  const dumpcap = await findProgram('dumpcap');
  if (dumpcap !== null) {
    const listed = parseDumpcapList((await run(dumpcap, ['-D'])).out);
    if (listed.length > 0) return listed.map(({ name, description }) => plain(name, description, true));
  }
  return [...addresses.keys()].map((name) => plain(name, null, true));
}

/** "1.en0 (Wi-Fi) [Up, Running, Connected]" */
export function parseTcpdumpList(text: string): { name: string; description: string | null; up: boolean }[] {
  return text.split('\n').flatMap((line) => {
    const [, name, description, flags] = /^\d+\.(\S+)(?: \((.*?)\))?(?: \[(.*)\])?$/.exec(line.trim()) ?? [];
    return name === undefined ? [] : [{ name, description: description ?? null, up: flags === undefined || flags.split(', ').includes('Up') }];
  });
}

/** "2. \Device\NPF_{0F1A} (Ethernet)" */
export function parseDumpcapList(text: string): { name: string; description: string | null }[] {
  return text.split('\n').flatMap((line) => {
    const [, name, description] = /^\d+\. (\S+)(?: \((.*)\))?$/.exec(line.trim()) ?? [];
    return name === undefined ? [] : [{ name, description: description ?? null }];
  });
}
