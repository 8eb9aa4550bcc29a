import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { AnalysisReport } from '../../../main/analysis/analysis-report.ts';
import { analyze } from '../../../main/analysis/analyzer.ts';
import { narrowed, undecided } from '../../../main/analysis/partial-diagnosis.ts';
import { diagnose } from '../../../main/findings/diagnose.ts';
import { answer } from '../../../main/report/text-answer.ts';
import { toPcap } from '../../kit/capture-files.ts';
import { merge } from '../../kit/packets.ts';
import { connection } from '../findings/captures.ts';

it('connections that came since requests were counted were told as without HTTP/1', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'drainspotter-partial-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'a.pcap');
  writeFileSync(path, toPcap(merge(...[1, 2, 3].map((n) => connection(n, n).get().close('client').packets))));
  const result = await analyze([path]);
  const { store } = result.pipeline;
  // As it was when the first connection alone had been read.
  const counted = narrowed(store, diagnose(store, null, { portBudget: 28_232, losses: [] }), Uint32Array.of(0));
  const early = new AnalysisReport(result, { redact: true, judged: { diagnosis: counted, rows: null } });
  expect(early.summary).toMatchObject({ connections: 1, httpConnections: 1, requests: 1 });
  expect(answer(early, true).join(' ')).not.toContain('no HTTP/1');
  expect(undecided(store).counts).toMatchObject({ connections: 3, http: 3, requests: 3 });
});
