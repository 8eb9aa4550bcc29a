import type { MenuItemConstructorOptions } from 'electron';

export interface MenuActions {
  /** Asks for captures and opens them. */
  open(): void;
  /** What the page does itself, as `app.command` names it. */
  command(name: 'close' | 'go-to' | 'keys' | 'theme'): void;
  documentation(): void;
  about(): void;
}

/** The menu bar. Keys that the page knows itself are shown, not bound: it hears them in every shell. */
export function menuTemplate(actions: MenuActions, platform: NodeJS.Platform): MenuItemConstructorOptions[] {
  const shown = (accelerator: string) => ({ accelerator, registerAccelerator: false });
  const isMac = platform === 'darwin';
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const about: MenuItemConstructorOptions = { label: 'About Drainspotter', click: () => actions.about() };
  return [
    ...(isMac ? [{ label: 'Drainspotter', submenu: [about, separator, { role: 'services' }, separator, { role: 'hide' }, { role: 'hideOthers' }, { role: 'unhide' }, separator, { role: 'quit' }] } as MenuItemConstructorOptions] : []),
    {
      label: '&File',
      submenu: [
        { label: '&Open…', ...shown('CmdOrCtrl+O'), click: () => actions.open() },
        ...(isMac ? [{ label: 'Open Recent', role: 'recentDocuments', submenu: [{ role: 'clearRecentDocuments' }] } as MenuItemConstructorOptions] : []),
        { label: '&Close Capture', click: () => actions.command('close') },
        separator,
        { role: isMac ? 'close' : 'quit' },
      ],
    },
    { label: '&Edit', submenu: [{ role: 'undo' }, { role: 'redo' }, separator, { role: 'cut' }, { role: 'copy' }, { role: 'paste' }, { role: 'selectAll' }] },
    {
      label: '&View',
      submenu: [
        { label: '&Go to…', ...shown('CmdOrCtrl+K'), click: () => actions.command('go-to') },
        { label: 'Light or &Dark', ...shown('CmdOrCtrl+Shift+L'), click: () => actions.command('theme') },
        separator,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        separator,
        { role: 'togglefullscreen' },
      ],
    },
    {
      label: '&Help',
      role: 'help',
      submenu: [
        { label: '&Keys', ...shown('?'), click: () => actions.command('keys') },
        { label: '&Documentation', click: () => actions.documentation() },
        ...(isMac ? [] : [separator, about]),
      ],
    },
  ];
}
