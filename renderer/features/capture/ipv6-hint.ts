import type { InterfaceInfo } from '../../../shared/model/capture.ts';

/** What a capture filter leaves out without saying so, and the filter that does not; null: cannot be told. */
export interface FamilyHint {
  readonly leftOut: 'IPv4' | 'IPv6';
  /** An address of the same host of the other family, as an interface here has it. */
  readonly address: string | null;
  readonly filter: string | null;
}

const IPV4 = /(?<![\w.:])(?:\d{1,3}\.){3}\d{1,3}(?![\w.:])/g;
const IPV6 = /(?<![\w.:])(?=[\da-f:]*:[\da-f:]*:)[\da-f:]+(?:\.\d+)*(?![\w.:])/gi;
const MAC = /^(?:[\da-f]{1,2}:){5}[\da-f]{1,2}$/i;
/** As a protocol `ip` is IPv4 alone (pcap-filter(7)). */
const ONLY_IPV4 = /(?<![\w.-])ip(?![\w.-])(?!\s+(?:proto|protochain)\b)/i;
const ONLY_IPV6 = /(?<![\w.-])ip6(?![\w.-])/i;

/** A filter that names addresses, or a protocol, of one family alone leaves out what the same hosts say by the other. */
export function familyHint(filter: string, interfaces: readonly InterfaceInfo[]): FamilyHint | null {
  const fours = [...new Set(filter.match(IPV4) ?? [])];
  const sixes = [...new Set(filter.match(IPV6) ?? [])].filter((text) => !MAC.test(text));
  // What is excluded is not what is asked for.
  if (/\bnot\b|!/.test(filter)) return null;
  const speaksFour = fours.length > 0 || ONLY_IPV4.test(filter);
  const speaksSix = sixes.length > 0 || ONLY_IPV6.test(filter);
  if (speaksFour === speaksSix) return null;
  const leftOut = speaksFour ? 'IPv6' : 'IPv4';
  for (const named of speaksFour ? fours : sixes) {
    const host = interfaces.find(({ addresses }) => addresses.some((address) => address.toLowerCase() === named.toLowerCase()));
    const address = host?.addresses.find((one) => one.includes(':') === (leftOut === 'IPv6') && !/^fe80:/i.test(one));
    if (address !== undefined && !ONLY_IPV4.test(filter) && !ONLY_IPV6.test(filter)) return { leftOut, address, filter: `(${filter.trim()}) or (${filter.trim().replaceAll(named, address)})` };
  }
  return { leftOut, address: null, filter: null };
}
