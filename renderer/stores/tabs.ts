import { createStore } from 'zustand/vanilla';
import type { StoreApi } from 'zustand/vanilla';
import type { AppError } from '../../shared/error.ts';

/** `welcome`, or the id of a server. */
export type TabId = string;
export const welcomeTab = 'welcome';

export interface Failure {
  readonly error: AppError;
  /** What was tried with one session is said in its place only; null where none came to be. */
  readonly sessionId: number | null;
  /** It was to be entered. */
  readonly enter: boolean;
  /** The same once more. */
  readonly again: () => Promise<unknown>;
}

/** What a server's tab remembers while it is open. */
export interface ServerTab {
  selectedSession: number | null;
  /** A session is being opened for it. */
  opening: boolean;
  /** The last try failed, and this is what its panel says. */
  failure: Failure | null;
}

export interface TabsState {
  order: readonly TabId[];
  active: TabId | null;
  servers: Readonly<Record<string, ServerTab>>;
}

export type TabsStore = StoreApi<TabsState>;

const freshTab: ServerTab = { selectedSession: null, opening: false, failure: null };

export function createTabsStore(): TabsStore {
  return createStore(() => ({ order: [welcomeTab], active: welcomeTab, servers: {} }));
}

export function serverTab(state: TabsState, serverId: string): ServerTab {
  return state.servers[serverId] ?? freshTab;
}

/** What stands in the place of that session, or of none. */
export function failureOf(tab: ServerTab, sessionId: number | null): Failure | null {
  const { failure } = tab;
  return failure?.sessionId === null || failure?.sessionId === sessionId ? failure : null;
}

/** Another session is looked at: what failed without one has been read. */
export function selectSession(store: TabsStore, serverId: string, sessionId: number): void {
  const { failure } = serverTab(store.getState(), serverId);
  patchServerTab(store, serverId, {
    selectedSession: sessionId,
    failure: failure?.sessionId === null ? null : failure,
  });
}

export function openTab(store: TabsStore, id: TabId): void {
  store.setState(({ order }) => ({ order: order.includes(id) ? order : [...order, id], active: id }));
}

/** Closing the active tab shows its right neighbour, else its left one. */
export function closeTab(store: TabsStore, id: TabId): void {
  store.setState(({ order, active, servers }) => {
    const at = order.indexOf(id);
    if (at < 0) return {};
    const left = order.filter((tab) => tab !== id);
    const { [id]: _closed, ...others } = servers;
    return {
      order: left,
      servers: others,
      active: active === id ? (left[at] ?? left[at - 1] ?? null) : active,
    };
  });
}

export function stepTab(store: TabsStore, by: 1 | -1): void {
  store.setState(({ order, active }) => {
    if (active === null || order.length === 0) return {};
    const at = (order.indexOf(active) + by + order.length) % order.length;
    return { active: order[at] ?? active };
  });
}

export function patchServerTab(store: TabsStore, serverId: string, patch: Partial<ServerTab>): void {
  store.setState((state) => ({
    servers: { ...state.servers, [serverId]: { ...serverTab(state, serverId), ...patch } },
  }));
}
