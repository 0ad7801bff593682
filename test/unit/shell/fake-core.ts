import { createLog } from '../../../electron/diagnostics/log.ts';
import { createDispatcher, type Handlers } from '../../../electron/ipc/dispatcher.ts';
import { createEventHub } from '../../../electron/ipc/event-hub.ts';
import type { Core } from '../../../electron/shell/core-interface.ts';

/** An app core with the real gates and a few real calls, that remembers what the shell asked of it. */
export function fakeCore(handlers: Partial<Handlers> = {}) {
  const log = createLog();
  const hub = createEventHub();
  const told: string[] = [];
  const dispatcher = createDispatcher(
    { 'app.diagnostics': async () => ({ text: 'fine' }), ...handlers } as Handlers,
    log,
  );
  const core: Core = {
    connect(peer) {
      told.push('connect');
      const leave = hub.add(peer);
      return {
        handle: (call, input) => dispatcher.handle(call, input, peer),
        gone() {
          leave();
          told.push('gone');
        },
      };
    },
    pageGone: () => void told.push('pageGone'),
    async shutdown() {
      told.push('shutdown');
    },
  };
  return { core, hub, log, told };
}
