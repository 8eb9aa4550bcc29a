import { join } from 'node:path';
import * as v from 'valibot';
import type { Settings } from '../../shared/model/app.ts';
import { settingsPatch } from '../../shared/rpc/contract.ts';
import { AppError } from '../app-error.ts';
import { whyUnwritable } from '../report/unwritable.ts';
import { readJsonFile, writeJsonFile } from '../platform/json-file.ts';

const DEFAULTS: Settings = { theme: 'system', columns: [], portBudget: 28_232, redact: true };

/** The person's settings, kept in one file. A file that cannot be read, or parts of it that are not valid, count as not set. */
export class SettingsStore {
  private readonly path: string;
  private settings: Settings = DEFAULTS;
  private readonly listeners = new Set<(settings: Settings) => void>();
  private writing: Promise<void> = Promise.resolve();

  constructor(dataFolder: string) {
    this.path = join(dataFolder, 'settings.json');
  }

  async load(): Promise<void> {
    const stored = await readJsonFile(this.path);
    if (typeof stored !== 'object' || stored === null) return;
    for (const key of Object.keys(DEFAULTS)) {
      if (!Object.hasOwn(stored, key)) continue;
      const part = v.safeParse(settingsPatch, { [key]: (stored as Record<string, unknown>)[key] });
      if (part.success) this.settings = { ...this.settings, ...(part.output as Partial<Settings>) };
    }
  }

  get current(): Settings {
    return this.settings;
  }

  /** Resolves when it is on disk. @throws AppError `settings-unwritable`; the setting holds until the program ends */
  async change(patch: v.InferOutput<typeof settingsPatch>): Promise<Settings> {
    const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as Partial<Settings>;
    this.settings = { ...this.settings, ...given };
    for (const listener of this.listeners) listener(this.settings);
    // One after the other: the last one wins.
    this.writing = this.writing.catch(() => undefined).then(() => writeJsonFile(this.path, this.settings));
    try {
      await this.writing;
    } catch (error) {
      throw new AppError('settings-unwritable', `the settings hold until the program ends, but are not kept: cannot write ${this.path}: ${whyUnwritable(error)}`);
    }
    return this.settings;
  }

  /** Returns what ends it. */
  onChange(listener: (settings: Settings) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
