import type { Bridge } from './bridge/client.ts';
import { appErrorOf } from './bridge/client.ts';
import { createHistoryStore } from './features/terminal/history-store.ts';
import { createTerminals } from './features/terminal/terminals.ts';
import type { HistoryStore } from './features/terminal/history-store.ts';
import type { Terminals } from './features/terminal/terminals.ts';
import { createServersStore, loadServers, noteReach, setServers } from './stores/servers.ts';
import type { ServersStore } from './stores/servers.ts';
import {
  createSessionsStore,
  currentRow,
  dropSession,
  filterRows,
  isLive,
  loadSessions,
  putSession,
  viewOf,
} from './stores/sessions.ts';
import type { SessionsStore } from './stores/sessions.ts';
import { createSettingsStore } from './stores/settings.ts';
import type { SettingsStore, SystemTheme } from './stores/settings.ts';
import { addNotice, createShellStore } from './stores/shell.ts';
import type { ShellStore } from './stores/shell.ts';
import { noteLongCommand } from './features/sessions/long-commands.ts';
import { createTabsStore, openTab, patchServerTab, serverTab } from './stores/tabs.ts';
import { focusBeside, focusPage, focusSession, isInTerminalOf } from './ui/focus.ts';
import type { TabsStore } from './stores/tabs.ts';

/** Everything the page works with: plain stores and the way to main. React only looks at it. */
export interface Desk {
  bridge: Bridge;
  servers: ServersStore;
  sessions: SessionsStore;
  tabs: TabsStore;
  settings: SettingsStore;
  shell: ShellStore;
  terminals: Terminals;
  history: HistoryStore;
}

export function createDesk(bridge: Bridge, theme: SystemTheme): Desk {
  const servers = createServersStore();
  const sessions = createSessionsStore();
  const settings = createSettingsStore(theme);
  const shell = createShellStore();
  const tabs = createTabsStore();
  const history = createHistoryStore(bridge);
  const terminals = createTerminals({
    bridge,
    settings,
    fail: (error) => addNotice(shell, error),
    confirmPaste: (sessionId, text) => shell.setState({ dialog: { kind: 'paste', sessionId, text } }),
    history,
    serverOf: (sessionId) => sessions.getState().rows.find((row) => row.id === sessionId)?.serverId,
    showKeys: () => shell.setState({ dialog: { kind: 'keys' } }),
    predictionView: (prediction) => {
      settings.setState({ prediction });
      bridge.call('settings.update', { prediction }).catch(() => undefined);
    },
    announce: (announcement) => shell.setState({ announcement }),
  });
  return { bridge, servers, sessions, settings, shell, tabs, terminals, history };
}

/** A page that was loaded again shows what somebody is inside of. */
function showEntered({ sessions, tabs }: Desk): void {
  if (Object.keys(tabs.getState().servers).length > 0 || tabs.getState().order.length > 1) return;
  for (const row of sessions.getState().rows) {
    if (row.entered && isLive(row)) openTab(tabs, row.serverId);
  }
  if (tabs.getState().order.length > 1) focusPage();
}

/** A line of the table goes: the one below it is chosen in its place, else the one above. */
function movingFrom({ sessions, tabs }: Desk, sessionId: number): (() => void) | undefined {
  const state = sessions.getState();
  const gone = state.rows.find((row) => row.id === sessionId);
  if (gone === undefined) return undefined;
  const { serverId } = gone;
  const all = state.rows.filter((row) => row.serverId === serverId);
  const tab = serverTab(tabs.getState(), serverId);
  if (tab.failure?.sessionId === sessionId) patchServerTab(tabs, serverId, { failure: null });
  if (currentRow(all, tab.selectedSession)?.id !== sessionId) return undefined;
  const shown = filterRows(all, viewOf(state, serverId).filter);
  const at = shown.findIndex((row) => row.id === sessionId);
  const next = shown[at + 1] ?? shown[at - 1];
  return next && (() => patchServerTab(tabs, serverId, { selectedSession: next.id }));
}

/** Listens to main and fetches what is there now; again after each time the way to main was lost. */
export function startDesk(desk: Desk): void {
  const { bridge, servers, sessions, settings, shell, tabs, terminals } = desk;

  tabs.subscribe((now, before) => {
    const closed = new Set(before.order.filter((id) => !now.order.includes(id)));
    for (const row of closed.size === 0 ? [] : sessions.getState().rows) {
      if (closed.has(row.serverId)) terminals.release(row.id);
    }
  });
  bridge.on('servers.changed', (list) => setServers(servers, list));
  bridge.on('settings.changed', (changed) => settings.setState(changed));
  bridge.on('session.changed', (row) => {
    const before = sessions.getState().rows.find((known) => known.id === row.id);
    putSession(sessions, row);
    if (row.state === 'Opened') noteReach(servers, row.serverId, 'up');
    else if (row.reason?.code.startsWith('connect.') === true) noteReach(servers, row.serverId, 'down');
    // Left by a typed `exit`: the terminal takes no more keys, its line in the table does.
    if (before?.entered === true && !row.entered && isLive(row) && isInTerminalOf(row.id)) {
      focusSession(row.id);
    }
    // One that was never open is told of by what asks, or says why not.
    const given = before?.state === 'Opening' && row.state === 'Closed';
    if (before !== undefined && before.state !== row.state && !given) {
      shell.setState({ announcement: `${row.name} on ${row.serverName}: ${row.state}` });
    }
  });
  bridge.on('session.removed', ({ sessionId }) => {
    const move = movingFrom(desk, sessionId);
    dropSession(sessions, sessionId);
    move?.();
    terminals.drop(sessionId);
    focusBeside();
  });
  bridge.on('app.notice', ({ error, sessionId }) => addNotice(shell, error, sessionId));
  bridge.on('terminal.command', ({ sessionId, command }) => noteLongCommand(desk, sessionId, command));
  // What waits for the network need not wait for its next turn.
  window.addEventListener('online', () => {
    bridge.call('sessions.networkChanged', {}).catch(() => undefined);
  });

  async function load(): Promise<void> {
    try {
      const [info, current] = await Promise.all([
        bridge.call('app.info', {}),
        bridge.call('settings.get', {}),
        loadServers(servers, bridge),
        loadSessions(sessions, bridge),
        desk.history.load(),
      ]);
      shell.setState({ info });
      settings.setState(current);
      const { rows } = sessions.getState();
      terminals.reattach(new Set(rows.map((row) => row.id)));
      showEntered(desk);
    } catch (thrown) {
      const error = appErrorOf(thrown);
      // The banner already says that main is away.
      if (error.code !== 'bridge.lost') addNotice(shell, error);
    }
  }

  let lostOnce = false;
  bridge.onConnection((connected) => {
    shell.setState({ connected });
    if (!connected) lostOnce = true;
    else if (lostOnce) void load();
  });
  void load();
}
