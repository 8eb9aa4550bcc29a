import { stat } from 'node:fs/promises';
import { AppError } from '../app-error.ts';
import type { CaptureSet } from '../capture/capture-set.ts';
import { openCapture } from '../capture/capture-set.ts';
import type { ByteBlock, RecordBatch } from '../capture/record-batch.ts';
import { AnomalyCounter } from '../decode/anomalies.ts';
import { Decoder } from '../decode/decoder.ts';
import { NetworkPaths } from '../decode/network-paths.ts';
import type { NetworkPath } from '../decode/network-paths.ts';
import type { SegmentSink } from '../decode/segment-sink.ts';
import type { ResultStore } from '../store/result-store.ts';
import { ACK, SYN } from '../tcp/header-word.ts';
import { answers } from '../tcp/one-way.ts';
import { sequenceDistance } from '../tcp/sequence.ts';

/** Captures that were analysed, and what was found in them. */
export interface AnalysedCaptures {
  /** Of CaptureSet.files, in its order. */
  readonly paths: readonly string[];
  readonly store: ResultStore;
}

/** A packet of one of the chosen connections. One object, reused; offsets as in SegmentSink. */
export interface WalkedPacket {
  /** Row of the connection in the store. */
  row: number;
  /** Frame id as the store has it. */
  frame: number;
  /** Nanoseconds since the origin. */
  time: number;
  fromClient: boolean;
  batch: RecordBatch;
  record: number;
  block: ByteBlock;
  /** Offset of the IP header's identification, -1 where it has none. */
  identification: number;
  tcp: number;
  payload: number;
  end: number;
  capturedEnd: number;
}

export interface WalkOptions {
  readonly signal?: AbortSignal;
  /** Fill RecordBatch.details. */
  readonly details?: true;
  /** Called at an even pace, about ten times a second, with the bytes read of the files. */
  readonly onProgress?: (bytesRead: number, bytesTotal: number | null) => void;
}

/** How long the loop may hold the thread. */
const YIELD_MILLISECONDS = 40;
const PROGRESS_MILLISECONDS = 100;

/**
 * Reads captures once more for the packets of chosen connections, in the order of the analysis, up to the last of them.
 * What the analysis took for copies of packets comes along.
 *
 * @param visit says false when it has enough
 * @param afterRun called once the records of a batch were visited, which may then be overwritten; waited for
 * @throws AppError where the captures cannot be read again, or are not what they were; code `interrupted` at an abort
 */
export async function walkConnections(
  captures: AnalysedCaptures,
  rows: Iterable<number>,
  visit: (packet: WalkedPacket, set: CaptureSet) => boolean,
  options: WalkOptions = {},
  afterRun?: () => Promise<void> | void,
): Promise<void> {
  const paths = new NetworkPaths();
  const picker = new Picker(captures.store, rows, paths);
  if (picker.remaining === 0) return;
  for (const path of captures.paths) await refuseStream(path);
  const set = await openCapture(captures.paths, options.details ? { details: true } : {});
  try {
    if (set.files.length !== captures.paths.length || set.files.some((file, index) => file.path !== captures.paths[index])) throw changed();
    picker.visit = (packet) => visit(packet, set);
    const decoder = new Decoder(picker, paths, set.files.map(() => new AnomalyCounter()));
    let letGo = performance.now() + YIELD_MILLISECONDS;
    let tell = performance.now() + PROGRESS_MILLISECONDS;
    for (;;) {
      if (options.signal?.aborted) throw new AppError('interrupted', 'stopped before all packets were read', 130);
      const next = set.next();
      if (!(typeof next === 'boolean' ? next : await next)) break;
      decoder.decode(set.batch, set.from, set.to);
      const waiting = afterRun?.();
      if (waiting !== undefined) await waiting;
      if (picker.remaining === 0) return;
      const now = performance.now();
      if (now < letGo) continue;
      await new Promise(setImmediate);
      letGo = performance.now() + YIELD_MILLISECONDS;
      if (now < tell) continue;
      tell = now + PROGRESS_MILLISECONDS;
      options.onProgress?.(set.bytesRead, set.totalBytes);
    }
    if (picker.unseen > 0) throw changed();
  } finally {
    set.close();
  }
}

async function refuseStream(path: string): Promise<void> {
  const isFile = path !== '-' && (await stat(path).catch(() => null))?.isFile() !== false;
  if (!isFile) throw new AppError('capture-not-kept', `packets cannot be read a second time from ${path === '-' ? 'standard input' : path}: save the capture to a file and analyse that`);
}

function changed(): AppError {
  return new AppError('capture-changed', 'the captures are no longer what was analysed: analyse them again');
}

