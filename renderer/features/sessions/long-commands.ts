import type { CommandRecord } from '../../../shared/terminal.ts';
import type { Desk } from '../../desk.ts';

/** Whoever waits for less has not turned to something else. */
const LONG_MS = 20_000;

const words: Readonly<Record<CommandRecord['state'], string>> = {
  running: 'runs',
  completed: 'has ended',
  failed: 'has failed',
  stopped: 'was stopped',
};

/** The end of a long command is said where nobody is looking: as a notification of the system, if they are allowed, and to screen readers. */
export function noteLongCommand(desk: Desk, sessionId: number, command: CommandRecord): void {
  if (command.duration === undefined || command.duration < LONG_MS) return;
  const row = desk.sessions.getState().rows.find((known) => known.id === sessionId);
  if (row === undefined) return;
  const title = `A command on ${row.serverName} ${words[command.state]}`;
  desk.shell.setState({ announcement: `${row.name}: ${title}` });
  if (document.hasFocus() || typeof Notification === 'undefined') return;
  const show = (): void => {
    const seconds = Math.round((command.duration ?? 0) / 1000);
    // Not the command itself: what was typed may be nobody else's business.
    const notification = new Notification(title, { body: `${row.name}, after ${String(seconds)} s` });
    notification.addEventListener('click', () => window.focus());
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
