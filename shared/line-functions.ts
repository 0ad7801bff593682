/**
 * What the line editor can do, by the names PSReadLine gives its functions (about_PSReadLine_Functions), so that a setting names a function
 * as `Set-PSReadLineKeyHandler` would. The few of our own stand last.
 */
import { z } from 'zod';

export const lineFunctions = {
  AcceptLine: ['Editing', 'Run the line; go on at >> where it is unfinished'],
  ValidateAndAcceptLine: [
    'Editing',
    'Run the line unless it has a syntax error; once more runs it all the same',
  ],
  AcceptAndGetNext: ['Editing', 'Run the line, then bring the next one of the history'],
  AddLine: ['Editing', 'Insert a new line without running'],
  InsertLineAbove: ['Editing', 'Open an empty line above'],
  InsertLineBelow: ['Editing', 'Open an empty line below'],
  RevertLine: ['Editing', 'Take back everything typed'],
  Undo: ['Editing', 'Undo the last edit'],
  Redo: ['Editing', 'Redo what was undone'],
  BackwardDeleteChar: ['Editing', 'Delete the character before the cursor'],
  DeleteChar: ['Editing', 'Delete the character at the cursor'],
  DeleteCharOrExit: [
    'Editing',
    'Delete the character at the cursor; leave the session where the line is empty',
  ],
  BackwardDeleteInput: ['Editing', 'Delete to the start of the input'],
  BackwardDeleteLine: ['Editing', 'Delete to the start of the line'],
  ForwardDeleteInput: ['Editing', 'Delete to the end of the input'],
  ForwardDeleteLine: ['Editing', 'Delete to the end of the line'],
  SwapCharacters: ['Editing', 'Swap this character and the one before'],
  UpcaseWord: ['Editing', 'Make the word upper case'],
  DowncaseWord: ['Editing', 'Make the word lower case'],
  CapitalizeWord: ['Editing', 'Make the word begin with a capital'],
  CancelLine: ['Editing', 'Give the line up, leaving it on the screen'],
  Abort: ['Editing', 'Give up a search, a count or a menu'],
  Copy: ['Clipboard', 'Copy the selection, or the whole line'],
  Cut: ['Clipboard', 'Cut the selection'],
  Paste: ['Clipboard', 'Paste'],
  CopyOrCancelLine: ['Clipboard', 'Copy the selection; without one stop the command or give the line up'],
  KillLine: ['Kill and yank', 'Kill to the end of the input'],
  KillWord: ['Kill and yank', 'Kill to the end of the word'],
  KillRegion: ['Kill and yank', 'Kill between the mark and the cursor'],
  BackwardKillInput: ['Kill and yank', 'Kill to the start of the input'],
  BackwardKillLine: ['Kill and yank', 'Kill to the start of the line'],
  BackwardKillWord: ['Kill and yank', 'Kill to the start of the word'],
  UnixWordRubout: ['Kill and yank', 'Kill to the blank before'],
  ShellKillWord: ['Kill and yank', 'Kill to the end of the PowerShell token'],
  ShellBackwardKillWord: ['Kill and yank', 'Kill to the start of the PowerShell token'],
  Yank: ['Kill and yank', 'Insert what was killed last'],
  YankPop: ['Kill and yank', 'Replace what was just yanked by what was killed before it'],
  YankLastArg: ['Kill and yank', 'Insert the last argument of the line before; again goes further back'],
  YankNthArg: ['Kill and yank', 'Insert the first argument of the line before, or the nth'],
  BackwardChar: ['Moving', 'One character back'],
  ForwardChar: ['Moving', 'One character on; at the end accept the prediction'],
  BackwardWord: ['Moving', 'To the start of the word'],
  NextWord: ['Moving', 'To the start of the next word; at the end accept a word of the prediction'],
  ForwardWord: ['Moving', 'To the end of the word; at the end accept a word of the prediction'],
  ShellBackwardWord: ['Moving', 'To the start of the PowerShell token'],
  ShellNextWord: ['Moving', 'To the start of the next PowerShell token'],
  ShellForwardWord: ['Moving', 'To the end of the PowerShell token'],
  BeginningOfLine: ['Moving', 'To the start of the line, then of the input'],
  EndOfLine: ['Moving', 'To the end of the line, then of the input'],
  PreviousLine: ['Moving', 'One line up'],
  NextLine: ['Moving', 'One line down'],
  GotoBrace: ['Moving', 'To the matching brace, parenthesis or bracket'],
  CharacterSearch: ['Moving', 'To the next place of the character typed next'],
  CharacterSearchBackward: ['Moving', 'To the last place of the character typed next'],
  SelectAll: ['Selecting', 'Select everything'],
  SelectBackwardChar: ['Selecting', 'Select one character back'],
  SelectForwardChar: ['Selecting', 'Select one character on'],
  SelectBackwardWord: ['Selecting', 'Select to the start of the word'],
  SelectNextWord: ['Selecting', 'Select to the start of the next word'],
  SelectForwardWord: ['Selecting', 'Select to the end of the word'],
  SelectShellBackwardWord: ['Selecting', 'Select to the start of the PowerShell token'],
  SelectShellNextWord: ['Selecting', 'Select to the start of the next PowerShell token'],
  SelectShellForwardWord: ['Selecting', 'Select to the end of the PowerShell token'],
  SelectBackwardsLine: ['Selecting', 'Select to the start of the line'],
  SelectLine: ['Selecting', 'Select to the end of the line'],
  SelectCommandArgument: ['Selecting', 'Select the next argument of the command'],
  SetMark: ['Selecting', 'Set the mark at the cursor'],
  ExchangePointAndMark: ['Selecting', 'Swap the cursor and the mark'],
  TabCompleteNext: ['Completing', 'The next completion'],
  TabCompletePrevious: ['Completing', 'The previous completion'],
  Complete: ['Completing', 'Complete as far as it is certain, then show what is possible'],
  MenuComplete: ['Completing', 'Completions in a menu'],
  PossibleCompletions: ['Completing', 'Show what is possible without choosing'],
  PreviousHistory: ['History', 'The line before'],
  NextHistory: ['History', 'The line after'],
  BeginningOfHistory: ['History', 'The oldest line'],
  EndOfHistory: ['History', 'Back to the line being typed'],
  HistorySearchBackward: ['History', 'The last line that begins like this one'],
  HistorySearchForward: ['History', 'The next line that begins like this one'],
  ReverseSearchHistory: ['History', 'Search the history, newest first'],
  ForwardSearchHistory: ['History', 'Search the history, on to newer lines'],
  ClearHistory: ['History', 'Forget the history of this server'],
  AcceptSuggestion: ['Predicting', 'Accept the prediction'],
  AcceptNextSuggestionWord: ['Predicting', 'Accept the next word of the prediction'],
  NextSuggestion: ['Predicting', 'The next prediction of the list'],
  PreviousSuggestion: ['Predicting', 'The previous prediction of the list'],
  SwitchPredictionView: ['Predicting', 'Predictions in the line or in a list'],
  ShowFullPredictionTooltip: ['Predicting', 'Show the whole of the selected prediction'],
  DigitArgument: ['Other', 'Begin a count for the next key'],
  ClearScreen: ['Other', 'Clear the screen, the line at its top'],
  ScrollDisplayUp: ['Other', 'Scroll one screen up'],
  ScrollDisplayDown: ['Other', 'Scroll one screen down'],
  ScrollDisplayUpLine: ['Other', 'Scroll one line up'],
  ScrollDisplayDownLine: ['Other', 'Scroll one line down'],
  ScrollDisplayTop: ['Other', 'Scroll to the top'],
  ScrollDisplayToCursor: ['Other', 'Scroll to the line'],
  ShowCommandHelp: ['Help', 'Help for the command at the cursor'],
  ShowParameterHelp: ['Help', 'Help for the parameter at the cursor'],
  ShowKeyBindings: ['Help', 'All keys'],
  WhatIsKey: ['Help', 'What the key pressed next does'],
  SwitchHistoryScope: ['History', 'In a search: this server or all servers'],
} as const satisfies Record<string, readonly [group: string, does: string]>;

