import { RotateCw, Trash2, TriangleAlert } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { ShellRow } from '../../../shared/session.ts';
import { patchView, viewOf } from '../../stores/sessions.ts';
import { useDesk, useSlice } from '../../ui/desk-context.ts';
import { Glyph } from '../../ui/glyphs.tsx';
import { listShells, takeOver } from './session-verbs.ts';
import { shortTime, span } from './times.ts';

/** Idle for so long, a shell is offered for clearing away together with its like. */
const STALE_MS = 24 * 3600_000;

interface Group {
  readonly title: string;
  readonly shells: readonly ShellRow[];
}

function groupsOf(shells: readonly ShellRow[]): Group[] {
  const ours = shells.filter(isOurs);
  const before = shells.filter((shell) => !isOurs(shell) && shell.fromEarlierRun);
  const rest = shells.filter((shell) => !isOurs(shell) && !shell.fromEarlierRun);
  return [
    { title: 'Yours, from before PSDeck ended', shells: before },
    { title: 'Yours, from other computers and tools', shells: rest.filter((shell) => shell.isPowerShell) },
    { title: 'Command shells', shells: rest.filter((shell) => !shell.isPowerShell) },
    { title: 'Sessions of this window', shells: ours },
  ].filter((group) => group.shells.length > 0);
}

/** A session of this window, or what completes for one. */
function isOurs({ sessionId, completesFor }: ShellRow): boolean {
  return sessionId !== undefined || completesFor !== undefined;
}

export function canTakeOver(shell: ShellRow): boolean {
  return shell.isPowerShell && !isOurs(shell);
}

function childrenOf({ childProcesses }: ShellRow): string | undefined {
  if (childProcesses === undefined) return undefined;
  return childProcesses === 1 ? '1 child process' : `${String(childProcesses)} child processes`;
}

function note(shell: ShellRow, listedAt: number): string {
  if (shell.sessionId !== undefined) return `Session ${String(shell.sessionId)} here`;
  if (shell.completesFor !== undefined) return `For session ${String(shell.completesFor)}`;
  if (shell.state === 'Connected') return 'In use';
  const { idleTimeoutMs, idleMs } = shell;
  if (idleTimeoutMs === undefined || idleMs === undefined) return '';
  return `Ends at ${shortTime(listedAt + idleTimeoutMs - idleMs)}`;
}

function Quota({ used, most, user }: { used: number; most: number; user: string | undefined }) {
  const full = used >= most;
  return (
    <span className={full ? 'quota full' : 'quota'}>
      Shells{user === undefined ? '' : ` of ${user}`}
      <span
        className="bar"
        role="meter"
        aria-label="Shells used"
        aria-valuenow={used}
        aria-valuemin={0}
        aria-valuemax={most}
      >
        <i style={{ width: `${String(Math.min(100, (used / most) * 100))}%` }} />
      </span>
      <span className="num">
        {used} of {most}
      </span>
    </span>
  );
}

/** How many shells the user has there, of how many. */
export function ShellQuota({ serverId }: { serverId: string }) {
  const desk = useDesk();
  const list = useSlice(desk.sessions, (state) => viewOf(state, serverId).list);
  if (list?.mostShells === undefined) return null;
  return <Quota used={list.shells.length} most={list.mostShells} user={list.userName} />;
}

