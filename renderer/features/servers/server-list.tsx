import { useVirtualizer } from '@tanstack/react-virtual';
import { LogIn, Pencil, SquareArrowOutUpRight, Trash2 } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { Server } from '../../../shared/server.ts';
import type { Desk } from '../../desk.ts';
import type { ServersState } from '../../stores/servers.ts';
import { filterServers, serverLabel } from '../../stores/servers.ts';
import { faceOfAll } from '../../stores/session-face.ts';
import { useDesk, useSlice } from '../../ui/desk-context.ts';
import type { GlyphName } from '../../ui/glyphs.tsx';
import { Glyph } from '../../ui/glyphs.tsx';
import type { MenuEntries } from '../../ui/menu.tsx';
import { WithContextMenu } from '../../ui/menu.tsx';
import { enterServer, openServer } from '../sessions/open-session.ts';

const rowHeight = 24;

const reachWords = { up: 'answers', down: 'no answer', unknown: 'not checked', opening: 'starting' } as const;

export function reachOf(server: Server, reach: ServersState['reach']): keyof typeof reachWords & GlyphName {
  switch (server.practice?.state) {
    case 'ready':
      return 'up';
    case 'starting':
      return 'opening';
    case 'unavailable':
      return 'down';
    default:
      return reach[server.id] ?? 'unknown';
  }
}

export function editServer(desk: Desk, server: Server, enterAfter = false): void {
  desk.shell.setState({ dialog: { kind: 'server', server, draft: {}, enterAfter } });
}

export function addServer(desk: Desk): void {
  desk.shell.setState({ dialog: { kind: 'server', server: null, draft: {}, enterAfter: false } });
}

export function serverEntries(desk: Desk, server: Server): MenuEntries {
  const common: MenuEntries = [
    {
      label: 'Enter',
      icon: <LogIn aria-hidden />,
      keys: 'Enter',
      run: () => void enterServer(desk, server.id),
    },
    {
      label: 'Open without entering',
      icon: <SquareArrowOutUpRight aria-hidden />,
      keys: 'Ctrl+Enter',
      run: () => void openServer(desk, server.id),
    },
  ];
  // The practice server comes with PSDeck; there is nothing to set on it.
  if (server.kind === 'practice') return common;
  return [
    ...common,
    null,
    { label: 'Edit', icon: <Pencil aria-hidden />, keys: 'F2', run: () => editServer(desk, server) },
    {
      label: 'Remove from the list',
      icon: <Trash2 aria-hidden />,
      keys: 'Delete',
      run: () => desk.shell.setState({ dialog: { kind: 'remove-server', server } }),
    },
  ];
}

function Node({ server, selected }: { server: Server; selected: boolean }) {
  const desk = useDesk();
  const told = useSlice(desk.servers, (state) => reachOf(server, state.reach));
  const rows = useSlice(desk.sessions, (state) => state.rows).filter((row) => row.serverId === server.id);
  const face = faceOfAll(rows);
  const cut = rows.some((row) => row.retrying?.kind === 'cut');
  const answers = rows.some((row) => row.state === 'Opened' && row.retrying?.kind !== 'cut');
  const name = serverLabel(server);
  const reach = answers ? 'up' : cut ? 'down' : told;
  return (
    <>
      <Glyph name={reach} label={server.practice?.message ?? reachWords[reach]} className="reach" />
      <span className="name" title={name === server.address ? name : `${name}, ${server.address}`}>
        {name}
      </span>
      {face === null ? null : (
        <span
          className="sessions"
          title={`${face.word}, ${String(rows.length)} ${rows.length === 1 ? 'session' : 'sessions'}`}
        >
          <Glyph name={face.glyph} />
          <span className="num">{rows.length}</span>
          <span className="hidden">{selected ? (rows.length === 1 ? 'session' : 'sessions') : ''}</span>
        </span>
      )}
    </>
  );
}

