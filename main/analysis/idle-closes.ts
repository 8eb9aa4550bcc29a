import { ConnectionCase } from '../findings/case.ts';
import { idleOf } from '../findings/server-close.ts';
import { namesServerIdle } from '../findings/verdict.ts';
import type { Diagnosis } from '../findings/diagnose.ts';
import type { ResultStore } from '../store/result-store.ts';

/** Closes by the idle timeout of one side: after how many seconds each, shortest first, and whether one of them is certain. */
export interface IdleCloses {
  readonly seconds: readonly number[];
  readonly certain: boolean;
}

/**
 * The closes of an endpoint's connections by an idle timeout, of each side. Idle is what the rules took for it: since the
 * last response, not since the last byte, which may be a lost request's or that of a close_notify.
 */
export function idleCloses(store: ResultStore, diagnosis: Diagnosis, endpoint: number): { client: IdleCloses; server: IdleCloses } {
  const found = { client: { seconds: [] as number[], certain: false }, server: { seconds: [] as number[], certain: false } };
  const c = new ConnectionCase(store);
  for (const row of diagnosis.rows.rows(endpoint)) {
    const verdict = diagnosis.verdicts.get(row);
    const byClient = verdict.cause === 'client-idle';
    if (verdict.confidence === 'possible' || !(byClient || namesServerIdle(verdict))) continue;
    c.load(row);
    const idle = byClient && c.last >= 0 ? c.closedAt - c.responseEnded : idleOf(c);
    if (!Number.isFinite(idle)) continue;
    const side = byClient ? found.client : found.server;
    side.seconds.push(idle / 1e9);
    if (verdict.confidence === 'certain') side.certain = true;
  }
  found.client.seconds.sort((a, b) => a - b);
  found.server.seconds.sort((a, b) => a - b);
  return found;
}

/** The middle one, to the millisecond; null without any. */
export function idleLimit({ seconds }: IdleCloses): number | null {
  return seconds.length === 0 ? null : Math.round(seconds[seconds.length >> 1]! * 1e3) / 1e3;
}
