import { Ellipsis, ListFilter, LogIn, Plus } from 'lucide-react';
import type { Server } from '../../../shared/server.ts';
import type { SessionRow } from '../../../shared/session.ts';
import { serverLabel } from '../../stores/servers.ts';
import { currentRow, filterRows, isLive, patchView, viewOf } from '../../stores/sessions.ts';
import { failureOf, patchServerTab, serverTab } from '../../stores/tabs.ts';
import { useDesk, useSlice } from '../../ui/desk-context.ts';
import { Glyph } from '../../ui/glyphs.tsx';
import { MenuButton } from '../../ui/menu.tsx';
import { newSessionKey } from '../../ui/keys.ts';
import { editServer, serverEntries } from '../servers/server-list.tsx';
import { TerminalPane } from '../terminal/terminal-pane.tsx';
import { enterServer, newSession } from './open-session.ts';
import { listShells } from './session-verbs.ts';
import { SessionTable } from './session-table.tsx';
import { ShellQuota, ShellTable } from './shell-table.tsx';
import { Trouble } from './trouble.tsx';

export function useServerRows(serverId: string | null): readonly SessionRow[] {
  const desk = useDesk();
  return useSlice(desk.sessions, (state) => state.rows).filter((row) => row.serverId === serverId);
}

/** That something is on its way, and what takes the time where main says so (the practice server's engine is built once). */
function Opening({ server, text }: { server: Server; text: string }) {
  const doing = server.practice?.state === 'starting' ? server.practice.message : undefined;
  return (
    <div className="blank" role="status">
      <span className="state">
        <Glyph name="opening" />
        <span>{text}</span>
      </span>
      {doing === undefined ? null : <p className="doing">{doing}</p>}
    </div>
  );
}

function Facts({ server, rows }: { server: Server; rows: readonly SessionRow[] }) {
  const told = rows.find((row) => row.psVersion !== undefined || row.os !== undefined);
  const scheme = server.https ? 'HTTPS' : 'HTTP';
  // The practice server gets its port when it starts.
  const listens = server.practice === undefined || server.practice.state === 'ready';
  return (
    <div className="facts grow">
      <span>{listens ? `${server.address}:${String(server.port)}` : server.address}</span>
      <span>{scheme}</span>
      {told?.os === undefined ? null : <span>{told.os}</span>}
      {told?.psVersion === undefined ? null : <span>PowerShell {told.psVersion}</span>}
    </div>
  );
}

/** The sessions of this run, or everything of the user on the server; and which of the first are shown. */
function Views({ server, rows }: { server: Server; rows: readonly SessionRow[] }) {
  const desk = useDesk();
  const { show, filter, list } = useSlice(desk.sessions, (state) => viewOf(state, server.id));
  const tabs = [
    { value: 'run', label: 'This run', count: rows.length },
    { value: 'server', label: 'On the server', count: list?.shells.length },
  ] as const;
  return (
    <div className="views">
      <div role="tablist" aria-label="Which sessions" className="views-list">
        {tabs.map(({ value, label, count }) => (
          <button
            key={value}
            type="button"
            role="tab"
            aria-selected={show === value}
            tabIndex={show === value ? 0 : -1}
            onClick={() => {
              patchView(desk.sessions, server.id, { show: value });
              if (value === 'server' && list !== null) void listShells(desk, server.id);
            }}
            onKeyDown={(event) => {
              if (event.key === 'F5' && show === 'server') {
                event.preventDefault();
                void listShells(desk, server.id);
              }
              if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
              patchView(desk.sessions, server.id, { show: show === 'run' ? 'server' : 'run' });
              const strip = event.currentTarget.parentElement;
              requestAnimationFrame(() =>
                strip?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus(),
              );
              event.preventDefault();
            }}
          >
            {label} {count === undefined ? null : <span className="num">{count}</span>}
          </button>
        ))}
      </div>
      {show === 'server' ? (
        <ShellQuota serverId={server.id} />
      ) : rows.length < FILTER_FROM && filter === '' ? null : (
        <label className="field soft-edge">
          <ListFilter aria-hidden />
          <input
            value={filter}
            placeholder="Filter"
            title="Words of any column, or of one, as name:web* state:disc* id:3 config: computer: avail: instance:; * and ? stand for any"
            aria-label="Filter sessions"
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => patchView(desk.sessions, server.id, { filter: event.target.value })}
            onKeyDown={(event) => {
              if (event.key === 'Escape') patchView(desk.sessions, server.id, { filter: '' });
            }}
          />
        </label>
      )}
    </div>
  );
}

/** Fewer sessions are seen at a glance. */
const FILTER_FROM = 5;

export function ServerPage({ server }: { server: Server }) {
  const desk = useDesk();
  const tab = useSlice(desk.tabs, (state) => serverTab(state, server.id));
  const shell = useSlice(desk.shell, (state) => state.info?.shell);
  const rows = useServerRows(server.id);
  const { show, filter } = useSlice(desk.sessions, (state) => viewOf(state, server.id));
  const row = currentRow(rows, tab.selectedSession);
  const shown = filterRows(rows, filter);
  const name = serverLabel(server);
  const failure = failureOf(tab, row?.id ?? null);

  return (
    <>
      <div className="head">
        <h1>{name}</h1>
        <Facts server={server} rows={rows} />
        <button
          type="button"
          className="btn"
          disabled={tab.opening}
          onClick={() => void newSession(desk, server.id)}
        >
          <Plus aria-hidden />
          New session <kbd>{newSessionKey(shell)}</kbd>
        </button>
        <MenuButton
          entries={[
            {
              label: 'New session with options…',
              icon: <Plus aria-hidden />,
              run: () => desk.shell.setState({ dialog: { kind: 'new-session', serverId: server.id } }),
            },
            null,
            ...serverEntries(desk, server),
          ]}
        >
          <button type="button" className="iconbtn" aria-label={`More about ${name}`}>
            <Ellipsis aria-hidden />
          </button>
        </MenuButton>
      </div>
      <Views server={server} rows={rows} />
      {show === 'server' || rows.length === 0 ? null : shown.length === 0 ? (
        <p className="termnote" role="status">
          No session matches “{filter}”.
        </p>
      ) : (
        <SessionTable serverId={server.id} rows={shown} selected={row} />
      )}
      {show === 'server' ? (
        <ShellTable key={server.id} serverId={server.id} />
      ) : failure !== null ? (
        <Trouble
          error={failure.error}
          onRetry={() => {
            patchServerTab(desk.tabs, server.id, { failure: null });
            void failure.again();
          }}
          {...(server.kind === 'practice' || failure.sessionId !== null
            ? {}
            : { onEdit: () => editServer(desk, server, failure.enter) })}
        >
          {row !== null && isLive(row) ? (
            <button
              type="button"
              className="btn"
              onClick={() => patchServerTab(desk.tabs, server.id, { failure: null })}
            >
              Back to the session
            </button>
          ) : null}
        </Trouble>
      ) : row === null ? (
        tab.opening ? (
          <Opening server={server} text={`Opening a session on ${name}…`} />
        ) : (
          <div className="blank">
            <p>No session on {name}.</p>
            <div className="do">
              <button type="button" className="btn primary" onClick={() => void enterServer(desk, server.id)}>
                <LogIn aria-hidden />
                Enter {name}
              </button>
            </div>
          </div>
        )
      ) : row.state === 'Opening' || row.state === 'BeforeOpen' ? (
        <Opening server={server} text={`Opening ${row.name} on ${name}…`} />
      ) : (
        <TerminalPane row={row} />
      )}
    </>
  );
}