/** The list has the focus and not the line: its menu would otherwise open for nothing. */
function openMenu(server: Server): void {
  const line = document.querySelector<HTMLElement>(`#server-${CSS.escape(server.id)}`);
  if (line === null) return;
  const { left, bottom } = line.getBoundingClientRect();
  line.dispatchEvent(
    new MouseEvent('contextmenu', {
      bubbles: true,
      cancelable: true,
      // Below the name, so that it stays readable.
      clientX: left + 16,
      clientY: bottom,
    }),
  );
}

/** One line a server, drawn only where it is seen. The list itself has the focus; its selected line is what keys act on. */
export function ServerList() {
  const desk = useDesk();
  const servers = useSlice(desk.servers, (state) => state.servers);
  const filter = useSlice(desk.servers, (state) => state.filter);
  const selectedId = useSlice(desk.servers, (state) => state.selectedId);
  const loaded = useSlice(desk.servers, (state) => state.loaded);
  const box = useRef<HTMLDivElement>(null);
  const shown = filterServers(servers, filter);
  const at = shown.findIndex((server) => server.id === selectedId);
  // oxlint-disable-next-line react/incompatible-library -- it only keeps React's compiler from memoising this component, and none is used
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    initialRect: { width: 272, height: 600 },
  });

  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at);
  }, [at, virtual]);

  const hint = !loaded
    ? null
    : shown.length === 0
      ? servers.length === 0
        ? 'No servers yet. Add the first one with the plus above.'
        : `No server matches “${filter}”.`
      : filter === '' && servers.every((server) => server.kind === 'practice')
        ? 'Your servers go here. Add the first one with the plus above.'
        : null;

  function select(index: number): void {
    const server = shown[Math.max(0, Math.min(index, shown.length - 1))];
    if (server !== undefined) desk.servers.setState({ selectedId: server.id });
  }

  function onKeyDown(event: React.KeyboardEvent): void {
    const server = shown[at];
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 240) / rowHeight) - 1);
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: Math.max(0, at - 1),
      Home: 0,
      End: shown.length - 1,
      PageDown: at + page,
      PageUp: Math.max(0, at - page),
    };
    const to = moves[event.key];
    if (to !== undefined) select(to);
    else if (server === undefined) return;
    else if (event.key === 'Enter' && event.ctrlKey) void openServer(desk, server.id);
    else if (event.key === 'Enter') void enterServer(desk, server.id);
    else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) openMenu(server);
    else if (event.key === 'F2' && server.kind !== 'practice') editServer(desk, server);
    else if (event.key === 'Delete' && server.kind !== 'practice') {
      desk.shell.setState({ dialog: { kind: 'remove-server', server } });
    } else return;
    event.preventDefault();
  }

  return (
    <>
      <div
        ref={box}
        className={hint === null ? 'tree' : 'tree few'}
        role="listbox"
        aria-label="Servers"
        tabIndex={0}
        data-pane="servers"
        aria-activedescendant={at < 0 ? undefined : `server-${shown[at]?.id ?? ''}`}
        onKeyDown={onKeyDown}
      >
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }} role="presentation">
          {virtual.getVirtualItems().map((item) => {
            const server = shown[item.index];
            if (server === undefined) return null;
            const selected = server.id === selectedId;
            return (
              <WithContextMenu key={server.id} entries={serverEntries(desk, server)}>
                <div
                  id={`server-${server.id}`}
                  className={selected ? 'node sel' : 'node'}
                  role="option"
                  aria-selected={selected}
                  aria-posinset={item.index + 1}
                  aria-setsize={shown.length}
                  style={{ transform: `translateY(${String(item.start)}px)` }}
                  onMouseDown={() => desk.servers.setState({ selectedId: server.id })}
                  onDoubleClick={() => void enterServer(desk, server.id)}
                >
                  <Node server={server} selected={selected} />
                </div>
              </WithContextMenu>
            );
          })}
        </div>
      </div>
      {hint === null ? null : (
        <p className="side-empty" role="status">
          {hint}
        </p>
      )}
      <div className="side-foot">
        <span className="grow num" aria-live="polite">
          {filter === ''
            ? `${String(servers.length)} ${servers.length === 1 ? 'server' : 'servers'}`
            : `${String(shown.length)} of ${String(servers.length)} ${servers.length === 1 ? 'server' : 'servers'}`}
        </span>
      </div>
    </>
  );
}
