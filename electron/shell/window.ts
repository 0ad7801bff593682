/** The one window: sandboxed, on our own scheme, and nowhere else to go. */
import type { BrowserWindowConstructorOptions, Event } from 'electron';
import type { Log } from '../diagnostics/log.ts';
import { APP_PAGE, isOwnPage } from './app-scheme.ts';
import type { AppWindow, ElectronApi } from './electron-api.ts';
import { reachableBounds, type WindowState } from './window-state.ts';

export interface WindowOptions {
  readonly state: WindowState;
  readonly preloadFile: string;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly save: (state: WindowState) => void;
}

/** The page's own background, so that nothing flashes before it is drawn. */
const BACKGROUND = { dark: '#14171c', light: '#ffffff' };
/** Writing bounds while a window is dragged would write a file a frame. */
const SAVE_AFTER_MS = 500;

export function openAppWindow(electron: ElectronApi, options: WindowOptions): AppWindow {
  const { state, log } = options;
  const screens = electron.screen.getAllDisplays().map((display) => display.workArea);
  const window = new electron.BrowserWindow({
    ...windowOptions(electron.nativeTheme.shouldUseDarkColors, options.preloadFile),
    ...reachableBounds(state.bounds, screens),
  });
  fenceIn(window, electron, log);
  rememberBounds(window, options.save);
  window.once('ready-to-show', () => {
    if (state.maximized) window.maximize();
    window.show();
  });
  return window;
}

export async function loadApp(window: AppWindow): Promise<void> {
  await window.loadURL(APP_PAGE);
}

export function windowOptions(dark: boolean, preloadFile: string): BrowserWindowConstructorOptions {
  return {
    title: 'PSDeck',
    show: false,
    width: 1180,
    height: 760,
    minWidth: 480,
    minHeight: 320,
    backgroundColor: dark ? BACKGROUND.dark : BACKGROUND.light,
    webPreferences: {
      preload: preloadFile,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      spellcheck: false,
      // A session's output is drawn, and acknowledged, also while another window covers this one.
      backgroundThrottling: false,
    },
  };
}

function fenceIn(window: AppWindow, electron: ElectronApi, log: WindowOptions['log']): void {
  const page = window.webContents;
  const refuse = (event: Pick<Event, 'preventDefault'>, what: string) => {
    event.preventDefault();
    log.warn('window.refused', { what });
  };
  page.on('will-navigate', (event) => {
    if (!isOwnPage(event.url)) refuse(event, 'navigation');
  });
  page.on('will-redirect', (event) => refuse(event, 'redirect'));
  page.on('will-frame-navigate', (event) => {
    if (!event.isMainFrame) refuse(event, 'frame');
  });
  page.on('will-attach-webview', (event) => refuse(event, 'webview'));
  page.setWindowOpenHandler(({ url }) => {
    // A link that the person clicked belongs into their browser; nothing but the web's two schemes is handed to the system.
    if (/^https?:\/\//i.test(url)) void electron.shell.openExternal(url).catch(() => undefined);
    log.info('window.refused', { what: 'open' });
    return { action: 'deny' };
  });
}

function rememberBounds(window: AppWindow, save: (state: WindowState) => void): void {
  let timer: NodeJS.Timeout | undefined;
  const saveNow = () => {
    clearTimeout(timer);
    timer = undefined;
    if (window.isDestroyed()) return;
    save({ bounds: window.getNormalBounds(), maximized: window.isMaximized() });
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(saveNow, SAVE_AFTER_MS);
  };
  window.on('resize', soon);
  window.on('move', soon);
  window.on('maximize', soon);
  window.on('unmaximize', soon);
  window.on('close', saveNow);
}
