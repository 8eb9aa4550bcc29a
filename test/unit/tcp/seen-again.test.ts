import { describe, expect, it } from 'vitest';
import { TcpHarness } from '../../kit/tcp-harness.ts';

type At = { port?: number; addressOfB?: number; path?: number };

/** A SYN and its SYN-ACK as they pass at several places, each a few microseconds behind the one before. */
function passing(tcp: TcpHarness, places: readonly At[], { from = 0, isn = 700, apart = 5e-6 } = {}): void {
  places.forEach((place, i) => tcp.push({ from: 'a', flags: 'S', seq: 100, at: from + i * apart, ...place }));
  places.forEach((place, i) => tcp.push({ from: 'b', flags: 'S', seq: isn, ack: 101, at: from + 0.001 + i * apart, ...place }));
}

describe('connections that a capture holds several times', () => {
  it('names those before and after a service address was translated, and those inside of a tunnel', () => {
    const tcp = new TcpHarness();
    passing(tcp, [{ addressOfB: 0x0a60_000a }, {}, { path: 2 }]);
    expect(tcp.anomalies).toEqual(['seen-again@5', 'seen-again@6']);
  });

  it('does not take two connections with the same numbers for one', () => {
    const tcp = new TcpHarness();
    // Written with fixed numbers: other ports of one client at one server.
    passing(tcp, [{ port: 1000 }, { port: 1001 }]);
    // On one four-tuple it is a copy; later it is another connection.
    passing(tcp, [{ port: 2000 }], { from: 1 });
    passing(tcp, [{ port: 2000, addressOfB: 0x0a60_000a }], { from: 1.2 });
    // The server's number differs.
    passing(tcp, [{ port: 3000 }], { from: 2 });
    passing(tcp, [{ port: 3000, path: 2 }], { from: 2, isn: 701 });
    expect(tcp.anomalies.filter((anomaly) => anomaly.startsWith('seen-again'))).toEqual([]);
  });
});
