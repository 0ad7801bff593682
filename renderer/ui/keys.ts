import type { Desk } from '../desk.ts';
import { changeSettings } from '../features/settings/settings-dialog.tsx';
import { newSession } from '../features/sessions/open-session.ts';
import { retryNow, toggleConnected } from '../features/sessions/session-verbs.ts';
import { focusPage } from './focus.ts';
import { currentRow, viewOf } from '../stores/sessions.ts';
import { closeTab, serverTab, stepTab, welcomeTab } from '../stores/tabs.ts';
import type { SessionRow } from '../../shared/session.ts';

type Shell = 'electron' | 'browser' | undefined;

/** In a browser's tab Ctrl+Shift+N opens a private window and never reaches the page; the other key works everywhere. */
export function newSessionKey(shell: Shell): string {
  return shell === 'electron' ? 'Ctrl+Shift+N' : 'Alt+N';
}

/** Likewise: there Ctrl+Shift+W closes the browser. */
export function closeTabKey(shell: Shell): string {
  return shell === 'electron' ? 'Ctrl+Shift+W' : 'Alt+W';
}

/** Where the keyboard goes in a pane: its terminal, else what Tab would reach, else what can be typed in or pressed. */
const entrances = ['.xterm-helper-textarea', '[tabindex="0"]', 'input', 'button:not([tabindex="-1"])'];

function entrance(pane: HTMLElement): HTMLElement | undefined {
  if (pane.tabIndex >= 0) return pane;
  return entrances
    .flatMap((selector) => [...pane.querySelectorAll<HTMLElement>(selector)])
    .find((element) => element.offsetParent !== null);
}

/** F6 goes round these, in the order they stand on the screen. */
function focusNextPane(back: boolean): void {
  const panes = [...document.querySelectorAll<HTMLElement>('[data-pane]')].filter(
    (pane) => entrance(pane) !== undefined && pane.offsetParent !== null,
  );
  const at = panes.findIndex((pane) => pane.contains(document.activeElement));
  const next = panes[(at + (back ? -1 : 1) + panes.length) % panes.length];
  if (next !== undefined) entrance(next)?.focus();
}

function focusFilter(desk: Desk): void {
  if (!desk.settings.getState().sidebar) void changeSettings(desk, { sidebar: true });
  requestAnimationFrame(() => document.querySelector<HTMLInputElement>('#server-filter')?.select());
}

/** The window's own keys; a terminal has all others. Returns whether the key was one. */
export function windowKey(desk: Desk, event: KeyboardEvent): boolean {
  const { ctrlKey, altKey, shiftKey } = event;
  const key = event.key.toLowerCase();
  const { active } = desk.tabs.getState();
  const { dialog, signIn, trust, allow } = desk.shell.getState();
  if (dialog !== null || signIn !== null || trust !== null || allow !== null) return false;

  if (key === 'f6') focusNextPane(shiftKey);
  else if (ctrlKey && !altKey && !shiftKey && key === ',')
    desk.shell.setState({ dialog: { kind: 'settings' } });
  else if (ctrlKey && shiftKey && key === 'e') focusFilter(desk);
  else if (key === 'f5' && !ctrlKey && !altKey && !shiftKey) {
    const row = currentSession(desk);
    if (row?.retrying === undefined) return false;
    void retryNow(desk, row);
  } else if (ctrlKey && shiftKey && !altKey && key === 'd') {
    const rows = chosenSessions(desk);
    if (rows.length === 0) return false;
    void toggleConnected(desk, rows);
  } else if ((ctrlKey && shiftKey && key === 'n') || (altKey && !ctrlKey && !shiftKey && key === 'n')) {
    if (active === null || active === welcomeTab) return false;
    void newSession(desk, active);
  } else if (ctrlKey && shiftKey && key === 'f') {
    const view = activeTerminal(desk);
    view?.setFinding(!view.state.getState().finding);
  } else if (ctrlKey !== altKey && !shiftKey && (key === 'pageup' || key === 'pagedown')) {
    stepTab(desk.tabs, key === 'pageup' ? -1 : 1);
    focusPage();
  } else if ((ctrlKey && shiftKey && key === 'w') || (altKey && !ctrlKey && !shiftKey && key === 'w')) {
    if (active !== null) closeTab(desk.tabs, active);
    focusPage();
  } else return false;
  event.preventDefault();
  event.stopPropagation();
  return true;
}

function activeTerminal(desk: Desk) {
  const shown = document.querySelector<HTMLElement>('[data-session-id]')?.dataset.sessionId;
  return shown === undefined ? undefined : desk.terminals.known(Number(shown));
}

/** The session that the shown page is about. */
function currentSession(desk: Desk): SessionRow | null {
  const { active } = desk.tabs.getState();
  if (active === null || active === welcomeTab) return null;
  const rows = desk.sessions.getState().rows.filter((row) => row.serverId === active);
  return currentRow(rows, serverTab(desk.tabs.getState(), active).selectedSession);
}

/** It, and those marked together with it. */
function chosenSessions(desk: Desk): readonly SessionRow[] {
  const row = currentSession(desk);
  if (row === null) return [];
  const { rows } = desk.sessions.getState();
  const { marked } = viewOf(desk.sessions.getState(), row.serverId);
  return rows.filter(
    (each) => each.id === row.id || (each.serverId === row.serverId && marked.includes(each.id)),
  );
}
