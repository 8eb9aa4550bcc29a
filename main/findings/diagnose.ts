import type { ResultStore } from '../store/result-store.ts';
import { accumulation } from './accumulation.ts';
import { ConnectionCase } from './case.ts';
import { ConnectionCounts } from './connection-counts.ts';
import { causeFindings } from './cause-findings.ts';
import { cutRequests, lostRequests, oddities } from './connection-findings.ts';
import { judgeEndpoint, readEndpoint, RowsByEndpoint, Verdicts } from './diagnosis.ts';
import { EndpointGroup } from './endpoint-group.ts';
import { exchangeFindings } from './exchange-findings.ts';
import { FindingCollector, type KeptFinding } from './finding-collector.ts';
import type { EndpointContext, EndpointRule } from './finding-draft.ts';
import { closeWait, missedReuse, responseNotDrainedYet, timeoutMismatch, unusedConnection } from './pool-findings.ts';
import { rebuildPool } from './pool.ts';
import { portExhaustion } from './port-findings.ts';
import type { Loss } from './losses.ts';
import { portFacts } from './ports.ts';
import { keepAliveProbes } from './probes.ts';
import { RequestKinds } from './request-kinds.ts';
import { Scratch } from './scratch.ts';
import type { StackTraits } from './stack-traits.ts';
import { recogniseClient, recogniseServer, stack, type StackMatch } from './stacks.ts';
import { stalledReaders } from './stalled-readers.ts';

/** Every rule, in the order in which findings of equal weight are told. */
const RULES: readonly EndpointRule[] = [
  causeFindings,
  lostRequests,
  cutRequests,
  portExhaustion,
  accumulation,
  responseNotDrainedYet,
  missedReuse,
  stalledReaders,
  exchangeFindings,
  timeoutMismatch,
  closeWait,
  unusedConnection,
  oddities,
  keepAliveProbes,
];

export interface DiagnoseOptions {
  /** Ephemeral ports a client has for one server. */
  readonly portBudget: number;
  /** When packets were lost while they were captured. */
  readonly losses?: readonly Loss[];
}

/** What was found out about one endpoint, for its row of the report. */
export interface EndpointSummary {
  readonly maxConcurrent: number;
  readonly maxIdle: number;
  readonly missedReuse: number;
  readonly connectionsPerSecondPeak: number;
  readonly timeWaitPeak: number;
  readonly timeWaitSide: 'client' | 'server' | 'both' | 'none';
  readonly portBudget: number;
  readonly secondsToExhaustion: number | null;
  readonly clientStack: StackMatch | null;
  readonly serverStack: StackMatch | null;
}

export interface Diagnosis {
  readonly rows: RowsByEndpoint;
  readonly counts: ConnectionCounts;
  readonly verdicts: Verdicts;
  /** By endpoint id. */
  readonly endpoints: readonly (EndpointSummary | undefined)[];
  readonly findings: readonly KeptFinding[];
}

