import type { NetworkPathReport, Socket } from '../../shared/model/report.ts';

/** "192.0.2.1:80", "[2001:db8::1]:80". */
export function socketText(socket: Socket): string {
  return `${socket.address.includes(':') ? `[${socket.address}]` : socket.address}:${socket.port}`;
}

/** "VLAN 5 vxlan:7": what carried the packets besides plain IP; '' for nothing. */
export function pathText({ vlans, encapsulation }: NetworkPathReport): string {
  const parts = [...(vlans === undefined ? [] : [`VLAN ${vlans.join('.')}`]), ...(encapsulation === undefined ? [] : [encapsulation])];
  return parts.join(' ');
}
