/** An address and a port, parsed from "10.0.0.1:80" or "[2001:db8::1]:80". */
export interface Endpoint {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly port: number;
}

export function endpoint(text: string): Endpoint {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, colon);
  const port = Number(text.slice(colon + 1));
  return host.startsWith('[') ? { address: ipv6(host.slice(1, -1)), port } : { address: ipv4(host), port };
}

function ipv4(text: string): Uint8Array {
  return Uint8Array.from(text.split('.'), Number);
}

function ipv6(text: string): Uint8Array {
  const [left, right] = text.split('::') as [string, string | undefined];
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  const groups = [...head, ...(right === undefined ? [] : zeros), ...tail].map((group) => Number.parseInt(group, 16));
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}
