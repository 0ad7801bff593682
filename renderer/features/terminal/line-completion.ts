import type { Completion } from '../../../shared/terminal.ts';
import { originOf } from './completion-words.ts';
import type { Completing, CompletionWish, EditorState, EditorStep } from './editor-state.ts';
import {
  answersHost,
  at,
  bell,
  ended,
  only,
  replaceRange,
  snapshotOf,
  withSnapshot,
} from './editor-state.ts';

/** Tab and the completion menu: one question to main, then a walk through its matches that Escape takes back. */

/** Matches that the menu shows at once. */
export const completionRows = 6;

type Showing = Extract<Completing, { kind: 'showing' }>;

/**
 * What stands in the line for a match. A folder gets its separator, as PSReadLine adds it, so that the next Tab goes on inside; where it is
 * quoted, the separator and then the cursor stand before the closing quote.
 */
export function inserted(match: Completion['matches'][number]): { text: string; back: number } {
  const { text } = match;
  if (match.kind !== 'ProviderContainer') return { text, back: 0 };
  const quote = /["']$/.exec(text)?.[0] ?? '';
  const bare = quote === '' ? text : text.slice(0, -1);
  // The server's own way of writing paths: by what it wrote here, else by the full path it tells of.
  const separator = separatorOf(bare) ?? separatorOf(match.toolTip) ?? '\\';
  const whole = /[\\/]$/.test(bare) ? bare : bare + separator;
  return { text: whole + quote, back: quote.length };
}

function separatorOf(path: string): string | undefined {
  return /[\\/]/.exec(path)?.[0];
}

function show(state: EditorState, completing: Showing): EditorState {
  const { original, from, length, matches, index } = completing;
  const back = withSnapshot(state, original);
  const match = matches[index];
  // The menu says it for itself.
  const note = completing.menu ? null : originOf(completing.source);
  if (match === undefined) return { ...ended(back), completing, note };
  const { text, back: behind } = inserted(match);
  const replaced = replaceRange(back, from, from + length, text);
  return { ...ended(at(replaced, from + text.length - behind)), completing, note };
}

export function cycle(state: EditorState, by: number): EditorStep {
  const { completing } = state;
  if (completing?.kind !== 'showing') return only(state);
  const { length } = completing.matches;
  const from = completing.index < 0 && by < 0 ? 0 : completing.index;
  return only(show(state, { ...completing, index: (((from + by) % length) + length) % length }));
}

/** PageUp and PageDown in the menu: a screenful of it, to its first or last match and no further. */
export function page(state: EditorState, by: -1 | 1): EditorStep {
  const { completing } = state;
  if (completing?.kind !== 'showing') return only(state);
  const last = completing.matches.length - 1;
  const to = Math.max(0, Math.min(completing.index + by * completionRows, last));
  return to === completing.index ? bell(state) : only(show(state, { ...completing, index: to }));
}

export function complete(state: EditorState, wish: CompletionWish): EditorStep {
  const { completing } = state;
  if (completing?.kind === 'showing') {
    if (wish === 'menu' && !completing.menu)
      return only({ ...state, completing: { ...completing, menu: true } });
    return cycle(state, wish === 'previous' ? -1 : 1);
  }
  if (answersHost(state) || state.conversation) return bell(ended(state));
  // Asked again, whoever holds the key down would never have an answer.
  if (completing?.kind === 'asked') {
    const by = wish === 'next' || wish === 'menu' ? 1 : wish === 'previous' ? -1 : 0;
    const menu = wish === 'menu' || completing.wish === 'menu';
    const place = wish === 'menu' && completing.wish !== 'menu' ? completing.place : completing.place + by;
    return only({ ...state, completing: { ...completing, wish: menu ? 'menu' : completing.wish, place } });
  }
  const token = state.nextToken;
  const place = wish === 'previous' ? -1 : 0;
  return {
    state: { ...ended(state), nextToken: token + 1, completing: { kind: 'asked', token, wish, place } },
    effects: [
      { kind: 'complete', token, text: state.base + state.text, cursor: state.base.length + state.cursor },
    ],
  };
}

export function completed(state: EditorState, token: number, completion: Completion | null): EditorStep {
  const { completing } = state;
  // Typing on has already given the question up.
  if (completing?.kind !== 'asked' || completing.token !== token) return only(state);
  const { wish, place } = completing;
  const from = (completion?.replacementIndex ?? 0) - state.base.length;
  const length = completion?.replacementLength ?? 0;
  const inside = from >= 0 && from + length <= state.text.length;
  if (completion === null || completion.matches.length === 0 || !inside) {
    return bell({ ...state, completing: null, note: completion?.note ?? null });
  }
  const { matches } = completion;
  const showing: Showing = {
    kind: 'showing',
    menu: wish === 'menu',
    index: ((place % matches.length) + matches.length) % matches.length,
    matches,
    source: completion.source ?? 'session',
    original: snapshotOf(state),
    from,
    length,
    wider: null,
  };
  if (matches.length === 1 && wish !== 'list')
    return only({ ...show(state, { ...showing, menu: false }), completing: null });
  if (wish === 'list') return only(show(state, { ...showing, menu: true, index: -1 }));
  if (wish === 'certain') return certain(state, showing);
  return only(show(state, showing));
}

/** Emacs' Tab: what all matches have in common, and a list of them once there is no more of that. */
function certain(state: EditorState, showing: Showing): EditorStep {
  const typed = state.text.slice(showing.from, showing.from + showing.length);
  const common = commonStart(showing.matches.map((match) => match.text));
  if (common.length > typed.length && common.toLowerCase().startsWith(typed.toLowerCase())) {
    return only({
      ...ended(replaceRange(state, showing.from, showing.from + showing.length, common)),
    });
  }
  return only(show(state, { ...showing, menu: true, index: -1 }));
}

function commonStart(texts: readonly string[]): string {
  let [common = ''] = texts;
  for (const text of texts) {
    let to = 0;
    while (to < common.length && common[to]?.toLowerCase() === text[to]?.toLowerCase()) to++;
    common = common.slice(0, to);
  }
  return common;
}

/** What a match is told by: its text without a quote before it. */
function told(text: string): string {
  return text.replace(/^["']/, '').toLowerCase();
}

/** Typing into the open menu narrows it, as in PSReadLine. Null where nothing would be left: then the chosen match is taken and the text follows it. */
export function narrow(state: EditorState, text: string): EditorState | null {
  const { completing } = state;
  if (completing?.kind !== 'showing' || !completing.menu || text === '') return null;
  const { original, from, length } = completing;
  const back = withSnapshot(state, original);
  const typed = replaceRange(at(back, from + length), from + length, from + length, text);
  const wanted = told(typed.text.slice(from, from + length + text.length));
  const matches = completing.matches.filter((match) => told(match.text).startsWith(wanted));
  if (matches.length === 0) return null;
  return show(typed, {
    ...completing,
    matches,
    index: 0,
    original: snapshotOf(typed),
    length: length + text.length,
    wider: completing,
  });
}

/** Backspace in the open menu: back to what it showed before, then to the line without it. */
export function widen(state: EditorState): EditorState | null {
  const { completing } = state;
  if (completing?.kind !== 'showing' || !completing.menu) return null;
  return completing.wider === null ? revertCompletion(state) : show(state, completing.wider);
}

/** The line as it was before anything was completed. */
export function revertCompletion(state: EditorState): EditorState {
  const { completing } = state;
  return completing?.kind === 'showing'
    ? { ...withSnapshot(state, completing.original), completing: null, note: null }
    : { ...state, completing: null, note: null };
}

export function choose(state: EditorState, index: number): EditorStep {
  return state.completing?.kind === 'showing'
    ? only(show(state, { ...state.completing, index }))
    : only(state);
}
