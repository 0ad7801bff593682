import { EventEmitter } from 'node:events';
import type * as Electron from 'electron';
import type { ElectronApi, WebPage } from '../../../electron/shell/electron-api.ts';

/**
 * Electron, as far as the native shell uses it, typed by its own electron.d.ts: what does not exist there does not compile here. It remembers
 * what was asked of it and lets a test play the system's part.
 */
export class FakePage extends EventEmitter implements Omit<WebPage, 'on' | 'once'> {
  static next = 1;
  readonly id = FakePage.next++;
  // A frame is told by identity and address; nothing else of it is used.
  readonly mainFrame = { url: 'psdeck://app/index.html' } as Electron.WebFrameMain;
  readonly sent: unknown[][] = [];
  reloads = 0;
  destroyed = false;
  openHandler: ((details: Electron.HandlerDetails) => Electron.WindowOpenHandlerResponse) | undefined;

  send(channel: string, ...args: unknown[]): void {
    this.sent.push([channel, ...args]);
  }
  isDestroyed(): boolean {
    return this.destroyed;
  }
  reload(): void {
    this.reloads += 1;
  }
  setWindowOpenHandler(handler: NonNullable<FakePage['openHandler']>): void {
    this.openHandler = handler;
  }
  /** Plays an event that can be refused, and tells whether it was. */
  refuses(name: string, details: object): boolean {
    let refused = false;
    this.emit(name, { ...details, preventDefault: () => (refused = true) });
    return refused;
  }
}

export class FakeWindow extends EventEmitter {
  readonly webContents = new FakePage();
  readonly loaded: string[] = [];
  readonly did: string[] = [];
  readonly options: Electron.BrowserWindowConstructorOptions;
  minimized = false;
  maximized = false;
  destroyed = false;
  bounds: Electron.Rectangle = { x: 10, y: 20, width: 800, height: 600 };

  constructor(options: Electron.BrowserWindowConstructorOptions) {
    super();
    this.options = options;
  }
  async loadURL(url: string): Promise<void> {
    this.loaded.push(url);
  }
  show(): void {
    this.did.push('show');
  }
  focus(): void {
    this.did.push('focus');
  }
  restore(): void {
    this.did.push('restore');
  }
  maximize(): void {
    this.did.push('maximize');
  }
  isMinimized(): boolean {
    return this.minimized;
  }
  isMaximized(): boolean {
    return this.maximized;
  }
  isDestroyed(): boolean {
    return this.destroyed;
  }
  getNormalBounds(): Electron.Rectangle {
    return this.bounds;
  }
}

class FakeApp extends EventEmitter {
  hasLock = true;
  readonly did: string[] = [];

  requestSingleInstanceLock(): boolean {
    this.did.push('lock');
    return this.hasLock;
  }
  quit(): void {
    this.did.push('quit');
  }
  exit(code?: number): void {
    this.did.push(`exit ${String(code)}`);
    this.emit('fake-exit');
  }
  async whenReady(): Promise<void> {
    this.did.push('ready');
  }
}

type InvokeListener = Parameters<ElectronApi['ipcMain']['handle']>[1];

export function fakeElectron(screens: Electron.Rectangle[] = [{ x: 0, y: 0, width: 1920, height: 1080 }]) {
  const app = new FakeApp();
  const windows: FakeWindow[] = [];
  const invokers = new Map<string, InvokeListener>();
  const opened: string[] = [];
  const menus: (Electron.MenuItemConstructorOptions[] | null)[] = [];
  const schemes: Electron.CustomScheme[] = [];
  const protocolHandlers = new Map<string, (request: Request) => Promise<Response> | Response>();
  const guards: {
    request?: Parameters<Electron.Session['setPermissionRequestHandler']>[0];
    check?: Parameters<Electron.Session['setPermissionCheckHandler']>[0];
    load?: (
      details: Electron.OnBeforeRequestListenerDetails,
      decide: (r: Electron.CallbackResponse) => void,
    ) => void;
  } = {};

  class Window extends FakeWindow {
    constructor(options: Electron.BrowserWindowConstructorOptions) {
      super(options);
      windows.push(this);
    }
  }

  const api = {
    app,
    BrowserWindow: Window,
    ipcMain: { handle: (channel: string, listener: InvokeListener) => void invokers.set(channel, listener) },
    protocol: {
      registerSchemesAsPrivileged(given: Electron.CustomScheme[]) {
        app.did.push('scheme');
        schemes.push(...given);
      },
      handle: (scheme: string, handler: (request: Request) => Promise<Response> | Response) =>
        void protocolHandlers.set(scheme, handler),
    },
    session: {
      defaultSession: {
        setPermissionRequestHandler: (handler: NonNullable<(typeof guards)['request']>) =>
          void (guards.request = handler),
        setPermissionCheckHandler: (handler: NonNullable<(typeof guards)['check']>) =>
          void (guards.check = handler),
        webRequest: {
          onBeforeRequest: (listener: NonNullable<(typeof guards)['load']>) => void (guards.load = listener),
        },
      },
    },
    Menu: {
      buildFromTemplate: (template: Electron.MenuItemConstructorOptions[]) => {
        menus.push(template);
        return {} as Electron.Menu;
      },
      setApplicationMenu: (menu: Electron.Menu | null) => {
        if (menu === null) menus.push(null);
      },
    },
    screen: { getAllDisplays: () => screens.map((workArea) => ({ workArea }) as Electron.Display) },
    nativeTheme: { shouldUseDarkColors: true },
    shell: {
      async openExternal(url: string) {
        opened.push(url);
      },
    },
  };

  return {
    // EventEmitter's `on` takes any listener; Electron's overloads name each event. The cast is between these two alone.
    api: api as unknown as ElectronApi,
    app,
    windows,
    opened,
    menus,
    schemes,
    protocolHandlers,
    guards,
    /** Plays the preload's call from a frame of a page. */
    async invoke(page: FakePage, frame: unknown, channel: string, ...args: unknown[]): Promise<unknown> {
      const listener = invokers.get(channel);
      if (listener === undefined) throw new Error(`nobody handles ${channel}`);
      return listener(
        { sender: page, senderFrame: frame } as unknown as Electron.IpcMainInvokeEvent,
        ...args,
      );
    },
  };
}
