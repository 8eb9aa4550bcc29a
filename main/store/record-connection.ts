import type { ConnectionFacts } from '../tcp/connection-sink.ts';
import { ConnectionBits, type ConnectionColumns, ConnectionInts as I, ConnectionPacked as P, MAX_EXCHANGES, RolesFrom } from './connection-columns.ts';
import { distanceOf } from './frame-fields.ts';
import { PAGE_BITS, PAGE_MASK } from './records.ts';
import type { ResultStore } from './result-store.ts';

const MAX_SHORT = (1 << P.CLOSE.bits) - 1;
const MAX_ENDPOINT = (1 << P.ENDPOINT.bits) - 1;
const MAX_PACKETS = (1 << P.PACKETS_CLIENT.bits) - 1;

/** Writes what TCP tells of one connection into its row. */
export function recordConnection({ connections, endpoints }: ResultStore, row: number, facts: ConnectionFacts): void {
  const before = connections.state.get(row);
  const httpRole = (before >>> ConnectionBits.HTTP_ROLE_SHIFT) & 3;
  let client: number;
  let rolesFrom: number;
  if (facts.initiator >= 0) {
    client = facts.initiator;
    rolesFrom = RolesFrom.handshake;
  } else if (httpRole !== 0) {
    client = httpRole - 1;
    rolesFrom = RolesFrom.http;
  } else {
    // Servers listen on the lower port nearly always: ephemeral ranges begin at 1024 or far above.
    client = facts.port0 >= facts.port1 ? 0 : 1;
    rolesFrom = RolesFrom.ports;
  }
  const isSide0 = client === 0;
  let state = before & (0xff << ConnectionBits.HTTP_ROLE_SHIFT);
  state |= (rolesFrom << ConnectionBits.ROLES_SHIFT) | (isSide0 ? 0 : ConnectionBits.CLIENT_SIDE1);
  if (facts.closeSide >= 0) state |= ConnectionBits.CLOSED;
  if (facts.closeSide === client) state |= ConnectionBits.CLOSED_BY_CLIENT;
  if (facts.closeReset) state |= ConnectionBits.CLOSED_BY_RESET;
  if (facts.replaced) state |= ConnectionBits.REPLACED;
  const { records } = connections;
  const page = row >>> PAGE_BITS;
  const ints = records.ints[page]!;
  const at = (row & PAGE_MASK) * I.STRIDE;
  const { startedAt } = facts;
  records.putTime(page, at + I.STARTED_AT, startedAt);
  ints[at + I.STATE] = state | ((isSide0 ? facts.port0 : facts.port1) << 16);
  ints[at + I.FIRST_FRAME] = facts.firstFrame;
  ints[at + I.LAST_FRAME] = facts.lastFrame;
  records.putWide(ints, at + I.SYN_TO_SYN_ACK, facts.synToSynAck);
  records.putWide(ints, at + I.SYN_ACK_TO_ACK, facts.synAckToAck);
  records.putWide(ints, at + I.PAYLOAD_SERVER, isSide0 ? facts.payload1 : facts.payload0);
  records.putWide(ints, at + I.ENDED_AFTER, facts.endedAt - startedAt);
  if (facts.closeSide >= 0) records.putWide(ints, at + I.CLOSED_AFTER, facts.closedAt - startedAt);
  records.putWide(ints, at + I.CLOSE_IDLE, facts.closeIdle);
  if (facts.secondFinFrame !== 0) records.putWide(ints, at + I.SECOND_FIN_AFTER, facts.secondFinAt - facts.closedAt);
  const clientAddress = isSide0 ? facts.address0 : facts.address1;
  const serverAddress = isSide0 ? facts.address1 : facts.address0;
  const endpoint = endpoints.intern(clientAddress, serverAddress, isSide0 ? facts.port1 : facts.port0, facts.path);
  const synAck = distanceOf(facts.firstFrame, facts.synAckFrame, facts.synAckFrame);
  const close = distanceOf(facts.closeFrame, facts.lastFrame, facts.closeFrame);
  const secondFin = distanceOf(facts.secondFinFrame, facts.lastFrame, facts.secondFinFrame);
  const payload = isSide0 ? facts.payload0 : facts.payload1;
  const packetsClient = isSide0 ? facts.packets0 : facts.packets1;
  const packetsServer = isSide0 ? facts.packets1 : facts.packets0;
  const rare =
    (facts.synFrame ^ facts.firstFrame) | facts.synRetransmissions | facts.retransmissions0 | facts.retransmissions1 | facts.windowDrop0 | facts.windowDrop1 |
    facts.closeUnacknowledged | facts.bytesAfterClose | facts.unanswered0 | facts.unanswered1;
  const counts = ints[at + I.COUNTS]!;
  if (counts < 0 || rare !== 0 || Math.max(synAck, close, secondFin, payload) >= MAX_SHORT || endpoint >= MAX_ENDPOINT || Math.max(packetsClient, packetsServer) > MAX_PACKETS) {
    recordExtra(connections, row, facts, isSide0, endpoint);
    return;
  }
  ints[at + I.ENDPOINT] = (ints[at + I.ENDPOINT]! & ~MAX_ENDPOINT) | endpoint;
  ints[at + I.SYN_ACK] = synAck | (close << P.CLOSE.shift);
  ints[at + I.SECOND_FIN] = secondFin | (payload << P.PAYLOAD_CLIENT.shift);
  ints[at + I.COUNTS] = (counts & MAX_EXCHANGES) | (packetsClient << P.PACKETS_CLIENT.shift) | (packetsServer << P.PACKETS_SERVER.shift);
}

/** What does not fit the row, or is nearly always 0, and what stands beside it. */
function recordExtra(connections: ConnectionColumns, row: number, facts: ConnectionFacts, isSide0: boolean, endpoint: number): void {
  connections.endpoint.set(row, endpoint);
  connections.synAckFrame.set(row, facts.synAckFrame);
  connections.closeFrame.set(row, facts.closeFrame);
  connections.secondFinFrame.set(row, facts.secondFinFrame);
  connections.payloadClient.set(row, isSide0 ? facts.payload0 : facts.payload1);
  connections.packetsClient.set(row, isSide0 ? facts.packets0 : facts.packets1);
  connections.packetsServer.set(row, isSide0 ? facts.packets1 : facts.packets0);
  connections.synFrameOther.set(row, facts.synFrame === facts.firstFrame ? 0 : facts.synFrame || -1);
  connections.synRetransmissions.set(row, facts.synRetransmissions);
  connections.retransmissionsClient.set(row, isSide0 ? facts.retransmissions0 : facts.retransmissions1);
  connections.retransmissionsServer.set(row, isSide0 ? facts.retransmissions1 : facts.retransmissions0);
  connections.windowDropClient.set(row, isSide0 ? facts.windowDrop0 : facts.windowDrop1);
  connections.windowDropServer.set(row, isSide0 ? facts.windowDrop1 : facts.windowDrop0);
  connections.closeUnacknowledged.set(row, facts.closeUnacknowledged);
  connections.bytesAfterClose.set(row, facts.bytesAfterClose);
  connections.unansweredClient.set(row, isSide0 ? facts.unanswered0 : facts.unanswered1);
  connections.unansweredServer.set(row, isSide0 ? facts.unanswered1 : facts.unanswered0);
}
