/** The browser shell without its composition: the core is made by whoever calls. */
import type { Log } from '../diagnostics/log.ts';
import { hasDesktop, showAddress } from './app-window.ts';
import { startBrowserServer } from './browser-server.ts';
import type { Core } from './core-interface.ts';
import { holdDataFolder, type Holder } from './data-folder.ts';
import { askForAddresses } from './hand-over.ts';

export interface BrowserShellChoices {
  /** 0 or absent: any free one. */
  readonly port?: number;
  /** Open a browser, where there is a desktop. */
  readonly open: boolean;
  /** Why there is no native window and how to get one; absent where nobody asked for one. */
  readonly windowNote?: string;
}

export interface CoreOptions {
  readonly dataDir: string;
  readonly log: Log;
  readonly shell: 'electron' | 'browser';
  readonly windowNote?: string;
}

export interface BrowserShellSetting extends BrowserShellChoices {
  readonly dataDir: string;
  readonly log: Log;
  readonly rendererDir: string;
  readonly createCore: (options: CoreOptions) => Promise<Core>;
  readonly print: (line: string) => void;
}

export interface BrowserShell {
  /** Undefined where another PSDeck runs on the same data: the person was told where, and there is nothing to live for. */
  readonly port: number | undefined;
  end(): Promise<void>;
}

/** From here on a browser that was just started, or is about to be, will not ask soon enough to be worth waiting for. */
const HEAD_START_MS = 150;

function withinHeadStart(served: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, HEAD_START_MS);
  });
  return Promise.race([served, over]).finally(() => clearTimeout(timer));
}

/** Rejects with a sentence for the person where it cannot start. */
export async function runBrowserShell(setting: BrowserShellSetting): Promise<BrowserShell> {
  const { dataDir, log, print, windowNote } = setting;
  log.info('app.start', { shell: 'browser', pid: process.pid });
  const folder = await holdDataFolder(dataDir);
  if (folder.kind === 'taken') return await sendToTheFirst(folder.by, setting);
  const note = windowNote === undefined ? {} : { windowNote };
  const core = Promise.withResolvers<Core>();
  core.promise.catch(() => undefined); // told below
  const served = Promise.withResolvers<void>();
  const server = await startBrowserServer({
    core: core.promise,
    log,
    rendererDir: setting.rendererDir,
    port: setting.port ?? 0,
    onPageServed: served.resolve,
    onEntered: () => print(`To let another browser in: ${server.newAddress('printed')}`),
  }).catch(async (error: unknown) => {
    await folder.release();
    throw explainListenError(error, setting.port);
  });
  // Reading the page takes a browser longer than reading the core takes us: both at a time, and the page first.
  withinHeadStart(served.promise)
    .then(() => setting.createCore({ dataDir, log, shell: 'browser', ...note }))
    .then(core.resolve, core.reject);
  try {
    await folder.listens(server.port, server.key);
    print(`PSDeck is at ${server.newAddress('printed')}`);
    if (windowNote !== undefined) print(windowNote);
    await show(setting, () => server.newAddress('handed'));
    await core.promise;
  } catch (error) {
    await server.close();
    await folder.release();
    throw error;
  }

  let ending: Promise<void> | undefined;
  return {
    port: server.port,
    end() {
      ending ??= (async () => {
        log.info('app.end');
        await server.close();
        await (await core.promise).shutdown();
        await folder.release();
        await log.flush();
      })();
      return ending;
    },
  };
}

/** Somebody sits here and wants to see it. */
async function show({ open, print }: BrowserShellSetting, address: () => string): Promise<void> {
  if (!open || !hasDesktop(process)) return;
  const shown = await showAddress(address(), process);
  if (!shown) print('No browser could be opened: open the address yourself.');
}

/** Two on the same data would write over each other's. */
async function sendToTheFirst(first: Holder, setting: BrowserShellSetting): Promise<BrowserShell> {
  setting.log.info('app.handed-over', { pid: first.pid });
  const { printed, handed } = await askForAddresses(setting.dataDir, first);
  setting.print(`PSDeck runs already, as process ${String(first.pid)}. It is at ${printed}`);
  await show(setting, () => handed);
  await setting.log.flush();
  return { port: undefined, end: () => Promise.resolve() };
}

function explainListenError(error: unknown, port = 0): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return new Error(
      `Port ${String(port)} is taken by another program. Choose one with --port, or leave it out.`,
      {
        cause: error,
      },
    );
  }
  if (code === 'EACCES') {
    return new Error(
      `Port ${String(port)} is not allowed for this user. Choose one above 1023 with --port.`,
      {
        cause: error,
      },
    );
  }
  return error;
}
