import { resolve } from 'node:path';

/** Captures among the arguments of a start: all that is no switch. Chromium's own switches begin with dashes, too. */
export function filesOf(args: readonly string[], workingFolder: string): string[] {
  return args.filter((arg) => arg !== '' && !arg.startsWith('-')).map((arg) => resolve(workingFolder, arg));
}

/** What a second start hands to the first; it comes from another process. */
export interface SecondStart {
  readonly files: readonly string[];
}

export function filesOfSecondStart(data: unknown): string[] {
  if (typeof data !== 'object' || data === null || !('files' in data) || !Array.isArray(data.files)) return [];
  return data.files.filter((file): file is string => typeof file === 'string' && file !== '');
}

/** Tells listeners; what comes while there are none waits for the first. */
export class Announcer<T> {
  private readonly listeners = new Set<(value: T) => void>();
  private waiting: T[] = [];

  announce(value: T): void {
    if (this.listeners.size === 0) this.waiting.push(value);
    for (const listener of this.listeners) listener(value);
  }

  /** Returns what ends it. */
  listen(listener: (value: T) => void): () => void {
    this.listeners.add(listener);
    for (const value of this.waiting.splice(0)) listener(value);
    return () => this.listeners.delete(listener);
  }
}
