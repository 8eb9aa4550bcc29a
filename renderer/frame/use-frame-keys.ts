import { computed, onScopeDispose, type ComputedRef, type Ref } from 'vue';
import { useApi } from '../api.ts';
import { useSession } from '../stores/session.ts';
import { useSettings } from '../stores/settings.ts';
import { useToasts } from '../stores/toasts.ts';
import { useView } from '../stores/view.ts';
import { useOpenFile } from '../features/start/use-open-file.ts';
import { useKeys, type KeyBinding } from '../use-keys.ts';
import { TABS } from './tabs.ts';
import type { Choice } from './use-go-to.ts';

/** Binds the keys that work on every screen, and gives them as commands of the palette. */
export function useFrameKeys(open: { palette: Ref<boolean>; keys: Ref<boolean> }): ComputedRef<Choice[]> {
  const api = useApi();
  const session = useSession();
  const settings = useSettings();
  const toasts = useToasts();
  const view = useView();
  const openFile = useOpenFile();
  const hasAnalysis = (): boolean => session.state !== null;

  const bindings: KeyBinding[] = [
    { keys: ['Ctrl+O'], label: 'Open a capture', run: () => void openFile.choose() },
    { keys: ['Ctrl+K'], label: 'Go to', run: () => (open.palette.value = true) },
    ...TABS.map((tab, i): KeyBinding => ({ keys: [String(i + 1)], label: tab.label, run: () => view.open(tab.screen), ...(tab.alone ? {} : { when: hasAnalysis }) })),
    { keys: ['?'], label: 'List of keys', run: () => (open.keys.value = true) },
    { keys: ['Escape'], label: 'Back', run: () => view.back(), when: () => view.screen !== 'start' },
    { keys: ['Alt+ArrowLeft'], label: 'Back in history', run: () => history.back() },
    { keys: ['Alt+ArrowRight'], label: 'Forward in history', run: () => history.forward() },
    { keys: ['Ctrl+Shift+L'], label: 'Light or dark', run: toggleTheme },
  ];
  useKeys('Everywhere', bindings);

  /** Of the menu of the desktop window. */
  const menu: Record<string, () => void> = {
    close: () => void session.close(),
    'go-to': () => (open.palette.value = true),
    keys: () => (open.keys.value = true),
    theme: toggleTheme,
  };
  const listening = new AbortController();
  onScopeDispose(() => listening.abort());
  followMenu().catch(toasts.failed);

  async function followMenu(): Promise<void> {
    for await (const { command } of api.subscribe('app.command', {}, listening.signal)) menu[command]?.();
  }

  function toggleTheme(): void {
    settings.change({ theme: settings.theme === 'dark' ? 'light' : 'dark' }).catch(toasts.failed);
  }

  return computed(() => {
    const bound = bindings.filter((one) => one.when?.() ?? true).map((one): Choice => ({ id: one.label, label: one.label, keys: one.keys[0]!, run: () => one.run(new KeyboardEvent('keydown')) }));
    const more: Choice[] = [{ id: 'theme-system', label: 'Theme of the system', run: () => void settings.change({ theme: 'system' }).catch(toasts.failed) }];
    if (hasAnalysis()) more.push({ id: 'close', label: 'Close this capture', run: () => void session.close() });
    if (session.unfinished) more.push({ id: 'stop', label: 'Stop reading and keep what was read', run: () => void session.cancel() });
    return [...bound.filter(({ label }) => label !== 'Go to'), ...more];
  });
}
