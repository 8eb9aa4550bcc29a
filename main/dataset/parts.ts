import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { findFiles } from '../capture/file-source.ts';
import type { AppError } from '../app-error.ts';
import type { Part } from './dataset-folder.ts';
import { partName } from './dataset-folder.ts';

export interface PartOptions {
  /** `folder`: the files of a folder are one capture (a ring of tcpdump or dumpcap). */
  readonly by: 'file' | 'folder';
  /** Parts are not named after their files. */
  readonly pseudonyms: boolean;
  /** A folder that is passed over: the data set itself may lie among the captures. */
  readonly outside?: string;
  /** Only the parts that fall to this share of the work: index from 1. */
  readonly shard?: { readonly index: number; readonly count: number };
}

/** A part, and whether it was only found in a folder: then it may as well be no capture. */
export interface FoundPart extends Part {
  readonly named: boolean;
}

/** The parts that paths, folders with all below them, and patterns stand for, and an error for each path that stands for none. */
export async function findParts(paths: readonly string[], { by, pseudonyms, outside, shard }: PartOptions): Promise<{ parts: FoundPart[]; failures: readonly { readonly path: string; readonly error: AppError }[] }> {
  const { files, failures } = await findFiles(paths, { below: true });
  const groups = new Map<string, { paths: string[]; named: boolean }>();
  for (const { path, folder } of files) {
    if (folder !== null && outside !== undefined && resolve(path).startsWith(resolve(outside) + sep)) continue;
    const key = by === 'file' ? path : dirname(path);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { paths: [path], named: folder === null });
    else group.paths.push(path);
  }
  const parts: FoundPart[] = [];
  for (const [key, group] of groups) {
    const name = partName(key, pseudonyms);
    if (shard !== undefined && shareOf(name, shard.count) !== shard.index) continue;
    const states = await Promise.all(group.paths.map((path) => stat(path).catch(() => null)));
    parts.push({
      name,
      paths: group.paths,
      bytes: states.reduce((sum, state) => sum + (state?.size ?? 0), 0),
      modifiedAt: Math.max(0, ...states.map((state) => Math.trunc(state?.mtimeMs ?? 0))),
      named: group.named,
    });
  }
  return { parts, failures };
}

/** The share, from 1, that a part falls to: by its name, the same on every machine. */
function shareOf(name: string, count: number): number {
  return (createHash('sha256').update(name).digest().readUInt32BE(0) % count) + 1;
}
