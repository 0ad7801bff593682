import { createStore } from 'zustand/vanilla';
import type { StoreApi } from 'zustand/vanilla';
import type { AppError } from '../../shared/error.ts';
import type { SessionRow, ShellList } from '../../shared/session.ts';
import type { Bridge } from '../bridge/client.ts';

/** What a server's page shows of its sessions while it is open. */
export interface SessionView {
  /** The sessions of this run, or all that stands on the server. */
  readonly show: 'run' | 'server';
  /** Chosen together with the selected one, for verbs on many. */
  readonly marked: readonly number[];
  /** As Get-PSSession filters: by name, state, availability, configuration. */
  readonly filter: string;
  readonly list: ShellList | null;
  readonly listing: boolean;
  readonly failure: AppError | null;
  /** Shell ids; the last one is where the keyboard is. */
  readonly chosen: readonly string[];
}

export interface SessionsState {
  /** By Id, ascending. */
  rows: readonly SessionRow[];
  views: Readonly<Record<string, SessionView>>;
}

const freshView: SessionView = {
  show: 'run',
  marked: [],
  filter: '',
  list: null,
  listing: false,
  failure: null,
  chosen: [],
};

export function viewOf(state: SessionsState, serverId: string): SessionView {
  return state.views[serverId] ?? freshView;
}

export function patchView(store: SessionsStore, serverId: string, patch: Partial<SessionView>): void {
  store.setState((state) => ({
    views: { ...state.views, [serverId]: { ...viewOf(state, serverId), ...patch } },
  }));
}

/** The parameters of Get-PSSession, as a word of a filter names them. */
const filterFields = {
  id: (row) => [row.id],
  instance: (row) => [row.instanceId],
  name: (row) => [row.name],
  computer: (row) => [row.computerName, row.serverName],
  state: (row) => [row.state],
  config: (row) => [row.configurationName],
  avail: (row) => [row.availability],
} as const satisfies Readonly<Record<string, (row: SessionRow) => readonly (string | number)[]>>;

/** Every word has to stand in what the row says, or in the field that it names (`name:web*`); `*` and `?` as PowerShell's wildcards. */
export function filterRows(rows: readonly SessionRow[], filter: string): readonly SessionRow[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean).map(condition);
  return rows.filter((row) => words.every((holds) => holds(row)));
}

function condition(word: string): (row: SessionRow) => boolean {
  const [, field = '', rest = ''] = /^([a-z]+):(.+)$/.exec(word) ?? [];
  const named = Object.entries(filterFields).find(([name]) => name === field)?.[1];
  const pattern = wildcard(named === undefined ? word : rest);
  const fields = named === undefined ? Object.values(filterFields) : [named];
  return (row) => fields.some((read) => read(row).some((value) => pattern.test(String(value).toLowerCase())));
}

/** A word without wildcards may stand anywhere; one with them says where. */
function wildcard(word: string): RegExp {
  const escaped = word.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  if (!/[*?]/.test(word)) return new RegExp(escaped);
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}

export type SessionsStore = StoreApi<SessionsState>;

export function createSessionsStore(): SessionsStore {
  return createStore(() => ({ rows: [], views: {} }));
}

/** Rows that did not change keep their identity, so that only the changed one is drawn again. */
export function putSession(store: SessionsStore, row: SessionRow): void {
  store.setState(({ rows }) => {
    const at = rows.findIndex((known) => known.id === row.id);
    if (at >= 0) return { rows: rows.with(at, row) };
    return { rows: [...rows, row].toSorted((left, right) => left.id - right.id) };
  });
}

export function dropSession(store: SessionsStore, id: number): void {
  store.setState(({ rows, views }) => ({
    rows: rows.filter((row) => row.id !== id),
    views: Object.fromEntries(
      Object.entries(views).map(([serverId, view]) => [
        serverId,
        view.marked.includes(id) ? { ...view, marked: view.marked.filter((marked) => marked !== id) } : view,
      ]),
    ),
  }));
}

export async function loadSessions(store: SessionsStore, bridge: Bridge): Promise<void> {
  const rows = await bridge.call('sessions.list', {});
  store.setState({ rows: rows.toSorted((left, right) => left.id - right.id) });
}

/** The session states that still have something to come back to. */
export function isLive(row: SessionRow): boolean {
  return row.state !== 'Closed' && row.state !== 'Broken' && row.state !== 'Closing';
}

/** The row the page is about: the chosen one, else the one somebody is inside of, else the newest. */
export function currentRow(rows: readonly SessionRow[], chosen: number | null): SessionRow | null {
  return rows.find((row) => row.id === chosen) ?? rows.find((row) => row.entered) ?? rows.at(-1) ?? null;
}
