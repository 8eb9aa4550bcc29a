import { onScopeDispose, ref, type Ref } from 'vue';
import { useOpenFile } from './use-open-file.ts';

/** Takes files that are dropped anywhere on the window. `over`: one is being dragged over it. */
export function useDrop(): { over: Readonly<Ref<boolean>> } {
  const openFile = useOpenFile();
  const over = ref(false);
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;

  const listeners = {
    dragover(event: DragEvent) {
      if (!hasFiles(event)) return;
      // Without this the browser would go to the file instead.
      event.preventDefault();
      over.value = true;
    },
    dragleave(event: DragEvent) {
      if (event.relatedTarget === null) over.value = false;
    },
    drop(event: DragEvent) {
      over.value = false;
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
  return { over };
}
