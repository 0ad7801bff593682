import type { LineFunction } from '../../../../shared/line-functions.ts';
import type { EditorEffect, EditorState, EditorStep } from '../editor-state.ts';
import { answersHost, bell, ended, isPowerShell, only, regionOf } from '../editor-state.ts';
import { complete } from '../line-completion.ts';
import { backwardWord, lineEnd, lineStart, wordEnd } from '../text.ts';
import * as changing from './changing.ts';
import { kill, yank, yankLastArg, yankNthArg, yankPop } from './killing.ts';
import * as moving from './moving.ts';
import { acceptSuggestion, acceptSuggestionWords, moveInList, showWhole, switchView } from './predicting.ts';
import { endOfHistory, recall, searchByPrefix } from './recalling.ts';
import { startSearch } from './searching.ts';
import { selectCommandArgument } from './selecting.ts';
import {
  abort,
  acceptAndGetNext,
  accept,
  exitOrDelete,
  giveUp,
  interrupt,
  validateAndAccept,
} from './submitting.ts';

/** Every function by its name. `count` is what DigitArgument made, null where nothing was typed. */
type Run = (state: EditorState, count: number | null) => EditorStep;

function moved(place: moving.Place): Run {
  return (state, count) => moving.move(state, place(state, count ?? 1));
}

function selected(place: moving.Place): Run {
  return (state, count) => moving.select(state, place(state, count ?? 1));
}

function effect(...effects: EditorEffect[]): Run {
  return (state) => ({ state: { ...state, count: null }, effects });
}

function scroll(to: 'page' | 'line', by: 1 | -1): Run {
  return (state, count) => ({ state, effects: [{ kind: 'scroll', to, count: by * (count ?? 1) }] });
}

function help(about: 'command' | 'parameter'): Run {
  return (state) =>
    isPowerShell(state)
      ? {
          state,
          effects: [
            { kind: 'help', about, text: state.base + state.text, cursor: state.base.length + state.cursor },
          ],
        }
      : bell(state);
}

const atEnd = ({ text, cursor }: EditorState): boolean => cursor === text.length;

/** At the end of the line there is nowhere to go but on into the prediction. */
function forwardWord(place: moving.Place): Run {
  return (state, count) => {
    const words = count ?? 1;
    const accepted = atEnd(state) && words > 0 ? acceptSuggestionWords(state, words) : null;
    return accepted ?? moving.move(state, place(state, words));
  };
}

