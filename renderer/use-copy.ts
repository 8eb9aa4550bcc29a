import { useToasts } from './stores/toasts.ts';

/** Puts text on the clipboard and says so: "The filter was copied." */
export function useCopy(): (text: string, what: string) => void {
  const toasts = useToasts();
  return (text, what) => {
    navigator.clipboard.writeText(text).then(
      () => toasts.done(`${what} was copied.`),
      () => toasts.failed(new Error(`${what} could not be copied: the browser does not allow it here.`)),
    );
  };
}
