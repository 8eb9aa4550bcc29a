import { defineStore } from 'pinia';
import { ref, watchEffect } from 'vue';
import type { Settings } from '../../shared/model/app.ts';
import type { RequestParams } from '../../shared/rpc/contract.ts';
import { useApi } from '../api.ts';

/** What the user has set; kept by the program. */
export const useSettings = defineStore('settings', () => {
  const api = useApi();
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const systemIsDark = ref(dark.matches);
  dark.addEventListener('change', () => (systemIsDark.value = dark.matches));
  const settings = ref<Settings>({ theme: 'system', columns: [], portBudget: 28_232, redact: true });
  const theme = ref<'light' | 'dark'>('light');
  watchEffect(() => {
    const wanted = settings.value.theme;
    theme.value = wanted === 'system' ? (systemIsDark.value ? 'dark' : 'light') : wanted;
    if (wanted === 'system') document.documentElement.removeAttribute('data-theme');
    else document.documentElement.setAttribute('data-theme', wanted);
  });

  async function load(): Promise<void> {
    settings.value = await api.request('settings.get', {});
  }

  /** Shown at once; a failure to keep it is the caller's to tell. */
  async function change(patch: RequestParams<'settings.set'>): Promise<void> {
    settings.value = { ...settings.value, ...patch } as Settings;
    settings.value = await api.request('settings.set', patch);
  }

  return { settings, theme, load, change };
});
