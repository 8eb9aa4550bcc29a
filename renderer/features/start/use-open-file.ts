import { defineStore } from 'pinia';
import { ref, shallowRef, watch } from 'vue';
import type { AppInfo } from '../../../shared/model/app.ts';
import { useApi, useShell } from '../../api.ts';
import { useSession, type Source } from '../../stores/session.ts';
import { useToasts } from '../../stores/toasts.ts';

/** A file on its way to the program (browser shell). */
export interface Upload {
  name: string;
  sent: number;
  bytes: number;
}

/** A file that is wanted for something else than to be opened. */
export interface Wanted {
  title: string;
  description: string;
  /** @param name for people, without folders */
  take(source: FileSource, name: string): void;
}

export type FileSource = Extract<Source, { kind: 'paths' | 'upload' }>;

/** All ways to open a capture, and to choose other files. */
export const useOpenFile = defineStore('open-file', () => {
  const shell = useShell();
  const api = useApi();
  const session = useSession();
  const toasts = useToasts();
  /** The page's own dialog, where the shell has none. */
  const pickerOpen = ref(false);
  /** What its choice is for; null: to be opened. */
  const wanted = shallowRef<Wanted | null>(null);
  /** A file is held over the window. */
  const dragging = ref(false);
  const upload = ref<Upload | null>(null);
  let sending = new AbortController();

  async function choose(purpose: Wanted | null = null): Promise<void> {
    const { nativeDialogs } = await shellInfo();
    wanted.value = purpose;
    if (!nativeDialogs) {
      pickerOpen.value = true;
      return;
    }
    try {
      const paths = await api.request('files.choose', {});
      if (paths.length > 0) await take(purpose, { kind: 'paths', paths }, nameOf(paths));
    } catch (error) {
      toasts.failed(error);
    }
  }

  /** A key may be pressed before it is known what dialogs and folders there are: it waits for that. */
  function shellInfo(): Promise<AppInfo> {
    const { info } = session;
    if (info !== null) return Promise.resolve(info);
    return new Promise((resolve) => watch(() => session.info, (known) => known !== null && resolve(known), { once: true }));
  }

  async function take(purpose: Wanted | null, source: FileSource, name: string): Promise<void> {
    if (purpose === null) await session.open(source);
    else purpose.take(source, name);
  }

  /** What an open dialog is for: a file that is dropped without one is to be opened. */
  function purposeNow(): Wanted | null {
    const purpose = pickerOpen.value ? wanted.value : null;
    pickerOpen.value = false;
    return purpose;
  }

  /** Files that were dropped, or chosen with the browser's dialog. */
  async function openFiles(files: readonly File[]): Promise<void> {
    const [first] = files;
    if (first === undefined) return;
    const purpose = purposeNow();
    const paths = files.map((file) => shell.filePath(file)).filter((path) => path !== null);
    const name = nameOf(files.map((file) => file.name));
    if (paths.length === files.length) return take(purpose, { kind: 'paths', paths }, name);
    sending.abort();
    const mine = (sending = new AbortController());
    upload.value = { name, sent: 0, bytes: files.reduce((sum, { size }) => sum + size, 0) };
    try {
      const id = await shell.upload(files, (sent) => upload.value !== null && mine === sending && (upload.value = { ...upload.value, sent }), mine.signal);
      if (!mine.signal.aborted) await take(purpose, { kind: 'upload', upload: id }, name);
    } catch (error) {
      toasts.failed(error);
    } finally {
      if (mine === sending) upload.value = null;
    }
  }

  function openPaths(paths: string[]): Promise<void> {
    return take(purposeNow(), { kind: 'paths', paths }, nameOf(paths));
  }

  function stopUpload(): void {
    sending.abort();
    upload.value = null;
  }

  return { pickerOpen, wanted, dragging, upload, choose, openFiles, openPaths, stopUpload };
});

/** "web.pcap", "4 files". */
function nameOf(paths: readonly string[]): string {
  return paths.length === 1 ? paths[0]!.replace(/^.*[/\\]/, '') : `${paths.length} files`;
}
