import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { analyze } from '../../../main/analysis/analyzer.ts';
import { laneSpans, usableUntil } from '../../../main/analysis/lane-spans.ts';
import { SPAN_KINDS } from '../../../shared/drawing/pool-lanes.ts';
import { toPcap } from '../../kit/capture-files.ts';
import { conversation } from '../../kit/conversation.ts';
import { merge, type Packet } from '../../kit/packets.ts';

/** What is drawn of each connection: kinds of spans, but that of TIME_WAIT. */
async function coursesOf(...talks: (readonly Packet[])[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'drainspotter-lanes-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'a.pcap');
  writeFileSync(path, toPcap(merge(...talks)));
  const { store } = (await analyze([path])).pipeline;
  return talks.map((_, row) => {
    const spans = laneSpans(store, row, store.connections.startedAt.get(row), 16, usableUntil(store, row, 0));
    return spans.flatMap((kind, i) => (i % 3 === 0 && SPAN_KINDS[kind] !== 'time-wait' ? [SPAN_KINDS[kind]!] : [])).join(' ');
  });
}

it('a connection with bytes that are not HTTP/1 was drawn as idle', async () => {
  const other = conversation({ client: '10.0.0.1:40001', start: 1 }).handshake().client('\x00\x01hello').wait(1).server('\x02\x03there').wait(2);
  const silent = conversation({ client: '10.0.0.1:40002', start: 2 }).handshake().wait(3).close('client');
  expect(await coursesOf(other.packets, silent.packets)).toEqual(['opening other', 'opening idle']);
});
