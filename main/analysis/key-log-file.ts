import { promises } from 'node:fs';
import { AppError } from '../app-error.ts';
import { KeyLog } from '../tls/key-log.ts';

/** Read at a time. */
const CHUNK_BYTES = 1 << 20;
/** A longer line is none of a key log. */
const MOST_LINE_BYTES = 4096;

/**
 * Reads an SSLKEYLOGFILE.
 *
 * @throws AppError where it cannot be read, or holds no secret that TLS 1.2 or 1.3 is opened with; the message names the
 *   file and nothing of its content
 */
export async function readKeyLogFile(path: string): Promise<KeyLog> {
  const log = new KeyLog();
  try {
    const file = await promises.open(path, 'r');
    try {
      const chunk = new Uint8Array(CHUNK_BYTES);
      const decoder = new TextDecoder('latin1');
      let rest = '';
      for (;;) {
        const { bytesRead } = await file.read(chunk, 0, chunk.length, null);
        if (bytesRead === 0) break;
        const text = rest + decoder.decode(chunk.subarray(0, bytesRead));
        const end = text.lastIndexOf('\n') + 1;
        log.add(text.slice(0, end));
        rest = text.slice(end).slice(-MOST_LINE_BYTES);
      }
      log.add(rest);
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new AppError('key-log-unreadable', `cannot read the key log ${path}${code === 'ENOENT' ? ': there is no such file' : code === undefined ? '' : ` (${code})`}`, 3);
  }
  if (log.size === 0) throw new AppError('key-log-empty', `${path} holds no TLS secrets; a key log is made by SSLKEYLOGFILE=keys.log before the program starts`, 3);
  return log;
}
