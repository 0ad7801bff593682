import { useEffect, useRef } from 'react';
import type { LineMenu } from './terminal-state.ts';
import type { TerminalView } from './terminal-view.ts';

type SearchMenu = Extract<LineMenu, { kind: 'search' }>;
type PredictionMenu = Extract<LineMenu, { kind: 'predictions' }>;

/** A command of several lines on one. */
function oneLine(text: string): string {
  return text.replaceAll('\n', ' ⏎ ');
}

/** What fits into the narrowest list, and how much of it stands before what was looked for. */
const seen = 40;
const lead = 16;

/** What was looked for stands out in what was found, and is in sight. */
function Found({ line, query }: { line: string; query: string }) {
  const whole = oneLine(line);
  const place = query === '' ? -1 : whole.toLowerCase().indexOf(query.toLowerCase());
  const cut = place + query.length <= seen ? 0 : Math.max(0, place - lead);
  const shown = cut === 0 ? whole : `…${whole.slice(cut)}`;
  const at = cut === 0 ? place : place - cut + 1;
  if (at < 0) return <span className="cut">{shown}</span>;
  return (
    <span className="cut">
      {shown.slice(0, at)}
      <mark>{shown.slice(at, at + query.length)}</mark>
      {shown.slice(at + query.length)}
    </span>
  );
}

/** Ctrl+R: the lines that hold what is typed, newest first. */
export function SearchList({ menu, view }: { menu: SearchMenu; view: TerminalView }) {
  const list = useRef<HTMLUListElement>(null);
  const chosen = menu.index - menu.first;
  useEffect(() => {
    list.current?.children[Math.max(0, chosen)]?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  return (
    <div className="complete history" style={{ top: menu.top + 8 }}>
      <header>
        <span>
          Search: <b>{menu.query === '' ? 'type a part of the line' : menu.query}</b>
        </span>
        <span className="num">
          {menu.found === 0
            ? 'Nothing found'
            : `${String(Math.max(1, menu.index + 1))} of ${String(menu.found)}`}
        </span>
      </header>
      <ul ref={list} role="listbox" aria-label="Found in the history">
        {menu.lines.map((line, at) => (
          <li
            key={`${String(menu.first + at)}-${line}`}
            role="option"
            aria-selected={at === chosen}
            className={at === chosen ? 'sel' : ''}
            title={line}
            onMouseDown={(event) => {
              event.preventDefault();
              view.choose(menu.first + at);
            }}
          >
            <Found line={line} query={menu.query} />
          </li>
        ))}
      </ul>
      <footer>
        <span>Ctrl+R older</span>
        <span>Ctrl+S newer</span>
        <span>Alt+S {menu.everywhere ? 'this server' : 'all servers'}</span>
        <span>Enter run</span>
        <span>Esc cancel</span>
      </footer>
    </div>
  );
}

/** F2: predictions below the line. */
export function PredictionList({ menu, view }: { menu: PredictionMenu; view: TerminalView }) {
  return (
    <div className="complete history" style={{ top: menu.top + 8 }}>
      <ul role="listbox" aria-label="Predictions">
        {menu.lines.map((line, at) => (
          <li
            key={line}
            role="option"
            aria-selected={at === menu.index}
            className={at === menu.index ? 'sel' : ''}
            title={line}
            onMouseDown={(event) => {
              event.preventDefault();
              view.choose(at);
            }}
          >
            <Found line={line} query={menu.query} />
            <i>history</i>
          </li>
        ))}
      </ul>
      <footer>
        <span>Up and Down choose</span>
        <span>F2 in the line</span>
        <span>Esc back</span>
      </footer>
    </div>
  );
}
