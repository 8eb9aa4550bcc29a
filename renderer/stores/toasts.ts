import { defineStore } from 'pinia';
import { ref } from 'vue';
import { RpcFailure } from '../../shared/rpc/api.ts';
import { sentence } from '../sentence.ts';

export interface Toast {
  id: number;
  kind: 'done' | 'error';
  text: string;
}

/** Short messages that go away by themselves; errors stay longer. */
export const useToasts = defineStore('toasts', () => {
  const toasts = ref<Toast[]>([]);
  let last = 0;

  function show(kind: Toast['kind'], text: string): void {
    // The same message again only starts its time anew.
    toasts.value = [...toasts.value.filter((one) => one.text !== text), { id: ++last, kind, text }].slice(-MOST);
  }

  function dismiss(id: number): void {
    toasts.value = toasts.value.filter((one) => one.id !== id);
  }

  return {
    toasts,
    dismiss,
    done: (text: string) => show('done', text),
    /** What went wrong, in the program's own words. A call that was stopped is nothing to tell, and a lost connection has a bar of its own. */
    failed(error: unknown) {
      if (error instanceof RpcFailure && (error.code === 'aborted' || error.code === 'disconnected')) return;
      show('error', sentence(error instanceof Error ? error.message : String(error)));
    },
  };
});

/** Shown at one time. */
const MOST = 4;