function Line({
  shell,
  serverId,
  chosen,
  focused,
  listedAt,
  choose,
}: {
  shell: ShellRow;
  serverId: string;
  chosen: boolean;
  focused: boolean;
  listedAt: number;
  choose: (shell: ShellRow, add: boolean) => void;
}) {
  const desk = useDesk();
  const glyph = shell.state === 'Connected' ? (isOurs(shell) ? 'opened' : 'held') : 'off';
  const text = note(shell, listedAt);
  return (
    <tr
      className={focused ? 'sel' : chosen ? 'also' : ''}
      aria-selected={chosen}
      tabIndex={focused ? 0 : -1}
      data-shell={shell.shellId}
      onClick={(event) => choose(shell, event.ctrlKey || event.metaKey)}
      onDoubleClick={() => {
        if (canTakeOver(shell)) void takeOver(desk, serverId, [shell.shellId], true);
      }}
    >
      <td>
        <input
          type="checkbox"
          tabIndex={-1}
          aria-label={`Choose ${shell.name}`}
          checked={chosen}
          onChange={() => choose(shell, true)}
          onClick={(event) => event.stopPropagation()}
        />
      </td>
      <td title={shell.shellId}>{shell.name === '' ? shell.shellId.slice(0, 8) : shell.name}</td>
      <td>
        <span className="state">
          <Glyph name={glyph} />
          <span>{shell.state}</span>
        </span>
      </td>
      <td title={shell.configurationName}>{shell.configurationName}</td>
      <td title={shell.clientIp}>{shell.clientIp ?? ''}</td>
      <td className="r">{shell.idleMs === undefined ? '' : span(shell.idleMs)}</td>
      <td className="r">{shell.ageMs === undefined ? '' : span(shell.ageMs)}</td>
      <td className="r">{shell.memory ?? ''}</td>
      <td className="r" title={childrenOf(shell)}>
        {shell.processId ?? ''}
      </td>
      <td className="note" title={text}>
        {text}
      </td>
    </tr>
  );
}

