import type { ConnectionReport } from '../model/connection.ts';
import type { FrameRef, NetworkPathReport } from '../model/report.ts';

/** A display filter, and the capture file it is for: its index, or null where there is one file only. */
export interface CaptureFilter {
  readonly capture: number | null;
  readonly filter: string;
}

type Filtered = Pick<ConnectionReport, 'client' | 'server' | 'firstFrame' | 'lastFrame' | keyof NetworkPathReport>;

/**
 * Wireshark display filters that show the packets of a connection and no others, one for each capture file it is in.
 * Ports are used again: the frame numbers keep the connection apart from others between the same sockets.
 */
export function wiresharkFilters(connection: Filtered): CaptureFilter[] {
  const { client, server } = connection;
  const terms = [...pathTerms(connection), addressTerm(client.address), addressTerm(server.address), `tcp.port == ${client.port}`, `tcp.port == ${server.port}`];
  // An address or a port that both sides share is told once.
  const sockets = [...new Set(terms)].join(' && ');
  const first = frameOf(connection.firstFrame);
  const last = frameOf(connection.lastFrame);
  if (first.capture === null || last.capture === null) {
    return [{ capture: null, filter: `${sockets} && frame.number >= ${first.frame} && frame.number <= ${last.frame}` }];
  }
  const filters: CaptureFilter[] = [];
  for (let capture = first.capture; capture <= last.capture; capture++) {
    const from = capture === first.capture ? ` && frame.number >= ${first.frame}` : '';
    const to = capture === last.capture ? ` && frame.number <= ${last.frame}` : '';
    filters.push({ capture, filter: sockets + from + to });
  }
  return filters;
}

/** What goes to the clipboard: the filter, or a line for each capture file. */
export function wiresharkFilterText(connection: Filtered): string {
  return wiresharkFilters(connection)
    .map(({ filter }) => filter)
    .join('\n');
}

/** Both numbers of a frame: "2:17" is frame 17 of the third file. */
export function frameOf(ref: FrameRef): { capture: number | null; frame: number } {
  if (typeof ref === 'number') return { capture: null, frame: ref };
  const colon = ref.indexOf(':');
  return { capture: Number(ref.slice(0, colon)), frame: Number(ref.slice(colon + 1)) };
}

function addressTerm(address: string): string {
  return `${address.includes(':') ? 'ipv6' : 'ip'}.addr == ${address}`;
}

/** Fields of the numbers that tell networks apart; other tunnels have none. */
const TUNNEL_FIELDS: Readonly<Record<string, string>> = { gre: 'gre.key', vxlan: 'vxlan.vni', geneve: 'geneve.vni', erspan: 'erspan.spanid' };

function pathTerms({ vlans = [], encapsulation }: NetworkPathReport): string[] {
  const terms = vlans.map((vlan) => `vlan.id == ${vlan}`);
  for (const tunnel of encapsulation?.split('/') ?? []) {
    const [name = '', number] = tunnel.split(':');
    const field = TUNNEL_FIELDS[name];
    if (field !== undefined && number !== undefined) terms.push(`${field} == ${number}`);
  }
  return terms;
}
