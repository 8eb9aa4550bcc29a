import { describe, expect, it } from 'vitest';
import { AnomalyCounter } from '../../../main/decode/anomalies.ts';
import { NetworkPaths } from '../../../main/decode/network-paths.ts';
import { diagnose } from '../../../main/findings/diagnose.ts';
import { Recorder } from '../../../main/store/recorder.ts';
import { ResultStore } from '../../../main/store/result-store.ts';
import { AddressTable } from '../../../main/tcp/address-table.ts';
import { ConnectionFacts, EventKind } from '../../../main/tcp/connection-sink.ts';
import { type Client, connection, diagnosed, type Talk } from './captures.ts';

it('probes of a side that is alone in the capture may be of a closed window, and their answers are not missing', async () => {
  const talk = connection(0, 0).get().wait(15).probe('client').ack('server').wait(15).probe('client').ack('server').wait(15).probe('client').ack('server');
  const found = await diagnosed({ packets: talk.packets.filter(({ spec }) => spec!.to.port === 80).slice(-4) });
  const probes = found.report.findings().find(({ rule }) => rule === 'keep-alive-probes');
  expect(probes?.confidence).toBe('likely');
  expect(probes?.explanation).toContain('Their answers are not in the capture.');
});

it('a hundred and fifty thousand probes of one connection are counted: more than fit a call as arguments', () => {
  const store = new ResultStore(new AddressTable(), new NetworkPaths());
  const clock = Float64Array.of(0);
  const recorder = new Recorder(store, clock, [new AnomalyCounter()], false);
  const row = recorder.connection();
  const probes = 150_000;
  for (let n = 1; n <= probes; n++) {
    clock[0] = n * 1e9;
    recorder.eventEnd(recorder.event(row, EventKind.keepAliveProbe, 0, 2 * n, 0), 2 * n + 1);
  }
  const facts = Object.assign(new ConnectionFacts(), { initiator: 0, firstFrame: 1, lastFrame: 2 * probes + 1, startedAt: 0, endedAt: probes * 1e9, packets0: probes, packets1: probes, payload0: 1, payload1: 0 });
  recorder.facts(row, facts);
  const [found] = diagnose(store, null, { portBudget: 28_232 }).findings.filter(({ rule }) => rule === 'keep-alive-probes');
  expect(found!.explanation).toContain('the client sent 150,000, every 1.0 s');
});

describe('keep-alive probes name whose default their spacing is', () => {
  const told = async (talk: Talk): Promise<string> => (await diagnosed(talk)).report.findings().find(({ rule }) => rule === 'keep-alive-probes')!.explanation;
  const probed = (spacing: number, client: Client): Talk => connection(0, 0).get(500, client).wait(spacing).probe('client').ack('server').wait(spacing).probe('client').ack('server').wait(1).close('client');

  it('of the stack that was recognised', async () => {
    expect(await told(probed(30.002, 'go'))).toContain('every 30.0 s of idleness (a default of Go net/http (Transport))');
    expect(await told(probed(60, 'curl'))).toContain('(a default of curl tool / libcurl)');
  });

  it('of those known to send them so where none was', async () => {
    expect(await told(probed(45, 'other'))).toContain('every 45.0 s of idleness (a default of Chrome / Chromium / Edge)');
    expect(await told(probed(1, 'other'))).toMatch(/every 1\.0 s of idleness \(a default of Node\.js http\/https \(http\.Agent\) and others\)/);
  });

  it('of nobody where nobody has it', async () => {
    expect(await told(probed(22, 'other'))).toContain('every 22.0 s of idleness.');
  });

  it('of the server by the servers\' defaults', async () => {
    const talk = connection(0, 0).get(500, 'other').wait(15).probe('server').ack('client').wait(3).close('client');
    expect(await told(talk)).toContain('the server sent 1, every 15.0 s of idleness (a default of Go net/http server and others)');
  });
});