export type LineFunction = keyof typeof lineFunctions;
export const LineFunction = z.enum(Object.keys(lineFunctions) as [LineFunction, ...LineFunction[]]);

/** Keys of their own by their names in PSReadLine; `event.key` of a browser has others for some. */
const namedKeys: Readonly<Record<string, string>> = {
  arrowleft: 'LeftArrow',
  arrowright: 'RightArrow',
  arrowup: 'UpArrow',
  arrowdown: 'DownArrow',
  left: 'LeftArrow',
  right: 'RightArrow',
  up: 'UpArrow',
  down: 'DownArrow',
  ' ': 'Spacebar',
  space: 'Spacebar',
  esc: 'Escape',
  del: 'Delete',
  ins: 'Insert',
  pgup: 'PageUp',
  pgdn: 'PageDown',
  ...Object.fromEntries(
    'LeftArrow RightArrow UpArrow DownArrow Spacebar Escape Delete Insert PageUp PageDown Home End Enter Tab Backspace'
      .split(' ')
      .map((name) => [name.toLowerCase(), name]),
  ),
  ...Object.fromEntries(Array.from({ length: 24 }, (_, at) => [`f${String(at + 1)}`, `F${String(at + 1)}`])),
};

export interface KeyStroke {
  readonly key: string;
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
}

