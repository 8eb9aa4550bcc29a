/** What carried a segment besides plain IP: part of a connection's identity, so that two VLANs never mix. */
export interface NetworkPath {
  readonly ipVersion: 4 | 6;
  /**
   * VLAN ids from the outside in, as the frames are tagged. Where a mirror port tags one direction only, the two
   * directions of a connection have different paths. A priority tag (VLAN id 0) is not a VLAN.
   */
  readonly vlans: readonly number[];
  /**
   * The tunnel, e.g. "gre:7" (key), "vxlan:4096" (network), "gtp"; null outside tunnels. Only what is the same in both
   * directions is named: no outer addresses, no GTP tunnel endpoints.
   */
  readonly tunnel: string | null;
}

/** Kinds of tunnel, with the name that NetworkPath.tunnel shows. */
const TUNNEL_NAMES = ['ip-in-ip', '6in4', 'gre', 'pptp', 'erspan', 'vxlan', 'geneve', 'gtp', 'teredo', 'l2tp', 'etherip', 'mpls', 'tzsp', 'lisp', 'gue', 'capwap', 'ayiya'] as const;
export type TunnelName = (typeof TUNNEL_NAMES)[number];

/** Below 2^16, so that a path, a kind and a 32-bit number make one exact key. */
const MAX_IDS = 65_536;
const MAX_VLANS = 8;
const VLAN_KIND = 31;

/**
 * Ids of network paths. 0 is plain IPv4, 1 plain IPv6; bit 0 of every id says IPv6. Paths form a tree: one is made from
 * the one around it, by `vlan` and `tunnel`. At most 32,768 pairs are told apart, further ones share the last.
 */
export class NetworkPaths {
  static readonly IPV4 = 0;
  static readonly IPV6 = 1;
  private readonly paths: NetworkPath[] = [
    { ipVersion: 4, vlans: [], tunnel: null },
    { ipVersion: 6, vlans: [], tunnel: null },
  ];
  private readonly children = new Map<number, number>();
  private lastKey = -1;
  private lastChild = 0;

  /** The IPv4 path inside VLAN `id` of `path` (the IPv4 one of its pair); at most 8 levels count. */
  vlan(path: number, id: number): number {
    const key = keyOf(path, VLAN_KIND, id);
    if (key === this.lastKey) return this.lastChild;
    const { vlans, tunnel } = this.paths[path]!;
    if (vlans.length === MAX_VLANS) return path;
    return this.child(key) ?? this.add(key, [...vlans, id], tunnel);
  }

  /** The IPv4 path inside a tunnel in `path`, with the number (an uint32) that both directions show, or -1 for none. */
  tunnel(path: number, name: TunnelName, id: number): number {
    const key = keyOf(path, TUNNEL_NAMES.indexOf(name), id + 1);
    if (key === this.lastKey) return this.lastChild;
    const found = this.child(key);
    if (found !== undefined) return found;
    const { vlans, tunnel } = this.paths[path]!;
    const text = id < 0 ? name : `${name}:${id}`;
    return this.add(key, vlans, tunnel === null ? text : `${tunnel}/${text}`);
  }

  get(id: number): NetworkPath {
    return this.paths[id]!;
  }

  private child(key: number): number | undefined {
    const found = this.children.get(key);
    if (found === undefined) return undefined;
    this.lastKey = key;
    return (this.lastChild = found);
  }

  private add(key: number, vlans: readonly number[], tunnel: string | null): number {
    const even = this.paths.length;
    if (even >= MAX_IDS) return MAX_IDS - 2;
    this.children.set(key, even);
    this.paths.push({ ipVersion: 4, vlans, tunnel }, { ipVersion: 6, vlans, tunnel });
    return even;
  }
}

/** 15 bits of path (the IPv4 one of its pair is even), 5 of kind, 33 of number (a tunnel's is one more than its id): below 2^53. */
function keyOf(path: number, kind: number, number: number): number {
  return ((path >> 1) * 32 + kind) * 0x2_0000_0000 + number;
}
