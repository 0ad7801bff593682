import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runNativeShell } from '../../../electron/shell/native-shell.ts';
import { fakeCore } from './fake-core.ts';
import { fakeElectron, type FakePage } from './fake-electron.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'psdeck-native-'));
  mkdirSync(join(folder, 'renderer'));
  writeFileSync(join(folder, 'renderer', 'index.html'), '<!doctype html>');
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

async function start({
  electron = fakeElectron(),
  core = fakeCore(),
  platform = 'linux',
}: {
  electron?: ReturnType<typeof fakeElectron>;
  core?: ReturnType<typeof fakeCore>;
  platform?: NodeJS.Platform;
} = {}) {
  await runNativeShell({
    electron: electron.api,
    createCore: async () => core.core,
    dataDir: folder,
    log: core.log,
    rendererDir: join(folder, 'renderer'),
    preloadFile: join(folder, 'preload.cjs'),
    platform,
  });
  return { electron, core, window: electron.windows[0]!, page: electron.windows[0]!.webContents };
}

function call(electron: ReturnType<typeof fakeElectron>, page: FakePage, frame: unknown = page.mainFrame) {
  return electron.invoke(page, frame, 'psdeck:call', 'app.diagnostics', {});
}

describe('native shell', () => {
  test('takes the single-instance lock and its scheme before anything else, then shows our page', async () => {
    const { electron, window } = await start();
    expect(electron.app.did).toEqual(['lock', 'scheme', 'ready']);
    expect(electron.schemes).toEqual([
      { scheme: 'psdeck', privileges: { standard: true, secure: true, supportFetchAPI: true } },
    ]);
    expect(window.loaded).toEqual(['psdeck://app/index.html']);
    expect(window.did).toEqual([]);
    window.emit('ready-to-show');
    expect(window.did).toEqual(['show']);
  });

  test('a second instance ends at once and shows the window of the first', async () => {
    const second = fakeElectron();
    second.app.hasLock = false;
    await runNativeShell({
      electron: second.api,
      createCore: () => Promise.reject(new Error('no core for a second instance')),
      dataDir: folder,
      log: fakeCore().log,
      rendererDir: folder,
      preloadFile: '',
      platform: 'linux',
    });
    expect(second.app.did).toEqual(['lock', 'quit']);
    expect(second.windows).toHaveLength(0);

    const { electron, window } = await start();
    window.minimized = true;
    electron.app.emit('second-instance');
    expect(window.did).toEqual(['restore', 'focus']);
  });

  test('the page is sandboxed, isolated and without Node', async () => {
    const { window } = await start();
    expect(window.options.webPreferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      preload: join(folder, 'preload.cjs'),
    });
  });

  test('the page can go nowhere else and open nothing', async () => {
    const { electron, page } = await start();
    expect(page.refuses('will-navigate', { url: 'psdeck://app/index.html' })).toBe(false);
    for (const url of [
      'https://example.com',
      'file:///etc/passwd',
      'psdeck://other/',
      'javascript:alert(1)',
      'x',
    ]) {
      expect(page.refuses('will-navigate', { url })).toBe(true);
    }
    expect(page.refuses('will-redirect', { url: 'psdeck://app/' })).toBe(true);
    expect(page.refuses('will-attach-webview', {})).toBe(true);
    expect(page.refuses('will-frame-navigate', { isMainFrame: false })).toBe(true);
    const open = (url: string) =>
      page.openHandler!({ url } as Parameters<NonNullable<typeof page.openHandler>>[0]);
    for (const url of ['https://learn.microsoft.com/x', 'file:///etc/passwd', 'ms-msdt:x', 'psdeck://app/']) {
      expect(open(url)).toEqual({ action: 'deny' });
    }
    expect(electron.opened).toEqual(['https://learn.microsoft.com/x']);
  });

  test('nothing but our own files loads, and nothing but the clipboard is allowed', async () => {
    const { electron } = await start();
    const loads = (url: string) => {
      let cancelled: boolean | undefined;
      electron.guards.load!({ url } as never, (answer) => (cancelled = answer.cancel));
      return cancelled === false;
    };
    expect(loads('psdeck://app/assets/x.js')).toBe(true);
    for (const url of [
      'https://example.com/',
      'http://127.0.0.1/',
      'file:///etc/passwd',
      'psdeck://else/x',
    ]) {
      expect(loads(url)).toBe(false);
    }
    const asked = (permission: string, requestingUrl: string) => {
      let allowed: boolean | undefined;
      electron.guards.request!({} as never, permission as never, (answer) => (allowed = answer), {
        requestingUrl,
      } as never);
      const checked = electron.guards.check!(
        {} as never,
        permission as never,
        new URL(requestingUrl).href,
        {} as never,
      );
      expect(checked).toBe(allowed);
      return allowed;
    };
    expect(asked('clipboard-read', 'psdeck://app/')).toBe(true);
    expect(asked('media', 'psdeck://app/')).toBe(false);
    expect(asked('notifications', 'psdeck://app/')).toBe(true);
    expect(asked('notifications', 'https://elsewhere.example/')).toBe(false);
    expect(asked('geolocation', 'psdeck://app/')).toBe(false);
    expect(asked('clipboard-read', 'https://example.com/')).toBe(false);
  });

  test('answers calls of our own main frame, checked, and of nobody else', async () => {
    const { electron, page } = await start();
    expect(await call(electron, page)).toEqual({ ok: true, value: { text: 'fine' } });
    expect(await electron.invoke(page, page.mainFrame, 'psdeck:call', 'no.such', {})).toMatchObject({
      ok: false,
      error: { code: 'input.unknown-call' },
    });
    expect(
      await electron.invoke(page, page.mainFrame, 'psdeck:call', 'servers.add', { port: 'x' }),
    ).toMatchObject({
      ok: false,
      error: { code: 'input.invalid' },
    });
    const refused = { ok: false, error: { code: 'bridge.foreign-sender' } };
    expect(await call(electron, page, null)).toMatchObject(refused);
    expect(await call(electron, page, { url: 'psdeck://app/index.html' })).toMatchObject(refused);
    const stranger = new (page.constructor as new () => FakePage)();
    expect(await call(electron, stranger)).toMatchObject(refused);
    (page.mainFrame as { url: string }).url = 'https://example.com/';
    expect(await call(electron, page)).toMatchObject(refused);
  });

  test('pushes events to the page, and makes a reloaded page a new renderer', async () => {
    const { page, core } = await start();
    core.hub.publish('session.removed', { sessionId: 4 });
    expect(page.sent).toEqual([['psdeck:event', 'session.removed', { sessionId: 4 }]]);
    page.emit('did-start-navigation', { isMainFrame: true, isSameDocument: true });
    page.emit('did-start-navigation', { isMainFrame: false, isSameDocument: false });
    expect(core.told).toEqual(['connect']);
    page.emit('did-start-navigation', { isMainFrame: true, isSameDocument: false });
    page.emit('did-navigate');
    expect(core.told).toEqual(['connect', 'gone', 'connect']);
    core.hub.publish('session.removed', { sessionId: 5 });
    expect(page.sent).toHaveLength(2);
    page.destroyed = true;
    page.emit('destroyed');
    core.hub.publish('session.removed', { sessionId: 6 });
    expect(page.sent).toHaveLength(2);
    expect(core.told).toEqual(['connect', 'gone', 'connect', 'gone']);
  });

  test('a page that crashes is loaded again and the sessions go on; one that crashes at once again is not', async () => {
    const { page, core } = await start();
    page.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 5 });
    expect(page.reloads).toBe(1);
    expect(core.told).toEqual(['connect', 'gone']);
    page.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 5 });
    expect(page.reloads).toBe(1);
  });

  test('the window stands where it stood, if that screen is still there', async () => {
    const first = await start();
    first.window.bounds = { x: 100, y: 50, width: 900, height: 700 };
    first.window.maximized = true;
    first.window.emit('close');
    await vi.waitFor(() =>
      expect(JSON.parse(readFileSync(join(folder, 'window.json'), 'utf8'))).toEqual({
        bounds: { x: 100, y: 50, width: 900, height: 700 },
        maximized: true,
      }),
    );
    const second = await start();
    expect(second.window.options).toMatchObject({ x: 100, y: 50, width: 900, height: 700 });
    second.window.emit('ready-to-show');
    expect(second.window.did).toEqual(['maximize', 'show']);
    const elsewhere = await start({ electron: fakeElectron([{ x: 5000, y: 0, width: 1000, height: 800 }]) });
    expect(elsewhere.window.options).not.toHaveProperty('x');
    expect(elsewhere.window.options.width).toBe(1180);
  });

  test('dragging writes the bounds once it stops', async () => {
    const { window } = await start();
    vi.useFakeTimers();
    const asked = vi.spyOn(window, 'getNormalBounds');
    for (let n = 0; n < 20; n += 1) window.emit('move');
    expect(asked).not.toHaveBeenCalled();
    vi.advanceTimersByTime(500);
    expect(asked).toHaveBeenCalledOnce();
  });

  test('quitting ends the sessions first', async () => {
    const { electron, core } = await start();
    const exited = new Promise((resolve) => electron.app.once('fake-exit', resolve));
    let prevented = 0;
    electron.app.emit('before-quit', { preventDefault: () => (prevented += 1) });
    await exited;
    expect(prevented).toBe(1);
    expect(core.told).toContain('shutdown');
    expect(electron.app.did.at(-1)).toBe('exit 0');
  });

  test('a server that never answers does not keep the app from ending', async () => {
    const core = fakeCore();
    const { electron } = await start({
      core: { ...core, core: { ...core.core, shutdown: () => new Promise(() => undefined) } },
    });
    vi.useFakeTimers();
    electron.app.emit('before-quit', { preventDefault: () => undefined });
    expect(electron.app.did).not.toContain('exit 0');
    vi.advanceTimersByTime(4000);
    expect(electron.app.did).toContain('exit 0');
  });

  test.each([
    ['linux', null, true],
    ['win32', null, true],
    ['darwin', ['appMenu', 'editMenu', undefined, 'windowMenu'], false],
  ] as const)('menus and the last window, as %s has them', async (platform, roles, quits) => {
    const { electron, window } = await start({ platform });
    expect(electron.menus[0]?.map((item) => item.role) ?? null).toEqual(roles);
    electron.app.emit('window-all-closed');
    expect(electron.app.did.includes('quit')).toBe(quits);
    window.destroyed = true;
    electron.app.emit('activate');
    await vi.waitFor(() => expect(electron.windows).toHaveLength(2));
  });
});