const functions: Readonly<Record<Exclude<LineFunction, 'DigitArgument'>, Run>> = {
  AcceptLine: (state) => accept(state),
  ValidateAndAcceptLine: (state) => validateAndAccept(state),
  AcceptAndGetNext: (state) => acceptAndGetNext(state),
  AddLine: (state) => (answersHost(state) ? accept(state) : changing.insert(state, '\n', 1)),
  InsertLineAbove: (state) => changing.insertLineAbove(state),
  InsertLineBelow: (state) => changing.insertLineBelow(state),
  RevertLine: (state) => changing.revertLine(state),
  Undo: (state) => changing.undo(state),
  Redo: (state) => changing.redo(state),
  BackwardDeleteChar: (state, count) => changing.backwardDeleteChars(state, count ?? 1),
  DeleteChar: (state, count) => changing.deleteChars(state, count ?? 1),
  DeleteCharOrExit: (state) => exitOrDelete(state),
  BackwardDeleteInput: (state) => changing.remove(state, 0, state.cursor),
  BackwardDeleteLine: (state) => changing.remove(state, lineStart(state.text, state.cursor), state.cursor),
  ForwardDeleteInput: (state) => changing.remove(state, state.cursor, state.text.length),
  ForwardDeleteLine: (state) => changing.remove(state, state.cursor, lineEnd(state.text, state.cursor)),
  SwapCharacters: (state) => changing.swapCharacters(state),
  UpcaseWord: (state) => changing.changeCase(state, (word) => word.toUpperCase()),
  DowncaseWord: (state) => changing.changeCase(state, (word) => word.toLowerCase()),
  CapitalizeWord: (state) => changing.changeCase(state, changing.capitalized),
  CancelLine: (state) => giveUp(state),
  Abort: (state) => abort(state),
  Copy: (state) => changing.copy(state),
  Cut: (state) => changing.cut(state),
  Paste: effect({ kind: 'paste' }),
  CopyOrCancelLine: (state) => interrupt(state),

  KillLine: (state) => kill(state, state.cursor, state.text.length, false),
  KillWord: (state) => kill(state, state.cursor, wordEnd(state.text, state.cursor), false),
  KillRegion: (state) => {
    const { from, to } = regionOf(state);
    return kill(state, from, to, true);
  },
  BackwardKillInput: (state) => kill(state, 0, state.cursor, true),
  BackwardKillLine: (state) => kill(state, lineStart(state.text, state.cursor), state.cursor, true),
  BackwardKillWord: (state) => kill(state, backwardWord(state.text, state.cursor), state.cursor, true),
  UnixWordRubout: (state) => kill(state, backwardWord(state.text, state.cursor, ''), state.cursor, true),
  ShellKillWord: (state) => kill(state, state.cursor, moving.shellForwardWords(state, 1), false),
  ShellBackwardKillWord: (state) => kill(state, moving.shellBackwardWords(state, 1), state.cursor, true),
  Yank: (state) => yank(state),
  YankPop: (state) => yankPop(state),
  YankLastArg: yankLastArg,
  YankNthArg: yankNthArg,

  BackwardChar: moved(moving.backwardChar),
  ForwardChar: (state, count) =>
    (atEnd(state) && (count ?? 1) > 0 ? acceptSuggestion(state) : null) ??
    moving.move(state, moving.forwardChar(state, count ?? 1)),
  BackwardWord: moved(moving.backwardWords),
  NextWord: forwardWord(moving.nextWords),
  ForwardWord: forwardWord(moving.forwardWords),
  ShellBackwardWord: moved(moving.shellBackwardWords),
  ShellNextWord: moved(moving.shellNextWords),
  ShellForwardWord: moved(moving.shellForwardWords),
  BeginningOfLine: moved(moving.beginningOfLine),
  EndOfLine: moved(moving.endOfLine),
  PreviousLine: (state, count) => moving.moveLines(state, -(count ?? 1)),
  NextLine: (state, count) => moving.moveLines(state, count ?? 1),
  GotoBrace: (state) => moving.gotoBrace(state),
  CharacterSearch: (state, count) => awaitCharacter(state, count ?? 1),
  CharacterSearchBackward: (state, count) => awaitCharacter(state, -(count ?? 1)),

  SelectAll: (state) => moving.selectAll(state),
  SelectBackwardChar: selected(moving.backwardChar),
  SelectForwardChar: selected(moving.forwardChar),
  SelectBackwardWord: selected(moving.backwardWords),
  SelectNextWord: selected(moving.nextWords),
  SelectForwardWord: selected(moving.forwardWords),
  SelectShellBackwardWord: selected(moving.shellBackwardWords),
  SelectShellNextWord: selected(moving.shellNextWords),
  SelectShellForwardWord: selected(moving.shellForwardWords),
  SelectBackwardsLine: selected(moving.beginningOfLine),
  SelectLine: selected(moving.endOfLine),
  SelectCommandArgument: selectCommandArgument,
  SetMark: (state) => moving.setMark(state),
  ExchangePointAndMark: (state) => moving.exchangePointAndMark(state),

  TabCompleteNext: (state) => complete(state, 'next'),
  TabCompletePrevious: (state) => complete(state, 'previous'),
  Complete: (state) => complete(state, 'certain'),
  MenuComplete: (state) => complete(state, 'menu'),
  PossibleCompletions: (state) => complete(state, 'list'),

  PreviousHistory: (state, count) =>
    moveInList(state, -Math.abs(count ?? 1)) ?? recall(state, -Math.abs(count ?? 1)),
  NextHistory: (state, count) =>
    moveInList(state, Math.abs(count ?? 1)) ?? recall(state, Math.abs(count ?? 1)),
  BeginningOfHistory: (state) => endOfHistory(state, true),
  EndOfHistory: (state) => endOfHistory(state, false),
  HistorySearchBackward: (state, count) => searchByPrefix(state, -Math.abs(count ?? 1)),
  HistorySearchForward: (state, count) => searchByPrefix(state, Math.abs(count ?? 1)),
  ReverseSearchHistory: (state) => startSearch(state, false),
  ForwardSearchHistory: (state) => startSearch(state, true),
  ClearHistory: effect({ kind: 'forget-history' }),
  SwitchHistoryScope: (state) => bell(state),

  AcceptSuggestion: (state) => acceptSuggestion(state) ?? bell(state),
  AcceptNextSuggestionWord: (state, count) => acceptSuggestionWords(state, count ?? 1) ?? bell(state),
  NextSuggestion: (state, count) => moveInList(state, count ?? 1) ?? bell(state),
  PreviousSuggestion: (state, count) => moveInList(state, -(count ?? 1)) ?? bell(state),
  SwitchPredictionView: (state) => switchView(state),
  ShowFullPredictionTooltip: (state) => showWhole(state),

  ClearScreen: effect({ kind: 'clear-screen' }),
  ScrollDisplayUp: scroll('page', -1),
  ScrollDisplayDown: scroll('page', 1),
  ScrollDisplayUpLine: scroll('line', -1),
  ScrollDisplayDownLine: scroll('line', 1),
  ScrollDisplayTop: effect({ kind: 'scroll', to: 'top', count: 1 }),
  ScrollDisplayToCursor: effect({ kind: 'scroll', to: 'cursor', count: 1 }),
  ShowCommandHelp: help('command'),
  ShowParameterHelp: help('parameter'),
  ShowKeyBindings: effect({ kind: 'show-keys' }),
  WhatIsKey: effect({ kind: 'what-is-key' }),
};

function awaitCharacter(state: EditorState, count: number): EditorStep {
  return only({ ...ended(state), awaited: { forward: count > 0, count: Math.abs(count) } });
}

export function run(
  state: EditorState,
  name: Exclude<LineFunction, 'DigitArgument'>,
  count: number | null,
): EditorStep {
  return functions[name](state, count);
}
