import {
  Download,
  Link2,
  LogIn,
  LogOut,
  Play,
  RotateCw,
  SlidersHorizontal,
  Trash2,
  Unplug,
} from 'lucide-react';
import { useEffect, useRef } from 'react';
import { USUAL_IDLE_MS, type SessionRow } from '../../../shared/session.ts';
import type { Desk } from '../../desk.ts';
import { faceOf } from '../../stores/session-face.ts';
import { patchView, viewOf } from '../../stores/sessions.ts';
import { selectSession } from '../../stores/tabs.ts';
import { useDesk, useSlice } from '../../ui/desk-context.ts';
import { Glyph } from '../../ui/glyphs.tsx';
import { WithContextMenu, type MenuEntries } from '../../ui/menu.tsx';
import { canInvoke } from './invoke-many.ts';
import {
  askRemoveSessions,
  canConnect,
  canDisconnect,
  connectSessions,
  disconnectSessions,
  leaveSession,
  openOrEnter,
  retryNow,
} from './session-verbs.ts';
import { shortTime, useNow, span } from './times.ts';

/** From when on a session that its server will end is worth a warning: a tenth of two hours. */
const ENDS_SOON_MS = 12 * 60_000;

function note(row: SessionRow, now: number): { text: string; bad: boolean } {
  const { retrying, keptUntil, reason } = row;
  if (retrying?.kind === 'cut')
    return {
      text: row.availability === 'Busy' ? 'Interrupted, runs on there' : 'Interrupted, trying again',
      bad: false,
    };
  if (retrying?.kind === 'held') return { text: 'In use by another client, asking again', bad: false };
  if (row.state === 'Disconnected' && keptUntil !== undefined) {
    if (keptUntil <= now) return { text: `Idle time over at ${shortTime(keptUntil)}`, bad: true };
    return { text: `Kept until ${shortTime(keptUntil)}`, bad: keptUntil - now < ENDS_SOON_MS };
  }
  if (reason !== undefined) return { text: reason.title, bad: row.state === 'Broken' };
  if (row.missed !== undefined)
    return {
      text: row.missed === 1 ? '1 message missing' : `${String(row.missed)} messages missing`,
      bad: true,
    };
  if (row.restricted === true && row.entered) return { text: 'Inside, restricted endpoint', bad: false };
  if (row.entered) return { text: row.endsOnExit ? 'Inside, ends on exit' : 'Inside', bad: false };
  if (row.state === 'Opened') {
    const { idleTimeoutMs: idle = USUAL_IDLE_MS } = row;
    const kept = idle === USUAL_IDLE_MS ? '' : `, idle timeout ${span(idle)}`;
    return { text: `Not entered${kept}`, bad: false };
  }
  return { text: '', bad: false };
}

