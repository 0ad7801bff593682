import { describe, expect, test } from 'vitest';
import { createEventHub } from '../../../electron/ipc/event-hub.ts';
import { createPeer } from '../../../electron/ipc/peer.ts';
import { Settings } from '../../../shared/settings.ts';

function recorder() {
  const posted: [string, unknown][] = [];
  const invalid: [string, string][] = [];
  const peer = createPeer({
    post: (event, payload) => posted.push([event, payload]),
    onInvalid: (event, where) => invalid.push([event, where]),
  });
  return { peer, posted, invalid };
}

describe('event hub and peers', () => {
  test('everybody connected is told, nobody after they left', () => {
    const hub = createEventHub();
    const [one, two] = [recorder(), recorder()];
    expect(one.peer.id).not.toBe(two.peer.id);
    hub.add(one.peer);
    const leave = hub.add(two.peer);
    hub.publish('session.removed', { sessionId: 1 });
    leave();
    leave();
    hub.publish('session.removed', { sessionId: 2 });
    expect(one.posted).toEqual([
      ['session.removed', { sessionId: 1 }],
      ['session.removed', { sessionId: 2 }],
    ]);
    expect(two.posted).toEqual([['session.removed', { sessionId: 1 }]]);
  });

  test('an event that breaks the contract is told by place, not by content, and does not cross', () => {
    const { peer, posted, invalid } = recorder();
    peer.send('settings.changed', { ...Settings.parse({}), fontSize: 3 });
    expect(posted).toEqual([]);
    expect(invalid).toEqual([['settings.changed', 'fontSize']]);
  });

  test('what the contract does not name is left out', () => {
    const { peer, posted } = recorder();
    peer.send('terminal.title', { sessionId: 1, title: 't', password: 'x' } as {
      sessionId: number;
      title: string;
    });
    expect(posted).toEqual([['terminal.title', { sessionId: 1, title: 't' }]]);
  });
});
