import type { ByteBlock, RecordBatch } from '../capture/record-batch.ts';
import type { SegmentSink } from '../decode/segment-sink.ts';
import type { AddressTable } from './address-table.ts';
import { Closing } from './closing.ts';
import type { ConnectionSink } from './connection-sink.ts';
import { Copies } from './copies.ts';
import { FlowTable } from './flow-table.ts';
import { GeneralSegments } from './general-segments.ts';
import { HalfStreams } from './half-stream.ts';
import { Handshake } from './handshake.ts';
import { ACK, FIN, RST, SYN } from './header-word.ts';
import type { Limits } from './limits.ts';
import { Lingering } from './lingering.ts';
import { answers } from './one-way.ts';
import { Opening } from './opening.ts';
import { Redirects } from './redirects.ts';
import { SeenAgain } from './seen-again.ts';
import { ATTENTION, C, ConnectionState, F, FLOATS, H, HALF, HALVES, HalfState, Slots, STRIDE } from './slots.ts';
import type { StreamSink } from './stream-sink.ts';
import { UsualSegments } from './usual-segments.ts';
import { FULL_SEGMENT, SHORTEST_PAUSE, Windows } from './windows.ts';

const IN_STEP = HalfState.SYNCHRONIZED | HalfState.ACKED;

/**
 * Connections: four-tuple to state, and for each segment what it means. In order and without anything special about its
 * connection a segment takes the fast path of `segment`; the rest goes to UsualSegments, or else to GeneralSegments.
 */
export class ConnectionTable implements SegmentSink {
  private readonly addresses: AddressTable;
  private readonly slots = new Slots();
  private readonly flows = new FlowTable();
  private readonly halves: HalfStreams;
  private readonly lingering: Lingering;
  private readonly closing: Closing;
  private readonly opening: Opening;
  private readonly redirects: Redirects;
  private readonly copies: Copies;
  private readonly windows: Windows;
  private readonly usual: UsualSegments;
  private readonly general: GeneralSegments;
  private readonly clock: Float64Array;
  private batch!: RecordBatch;
  private lastSlot = -1;
  /** Which side a packet is from that lookUpRedirected found. */
  private redirectedSide = 0;

  constructor(connections: ConnectionSink, streams: StreamSink, clock: Float64Array, addresses: AddressTable, limits: Limits) {
    const { slots, flows } = this;
    this.redirects = new Redirects(slots, connections);
    const handshake = new Handshake(slots, this.redirects, new SeenAgain(slots, connections, clock), clock);
    this.clock = clock;
    this.addresses = addresses;
    this.halves = new HalfStreams(slots, streams, connections, clock, limits);
    this.lingering = new Lingering(slots, flows, limits.lingeringConnections);
    this.closing = new Closing(slots, flows, this.lingering, this.redirects, this.halves, streams, connections, clock, limits);
    this.opening = new Opening(slots, flows, this.lingering, this.closing, streams, connections, clock, limits);
    this.copies = new Copies(slots, this.halves, clock);
    this.windows = new Windows(slots, this.halves, this.closing, connections, clock);
    this.usual = new UsualSegments(slots, this.copies, handshake, this.closing);
    this.general = new GeneralSegments(slots, this.opening, handshake, this.copies, this.windows, this.halves, this.closing, connections, clock);
  }

  begin(batch: RecordBatch): void {
    this.batch = batch;
  }

  /** Connections that are live or still take late packets. */
  get live(): number {
    return this.slots.live + this.lingering.aside;
  }

  /** Tells how all connections stand that are not over, for who looks on while packets come. */
  tellLive(): void {
    for (let slot = 0; slot < this.slots.used; slot++) if (this.isLive(slot)) this.closing.tellLive(slot);
  }

  /** The capture is over: every connection is told and its streams are closed. */
  finish(): void {
    for (let slot = 0; slot < this.slots.used; slot++) if (this.isLive(slot)) this.closing.end(slot, false);
  }

