import { useEffect, useRef } from 'react';
import type { SessionRow } from '../../../shared/session.ts';
import { useDesk } from '../../ui/desk-context.ts';
import { availabilityGlyph, Glyph, stateGlyph, stateWord } from '../../ui/glyphs.tsx';
import { patchServerTab } from '../../stores/tabs.ts';
import { enterSession, askRemoveSession } from './open-session.ts';

function note(row: SessionRow): { text: string; bad: boolean } {
  if (row.reason !== undefined) return { text: row.reason.title, bad: row.state === 'Broken' };
  if (row.entered) return { text: row.endsOnExit ? 'Inside, ends on exit' : 'Inside', bad: false };
  if (row.state === 'Opened') return { text: 'Not entered', bad: false };
  return { text: '', bad: false };
}

function Row({ row, selected, onSelect }: { row: SessionRow; selected: boolean; onSelect: () => void }) {
  const desk = useDesk();
  const element = useRef<HTMLTableRowElement>(null);
  const availability = availabilityGlyph(row);
  const { text, bad } = note(row);
  useEffect(() => {
    if (selected) element.current?.scrollIntoView({ block: 'nearest' });
  }, [selected]);
  return (
    <tr
      ref={element}
      className={selected ? 'sel' : ''}
      aria-selected={selected}
      tabIndex={selected ? 0 : -1}
      data-session={row.id}
      onClick={onSelect}
      onDoubleClick={() => {
        if (row.state === 'Opened' && !row.entered) void enterSession(desk, row);
        else desk.terminals.known(row.id)?.focus();
      }}
    >
      <td className="r">{row.id}</td>
      <td className={row.entered ? 'strong' : ''} title={row.name}>
        {row.name}
      </td>
      <td title={row.computerName}>{row.computerName}</td>
      <td>
        <span className="state">
          <Glyph name={stateGlyph(row.state)} />
          <span>{stateWord(row.state)}</span>
        </span>
      </td>
      <td title={row.configurationName}>{row.configurationName}</td>
      <td>
        <span className="state">
          {availability === null ? null : <Glyph name={availability} />}
          <span>{row.availability}</span>
        </span>
      </td>
      <td className="note" title={text}>
        <span className={bad ? 'bad' : ''}>{text}</span>
      </td>
    </tr>
  );
}

/** The sessions of one server, as Get-PSSession lists them. Arrows select, Enter goes inside, Delete removes. */
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

  function select(row: SessionRow | undefined): void {
    if (row === undefined) return;
    patchServerTab(desk.tabs, serverId, { selectedSession: row.id });
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
    if (to !== undefined) select(rows[to]);
    else if (event.key === 'Enter' && selected !== null) {
      if (selected.state === 'Opened' && !selected.entered) void enterSession(desk, selected);
      else desk.terminals.known(selected.id)?.focus();
    } else if (event.key === 'Delete' && selected !== null) void askRemoveSession(desk, selected);
    else return;
    event.preventDefault();
  }

  return (
    <div className="grid" ref={grid} data-pane="sessions">
      <table role="grid" aria-label="Sessions" onKeyDown={onKeyDown}>
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
              onSelect={() => patchServerTab(desk.tabs, serverId, { selectedSession: row.id })}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}
