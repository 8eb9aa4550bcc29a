import { defineStore } from 'pinia';
import { ref } from 'vue';
import { useApi, useShell } from '../../api.ts';
import { useSession } from '../../stores/session.ts';
import { useToasts } from '../../stores/toasts.ts';

/** A file on its way to the program (browser shell). */
export interface Upload {
  name: string;
  sent: number;
  bytes: number;
}

/** All ways to open a capture. */
export const useOpenFile = defineStore('open-file', () => {
  const shell = useShell();
  const api = useApi();
  const session = useSession();
  const toasts = useToasts();
  /** The page's own dialog, where the shell has none. */
  const pickerOpen = ref(false);
  /** A file is held over the window. */
  const dragging = ref(false);
  const upload = ref<Upload | null>(null);
  let sending = new AbortController();

  async function choose(): Promise<void> {
    if (session.info?.nativeDialogs !== true) {
      pickerOpen.value = true;
      return;
    }
    try {
      const paths = await api.request('files.choose', {});
      if (paths.length > 0) await session.open({ kind: 'paths', paths });
    } catch (error) {
      toasts.failed(error);
    }
  }

  /** Files that were dropped, or chosen with the browser's dialog. */
  async function openFiles(files: readonly File[]): Promise<void> {
    const [first] = files;
    if (first === undefined) return;
    pickerOpen.value = false;
    const paths = files.map((file) => shell.filePath(file)).filter((path) => path !== null);
    if (paths.length === files.length) return session.open({ kind: 'paths', paths });
    sending.abort();
    const mine = (sending = new AbortController());
    upload.value = { name: files.length === 1 ? first.name : `${files.length} files`, sent: 0, bytes: files.reduce((sum, { size }) => sum + size, 0) };
    try {
      const id = await shell.upload(files, (sent) => upload.value !== null && mine === sending && (upload.value = { ...upload.value, sent }), mine.signal);
      if (!mine.signal.aborted) await session.open({ kind: 'upload', upload: id });
    } catch (error) {
      toasts.failed(error);
    } finally {
      if (mine === sending) upload.value = null;
    }
  }

  function openPaths(paths: string[]): Promise<void> {
    pickerOpen.value = false;
    return session.open({ kind: 'paths', paths });
  }

  function stopUpload(): void {
    sending.abort();
    upload.value = null;
  }

  return { pickerOpen, dragging, upload, choose, openFiles, openPaths, stopUpload };
});
