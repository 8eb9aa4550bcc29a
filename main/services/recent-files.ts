import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as v from 'valibot';
import type { RecentFile } from '../../shared/model/app.ts';
import { readJsonFile, writeJsonFile } from '../platform/json-file.ts';

const MAX_FILES = 20;

const stored = v.object({
  path: v.pipe(v.string(), v.minLength(1), v.maxLength(4096)),
  openedAt: v.pipe(v.string(), v.isoTimestamp()),
  requests: v.nullable(v.number()),
  connections: v.nullable(v.number()),
  note: v.nullable(v.string()),
  severity: v.nullable(v.picklist(['error', 'warning', 'info'])),
  /** What its TLS was read with last. */
  keyLog: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(4096))),
});
type Entry = v.InferOutput<typeof stored>;

/** What an analysis found in a file, in one line. */
export type Found = Pick<RecentFile, 'requests' | 'connections' | 'note' | 'severity'>;

/** The captures opened last, the latest first, and what was found in them; kept in one file. */
export class RecentFiles {
  private readonly path: string;
  private entries: Entry[] = [];
  private writing: Promise<void> = Promise.resolve();

  constructor(dataFolder: string) {
    this.path = join(dataFolder, 'recent.json');
  }

  async load(): Promise<void> {
    const list = await readJsonFile(this.path);
    if (!Array.isArray(list)) return;
    this.entries = list
      .slice(0, MAX_FILES)
      .map((entry) => v.safeParse(stored, entry))
      .filter((entry) => entry.success)
      .map((entry) => entry.output);
  }

  /** With their key logs. */
  get paths(): string[] {
    return this.entries.flatMap(({ path, keyLog }) => (keyLog === undefined ? [path] : [path, keyLog]));
  }

  async list(): Promise<RecentFile[]> {
    return Promise.all(
      this.entries.map(async (entry) => {
        const file = await stat(entry.path).catch(() => null);
        return { ...withoutKeyLog(entry), name: basename(entry.path), bytes: file?.size ?? 0, missing: file === null };
      }),
    );
  }

  /** @param openedAt RFC 3339 */
  opened(path: string, openedAt: string): void {
    const before = this.entries.find((entry) => entry.path === path);
    const entry = { requests: null, connections: null, note: null, severity: null, ...before, path, openedAt };
    this.entries = [entry, ...this.entries.filter((other) => other !== before)].slice(0, MAX_FILES);
    this.save();
  }

  found(path: string, found: Found): void {
    this.entries = this.entries.map((entry) => (entry.path === path ? { ...entry, ...found } : entry));
    this.save();
  }

  keyLogOf(path: string): string | null {
    return this.entries.find((entry) => entry.path === path)?.keyLog ?? null;
  }

  /** @param keyLog null: none any more */
  readWith(path: string, keyLog: string | null): void {
    this.entries = this.entries.map((entry) => {
      if (entry.path !== path) return entry;
      return keyLog === null ? withoutKeyLog(entry) : { ...entry, keyLog };
    });
    this.save();
  }

  forget(path: string): void {
    this.entries = this.entries.filter((entry) => entry.path !== path);
    this.save();
  }

  /** When all is on disk. */
  saved(): Promise<void> {
    return this.writing;
  }

  private save(): void {
    const entries = this.entries;
    // A list that cannot be kept is no reason to fail: it is a convenience.
    this.writing = this.writing.then(() => writeJsonFile(this.path, entries)).catch(() => undefined);
  }
}

function withoutKeyLog({ keyLog: _, ...entry }: Entry): Omit<Entry, 'keyLog'> {
  return entry;
}
