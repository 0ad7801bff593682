/** What TabExpansion2 answers, as the terminal wants it. */
import { PsObject, type PsValue } from '../protocol/clixml/value.ts';
import type { Completion } from '../../shared/terminal.ts';

export const NO_COMPLETION: Completion = { replacementIndex: 0, replacementLength: 0, matches: [] };

/** A menu of more is not read; PowerShell itself can return thousands (every type, every command). */
const MOST_MATCHES = 2000;

/** Reads the CommandCompletion object; anything else is no completion. `text` bounds what may be replaced. */
export function readCompletion(output: readonly PsValue[], text: string): Completion {
  const answer = output.find((value) => value instanceof PsObject);
  if (!(answer instanceof PsObject)) return NO_COMPLETION;
  const index = answer.get('ReplacementIndex');
  const length = answer.get('ReplacementLength');
  const matches = answer.get('CompletionMatches');
  if (typeof index !== 'number' || typeof length !== 'number' || !(matches instanceof PsObject))
    return NO_COMPLETION;
  if (index < 0 || length < 0 || index + length > text.length) return NO_COMPLETION;
  return {
    replacementIndex: index,
    replacementLength: length,
    matches: (matches.items ?? []).slice(0, MOST_MATCHES).flatMap((match) => {
      if (!(match instanceof PsObject)) return [];
      const completionText = match.get('CompletionText');
      if (typeof completionText !== 'string') return [];
      const label = match.get('ListItemText');
      const kind = match.get('ResultType');
      const toolTip = match.get('ToolTip');
      return [
        {
          text: completionText,
          label: typeof label === 'string' ? label : completionText,
          kind: kind instanceof PsObject ? (kind.text ?? '') : typeof kind === 'string' ? kind : '',
          toolTip: typeof toolTip === 'string' ? toolTip : '',
        },
      ];
    }),
  };
}
