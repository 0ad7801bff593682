import type { Completion } from '../../../shared/terminal.ts';
import type { Completing, EditorState, EditorStep } from './editor-state.ts';
import { answersHost, bell, only, withText } from './editor-state.ts';

/** Tab and the completion menu: one question to main, then a walk through its matches that Escape takes back. */

export function show(state: EditorState, completing: Extract<Completing, { kind: 'showing' }>): EditorState {
  const { original, from, length } = completing;
  const by = completing.matches[completing.index]?.text ?? '';
  const text = original.text.slice(0, from) + by + original.text.slice(from + length);
  return { ...withText(state, text, from + by.length), completing };
}

export function cycle(state: EditorState, by: -1 | 1): EditorStep {
  const { completing } = state;
  if (completing?.kind !== 'showing') return only(state);
  const index = (completing.index + by + completing.matches.length) % completing.matches.length;
  return only(show(state, { ...completing, index }));
}

export function complete(state: EditorState, by: -1 | 1, menu: boolean): EditorStep {
  if (state.completing?.kind === 'showing') {
    if (menu && !state.completing.menu) {
      return only({ ...state, completing: { ...state.completing, menu: true } });
    }
    return cycle(state, by);
  }
  if (state.request === null || state.submitted !== null || answersHost(state)) return bell(state);
  const token = state.nextToken;
  return {
    state: {
      ...state,
      anchor: null,
      nextToken: token + 1,
      completing: { kind: 'asked', token, menu, back: by < 0 },
    },
    effects: [
      { kind: 'complete', token, text: state.base + state.text, cursor: state.base.length + state.cursor },
    ],
  };
}

export function completed(state: EditorState, token: number, completion: Completion | null): EditorStep {
  const { completing } = state;
  // Typing on has already given the question up.
  if (completing?.kind !== 'asked' || completing.token !== token) return only(state);
  const from = (completion?.replacementIndex ?? 0) - state.base.length;
  const length = completion?.replacementLength ?? 0;
  const inside = from >= 0 && from + length <= state.text.length;
  if (completion === null || completion.matches.length === 0 || !inside) {
    return bell({ ...state, completing: null });
  }
  const shown = show(state, {
    kind: 'showing',
    menu: completing.menu,
    index: completing.back ? completion.matches.length - 1 : 0,
    matches: completion.matches,
    original: { text: state.text, cursor: state.cursor },
    from,
    length,
  });
  return only(completion.matches.length === 1 ? { ...shown, completing: null } : shown);
}
