/** What carried a segment besides plain IP: part of a connection's identity, so that two VLANs never mix. */
export interface NetworkPath {
  readonly ipVersion: 4 | 6;
  /** VLAN ids from the outside in. */
  readonly vlans: readonly number[];
  /** e.g. "gre:10.0.0.1>10.0.0.2:key", "vxlan:4096", or null outside tunnels. */
  readonly tunnel: string | null;
}

/** Ids of network paths. 0 is plain IPv4, 1 plain IPv6; bit 0 of every id says IPv6. */
export class NetworkPaths {
  static readonly IPV4 = 0;
  static readonly IPV6 = 1;
  private readonly paths: NetworkPath[] = [
    { ipVersion: 4, vlans: [], tunnel: null },
    { ipVersion: 6, vlans: [], tunnel: null },
  ];
  private readonly ids = new Map<string, number>([['', 0]]);

  /** The id for IP version 4 or 6 inside these VLANs and this tunnel; at most 32,768 pairs are told apart, further ones share the last. */
  id(ipVersion: 4 | 6, vlans: readonly number[], tunnel: string | null): number {
    const key = vlans.length === 0 && tunnel === null ? '' : `${vlans.join('.')}|${tunnel ?? ''}`;
    let even = this.ids.get(key);
    if (even === undefined) {
      if (this.paths.length >= 65_536) return this.paths.length - (ipVersion === 6 ? 1 : 2);
      even = this.paths.length;
      this.ids.set(key, even);
      this.paths.push({ ipVersion: 4, vlans: [...vlans], tunnel }, { ipVersion: 6, vlans: [...vlans], tunnel });
    }
    return ipVersion === 6 ? even + 1 : even;
  }

  get(id: number): NetworkPath {
    return this.paths[id]!;
  }
}
