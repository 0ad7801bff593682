import { createStore } from 'zustand/vanilla';
import type { StoreApi } from 'zustand/vanilla';
import type { SessionRow } from '../../shared/session.ts';
import type { Bridge } from '../bridge/client.ts';

export interface SessionsState {
  /** By Id, ascending. */
  rows: readonly SessionRow[];
}

export type SessionsStore = StoreApi<SessionsState>;

export function createSessionsStore(): SessionsStore {
  return createStore(() => ({ rows: [] }));
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
  store.setState(({ rows }) => ({ rows: rows.filter((row) => row.id !== id) }));
}

export async function loadSessions(store: SessionsStore, bridge: Bridge): Promise<void> {
  const rows = await bridge.call('sessions.list', {});
  store.setState({ rows: rows.toSorted((left, right) => left.id - right.id) });
}

/** The session states that still have something to come back to. */
export function isLive(row: SessionRow): boolean {
  return row.state !== 'Closed' && row.state !== 'Broken' && row.state !== 'Closing';
}
