import type { CommandRecord } from '../../../shared/terminal.ts';
import type { SessionRow } from '../../../shared/session.ts';
import type { Desk } from '../../desk.ts';
import { currentRow } from '../../stores/sessions.ts';
import { addNotice } from '../../stores/shell.ts';
import { openTab, selectSession, serverTab } from '../../stores/tabs.ts';
import { span } from './times.ts';

/** Whoever waits for less has not turned to something else. */
const LONG_MS = 20_000;

const words: Readonly<Record<CommandRecord['state'], string>> = {
  running: 'runs',
  completed: 'has ended',
  failed: 'has failed',
  stopped: 'was stopped',
};

/**
 * The end of a long command is said where nobody is looking: as a notification of the system, if they are allowed, where the window is not in
 * front; in the window, where another session is; and to screen readers. One that was taken over counts from when it began.
 */
export function noteLongCommand(desk: Desk, sessionId: number, command: CommandRecord): void {
  if (command.duration === undefined || command.duration < LONG_MS) return;
  const row = desk.sessions.getState().rows.find((known) => known.id === sessionId);
  if (row === undefined) return;
  const title = `A command on ${row.serverName} ${words[command.state]}`;
  // Not the command itself: what was typed may be nobody else's business.
  const where = `${row.name}, after ${span(command.duration)}`;
  desk.shell.setState({ announcement: `${row.name}: ${title}` });
  if (document.hasFocus()) {
    if (!isInView(desk, row))
      addNotice(desk.shell, { code: 'session.command-ended', title, why: where }, sessionId);
    return;
  }
  if (typeof Notification === 'undefined') return;
  const show = (): void => {
    const notification = new Notification(title, { body: where });
    notification.addEventListener('click', () => {
      window.focus();
      openTab(desk.tabs, row.serverId);
      selectSession(desk.tabs, row.serverId, row.id);
    });
  };
  if (Notification.permission === 'granted') show();
  else if (Notification.permission === 'default') {
    Notification.requestPermission().then(
      (permission) => {
        if (permission === 'granted') show();
      },
      () => undefined,
    );
  }
}

/** Its page is what the window shows. */
function isInView(desk: Desk, row: SessionRow): boolean {
  const tabs = desk.tabs.getState();
  if (tabs.active !== row.serverId) return false;
  const rows = desk.sessions.getState().rows.filter(({ serverId }) => serverId === row.serverId);
  return currentRow(rows, serverTab(tabs, row.serverId).selectedSession)?.id === row.id;
}
