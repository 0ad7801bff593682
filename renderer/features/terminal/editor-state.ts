import type { Completion, InputRequest } from '../../../shared/terminal.ts';
import { onBoundary } from './text.ts';

/** What the line editor knows, what happens to it, and what it wants done. */

export type EditorAction =
  | 'backward-char'
  | 'forward-char'
  | 'backward-word'
  | 'next-word'
  | 'beginning-of-line'
  | 'end-of-line'
  | 'select-backward-char'
  | 'select-forward-char'
  | 'select-backward-word'
  | 'select-next-word'
  | 'select-beginning-of-line'
  | 'select-end-of-line'
  | 'select-all'
  | 'backward-delete-char'
  | 'delete-char'
  | 'backward-kill-word'
  | 'kill-word'
  | 'previous-history'
  | 'next-history'
  | 'history-search-backward'
  | 'history-search-forward'
  | 'revert-line'
  | 'accept-line'
  | 'add-line'
  | 'complete-next'
  | 'complete-previous'
  | 'menu-complete'
  | 'copy-or-cancel'
  | 'clear-screen';

/** An answer on its way: drawn until its echo takes its place. */
export interface Submitted {
  readonly requestId: number;
  readonly kind: InputRequest['kind'];
  readonly prompt: string;
  readonly text: string;
}

export type Completing =
  | { readonly kind: 'asked'; readonly token: number; readonly menu: boolean; readonly back: boolean }
  | {
      readonly kind: 'showing';
      readonly menu: boolean;
      readonly index: number;
      readonly matches: Completion['matches'];
      /** The text and the place of the replacement before anything was completed. */
      readonly original: { readonly text: string; readonly cursor: number };
      readonly from: number;
      readonly length: number;
    };

export interface EditorState {
  readonly text: string;
  readonly cursor: number;
  /** Where the selection began, while there is one. */
  readonly anchor: number | null;
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
  /** Oldest first. */
  readonly history: readonly string[];
  readonly browsing: {
    readonly index: number;
    readonly draft: string;
    readonly prefix: string | null;
  } | null;
  readonly completing: Completing | null;
  readonly nextToken: number;
}

export type EditorEvent =
  | { kind: 'insert'; text: string }
  | { kind: 'action'; action: EditorAction }
  | { kind: 'request'; request: InputRequest | null }
  | { kind: 'echoed' }
  | { kind: 'refused'; requestId: number }
  | { kind: 'completion'; token: number; completion: Completion | null }
  | { kind: 'choose'; index: number }
  | { kind: 'history'; history: readonly string[] }
  | { kind: 'replace'; text: string };

export type EditorEffect =
  | { kind: 'submit'; requestId: number; text: string }
  | { kind: 'interrupt'; text: string }
  | { kind: 'complete'; token: number; text: string; cursor: number }
  | { kind: 'copy'; text: string }
  | { kind: 'clear-screen' }
  | { kind: 'bell' };

export interface EditorStep {
  state: EditorState;
  effects: readonly EditorEffect[];
}

export function createEditor(history: readonly string[] = []): EditorState {
  return {
    text: '',
    cursor: 0,
    anchor: null,
    request: null,
    base: '',
    submitted: null,
    queue: [],
    aside: null,
    conversation: false,
    history,
    browsing: null,
    completing: null,
    nextToken: 1,
  };
}

export function isCommand(kind: InputRequest['kind']): boolean {
  return kind === 'command' || kind === 'continuation';
}

/** The buffer holds an answer to the host rather than a command. */
export function answersHost(state: EditorState): boolean {
  return state.request !== null && state.submitted === null && !isCommand(state.request.kind);
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

export function selectionOf(state: EditorState): { from: number; to: number } | null {
  if (state.anchor === null || state.anchor === state.cursor) return null;
  return { from: Math.min(state.anchor, state.cursor), to: Math.max(state.anchor, state.cursor) };
}

export function only(state: EditorState): EditorStep {
  return { state, effects: [] };
}

export function bell(state: EditorState): EditorStep {
  return { state, effects: [{ kind: 'bell' }] };
}

/** Every change of the text goes through here: it ends what belonged to the text before. */
export function withText(state: EditorState, text: string, cursor: number): EditorState {
  return {
    ...state,
    text,
    cursor: onBoundary(text, Math.max(0, Math.min(cursor, text.length))),
    anchor: null,
    browsing: null,
    completing: null,
  };
}

export function replaceRange(state: EditorState, from: number, to: number, by: string): EditorState {
  return withText(state, state.text.slice(0, from) + by + state.text.slice(to), from + by.length);
}
