import { onScopeDispose } from 'vue';
import { safeText } from '../../../shared/format/safe-text.ts';
import { useShell } from '../../api.ts';
import { useToasts } from '../../stores/toasts.ts';
import { useOpenFile } from './use-open-file.ts';

/** Takes files that are dropped anywhere on the window, on every screen: without this the browser would go to the file instead. */
export function useDrop(): void {
  const openFile = useOpenFile();
  const shell = useShell();
  const toasts = useToasts();
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;

  const listeners = {
    dragover(event: DragEvent) {
      if (!hasFiles(event)) return;
      event.preventDefault();
      openFile.dragging = true;
    },
    dragleave(event: DragEvent) {
      if (event.relatedTarget === null) openFile.dragging = false;
    },
    drop(event: DragEvent) {
      openFile.dragging = false;
      if (!hasFiles(event)) return;
      event.preventDefault();
      const files = [...(event.dataTransfer?.files ?? [])];
      const folder = [...(event.dataTransfer?.items ?? [])].map((item) => item.webkitGetAsEntry()).find((entry) => entry?.isDirectory === true);
      // The program itself reads folders; a browser would hand over a file that cannot be read.
      if (folder != null && files.some((file) => shell.filePath(file) === null)) toasts.failed(new Error(`${safeText(folder.name)} is a folder: drop the files in it, or start Drainspotter with its path`));
      else void openFile.openFiles(files);
    },
  };
  const names = ['dragover', 'dragleave', 'drop'] as const;
  for (const name of names) addEventListener(name, listeners[name]);
  onScopeDispose(() => {
    for (const name of names) removeEventListener(name, listeners[name]);
  });
}