/** Judges all connections and endpoints of a store; `rows` limits it to some, null means all. */
export function diagnose(store: ResultStore, rows: Uint32Array | null, options: DiagnoseOptions): Diagnosis {
  const steps = diagnosing(store, rows, options);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/** The same, an endpoint at a step, for a thread that others wait for. */
export function* diagnosing(store: ResultStore, rows: Uint32Array | null, options: DiagnoseOptions): Generator<void, Diagnosis> {
  const verdicts = new Verdicts();
  const scratch = new Scratch();
  const group = new EndpointGroup(store, new RequestKinds(store), scratch);
  const c = new ConnectionCase(store);
  const recognised = new RecognisedStacks(store);
  group.stackByHead = (agent, headerOrder) => recognised.byHead(agent, headerOrder);
  const byEndpoint = new RowsByEndpoint(store, rows);
  const end = lastMoment(store);
  group.end = end;
  const endpoints: EndpointSummary[] = [];
  const findings = new FindingCollector(store);
  const counts = new ConnectionCounts(store);
  for (let endpoint = 0; endpoint < store.endpoints.count; endpoint++) {
    const own = byEndpoint.rows(endpoint);
    if (own.length === 0) continue;
    group.begin(own);
    readEndpoint(store, group, counts, c);
    const stacks = recognised.of(group);
    group.clientStack = traits(stacks.client);
    group.serverStack = traits(stacks.server);
    judgeEndpoint(group, verdicts, counts, c, options.losses ?? []);
    const pool = rebuildPool(store, group, end, scratch);
    const ports = portFacts(group, options.portBudget, scratch);
    endpoints[endpoint] = {
      maxConcurrent: pool.maxConcurrent,
      maxIdle: pool.maxIdle,
      missedReuse: pool.missedWhileIdle.count + pool.missedAfterClose.count,
      connectionsPerSecondPeak: pool.connectionsPerSecondPeak,
      timeWaitPeak: ports.timeWaitPeak,
      timeWaitSide: ports.timeWaitSide,
      portBudget: ports.budget,
      secondsToExhaustion: ports.secondsToExhaustion,
      clientStack: stacks.client,
      serverStack: stacks.server,
    };
    const context: EndpointContext = { store, endpoint, rows: own, group, verdicts, pool, ports, scratch, case: c, end, isTold: (rule, confidence) => findings.isTold(rule, confidence, endpoint) };
    for (const rule of RULES) for (const draft of rule(context)) findings.add(draft);
    yield;
  }
  return { rows: byEndpoint, counts, verdicts, endpoints, findings: findings.finish() };
}

interface Stacks {
  readonly client: StackMatch | null;
  readonly server: StackMatch | null;
}

/** Recognition by string ids: most endpoints of a capture say the same. */
class RecognisedStacks {
  private readonly known = new Map<string, Stacks>();
  private readonly knownByHead = new Map<string, StackTraits | null>();
  private readonly store: ResultStore;

  constructor(store: ResultStore) {
    this.store = store;
  }

  /** A client by its name and the order of its fields alone. */
  byHead(agent: number, headerOrder: number): StackTraits | null {
    const key = `${agent} ${headerOrder}`;
    let found = this.knownByHead.get(key);
    if (found === undefined) {
      const { strings } = this.store;
      found = traits(recogniseClient({ userAgent: strings.text(agent), headerOrder: headerOrder === 0 ? null : strings.text(headerOrder) }));
      this.knownByHead.set(key, found);
    }
    return found;
  }

  /** The software at both ends, by its heads, its probes and the timers that close its idle connections. */
  of({ signs, clientCloses, serverCloses }: EndpointGroup): Stacks {
    const { agent, order, server, serverOrder, hint, clientProbe, serverProbe } = signs;
    const clientIdle = clientCloses.timer();
    const serverIdle = serverCloses.timer();
    const byHeads = clientProbe === null && serverProbe === null && clientIdle === null && serverIdle === null;
    const key = `${agent} ${order} ${server} ${serverOrder} ${hint}`;
    let found = byHeads ? this.known.get(key) : undefined;
    if (found !== undefined) return found;
    const { strings } = this.store;
    found = {
      client: recogniseClient({
        userAgent: agent === 0 ? null : strings.text(agent),
        headerOrder: order === 0 ? null : strings.text(order),
        probeIdleSeconds: seconds(clientProbe),
        idleCloseSeconds: seconds(clientIdle),
      }),
      server: recogniseServer({
        server: server === 0 ? null : strings.text(server),
        headerOrder: serverOrder === 0 ? null : strings.text(serverOrder),
        keepAliveTimeout: hint === 0 ? null : hint - 1,
        probeIdleSeconds: seconds(serverProbe),
        idleCloseSeconds: seconds(serverIdle),
      }),
    };
    if (byHeads) this.known.set(key, found);
    return found;
  }
}

function seconds(nanoseconds: number | null): number | null {
  return nanoseconds === null ? null : nanoseconds / 1e9;
}

function traits(match: StackMatch | null): StackTraits | null {
  if (match === null) return null;
  const { client, server } = stack(match.id);
  const idle = client?.idleCloseSeconds;
  const timeout = server?.idleTimeoutSeconds;
  return {
    ...match,
    closesUndrained: client?.closesUndrainedSmallWithFin ?? null,
    readBufferBytes: client?.userSpaceBufferBytes ?? null,
    idleClose: idle === undefined || idle.max === null ? null : { minSeconds: idle.min, maxSeconds: idle.max },
    expiresSeconds: idle?.kind === 'lazy' ? idle.min : null,
    closesWithReset: client?.closesWithReset === true,
    idleTimeout: timeout === undefined ? null : { minSeconds: timeout.min, maxSeconds: timeout.max },
  };
}

/** The time of the last packet of any connection. */
function lastMoment(store: ResultStore): number {
  let last = 0;
  for (let row = 0; row < store.connections.count; row++) last = Math.max(last, store.connections.endedAt.get(row));
  return last;
}
