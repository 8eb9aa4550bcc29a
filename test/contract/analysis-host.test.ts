import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import type { SessionThread } from '../../main/analysis/analysis-host.ts';
import { AnalysisHost } from '../../main/analysis/analysis-host.ts';
import type { FromSession, ToSession } from '../../main/analysis/session-contract.ts';
import { TestServices } from '../kit/services.ts';

const SAMPLE = join(import.meta.dirname, '../../resources/samples/undrained-go.pcap');
const BUILT = join(import.meta.dirname, '../../dist/analysis/analysis-worker.js');

/** A thread of the test's making: says what it is told to say. */
class FakeThread implements SessionThread {
  readonly posted: ToSession[] = [];
  say: (message: FromSession) => void = () => undefined;
  end: (why: Error | null) => void = () => undefined;
  terminated = false;

  post(message: ToSession): void {
    this.posted.push(message);
  }

  listen(message: (message: FromSession) => void, end: (why: Error | null) => void): void {
    this.say = message;
    this.end = end;
  }

  terminate(): void {
    this.terminated = true;
  }
}

function hostOf(thread: FakeThread): { host: AnalysisHost; faults: unknown[] } {
  const faults: unknown[] = [];
  const host = new AnalysisHost({ analysisId: 'a', name: 'a.pcap', paths: ['a.pcap'], portBudget: 1 }, thread, (_, error) => faults.push(error));
  return { host, faults };
}

const never = new AbortController().signal;
const rows = { table: 'connections' as const, query: '', sort: [], offset: 0, limit: 1, columns: ['id'] };

describe('the host of an analysis', () => {
  it('makes an error in words of a thread that dies', async () => {
    const thread = new FakeThread();
    const { host, faults } = hostOf(thread);
    const states: unknown[] = [];
    host.onState((state) => states.push(state?.phase ?? null));
    const asked = host.ask('results.rows', rows, never);
    thread.end(new Error('boom'));
    await expect(asked).rejects.toMatchObject({ code: 'analysis-ended' });
    expect(states).toEqual(['failed', null]);
    await expect(host.ask('results.rows', rows, never)).rejects.toMatchObject({ code: 'analysis-ended' });
    expect(faults).toHaveLength(1);
  });

  it('says that memory was short', async () => {
    const thread = new FakeThread();
    const { host } = hostOf(thread);
    thread.end(Object.assign(new Error('out of memory'), { code: 'ERR_WORKER_OUT_OF_MEMORY' }));
    expect(host.state).toMatchObject({ phase: 'failed', error: { code: 'out-of-memory' } });
    await expect(host.ask('results.rows', rows, never)).rejects.toMatchObject({ code: 'out-of-memory' });
  });

  it('drops a question that is not wanted any more, and its answer', async () => {
    const thread = new FakeThread();
    const { host } = hostOf(thread);
    const stop = new AbortController();
    const asked = host.ask('results.rows', rows, stop.signal);
    stop.abort();
    await expect(asked).rejects.toMatchObject({ code: 'aborted' });
    const id = (thread.posted.find(({ kind }) => kind === 'ask') as { id: number }).id;
    expect(thread.posted.at(-1)).toEqual({ kind: 'drop', id });
    expect(() => thread.say({ kind: 'answer', id, result: null })).not.toThrow();
  });

  it('tells people of a fault without its details, and the log with them', async () => {
    const thread = new FakeThread();
    const { host, faults } = hostOf(thread);
    const asked = host.ask('results.rows', rows, never);
    const id = (thread.posted.at(-1) as { id: number }).id;
    thread.say({ kind: 'fault', id, text: 'TypeError at secret place' });
    await expect(asked).rejects.toMatchObject({ code: 'internal', message: expect.not.stringContaining('secret place') as string });
    expect(faults).toEqual(['TypeError at secret place']);
    expect(thread.terminated).toBe(false);
  });

  it('ends the thread when it is closed, and refuses what is asked then', async () => {
    const thread = new FakeThread();
    const { host } = hostOf(thread);
    const asked = host.ask('results.rows', rows, never);
    host.close();
    expect(thread.terminated).toBe(true);
    await expect(asked).rejects.toMatchObject({ code: 'analysis-closed' });
  });
});

describe('the built thread of an analysis', () => {
  it.skipIf(!existsSync(BUILT))('reads a capture and answers (needs npm run build)', async () => {
    const services = new TestServices(() => {
      const worker = new Worker(BUILT);
      return {
        post: (message) => worker.postMessage(message),
        listen: (message, end) => {
          worker.on('message', message);
          worker.on('exit', () => end(null));
        },
        terminate: () => void worker.terminate(),
      };
    });
    await services.start();
    try {
      const analysisId = await services.analysed(SAMPLE);
      const page = await services.request('results.rows', { analysisId, table: 'connections', offset: 0, limit: 5, columns: ['client', 'cause'] });
      expect(page.total).toBeGreaterThan(0);
      expect((await services.request('reports.preview', { analysisId, format: 'html' })).text).toContain('<!doctype html>');
      expect(services.faults).toEqual([]);
    } finally {
      await services.stop();
    }
  });
});
