import type { RecordBatch } from '../capture/record-batch.ts';
import { AnomalyCounter } from '../decode/anomalies.ts';
import { Decoder } from '../decode/decoder.ts';
import { NetworkPaths } from '../decode/network-paths.ts';
import { HttpStreams } from '../http/http-streams.ts';
import { DEFAULT_HTTP_LIMITS } from '../http/limits.ts';
import { InnerSink } from '../tls/inner-sink.ts';
import type { TlsKeys } from '../tls/key-log.ts';
import { DEFAULT_TLS_LIMITS, type TlsLimits } from '../tls/limits.ts';
import { TlsStreams } from '../tls/tls-streams.ts';
import { Recorder } from '../store/recorder.ts';
import { ResultStore } from '../store/result-store.ts';
import { AddressTable } from '../tcp/address-table.ts';
import { ConnectionTable } from '../tcp/connection-table.ts';
import type { Limits } from '../tcp/limits.ts';
import { DEFAULT_LIMITS } from '../tcp/limits.ts';

/** The stages from records to columns, joined: decode, TCP, TLS, HTTP, store. */
export class Pipeline {
  readonly store: ResultStore;
  readonly connections: ConnectionTable;
  /** Anomalies of the packets, by capture index. */
  readonly anomalies: readonly AnomalyCounter[];
  private readonly decoder: Decoder;
  /** Of the bytes as they came, and of what TLS was opened to. */
  private readonly streams: readonly HttpStreams[];
  private readonly tls: TlsStreams;

  constructor(captures: number, options: { readonly keepHeads: boolean; readonly limits?: Limits; readonly keys?: TlsKeys; readonly tlsLimits?: TlsLimits }) {
    const clock = new Float64Array(1);
    const paths = new NetworkPaths();
    const addresses = new AddressTable();
    this.anomalies = Array.from({ length: captures }, () => new AnomalyCounter());
    this.store = new ResultStore(addresses, paths);
    const recorder = new Recorder(this.store, clock, this.anomalies, options.keepHeads);
    const inside = new HttpStreams(new InnerSink(recorder), clock);
    this.tls = new TlsStreams(recorder, clock, inside, options.keys ?? null, options.tlsLimits ?? DEFAULT_TLS_LIMITS);
    const streams = new HttpStreams(recorder, clock, DEFAULT_HTTP_LIMITS, this.tls);
    this.streams = [streams, inside];
    this.connections = new ConnectionTable(recorder, streams, clock, addresses, options.limits ?? DEFAULT_LIMITS);
    this.decoder = new Decoder(this.connections, paths, this.anomalies);
  }

  /** Takes records [from, to) of a batch through all stages. */
  push(batch: RecordBatch, from: number, to: number): void {
    this.decoder.decode(batch, from, to);
  }

  /** Tells how everything stands that is not over, for who looks on while packets come. */
  tellLive(): void {
    this.connections.tellLive();
    for (const streams of this.streams) streams.tellLive();
  }

  /** The key log has grown, or time has gone by: TLS that waited for its secrets is read. */
  keysCame(): void {
    this.tls.keysCame();
  }

  /** No more records come. */
  finish(): void {
    this.decoder.finish();
    this.connections.finish();
  }
}
