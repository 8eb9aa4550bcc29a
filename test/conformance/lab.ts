import type { ConnectionReport } from '../../shared/model/connection.ts';
import type { Side } from '../../shared/model/report.ts';
import { LAB, readJson } from './captures.ts';
import type { Difference, Fact } from './differences.ts';

/** What a truth file says; see the README of the captures. The wire decides where the logs and the wire differ. */
interface Truth {
  readonly capture: { readonly snaplen: string | number };
  readonly server: { readonly tls?: unknown };
  readonly connections: readonly TruthConnection[];
  readonly extra?: { readonly removed_frames?: readonly number[] };
}

interface TruthConnection {
  readonly client: string;
  readonly server: string;
  readonly requests: readonly { readonly method: string; readonly uri: string }[];
  readonly wire: {
    readonly stream: number;
    readonly n_requests: number;
    readonly responses: readonly { readonly status: number; readonly framing: string | null; readonly body: number | null; readonly complete: boolean }[];
    readonly close_events: readonly { readonly who: Side; readonly kind: 'FIN' | 'RST' }[];
    readonly ka_probes_from_client: number;
    readonly ka_probes_from_server: number;
    readonly zero_window_from_client: number;
    readonly zero_window_from_server: number;
  };
}

const FRAMING: Record<string, string> = { cl: 'content-length', chunked: 'chunked', eof: 'until-close', none: 'none' };

export function compareWithTruth(name: string, connections: readonly ConnectionReport[]): Difference[] {
  const truth = readJson(LAB + name.replace(/\.pcap(ng)?$/, '.truth.json')) as Truth;
  const wanted = [...truth.connections].sort((a, b) => a.wire.stream - b.wire.stream);
  if (connections.length !== wanted.length) return [{ what: 'connections', subject: 'count', text: `${wanted.length} in truth, ${connections.length} reported` }];
  const differences = wanted.flatMap((connection, at) => compareConnection(connection, connections[at]!, truth));
  if (truth.extra?.removed_frames && connections.every(({ gaps }) => gaps.length === 0)) differences.push({ what: 'gaps', subject: 'capture', text: 'has frames removed, no gap is reported' });
  return differences;
}

function compareConnection(wanted: TruthConnection, told: ConnectionReport, truth: Truth): Difference[] {
  const { wire } = wanted;
  const differences: Difference[] = [];
  const check = (what: Fact, wantedValue: unknown, toldValue: unknown): void => {
    const [a, b] = [JSON.stringify(wantedValue), JSON.stringify(toldValue)];
    if (a !== b) differences.push({ what, subject: `connection ${told.id}`, text: `${a} in truth, ${b} reported` });
  };
  check('endpoints', [wanted.client, wanted.server], [endpointText(told.client), endpointText(told.server)]);

  const requests = told.exchanges.flatMap(({ request }) => request ?? []);
  const isCut = truth.capture.snaplen !== 'full';
  // The wire block does not look into TLS: the programs' logs know.
  if (truth.server.tls) check('requests', wanted.requests.map(({ method, uri }) => `${method} ${uri}`), requests.map(({ method, target }) => `${method} ${target}`));
  else {
    // The reader of the wire block does not find messages that the snap length cut; the programs' logs know them.
    check('requests', isCut ? wanted.requests.length : wire.n_requests, requests.length);
    if (wanted.requests.length === wire.n_requests || isCut) {
      check('requests', wanted.requests.map(({ method, uri }) => `${method} ${uri}`), requests.map(({ method, target }) => `${method} ${target}`));
    }
  }
  if (!truth.server.tls && !isCut) {
    const responses = told.exchanges.flatMap(({ response }) => response ?? []);
    check('responses', wire.responses.map(({ status, complete }) => [status, complete]), responses.map(({ status, complete }) => [status, complete]));
    check('framing', wire.responses.map(({ framing }) => (framing === null ? 'upgrade' : FRAMING[framing])), responses.map(({ framing }) => framing));
    check('bodies', wire.responses.map(({ body }) => body ?? 0), responses.map(({ bodyBytes }) => bodyBytes));
  }
  const first = wire.close_events[0];
  check('close', first ? [first.who, first.kind.toLowerCase()] : [null, 'open'], [told.close.by, told.close.kind]);
  const probes = (from: Side): number => told.keepAliveProbes.filter((probe) => probe.from === from).length;
  check('probes', [wire.ka_probes_from_client, wire.ka_probes_from_server], [probes('client'), probes('server')]);
  const windows = (from: Side): boolean => told.zeroWindows.some((window) => window.from === from);
  check('windows', [wire.zero_window_from_client > 0, wire.zero_window_from_server > 0], [windows('client'), windows('server')]);
  return differences;
}

function endpointText({ address, port }: { readonly address: string; readonly port: number }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
