import { basename } from 'node:path';
import { AppError } from '../app-error.ts';
import type { CheckedParams } from '../../shared/rpc/contract.ts';
import type { Platform } from '../platform/platform.ts';
import type { RecentFiles } from './recent-files.ts';
import type { Samples } from './samples.ts';

export type Source = CheckedParams<'analysis.open'>['source'];
/** What lies in files, and is no open analysis. */
export type FileSource = Exclude<Source, { kind: 'analysis' }>;
type KeyLogSource = NonNullable<CheckedParams<'analysis.open'>['keyLog']>;

/** A key log: where it is, and no secret of it. */
export interface ResolvedKeyLog {
  readonly path: string;
  /** For people. */
  readonly name: string;
  /** The person's own file, which may be remembered; an upload's is deleted. */
  readonly own: boolean;
  release(): Promise<void>;
}

export interface ResolvedSource {
  /** What to read. */
  readonly paths: readonly string[];
  /** What the person calls each of them, where that is not its path. */
  readonly names?: readonly string[];
  /** The pattern of the files of a live capture that writes a ring of them; `paths` is the first. */
  readonly ring?: string;
  /** For people, without folders: "web.pcap", "web.pcap and 3 more". */
  readonly name: string;
  /** In the list of recent files, if it is one of them: tell `RecentFiles.found` what was found. */
  readonly recent: string | null;
  /** To be called when the analysis is closed: deletes an upload's files. */
  release(): Promise<void>;
}

/** What a page may open, as paths. */
export class CaptureSources {
  private readonly platform: Platform;
  private readonly samples: Samples;
  private readonly recent: RecentFiles;

  constructor(platform: Platform, samples: Samples, recent: RecentFiles) {
    this.platform = platform;
    this.samples = samples;
    this.recent = recent;
  }

  /** A live capture's file joins the recent ones; as `ResolvedSource.recent`. */
  captured(path: string): string {
    this.recent.opened(path, new Date().toISOString());
    return path;
  }

  /** @throws AppError `path-not-allowed`, `file-not-found`, `upload-not-found`, `one-key-log` */
  async keyLog(source: KeyLogSource): Promise<ResolvedKeyLog> {
    const { paths, name, release } = await this.resolve(source, false);
    if (paths.length === 1) return { path: paths[0]!, name, own: source.kind === 'paths', release };
    await release();
    throw new AppError('one-key-log', 'choose one key log file; several can be put together into one (cat)');
  }

  /**
   * @param remember put it into the list of recent files
   * @throws AppError `path-not-allowed`, `file-not-found`, `sample-not-found`, `upload-not-found`
   */
  async resolve(source: FileSource, remember = true): Promise<ResolvedSource> {
    const keep = () => Promise.resolve();
    switch (source.kind) {
      case 'sample': {
        const { path, title } = await this.samples.find(source.sample);
        return { paths: [path], name: title, recent: null, release: keep };
      }
      case 'upload': {
        const files = await this.platform.uploadedFiles(source.upload);
        const release = () => this.platform.forgetUpload(source.upload);
        const names = files.map(({ name }) => name);
        return { paths: files.map(({ path }) => path), names, name: nameOf(names), recent: null, release };
      }
      case 'paths': {
        const paths = await Promise.all(source.paths.map((path) => this.platform.permittedPath(path)));
        // Several files opened together have no one name in the list.
        const recent = paths.length === 1 ? paths[0]! : null;
        if (recent !== null && remember) {
          this.recent.opened(recent, new Date().toISOString());
          this.platform.noteRecent(recent);
        }
        return { paths, name: nameOf(paths.map((path) => basename(path))), recent, release: keep };
      }
    }
  }
}

function nameOf(names: readonly string[]): string {
  const first = names[0] ?? '';
  return names.length <= 1 ? first : `${first} and ${names.length - 1} more`;
}
