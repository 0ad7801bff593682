import type { EditorAction } from './editor-state.ts';

/**
 * Which key does what at a prompt: PSReadLine's Windows mode. A table and nothing else, so that keys can be added or changed by a setting
 * without touching the editor. Names as `event.key` gives them, modifiers in the order Ctrl, Alt, Shift.
 */
export const windowsKeys: Readonly<Record<string, EditorAction>> = {
  ArrowLeft: 'backward-char',
  ArrowRight: 'forward-char',
  'Ctrl+ArrowLeft': 'backward-word',
  'Ctrl+ArrowRight': 'next-word',
  Home: 'beginning-of-line',
  End: 'end-of-line',

  'Shift+ArrowLeft': 'select-backward-char',
  'Shift+ArrowRight': 'select-forward-char',
  'Ctrl+Shift+ArrowLeft': 'select-backward-word',
  'Ctrl+Shift+ArrowRight': 'select-next-word',
  'Shift+Home': 'select-beginning-of-line',
  'Shift+End': 'select-end-of-line',
  'Ctrl+a': 'select-all',

  Backspace: 'backward-delete-char',
  'Shift+Backspace': 'backward-delete-char',
  Delete: 'delete-char',
  'Ctrl+Backspace': 'backward-kill-word',
  'Ctrl+Delete': 'kill-word',

  ArrowUp: 'previous-history',
  ArrowDown: 'next-history',
  F8: 'history-search-backward',
  'Shift+F8': 'history-search-forward',
  Escape: 'revert-line',

  Enter: 'accept-line',
  'Shift+Enter': 'add-line',
  Tab: 'complete-next',
  'Shift+Tab': 'complete-previous',
  'Ctrl+ ': 'menu-complete',

  'Ctrl+c': 'copy-or-cancel',
  'Ctrl+l': 'clear-screen',
};

export interface KeyChord {
  key: string;
  ctrlKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  metaKey: boolean;
}

export function chordName(chord: KeyChord): string {
  // A letter's case follows Shift and Caps Lock; the table goes by the key.
  const key = chord.key.length === 1 && (chord.ctrlKey || chord.altKey) ? chord.key.toLowerCase() : chord.key;
  return `${chord.ctrlKey ? 'Ctrl+' : ''}${chord.altKey ? 'Alt+' : ''}${chord.shiftKey ? 'Shift+' : ''}${key}`;
}

export function actionFor(chord: KeyChord): EditorAction | null {
  if (chord.metaKey) return null;
  return windowsKeys[chordName(chord)] ?? null;
}
