import type { Handlers, RequestHandlers, StreamHandlers } from '../../main/services/handlers.ts';
import { requests, streams } from '../../shared/rpc/contract.ts';

/** All methods of the contract; those not given fail. */
export function fakeHandlers(given: { requests?: Partial<RequestHandlers>; streams?: Partial<StreamHandlers> }): Handlers {
  const missing = (name: string) => () => {
    throw new Error(`${name} is not part of this test`);
  };
  const fill = (table: object, some: object) => Object.fromEntries(Object.keys(table).map((name) => [name, (some as Record<string, unknown>)[name] ?? missing(name)]));
  return { requests: fill(requests, given.requests ?? {}), streams: fill(streams, given.streams ?? {}) } as unknown as Handlers;
}
