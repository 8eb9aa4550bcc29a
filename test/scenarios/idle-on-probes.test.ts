import { describe, expect, it } from 'vitest';
import { conversation } from '../kit/conversation.ts';
import { reportOf } from '../kit/report-of.ts';

const REQUEST = 'GET /v2/ HTTP/1.1\r\nHost: registry\r\nUser-Agent: Go-http-client/1.1\r\nAccept-Encoding: gzip\r\n\r\n';
const RESPONSE = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}';

/** Three exchanges 45 s apart, the client's probes between them as its keep-alive setting sends them, then the client's exit. */
function idling(probeEvery: number) {
  const told = conversation().handshake();
  for (let exchange = 0; exchange < 3; exchange++) {
    told.client(REQUEST).server(RESPONSE).ack('client');
    if (exchange === 2) break;
    let idle = 45;
    for (; idle > probeEvery; idle -= probeEvery) told.wait(probeEvery).probe('client').ack('server');
    told.wait(idle);
  }
  return told.wait(1.3).close('client').packets;
}

describe('three exchanges 45 s apart on one connection', () => {
  it.each([15, 30])('with probes every %d s read as one reused connection, its gaps and probes named', async (every) => {
    const report = await reportOf(idling(every));
    expect(report.summary).toMatchObject({ connections: 1, requests: 3, reusedConnections: 1, requestsPerConnection: 3, avoidableConnections: 0 });
    const [connection] = [...report.connections()];
    expect(connection!.exchanges.map(({ idleBeforeSeconds }) => Math.round(idleBeforeSeconds!))).toEqual([0, 45, 45]);
    const probes = connection!.keepAliveProbes;
    expect(probes.length).toBe(every === 15 ? 4 : 2);
    expect(probes.every(({ from, answeredBy }) => from === 'client' && answeredBy !== null)).toBe(true);
    const findings = report.findings();
    expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
    const named = findings.find(({ rule }) => rule === 'keep-alive-probes')!;
    expect(named).toMatchObject({ confidence: 'certain', connections: [1] });
    expect(named.explanation).toContain(`every ${every}.0 s`);
    expect(named.explanation).toContain('All were answered');
    expect(named.explanation).toContain('1 connection idled on probes and then carried another request');
  });
});
