import type { HistoryLine } from '../../../shared/terminal.ts';
import type { Bridge } from '../../bridge/client.ts';
import { remembered } from './editing/history-lines.ts';

/**
 * The command lines of every server, as main keeps them, in each window: walking and searching them costs no call. Lists are never changed
 * in place, because what was looked for in one is remembered by the list.
 */
export interface HistoryStore {
  /** A server's lines, oldest first. */
  of(serverId: string): readonly string[];
  everywhere(): readonly string[];
  /** Fetches everything anew; until then what is known stays. */
  load(): Promise<void>;
  /** Tells of each line that was added, and of `null` when everything is to be taken anew. */
  onChange(listener: (added: HistoryLine | null) => void): () => void;
}

const none: readonly string[] = [];

export function createHistoryStore(bridge: Bridge): HistoryStore {
  let all: readonly string[] = none;
  let byServer = new Map<string, readonly string[]>();
  const listeners = new Set<(added: HistoryLine | null) => void>();
  let loading = 0;
  let early: HistoryLine[] = [];

  function changed(line: HistoryLine | null): void {
    for (const listener of listeners) listener(line);
  }

  function add({ serverId, text }: HistoryLine): void {
    all = remembered(all, text);
    byServer.set(serverId, remembered(byServer.get(serverId) ?? none, text));
  }

  bridge.on('history.added', (line) => {
    if (loading > 0) early.push(line);
    add(line);
    changed(line);
  });
  bridge.on('history.cleared', ({ serverId }) => {
    byServer.delete(serverId);
    // Whose lines the rest are is known to main alone.
    load().catch(() => undefined);
  });

  async function load(): Promise<void> {
    const mine = ++loading;
    early = [];
    const lines: HistoryLine[] = [];
    for (let from: number | null = 0; from !== null;) {
      const part: { lines: HistoryLine[]; next: number | null } = await bridge.call('history.load', { from });
      lines.push(...part.lines);
      from = part.next;
    }
    if (mine !== loading) return;
    loading = 0;
    all = lines.map((line) => line.text);
    const lists = new Map<string, string[]>();
    for (const { serverId, text } of lines) {
      const list = lists.get(serverId);
      if (list === undefined) lists.set(serverId, [text]);
      else list.push(text);
    }
    byServer = new Map(lists);
    for (const line of early.splice(0)) add(line);
    changed(null);
  }

  return {
    of: (serverId) => byServer.get(serverId) ?? none,
    everywhere: () => all,
    load,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
