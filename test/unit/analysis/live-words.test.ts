import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { AnalysisSession } from '../../../main/analysis/analysis-session.ts';
import { toPcap } from '../../kit/capture-files.ts';
import { conversation } from '../../kit/conversation.ts';

it('a connection that is open while the capture goes on was told as open "when the capture ended"', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'drainspotter-live-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'live.pcap');
  writeFileSync(path, toPcap(conversation().handshake().client('GET / HTTP/1.1\r\nHost: a\r\n\r\n').server('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n').packets));
  let judged = (): void => undefined;
  const first = new Promise<void>((resolve) => (judged = resolve));
  const session = new AnalysisSession({ analysisId: 'a', name: 'live.pcap', paths: [path], live: true, portBudget: 28_232 }, ({ revision }) => revision > 0 && judged());
  const run = session.run();
  const headline = async () => (await session.answer('results.connection', { id: 1 }, new AbortController().signal)).verdict.headline;
  await first;
  expect(await headline()).toBe('This connection is open.');
  session.written();
  await run;
  expect(await headline()).toBe('This connection was still open when the capture ended.');
});
