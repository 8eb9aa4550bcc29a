import type { Api } from '../shared/rpc/api.ts';

/** What the page gets from the window it runs in, beside the calls of the contract. */
export interface PageShell {
  readonly api: Api;
  /** Where a dropped or chosen file lies on this computer; null where a page may not know (browser). */
  filePath(file: File): string | null;
  /**
   * Sends files to the program, for a shell that cannot read them where they lie; `sent` hears the bytes so far, of all.
   * The result is the `upload` of `analysis.open`. Rejects with RpcFailure.
   */
  upload(files: readonly File[], sent: (bytes: number) => void, signal: AbortSignal): Promise<string>;
  /** Has the browser save what `reports.save` or `packets.save` answered as `download`. */
  download(id: string): void;
  /** Hears why there is no connection to the program, and null when there is one again. Gives what ends the hearing. */
  onTrouble(hear: (trouble: string | null) => void): () => void;
}
