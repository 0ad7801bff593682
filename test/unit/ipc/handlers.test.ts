import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { CredentialKeeper } from '../../../electron/credentials/credential-keeper.ts';
import { createEventHub } from '../../../electron/ipc/event-hub.ts';
import { createHandlers } from '../../../electron/ipc/handlers.ts';
import { TerminalPeers } from '../../../electron/ipc/terminal-peers.ts';
import { ServerStore } from '../../../electron/servers/server-store.ts';
import { LineHistory } from '../../../electron/sessions/history.ts';
import { SessionRegistry } from '../../../electron/sessions/registry.ts';
import { SettingsStore } from '../../../electron/settings/settings-store.ts';
import { ServerDraft } from '../../../shared/server.ts';
import { Person } from '../../integration/registry.ts';

async function handlers() {
  const folder = await mkdtemp(join(tmpdir(), 'psdeck-handlers-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const servers = new ServerStore(folder, () => undefined);
  const credentials = new CredentialKeeper();
  const handle = createHandlers({
    info: { version: '0', shell: 'browser', platform: 'linux' },
    diagnostics: () => '',
    hub: createEventHub(),
    servers,
    settings: new SettingsStore(folder),
    credentials,
    terminals: new TerminalPeers(),
    history: new LineHistory({
      folder,
      keeps: () => true,
      added: () => undefined,
      cleared: () => undefined,
      failed: () => undefined,
    }),
    sessions: new SessionRegistry({
      credentials,
      events: new Person(),
      now: () => 0,
      log: () => undefined,
      resolve: (id) => Promise.resolve({ server: servers.get(id) }),
      connect: () => {
        throw new Error('nothing is connected to here');
      },
      client: () => {
        throw new Error('nothing is asked here');
      },
    }),
  });
  return { handle, credentials };
}

const draft = (change: Partial<ServerDraft> = {}) =>
  ServerDraft.parse({ address: 'localhost', port: 15986, https: true, userName: 'ada', ...change });
const PEER = { id: 1, send: () => undefined };

test.each<[string, Partial<ServerDraft>]>([
  ['address', { address: 'z003' }],
  ['user', { userName: 'bob' }],
  // A port may be the end of a tunnel to another machine.
  ['port', { port: 15987 }],
  // What was typed for a sealed line is not for an open one.
  ['seal', { https: false, allowPlainBasic: true }],
  // What was only proved must not be handed over unasked.
  ['way to sign in', { signIn: { auth: 'credssp' } }],
])('a password is forgotten when its server gets another %s', async (_what, change) => {
  const { handle, credentials } = await handlers();
  const { id } = await handle['servers.add'](draft(), PEER);
  credentials.keep(id, { userName: 'ada', password: 'x' });
  await handle['servers.update']({ id, draft: draft({ name: 'Renamed' }) }, PEER);
  expect(credentials.get(id)).toBeDefined();
  await handle['servers.update']({ id, draft: draft(change) }, PEER);
  expect(credentials.get(id)).toBeUndefined();
});