/** Chosen connections that share addresses, ports and network path: one after the other, never two at a time. */
interface Flow {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
  readonly path: string;
  /** Other connections have these addresses and ports on these paths: what comes there is theirs. */
  readonly taken: ReadonlySet<string>;
  /** Path of the side that travels otherwise, as ConnectionTable finds it. */
  otherPath: string | null;
  /** Rows by their first frame. */
  readonly rows: Map<number, number>;
  /** The row that packets belong to now, -1 between two. */
  row: number;
  lastFrame: number;
  /** Client and server: whether it has sent, its first sequence number and the end of its highest. */
  readonly sent: [boolean, boolean];
  readonly base: Int32Array;
  readonly high: Int32Array;
  /** Whether its SYN was seen; the highest number it acknowledged, null before the first. */
  readonly synchronized: [boolean, boolean];
  readonly acked: [number | null, number | null];
}

interface Direction {
  readonly flow: Flow;
  readonly fromClient: boolean;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

/** Hands on the segments of chosen connections: by address, port and path, from a connection's first frame to its last. */
class Picker implements SegmentSink {
  visit: (packet: WalkedPacket) => boolean = () => true;
  /** Connections whose last frame is still to come; 0 also when nobody wants more. */
  remaining = 0;
  /** Connections whose first frame is still to come. */
  unseen = 0;
  private readonly paths: NetworkPaths;
  private readonly pathKeys: string[] = [];
  /** By the two ports as they stand in packets of this direction. */
  private readonly directions = new Map<number, Direction[]>();
  private readonly lastFrames: ResultStore['connections']['lastFrame'];
  private readonly packet = {} as WalkedPacket;
  private batch!: RecordBatch;

  constructor(store: ResultStore, rows: Iterable<number>, paths: NetworkPaths) {
    this.paths = paths;
    this.lastFrames = store.connections.lastFrame;
    const flows = new Map<string, Flow>();
    const others = new Paths(store);
    for (const row of new Set(rows)) {
      const flow = this.flowOf(store, row, flows, others);
      flow.rows.set(store.connections.firstFrame.get(row), row);
      this.remaining++;
      this.unseen++;
    }
  }

  begin(batch: RecordBatch): void {
    this.batch = batch;
    this.packet.batch = batch;
  }

  segment(block: ByteBlock, record: number, path: number, addresses: number, ip: number, tcp: number, payload: number, end: number, capturedEnd: number): void {
    if (this.remaining === 0) return;
    const directions = this.directions.get(block.view.getInt32(tcp));
    if (directions === undefined) return;
    const frame = (this.batch.firstFrame + record) >>> 0;
    const length = (path & 1) === 0 ? 4 : 16;
    for (const { flow, fromClient, source, destination } of directions) {
      if (source.length !== length || !stands(block.bytes, addresses, source) || !stands(block.bytes, addresses + length, destination)) continue;
      if (!this.belongs(flow, fromClient, this.pathKey(path), frame, block, tcp, end - payload)) continue;
      const { packet } = this;
      packet.row = flow.row;
      packet.frame = frame;
      packet.time = this.batch.time[record]!;
      packet.fromClient = fromClient;
      packet.record = record;
      packet.block = block;
      packet.identification = (path & 1) === 0 ? ip + 4 : -1;
      packet.tcp = tcp;
      packet.payload = payload;
      packet.end = end;
      packet.capturedEnd = capturedEnd;
      if (frame === flow.lastFrame) {
        flow.row = -1;
        this.remaining--;
      }
      if (!this.visit(packet)) this.remaining = this.unseen = 0;
      return;
    }
  }

  private belongs(flow: Flow, fromClient: boolean, path: string, frame: number, block: ByteBlock, tcp: number, length: number): boolean {
    const begun = flow.path === path ? flow.rows.get(frame) : undefined;
    if (begun !== undefined) {
      // A connection that another one replaced ends with the frame before it.
      if (flow.row >= 0) this.remaining--;
      this.unseen--;
      flow.row = begun;
      flow.lastFrame = this.lastFrames.get(begun);
      flow.otherPath = null;
      flow.sent.fill(false);
      flow.synchronized.fill(false);
      flow.acked.fill(null);
    }
    if (flow.row < 0) return false;
    const { view } = block;
    const side = fromClient ? 0 : 1;
    const other = side ^ 1;
    const word = view.getInt32(tcp + 12);
    const sequence = view.getInt32(tcp + 4);
    const acknowledgement = view.getInt32(tcp + 8);
    if (path !== flow.path && path !== flow.otherPath) {
      // As ConnectionTable.lookUpOneWay has it.
      if ((word & ACK) === 0 || flow.taken.has(path) || flow.sent[side] || !flow.sent[other]) return false;
      if (!answers(acknowledgement, flow.base[other]!, flow.high[other]!, !flow.synchronized[other] && sequence === flow.acked[other])) return false;
      flow.otherPath = path;
    }
    if ((word & SYN) !== 0) flow.synchronized[side] = true;
    if ((word & ACK) !== 0 && (flow.acked[side] === null || sequenceDistance(acknowledgement, flow.acked[side]) > 0)) flow.acked[side] = acknowledgement;
    const next = (sequence + length) | 0;
    if (!flow.sent[side]) {
      flow.sent[side] = true;
      flow.base[side] = sequence;
      flow.high[side] = next;
    } else if (sequenceDistance(next, flow.high[side]!) > 0) {
      flow.high[side] = next;
    }
    return true;
  }