/** Everything of the signed-in user on the server, by where it came from. Space chooses, Enter takes over, Delete removes, F5 lists again. */
export function ShellTable({ serverId }: { serverId: string }) {
  const desk = useDesk();
  const { list, listing, failure, chosen } = useSlice(desk.sessions, (state) => viewOf(state, serverId));
  const grid = useRef<HTMLDivElement>(null);
  const asked = useRef(false);
  useEffect(() => {
    if (asked.current) return;
    asked.current = true;
    void listShells(desk, serverId);
  }, [desk, serverId]);

  const groups = groupsOf(list?.shells ?? []);
  const order = groups.flatMap((group) => group.shells);
  const focused = order.find((shell) => shell.shellId === chosen.at(-1)) ?? order[0];
  // Where nothing is ticked, the line that the keyboard is on is meant.
  const picked =
    chosen.length === 0
      ? focused === undefined
        ? []
        : [focused]
      : order.filter((shell) => chosen.includes(shell.shellId));
  const takeable = picked.filter(canTakeOver);
  const stale = order.filter(
    (shell) =>
      shell.sessionId === undefined && shell.state === 'Disconnected' && (shell.idleMs ?? 0) >= STALE_MS,
  );

  function setChosen(ids: readonly string[]): void {
    patchView(desk.sessions, serverId, { chosen: ids });
    const last = ids.at(-1);
    if (last !== undefined)
      requestAnimationFrame(() =>
        grid.current?.querySelector<HTMLElement>(`[data-shell="${CSS.escape(last)}"]`)?.focus(),
      );
  }

  function choose(shell: ShellRow, add: boolean): void {
    if (!add) setChosen([shell.shellId]);
    else if (chosen.includes(shell.shellId)) setChosen(chosen.filter((id) => id !== shell.shellId));
    else setChosen([...chosen, shell.shellId]);
  }

  function askRemove(): void {
    if (picked.length === 0) return;
    desk.shell.setState({
      dialog: { kind: 'remove-shells', serverId, shellIds: picked.map((shell) => shell.shellId) },
    });
  }

  function onKeyDown(event: React.KeyboardEvent): void {
    const at = focused === undefined ? -1 : order.indexOf(focused);
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: Math.min(at + 1, order.length - 1),
      ArrowUp: Math.max(at - 1, 0),
      Home: 0,
      End: order.length - 1,
    };
    const to = moves[event.key];
    const next = to === undefined ? undefined : order[to];
    if (next !== undefined) choose(next, event.shiftKey && !chosen.includes(next.shellId));
    else if (event.key === ' ' && focused !== undefined) choose(focused, true);
    else if (event.ctrlKey && event.key === 'a') setChosen(order.map((shell) => shell.shellId));
    else if (event.key === 'Enter' && takeable.length > 0)
      void takeOver(
        desk,
        serverId,
        takeable.map((shell) => shell.shellId),
        true,
      );
    else if (event.key === 'Delete') askRemove();
    else if (event.key === 'F5') void listShells(desk, serverId);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <>
      {failure === null ? null : (
        <div className="callout bad ended" role="alert">
          <TriangleAlert aria-hidden />
          <div className="grow">
            <p>{failure.title}</p>
            <p className="soft">{[failure.why, failure.cure?.text].filter(Boolean).join(' ')}</p>
          </div>
          <button type="button" className="btn small" onClick={() => void listShells(desk, serverId)}>
            <RotateCw className="s" aria-hidden />
            Try again
          </button>
        </div>
      )}
      {list === null ? (
        failure === null ? (
          <div className="blank" role="status">
            <p>Asking the server what stands there…</p>
          </div>
        ) : null
      ) : order.length === 0 ? (
        <div className="blank">
          <p>Nothing of yours stands on this server.</p>
        </div>
      ) : (
        <div className="grid shells" ref={grid} data-pane="shells">
          <table role="grid" aria-label="On the server" aria-multiselectable onKeyDown={onKeyDown}>
            <colgroup>
              <col style={{ width: 44 }} />
              <col style={{ width: '12%' }} />
              <col style={{ width: '12%' }} />
              <col style={{ width: '16%' }} />
              <col style={{ width: '10%' }} />
              <col style={{ width: '10%' }} />
              <col style={{ width: '10%' }} />
              <col style={{ width: '7.5%' }} />
              <col style={{ width: '7%' }} />
              <col />
            </colgroup>
            <thead>
              <tr>
                <th scope="col">
                  <span className="hidden">Chosen</span>
                </th>
                <th scope="col">Name</th>
                <th scope="col">State</th>
                <th scope="col">ConfigurationName</th>
                <th scope="col">Client</th>
                <th className="r" scope="col">
                  Idle
                </th>
                <th className="r" scope="col">
                  Age
                </th>
                <th className="r" scope="col">
                  Memory
                </th>
                <th className="r" scope="col">
                  Process
                </th>
                <th scope="col">
                  <span className="hidden">Note</span>
                </th>
              </tr>
            </thead>
            {groups.map((group) => (
              <tbody key={group.title}>
                <tr className="grp">
                  <td />
                  <th scope="rowgroup" colSpan={9}>
                    {group.title}
                  </th>
                </tr>
                {group.shells.map((shell) => (
                  <Line
                    key={shell.shellId}
                    shell={shell}
                    serverId={serverId}
                    chosen={chosen.includes(shell.shellId)}
                    focused={shell.shellId === focused?.shellId}
                    listedAt={list.listedAt}
                    choose={choose}
                  />
                ))}
              </tbody>
            ))}
          </table>
        </div>
      )}
      <div className="acts">
        <span className="soft num" role="status">
          {chosen.length === 0 ? (listing ? 'Listing…' : '') : `${String(chosen.length)} chosen`}
        </span>
        <button
          type="button"
          className="btn primary"
          disabled={takeable.length === 0}
          onClick={() =>
            void takeOver(
              desk,
              serverId,
              takeable.map((shell) => shell.shellId),
              true,
            )
          }
        >
          Take over <kbd>Enter</kbd>
        </button>
        <button
          type="button"
          className="btn"
          disabled={takeable.length === 0}
          onClick={() =>
            void takeOver(
              desk,
              serverId,
              takeable.map((shell) => shell.shellId),
              false,
            )
          }
        >
          Receive output only
        </button>
        <button type="button" className="btn quiet" disabled={picked.length === 0} onClick={askRemove}>
          <Trash2 aria-hidden />
          Remove <kbd>Delete</kbd>
        </button>
        <span className="grow" />
        {stale.length === 0 ? null : (
          <button
            type="button"
            className="btn quiet"
            onClick={() => setChosen(stale.map((shell) => shell.shellId))}
          >
            Choose the {stale.length} idle for more than a day
          </button>
        )}
        <button type="button" className="btn quiet" onClick={() => void listShells(desk, serverId)}>
          <RotateCw aria-hidden />
          List again <kbd>F5</kbd>
        </button>
      </div>
    </>
  );
}
