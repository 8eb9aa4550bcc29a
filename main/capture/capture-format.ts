import { isPcapMagic } from './pcap-reader.ts';

/** What the first bytes of a file say it is. */
export type DetectedFormat =
  | { readonly kind: 'pcap' | 'pcapng' | 'gzip' | 'zstd' }
  /** Known by name, but not read; `how` says how to turn it into something that is. */
  | { readonly kind: 'unsupported'; readonly name: string; readonly how: string }
  | { readonly kind: 'unknown' };

/** Bytes `detectFormat` wants to see; it makes do with fewer. */
export const DETECTION_BYTES = 16;

const CONVERT = 'convert it first: editcap -F pcapng FILE OUT.pcapng';
const UNPACK = 'unpack it first';
const COMPARE = 'it can be compared with a capture or another report (Compare in the page, drainspotter compare), or open the capture that it is of';
const BROWSE = 'look at it in a browser, or open the capture that it is of';

const UNSUPPORTED: readonly { readonly magic: string; readonly name: string; readonly how: string }[] = [
  { magic: 'snoop\0\0\0', name: 'a Solaris snoop capture', how: CONVERT },
  { magic: 'btsnoop\0', name: 'a Bluetooth btsnoop log', how: CONVERT },
  { magic: 'RTSS', name: 'a Network Monitor 1 capture', how: CONVERT },
  { magic: 'GMBU', name: 'a Network Monitor 2 capture', how: CONVERT },
  { magic: 'TRSNIFF data', name: 'a DOS Sniffer capture', how: CONVERT },
  { magic: 'XCP\0', name: 'a Windows Sniffer capture', how: CONVERT },
  { magic: 'ObserverPktBuffe', name: 'a Network Instruments Observer capture', how: CONVERT },
  { magic: '\x7fver', name: 'a Savvius *Peek capture', how: CONVERT },
  { magic: 'BZh', name: 'bzip2 data', how: `${UNPACK} with bunzip2` },
  { magic: '\xfd7zXZ\0', name: 'xz data', how: `${UNPACK} with unxz` },
  { magic: '\x04\x22\x4d\x18', name: 'LZ4 data', how: `${UNPACK} with lz4 -d` },
  { magic: 'PK\x03\x04', name: 'a ZIP archive', how: UNPACK },
  { magic: '7z\xbc\xaf\x27\x1c', name: 'a 7-Zip archive', how: UNPACK },
  // What this program saves itself comes back from who was sent it.
  { magic: '{"schema":"drain', name: 'a report that Drainspotter saved', how: COMPARE },
  { magic: '{"capture":{', name: 'a report that Drainspotter saved', how: COMPARE },
  { magic: '<!doctype html>', name: 'an HTML page', how: BROWSE },
  { magic: '{"log":{', name: 'a HAR file', how: BROWSE.replace('a browser', "a browser's developer tools") },
];

/** Recognises a file by its content, never by its name. */
export function detectFormat(bytes: Uint8Array): DetectedFormat {
  if (bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b) return { kind: 'gzip' };
  if (bytes.length >= 4) {
    const magic = ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> 0;
    if (isPcapMagic(magic)) return { kind: 'pcap' };
    if (magic === 0x0a0d0d0a) return { kind: 'pcapng' };
    if (magic === 0x28b52ffd || (magic & 0xf0ffffff) >>> 0 === 0x502a4d18) return { kind: 'zstd' };
  }
  for (const { magic, name, how } of UNSUPPORTED) {
    if (startsWith(bytes, magic)) return { kind: 'unsupported', name, how };
  }
  return { kind: 'unknown' };
}

function startsWith(bytes: Uint8Array, magic: string): boolean {
  if (bytes.length < magic.length) return false;
  for (let i = 0; i < magic.length; i++) if (bytes[i] !== magic.charCodeAt(i)) return false;
  return true;
}
