import { ListFilter, Plus, X } from 'lucide-react';
import { useRef } from 'react';
import { filterServers } from '../../stores/servers.ts';
import { useDesk, useSlice } from '../../ui/desk-context.ts';
import { Tip } from '../../ui/tip.tsx';
import { addServer, ServerList } from './server-list.tsx';

export function Sidebar() {
  const desk = useDesk();
  const filter = useSlice(desk.servers, (state) => state.filter);
  const input = useRef<HTMLInputElement>(null);

  /** The selection follows the filter, so that Enter means what is seen. */
  function change(value: string): void {
    const { servers, selectedId } = desk.servers.getState();
    const shown = filterServers(servers, value);
    const kept = shown.some((server) => server.id === selectedId);
    desk.servers.setState({ filter: value, selectedId: kept ? selectedId : (shown[0]?.id ?? selectedId) });
  }

  return (
    <aside className="side" aria-label="Servers">
      <div className="side-head">
        <label className="field soft-edge">
          <ListFilter aria-hidden />
          <input
            ref={input}
            id="server-filter"
            value={filter}
            placeholder="Filter"
            aria-label="Filter servers"
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => change(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape' && filter !== '') change('');
              else if (event.key === 'ArrowDown' || event.key === 'Enter') {
                document.querySelector<HTMLElement>('[data-pane="servers"]')?.focus();
              } else return;
              event.preventDefault();
            }}
          />
          {filter === '' ? (
            <kbd>Ctrl+Shift+E</kbd>
          ) : (
            <button
              type="button"
              className="iconbtn small"
              style={{ marginRight: -6 }}
              aria-label="Clear the filter"
              onClick={() => {
                change('');
                input.current?.focus();
              }}
            >
              <X className="s" aria-hidden />
            </button>
          )}
        </label>
        <Tip text="Add server">
          <button type="button" className="iconbtn" aria-label="Add server" onClick={() => addServer(desk)}>
            <Plus aria-hidden />
          </button>
        </Tip>
      </div>
      <ServerList />
    </aside>
  );
}
