import { RpcFailure } from '../../shared/rpc/api.ts';
import type { PageShell } from '../page-shell.ts';
import { RpcClient } from './rpc-client.ts';

/** The shell this page runs in. */
export function connect(): PageShell {
  return {
    api: new RpcClient(),
    filePath: () => null,
    upload: () => Promise.reject(new RpcFailure('disconnected', 'The page is not connected to the program.')),
  };
}
