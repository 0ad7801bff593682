import { useEffect, useRef } from 'react';
import type { TerminalState } from './terminal-state.ts';
import type { TerminalView } from './terminal-view.ts';

/** PowerShell's CompletionResultType, in the words a person would use. */
const kinds: Readonly<Record<string, string>> = {
  ParameterName: 'parameter',
  ParameterValue: 'value',
  ProviderItem: 'file',
  ProviderContainer: 'folder',
  Variable: 'variable',
  Command: 'command',
  Method: 'method',
  Property: 'property',
  History: 'history',
  Keyword: 'keyword',
  DynamicKeyword: 'keyword',
  Namespace: 'namespace',
  Type: 'type',
  Text: '',
};

/** `[switch] Force` says the type better than "parameter" does. */
export function kindWord(kind: string, toolTip: string): string {
  const type = /^\[([\w.[\]?]+)\]/.exec(toolTip)?.[1];
  if (kind === 'ParameterName' && type !== undefined) {
    return type === 'SwitchParameter' ? 'switch' : type;
  }
  return kinds[kind] ?? kind;
}

export function CompletionMenu({
  menu,
  view,
}: {
  menu: NonNullable<TerminalState['menu']>;
  view: TerminalView;
}) {
  const list = useRef<HTMLUListElement>(null);
  const { matches, index } = menu.completing;
  const chosen = matches[index];
  useEffect(() => {
    list.current?.children[index]?.scrollIntoView({ block: 'nearest' });
  }, [index]);
  return (
    <div className="complete" style={{ top: menu.top + 8 }}>
      <ul ref={list} role="listbox" aria-label="Completions">
        {matches.map((match, at) => (
          <li
            // Matches may repeat; their place does not change while the menu is open.
            key={`${String(at)}-${match.text}`}
            role="option"
            aria-selected={at === index}
            className={at === index ? 'sel' : ''}
            onMouseDown={(event) => {
              event.preventDefault();
              view.choose(at);
            }}
          >
            <span>{match.label}</span>
            <i>{kindWord(match.kind, match.toolTip)}</i>
          </li>
        ))}
      </ul>
      <div className="tip" aria-live="polite">
        <div className="text">{chosen?.toolTip.trim() ?? ''}</div>
        <footer>
          <span className="num">
            {index + 1} of {matches.length}
          </span>
          <span>Enter accept</span>
          <span>Esc cancel</span>
        </footer>
      </div>
    </div>
  );
}
