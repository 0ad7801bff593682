/**
 * Exposes exactly one BridgePort as `window.psdeck`. Runs in the sandboxed preload of our one page; what it passes on is checked on both
 * ends, in main and in the page, so that nothing but passing on is done here.
 */
import { contextBridge, ipcRenderer } from 'electron';
import type { BridgePort, CallAnswer } from '../../shared/contract.ts';
import { CALL_CHANNEL, EVENT_CHANNEL } from './channels.ts';

const port: BridgePort = {
  call: (name, input) => ipcRenderer.invoke(CALL_CHANNEL, name, input) as Promise<CallAnswer>,
  onEvent(listener) {
    // The event object, which holds the sender, stays here.
    const pass = (_event: unknown, name: unknown, payload: unknown) => {
      if (typeof name === 'string') listener(name, payload);
    };
    ipcRenderer.on(EVENT_CHANNEL, pass);
    return () => void ipcRenderer.off(EVENT_CHANNEL, pass);
  },
  // Main and this page live and die together: the connection is never lost.
  onConnection: () => () => undefined,
};

contextBridge.exposeInMainWorld('psdeck', port);