/** What can be done with the chosen sessions, for the menu; a key stands beside what has one. */
export function sessionEntries(desk: Desk, rows: readonly SessionRow[]): MenuEntries {
  const [row] = rows;
  if (row === undefined) return [];
  const one = rows.length === 1;
  const entries: MenuEntries = one
    ? [
        row.entered
          ? { label: 'Exit', icon: <LogOut aria-hidden />, run: () => void leaveSession(desk, row) }
          : {
              label: 'Enter',
              icon: <LogIn aria-hidden />,
              keys: 'Enter',
              disabled: row.state !== 'Opened' && row.state !== 'Disconnected',
              run: () => void openOrEnter(desk, row),
            },
        ...(row.retrying === undefined
          ? []
          : [
              {
                label: 'Try now',
                icon: <RotateCw aria-hidden />,
                keys: 'F5',
                run: () => void retryNow(desk, row),
              },
            ]),
        null,
      ]
    : [];
  const away = rows.filter(canConnect);
  const here = rows.filter(canDisconnect);
  return [
    ...entries,
    {
      label: 'Connect',
      icon: <Link2 aria-hidden />,
      // One key for both: it disconnects what can be disconnected first.
      ...(here.length === 0 ? { keys: 'Ctrl+Shift+D' } : {}),
      disabled: away.length === 0,
      run: () => void connectSessions(desk, away, true),
    },
    {
      label: 'Receive output only',
      icon: <Download aria-hidden />,
      disabled: away.length === 0,
      run: () => void connectSessions(desk, away, false),
    },
    {
      label: 'Disconnect',
      icon: <Unplug aria-hidden />,
      ...(here.length > 0 ? { keys: 'Ctrl+Shift+D' } : {}),
      disabled: here.length === 0,
      run: () => void disconnectSessions(desk, here),
    },
    {
      label: 'Invoke-Command…',
      icon: <Play aria-hidden />,
      keys: 'Ctrl+Enter',
      disabled: !rows.some(canInvoke),
      run: () => askInvoke(desk, rows),
    },
    {
      label: 'Disconnect with options…',
      icon: <SlidersHorizontal aria-hidden />,
      disabled: here.length === 0,
      run: () => desk.shell.setState({ dialog: { kind: 'disconnect-session', sessions: here } }),
    },
    null,
    {
      label: one ? 'Remove' : `Remove ${String(rows.length)} sessions`,
      icon: <Trash2 aria-hidden />,
      keys: 'Delete',
      run: () => void askRemoveSessions(desk, rows),
    },
  ];
}

/** One line in each of them. */
function askInvoke(desk: Desk, rows: readonly SessionRow[]): void {
  desk.shell.setState({ dialog: { kind: 'invoke-sessions', sessions: rows } });
}

function Row({
  row,
  selected,
  chosen,
  onSelect,
}: {
  row: SessionRow;
  selected: boolean;
  /** The selected one, or marked together with it. */
  chosen: boolean;
  onSelect: (event: React.MouseEvent) => void;
}) {
  const desk = useDesk();
  const element = useRef<HTMLTableRowElement>(null);
  const { state, availability } = faceOf(row);
  const { text, bad } = note(row, useNow(row.keptUntil !== undefined));
  useEffect(() => {
    if (selected) element.current?.scrollIntoView({ block: 'nearest' });
  }, [selected]);
  return (
    <tr
      ref={element}
      className={selected ? 'sel' : chosen ? 'also' : ''}
      aria-selected={chosen}
      tabIndex={selected ? 0 : -1}
      data-session={row.id}
      onClick={onSelect}
      onContextMenu={(event) => {
        if (!chosen) onSelect(event);
      }}
      onDoubleClick={() => void openOrEnter(desk, row)}
    >
      <td className="r">{row.id}</td>
      <td className={row.entered ? 'strong' : ''} title={row.name}>
        {row.name}
      </td>
      <td title={row.computerName}>{row.computerName}</td>
      <td>
        <span className="state">
          <Glyph name={state.glyph} />
          <span>{state.word}</span>
        </span>
      </td>
      <td title={row.configurationName}>{row.configurationName}</td>
      <td>
        <span className="state">
          {availability.glyph === null ? null : <Glyph name={availability.glyph} />}
          <span>{availability.word}</span>
        </span>
      </td>
      <td className="note" title={text}>
        <span className={bad ? 'bad' : ''}>{text}</span>
      </td>
    </tr>
  );
}

/**
 * The sessions of one server, as Get-PSSession lists them. Arrows select, with Shift or Ctrl+Space several; Enter goes inside, Ctrl+Enter
 * runs one line in each, Delete removes, Ctrl+Shift+D disconnects or connects.
 */
