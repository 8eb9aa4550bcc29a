import type { ExchangeSink } from '../http/exchange-sink.ts';
import type { ConnectionSink } from '../tcp/connection-sink.ts';

/** Where reading TLS tells what it finds: what HTTP tells, and records that are lost as events of the connection. */
export type TlsEvents = ExchangeSink & Pick<ConnectionSink, 'event'>;
