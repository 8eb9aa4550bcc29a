import type { Page } from 'playwright-core';
import type { CaptureState } from '../../shared/model/capture.ts';
import type { AnalysisState, Overview, Series } from '../../shared/model/view.ts';
import type { ClientFrame, ServerFrame } from '../../shared/rpc/frames.ts';

type Answer = unknown | ((params: Record<string, unknown>) => unknown);

/** Answers that stand in for the program's, by method; what is not among them the program answers itself. */
export interface FakeProgram {
  readonly requests: Record<string, Answer>;
  /** Items of the stream `analysis.state`. */
  readonly states: readonly AnalysisState[];
  /** Items of the stream `capture.state`. */
  readonly captures?: readonly CaptureState[];
}

/** Says something more on a stream that the page listens to. */
export interface Tell {
  (method: 'analysis.state', item: AnalysisState): void;
  (method: 'capture.state', item: CaptureState): void;
}

/** For states of the page that no capture brings about on demand. An Error is answered as one, its name as the code. */
export async function fakeProgram(page: Page, { requests, states, captures = [] }: FakeProgram): Promise<Tell> {
  let tell = (_method: string, _item: unknown): void => undefined;
  await page.routeWebSocket(/\/rpc$/, (socket) => {
    const server = socket.connectToServer();
    const send = (frame: ServerFrame): void => socket.send(JSON.stringify(frame));
    const streams = new Map<string, number>();
    tell = (method, item) => send({ t: 'item', id: streams.get(method)!, item });
    socket.onMessage((text) => {
      const frame = JSON.parse(String(text)) as ClientFrame;
      if (frame.t === 'req' && frame.method in requests) {
        const answer = requests[frame.method];
        const result = typeof answer === 'function' ? (answer as (params: unknown) => unknown)(frame.params) : answer;
        send(result instanceof Error ? { t: 'err', id: frame.id, error: { code: result.name, message: result.message } } : { t: 'ok', id: frame.id, result });
      } else if (frame.t === 'sub' && (frame.method === 'analysis.state' || frame.method === 'capture.state')) {
        streams.set(frame.method, frame.id);
        for (const item of frame.method === 'analysis.state' ? states : captures) tell(frame.method, item);
      } else server.send(text);
    });
  });
  return (method: string, item: unknown) => tell(method, item);
}

export function stateOf(change: Partial<AnalysisState> = {}): AnalysisState {
  return {
    analysisId: 'fake',
    name: 'orders-eu1-0214.pcapng',
    phase: 'done',
    bytesRead: 2_100_000,
    bytesTotal: 2_100_000,
    packets: 4912,
    connections: 208,
    requests: 212,
    endpoints: 3,
    findings: 6,
    revision: 1,
    interrupted: false,
    ...change,
  };
}

export function overviewOf(change: Partial<Overview> = {}): Overview {
  return {
    revision: 1,
    answer: ['Nothing was read.'],
    soFar: false,
    tiles: [],
    groups: [],
    endpoints: [],
    endpointCount: 0,
    summary: {
      connections: 0,
      httpConnections: 0,
      requests: 0,
      responses: 0,
      reusedConnections: 0,
      requestsPerConnection: 0,
      reuseRatio: 0,
      keepAliveProbes: 0,
      findings: {},
      closeCauses: {},
      handshakeSeconds: 0,
      avoidableConnections: 0,
      avoidableHandshakeSeconds: 0,
    },
    captures: [],
    anomalies: [],
    from: 0,
    to: 372.4,
    ...change,
  };
}

export function seriesOf(change: Partial<Series> = {}): Series {
  return { revision: 1, from: 0, step: 2, opened: [], closed: [], open: [], timeWait: [], portBudget: 28_232, requestsPerConnection: [0, 0, 0, 0], ...change };
}
