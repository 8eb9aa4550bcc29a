import { createPinia } from 'pinia';
import { afterEach, expect, it, vi } from 'vitest';
import { createApp } from 'vue';
import { provideShell } from '../../renderer/api.ts';
import type { PageShell } from '../../renderer/page-shell.ts';
import { useSession } from '../../renderer/stores/session.ts';
import { useToasts } from '../../renderer/stores/toasts.ts';
import { overviewOf, seriesOf, stateOf } from './fake-program.ts';

afterEach(() => void vi.unstubAllGlobals());

/**
 * The stores of a page whose program opens analyses by these ids; those named `slow` say nothing of
 * themselves for long, those named `quiet` two things at once and then nothing more.
 */
function pageOf(...ids: string[]) {
  const closed: string[] = [];
  const kept = new Map<string, string>();
  vi.stubGlobal('location', { hash: '' });
  vi.stubGlobal('history', { pushState: () => undefined, replaceState: () => undefined, state: null });
  vi.stubGlobal('addEventListener', () => undefined);
  vi.stubGlobal('sessionStorage', { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value), removeItem: (key: string) => kept.delete(key) });
  const answers: Record<string, (params: { analysisId: string }) => unknown> = {
    'analysis.open': () => ({ analysisId: ids.shift() }),
    'analysis.close': ({ analysisId }) => (closed.push(analysisId), null),
    'results.overview': () => overviewOf(),
    'results.series': () => seriesOf(),
  };
  const api = {
    request: (name: string, params: never) => Promise.resolve(answers[name]!(params)),
    async *subscribe(_name: string, { analysisId }: { analysisId: string }, signal: AbortSignal) {
      if (analysisId.startsWith('slow')) yield stateOf({ analysisId, phase: 'reading', packets: 0 });
      else if (analysisId.startsWith('quiet')) yield* [1, 2].map((revision) => stateOf({ analysisId, phase: 'reading', packets: revision, revision }));
      else yield stateOf({ analysisId });
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  };
  const app = createApp({});
  provideShell(app, { api } as unknown as PageShell);
  app.use(createPinia());
  return { closed, kept, ...app.runWithContext(() => ({ session: useSession(), toasts: useToasts() })) };
}

it('of two captures opened one right after the other the last takes the place of the one before, and the other is closed', async () => {
  const { session, toasts, closed, kept } = pageOf('first', 'slow', 'last');
  const sample = { kind: 'sample', sample: 'x' } as const;
  await session.open(sample);
  await vi.waitFor(() => expect(session.state?.analysisId).toBe('first'));
  const slow = session.open(sample);
  await vi.waitFor(() => expect(session.opening).toBe(true));
  await Promise.all([session.open(sample), slow]);
  await vi.waitFor(() => expect(session.state?.analysisId).toBe('last'));
  expect(closed.sort()).toEqual(['first', 'slow']);
  expect([...kept.values()]).toEqual(['last']);
  expect(toasts.toasts).toEqual([]);
  expect(session.opening).toBe(false);
});

it('what a live capture told last before it fell silent was not shown until it told more', async () => {
  const { session } = pageOf('quiet');
  await session.open({ kind: 'sample', sample: 'x' });
  await vi.waitFor(() => expect(session.state?.revision).toBe(2));
  expect(session.revision).toBe(1);
  await vi.waitFor(() => expect(session.revision).toBe(2), 10_000);
});
