import type { LineFunction } from '../../../shared/line-functions.ts';
import type { Completion, InputRequest } from '../../../shared/terminal.ts';
import type { Geometry } from './editing/rows.ts';
import { onBoundary } from './text.ts';

/** What the line editor knows, what happens to it, and what it wants done. */

/** An answer on its way: drawn until its echo takes its place. */
export interface Submitted {
  readonly requestId: number;
  readonly kind: InputRequest['kind'];
  readonly prompt: string;
  readonly text: string;
}

/** What to do with the matches once they are there. */
export type CompletionWish = 'next' | 'previous' | 'menu' | 'certain' | 'list';

export type Completing =
  | {
      readonly kind: 'asked';
      readonly token: number;
      readonly wish: CompletionWish;
      /** The match to show, counted from the first: Tab pressed again meanwhile goes on to the next. */
      readonly place: number;
    }
  | {
      readonly kind: 'showing';
      readonly menu: boolean;
      /** -1 while nothing is chosen: the list is only shown. */
      readonly index: number;
      readonly matches: Completion['matches'];
      readonly source: NonNullable<Completion['source']>;
      /** The line before anything was completed. */
      readonly original: Snapshot;
      readonly from: number;
      readonly length: number;
      /** The menu before a character narrowed it; Backspace goes back to it. */
      readonly wider: Extract<Completing, { kind: 'showing' }> | null;
    };

/** One change of the text, to be undone and done again. */
export interface Edit {
  readonly from: number;
  readonly removed: string;
  readonly inserted: string;
  readonly undoCursor: number;
}

/** A line to come back to, with all that can be undone in it. */
export interface Snapshot {
  readonly text: string;
  readonly cursor: number;
  readonly edits: readonly Edit[];
  readonly done: number;
}

/** What the function before was, where that matters to the next: kills join, yanks are replaced, a walk goes on. */
export type Previous =
  'kill' | 'yank' | 'yank-last' | 'select' | 'recall' | 'search' | 'lines' | 'history' | 'validate' | null;

/** On the way through the history. */
export interface Walk {
  readonly index: number;
  readonly draft: Snapshot;
  readonly prefix: string;
  /** Lines met on this way, by where they were met first: each is shown once. */
  readonly seen: ReadonlyMap<string, number>;
}

/** Ctrl+R: what is looked for, and the lines that hold it, newest first. */
export interface HistorySearch {
  readonly query: string;
  readonly everywhere: boolean;
  readonly matches: readonly number[];
  readonly index: number;
  readonly original: Snapshot;
}

export interface Predicting {
  readonly view: 'none' | 'inline' | 'list';
  /** The list's chosen line, and what was typed before it was chosen; -1 where none is. */
  readonly index: number;
  readonly typed: Snapshot | null;
}

export interface EditorState {
  readonly text: string;
  readonly cursor: number;
  readonly mark: number;
  /** What lies between the mark and the cursor is selected. */
  readonly selecting: boolean;
  readonly edits: readonly Edit[];
  /** So many of the edits are in force; the rest can be done again. */
  readonly done: number;
  readonly kills: { readonly ring: readonly string[]; readonly at: number };
  readonly previous: Previous;
  readonly yankFrom: number;
  readonly lastArg: {
    readonly word: number;
    readonly line: number;
    readonly by: -1 | 1;
    readonly from: number;
  };
  /** Where Up and Down want to be in a line. */
  readonly column: number;
  /** The screen that they go by; null where there is none. */
  readonly geometry: Geometry | null;
  /** What Alt and digits made so far. */
  readonly count: string | null;
  /** The next character is looked for, not typed. */
  readonly awaited: { readonly forward: boolean; readonly count: number } | null;
  readonly walk: Walk | null;
  readonly search: HistorySearch | null;
  readonly predicting: Predicting;
  /** Said below the line until the next key. */
  readonly note: string | null;

  readonly request: InputRequest | null;
  /** The lines of an unfinished command that were sent before: they stand in the page already, and go out again with what is typed now. */
  readonly base: string;
  readonly submitted: Submitted | null;
  /** Command lines finished by Enter before there was a prompt to take them. */
  readonly queue: readonly string[];
  /** A command that a host prompt interrupted. */
  readonly aside: string | null;
  /** The running command has had an answer: what is typed now is meant for its next question. */
  readonly conversation: boolean;
  /** Oldest first: what Up and Down walk and predictions are made of. */
  readonly history: readonly string[];
  /** Every server's lines, for a search. */
  readonly everywhere: readonly string[];
  readonly completing: Completing | null;
  readonly nextToken: number;
}

export type EditorEvent =
  | { kind: 'insert'; text: string }
  /** As a whole, whatever count was typed for the next key. */
  | { kind: 'paste'; text: string }
  | { kind: 'action'; action: LineFunction; digit?: string }
  | { kind: 'request'; request: InputRequest | null }
  | { kind: 'echoed' }
  | { kind: 'refused'; requestId: number }
  | { kind: 'completion'; token: number; completion: Completion | null }
  | { kind: 'choose'; index: number }
  | { kind: 'history'; history: readonly string[]; everywhere?: readonly string[] }
  | { kind: 'prediction'; view: Predicting['view'] }
  | { kind: 'note'; note: string | null }
  | { kind: 'replace'; text: string };

