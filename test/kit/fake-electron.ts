/*
 * Stands in for the `electron` module (vitest.config.ts aliases it): what the desktop shell uses of it, checked against
 * the real package's types. The real package is never loaded by a test: loading it downloads its runtime.
 */
import { EventEmitter } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type * as Electron from 'electron';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- Electron's event methods have an overload per event.
type Any = any;

/** Event methods that fit every overload of Electron's. */
class Emitter {
  private readonly events = new EventEmitter();

  on(event: string, listener: (...args: Any[]) => void): Any {
    this.events.on(event, listener);
    return this;
  }
  once(event: string, listener: (...args: Any[]) => void): Any {
    this.events.once(event, listener);
    return this;
  }
  /** For tests: what Electron would tell. */
  tell(event: string, ...args: unknown[]): void {
    this.events.emit(event, ...args);
  }
}

/** What was asked of the fake, for tests to look at, and what it answers. */
export const fake = {
  /** Calls by name, with their arguments, in order. */
  calls: [] as [string, ...unknown[]][],
  windows: [] as BrowserWindow[],
  firstInstance: true,
  openDialog: [] as string[],
  saveDialog: '',
  messageBoxResponse: 0,
  dark: false,
  workArea: { x: 0, y: 0, width: 1920, height: 1080 },
  appScheme: null as ((request: Request) => Response | Promise<Response>) | null,
  menu: [] as Electron.MenuItemConstructorOptions[],
  of(name: string): unknown[][] {
    return fake.calls.filter(([called]) => called === name).map(([, ...args]) => args);
  },
};

function note(name: string, ...args: unknown[]): void {
  fake.calls.push([name, ...args]);
}

class FakeApp extends Emitter {
  readonly isPackaged = false;
  enableSandbox(): void {
    note('app.enableSandbox');
  }
  requestSingleInstanceLock(data?: Record<Any, Any>): boolean {
    note('app.requestSingleInstanceLock', data);
    return fake.firstInstance;
  }
  whenReady(): Promise<void> {
    return Promise.resolve();
  }
  quit(): void {
    note('app.quit');
  }
  exit(code?: number): void {
    note('app.exit', code);
  }
  addRecentDocument(path: string): void {
    note('app.addRecentDocument', path);
  }
  getPath(name: string): string {
    return `/fake/${name}`;
  }
}

export const app = new FakeApp() satisfies Pick<Electron.App, 'enableSandbox' | 'requestSingleInstanceLock' | 'whenReady' | 'quit' | 'exit' | 'addRecentDocument' | 'getPath' | 'isPackaged' | 'on' | 'once'>;

export const protocol = {
  registerSchemesAsPrivileged: (schemes: Electron.CustomScheme[]) => note('protocol.registerSchemesAsPrivileged', schemes),
  handle: (scheme: string, handler: (request: Any) => Any) => {
    note('protocol.handle', scheme);
    fake.appScheme = handler;
  },
} satisfies Pick<Electron.Protocol, 'registerSchemesAsPrivileged' | 'handle'>;

type PermissionRequest = Parameters<Electron.Session['setPermissionRequestHandler']>[0];
type PermissionCheck = Parameters<Electron.Session['setPermissionCheckHandler']>[0];
type BeforeRequest = (details: Electron.OnBeforeRequestListenerDetails, callback: (response: Electron.CallbackResponse) => void) => void;

export class FakeSession extends Emitter {
  permissionRequest: PermissionRequest = null;
  permissionCheck: PermissionCheck = null;
  devicePermission: ((details: Electron.DevicePermissionHandlerHandlerDetails) => boolean) | null = null;
  beforeRequest: BeforeRequest | null = null;
  readonly webRequest = { onBeforeRequest: (listener: Any) => (this.beforeRequest = listener as BeforeRequest) } as Pick<Electron.WebRequest, 'onBeforeRequest'> as Electron.WebRequest;
  setPermissionRequestHandler(handler: PermissionRequest): void {
    this.permissionRequest = handler;
  }
  setPermissionCheckHandler(handler: PermissionCheck): void {
    this.permissionCheck = handler;
  }
  setDevicePermissionHandler(handler: FakeSession['devicePermission']): void {
    this.devicePermission = handler;
  }
}

type UsedOfSession = Pick<Electron.Session, 'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler' | 'webRequest' | 'on'>;
export const session = { defaultSession: new FakeSession() } satisfies { defaultSession: UsedOfSession };

export class FakeContents extends Emitter {
  url = '';
  /** Frames are known by identity; this one is what IPC of our page comes from. */
  readonly mainFrame = { page: this } as unknown as Electron.WebFrameMain;
  windowOpen: ((details: Electron.HandlerDetails) => Electron.WindowOpenHandlerResponse) | null = null;
  /** Given by tests that play the renderer: takes what `postMessage` sends. */
  receive: (channel: string, message: unknown, ports: FakePortMain[]) => void = () => undefined;
  getURL(): string {
    return this.url;
  }
  setWindowOpenHandler(handler: (details: Electron.HandlerDetails) => Electron.WindowOpenHandlerResponse): void {
    this.windowOpen = handler;
  }
  postMessage(channel: string, message: unknown, transfer?: Any[]): void {
    this.receive(channel, message, (transfer ?? []) as FakePortMain[]);
  }
  reload(): void {
    note('contents.reload');
  }
}

