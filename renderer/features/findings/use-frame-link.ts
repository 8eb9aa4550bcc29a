import type { FrameRef } from '../../../shared/model/report.ts';
import { useApi } from '../../api.ts';
import { useSession } from '../../stores/session.ts';
import { useToasts } from '../../stores/toasts.ts';
import { useView } from '../../stores/view.ts';

/**
 * Opens the connection that a frame belongs to, at that frame. A finding that names one connection has its frames there;
 * else the program knows.
 */
export function useFrameLink(): (frame: FrameRef, connections: readonly number[]) => void {
  const api = useApi();
  const session = useSession();
  const toasts = useToasts();
  const view = useView();

  async function open(frame: FrameRef, connections: readonly number[]): Promise<void> {
    const { analysisId } = session;
    const [only] = connections;
    if (connections.length === 1 && only !== undefined) return view.open('connection', { id: only, frame: String(frame) });
    if (analysisId === null) return;
    const targets = await api.request('results.goto', { analysisId, text: `frame ${frame}` });
    const found = targets.find(({ connection }) => connection !== undefined);
    if (found?.connection === undefined) throw new Error(`Frame ${frame} belongs to no connection that is known.`);
    view.open('connection', { id: found.connection, frame: String(frame) });
  }

  return (frame, connections) => void open(frame, connections).catch(toasts.failed);
}
