import { describe, expect, test } from 'vitest';
import { keyIntent } from '../../../renderer/features/terminal/terminal-keys.ts';
import type { KeySituation } from '../../../renderer/features/terminal/terminal-keys.ts';

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
    ['Tab', { kind: 'action', action: 'complete-next' }],
    ['Ctrl+c', { kind: 'action', action: 'copy-or-cancel' }],
    ['Ctrl+v', { kind: 'leave' }],
    ['Shift+Insert', { kind: 'leave' }],
    ['F6', { kind: 'leave' }],
    ['Ctrl+Shift+F', { kind: 'leave' }],
    ['PageUp', { kind: 'scroll', pages: -1 }],
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
    expect(keyIntent(chord('Ctrl+c'), waits)).toEqual({ kind: 'action', action: 'copy-or-cancel' });
  });

  test('outside a session only Ctrl+C does something, so that Tab leads on', () => {
    const outside = { ...inside, interactive: false };
    for (const name of ['a', 'Tab', 'Enter', 'Ctrl+l']) {
      expect(keyIntent(chord(name), outside)).toEqual({ kind: 'leave' });
    }
    expect(keyIntent(chord('Ctrl+c'), outside)).toEqual({ kind: 'interrupt' });
  });
});
