import fc from 'fast-check';
import { expect, test } from 'vitest';
import { piecesOf } from '../../../electron/console/pieces.ts';

test('the pieces are the text, whatever it is, and none is much longer than asked', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 400 }),
      fc.integer({ min: 2, max: 50 }),
      (text, size) => {
        const pieces = [...piecesOf(text, size)];
        expect(pieces.join('')).toBe(text);
        for (const piece of pieces) {
          expect(piece.length).toBeLessThanOrEqual(size);
          // Half a pair at an edge would be drawn as two unknown characters.
          if (text.isWellFormed()) expect(piece.isWellFormed()).toBe(true);
        }
      },
    ),
  );
});

test('cuts stand behind line ends where there are any', () => {
  expect([...piecesOf('one\ntwo\nthree\n', 9)]).toEqual(['one\ntwo\n', 'three\n']);
});

test('a colour sequence is not cut', () => {
  const text = `${'x'.repeat(18)}\x1b[32;1m${'y'.repeat(10)}`;
  expect([...piecesOf(text, 20)]).toEqual(['x'.repeat(18), `\x1b[32;1m${'y'.repeat(10)}`]);
});

test('nothing is one piece of nothing', () => {
  expect([...piecesOf('')]).toEqual(['']);
});
