import type { Api } from '../shared/rpc/api.ts';

/** What the page gets from the window it runs in, beside the calls of the contract. */
export interface PageShell {
  readonly api: Api;
  /** Where a dropped or chosen file lies on this computer; null where a page may not know (browser). */
  filePath(file: File): string | null;
  /**
   * Sends a file to the program, for a shell that cannot read it where it lies; `sent` hears the bytes so far. The result
   * is the `upload` of `analysis.open`. Rejects with RpcFailure.
   */
  upload(file: File, sent: (bytes: number) => void, signal: AbortSignal): Promise<string>;
}
