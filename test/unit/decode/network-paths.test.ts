import { describe, expect, it } from 'vitest';
import { NetworkPaths } from '../../../main/decode/network-paths.ts';

describe('NetworkPaths', () => {
  it('has ids in pairs: bit 0 says IPv6', () => {
    const paths = new NetworkPaths();
    const vlan = paths.vlan(NetworkPaths.IPV4, 7);
    expect(vlan & 1).toBe(0);
    expect(paths.get(vlan)).toEqual({ ipVersion: 4, vlans: [7], tunnel: null });
    expect(paths.get(vlan | 1)).toEqual({ ipVersion: 6, vlans: [7], tunnel: null });
  });

  it('does not take a VLAN for a tunnel with the same number, nor one tunnel for another', () => {
    const paths = new NetworkPaths();
    const ids = [paths.vlan(0, 7), paths.tunnel(0, 'vxlan', 7), paths.tunnel(0, 'vxlan', 6), paths.tunnel(0, 'geneve', 7), paths.tunnel(0, 'vxlan', -1), paths.tunnel(0, 'gre', 0xffff_ffff)];
    expect(new Set(ids).size).toBe(6);
    expect(ids.map((id) => paths.get(id).tunnel)).toEqual([null, 'vxlan:7', 'vxlan:6', 'geneve:7', 'vxlan', 'gre:4294967295']);
    expect([paths.vlan(0, 7), paths.tunnel(0, 'vxlan', 7)]).toEqual(ids.slice(0, 2));
  });

  it('tells 32,768 pairs apart; the rest share the last', () => {
    const paths = new NetworkPaths();
    const ids = Array.from({ length: 40_000 }, (_, i) => paths.tunnel(0, 'vxlan', i));
    expect(new Set(ids).size).toBe(32_767);
    expect(Math.max(...ids)).toBe(65_534);
    expect(paths.get(65_535).ipVersion).toBe(6);
    expect(paths.vlan(ids.at(-1)!, 5)).toBe(65_534);
  });
});
