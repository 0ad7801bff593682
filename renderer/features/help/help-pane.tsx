import { BookOpen, X } from 'lucide-react';
import type { HelpState } from '../terminal/terminal-state.ts';

/** A line of help that names a section: as Get-Help writes them in every language, capitals at the margin. */
function isHeading(line: string): boolean {
  return /^\p{Lu}[\p{Lu}\s-]*$/u.test(line);
}

/**
 * The server's help below the terminal: the line above keeps the keyboard and what stands on it. F6 goes to it to be read and scrolled, Esc
 * closes it.
 */
export function HelpPane({ help, onClose }: { help: HelpState; onClose: () => void }) {
  const title = help.kind === 'shown' ? help.help.title : help.title;
  return (
    <section
      className="helppane"
      aria-label={`Help for ${title}`}
      data-pane="help"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        onClose();
      }}
    >
      <header>
        <BookOpen className="s" aria-hidden />
        <b className="grow cut">{title}</b>
        <span className="dim">F6 to read, Esc closes</span>
        <button type="button" className="iconbtn small" aria-label="Close help" onClick={onClose}>
          <X className="s" aria-hidden />
        </button>
      </header>
      <div
        // Another page begins at its top.
        key={`${help.kind} ${title}`}
        className="text"
        tabIndex={0}
        role="document"
        aria-label={`Help for ${title}`}
        aria-busy={help.kind === 'asking'}
      >
        {help.kind === 'asking' ? <p className="dim">Asking the server…</p> : null}
        {help.kind === 'refused' ? (
          <p>
            {help.error.title}. {help.error.cure?.text ?? help.error.why ?? ''}
          </p>
        ) : null}
        {help.kind === 'shown'
          ? help.help.text.split('\n').map((line, at) => (
              // The lines of a text never change place.
              <div key={String(at)} className={isHeading(line) ? 'heading' : ''}>
                {line === '' ? '\u00a0' : line}
              </div>
            ))
          : null}
      </div>
    </section>
  );
}
