import { Pipeline } from '../../main/analysis/pipeline.ts';
import { nodeTlsCrypto } from '../../main/analysis/tls-crypto.ts';
import { RecordBatch } from '../../main/capture/record-batch.ts';
import { ConnectionView } from '../../main/store/connection-view.ts';
import { KeyLog } from '../../main/tls/key-log.ts';
import { DEFAULT_TLS_LIMITS, type TlsLimits } from '../../main/tls/limits.ts';
import type { ConnectionReport } from '../../shared/model/connection.ts';
import { toBatch } from './analyze-packets.ts';
import type { Packet } from './packets.ts';
import type { Talked } from './tls-captures.ts';

type Connection = ReturnType<ConnectionView['connection']>;
type Exchange = ConnectionReport['exchanges'][number];

export interface TlsRead {
  readonly connections: readonly Connection[];
  /** Codes and how often. */
  readonly anomalies: Readonly<Record<string, number>>;
}

/** What all stages behind the file reader find with these keys. */
export function analyzeTls(packets: readonly Packet[], keyLog: string, limits: Partial<TlsLimits> = {}): TlsRead {
  const reader = new LateReader({ mayGrow: false, limits });
  reader.add(keyLog);
  reader.push(packets);
  return reader.finish();
}

/** The same with keys that may come while packets do. */
export class LateReader {
  private readonly log = new KeyLog();
  private readonly pipeline: Pipeline;
  private packets = 0;

  /** @param atTheEnd what a key log that may grow has when it is asked for more */
  constructor({ mayGrow = true, atTheEnd = '', limits = {} }: { readonly mayGrow?: boolean; readonly atTheEnd?: string; readonly limits?: Partial<TlsLimits> } = {}) {
    if (mayGrow) this.log.more = () => this.log.add(atTheEnd) > 0;
    this.pipeline = new Pipeline(1, { keepHeads: false, keys: { log: this.log, crypto: nodeTlsCrypto }, tlsLimits: { ...DEFAULT_TLS_LIMITS, ...limits } });
  }

  add(keyLog: string): void {
    this.log.add(keyLog);
    this.pipeline.keysCame();
  }

  push(packets: readonly Packet[]): void {
    for (let from = 0; from < packets.length; from += RecordBatch.CAPACITY) {
      const batch = toBatch(packets.slice(from, from + RecordBatch.CAPACITY));
      batch.firstFrame = this.packets + from + 1;
      this.pipeline.push(batch, 0, batch.count);
    }
    this.packets += packets.length;
  }

  finish(): TlsRead {
    this.pipeline.finish();
    const { store, anomalies } = this.pipeline;
    const view = new ConnectionView(store, { captures: 1, redactTarget: same, redactHost: same, redactHeaders: (headers) => headers.map(([name, value]) => [name, value]) });
    return {
      connections: Array.from({ length: store.connections.count }, (_, row) => view.connection(row)),
      anomalies: Object.fromEntries(anomalies[0]!.entries().map(({ code, count }) => [code, count])),
    };
  }
}

/** Exchanges that were whole and paired, as the client's program tells of them. */
export function talked({ exchanges }: Connection): Talked[] {
  return exchanges.filter(isWhole).map(({ request, response }) => ({ method: request!.method!, target: request!.target!, status: response!.status!, bodyBytes: response!.bodyBytes! }));
}

function isWhole({ request, response }: Exchange): boolean {
  return request?.complete === true && response?.complete === true;
}

function same(text: string): string {
  return text;
}
