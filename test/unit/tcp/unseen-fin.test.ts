import { describe, expect, test } from 'vitest';
import type { ConnectionFacts } from '../../../main/tcp/connection-sink.ts';
import { FIN_UNSEEN } from '../../../main/tcp/unseen-fin.ts';
import { TcpHarness } from '../../kit/tcp-harness.ts';

/** After the handshake A's first byte is 101, B's 501; both have sent one. */
function exchanged(): TcpHarness {
  const tcp = new TcpHarness();
  tcp.handshake();
  tcp.push({ from: 'a', seq: 101, ack: 501, data: 'x', at: 1 });
  tcp.push({ from: 'b', seq: 501, ack: 102, data: 'y', at: 1.1 });
  return tcp;
}

function told(tcp: TcpHarness): ConnectionFacts {
  tcp.finish();
  return tcp.facts_[0]!;
}

describe('a FIN that is not in the capture', () => {
  test.each(['a', 'b'] as const)('of the other side is told by an acknowledgement of one more, as the last packet of %s', (teller) => {
    const tcp = exchanged();
    if (teller === 'b') tcp.push({ from: 'a', seq: 102, ack: 502, at: 2 });
    const frame = tcp.push(teller === 'a' ? { from: 'a', seq: 102, ack: 503, at: 3 } : { from: 'b', seq: 502, ack: 103, at: 3 });
    expect(told(tcp)).toMatchObject({ closeSide: teller === 'a' ? 1 : 0, closeReset: false, closeFrame: frame, closedAt: 3e9, closeUnacknowledged: FIN_UNSEEN });
  });

  test.each(['a', 'b'] as const)('is told by %s also where its packet has the time of the other side\'s last one: clocks of a millisecond', (teller) => {
    const tcp = exchanged();
    tcp.push(teller === 'a' ? { from: 'b', seq: 502, ack: 102, at: 3 } : { from: 'a', seq: 102, ack: 502, at: 3 });
    tcp.push(teller === 'a' ? { from: 'a', seq: 102, ack: 503, at: 3 } : { from: 'b', seq: 502, ack: 103, at: 3 });
    expect(told(tcp)).toMatchObject({ closeSide: teller === 'a' ? 1 : 0, closeUnacknowledged: FIN_UNSEEN });
  });

  test('is none where the acknowledgement was not the last word, and two bytes are more than a FIN', () => {
    const went = exchanged();
    went.push({ from: 'a', seq: 102, ack: 503, at: 2 });
    went.push({ from: 'b', seq: 503, ack: 102, data: 'z', at: 2.01 });
    expect(told(went).closeSide).toBe(-1);
    const more = exchanged();
    more.push({ from: 'a', seq: 102, ack: 504, at: 2 });
    expect(told(more).closeSide).toBe(-1);
  });

  test('came before the FIN that acknowledges it, and the close is told from there on', () => {
    const tcp = exchanged();
    const frame = tcp.push({ from: 'b', seq: 502, ack: 103, flags: 'F', at: 4 });
    expect(told(tcp)).toMatchObject({ closeSide: 0, closeUnacknowledged: FIN_UNSEEN, secondFinFrame: frame, secondFinAt: 4e9 });
  });

  test('answers one that is there: told as the second', () => {
    const tcp = exchanged();
    tcp.push({ from: 'a', seq: 102, ack: 502, flags: 'F', at: 2 });
    const frame = tcp.push({ from: 'a', seq: 103, ack: 503, at: 3 });
    expect(told(tcp)).toMatchObject({ closeSide: 0, closeUnacknowledged: 0, secondFinFrame: frame, secondFinAt: 3e9 });
  });

  test.each(['a', 'b'] as const)('both lost in one burst: the second one was told as missing, but the last packet, which acknowledges it, stands behind that of %s', (first) => {
    const tcp = exchanged();
    if (first === 'b') tcp.push({ from: 'a', seq: 102, ack: 502, at: 2 });
    const frame = tcp.push(first === 'a' ? { from: 'a', seq: 103, ack: 503, at: 3 } : { from: 'b', seq: 503, ack: 103, at: 3 });
    expect(told(tcp)).toMatchObject({ closeSide: first === 'a' ? 0 : 1, closeFrame: frame, closeUnacknowledged: FIN_UNSEEN, secondFinFrame: frame, secondFinAt: 3e9 });
  });

  test('is told by the number of what its sender sent behind it', () => {
    const alone = exchanged();
    const frame = alone.push({ from: 'a', seq: 103, ack: 502, at: 3 });
    expect(told(alone)).toMatchObject({ closeSide: 0, closeFrame: frame, closeUnacknowledged: FIN_UNSEEN, secondFinFrame: 0 });
    const second = exchanged();
    second.push({ from: 'b', seq: 502, ack: 102, flags: 'F', at: 2 });
    const behind = second.push({ from: 'a', seq: 103, ack: 503, at: 3 });
    expect(told(second)).toMatchObject({ closeSide: 1, closeUnacknowledged: 0, secondFinFrame: behind, secondFinAt: 3e9 });
  });

  test('is none where bytes of that number come after all', () => {
    const late = exchanged();
    late.push({ from: 'a', seq: 103, ack: 502, at: 2 });
    late.push({ from: 'a', seq: 102, ack: 502, data: 'z', at: 2.01 });
    expect(told(late).closeSide).toBe(-1);
  });
});