export type EditorEffect =
  | { kind: 'submit'; requestId: number; text: string }
  | { kind: 'remember'; text: string }
  | { kind: 'forget-history' }
  | { kind: 'interrupt'; text: string }
  | { kind: 'complete'; token: number; text: string; cursor: number }
  | { kind: 'give-up-completion' }
  | { kind: 'copy'; text: string }
  | { kind: 'paste' }
  | { kind: 'clear-screen' }
  | { kind: 'scroll'; to: ScrollTo; count: number }
  | { kind: 'help'; about: 'command' | 'parameter'; text: string; cursor: number }
  | { kind: 'show-keys' }
  | { kind: 'what-is-key' }
  | { kind: 'prediction-view'; view: 'inline' | 'list' }
  | { kind: 'bell' };

export type ScrollTo = 'page' | 'line' | 'top' | 'cursor';

export interface EditorStep {
  state: EditorState;
  effects: readonly EditorEffect[];
}

export function createEditor(history: readonly string[] = []): EditorState {
  return {
    text: '',
    cursor: 0,
    mark: 0,
    selecting: false,
    edits: [],
    done: 0,
    kills: { ring: [], at: -1 },
    previous: null,
    yankFrom: 0,
    lastArg: { word: -1, line: 0, by: -1, from: -1 },
    column: 0,
    geometry: null,
    count: null,
    awaited: null,
    walk: null,
    search: null,
    predicting: { view: 'none', index: -1, typed: null },
    note: null,
    request: null,
    base: '',
    submitted: null,
    queue: [],
    aside: null,
    conversation: false,
    history,
    everywhere: history,
    completing: null,
    nextToken: 1,
  };
}

/** A new line for whoever comes next; what was killed, remembered and set stays. */
export function freshLine(state: EditorState): EditorState {
  const { history, everywhere, kills, request, predicting, nextToken } = state;
  return {
    ...createEditor(history),
    everywhere,
    kills,
    request,
    nextToken,
    predicting: { ...predicting, index: -1, typed: null },
  };
}

export function isCommand(kind: InputRequest['kind']): boolean {
  return kind === 'command' || kind === 'continuation';
}

/** The buffer holds an answer to the host rather than a command. */
export function answersHost(state: EditorState): boolean {
  return state.request !== null && state.submitted === null && !isCommand(state.request.kind);
}

/** What is typed is PowerShell, or will be at the next prompt. */
export function isPowerShell(state: EditorState): boolean {
  return !answersHost(state) && !state.conversation;
}

export function isSecret(state: EditorState): boolean {
  return answersHost(state) && state.request?.kind === 'secret';
}

/**
 * What was typed and went nowhere yet, the line being typed last. Nothing while a command asks one question after another: what is typed
 * then may answer a question for a password that is still on its way.
 */
export function unsentLines(state: EditorState): readonly string[] {
  if (state.conversation || answersHost(state)) return [];
  return [...(state.aside === null ? [] : [state.aside]), ...state.queue, state.text];
}

/** Between the mark and the cursor, whether shown as selected or not. */
export function regionOf(state: EditorState): { from: number; to: number } {
  const mark = onBoundary(state.text, state.mark);
  return { from: Math.min(mark, state.cursor), to: Math.max(mark, state.cursor) };
}

export function selectionOf(state: EditorState): { from: number; to: number } | null {
  if (!state.selecting) return null;
  const region = regionOf(state);
  return region.from === region.to ? null : region;
}

export function only(state: EditorState): EditorStep {
  return { state, effects: [] };
}

export function bell(state: EditorState): EditorStep {
  return { state, effects: [{ kind: 'bell' }] };
}

export function snapshotOf({ text, cursor, edits, done }: EditorState): Snapshot {
  return { text, cursor, edits, done };
}

/** Puts the cursor where one may stand. */
export function at(state: EditorState, cursor: number): EditorState {
  const { text } = state;
  return { ...state, cursor: onBoundary(text, Math.max(0, Math.min(cursor, text.length))) };
}

/** Another text, with nothing to undo in it. */
export function withText(state: EditorState, text: string, cursor: number): EditorState {
  return at({ ...state, text, mark: 0, edits: [], done: 0, selecting: false }, cursor);
}

export function withSnapshot(state: EditorState, { text, cursor, edits, done }: Snapshot): EditorState {
  return at({ ...state, text, edits, done }, cursor);
}

/** An edit that can be undone. The cursor goes behind what was inserted; undoing leaves it behind what comes back. */
export function replaceRange(state: EditorState, from: number, to: number, by: string): EditorState {
  const { text } = state;
  const removed = text.slice(from, to);
  const changed = at({ ...state, text: text.slice(0, from) + by + text.slice(to) }, from + by.length);
  if (removed === by) return changed;
  const edits = [...state.edits.slice(0, state.done), { from, removed, inserted: by, undoCursor: to }];
  return { ...changed, edits, done: edits.length };
}

/** What every function ends with: what it was, and the end of what only its like goes on with. */
export function ended(state: EditorState, previous: Previous = null): EditorState {
  const walks = previous === 'recall' || previous === 'search' || previous === 'history';
  return {
    ...state,
    previous,
    selecting: state.selecting && previous === 'select',
    walk: walks ? state.walk : null,
    completing: null,
    note: null,
  };
}
