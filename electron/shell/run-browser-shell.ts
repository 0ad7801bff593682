/** The browser shell without its composition: the core is made by whoever calls. */
import type { Log } from '../diagnostics/log.ts';
import { hasDesktop, showAddress } from './app-window.ts';
import { startBrowserServer } from './browser-server.ts';
import type { Core } from './core-interface.ts';

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
  readonly port: number;
  end(): Promise<void>;
}

/** Rejects with a sentence for the person where it cannot start. */
export async function runBrowserShell(setting: BrowserShellSetting): Promise<BrowserShell> {
  const { dataDir, log, print, windowNote } = setting;
  log.info('app.start', { shell: 'browser', pid: process.pid });
  const note = windowNote === undefined ? {} : { windowNote };
  const core = await setting.createCore({ dataDir, log, shell: 'browser', ...note });
  const server = await startBrowserServer({
    core,
    log,
    rendererDir: setting.rendererDir,
    port: setting.port ?? 0,
    onEntered: () => print(`To let another browser in: ${server.newAddress()}`),
  }).catch(async (error: unknown) => {
    await core.shutdown();
    throw explainListenError(error, setting.port);
  });

  const address = server.newAddress();
  print(`PSDeck is at ${address}`);
  if (windowNote !== undefined) print(windowNote);
  if (setting.open && hasDesktop(process)) {
    const shown = await showAddress(address, process);
    if (!shown) print('No browser could be opened: open the address yourself.');
  }

  let ending: Promise<void> | undefined;
  return {
    port: server.port,
    end() {
      ending ??= (async () => {
        log.info('app.end');
        await server.close();
        await core.shutdown();
        await log.flush();
      })();
      return ending;
    },
  };
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