  private flowOf(store: ResultStore, row: number, flows: Map<string, Flow>, others: Paths): Flow {
    const endpoint = store.connections.endpoint.get(row);
    const clientPort = store.connections.clientPort.get(row);
    const serverPort = store.endpoints.port(endpoint);
    const key = `${endpoint} ${clientPort}`;
    const known = flows.get(key);
    if (known !== undefined) return known;
    const flow: Flow = {
      client: store.clientBytes(endpoint),
      server: store.serverBytes(endpoint),
      path: keyOf(store.path(endpoint)),
      taken: others.ofOthers(endpoint, clientPort),
      otherPath: null,
      rows: new Map(),
      row: -1,
      lastFrame: 0,
      sent: [false, false],
      base: new Int32Array(2),
      high: new Int32Array(2),
      synchronized: [false, false],
      acked: [null, null],
    };
    flows.set(key, flow);
    const { client, server } = flow;
    this.add((clientPort << 16) | serverPort, { flow, fromClient: true, source: client, destination: server });
    this.add((serverPort << 16) | clientPort, { flow, fromClient: false, source: server, destination: client });
    return flow;
  }

  private add(ports: number, direction: Direction): void {
    const known = this.directions.get(ports);
    if (known === undefined) this.directions.set(ports, [direction]);
    else known.push(direction);
  }

  private pathKey(path: number): string {
    return (this.pathKeys[path] ??= keyOf(this.paths.get(path)));
  }
}

/** Which connections share addresses and ports with one that travels otherwise. Nearly all captures have none. */
class Paths {
  private readonly store: ResultStore;
  /** Endpoints between two addresses, by both. */
  private readonly endpoints = new Map<string, number[]>();
  /** Endpoints with their clients' ports. */
  private readonly sockets = new Set<number>();

  constructor(store: ResultStore) {
    this.store = store;
    const { connections, endpoints } = store;
    let differ = false;
    for (let endpoint = 1; endpoint < endpoints.count; endpoint++) differ ||= endpoints.path(endpoint) >>> 1 !== endpoints.path(0) >>> 1;
    if (!differ) return;
    for (let endpoint = 0; endpoint < endpoints.count; endpoint++) {
      const key = this.addresses(endpoint);
      const known = this.endpoints.get(key);
      if (known === undefined) this.endpoints.set(key, [endpoint]);
      else known.push(endpoint);
    }
    for (let row = 0; row < connections.count; row++) this.sockets.add(connections.endpoint.get(row) * 65_536 + connections.clientPort.get(row));
  }

  /** Paths of the other connections with the same addresses and ports. */
  ofOthers(endpoint: number, clientPort: number): Set<string> {
    const { endpoints } = this.store;
    const paths = new Set<string>();
    for (const other of this.endpoints.get(this.addresses(endpoint)) ?? []) {
      if (endpoints.path(other) === endpoints.path(endpoint)) continue;
      const same = endpoints.client(other) === endpoints.client(endpoint);
      const [serverPort, port] = same ? [endpoints.port(endpoint), clientPort] : [clientPort, endpoints.port(endpoint)];
      if (endpoints.port(other) === serverPort && this.sockets.has(other * 65_536 + port)) paths.add(keyOf(this.store.path(other)));
    }
    return paths;
  }

  private addresses(endpoint: number): string {
    const { endpoints } = this.store;
    const [client, server] = [endpoints.client(endpoint), endpoints.server(endpoint)];
    return `${Math.min(client, server)} ${Math.max(client, server)} ${endpoints.path(endpoint) & 1}`;
  }
}

function keyOf({ ipVersion, vlans, tunnel }: NetworkPath): string {
  return `${ipVersion} ${vlans.join(',')} ${tunnel ?? ''}`;
}

function stands(bytes: Uint8Array, at: number, address: Uint8Array): boolean {
  for (let i = 0; i < address.length; i++) if (bytes[at + i] !== address[i]) return false;
  return true;
}
