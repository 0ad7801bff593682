import { CornerDownLeft, SquareTerminal } from 'lucide-react';
import { useRef, useState } from 'react';
import { useDesk, useSlice } from '../../ui/desk-context.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { highlight } from './highlight.ts';
import type { TokenKind } from './highlight.ts';
import { showHidden } from './text.ts';

const classes: Readonly<Record<TokenKind | 'plain', string>> = {
  plain: '',
  type: 't-blue',
  command: 't-yellow',
  parameter: 't-dim',
  operator: 't-dim',
  string: 't-cyan',
  variable: 't-green',
  keyword: 't-magenta',
  comment: 't-dim',
};

function Line({ text: raw }: { text: string }) {
  const text = showHidden(raw);
  const parts = [];
  let at = 0;
  for (const token of highlight(text)) {
    parts.push(text.slice(at, token.from));
    parts.push(
      <span key={token.from} className={classes[token.kind]}>
        {text.slice(token.from, token.to)}
      </span>,
    );
    at = token.to;
  }
  return (
    <span>
      {parts}
      {text.slice(at)}
    </span>
  );
}

/** More lines than anybody reads in a dialog; the rest is counted. */
const mostShown = 200;

/** Several lines, or a great deal of text, are about to reach a server: shown before anything is sent. */
export function PasteDialog({ sessionId, text }: { sessionId: number; text: string }) {
  const desk = useDesk();
  const row = useSlice(desk.sessions, (state) => state.rows.find((known) => known.id === sessionId));
  const [mode, setMode] = useState<'edit' | 'run'>('edit');
  const paste = useRef<HTMLButtonElement>(null);
  const lines = text.split(/\r\n?|\n/);
  const where = row?.serverName ?? 'the server';
  const hides = showHidden(text) !== text;

  function close(): void {
    desk.shell.setState({ dialog: null });
    requestAnimationFrame(() => desk.terminals.known(sessionId)?.focus());
  }

  function accept(): void {
    const view = desk.terminals.known(sessionId);
    if (mode === 'edit') view?.insert(text);
    else view?.runLines(lines.filter((line) => line.trim() !== ''));
    close();
  }

  return (
    <Dialog
      icon={<SquareTerminal aria-hidden />}
      title={
        lines.length > 1
          ? `Paste ${String(lines.length)} lines into ${where}?`
          : text.length < 1024
            ? `Paste a line into ${where}?`
            : `Paste ${String(Math.ceil(text.length / 1024))} KiB into ${where}?`
      }
      description={`${row?.name ?? 'Session'}. Nothing has been sent yet.`}
      width="wide"
      initialFocus={paste}
      onClose={close}
    >
      <div className="body">
        <div className="code lines" tabIndex={0} role="group" aria-label="What would be pasted">
          {lines.slice(0, mostShown).map((line, index) => (
            // The lines of a paste never change place.
            <div key={String(index)} style={{ display: 'contents' }}>
              <span className="ln">{index + 1}</span>
              <Line text={line} />
            </div>
          ))}
        </div>
        {lines.length > mostShown ? (
          <p className="under">And {lines.length - mostShown} more lines.</p>
        ) : null}
        {hides ? (
          <p className="under bad" role="alert">
            It holds characters that are not seen, marked � here. They can make a command read as another than
            it is.
          </p>
        ) : null}
        {lines.length > 1 ? (
          <div className="opts" role="radiogroup" aria-label="How to paste">
            <label>
              <input type="radio" name="mode" checked={mode === 'edit'} onChange={() => setMode('edit')} />
              <span>Put it in the editor as one command</span>
              <small>You read it again and press Enter yourself</small>
            </label>
            <label>
              <input type="radio" name="mode" checked={mode === 'run'} onChange={() => setMode('run')} />
              <span>Run line by line</span>
              <small>Each line when the one before has ended</small>
            </label>
          </div>
        ) : null}
      </div>
      <footer>
        <button type="button" className="btn" onClick={close}>
          Cancel <kbd>Esc</kbd>
        </button>
        <button ref={paste} type="button" className="btn primary" onClick={accept}>
          Paste into {where} <CornerDownLeft aria-hidden />
        </button>
      </footer>
    </Dialog>
  );
}
