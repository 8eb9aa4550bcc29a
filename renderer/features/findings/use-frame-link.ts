import type { FrameRef } from '../../../shared/model/report.ts';
import type { Api } from '../../../shared/rpc/api.ts';
import { MAX_ROWS } from '../../../shared/rpc/contract.ts';
import { useApi } from '../../api.ts';
import { useSession } from '../../stores/session.ts';
import { useToasts } from '../../stores/toasts.ts';
import { useView } from '../../stores/view.ts';

/** Opens the connection that a frame of a finding belongs to, at that frame. `connections`: those the finding names. */
export function useFrameLink(): (frame: FrameRef, connections: readonly number[]) => void {
  const api = useApi();
  const session = useSession();
  const toasts = useToasts();
  const view = useView();

  async function open(frame: FrameRef, connections: readonly number[]): Promise<void> {
    const { analysisId } = session;
    if (analysisId === null) return;
    const id = connections.length === 1 ? connections[0]! : await connectionOf(api, analysisId, frame, connections);
    if (id === null) throw new Error(`Frame ${frame} belongs to no connection that is known.`);
    view.open('connection', { id, frame: String(frame) });
  }

  return (frame, connections) => void open(frame, connections).catch(toasts.failed);
}

/** The program names connections that lived around the frame; the one that holds it has it among its packets. */
async function connectionOf(api: Api, analysisId: string, frame: FrameRef, connections: readonly number[]): Promise<number | null> {
  const targets = await api.request('results.goto', { analysisId, text: String(frame) });
  const around = targets.flatMap(({ kind, connection }) => (kind === 'frame' && connection !== undefined ? [connection] : []));
  // Those of the finding first.
  const candidates = [...new Set([...around.filter((id) => connections.includes(id)), ...connections.slice(0, MOST_TRIED), ...around])];
  for (const id of candidates) {
    const { packets } = await api.request('results.packets', { analysisId, id, offset: 0, limit: MAX_ROWS });
    if (packets.some((packet) => packet.frame === frame)) return id;
  }
  return around[0] ?? connections[0] ?? null;
}

/** Evidence is of a few of the connections that a finding names, and those come first. */
const MOST_TRIED = 12;
