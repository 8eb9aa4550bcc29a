import { isIP } from 'node:net';
import { AppError } from '../app-error.ts';
import { frameId, frameReference } from '../capture/frame-id.ts';
import { endpointText } from '../store/connection-fields.ts';
import { formatCount, plural } from '../../shared/format/quantity.ts';
import { connectionsOfError } from '../../shared/query/error-words.ts';
import { checkQuery } from '../../shared/query/parse-query.ts';
import type { GotoTarget } from '../../shared/model/view.ts';
import { walkConnections } from './connection-walk.ts';
import type { Results } from './results.ts';

/** Endpoints offered. */
const MAX_ENDPOINTS = 8;
/** Connections offered for a frame of which only one of them can be right. */
const MAX_OFFERED = 4;
/** Of more connections that lived when a frame was captured, the captures are not searched for the right one. */
const MAX_SEARCHED = 10_000;

/** What a text typed into "go to" may mean: a frame, a connection, an endpoint, an error message, a query; or why it means nothing here. */
export async function gotoTargets(results: Results, text: string, signal: AbortSignal): Promise<GotoTarget[]> {
  const wanted = text.trim();
  if (wanted === '') return [];
  const targets: GotoTarget[] = [];
  const number = /^(?:(\d+):)?#?(\d{1,15})$/.exec(wanted);
  if (number !== null) {
    const id = Number(number[2]);
    if (number[1] === undefined && id >= 1 && id <= results.store.connections.count) targets.push({ kind: 'connection', label: `Connection ${id}`, connection: id });
    targets.push(...(await frames(results, Number(number[1] ?? 0), id, signal)));
  } else {
    targets.push(...endpoints(results, wanted), ...errors(results, wanted));
    if (targets.length === 0 && isIP(wanted) !== 0) return [{ kind: 'nothing', label: `No TCP connection here has the address ${wanted}.` }];
  }
  // Of an error nobody looks for connections that have its name in them, unless there are some.
  const isError = connectionsOfError(wanted) !== null;
  if (checkQuery(wanted, 'connections') === null && (!isError || results.count(wanted) > 0)) targets.push({ kind: 'query', label: `Connections with ${wanted}`, query: wanted });
  return targets;
}

/** The connection that a frame belongs to, or what the frame is instead. */
async function frames(results: Results, capture: number, frame: number, signal: AbortSignal): Promise<GotoTarget[]> {
  const { packets } = results;
  if (frame < 1 || capture >= packets.length || frame > packets[capture]!) return [{ kind: 'nothing', label: `There is no frame ${frame}: ${packets.length > 1 ? `capture ${capture}` : 'this capture'} has ${plural(packets[capture] ?? 0, 'packet')}.` }];
  const { connections } = results.store;
  const id = frameId(capture, frame, packets.length) >>> 0;
  const reference = frameReference(id, packets.length);
  const target = (row: number, perhaps: boolean): GotoTarget => ({
    kind: 'frame',
    label: `Frame ${reference}, ${perhaps ? 'perhaps ' : ''}connection ${row + 1}`,
    frame: reference,
    connection: row + 1,
  });
  const alive: number[] = [];
  for (let row = 0; row < connections.count; row++) {
    const [first, last] = [connections.firstFrame.get(row), connections.lastFrame.get(row)];
    if (first === id || last === id || connections.closeFrame.get(row) === id) return [target(row, false)];
    if (first < id && last > id) alive.push(row);
  }
  const found = alive.length === 0 ? null : await holderOf(results, alive, id, signal);
  if (found === undefined) return alive.slice(-MAX_OFFERED).reverse().map((row) => target(row, true));
  return found === null ? [{ kind: 'nothing', label: `Frame ${formatCount(frame)} belongs to no TCP connection that was read.` }] : [target(found, false)];
}

/** Which of these connections a frame belongs to, null for none; undefined where the captures cannot be searched for it. */
async function holderOf(results: Results, rows: readonly number[], id: number, signal: AbortSignal): Promise<number | null | undefined> {
  if (rows.length > MAX_SEARCHED) return undefined;
  let found: number | null = null;
  try {
    await walkConnections({ paths: results.paths, store: results.store }, rows, ({ row, frame }) => {
      if (frame === id) found = row;
      return frame < id;
    }, { signal });
    return found;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return undefined;
  }
}

/** Of an error message out of a log: the connections that it may be about, or that there are none. */
function errors(results: Results, text: string): GotoTarget[] {
  const meant = connectionsOfError(text);
  if (meant === null) return [];
  const count = results.count(meant.query);
  return [count > 0 ? { kind: 'query', label: `${meant.label} (${formatCount(count)})`, query: meant.query } : { kind: 'nothing', label: `${meant.label}: none here.` }];
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
