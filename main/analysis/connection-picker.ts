import type { ByteBlock, RecordBatch } from '../capture/record-batch.ts';
import type { NetworkPaths } from '../decode/network-paths.ts';
import type { SegmentSink } from '../decode/segment-sink.ts';
import type { ResultStore } from '../store/result-store.ts';
import { ACK, SYN } from '../tcp/header-word.ts';
import { answers } from '../tcp/one-way.ts';
import { sequenceDistance } from '../tcp/sequence.ts';
import { OtherPaths, pathKey } from './other-paths.ts';

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

/** Chosen connections that share addresses, ports and network path: one after the other, never two at a time. */
interface Flow {
  readonly client: Uint8Array;
  readonly clientPort: number;
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
export class ConnectionPicker implements SegmentSink {
  visit: (packet: WalkedPacket) => boolean = () => true;
  /** Connections whose last frame is still to come; 0 also when nobody wants more. */
  remaining = 0;
  /** Connections whose first frame is still to come. */
  unseen = 0;
  private readonly paths: NetworkPaths;
  private readonly pathKeys: string[] = [];
  /** By the two ports as they stand in packets of this direction. */
  private readonly directions = new Map<number, Direction[]>();
  /** By their first frames: where the client's machine redirects a connection, its packets do not go to the address that is told. */
  private readonly begins = new Map<number, Flow>();
  private readonly lastFrames: ResultStore['connections']['lastFrame'];
  private readonly packet = {} as WalkedPacket;
  private batch!: RecordBatch;

  constructor(store: ResultStore, rows: Iterable<number>, paths: NetworkPaths) {
    this.paths = paths;
    this.lastFrames = store.connections.lastFrame;
    const flows = new Map<string, Flow>();
    const others = new OtherPaths(store);
    for (const row of new Set(rows)) {
      const flow = this.flowOf(store, row, flows, others);
      flow.rows.set(store.connections.firstFrame.get(row), row);
      this.begins.set(store.connections.firstFrame.get(row), flow);
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
    const ports = block.view.getInt32(tcp);
    const frame = (this.batch.firstFrame + record) >>> 0;
    const length = (path & 1) === 0 ? 4 : 16;
    const begun = this.begins.get(frame);
    if (begun !== undefined) this.followRedirect(begun, ports, block.bytes.slice(addresses, addresses + length), block.bytes.slice(addresses + length, addresses + 2 * length));
    const directions = this.directions.get(ports);
    if (directions === undefined) return;
    for (const { flow, fromClient, source, destination } of directions) {
      if (source.length !== length || !stands(block.bytes, addresses, source) || !stands(block.bytes, addresses + length, destination)) continue;
      if (!this.belongs(flow, fromClient, this.keyOf(path), frame, block, tcp, end - payload)) continue;
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

  private flowOf(store: ResultStore, row: number, flows: Map<string, Flow>, others: OtherPaths): Flow {
    const endpoint = store.connections.endpoint.get(row);
    const clientPort = store.connections.clientPort.get(row);
    const serverPort = store.endpoints.port(endpoint);
    const key = `${endpoint} ${clientPort}`;
    const known = flows.get(key);
    if (known !== undefined) return known;
    const flow: Flow = {
      client: store.clientBytes(endpoint),
      clientPort,
      server: store.serverBytes(endpoint),
      path: pathKey(store.path(endpoint)),
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

  /** Takes in what the client sends to a proxy in place of the server: its first packet shows where that is. */
  private followRedirect(flow: Flow, ports: number, source: Uint8Array, destination: Uint8Array): void {
    const isFromClient = ports >>> 16 === flow.clientPort && stands(source, 0, flow.client);
    const isKnown = (this.directions.get(ports) ?? []).some((one) => one.flow === flow && one.fromClient && stands(destination, 0, one.destination));
    if (isFromClient && !isKnown) this.add(ports, { flow, fromClient: true, source, destination });
  }

  private add(ports: number, direction: Direction): void {
    const known = this.directions.get(ports);
    if (known === undefined) this.directions.set(ports, [direction]);
    else known.push(direction);
  }

  private keyOf(path: number): string {
    return (this.pathKeys[path] ??= pathKey(this.paths.get(path)));
  }
}

function stands(bytes: Uint8Array, at: number, address: Uint8Array): boolean {
  for (let i = 0; i < address.length; i++) if (bytes[at + i] !== address[i]) return false;
  return true;
}
