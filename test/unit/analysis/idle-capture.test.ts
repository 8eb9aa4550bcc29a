import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it, vi } from 'vitest';
import { analyze } from '../../../main/analysis/analyzer.ts';
import { toPcap } from '../../kit/capture-files.ts';
import { Conversation } from '../../kit/conversation.ts';

/** Looks at the growing file so far; each takes 200 ms otherwise. */
let polls = 0;
vi.mock('node:timers/promises', () => ({
  setTimeout: () => {
    polls++;
    return new Promise((resolve) => setImmediate(resolve));
  },
}));

it('a live capture that no packet comes to keeps nothing of its waits: each was kept until a packet came', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const folder = mkdtempSync(join(tmpdir(), 'idle-'));
  const path = join(folder, 'idle.pcap');
  writeFileSync(path, toPcap(new Conversation({}).handshake().packets));
  const over = new AbortController();
  const reading = analyze([path], { follow: { until: over.signal }, signal: new AbortController().signal });
  const heapAfter = async (count: number): Promise<number> => {
    while (polls < count) await new Promise(setImmediate);
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = await heapAfter(1000);
  expect((await heapAfter(21_000)) - before).toBeLessThan(400e3);
  over.abort();
  expect((await reading).interrupted).toBe(false);
  rmSync(folder, { recursive: true });
});
