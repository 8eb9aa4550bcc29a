import { describe, expect, it } from 'vitest';
import type { EndpointReport, FindingReport } from '../../shared/model/report.ts';
import { conversation, type Conversation } from '../kit/conversation.ts';
import { toPcap } from '../kit/capture-files.ts';
import type { Packet } from '../kit/packets.ts';
import { reportOfFile } from '../kit/report-of.ts';

/*
 * The incident behind this program: one client, one server, one connection for every request, until the client's 28,232
 * ephemeral ports (Linux, 32768 to 60999) are gone.
 */

const CONNECTIONS = 28_280;
const LINUX_BUDGET = 28_232;

describe('a client that opens a connection for each of 28,280 requests', () => {
  it('and closes none runs out of ports, foreseen long before', async () => {
    const seconds = 180;
    const { endpoint, finding } = await incident(CONNECTIONS, CONNECTIONS / seconds, (told) => told);
    const due = LINUX_BUDGET / (CONNECTIONS / seconds);
    expect(near(endpoint.secondsToExhaustion!, due)).toBe(true);
    expect(endpoint.timeWaitSide).toBe('none');
    expect(finding).toMatchObject({ severity: 'error', confidence: 'possible' });
    const { at, forecast } = foretold(finding!);
    expect(at).toBeLessThan(due / 4);
    expect(near(forecast, due)).toBe(true);
  });

  it('and closes each at once runs out of ports to TIME_WAIT, 600 a second', async () => {
    const { endpoint, finding } = await incident(CONNECTIONS, 600, (told) => told.close('client'));
    const due = LINUX_BUDGET / 600;
    expect(near(endpoint.secondsToExhaustion!, due)).toBe(true);
    expect(endpoint).toMatchObject({ timeWaitSide: 'client', timeWaitPeak: CONNECTIONS, maxConcurrent: 1 });
    const { at, forecast } = foretold(finding!);
    expect(at).toBeLessThan(due / 2);
    expect(near(forecast, due)).toBe(true);
  });

  it('with a rate that doubles is told a sooner end as soon as it does', async () => {
    // 200 a second for 40 s (which TIME_WAIT bears: 12,000 ports), then 800.
    const moment = (index: number): number => (index < 8000 ? index / 200 : 40 + (index - 8000) / 800);
    const { finding, endpoint } = await incident(CONNECTIONS, 0, (told) => told.close('client'), moment);
    const due = moment(LINUX_BUDGET);
    expect(near(endpoint.secondsToExhaustion!, due)).toBe(true);
    const { at } = foretold(finding!);
    expect(at).toBeGreaterThan(40);
    expect(at).toBeLessThan(due - 10);
  });

  it('and closes each at once, 100 a second, needs 6,000 ports and no more', async () => {
    const { endpoint, finding } = await incident(CONNECTIONS, 100, (told) => told.close('client'));
    expect(endpoint.timeWaitPeak).toBeGreaterThan(5900);
    expect(endpoint.timeWaitPeak).toBeLessThan(6100);
    expect(endpoint.secondsToExhaustion).toBe(null);
    expect(finding).toBeUndefined();
  });

  it('which the server closes, 600 a second, keeps its ports: TIME_WAIT is on the server', async () => {
    const { endpoint, finding } = await incident(CONNECTIONS, 600, (told) => told.close('server'));
    expect(endpoint).toMatchObject({ timeWaitSide: 'server', secondsToExhaustion: null });
    expect(finding).toBeUndefined();
  });
});

/** What the report says of `count` connections, `rate` a second, of which each ends as `end` tells it. */
async function incident(count: number, rate: number, end: (told: Conversation) => Conversation, moment = (index: number): number => index / rate): Promise<{ endpoint: EndpointReport; finding: FindingReport | undefined }> {
  const told = end(conversation({ rtt: 0.0002 }).handshake().client('GET /token HTTP/1.1\r\nHost: a\r\nUser-Agent: Go-http-client/1.1\r\nAccept-Encoding: gzip\r\n\r\n').server('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok').ack('client'));
  const packets: Packet[] = [];
  for (let index = 0; index < count; index++) {
    // Each port once, in the order of no system.
    for (const packet of told.packets) packets.push({ time: moment(index) + packet.time, bytes: withClientPort(packet, 32_768 + ((index * 7919) % count)) });
  }
  packets.sort((a, b) => a.time - b.time);
  const report = await reportOfFile(toPcap(packets, { nanoseconds: true }));
  expect(report.summary.connections).toBe(count);
  return { endpoint: report.endpoints()[0]!, finding: brief(report.findings().find(({ rule }) => rule === 'port-exhaustion')) };
}

/** Without its thousands of connections, which would fill the screen where a test fails. */
function brief(finding: FindingReport | undefined): FindingReport | undefined {
  return finding === undefined ? undefined : { ...finding, connections: [] };
}

/** The frame of another connection: checksums of TCP are not looked at. */
function withClientPort({ bytes, spec }: Packet, port: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint16(spec!.from.port === 80 ? 36 : 34, port);
  return copy;
}

function near(seconds: number, wanted: number): boolean {
  return Math.abs(seconds - wanted) <= wanted / 10;
}

function foretold({ explanation }: FindingReport): { at: number; forecast: number } {
  const found = /foretold it (.+?) after the first connection: none left at (.+)\.$/.exec(explanation);
  expect(found, explanation).not.toBe(null);
  return { at: seconds(found![1]!), forecast: seconds(found![2]!) };
}

/** "47.1 s", "2 min 59 s". */
function seconds(text: string): number {
  const [, hours, minutes, rest] = /^(?:(\d+) h ?)?(?:(\d+) min ?)?(?:([\d.]+) s)?$/.exec(text)!;
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(rest ?? 0);
}
