import { onScopeDispose } from 'vue';
import { useOpenFile } from './use-open-file.ts';

/** Takes files that are dropped anywhere on the window, on every screen: without this the browser would go to the file instead. */
export function useDrop(): void {
  const openFile = useOpenFile();
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
      void openFile.openFiles([...(event.dataTransfer?.files ?? [])]);
    },
  };
  const names = ['dragover', 'dragleave', 'drop'] as const;
  for (const name of names) addEventListener(name, listeners[name]);
  onScopeDispose(() => {
    for (const name of names) removeEventListener(name, listeners[name]);
  });
}