  segment(block: ByteBlock, record: number, path: number, addresses: number, ip: number, tcp: number, payload: number, end: number, capturedEnd: number): void {
    const view = block.view;
    let address0: number;
    let address1: number;
    if ((path & 1) === 0) {
      address0 = view.getInt32(addresses);
      address1 = view.getInt32(addresses + 4);
    } else {
      address0 = this.addresses.intern(block, addresses);
      address1 = this.addresses.intern(block, addresses + 16);
    }
    let ports = view.getInt32(tcp);
    let side = 0;
    if (address0 > address1 || (address0 === address1 && ports >>> 16 > (ports & 0xffff))) {
      const swap = address0;
      address0 = address1;
      address1 = swap;
      ports = (ports << 16) | (ports >>> 16);
      side = 1;
    }
    const frame = (this.batch.firstFrame + record) | 0;
    const time = this.batch.time[record]!;
    this.clock[0] = time;

    let ints = this.slots.ints;
    let slot = this.lastSlot;
    let base = slot * STRIDE;
    if (slot < 0 || ints[base] !== address0 || ints[base + C.ADDRESS1] !== address1 || ints[base + C.PORTS] !== ports || ints[base + C.PATH] !== path) {
      // Without the VLANs and the tunnel: the two directions may differ in them.
      const hash = FlowTable.hash(address0, address1, ports, path & 1);
      slot = this.lookUp(hash, address0, address1, ports, path);
      if (slot < 0) slot = this.lookUpOneWay(hash, address0, address1, ports, path, side, view.getInt32(tcp + 12), view.getInt32(tcp + 4), view.getInt32(tcp + 8));
      if (slot < 0 && this.redirects.mayAnswer(view.getInt32(tcp + 12))) {
        slot = this.lookUpRedirected(hash, address0, address1, ports, path, side, view.getInt32(tcp + 12), view.getInt32(tcp + 8), frame);
        if (slot >= 0) side = this.redirectedSide;
      }
      if (slot < 0) {
        slot = this.opening.create(hash, address0, address1, ports, path);
        this.opening.open(slot, frame, (view.getInt32(tcp + 12) & SYN) === 0);
      }
      ints = this.slots.ints;
      this.lastSlot = slot;
      base = slot * STRIDE;
    }

    const half = base + HALVES + side * HALF;
    const other = base + HALVES + (side ^ 1) * HALF;
    const word = view.getInt32(tcp + 12);
    const sequence = view.getInt32(tcp + 4);
    const id = (path & 1) === 0 ? view.getUint16(ip + 4) : 0;
    if (
      (word & (SYN | FIN | RST | ACK)) === ACK &&
      (ints[base + C.STATE]! & ATTENTION) === 0 &&
      sequence === ints[half + H.NEXT] &&
      (ints[half + H.STATE]! & (IN_STEP | HalfState.WINDOW_FULL | HalfState.BEHIND_FIN)) === IN_STEP
    ) {
      const acknowledgement = view.getInt32(tcp + 8);
      const progress = (acknowledgement - ints[half + H.ACKED]!) | 0;
      const window = (word & 0xffff) << ints[half + H.WINDOW_SHIFT]!;
      const length = end - payload;
      if (((acknowledgement - ints[other + H.NEXT]!) | 0) <= 0 && window !== 0 && (length > 0 || progress > 0)) {
        this.copies.remember(block, half, tcp, id);
        ints[half + H.PACKETS]!++;
        ints[base + C.LAST_FRAME] = frame;
        const floats = this.slots.floats;
        const at = slot * FLOATS + side;
        floats[at + F.LAST_PACKET] = time;
        if (progress >= 0) {
          ints[half + H.ACKED] = acknowledgement;
          ints[half + H.WINDOW] = window;
          if (window > ints[half + H.WINDOW_MAX]!) ints[half + H.WINDOW_MAX] = window;
          if (progress > 0) ints[other + H.UNANSWERED] = 0;
        }
        if (length > 0) {
          if (time - floats[at + F.LAST_NEW]! >= SHORTEST_PAUSE) this.windows.paused(slot, side, frame);
          floats[at + F.LAST_NEW] = time;
          const high = (sequence + length) | 0;
          ints[half + H.HIGH] = high;
          // The sum stays small: one that overflowed an int, as that of number and window may, would be compiled again.
          if (((ints[other + H.ACKED]! - high) | 0) + ints[other + H.WINDOW]! < FULL_SEGMENT) this.windows.filled(half, other);
          this.halves.deliver(slot, side, block.bytes, payload, capturedEnd, end, frame, acknowledgement);
        }
        return;
      }
    }
    if (!this.usual.take(block, path, slot, side, ip, tcp, payload, end, capturedEnd, frame, id)) this.general.take(block, path, slot, side, ip, tcp, payload, end, capturedEnd, frame, id);
  }