/**
 * One name for a key stroke: modifiers in the order Ctrl, Alt, Shift. A letter's case says Shift (`Alt+B` is `Alt+Shift+b`); another
 * character is the one that was typed, whatever it took to type it (`Alt+?`). Empty for a key without a name.
 */
export function strokeName({ key, ctrl, alt, shift }: KeyStroke): string {
  const named = namedKeys[key.toLowerCase()];
  const character = named === undefined && Array.from(key).length === 1;
  if (named === undefined && !character) return '';
  const letter = character && key.toLowerCase() !== key.toUpperCase();
  const shown = named ?? (letter ? key.toLowerCase() : key);
  const shifted = shift && (letter || named !== undefined);
  return `${ctrl ? 'Ctrl+' : ''}${alt ? 'Alt+' : ''}${shifted ? 'Shift+' : ''}${shown}`;
}

/** `Ctrl+x,Ctrl+u` as people and PSReadLine write it, in our spelling; undefined where it names no keys. */
export function readChord(written: string): string | undefined {
  const strokes: string[] = [];
  // A comma that stands for itself is the last character of a stroke.
  for (const part of written.trim().split(/,(?=.)/)) {
    const stroke = readStroke(part.trim());
    if (stroke === undefined) return undefined;
    strokes.push(stroke);
  }
  return strokes.length === 0 || strokes.length > 2 ? undefined : strokes.join(',');
}

function readStroke(written: string): string | undefined {
  const parts = /^((?:(?:ctrl|control|alt|shift)\+)*)(.+)$/i.exec(written);
  const [, modifiers = '', key = ''] = parts ?? [];
  const lower = modifiers.toLowerCase();
  const plain = Array.from(key).length === 1;
  const upper = plain && key !== key.toLowerCase();
  const name = strokeName({
    key,
    ctrl: /ctrl|control/.test(lower),
    alt: lower.includes('alt'),
    // `Alt+B`: the capital is the Shift. A plain capital, or one with Ctrl, is how people write the key itself.
    shift: lower.includes('shift') || (upper && lower.includes('alt')),
  });
  return name === '' ? undefined : name;
}
