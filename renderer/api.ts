import { inject, type App, type InjectionKey } from 'vue';
import type { Api } from '../shared/rpc/api.ts';
import type { PageShell } from './page-shell.ts';

const key: InjectionKey<PageShell> = Symbol('shell');

/** Gives the page its way to the program; before anything of it is mounted. */
export function provideShell(app: App, shell: PageShell): void {
  app.provide(key, shell);
}

/** In the setup of a component or of a store. */
export function useShell(): PageShell {
  const shell = inject(key);
  if (shell === undefined) throw new Error('The page was mounted without its shell.');
  return shell;
}

/** In the setup of a component or of a store. */
export function useApi(): Api {
  return useShell().api;
}
