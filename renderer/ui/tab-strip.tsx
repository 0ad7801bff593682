import { House, Plus, X } from 'lucide-react';
import { useEffect } from 'react';
import { serverLabel } from '../stores/servers.ts';
import type { TabId } from '../stores/tabs.ts';
import { closeTab, openTab, serverTab, welcomeTab } from '../stores/tabs.ts';
import { useDesk, useSlice } from './desk-context.ts';
import { focusPage } from './focus.ts';
import { endpointOf, faceOfTab, windowTitle } from '../stores/session-face.ts';
import { currentRow } from '../stores/sessions.ts';
import { Glyph } from './glyphs.tsx';
import { closeTabKey } from './keys.ts';
import { Tip } from './tip.tsx';

function Tab({ id, active }: { id: TabId; active: boolean }) {
  const desk = useDesk();
  const server = useSlice(desk.servers, (state) => state.servers.find((known) => known.id === id));
  const rows = useSlice(desk.sessions, (state) => state.rows).filter((row) => row.serverId === id);
  const name = id === welcomeTab ? 'Welcome' : server === undefined ? 'Removed' : serverLabel(server);
  const shell = useSlice(desk.shell, (state) => state.info?.shell);
  const { opening, failure, selectedSession } = useSlice(desk.tabs, (state) => serverTab(state, id));
  const face = faceOfTab(rows, { opening, failure });
  const endpoint = endpointOf(currentRow(rows, selectedSession));
  const title = windowTitle(endpoint === null ? name : `${name} · ${endpoint}`, face);

  useEffect(() => {
    if (active) document.title = id === welcomeTab ? 'PSDeck' : title;
  }, [active, id, title]);

  return (
    <div
      id={`tab-${id}`}
      className={active ? 'tab on' : 'tab'}
      role="tab"
      aria-selected={active}
      aria-controls="page"
      aria-keyshortcuts="Delete"
      tabIndex={active ? 0 : -1}
      onMouseDown={(event) => {
        if (event.button === 0) desk.tabs.setState({ active: id });
      }}
      // Who clicks a tab wants to go on in its page; the arrow keys stay among the tabs.
      onClick={focusPage}
      onAuxClick={(event) => {
        if (event.button === 1) closeTab(desk.tabs, id);
      }}
      onKeyDown={(event) => {
        const { order } = desk.tabs.getState();
        const at = order.indexOf(id);
        const to =
          event.key === 'ArrowRight' ? order[at + 1] : event.key === 'ArrowLeft' ? order[at - 1] : undefined;
        if (to !== undefined) {
          desk.tabs.setState({ active: to });
          document.querySelector<HTMLElement>(`#tab-${CSS.escape(to)}`)?.focus();
        } else if (event.key === 'Delete') {
          closeTab(desk.tabs, id);
          requestAnimationFrame(() =>
            document.querySelector<HTMLElement>('[role="tab"][tabindex="0"]')?.focus(),
          );
        } else if (event.key === 'Enter' || event.key === ' ') desk.tabs.setState({ active: id });
        else return;
        event.preventDefault();
      }}
    >
      {id === welcomeTab ? <House className="s" aria-hidden /> : <Glyph name={face?.glyph ?? 'none'} />}
      <span className="cut" title={[name, endpoint, face?.word].filter(Boolean).join(', ')}>
        {name}
        {endpoint === null ? null : <span className="soft"> · {endpoint}</span>}
      </span>
      {/* For the mouse: inside a tab nothing else can be reached, and the keyboard has Delete and a key of the window. */}
      <span
        className="iconbtn small close"
        aria-hidden
        title={`Close ${name} (${closeTabKey(shell)})`}
        onMouseDown={(event) => event.stopPropagation()}
        onClick={(event) => {
          event.stopPropagation();
          closeTab(desk.tabs, id);
          focusPage();
        }}
      >
        <X className="s" />
      </span>
    </div>
  );
}

/** One tab a server. Closing one leaves its sessions as they are. */
export function TabStrip() {
  const desk = useDesk();
  const order = useSlice(desk.tabs, (state) => state.order);
  const active = useSlice(desk.tabs, (state) => state.active);
  return (
    <div className="tabs">
      <div className="tabs-list" role="tablist" aria-label="Servers that are open" data-pane="tabs">
        {order.map((id) => (
          <Tab key={id} id={id} active={id === active} />
        ))}
      </div>
      <Tip text="Open a server">
        <button
          type="button"
          className="iconbtn"
          aria-label="Open a server"
          onClick={() => openTab(desk.tabs, welcomeTab)}
        >
          <Plus aria-hidden />
        </button>
      </Tip>
      <span className="grow" />
    </div>
  );
}
