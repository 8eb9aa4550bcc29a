import type { NetworkPathReport } from '../../shared/model/report.ts';

/** "VLAN 5 vxlan:7": what carried the packets besides plain IP; '' for nothing. */
export function pathText({ vlans, encapsulation }: NetworkPathReport): string {
  const parts = [...(vlans === undefined ? [] : [`VLAN ${vlans.join('.')}`]), ...(encapsulation === undefined ? [] : [encapsulation])];
  return parts.join(' ');
}
