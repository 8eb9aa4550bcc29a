import { createPinia } from 'pinia';
import { createApp } from 'vue';
import App from './App.vue';
import { provideShell } from './api.ts';
import type { PageShell } from './page-shell.ts';
import { useSession } from './stores/session.ts';
import { useSettings } from './stores/settings.ts';
import { useToasts } from './stores/toasts.ts';
import { listenToKeys } from './use-keys.ts';

/** Shows the page in #app. Calls may be made before the shell is connected: they wait, or fail with a reason. */
export function mountPage(shell: PageShell): void {
  const app = createApp(App);
  app.use(createPinia());
  provideShell(app, shell);
  const toasts = app.runWithContext(() => useToasts());
  const session = app.runWithContext(() => useSession());
  const settings = app.runWithContext(() => useSettings());
  app.config.errorHandler = (error) => {
    console.error(error);
    toasts.failed(error);
  };
  listenToKeys(window);
  app.mount('#app');
  settings.load().catch(toasts.failed);
  session.begin().catch(toasts.failed);
}
