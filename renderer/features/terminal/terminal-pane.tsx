import { LogIn, LogOut, Search, Trash2 } from 'lucide-react';
import { useEffect, useMemo } from 'react';
import type { SessionRow } from '../../../shared/session.ts';
import { useDesk, useSlice } from '../../ui/desk-context.ts';
import { Glyph, sessionGlyph } from '../../ui/glyphs.tsx';
import { Tip } from '../../ui/tip.tsx';
import { enterSession, exitSession, askRemoveSession } from '../sessions/open-session.ts';
import { Trouble } from '../sessions/trouble.tsx';
import { CompletionMenu } from './completion-menu.tsx';
import { FindBar } from './find-bar.tsx';
import { ProgressPanel } from './progress-panel.tsx';
import { RunLine } from './run-line.tsx';
import type { TerminalView } from './terminal-view.ts';
import { useTerminal } from './use-terminal.ts';

function Page({ view, row }: { view: TerminalView; row: SessionRow }) {
  const box = useTerminal(view);
  const state = useSlice(view.state, (now) => now);
  useEffect(() => view.setInteractive(row.entered), [view, row.entered]);
  if (state.error !== null) {
    return <Trouble error={state.error} onRetry={() => void view.attach()} />;
  }
  return (
    <>
      <div className="term-wrap" ref={box} role="group" aria-label={`Terminal of ${row.name}`}>
        {state.empty && state.attached === 'yes' && !row.entered ? (
          <p className="term-hint">
            Nothing has run in {row.name} from here yet. Enter it, or run one command below.
          </p>
        ) : null}
        {state.finding ? <FindBar view={view} /> : null}
        {state.menu === null ? null : <CompletionMenu menu={state.menu} view={view} />}
      </div>
      <ProgressPanel bars={state.progress} />
      {state.queued > 0 ? (
        <p className="termnote" role="status">
          {state.queued === 1 ? '1 command line waits' : `${String(state.queued)} command lines wait`} for the
          prompt. <kbd>Ctrl+C</kbd> drops them.
        </p>
      ) : null}
    </>
  );
}

export function TerminalPane({ row }: { row: SessionRow }) {
  const desk = useDesk();
  const view = useMemo(() => desk.terminals.get(row.id), [desk, row.id]);
  const title = useSlice(view.state, (state) => state.title);
  return (
    <div className="panes">
      <section
        className="pane on"
        aria-label={`Session ${row.name}`}
        data-pane="terminal"
        data-session-id={row.id}
      >
        <div className="pane-head">
          <Glyph name={sessionGlyph(row)} />
          <b className="num">
            {row.id} {row.name}
          </b>
          <span className="grow cut dim">
            {row.configurationName}
            {row.psVersion === undefined ? '' : `, PowerShell ${row.psVersion}`}
            {title === '' ? '' : `, ${title}`}
          </span>
          <Tip text="Find in output" keys="Ctrl+Shift+F">
            <button
              type="button"
              className="iconbtn small"
              aria-label="Find in output"
              onClick={() => view.setFinding(!view.state.getState().finding)}
            >
              <Search className="s" aria-hidden />
            </button>
          </Tip>
          {row.entered ? (
            <button type="button" className="btn small" onClick={() => void exitSession(desk, row)}>
              <LogOut className="s" aria-hidden />
              Exit
            </button>
          ) : (
            <button
              type="button"
              className="btn small"
              disabled={row.state !== 'Opened'}
              onClick={() => void enterSession(desk, row)}
            >
              <LogIn className="s" aria-hidden />
              Enter
            </button>
          )}
          <Tip text="Remove this session" keys="Delete in the list">
            <button
              type="button"
              className="iconbtn small"
              aria-label={`Remove ${row.name}`}
              onClick={() => void askRemoveSession(desk, row)}
            >
              <Trash2 className="s" aria-hidden />
            </button>
          </Tip>
        </div>
        <Page key={row.id} view={view} row={row} />
        {row.entered || row.state !== 'Opened' ? null : <RunLine row={row} view={view} />}
      </section>
    </div>
  );
}