  /** Once per packet, so the walk over the table's candidates is written out. */
  private lookUp(hash: number, address0: number, address1: number, ports: number, path: number): number {
    const ints = this.slots.ints;
    const { entries, mask } = this.flows;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const holder = entries[2 * place + 1]!;
      if (holder === 0) return -1;
      if (entries[2 * place] !== hash) continue;
      if (holder < 0) {
        if (this.lingering.isAt(~holder, address0, address1, ports, path)) return this.lingering.takeBack(~holder);
        continue;
      }
      const base = (holder - 1) * STRIDE;
      if (ints[base] === address0 && ints[base + C.ADDRESS1] === address1 && ints[base + C.PORTS] === ports && (ints[base + C.PATH] === path || ints[base + C.OTHER_PATH] === path + 1)) return holder - 1;
    }
  }

  /**
   * A mirror port may tag one direction only: a first packet of a side that acknowledges what the other side sent on
   * another path belongs to that connection, if its own side is silent there.
   */
  private lookUpOneWay(hash: number, address0: number, address1: number, ports: number, path: number, side: number, word: number, sequence: number, acknowledgement: number): number {
    if ((word & ACK) === 0) return -1;
    const ints = this.slots.ints;
    for (let place = this.flows.find(hash, this.flows.first(hash)); place >= 0; place = this.flows.find(hash, this.flows.after(place))) {
      const slot = this.flows.holderAt(place) - 1;
      // One that is put aside has packets of both sides.
      if (slot < 0) continue;
      const base = slot * STRIDE;
      if (ints[base] !== address0 || ints[base + C.ADDRESS1] !== address1 || ints[base + C.PORTS] !== ports || ints[base + C.OTHER_PATH] !== 0) continue;
      const other = base + HALVES + (side ^ 1) * HALF;
      if ((ints[base + HALVES + side * HALF + H.STATE]! & HalfState.SEEN) !== 0 || (ints[other + H.STATE]! & HalfState.SYNCHRONIZED) === 0) continue;
      const isAwaited = (ints[other + H.STATE]! & (HalfState.SYN | HalfState.ACKED)) === HalfState.ACKED && sequence === ints[other + H.ACKED];
      if (!answers(acknowledgement, ints[other + H.BASE]!, ints[other + H.HIGH]!, isAwaited)) continue;
      ints[base + C.OTHER_PATH] = path + 1;
      return slot;
    }
    return -1;
  }

  /** What a proxy answers to which the client's machine redirects it comes from an address that the client's packets do not go to. */
  private lookUpRedirected(hash: number, address0: number, address1: number, ports: number, path: number, side: number, word: number, acknowledgement: number, frame: number): number {
    const isSide0 = side === 0;
    const client = isSide0 ? address1 : address0;
    const clientPort = isSide0 ? ports & 0xffff : ports >>> 16;
    const redirect = this.redirects.find(hash, isSide0 ? address0 : address1, isSide0 ? ports >>> 16 : ports & 0xffff, client, clientPort, path, word, acknowledgement, frame);
    if (redirect === null) return -1;
    const { proxy, proxyPort } = redirect;
    if (proxy > client || (proxy === client && proxyPort > clientPort)) {
      this.redirectedSide = 1;
      const both = (clientPort << 16) | proxyPort;
      return this.lookUp(FlowTable.hash(client, proxy, both, path & 1), client, proxy, both, path);
    }
    this.redirectedSide = 0;
    const both = (proxyPort << 16) | clientPort;
    return this.lookUp(FlowTable.hash(proxy, client, both, path & 1), proxy, client, both, path);
  }

  private isLive(slot: number): boolean {
    return (this.slots.ints[slot * STRIDE + C.STATE]! & ConnectionState.LIVE) !== 0;
  }
}
