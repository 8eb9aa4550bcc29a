import type { CaptureFileInfo } from '../capture/capture-file.ts';
import type { KeyLog } from '../tls/key-log.ts';

/** Moves the key logs that pcapng files bring along (Decryption Secrets Blocks) to the key log, as they are read. */
export class EmbeddedKeys {
  private readonly log: KeyLog;
  private readonly files: readonly CaptureFileInfo[];
  /** Of each file: how many blocks were taken. */
  private readonly taken: number[];

  constructor(log: KeyLog, files: readonly CaptureFileInfo[]) {
    this.log = log;
    this.files = files;
    this.taken = files.map(() => 0);
  }

  /**
   * Takes what is new, and tells whether there was any. A block should stand before the packets that it is for; where
   * files were joined it may not, so that one that has brought keys may bring more. For what comes later still, the
   * captures are read again.
   */
  take(): boolean {
    let added = 0;
    for (let i = 0; i < this.files.length; i++) {
      const logs = this.files[i]!.extras?.tlsKeyLogs;
      if (logs === undefined) continue;
      for (; this.taken[i]! < logs.length; this.taken[i]!++) added += this.log.add(logs[this.taken[i]!]!);
    }
    if (added > 0) this.log.more ??= () => false;
    return added > 0;
  }
}
