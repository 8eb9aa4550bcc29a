import type { Socket } from '../model/connection.ts';

/** "192.0.2.1:80", "[2001:db8::1]:80" (RFC 3986 section 3.2.2). */
export function socketText({ address, port }: Socket): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
