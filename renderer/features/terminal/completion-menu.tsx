import { useEffect, useRef } from 'react';
import type { Completion } from '../../../shared/terminal.ts';
import { originOf } from './completion-words.ts';
import type { LineMenu } from './terminal-state.ts';
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

/** Of a parameter there is help of its own; of anything else, that of its command. */
function isOfParameter(match: Completion['matches'][number] | undefined): boolean {
  return match?.kind === 'ParameterName' || match?.kind === 'ParameterValue';
}

export function CompletionMenu({
  menu,
  view,
}: {
  menu: Extract<LineMenu, { kind: 'completions' }>;
  view: TerminalView;
}) {
  const list = useRef<HTMLUListElement>(null);
  const { matches, index } = menu.completing;
  const chosen = matches[index];
  const from = originOf(menu.completing.source);
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
      <div className="tip">
        <div className="text">{chosen?.toolTip.trim() ?? ''}</div>
        {from === null ? null : <p className="origin">{from}</p>}
        <footer>
          <span className="num">
            {index < 0 ? matches.length : `${String(index + 1)} of ${String(matches.length)}`}
          </span>
          <span>Enter accept</span>
          <span>{isOfParameter(chosen) ? 'Alt+H help' : 'F1 help'}</span>
        </footer>
      </div>
    </div>
  );
}
