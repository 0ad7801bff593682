import { readChord, strokeName } from '../../../shared/line-functions.ts';
import type { LineFunction } from '../../../shared/line-functions.ts';
import type { KeyMap } from './key-maps.ts';
import { emacsKeys, windowsKeys } from './key-maps.ts';

/** A key as the browser tells of it. */
export interface KeyChord {
  key: string;
  ctrlKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  metaKey: boolean;
}

/** What a key does: a function, the first key of a chord of two, or nothing. */
export type Bound =
  | { readonly kind: 'function'; readonly name: LineFunction }
  | { readonly kind: 'prefix' }
  | { readonly kind: 'none' };

export interface KeyBindings {
  readonly keys: KeyMap;
  /** What of the person's own settings could not be used, in words. */
  readonly troubles: readonly string[];
  lookUp(chord: string): Bound;
}

export interface KeySettings {
  readonly editMode: 'windows' | 'emacs';
  /** Chord to function; an empty one takes the key's function away. */
  readonly keys: Readonly<Record<string, LineFunction | ''>>;
}

/** The window takes these before a terminal sees them. */
const windowsOwn = new Set([
  'F6',
  'Shift+F6',
  'Ctrl+,',
  'Ctrl+Shift+e',
  'Ctrl+Shift+n',
  'Ctrl+Shift+w',
  'Ctrl+Shift+f',
  'Ctrl+Shift+d',
  'Ctrl+PageUp',
  'Ctrl+PageDown',
  'Alt+PageUp',
  'Alt+PageDown',
  'Alt+n',
  'Alt+w',
]);

/** The mode's keys with the person's own over them. */
export function bindKeys({ editMode, keys: own }: KeySettings): KeyBindings {
  const base = editMode === 'emacs' ? emacsKeys : windowsKeys;
  const keys: Record<string, LineFunction> = { ...base };
  const troubles: string[] = [];
  const set = new Map<string, string>();
  for (const [written, name] of Object.entries(own)) {
    const chord = readChord(written);
    if (chord === undefined) {
      troubles.push(`“${written}” names no key.`);
      continue;
    }
    const before = set.get(chord);
    if (before !== undefined) {
      troubles.push(`“${written}” and “${before}” are the same key: the later one counts.`);
    }
    set.set(chord, written);
    const [first = chord] = chord.split(/,(?=.)/);
    if (windowsOwn.has(first)) troubles.push(`${first} belongs to the window and never reaches the line.`);
    if (isText(first)) {
      troubles.push(`${first} alone is text to be typed.`);
      continue;
    }
    if (name === '') delete keys[chord];
    else keys[chord] = name;
  }
  const prefixes = new Set<string>();
  for (const chord of Object.keys(keys)) {
    const [first = '', second] = chord.split(/,(?=.)/);
    if (second === undefined) continue;
    prefixes.add(first);
    if (keys[first] !== undefined) {
      troubles.push(`${first} does ${keys[first]}, so that ${chord} is never reached.`);
    }
  }
  return {
    keys,
    troubles,
    lookUp(chord) {
      const name = keys[chord];
      if (name !== undefined) return { kind: 'function', name };
      return prefixes.has(chord) ? { kind: 'prefix' } : { kind: 'none' };
    },
  };
}

function isText(stroke: string): boolean {
  return Array.from(stroke).length === 1 || stroke === 'Spacebar' || /^Shift\+.$/u.test(stroke);
}

/** The key's name in the bindings; empty for keys without one, such as Ctrl alone. */
export function chordName({ key, ctrlKey, altKey, shiftKey, metaKey }: KeyChord): string {
  if (metaKey) return '';
  return strokeName({ key, ctrl: ctrlKey, alt: altKey, shift: shiftKey });
}
