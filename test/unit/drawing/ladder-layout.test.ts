import { describe, expect, test } from 'vitest';
import { ladderRows } from '../../../shared/drawing/ladder-layout.ts';
import type { PacketReport } from '../../../shared/model/packet.ts';

let next = 0;
const packet = (from: 'client' | 'server', time: number, flags: string, different: Partial<PacketReport> = {}): PacketReport => ({
  frame: ++next,
  time,
  from,
  flags: flags.split(' '),
  seq: 1,
  ack: flags === 'SYN' ? null : 1,
  window: 64_240,
  length: 0,
  captured: 0,
  notes: [],
  starts: null,
  ...different,
});
const data = (from: 'client' | 'server', time: number, different: Partial<PacketReport> = {}) => packet(from, time, 'ACK', { length: 1448, ...different });

const words = (packets: PacketReport[], options = {}) => ladderRows(packets, options).map((row) => (row.kind === 'packet' ? `${row.packet.from} ${row.tone}: ${row.info}` : row.kind === 'fold' ? `${row.from} ${row.label}, ${row.bytes} B` : row.label));

describe('rows of the ladder', () => {
  test('a small exchange is told packet by packet', () => {
    const packets = [
      packet('client', 0, 'SYN', { seq: 0 }),
      packet('server', 0.005, 'SYN ACK', { seq: 0 }),
      packet('client', 0.01, 'ACK'),
      packet('client', 0.011, 'PSH ACK', { length: 168, starts: 'GET /items/8841' }),
      packet('server', 0.038, 'PSH ACK', { length: 1904, starts: '200' }),
      packet('client', 0.039, 'FIN ACK', { seq: 169, ack: 1905 }),
    ];
    expect(words(packets)).toEqual(['client handshake: seq 0 win 64240', 'server handshake: seq 0 ack 1 win 64240', 'client quiet: ack 1', 'client request: GET /items/8841', 'server response: 200', 'client fin: seq 169 ack 1905']);
  });

  test('data in a row is folded with the ACKs between it, and counts from the message on', () => {
    const packets = [data('server', 1, { starts: '200' }), ...Array.from({ length: 45 }, (_, i) => [data('server', 1 + i / 1000), packet('client', 1 + i / 1000, 'ACK')]).flat()];
    expect(words(packets)).toEqual(['server response: 200', 'server + 45 segments, 2 to 46, 65160 B', 'client quiet: ack 1']);
  });

  test('ACKs in a row, as one direction of a capture has them, were a line each', () => {
    const ack = (i: number, different: Partial<PacketReport> = {}) => packet('client', i / 1000, 'ACK', { ack: 1449 * i, ...different });
    const packets = [0, 1, 2, 3, 4, 5, 6].map((i) => ack(i, i === 4 ? { notes: ['window-update'] } : {}));
    const rows = ladderRows(packets, { evidence: new Map([[packets[5]!.frame, 'E1']]) });
    expect(rows.map((row) => (row.kind === 'fold' ? `${row.tone} ${row.label}` : row.kind === 'packet' ? row.packet.ack : row.kind))).toEqual(['quiet + 4 ACKs, to 4347', 5796, 7245, 8694]);
    expect(words([ack(1), ack(2), packet('client', 9, 'ACK', { ack: 9 })])).toEqual(['client quiet: ack 1449', 'client quiet: ack 2898', '9 s idle', 'client quiet: ack 9']);
  });

  test('evidence, retransmissions and message starts are never folded away', () => {
    const packets = Array.from({ length: 9 }, (_, i) => data('server', i / 1000, i === 4 ? { notes: ['retransmission'] } : {}));
    const rows = ladderRows(packets, { evidence: new Map([[packets[8]!.frame, 'E1']]) });
    expect(rows.map((row) => (row.kind === 'packet' ? [row.packet.notes, row.evidence] : row.kind))).toEqual(['fold', [['retransmission'], null], 'fold', [[], 'E1']]);
  });

  test('pauses have their length', () => {
    expect(words([packet('client', 0, 'ACK'), packet('client', 30, 'ACK', { notes: ['keep-alive-probe'] })])).toEqual(['client quiet: ack 1', '30 s idle', 'client probe: keep-alive probe, seq 1 ack 1']);
  });

  test('a pause parts what would else be folded together', () => {
    const packets = [0, 0.001, 0.002, 5, 5.001, 5.002].map((time) => data('server', time));
    expect(words(packets)).toEqual(['server + 3 segments, 4344 B', '5 s idle', 'server + 3 segments, 4 to 6, 4344 B']);
  });

  test('a window at zero lasts until the same side opens it, not the other', () => {
    const packets = [
      data('server', 1),
      packet('client', 1.1, 'ACK', { window: 0, notes: ['zero-window'] }),
      packet('server', 1.6, 'ACK', { notes: ['window-probe'] }),
      packet('client', 1.61, 'ACK', { window: 0, notes: ['zero-window'] }),
      packet('client', 2.34, 'ACK', { notes: ['window-update'] }),
    ];
    expect(words(packets)).toEqual(['server response: seq 1 ack 1', 'client zero-window: window 0, nothing more can be sent, seq 1 ack 1', '1.24 s window zero', 'server probe: window probe, seq 1 ack 1', 'client zero-window: window 0, nothing more can be sent, seq 1 ack 1', 'client quiet: window update, seq 1 ack 1 win 64240']);
  });

  test('a window that never opens again says so', () => {
    const packets = [packet('client', 0, 'ACK', { window: 0, notes: ['zero-window'] }), packet('client', 10, 'RST', { window: 100 })];
    expect(words(packets)[1]).toBe('10 s window zero, to the end');
  });

  test('times are those of the connection, short steps late in it by themselves', () => {
    const rows = ladderRows([packet('client', 49.65, 'ACK'), packet('server', 49.6504, 'ACK')], { origin: 0 });
    expect(rows.map((row) => row.kind === 'packet' && row.time)).toEqual(['49.65 s', '+400 µs']);
  });
});
