import type { ContextBridge, IpcRenderer } from 'electron';
import { expect, test, vi } from 'vitest';
import type { BridgePort } from '../../../shared/contract.ts';

type Pass = Parameters<IpcRenderer['on']>[1];

const exposed = new Map<string, unknown>();
const listeners = new Set<Pass>();
const invoked: unknown[][] = [];

vi.mock('electron', () => ({
  contextBridge: {
    exposeInMainWorld: (name, api) => void exposed.set(name, api),
  } satisfies Pick<ContextBridge, 'exposeInMainWorld'>,
  ipcRenderer: {
    async invoke(...args: unknown[]) {
      invoked.push(args);
      return { ok: true, value: {} };
    },
    on(channel: string, listener: Pass) {
      if (channel === 'psdeck:event') listeners.add(listener);
    },
    off(_channel: string, listener: Pass) {
      listeners.delete(listener);
    },
  },
}));

test('the preload exposes one port, which passes on calls and events and nothing of Electron', async () => {
  await import('../../../electron/shell/preload.ts');
  expect([...exposed.keys()]).toEqual(['psdeck']);
  const port = exposed.get('psdeck') as BridgePort;
  expect(Object.keys(port).toSorted()).toEqual(['call', 'onConnection', 'onEvent']);

  expect(await port.call('app.info', {})).toEqual({ ok: true, value: {} });
  expect(invoked).toEqual([['psdeck:call', 'app.info', {}]]);

  const heard: unknown[][] = [];
  const stop = port.onEvent((...args) => heard.push(args));
  for (const pass of listeners) {
    pass({ sender: 'must not cross' } as never, 'session.removed', { sessionId: 1 });
    pass({} as never, 7, {});
  }
  expect(heard).toEqual([['session.removed', { sessionId: 1 }]]);
  stop();
  expect(listeners.size).toBe(0);
});
