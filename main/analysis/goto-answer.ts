import { frameReference } from '../capture/frame-id.ts';
import { endpointText } from '../store/connection-fields.ts';
import { checkQuery } from '../../shared/query/parse-query.ts';
import type { GotoTarget } from '../../shared/model/view.ts';
import type { Results } from './results.ts';

/** Endpoints offered. */
const MAX_ENDPOINTS = 8;
/** Connections looked at for a frame in them: those that hold it are among the last that began before it. */
const MAX_OFFERED = 4;

/** What a text typed into "go to" may mean: a frame, a connection, an endpoint, a query. */
export function gotoTargets(results: Results, text: string): GotoTarget[] {
  const wanted = text.trim();
  if (wanted === '') return [];
  const targets: GotoTarget[] = [];
  const number = /^(?:(\d+):)?#?(\d+)$/.exec(wanted);
  if (number !== null) {
    const id = Number(number[2]);
    const { connections } = results.store;
    if (number[1] === undefined && id >= 1 && id <= connections.count) targets.push({ kind: 'connection', label: `Connection ${id}`, connection: id });
    targets.push(...frames(results, number[1] === undefined ? null : Number(number[1]), id));
  } else {
    targets.push(...endpoints(results, wanted));
  }
  if (checkQuery(wanted, 'connections') === null) targets.push({ kind: 'query', label: `Connections with ${wanted}`, query: wanted });
  return targets;
}

/** Connections that may hold a frame: it lies between their first and their last. */
function frames({ store: { connections }, captures }: Results, capture: number | null, frame: number): GotoTarget[] {
  const reference = captures > 1 ? `${capture ?? 0}:${frame}` : frame;
  const found: GotoTarget[] = [];
  const id = frameIdOf(reference, captures);
  for (let row = 0; row < connections.count && found.length < MAX_OFFERED; row++) {
    if (connections.firstFrame.get(row) !== id && connections.lastFrame.get(row) !== id && connections.closeFrame.get(row) !== id) continue;
    found.push({ kind: 'frame', label: `Frame ${reference}, connection ${row + 1}`, frame: reference, connection: row + 1 });
  }
  for (let row = connections.count - 1; row >= 0 && found.length < MAX_OFFERED; row--) {
    if (connections.firstFrame.get(row) > id || connections.lastFrame.get(row) < id || found.some(({ connection }) => connection === row + 1)) continue;
    found.push({ kind: 'frame', label: `Frame ${reference}, perhaps connection ${row + 1}`, frame: reference, connection: row + 1 });
  }
  return found;
}

function frameIdOf(reference: number | string, captures: number): number {
  if (typeof reference === 'number') return reference;
  // The id whose reference it is: its upper bits are the capture.
  const [capture, frame] = reference.split(':').map(Number) as [number, number];
  const bits = 32 - Math.clz32(captures - 1);
  const id = ((capture << (32 - bits)) | frame) >>> 0;
  return frameReference(id, captures) === reference ? id : 0;
}

function endpoints({ store, diagnosis }: Results, text: string): GotoTarget[] {
  const wanted = text.toLowerCase();
  const found: GotoTarget[] = [];
  for (let endpoint = 0; endpoint < store.endpoints.count && found.length < MAX_ENDPOINTS; endpoint++) {
    if (diagnosis.rows.count(endpoint) === 0) continue;
    const label = endpointText(store, endpoint);
    if (label.includes(wanted)) found.push({ kind: 'endpoint', label, endpoint });
  }
  return found;
}
