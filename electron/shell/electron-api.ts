/** The part of Electron that the native shell uses. Types only: requiring the package starts a download where no runtime is installed. */
import type * as Electron from 'electron';

export type WebPage = Pick<
  Electron.WebContents,
  'on' | 'once' | 'send' | 'isDestroyed' | 'setWindowOpenHandler' | 'mainFrame' | 'reload' | 'id'
>;

export type AppWindow = Pick<
  Electron.BrowserWindow,
  | 'on'
  | 'once'
  | 'loadURL'
  | 'show'
  | 'focus'
  | 'restore'
  | 'isMinimized'
  | 'isMaximized'
  | 'maximize'
  | 'getNormalBounds'
  | 'isDestroyed'
> & { readonly webContents: WebPage };

export interface ElectronApi {
  readonly app: Pick<Electron.App, 'requestSingleInstanceLock' | 'quit' | 'exit' | 'whenReady' | 'on'>;
  readonly BrowserWindow: new (options: Electron.BrowserWindowConstructorOptions) => AppWindow;
  readonly ipcMain: Pick<Electron.IpcMain, 'handle'>;
  readonly protocol: Pick<Electron.Protocol, 'registerSchemesAsPrivileged' | 'handle'>;
  readonly session: {
    readonly defaultSession: Pick<
      Electron.Session,
      'setPermissionRequestHandler' | 'setPermissionCheckHandler'
    > & { readonly webRequest: Pick<Electron.WebRequest, 'onBeforeRequest'> };
  };
  readonly Menu: {
    setApplicationMenu(menu: Electron.Menu | null): void;
    buildFromTemplate(template: Electron.MenuItemConstructorOptions[]): Electron.Menu;
  };
  readonly screen: Pick<Electron.Screen, 'getAllDisplays'>;
  readonly nativeTheme: Pick<Electron.NativeTheme, 'shouldUseDarkColors'>;
  readonly shell: Pick<Electron.Shell, 'openExternal'>;
}
