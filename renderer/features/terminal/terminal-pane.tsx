import {
  ClipboardPaste,
  Copy,
  Eraser,
  LogIn,
  LogOut,
  RotateCw,
  Search,
  Trash2,
  TriangleAlert,
} from 'lucide-react';
import { useEffect, useId, useMemo } from 'react';
import type { SessionRow } from '../../../shared/session.ts';
import { useDesk, useSlice } from '../../ui/desk-context.ts';
import { faceOf } from '../../stores/session-face.ts';
import { Glyph } from '../../ui/glyphs.tsx';
import type { MenuEntries } from '../../ui/menu.tsx';
import { WithContextMenu } from '../../ui/menu.tsx';
import { Tip } from '../../ui/tip.tsx';
import { isLive } from '../../stores/sessions.ts';
import { enterAgain, enterSession } from '../sessions/open-session.ts';
import { askRemoveSessions, leaveSession } from '../sessions/session-verbs.ts';
import { RetryingBar } from '../sessions/retrying-bar.tsx';
import { Trouble } from '../sessions/trouble.tsx';
import { CompletionMenu } from './completion-menu.tsx';
import { HelpPane } from '../help/help-pane.tsx';
import { FindBar } from './find-bar.tsx';
import { PredictionList, SearchList } from './history-menu.tsx';
import { ProgressPanel } from './progress-panel.tsx';
import { RunLine } from './run-line.tsx';
import type { TerminalState } from './terminal-state.ts';
import type { TerminalView } from './terminal-view.ts';
import { useTerminal } from './use-terminal.ts';

function Page({ view, row }: { view: TerminalView; row: SessionRow }) {
  const box = useTerminal(view);
  const state = useSlice(view.state, (now) => now);
  const ended = !isLive(row);
  const about = useId();
  useEffect(() => view.describedBy(about), [view, about]);
  useEffect(() => view.setInteractive(row.entered, ended), [view, row.entered, ended]);
  if (state.error !== null) {
    return <Trouble error={state.error} onRetry={() => void view.attach()} />;
  }
  return (
    <>
      <WithContextMenu entries={() => terminalEntries(view, row)}>
        <div className="term-wrap" ref={box} role="group" aria-label={`Terminal of ${row.name}`}>
          <p id={about} className="hidden">
            {aboutTerminal(row, state.request)}
          </p>
          {state.empty && state.attached === 'yes' && row.state === 'Opened' && !row.entered ? (
            <p className="term-hint">
              Nothing has run in {row.name} from here yet. Enter it, or run one command below.
            </p>
          ) : null}
          {state.finding ? <FindBar view={view} /> : null}
          {state.menu?.kind === 'completions' ? <CompletionMenu menu={state.menu} view={view} /> : null}
          {state.menu?.kind === 'search' ? <SearchList menu={state.menu} view={view} /> : null}
          {state.menu?.kind === 'predictions' ? <PredictionList menu={state.menu} view={view} /> : null}
          {state.note === null || state.menu !== null ? null : (
            <p className="linenote" style={{ top: state.note.top + 8 }}>
              {state.note.text}
            </p>
          )}
        </div>
      </WithContextMenu>
      {state.help === null ? null : <HelpPane help={state.help} onClose={() => view.closeHelp()} />}
      <ProgressPanel bars={state.progress} />
      <Waiting queued={state.queued} unsent={state.unsent} ended={ended} />
    </>
  );
}

/** For who does not see it: where one is, what is waited for, and how to get out again by keyboard. */
function aboutTerminal(row: SessionRow, request: TerminalState['request']): string {
  const where = `${row.name} on ${row.computerName}.`;
  if (!row.entered) return `${where} Nobody is inside: what ran here can be read. Tab and F6 lead on.`;
  const waits =
    request === null
      ? 'A command runs; what is typed waits for the prompt.'
      : request === 'command' || request === 'continuation'
        ? 'It waits for a command.'
        : request === 'secret'
          ? 'It asks for something that is not shown.'
          : 'It asks something.';
  return `${where} ${waits} Tab completes, F1 helps, F6 leads out of the terminal, Ctrl+Alt+? lists all keys.`;
}

/** What becomes of what was typed and is not sent yet. */
function Waiting({ queued, unsent, ended }: { queued: number; unsent: boolean; ended: boolean }) {
  if (ended ? !unsent : queued === 0) return null;
  return (
    <p className="termnote" role="status">
      {ended ? (
        'What was typed and not sent is kept: Try again takes it along.'
      ) : queued === 1 ? (
        <>
          1 command line waits for the prompt. <kbd>Ctrl+C</kbd> drops it.
        </>
      ) : (
        <>
          {queued} command lines wait for the prompt. <kbd>Ctrl+C</kbd> drops them.
        </>
      )}
    </p>
  );
}

/** Why a session ended. Its page stays below, to be read and copied. */
function Ended({ row }: { row: SessionRow }) {
  const desk = useDesk();
  const { reason } = row;
  if (reason === undefined || isLive(row)) return null;
  const more = [reason.why, reason.cure?.text].filter((text) => text !== undefined).join(' ');
  return (
    <div className="callout bad ended" role="alert">
      <TriangleAlert aria-hidden />
      <div className="grow">
        <p>{reason.title}</p>
        {more === '' ? null : <p className="soft">{more}</p>}
        {reason.details === undefined ? null : <p className="dim mono">{reason.details}</p>}
      </div>
      <button type="button" className="btn small" onClick={() => void enterAgain(desk, row)}>
        <RotateCw className="s" aria-hidden />
        Try again
      </button>
    </div>
  );
}

/** A click on the right: what the keyboard does, for the hand that is on the mouse. */
function terminalEntries(view: TerminalView, row: SessionRow): MenuEntries {
  const paste: MenuEntries = row.entered
    ? [
        {
          label: 'Paste',
          icon: <ClipboardPaste aria-hidden />,
          keys: 'Ctrl+V',
          run: () => {
            navigator.clipboard.readText().then(
              (text) => {
                view.paste(text);
                view.focus();
              },
              () => undefined,
            );
          },
        },
      ]
    : [];
  return [
    {
      label: 'Copy',
      icon: <Copy aria-hidden />,
      keys: 'Ctrl+C',
      disabled: !view.hasSelection,
      run: () => view.copySelection(),
    },
    ...paste,
    null,
    {
      label: 'Find in output',
      icon: <Search aria-hidden />,
      keys: 'Ctrl+Shift+F',
      run: () => view.setFinding(true),
    },
    { label: 'Clear the screen', icon: <Eraser aria-hidden />, keys: 'Ctrl+L', run: () => view.clear() },
  ];
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
          <Glyph name={faceOf(row).one.glyph} />
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
            <button type="button" className="btn small" onClick={() => void leaveSession(desk, row)}>
              <LogOut className="s" aria-hidden />
              Exit
            </button>
          ) : row.state === 'Opened' ? (
            <button type="button" className="btn small" onClick={() => void enterSession(desk, row)}>
              <LogIn className="s" aria-hidden />
              Enter
            </button>
          ) : null}
          <Tip text="Remove this session" keys="Delete in the list">
            <button
              type="button"
              className="iconbtn small"
              aria-label={`Remove ${row.name}`}
              onClick={() => void askRemoveSessions(desk, [row])}
            >
              <Trash2 className="s" aria-hidden />
            </button>
          </Tip>
        </div>
        <Ended row={row} />
        <Page key={row.id} view={view} row={row} />
        <RetryingBar row={row} />
        {row.entered || row.state !== 'Opened' ? null : <RunLine row={row} view={view} />}
      </section>
    </div>
  );
}
