import type { EditorAction } from './editor-state.ts';
import type { KeyChord } from './keymap.ts';
import { actionFor } from './keymap.ts';

/** What a key pressed in a terminal is for. */
export type KeyIntent =
  /** Text, or a key somebody waits for: xterm makes the characters of it. */
  | { kind: 'text' }
  /** Not the terminal's: the window, or the browser's own paste. */
  | { kind: 'leave' }
  | { kind: 'scroll'; pages: 1 | -1 }
  | { kind: 'copy' }
  | { kind: 'interrupt' }
  | { kind: 'action'; action: EditorAction };

export interface KeySituation {
  /** Somebody is inside the session. */
  interactive: boolean;
  /** The session waits for a single key (ReadKey). */
  waitsForKey: boolean;
  /** Text of the page is selected. */
  selected: boolean;
}

export function keyIntent(chord: KeyChord, situation: KeySituation): KeyIntent {
  const { ctrlKey, altKey, shiftKey, metaKey } = chord;
  const key = chord.key.toLowerCase();
  const command = (ctrlKey || metaKey) && !altKey;
  const cancels = ctrlKey && !altKey && key === 'c';

  if (key === 'f6' || (ctrlKey && shiftKey && key === 'f')) return { kind: 'leave' };
  if ((command && key === 'v') || (shiftKey && key === 'insert')) return { kind: 'leave' };
  if (key === 'pageup') return { kind: 'scroll', pages: -1 };
  if (key === 'pagedown') return { kind: 'scroll', pages: 1 };
  // With text selected in the page Ctrl+C copies it and leaves the command alone.
  if (situation.selected && command && (key === 'c' || key === 'insert')) return { kind: 'copy' };
  // Everything else, Tab above all, goes on to the next field of the window.
  if (!situation.interactive) return cancels ? { kind: 'interrupt' } : { kind: 'leave' };
  if (situation.waitsForKey && !cancels) return { kind: 'text' };
  const action = actionFor(chord);
  // Composed characters (AltGr, Option, an input method) become text; the rest of what xterm makes of a key is dropped by who gets it.
  return action === null ? { kind: 'text' } : { kind: 'action', action };
}
