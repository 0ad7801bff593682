/** The app core, the same in both shells: every store, the session registry and the handlers, put together. */
import { networkInterfaces, uptime } from 'node:os';
import { CredentialKeeper } from '../credentials/credential-keeper.ts';
import { copyDiagnostics } from '../diagnostics/copy-diagnostics.ts';
import { createDispatcher } from '../ipc/dispatcher.ts';
import { createEventHub } from '../ipc/event-hub.ts';
import { createHandlers } from '../ipc/handlers.ts';
import { TerminalPeers } from '../ipc/terminal-peers.ts';
import type { Peer } from '../ipc/peer.ts';
import { createPool, systemClock, wsmanClient } from '../remoting/index.ts';
import { PRACTICE_SERVER_ID, ServerStore } from '../servers/server-store.ts';
import { LineHistory } from '../sessions/history.ts';
import { SessionRegistry, type Destination } from '../sessions/registry.ts';
import { watchSessions } from '../sessions/session-watch.ts';
import { endsSoon, leftBehind } from '../sessions/session-words.ts';
import { SettingsStore } from '../settings/settings-store.ts';
import type { Core } from './core-interface.ts';
import { openJournal } from './open-journal.ts';
import { Practice } from './practice.ts';
import type { CoreOptions } from './run-browser-shell.ts';
import { targetOf, wishedFor } from './target.ts';
import { VERSION } from './version.ts';

/** An engine takes a whole processor for a second: the window is drawn first. Whoever double-clicks sooner does not wait for this. */
const AHEAD_MS = 1_500;

export async function createCore(options: CoreOptions): Promise<Core> {
  const { log, dataDir, shell } = options;
  const hub = createEventHub();
  const terminals = new TerminalPeers();
  const credentials = new CredentialKeeper();
  const settings = new SettingsStore(dataDir);
  const servers = new ServerStore(dataDir, (list) => hub.publish('servers.changed', list));
  const setAside = (await Promise.all([settings.load(), servers.load()])).filter(
    (name) => name !== undefined,
  );
  for (const name of setAside) log.warn('store.damaged', { file: name });

  const practice = new Practice(servers, log, async () => {
    const { startPracticeServer } = await import('../practice-server/index.ts');
    return await startPracticeServer({
      engine: { onProgress: (message) => servers.setPractice({ practice: { state: 'starting', message } }) },
    });
  });

  const history = new LineHistory({
    folder: dataDir,
    keeps: () => settings.value.keepHistory,
    added: (line) => hub.publish('history.added', line),
    cleared: (serverId) => hub.publish('history.cleared', { serverId }),
    failed: (error) => {
      log.failure('history.failed', error);
    },
  });
  await history.load();
  const journal = await openJournal(dataDir, log);
  setAside.push(...journal.damaged);
  const sessions = new SessionRegistry({
    credentials,
    now: () => performance.now(),
    log: (event, fields) => log.info(event, fields),
    resolve: async (serverId): Promise<Destination> =>
      serverId === PRACTICE_SERVER_ID ? await practice.destination() : { server: servers.get(serverId) },
    connect: (destination, credential, poolOptions, listener, wish) =>
      createPool(
        {
          ...targetOf(destination, credential),
          ...wishedFor(wish),
          // Who opens a session wants to know at once that nobody is there; one that is open is worth trying again.
          retry: { windowMs: settings.value.retryMinutes * 60_000 },
        },
        poolOptions,
        listener,
      ),
    client: (destination, credential) => wsmanClient(targetOf(destination, credential)),
    journal,
    events: {
      changed: (row) => {
        log.info('session.state', { id: row.id, state: row.state, availability: row.availability });
        hub.publish('session.changed', row);
      },
      removed: (sessionId) => {
        terminals.removed(sessionId);
        hub.publish('session.removed', { sessionId });
      },
      input: (sessionId, request) => hub.publish('terminal.input', { sessionId, request }),
      command: (sessionId, command) => hub.publish('terminal.command', { sessionId, command }),
      progress: (sessionId, bars) => hub.publish('terminal.progress', { sessionId, bars }),
      title: (sessionId, title) => hub.publish('terminal.title', { sessionId, title }),
    },
  });

  const offered = sessions.offerLeft((id) => servers.list().find((server) => server.id === id));
  if (offered.length > 0) log.info('sessions.offered', { count: offered.length });

  const unwatch = watchSessions({
    clock: systemClock,
    wallClock: Date.now,
    uptime: () => uptime() * 1000,
    addresses: () =>
      Object.values(networkInterfaces())
        .flatMap((each) => each ?? [])
        .flatMap(({ internal, address }) => (internal ? [] : [address]))
        .toSorted()
        .join(),
    rows: () => sessions.list(),
    woke: () => {
      log.info('app.woke');
      sessions.networkChanged();
    },
    clockSet: (byMs) => {
      log.info('app.clock-set', { ms: Math.round(byMs) });
      sessions.clockSet(byMs);
    },
    endsSoon: (row, at) =>
      hub.publish('app.notice', { error: endsSoon(row, at, Date.now()), sessionId: row.id }),
    // Where that needs a sign-in, whoever connects it is asked, and is told then.
    over: (row) => void sessions.shells.list(row.serverId, undefined).catch(() => undefined),
  });

  const handlers = createHandlers({
    info: {
      version: VERSION,
      shell,
      platform: process.platform,
      ...(options.windowNote === undefined ? {} : { windowNote: options.windowNote }),
    },
    diagnostics: () =>
      copyDiagnostics(log, { version: VERSION, shell, facts: { sessions: sessions.list().length } }),
    hub,
    servers,
    settings,
    credentials,
    sessions,
    terminals,
    history,
  });
  const dispatcher = createDispatcher(handlers, log);

  let ending: Promise<void> | undefined;
  let ahead: NodeJS.Timeout | undefined;
  return {
    connect(peer: Peer) {
      const leave = hub.add(peer);
      // Somebody with no server of their own will try the practice server first: it is made ready while they look around.
      if (servers.list().length === 1) ahead ??= setTimeout(() => makeReady(practice), AHEAD_MS).unref();
      for (const name of setAside.splice(0)) peer.send('app.notice', { error: damaged(name) });
      if (offered.length > 0) peer.send('app.notice', { error: leftBehind(offered.splice(0)) });
      return {
        handle: (call, input) => dispatcher.handle(call, input, peer),
        gone: () => {
          leave();
          terminals.gone(peer);
        },
      };
    },
    pageGone() {
      log.info('app.page-gone', { sessions: sessions.list().length });
      void sessions.closeAll(settings.value.onClose);
    },
    shutdown() {
      ending ??= (async () => {
        unwatch();
        clearTimeout(ahead);
        await sessions.closeAll(settings.value.onClose);
        await Promise.all([practice.close(), history.settled()]);
      })();
      return ending;
    },
  };
}

/** A failure is told in the list, where whoever wants it finds it. */
function makeReady(practice: Practice): void {
  practice.ensure().catch(() => undefined);
}

function damaged(file: string) {
  return {
    code: 'store.damaged',
    title: 'A file of PSDeck could not be read',
    why: `It was damaged, so PSDeck started with an empty one. The old one is kept as ${file}, beside the others.`,
    cure: { text: 'Nothing has to be done; a person who knows the format may be able to rescue it.' },
  };
}
