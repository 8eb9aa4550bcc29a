import type { MessagePort } from 'node:worker_threads';
import { AppError } from '../app-error.ts';
import { AnalysisSession } from './analysis-session.ts';
import type { FromSession, ToSession } from './session-contract.ts';

/** Runs one analysis at the far end of a port. */
export function serveSession(port: Pick<MessagePort, 'postMessage' | 'on'>): void {
  let session: AnalysisSession | null = null;
  /** Questions that are being answered. */
  const asked = new Map<number, AbortController>();
  const tell = (message: FromSession): void => port.postMessage(message);
  const fault = (id: number | null, error: unknown): void => tell({ kind: 'fault', id, text: error instanceof Error ? (error.stack ?? error.message) : String(error) });

  const answer = async (id: number, name: Extract<ToSession, { kind: 'ask' }>['name'], params: unknown): Promise<void> => {
    const drop = new AbortController();
    asked.set(id, drop);
    try {
      const result = await session!.answer(name, params as never, drop.signal);
      if (!drop.signal.aborted) tell({ kind: 'answer', id, result });
    } catch (error) {
      if (drop.signal.aborted) return;
      if (error instanceof AppError) tell({ kind: 'refusal', id, code: error.code, message: error.message });
      else fault(id, error);
    } finally {
      asked.delete(id);
    }
  };

  port.on('message', (message: ToSession) => {
    switch (message.kind) {
      case 'start':
        session = new AnalysisSession(message.start, (state) => tell({ kind: 'state', state }), (number) => tell({ kind: 'passed', number }));
        session.run().catch((error: unknown) => fault(null, error));
        break;
      case 'ask':
        void answer(message.id, message.name, message.params);
        break;
      case 'drop':
        asked.get(message.id)?.abort();
        break;
      case 'cancel':
        session?.cancel();
        break;
      case 'written':
        session?.written();
        break;
      case 'ports':
        session?.setPortBudget(message.portBudget);
        break;
    }
  });
}
