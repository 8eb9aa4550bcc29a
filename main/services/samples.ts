import { join } from 'node:path';
import * as v from 'valibot';
import { AppError } from '../app-error.ts';
import type { Sample } from '../../shared/model/app.ts';
import { readJsonFile } from '../platform/json-file.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const entry = v.strictObject({
  id: v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,64}$/)),
  /** In the samples' folder. */
  file: v.pipe(v.string(), v.regex(/^[a-z0-9-]+\.pcap(\.gz)?$/)),
  title: v.string(),
  lesson: v.string(),
  requests: count,
  connections: count,
  bytes: count,
  spans: v.array(v.number()),
  probes: v.array(v.number()),
  end: v.strictObject({ kind: v.picklist(['fin', 'rst', 'open', 'replaced']), by: v.nullable(v.picklist(['client', 'server'])), time: v.number() }),
});

/** The captures that come along; samples.json says what each shows. */
export class Samples {
  private readonly folder: string;
  private entries: Promise<v.InferOutput<typeof entry>[]> | null = null;

  constructor(folder: string) {
    this.folder = folder;
  }

  async list(): Promise<Sample[]> {
    return (await this.load()).map(({ file: _, ...sample }) => sample);
  }

  /** @throws AppError `sample-not-found` */
  async find(id: string): Promise<{ path: string; title: string }> {
    const found = (await this.load()).find((sample) => sample.id === id);
    if (found === undefined) throw new AppError('sample-not-found', `there is no bundled capture "${id}"`);
    return { path: join(this.folder, found.file), title: found.title };
  }

  /** Without a readable list there are no samples; all else works. */
  private load(): Promise<v.InferOutput<typeof entry>[]> {
    this.entries ??= readJsonFile(join(this.folder, 'samples.json')).then((list) => {
      const result = v.safeParse(v.array(entry), list);
      return result.success ? result.output : [];
    });
    return this.entries;
  }
}
