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

  /** Takes what is new. A block stands before the packets that it is for. */
  take(): void {
    for (let i = 0; i < this.files.length; i++) {
      const logs = this.files[i]!.extras?.tlsKeyLogs;
      if (logs === undefined) continue;
      for (; this.taken[i]! < logs.length; this.taken[i]!++) this.log.add(logs[this.taken[i]!]!);
    }
  }
}
