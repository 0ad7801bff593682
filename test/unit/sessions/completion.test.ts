import { expect, test } from 'vitest';
import { PsObject, psEnum, psList, psRecord } from '../../../electron/protocol/clixml/value.ts';
import { NO_COMPLETION, readCompletion } from '../../../electron/sessions/completion.ts';

const match = (text: string) =>
  psRecord({
    CompletionText: text,
    ListItemText: text,
    ResultType: psEnum('System.Management.Automation.CompletionResultType', 'Command', 2),
    ToolTip: `tip of ${text}`,
  });
const answer = (index: number, length: number, ...texts: string[]) =>
  psRecord({
    CurrentMatchIndex: -1,
    ReplacementIndex: index,
    ReplacementLength: length,
    CompletionMatches: psList(texts.map(match)),
  });

test('matches come with what they replace, their kind and their tip', () => {
  expect(readCompletion([answer(0, 6, 'Get-Date')], 'Get-Da')).toEqual({
    replacementIndex: 0,
    replacementLength: 6,
    matches: [{ text: 'Get-Date', label: 'Get-Date', kind: 'Command', toolTip: 'tip of Get-Date' }],
  });
});

test.each([
  ['nothing', []],
  ['text', ['Get-Date']],
  ['an object of another kind', [new PsObject({})]],
  ['a replacement beyond the line', [answer(3, 50, 'x')]],
  ['a negative replacement', [answer(-1, 0, 'x')]],
])('%s is no completion', (_name, output) => {
  expect(readCompletion(output, 'Get-Da')).toEqual(NO_COMPLETION);
});

test('thousands of matches are cut to what a menu can show', () => {
  const many = answer(0, 0, ...Array.from({ length: 5000 }, (_, i) => `c${String(i)}`));
  expect(readCompletion([many], '').matches).toHaveLength(2000);
});
