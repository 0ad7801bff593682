/** The contract over Electron's IPC: every call is from our own page's main frame, or it is refused. */
import type { IpcMainInvokeEvent } from 'electron';
import type { CallAnswer } from '../../shared/contract.ts';
import type { Log } from '../diagnostics/log.ts';
import { createPeer } from '../ipc/peer.ts';
import { isOwnPage } from './app-scheme.ts';
import { CALL_CHANNEL, EVENT_CHANNEL } from './channels.ts';
import type { Core, CoreConnection } from './core-interface.ts';
import type { ElectronApi, WebPage } from './electron-api.ts';

const foreign: CallAnswer = {
  ok: false,
  error: { code: 'bridge.foreign-sender', title: 'PSDeck does not answer this page' },
};

export interface NativeBridge {
  /** Answers this page from now on. A reload makes it a new renderer. */
  attach(page: WebPage): void;
}

export function createNativeBridge(
  ipcMain: ElectronApi['ipcMain'],
  core: Core,
  log: Pick<Log, 'info' | 'warn' | 'error'>,
): NativeBridge {
  const connections = new Map<number, CoreConnection>();
  const pages = new Map<number, WebPage>();

  function connectionOf(page: WebPage): CoreConnection {
    const known = connections.get(page.id);
    if (known !== undefined) return known;
    const peer = createPeer({
      post: (event, payload) => {
        if (!page.isDestroyed()) page.send(EVENT_CHANNEL, event, payload);
      },
      onInvalid: (event, where) => log.error('bridge.invalid-event', { event, where }),
    });
    log.info('bridge.open', { peer: peer.id });
    const connection = core.connect(peer);
    connections.set(page.id, connection);
    return connection;
  }

  function gone(page: WebPage): void {
    connections.get(page.id)?.gone();
    connections.delete(page.id);
  }

  ipcMain.handle(CALL_CHANNEL, async (event: IpcMainInvokeEvent, call: unknown, input: unknown) => {
    const page = pages.get(event.sender.id);
    const frame = event.senderFrame;
    // A frame that navigated away in the meantime is null.
    if (page === undefined || frame === null || frame !== page.mainFrame || !isOwnPage(frame.url)) {
      log.warn('bridge.foreign-sender', { page: event.sender.id });
      return foreign;
    }
    return connectionOf(page).handle(call, input);
  });

  return {
    attach(page) {
      pages.set(page.id, page);
      connectionOf(page);
      page.on('did-start-navigation', (details) => {
        if (details.isMainFrame && !details.isSameDocument) gone(page);
      });
      // The page that loaded anew hears events from its first moment, also before its first call.
      page.on('did-navigate', () => void connectionOf(page));
      page.on('render-process-gone', () => gone(page));
      page.once('destroyed', () => {
        gone(page);
        pages.delete(page.id);
      });
    },
  };
}
