import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SaveTarget } from '../../platform/platform.ts';

/** Files that wait to be fetched; the oldest gives way. */
const MAX_WAITING = 20;

export interface Download {
  readonly path: string;
  readonly name: string;
}

/** Files for the browser to save: each is fetched once, by an address that nobody can guess, and then deleted. */
export class Downloads {
  private readonly folder: string;
  private readonly waiting = new Map<string, Download>();
  private made = 0;

  /** @param folder of this process alone */
  constructor(folder: string) {
    this.folder = folder;
  }

  async target(name: string): Promise<SaveTarget> {
    const folder = join(this.folder, `download-${this.made++}`);
    await mkdir(folder, { mode: 0o700 });
    const path = join(folder, 'file');
    return {
      path,
      finish: async () => {
        const id = randomBytes(24).toString('base64url');
        this.waiting.set(id, { path, name });
        const oldest = this.waiting.keys().next().value;
        if (this.waiting.size > MAX_WAITING && oldest !== undefined) await this.delete(this.take(oldest)!);
        return { path: null, download: id };
      },
      discard: () => rm(folder, { recursive: true, force: true }),
    };
  }

  /** The file, which nobody gets a second time; to be deleted when it is sent. */
  take(id: string): Download | null {
    const download = this.waiting.get(id) ?? null;
    this.waiting.delete(id);
    return download;
  }

  async delete({ path }: Download): Promise<void> {
    await rm(dirname(path), { recursive: true, force: true });
  }
}

/** RFC 6266, section 4.3: the name in UTF-8, and one in ASCII for who does not know that. */
export function contentDisposition(name: string): string {
  const ascii = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_');
  // A lone surrogate is no character that could be encoded.
  const encoded = encodeURIComponent(name.replaceAll(/\p{Surrogate}/gu, '_')).replaceAll(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
