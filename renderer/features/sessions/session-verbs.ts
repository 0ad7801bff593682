/** Disconnect, connect, receive and remove, on one session or on many; and what stands on a server. Each failure is said in the server's tab. */
import type { AppError } from '../../../shared/error.ts';
import type { DisconnectOptions, SessionRow } from '../../../shared/session.ts';
import { appErrorOf } from '../../bridge/client.ts';
import type { Desk } from '../../desk.ts';
import { patchView, putSession, viewOf } from '../../stores/sessions.ts';
import { noteReach } from '../../stores/servers.ts';
import { addNotice } from '../../stores/shell.ts';
import { openTab, patchServerTab } from '../../stores/tabs.ts';
import { asking, enterSession, exitSession, focusTerminal } from './open-session.ts';

export function canDisconnect(row: SessionRow): boolean {
  return row.canDisconnect === true;
}

export function canConnect(row: SessionRow): boolean {
  return row.state === 'Disconnected';
}

function told(desk: Desk, row: SessionRow, error: AppError | null, again: () => Promise<unknown>): void {
  if (error === null) return;
  const stands = desk.sessions.getState().rows.some(({ id }) => id === row.id);
  if (!stands) return addNotice(desk.shell, error);
  patchServerTab(desk.tabs, row.serverId, { failure: { error, sessionId: row.id, enter: false, again } });
}

/** Disconnect-PSSession. Returns whether all of them are. */
export async function disconnectSessions(
  desk: Desk,
  rows: readonly SessionRow[],
  options: DisconnectOptions = {},
): Promise<boolean> {
  const results = await Promise.all(
    rows.map(async (row) => {
      try {
        putSession(
          desk.sessions,
          await desk.bridge.call('sessions.disconnect', { sessionId: row.id, options }),
        );
        return true;
      } catch (thrown) {
        told(desk, row, appErrorOf(thrown), () => disconnectSessions(desk, [row], options));
        return false;
      }
    }),
  );
  return results.every(Boolean);
}

/** Idle timeout and buffer mode of sessions that stay: only Disconnect carries them ([MS-WSMV] 3.1.4.15), and whoever was inside is again. */
export async function setSessions(
  desk: Desk,
  rows: readonly SessionRow[],
  options: DisconnectOptions,
): Promise<void> {
  if (!(await disconnectSessions(desk, rows, options))) return;
  await connectSessions(desk, rows, false);
}

/** Connect-PSSession, and Receive-PSSession: its output comes to the page. One after the other where a sign-in may be asked for. */
export async function connectSessions(
  desk: Desk,
  rows: readonly SessionRow[],
  enter: boolean,
): Promise<void> {
  for (const row of rows) {
    openTab(desk.tabs, row.serverId);
    patchServerTab(desk.tabs, row.serverId, { selectedSession: row.id, failure: null });
    // oxlint-disable-next-line no-await-in-loop -- a question at a time
    const asked = await asking(
      desk,
      row.serverId,
      (signIn) =>
        desk.bridge.call('sessions.connect', {
          sessionId: row.id,
          size: desk.terminals.known(row.id)?.size ?? desk.terminals.likelySize(),
          enter: enter && rows.length === 1,
          ...signIn,
        }),
      row.proxy,
    );
    if (asked.ok) {
      putSession(desk.sessions, asked.value);
      noteReach(desk.servers, row.serverId, 'up');
      if (asked.value.entered) focusTerminal(desk, asked.value);
    } else if (asked.error === null) {
      return; // whoever gives up one sign-in has no wish for the next
    } else if (asked.error.code !== 'session.cancelled') {
      told(desk, row, asked.error, () => connectSessions(desk, [row], enter));
    }
  }
}

/** Remove-PSSession, on many. */
export async function removeSessions(desk: Desk, rows: readonly SessionRow[]): Promise<void> {
  for (const row of rows) {
    // oxlint-disable-next-line no-await-in-loop -- a question at a time
    const asked = await asking(
      desk,
      row.serverId,
      (signIn) => desk.bridge.call('sessions.remove', { sessionId: row.id, ...signIn }),
      row.proxy,
    );
    if (!asked.ok && asked.error === null) return;
    if (!asked.ok) told(desk, row, notRemoved(row, asked.error), () => removeSessions(desk, [row]));
  }
}

function notRemoved(row: SessionRow, error: AppError | null): AppError | null {
  if (error === null || error.code === 'session.still-there') return error;
  const why = error.why === undefined ? '' : ` ${error.why}`;
  return { ...error, title: `${row.name} was not removed`, why: `${error.title}.${why}` };
}

/** Exit-PSSession by a person. One that ends with leaving, and what runs in it with it, is asked about first. */
export async function leaveSession(desk: Desk, row: SessionRow): Promise<void> {
  const ends = row.endsOnExit && row.availability === 'Busy' && row.retrying === undefined;
  if (ends) desk.shell.setState({ dialog: { kind: 'remove-session', sessions: [row] } });
  else await exitSession(desk, row);
}

