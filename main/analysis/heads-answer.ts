import { AppError } from '../app-error.ts';
import { redactHeaders, redactHost, redactTarget } from '../report/redaction.ts';
import { ConnectionView } from '../store/connection-view.ts';
import type { KeyLog } from '../tls/key-log.ts';
import { safeBytes } from '../../shared/format/safe-text.ts';
import type { RequestResult } from '../../shared/rpc/contract.ts';
import { cutText } from './cut-text.ts';
import { walkConnections } from './connection-walk.ts';
import { Pipeline } from './pipeline.ts';
import type { Results } from './results.ts';
import { nodeTlsCrypto } from './tls-crypto.ts';

const MAX_FIELDS = 200;
const MAX_NAME = 255;
const MAX_VALUE = 1500;

/**
 * The heads of one exchange's messages, from the captures once more: an analysis does not keep them. Reads the
 * connection up to the response's head.
 *
 * @param secrets show credentials and cookies
 * @throws AppError as walkConnections; `no-such-exchange`
 */
export async function headsOf(results: Results, id: number, exchange: number, secrets: boolean, keyLog: KeyLog, signal: AbortSignal): Promise<RequestResult<'results.heads'>> {
  results.checkConnection(id);
  const known = results.store.connections.exchanges.get(id - 1);
  if (exchange >= known) throw new AppError('no-such-exchange', `connection ${id} has no exchange ${exchange}`);
  const pipeline = new Pipeline(results.captures, { keepHeads: true, keys: { log: keyLog, crypto: nodeTlsCrypto } });
  const { exchanges } = pipeline.store;
  await walkConnections(
    { paths: results.paths, store: results.store },
    [id - 1],
    ({ batch, record }) => {
      pipeline.push(batch, record, record + 1);
      return exchanges.count <= exchange || exchanges.responseHead.get(exchange) === 0;
    },
    { signal },
  );
  pipeline.finish();
  const redact = secrets ? (headers: readonly (readonly [string, string])[]) => headers.map(([name, value]): [string, string] => [name, value]) : redactHeaders;
  const view = new ConnectionView(pipeline.store, { captures: results.captures, redactTarget, redactHost, redactHeaders: redact });
  const found = pipeline.store.connections.count === 0 ? undefined : view.connection(0).exchanges[exchange];
  return { request: shown(found?.request?.headers), response: shown(found?.response?.headers) };
}

function shown(headers: [string, string][] | undefined): [string, string][] | null {
  return headers?.slice(0, MAX_FIELDS).map(([name, value]) => [cutText(safeBytes(name), MAX_NAME), cutText(safeBytes(value), MAX_VALUE)]) ?? null;
}
