import { BrowserWindow, nativeTheme, screen } from 'electron';
import type { BrowserWindowConstructorOptions, Rectangle } from 'electron';
import { join } from 'node:path';
import { readJsonFile, writeJsonFile } from '../../platform/json-file.ts';
import { PAGE_ORIGIN } from './app-protocol.ts';

interface WindowState {
  readonly bounds: Rectangle;
  readonly maximized: boolean;
}

const DEFAULT_SIZE = { width: 1440, height: 900 };
const MIN_SIZE = { minWidth: 900, minHeight: 560 };
/** The page's own background, so that nothing flashes before it is there. */
const BACKGROUND = { light: '#F3F5F6', dark: '#0C1013' };

export interface WindowOptions {
  readonly preload: string;
  readonly icon: string;
  readonly dataFolder: string;
  /** Told of the window before its page is loaded, which asks for its program at once. */
  readonly opened: (window: BrowserWindow) => void;
}

/** The window, where it was and as large as it was last time. */
export async function openWindow({ preload, icon, dataFolder, opened }: WindowOptions): Promise<BrowserWindow> {
  const path = join(dataFolder, 'window.json');
  const state = stateFrom(await readJsonFile(path));
  const options: BrowserWindowConstructorOptions = {
    ...DEFAULT_SIZE,
    ...(state !== null && isOnScreen(state.bounds) && state.bounds),
    ...MIN_SIZE,
    title: 'Drainspotter',
    icon,
    show: false,
    backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
    },
  };
  const window = new BrowserWindow(options);
  opened(window);
  if (state?.maximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  window.on('close', () => {
    const now: WindowState = { bounds: window.getNormalBounds(), maximized: window.isMaximized() };
    // A place that cannot be kept is no reason to stay open.
    writeJsonFile(path, now).catch(() => undefined);
  });
  await window.loadURL(`${PAGE_ORIGIN}/`);
  return window;
}

function stateFrom(stored: unknown): WindowState | null {
  if (typeof stored !== 'object' || stored === null || !('bounds' in stored)) return null;
  const { bounds } = stored;
  if (typeof bounds !== 'object' || bounds === null) return null;
  const { x, y, width, height } = bounds as Record<string, unknown>;
  if (![x, y, width, height].every(Number.isSafeInteger)) return null;
  return { bounds: { x, y, width, height } as Rectangle, maximized: 'maximized' in stored && stored.maximized === true };
}

/** A screen may be gone since: enough of the title bar to take hold of has to be on one. */
function isOnScreen({ x, y, width }: Rectangle): boolean {
  const { workArea } = screen.getDisplayMatching({ x, y, width, height: 40 });
  const seen = Math.min(x + width, workArea.x + workArea.width) - Math.max(x, workArea.x);
  return seen >= 200 && y >= workArea.y && y + 40 <= workArea.y + workArea.height;
}