export function SessionTable({
  serverId,
  rows,
  selected,
}: {
  serverId: string;
  rows: readonly SessionRow[];
  selected: SessionRow | null;
}) {
  const desk = useDesk();
  const grid = useRef<HTMLDivElement>(null);
  const marked = useSlice(desk.sessions, (state) => viewOf(state, serverId).marked);
  const chosen = rows.filter((row) => row.id === selected?.id || marked.includes(row.id));

  function mark(ids: readonly number[]): void {
    patchView(desk.sessions, serverId, { marked: ids });
  }

  function select(row: SessionRow | undefined, keep: 'none' | 'toggle' | 'range'): void {
    if (row === undefined) return;
    if (keep === 'none') mark([]);
    else if (keep === 'range' && selected !== null) {
      const from = rows.findIndex((each) => each.id === selected.id);
      const to = rows.findIndex((each) => each.id === row.id);
      const range = rows.slice(Math.min(from, to), Math.max(from, to) + 1).map((each) => each.id);
      mark([...new Set([...marked, ...range])]);
    } else if (keep === 'toggle' && selected !== null) {
      mark(
        marked.includes(row.id)
          ? marked.filter((id) => id !== row.id)
          : [...new Set([...marked, selected.id, row.id])],
      );
    }
    selectSession(desk.tabs, serverId, row.id);
    grid.current?.querySelector<HTMLElement>(`[data-session="${String(row.id)}"]`)?.focus();
  }

  function onKeyDown(event: React.KeyboardEvent): void {
    const at = selected === null ? -1 : rows.findIndex((row) => row.id === selected.id);
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: Math.min(at + 1, rows.length - 1),
      ArrowUp: Math.max(at - 1, 0),
      Home: 0,
      End: rows.length - 1,
    };
    const to = moves[event.key];
    if (to !== undefined) select(rows[to], event.shiftKey ? 'range' : 'none');
    else if (event.ctrlKey && event.key === 'a') mark(rows.map((row) => row.id));
    else if (event.key === 'Escape' && marked.length > 0) mark([]);
    else if (selected === null) return;
    else if (event.ctrlKey && event.key === ' ')
      mark(
        marked.includes(selected.id) ? marked.filter((id) => id !== selected.id) : [...marked, selected.id],
      );
    else if (event.key === 'Enter' && event.ctrlKey) askInvoke(desk, chosen);
    else if (event.key === 'Enter') void openOrEnter(desk, selected);
    else if (event.key === 'Delete') void askRemoveSessions(desk, chosen);
    else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) openMenu(selected.id);
    else return;
    event.preventDefault();
  }

  return (
    <div className="grid" ref={grid} data-pane="sessions">
      <WithContextMenu entries={() => sessionEntries(desk, chosen)}>
        <table role="grid" aria-label="Sessions" aria-multiselectable onKeyDown={onKeyDown}>
          <colgroup>
            <col style={{ width: 52 }} />
            <col style={{ width: '13%' }} />
            <col style={{ width: '13%' }} />
            <col style={{ width: '13%' }} />
            <col style={{ width: '19%' }} />
            <col style={{ width: '13%' }} />
            <col />
          </colgroup>
          <thead>
            <tr>
              <th className="r" scope="col">
                Id
              </th>
              <th scope="col">Name</th>
              <th scope="col">ComputerName</th>
              <th scope="col">State</th>
              <th scope="col">ConfigurationName</th>
              <th scope="col">Availability</th>
              <th scope="col">
                <span className="hidden">Note</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row
                key={row.id}
                row={row}
                selected={row.id === selected?.id}
                chosen={row.id === selected?.id || marked.includes(row.id)}
                onSelect={(event) =>
                  select(row, event.ctrlKey || event.metaKey ? 'toggle' : event.shiftKey ? 'range' : 'none')
                }
              />
            ))}
          </tbody>
        </table>
      </WithContextMenu>
    </div>
  );
}

/** Below the name of the line, as if it had been clicked there. */
function openMenu(sessionId: number): void {
  const line = document.querySelector<HTMLElement>(`[data-session="${String(sessionId)}"]`);
  if (line === null) return;
  const { left, bottom } = line.getBoundingClientRect();
  line.dispatchEvent(
    new MouseEvent('contextmenu', { bubbles: true, cancelable: true, clientX: left + 60, clientY: bottom }),
  );
}
