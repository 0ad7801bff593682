import type { BridgePort } from '../../shared/contract.ts';
import { createWebSocketPort } from './websocket-port.ts';

declare global {
  interface Window {
    /** Electron's preload puts it here; a browser has none and goes by websocket. */
    psdeck?: BridgePort;
  }
}

export function choosePort(): BridgePort {
  if (window.psdeck !== undefined) return window.psdeck;
  const address = new URL('/bridge', location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return createWebSocketPort({
    open: () => new WebSocket(address),
    later: (milliseconds, run) => {
      const timer = setTimeout(run, milliseconds);
      return () => clearTimeout(timer);
    },
  });
}