/** By a person: what would stop something that runs, or end what stands on a server, is asked first. */
export async function askRemoveSessions(desk: Desk, rows: readonly SessionRow[]): Promise<void> {
  const asks =
    rows.some((row) => row.availability === 'Busy' || row.state === 'Disconnected') || rows.length > 1;
  if (asks) desk.shell.setState({ dialog: { kind: 'remove-session', sessions: rows } });
  else await removeSessions(desk, rows);
}

export async function forgetSession(desk: Desk, row: SessionRow): Promise<void> {
  await quietly(desk, desk.bridge.call('sessions.forget', { sessionId: row.id }));
}

export async function retryNow(desk: Desk, row: SessionRow): Promise<void> {
  await quietly(desk, desk.bridge.call('sessions.retryNow', { sessionId: row.id }));
}

export async function stopRetrying(desk: Desk, row: SessionRow): Promise<void> {
  await quietly(desk, desk.bridge.call('sessions.stopRetrying', { sessionId: row.id }));
}

async function quietly(desk: Desk, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (thrown) {
    addNotice(desk.shell, appErrorOf(thrown));
  }
}

/** Enter on a line: inside, on the way there where it has to be connected first. */
export async function openOrEnter(desk: Desk, row: SessionRow): Promise<void> {
  if (row.state === 'Disconnected') await connectSessions(desk, [row], true);
  else if (row.state === 'Opened' && !row.entered) await enterSession(desk, row);
  else if (row.state === 'Opening' || row.state === 'BeforeOpen') await enterOnceOpen(desk, row.id);
  else desk.terminals.known(row.id)?.focus();
}

/** Sessions that Enter was pressed on while they were opening. */
const wanted = new Set<number>();

/** Whoever does not wait for a session to be open means that it is to be entered then, unless they have gone elsewhere meanwhile. */
function enterOnceOpen(desk: Desk, id: number): Promise<void> {
  if (wanted.has(id)) return Promise.resolve();
  wanted.add(id);
  return new Promise((resolve) => {
    const stop = desk.sessions.subscribe(({ rows }) => {
      const row = rows.find((each) => each.id === id);
      if (row?.state === 'Opening' || row?.state === 'BeforeOpen') return;
      stop();
      wanted.delete(id);
      const isHere = document.activeElement?.closest(`[data-session="${String(id)}"]`) != null;
      resolve(row?.state === 'Opened' && !row.entered && isHere ? enterSession(desk, row) : undefined);
    });
  });
}

/** One key for both: those that can be disconnected are, else those that can be connected. */
export async function toggleConnected(desk: Desk, rows: readonly SessionRow[]): Promise<void> {
  const here = rows.filter(canDisconnect);
  if (here.length > 0) await disconnectSessions(desk, here);
  else await connectSessions(desk, rows.filter(canConnect), rows.length === 1);
}

// ---- what stands on a server

export async function listShells(desk: Desk, serverId: string): Promise<void> {
  if (viewOf(desk.sessions.getState(), serverId).listing) return;
  patchView(desk.sessions, serverId, { listing: true, failure: null });
  const asked = await asking(desk, serverId, (signIn) =>
    desk.bridge.call('shells.list', { serverId, ...signIn }),
  );
  if (asked.ok) {
    const there = new Set(asked.value.shells.map((shell) => shell.shellId));
    const { chosen } = viewOf(desk.sessions.getState(), serverId);
    patchView(desk.sessions, serverId, {
      listing: false,
      list: asked.value,
      chosen: chosen.filter((shellId) => there.has(shellId)),
    });
    noteReach(desk.servers, serverId, 'up');
  } else patchView(desk.sessions, serverId, { listing: false, failure: asked.error });
}

/** Takes over what was chosen on the server; the first of several is shown. */
export async function takeOver(
  desk: Desk,
  serverId: string,
  shellIds: readonly string[],
  enter: boolean,
): Promise<void> {
  let first: SessionRow | null = null;
  for (const shellId of shellIds) {
    // oxlint-disable-next-line no-await-in-loop -- a question at a time
    const asked = await asking(desk, serverId, (signIn) =>
      desk.bridge.call('shells.connect', {
        serverId,
        shellId,
        size: desk.terminals.likelySize(),
        enter: enter && shellIds.length === 1,
        ...signIn,
      }),
    );
    if (asked.ok) {
      putSession(desk.sessions, asked.value);
      first ??= asked.value;
    } else if (asked.error !== null && asked.error.code !== 'session.cancelled') {
      patchView(desk.sessions, serverId, { failure: asked.error });
    }
  }
  if (first === null) return;
  patchServerTab(desk.tabs, serverId, { selectedSession: first.id, failure: null });
  patchView(desk.sessions, serverId, { show: 'run', chosen: [] });
  if (first.entered) focusTerminal(desk, first);
}

export async function removeShells(desk: Desk, serverId: string, shellIds: readonly string[]): Promise<void> {
  const asked = await asking(desk, serverId, (signIn) =>
    desk.bridge.call('shells.remove', { serverId, shellIds: [...shellIds], ...signIn }),
  );
  const failure = asked.ok ? (asked.value.failed[0]?.error ?? null) : asked.error;
  await listShells(desk, serverId);
  if (failure !== null) patchView(desk.sessions, serverId, { failure });
}
