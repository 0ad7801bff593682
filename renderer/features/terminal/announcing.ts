import { parse } from '../../../shared/powershell/parse.ts';
import type { CommandRecord } from '../../../shared/terminal.ts';
import { originOf } from './completion-words.ts';
import { inlinePrediction, listedPredictions } from './editing/predicting.ts';
import { searchLines } from './editing/searching.ts';
import type { EditorEvent, EditorState } from './editor-state.ts';
import { isPowerShell, isSecret, selectionOf } from './editor-state.ts';
import { durationText } from './marks.ts';

/** What the line shows, in words for who does not see it. What is typed, and what a command writes, the terminal itself tells a screen reader. */

/** A tool tip may be the whole syntax of a command: who hears it wants the beginning. */
const mostOfTip = 200;
/** Nobody listens to more of a line at once; a pasted megabyte on the page, even unseen, takes the browser a second to lay out. */
const mostSaid = 1000;
/** A pasted script is not judged at every pause. */
const mostJudged = 5000;

function placed(text: string, index: number, count: number): string {
  return `${text}, ${String(index + 1)} of ${String(count)}`;
}

function tipOf({ toolTip, text, label }: { toolTip: string; text: string; label: string }): string {
  const tip = (toolTip.trim().split('\n')[0] ?? '').trim();
  return tip === '' || tip === text || tip === label ? '' : `. ${tip.slice(0, mostOfTip)}`;
}

/** Functions that put another text into the line than the one typed. */
const rewriting = new Set(['Undo', 'Redo', 'RevertLine', 'Yank', 'YankPop', 'YankLastArg', 'YankNthArg']);

/** What one event changed; empty where nobody need hear of it. */
export function saidOf(before: EditorState, now: EditorState, event: EditorEvent): string {
  const text = change(before, now, event);
  return text.length > mostSaid ? `${text.slice(0, mostSaid)} …` : text;
}

function change(before: EditorState, now: EditorState, event: EditorEvent): string {
  const { completing, search, note, predicting, walk } = now;
  // Of a password nothing is ever said but what a prompt itself says.
  if (isSecret(now)) return note !== null && note !== before.note ? note : '';
  if (completing?.kind === 'showing' && completing !== before.completing) {
    const match = completing.matches[completing.index];
    const count = completing.matches.length;
    const opened = before.completing?.kind !== 'showing';
    const origin = opened ? originOf(completing.source) : null;
    const said =
      match === undefined
        ? `${String(count)} completions`
        : placed(match.text, completing.index, count) + tipOf(match);
    return origin === null ? said : `${said}. ${origin}`;
  }
  if (search !== null && search !== before.search) {
    const line = searchLines(now)[search.matches[search.index] ?? -1];
    if (line !== undefined) return placed(line, search.index, search.matches.length);
    return search.query === '' ? 'Search the history' : 'Nothing found';
  }
  if (note !== null && note !== before.note) return note;
  if (predicting.index >= 0 && predicting.index !== before.predicting.index) {
    return placed(now.text, predicting.index, listedPredictions(now).length);
  }
  if (walk !== null && walk !== before.walk) return now.text;
  // A single match goes in without being listed.
  if (event.kind === 'completion' && completing === null && now.text !== before.text) return now.text;
  if (event.kind === 'action') return saidOfAction(before, now, event.action);
  return '';
}

function saidOfAction(before: EditorState, now: EditorState, action: string): string {
  if (now.text !== before.text) {
    if (rewriting.has(action)) return now.text === '' ? 'The line is empty' : now.text;
    const predicted = inlinePrediction(before);
    const taken = now.text.startsWith(before.text) && predicted?.startsWith(now.text) === true;
    return taken ? `Accepted: ${now.text.slice(before.text.length)}` : '';
  }
  const selection = selectionOf(now);
  const was = selectionOf(before);
  if (selection === null) return was === null ? '' : 'Nothing selected';
  if (was?.from === selection.from && was.to === selection.to) return '';
  return `Selected: ${now.text.slice(selection.from, selection.to)}`;
}

/** What stands beside the text once somebody rests: what PowerShell would refuse in it, and what is predicted. */
export function saidAtRest(editor: EditorState): string {
  if (!isPowerShell(editor) || editor.search !== null || editor.completing !== null || editor.text === '')
    return '';
  const whole = editor.base + editor.text;
  const error =
    whole.length > mostJudged ? undefined : parse(whole).errors.find(({ incomplete }) => !incomplete);
  if (error !== undefined) return `Error: ${error.message}`;
  const predicted = inlinePrediction(editor);
  if (predicted !== null)
    return `Predicted: ${predicted.slice(editor.text.length, editor.text.length + mostSaid)}`;
  const listed = listedPredictions(editor).length;
  return listed === 0 || editor.predicting.typed !== null ? '' : `${String(listed)} predictions below`;
}

/** How a command ended, as its mark in the margin shows it. */
export function saidOfEnd({ state, duration }: CommandRecord): string {
  const words = { running: '', completed: 'Done', failed: 'Failed', stopped: 'Stopped' } as const;
  return duration === undefined ? words[state] : `${words[state]}, ${durationText(duration)}`;
}
