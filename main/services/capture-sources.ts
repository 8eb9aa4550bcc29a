import { basename } from 'node:path';
import type { CheckedParams } from '../../shared/rpc/contract.ts';
import type { Platform } from '../platform/platform.ts';
import type { RecentFiles } from './recent-files.ts';
import type { Samples } from './samples.ts';

export type Source = CheckedParams<'analysis.open'>['source'];

export interface ResolvedSource {
  /** What to read. */
  readonly paths: readonly string[];
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

  /** @throws AppError `path-not-allowed`, `file-not-found`, `sample-not-found`, `upload-not-found` */
  async resolve(source: Source): Promise<ResolvedSource> {
    const keep = () => Promise.resolve();
    switch (source.kind) {
      case 'sample': {
        const { path, title } = await this.samples.find(source.sample);
        return { paths: [path], name: title, recent: null, release: keep };
      }
      case 'upload': {
        const files = await this.platform.uploadedFiles(source.upload);
        const release = () => this.platform.forgetUpload(source.upload);
        return { paths: files.map(({ path }) => path), name: nameOf(files.map(({ name }) => name)), recent: null, release };
      }
      case 'paths': {
        const paths = await Promise.all(source.paths.map((path) => this.platform.permittedPath(path)));
        // Several files opened together have no one name in the list.
        const recent = paths.length === 1 ? paths[0]! : null;
        if (recent !== null) {
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
