import { SlidersHorizontal } from 'lucide-react';
import { serverLabel } from '../../stores/servers.ts';
import { serverTab } from '../../stores/tabs.ts';
import { useDesk, useSlice } from '../../ui/desk-context.ts';
import { faceOf } from '../../stores/session-face.ts';
import { Glyph } from '../../ui/glyphs.tsx';
import { currentRow } from '../../stores/sessions.ts';
import { useServerRows } from './server-page.tsx';
import { span } from './times.ts';

/** Where you are, in one line. A fact that does not fit drops whole. */
export function StatusBar() {
  const desk = useDesk();
  const active = useSlice(desk.tabs, (state) => state.active);
  const tab = useSlice(desk.tabs, (state) => (active === null ? null : serverTab(state, active)));
  const server = useSlice(desk.servers, (state) => state.servers.find((known) => known.id === active));
  const row = currentRow(useServerRows(active), tab?.selectedSession ?? null);
  return (
    <footer className="statusbar" aria-label="Status">
      <span className="who plain">{server === undefined ? 'No session' : serverLabel(server)}</span>
      <span className="facts2">
        {row === null && server !== undefined ? (
          <>
            <span>
              <span className="state">
                <Glyph name={tab?.opening === true ? 'opening' : tab?.failure == null ? 'none' : 'bad'} />
                <span>{tab?.opening === true ? 'Opening…' : 'Not connected'}</span>
              </span>
            </span>
            <span>{server.configuration}</span>
            {server.userName === '' ? null : <span>{server.userName}</span>}
          </>
        ) : null}
        {row === null ? null : (
          <>
            <span>
              <span className="state">
                <Glyph name={faceOf(row).one.glyph} />
                <span>
                  {row.name}, {faceOf(row).one.word}
                </span>
              </span>
            </span>
            <span>{row.configurationName}</span>
            {row.userName === undefined ? null : <span>{row.userName}</span>}
            {row.idleTimeoutMs === undefined ? null : <span>Idle timeout {span(row.idleTimeoutMs)}</span>}
            {row.security === undefined ? null : <span>{row.security}</span>}
          </>
        )}
      </span>
      <button type="button" onClick={() => desk.shell.setState({ dialog: { kind: 'settings' } })}>
        <SlidersHorizontal className="s" aria-hidden />
        Settings <kbd>Ctrl+,</kbd>
      </button>
    </footer>
  );
}
