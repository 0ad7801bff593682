import { ArrowDown, ArrowUp, Search, X } from 'lucide-react';
import { useState } from 'react';
import type { TerminalView } from './terminal-view.ts';

export function FindBar({ view }: { view: TerminalView }) {
  const [text, setText] = useState('');
  const [missed, setMissed] = useState(false);
  function find(value: string, forward: boolean): void {
    setMissed(value !== '' && !view.find(value, forward));
  }
  return (
    <div
      className="find"
      role="search"
      onKeyDown={(event) => {
        if (event.key === 'Escape') view.setFinding(false);
        else if (event.key === 'Enter') find(text, event.shiftKey);
        else return;
        event.preventDefault();
      }}
    >
      <label className={missed ? 'field bad' : 'field'}>
        <Search className="s" aria-hidden />
        <input
          autoFocus
          value={text}
          aria-label="Find in output"
          placeholder="Find in output"
          spellCheck={false}
          onChange={(event) => {
            setText(event.target.value);
            find(event.target.value, false);
          }}
        />
        {missed ? <span className="under bad">Not found</span> : null}
      </label>
      <button
        type="button"
        className="iconbtn small"
        aria-label="Find previous"
        onClick={() => find(text, false)}
      >
        <ArrowUp className="s" aria-hidden />
      </button>
      <button type="button" className="iconbtn small" aria-label="Find next" onClick={() => find(text, true)}>
        <ArrowDown className="s" aria-hidden />
      </button>
      <button
        type="button"
        className="iconbtn small"
        aria-label="Close find"
        onClick={() => view.setFinding(false)}
      >
        <X className="s" aria-hidden />
      </button>
    </div>
  );
}