/* `on` and `mainFrame` aside, whose types hold more than this. */
null as unknown as FakeContents satisfies Pick<Electron.WebContents, 'getURL' | 'setWindowOpenHandler' | 'postMessage' | 'reload' | 'mainFrame'>;

export class BrowserWindow extends Emitter {
  readonly options: Electron.BrowserWindowConstructorOptions;
  readonly webContents = new FakeContents();
  maximized = false;
  minimized = false;

  constructor(options: Electron.BrowserWindowConstructorOptions = {}) {
    super();
    this.options = options;
    fake.windows.push(this);
    app.tell('web-contents-created', {}, this.webContents);
  }
  loadURL(url: string): Promise<void> {
    note('window.loadURL', url);
    this.webContents.url = url;
    Object.assign(this.webContents.mainFrame, { url });
    return Promise.resolve();
  }
  show(): void {
    note('window.show');
  }
  focus(): void {
    note('window.focus');
  }
  restore(): void {
    this.minimized = false;
    note('window.restore');
  }
  maximize(): void {
    this.maximized = true;
  }
  isMaximized(): boolean {
    return this.maximized;
  }
  isMinimized(): boolean {
    return this.minimized;
  }
  getNormalBounds(): Electron.Rectangle {
    const { x = 10, y = 20, width = 800, height = 600 } = this.options;
    return { x, y, width, height };
  }
}

null as unknown as BrowserWindow satisfies Pick<Electron.BrowserWindow, 'loadURL' | 'show' | 'focus' | 'restore' | 'maximize' | 'isMaximized' | 'isMinimized' | 'getNormalBounds' | 'on' | 'once'>;

export const dialog = {
  showOpenDialog: (...args: unknown[]) => {
    note('dialog.showOpenDialog', ...args);
    return Promise.resolve({ canceled: fake.openDialog.length === 0, filePaths: fake.openDialog });
  },
  showSaveDialog: (...args: unknown[]) => {
    note('dialog.showSaveDialog', ...args);
    return Promise.resolve({ canceled: fake.saveDialog === '', filePath: fake.saveDialog });
  },
  showMessageBox: (...args: unknown[]) => {
    note('dialog.showMessageBox', ...args);
    return Promise.resolve({ response: fake.messageBoxResponse, checkboxChecked: false });
  },
  showErrorBox: (title: string, content: string) => note('dialog.showErrorBox', title, content),
} satisfies Pick<Electron.Dialog, 'showOpenDialog' | 'showSaveDialog' | 'showMessageBox' | 'showErrorBox'>;

export const shell = {
  openExternal: (url: string) => {
    note('shell.openExternal', url);
    return Promise.resolve();
  },
  openPath: (path: string) => {
    note('shell.openPath', path);
    return Promise.resolve('');
  },
  showItemInFolder: (path: string) => note('shell.showItemInFolder', path),
} satisfies Pick<Electron.Shell, 'openExternal' | 'openPath' | 'showItemInFolder'>;

export const screen = {
  getDisplayMatching: () => ({ workArea: fake.workArea }) as Electron.Display,
} satisfies Pick<Electron.Screen, 'getDisplayMatching'>;

export const nativeTheme = {
  themeSource: 'system' as Electron.NativeTheme['themeSource'],
  get shouldUseDarkColors() {
    return fake.dark;
  },
} satisfies Pick<Electron.NativeTheme, 'themeSource' | 'shouldUseDarkColors'>;

export const Menu = {
  buildFromTemplate(template: (Electron.MenuItemConstructorOptions | Electron.MenuItem)[]): Electron.Menu {
    fake.menu = template as Electron.MenuItemConstructorOptions[];
    return { template } as unknown as Electron.Menu;
  },
  setApplicationMenu: (menu: Electron.Menu | null) => note('Menu.setApplicationMenu', menu),
} satisfies Pick<typeof Electron.Menu, 'buildFromTemplate' | 'setApplicationMenu'>;

class FakeIpcMain extends Emitter {}
export const ipcMain = new FakeIpcMain() satisfies Pick<Electron.IpcMain, 'on'>;

/** As Electron's: what comes is wrapped in an event. */
export class FakePortMain extends Emitter {
  private readonly port: MessagePort;

  constructor(port: MessagePort) {
    super();
    this.port = port;
    port.on('message', (data: unknown) => this.tell('message', { data, ports: [] }));
    port.on('close', () => this.tell('close'));
  }
  postMessage(message: unknown): void {
    this.port.postMessage(message);
  }
  start(): void {
    this.port.start();
  }
  close(): void {
    this.port.close();
  }
}

null as unknown as FakePortMain satisfies Pick<Electron.MessagePortMain, 'postMessage' | 'start' | 'close' | 'on'>;

export class MessageChannelMain {
  readonly port1: FakePortMain;
  readonly port2: FakePortMain;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port1 = new FakePortMain(port1);
    this.port2 = new FakePortMain(port2);
  }
}

/** No utility process is started here: live capture has tests of its own. */
export const utilityProcess = {
  fork(): never {
    throw new Error('the fake has no utility processes');
  },
};
