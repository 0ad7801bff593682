/** The native shell without its composition: one instance, one window, the same core. Electron is passed in. */
import type { Log } from '../diagnostics/log.ts';
import { appMenu } from './app-menu.ts';
import { APP_ORIGIN, APP_SCHEME, isOwnPage, serveAppFile } from './app-scheme.ts';
import type { Core } from './core-interface.ts';
import type { AppWindow, ElectronApi } from './electron-api.ts';
import { createNativeBridge } from './native-bridge.ts';
import type { CoreOptions } from './run-browser-shell.ts';
import { loadApp, openAppWindow } from './window.ts';
import { WindowStateStore } from './window-state.ts';

export interface NativeShellOptions {
  readonly electron: ElectronApi;
  readonly createCore: (options: CoreOptions) => Promise<Core>;
  readonly dataDir: string;
  readonly log: Log;
  readonly rendererDir: string;
  readonly preloadFile: string;
  readonly platform: NodeJS.Platform;
}

/** Closing sessions politely takes a round trip or two; a server that does not answer must not keep the app from ending. */
const MOST_SHUTDOWN_MS = 4000;
/** A page that dies again so soon after it was loaded would die for ever. */
const CRASH_LOOP_MS = 10_000;

/** What the page may ask the system for: the terminal's copy and paste, and to say that a long command has ended. */
const ALLOWED_PERMISSIONS: ReadonlySet<string> = new Set([
  'clipboard-read',
  'clipboard-sanitized-write',
  'notifications',
]);

export async function runNativeShell(options: NativeShellOptions): Promise<void> {
  const { electron, log, dataDir, platform } = options;
  const { app } = electron;
  // Before anything else, and before ready: two instances would write the same files.
  if (!app.requestSingleInstanceLock()) return app.quit();
  electron.protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
  log.info('app.start', { shell: 'electron', pid: process.pid });

  let window: AppWindow | undefined;
  let core: Core | undefined;
  let ended = false;
  app.on('second-instance', () => {
    if (window === undefined || window.isDestroyed()) return;
    if (window.isMinimized()) window.restore();
    window.focus();
  });
  app.on('before-quit', (event) => {
    if (ended) return;
    event.preventDefault();
    ended = true;
    log.info('app.end');
    const patience = setTimeout(() => app.exit(0), MOST_SHUTDOWN_MS);
    void endAll().finally(() => {
      clearTimeout(patience);
      app.exit(0);
    });
  });

  async function endAll(): Promise<void> {
    try {
      await core?.shutdown();
    } catch (error) {
      log.failure('app.shutdown', error);
    }
    await log.flush();
  }

  await app.whenReady();
  electron.protocol.handle(APP_SCHEME, (request) => serveAppFile(request, options.rendererDir));
  guardSession(electron);
  const menu = appMenu(platform);
  electron.Menu.setApplicationMenu(menu === null ? null : electron.Menu.buildFromTemplate(menu));

  core = await options.createCore({ dataDir, log, shell: 'electron' });
  const bridge = createNativeBridge(electron.ipcMain, core, log);
  const store = new WindowStateStore(dataDir);

  async function openWindow(): Promise<void> {
    const opened = openAppWindow(electron, {
      state: await store.load(),
      preloadFile: options.preloadFile,
      log,
      save: (state) => {
        store.save(state).catch((error: unknown) => log.failure('window.save', error));
      },
    });
    window = opened;
    bridge.attach(opened.webContents);
    let diedAt = Number.NEGATIVE_INFINITY;
    opened.webContents.on('render-process-gone', (_event, details) => {
      log.error('window.gone', { reason: details.reason });
      const now = performance.now();
      const loops = now - diedAt < CRASH_LOOP_MS;
      diedAt = now;
      // The sessions live here and go on; the page starts again from their snapshots.
      if (details.reason !== 'clean-exit' && !loops && !opened.isDestroyed()) opened.webContents.reload();
    });
    await loadApp(opened);
  }

  app.on('window-all-closed', () => {
    // On macOS an app lives on without windows, and so do its sessions.
    if (platform !== 'darwin') app.quit();
  });
  app.on('activate', () => {
    if (window !== undefined && !window.isDestroyed()) return;
    openWindow().catch((error: unknown) => log.failure('window.open', error));
  });
  await openWindow();
}

/** Nothing but our own files is loaded, and nothing but what is allowed is asked for. */
function guardSession(electron: ElectronApi): void {
  const { defaultSession } = electron.session;
  defaultSession.setPermissionRequestHandler((_page, permission, decide, details) => {
    decide(ALLOWED_PERMISSIONS.has(permission) && isOwnPage(details.requestingUrl));
  });
  defaultSession.setPermissionCheckHandler(
    (_page, permission, origin) =>
      ALLOWED_PERMISSIONS.has(permission) && (origin === APP_ORIGIN || origin === `${APP_ORIGIN}/`),
  );
  defaultSession.webRequest.onBeforeRequest((details, decide) => {
    decide({ cancel: !isOwnPage(details.url) && !details.url.startsWith('devtools://') });
  });
}
