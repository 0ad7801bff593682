import { describe, expect, test } from 'vitest';
import { bindKeys } from '../../../renderer/features/terminal/keymap.ts';
import type { KeySituation } from '../../../renderer/features/terminal/terminal-keys.ts';
import { KeyReader } from '../../../renderer/features/terminal/terminal-keys.ts';

const windows = bindKeys({ editMode: 'windows', keys: {} });
const emacs = bindKeys({ editMode: 'emacs', keys: {} });

function keyIntent(key: ReturnType<typeof chord>, situation: KeySituation) {
  return new KeyReader(windows).read(key, situation);
}

const inside: KeySituation = { interactive: true, waitsForKey: false, selected: false };

function chord(name: string) {
  const parts = name.split('+');
  return {
    key: parts.at(-1) ?? '',
    ctrlKey: parts.includes('Ctrl'),
    altKey: parts.includes('Alt'),
    shiftKey: parts.includes('Shift'),
    metaKey: parts.includes('Meta'),
  };
}

describe('a key in a terminal', () => {
  test.each([
    ['a', { kind: 'text' }],
    ['Ctrl+Alt+@', { kind: 'text' }],
    ['Tab', { kind: 'action', action: 'TabCompleteNext', digit: 'Tab' }],
    ['Ctrl+c', { kind: 'action', action: 'CopyOrCancelLine', digit: 'c' }],
    ['Alt+3', { kind: 'action', action: 'DigitArgument', digit: '3' }],
    ['Ctrl+v', { kind: 'leave' }],
    ['Shift+Insert', { kind: 'leave' }],
    ['F6', { kind: 'leave' }],
    ['Ctrl+Shift+F', { kind: 'leave' }],
    ['PageUp', { kind: 'action', action: 'ScrollDisplayUp', digit: 'PageUp' }],
  ])('%s, inside a session', (name, intent) => {
    expect(keyIntent(chord(name), inside)).toEqual(intent);
  });

  test('Ctrl+C copies what is selected, once there is something', () => {
    expect(keyIntent(chord('Ctrl+c'), { ...inside, selected: true })).toEqual({ kind: 'copy' });
    expect(keyIntent(chord('Meta+c'), { ...inside, selected: true })).toEqual({ kind: 'copy' });
    expect(keyIntent(chord('Ctrl+Alt+c'), { ...inside, selected: true })).toEqual({ kind: 'text' });
  });

  test('a session that waits for a key gets whatever it is, and Ctrl+C still stops it', () => {
    const waits = { ...inside, waitsForKey: true };
    for (const name of ['a', 'Tab', 'Escape', 'ArrowUp', 'Enter']) {
      expect(keyIntent(chord(name), waits)).toEqual({ kind: 'text' });
    }
    expect(keyIntent(chord('Ctrl+c'), waits)).toEqual({
      kind: 'action',
      action: 'CopyOrCancelLine',
      digit: 'c',
    });
  });

  test('outside a session only Ctrl+C does something, so that Tab leads on', () => {
    const outside = { ...inside, interactive: false };
    for (const name of ['a', 'Tab', 'Enter', 'Ctrl+l']) {
      expect(keyIntent(chord(name), outside)).toEqual({ kind: 'leave' });
    }
    expect(keyIntent(chord('Ctrl+c'), outside)).toEqual({ kind: 'interrupt' });
  });

  test('outside a session the page can still be scrolled', () => {
    expect(keyIntent(chord('PageDown'), { ...inside, interactive: false })).toMatchObject({
      action: 'ScrollDisplayDown',
    });
  });
});

describe('chords of two keys', () => {
  test('the first waits for the second, and one that goes with none does nothing', () => {
    const keys = new KeyReader(emacs);
    expect(keys.read(chord('Ctrl+x'), inside)).toEqual({ kind: 'taken', note: 'Ctrl+x …' });
    // Pressing Ctrl again comes first, and is no key of its own.
    expect(keys.read(chord('Ctrl+Control'), inside)).toEqual({ kind: 'text' });
    expect(keys.read(chord('Ctrl+u'), inside)).toMatchObject({ action: 'Undo' });
    expect(keys.read(chord('Ctrl+u'), inside)).toMatchObject({ action: 'BackwardKillInput' });
    keys.read(chord('Escape'), inside);
    expect(keys.read(chord('x'), inside)).toEqual({ kind: 'taken', note: 'Escape, x does nothing.' });
    expect(keys.read(chord('x'), inside)).toEqual({ kind: 'text' });
  });

  test('WhatIsKey explains the next key, of a chord both, and does nothing of it', () => {
    const keys = new KeyReader(emacs);
    keys.explainNext();
    expect(keys.read(chord('Escape'), inside)).toEqual({ kind: 'taken', note: 'Escape …' });
    expect(keys.read(chord('y'), inside)).toEqual({
      kind: 'taken',
      note: 'Escape,y: YankPop. Replace what was just yanked by what was killed before it.',
    });
    expect(keys.read(chord('Ctrl+k'), inside)).toMatchObject({ action: 'KillLine' });
  });
});
