import { basename } from 'node:path';
import { version } from '../../package.json' with { type: 'json' };
import type { Platform } from '../platform/platform.ts';
import { CaptureSources } from './capture-sources.ts';
import { listFolder } from './files.ts';
import type { RequestHandlers, StreamHandlers } from './handlers.ts';
import { listen } from './listen.ts';
import { RecentFiles } from './recent-files.ts';
import { Samples } from './samples.ts';
import { SettingsStore } from './settings.ts';

type Requests = 'app.info' | 'settings.get' | 'settings.set' | 'files.recent' | 'files.forget' | 'files.choose' | 'files.list' | 'samples.list';
type Streams = 'app.open' | 'app.command';

/** What the program remembers and brings along; other services build on it. */
export interface AppState {
  readonly platform: Platform;
  readonly settings: SettingsStore;
  readonly recent: RecentFiles;
  readonly samples: Samples;
  readonly sources: CaptureSources;
}

/** Reads what is remembered. */
export async function loadAppState(platform: Platform): Promise<AppState> {
  const settings = new SettingsStore(platform.dataFolder);
  const recent = new RecentFiles(platform.dataFolder);
  const samples = new Samples(platform.samplesFolder);
  await Promise.all([settings.load(), recent.load()]);
  return { platform, settings, recent, samples, sources: new CaptureSources(platform, samples, recent) };
}

/** The handlers for the program itself, its settings and its files. */
export function appHandlers({ platform, settings, recent, samples }: AppState): { requests: Pick<RequestHandlers, Requests>; streams: Pick<StreamHandlers, Streams> } {
  return {
    requests: {
      'app.info': async () => ({
        version,
        shell: platform.shell,
        platform: process.platform,
        nativeDialogs: platform.nativeDialogs,
        wireshark: (await platform.wireshark()) !== null,
        folders: [...platform.folders],
        open: [...platform.openAtStart],
        ...(platform.keyLogAtStart !== undefined && { keyLog: basename(platform.keyLogAtStart) }),
      }),
      'settings.get': () => settings.current,
      'settings.set': (patch) => settings.change(patch),
      'files.recent': () => recent.list(),
      'files.forget': ({ path }) => {
        recent.forget(path);
        return recent.list();
      },
      'files.choose': () => platform.chooseCaptures(),
      'files.list': ({ path }) => listFolder(platform, path),
      'samples.list': () => samples.list(),
    },
    streams: {
      'app.open': async function* (_, { signal }) {
        for await (const paths of listen<string[]>((listener) => platform.onOpen(listener), signal)) yield { paths };
      },
      'app.command': async function* (_, { signal }) {
        for await (const command of listen<string>((listener) => platform.onCommand(listener), signal)) yield { command };
      },
    },
  };
}
