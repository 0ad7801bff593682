import { createStore } from 'zustand/vanilla';
import type { StoreApi } from 'zustand/vanilla';
import type { Server } from '../../shared/server.ts';
import type { Bridge } from '../bridge/client.ts';

export interface ServersState {
  servers: readonly Server[];
  loaded: boolean;
  filter: string;
  selectedId: string | null;
  /** What the last try to reach a server told: nothing is known of the others. */
  reach: Readonly<Record<string, 'up' | 'down'>>;
}

export type ServersStore = StoreApi<ServersState>;

export function createServersStore(): ServersStore {
  return createStore(() => ({ servers: [], loaded: false, filter: '', selectedId: null, reach: {} }));
}

/** What a server is called on screen. */
export function serverLabel(server: Server): string {
  return server.name === '' ? server.address : server.name;
}

/** Every word of the filter has to stand in the name, the address or the user name. */
export function filterServers(servers: readonly Server[], filter: string): readonly Server[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return servers;
  return servers.filter((server) => {
    const text = `${server.name} ${server.address} ${server.userName}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function byName(left: Server, right: Server): number {
  // The practice server stands last: it is a place to try things, never one somebody looks for among their own.
  if (left.kind !== right.kind) return left.kind === 'practice' ? 1 : -1;
  return serverLabel(left).localeCompare(serverLabel(right), undefined, {
    numeric: true,
    sensitivity: 'base',
  });
}

export function setServers(store: ServersStore, servers: readonly Server[]): void {
  const sorted = servers.toSorted(byName);
  store.setState((state) => ({
    servers: sorted,
    loaded: true,
    selectedId: sorted.some((server) => server.id === state.selectedId)
      ? state.selectedId
      : (sorted[0]?.id ?? null),
  }));
}

export function putServer(store: ServersStore, server: Server): void {
  const others = store.getState().servers.filter((known) => known.id !== server.id);
  setServers(store, [...others, server]);
}

export function noteReach(store: ServersStore, id: string, reach: 'up' | 'down'): void {
  store.setState((state) => ({ reach: { ...state.reach, [id]: reach } }));
}

export async function loadServers(store: ServersStore, bridge: Bridge): Promise<void> {
  setServers(store, await bridge.call('servers.list', {}));
}
