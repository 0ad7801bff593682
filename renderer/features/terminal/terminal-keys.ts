import type { LineFunction } from '../../../shared/line-functions.ts';
import { lineFunctions } from '../../../shared/line-functions.ts';
import type { KeyBindings, KeyChord } from './keymap.ts';
import { chordName } from './keymap.ts';

/** What a key pressed in a terminal is for. */
export type KeyIntent =
  /** Text, or a key somebody waits for: xterm makes the characters of it. */
  | { kind: 'text' }
  /** Not the terminal's: the window, or the browser's own paste. */
  | { kind: 'leave' }
  /** Taken, and nothing to do: the first key of two, a second key that goes with no first. */
  | { kind: 'taken'; note: string | null }
  | { kind: 'copy' }
  | { kind: 'interrupt' }
  | { kind: 'action'; action: LineFunction; digit: string };

export interface KeySituation {
  /** Somebody is inside the session. */
  interactive: boolean;
  /** The session waits for a single key (ReadKey). */
  waitsForKey: boolean;
  /** Text of the page is selected. */
  selected: boolean;
}

const scrolls: ReadonlySet<LineFunction> = new Set([
  'ScrollDisplayUp',
  'ScrollDisplayDown',
  'ScrollDisplayUpLine',
  'ScrollDisplayDownLine',
  'ScrollDisplayTop',
  'ScrollDisplayToCursor',
]);

/** Keys as they come, by the bindings in force: remembers the first of a chord, and that the next is only to be explained. */
export class KeyReader {
  #bindings: KeyBindings;
  #first = '';
  #explaining = false;

  constructor(bindings: KeyBindings) {
    this.#bindings = bindings;
  }

  /** In the midst of a chord, too: settings come back from main whenever one of them was changed. */
  bind(bindings: KeyBindings): void {
    this.#bindings = bindings;
  }

  /** WhatIsKey: the next key says what it does and does not do it. */
  explainNext(): void {
    this.#explaining = true;
  }

  read(chord: KeyChord, situation: KeySituation): KeyIntent {
    const { ctrlKey, altKey, shiftKey, metaKey } = chord;
    const key = chord.key.toLowerCase();
    const command = (ctrlKey || metaKey) && !altKey;
    const cancels = ctrlKey && !altKey && !shiftKey && key === 'c';

    if (key === 'f6' || (ctrlKey && shiftKey && key === 'f')) return { kind: 'leave' };
    const name = chordName(chord);
    // A modifier alone, or a key nobody names.
    if (name === '' && !metaKey) return { kind: 'text' };
    if (this.#explaining && situation.interactive) return this.#explain(name);
    // With text selected in the page Ctrl+C copies it and leaves the command alone.
    if (situation.selected && command && (key === 'c' || key === 'insert')) return { kind: 'copy' };
    if (metaKey) return { kind: 'leave' };

    const bound = this.#bindings.lookUp(name);
    const scroll = bound.kind === 'function' && scrolls.has(bound.name);
    // Everything else, Tab above all, goes on to the next field of the window.
    if (!situation.interactive) {
      if (scroll) return { kind: 'action', action: bound.name, digit: '' };
      return cancels ? { kind: 'interrupt' } : { kind: 'leave' };
    }
    if (situation.waitsForKey && !cancels && !scroll) return { kind: 'text' };
    return this.#bound(name, chord);
  }

  #bound(name: string, { key, ctrlKey, shiftKey }: KeyChord): KeyIntent {
    const first = this.#first;
    this.#first = '';
    const bound = this.#bindings.lookUp(first === '' ? name : `${first},${name}`);
    if (bound.kind === 'prefix') {
      this.#first = name;
      return { kind: 'taken', note: `${name} …` };
    }
    if (bound.kind === 'none') {
      // Composed characters (AltGr, Option, an input method) become text; the rest of what xterm makes of a key is dropped by who gets it.
      return first === '' ? { kind: 'text' } : { kind: 'taken', note: `${first}, ${name} does nothing.` };
    }
    // The browser's own paste needs no permission; it comes as an event.
    const pastes = (ctrlKey && key.toLowerCase() === 'v') || (shiftKey && key === 'Insert');
    if (bound.name === 'Paste' && pastes) return { kind: 'leave' };
    return { kind: 'action', action: bound.name, digit: key };
  }

  #explain(name: string): KeyIntent {
    const chord = this.#first === '' ? name : `${this.#first},${name}`;
    const bound = this.#bindings.lookUp(chord);
    if (bound.kind === 'prefix') {
      this.#first = name;
      return { kind: 'taken', note: `${name} …` };
    }
    this.#first = '';
    this.#explaining = false;
    if (bound.kind === 'none') return { kind: 'taken', note: `${chord} types what it says, or nothing.` };
    const [, does] = lineFunctions[bound.name];
    return { kind: 'taken', note: `${chord}: ${bound.name}. ${does}.` };
  }
}
