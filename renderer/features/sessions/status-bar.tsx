import { SlidersHorizontal } from 'lucide-react';
import { serverLabel } from '../../stores/servers.ts';
import { serverTab } from '../../stores/tabs.ts';
import { useDesk, useSlice } from '../../ui/desk-context.ts';
import { Glyph, sessionGlyph } from '../../ui/glyphs.tsx';
import { currentRow, useServerRows } from './server-page.tsx';

/** Where you are, in one line. A fact that does not fit drops whole. */
export function StatusBar() {
  const desk = useDesk();
  const active = useSlice(desk.tabs, (state) => state.active);
  const chosen = useSlice(desk.tabs, (state) =>
    active === null ? null : serverTab(state, active).selectedSession,
  );
  const server = useSlice(desk.servers, (state) => state.servers.find((known) => known.id === active));
  const row = currentRow(useServerRows(active), chosen);
  return (
    <footer className="statusbar" aria-label="Status">
      <span className="who plain">{server === undefined ? 'No session' : serverLabel(server)}</span>
      <span className="facts2">
        {row === null ? null : (
          <>
            <span>
              <span className="state">
                <Glyph name={sessionGlyph(row)} />
                <span>
                  {row.name}, {row.state === 'Opened' ? row.availability : row.state}
                </span>
              </span>
            </span>
            <span>{row.configurationName}</span>
            {row.userName === undefined ? null : <span>{row.userName}</span>}
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
