/** The line editor held against the model of PSReadLine's documentation: after every key the two hold the same. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EditorEvent, EditorState } from '../../renderer/features/terminal/editor-state.ts';
import { createEditor, selectionOf } from '../../renderer/features/terminal/editor-state.ts';
import { step } from '../../renderer/features/terminal/line-editor.ts';
import { isIncomplete } from '../../shared/powershell/parse.ts';
import type { ModelFunction, ModelStep } from './editor-model.ts';
import { EditorModel } from './editor-model.ts';
import { cellsOf } from './screen-model.ts';

const functions: readonly ModelFunction[] = [
  'Abort',
  'AddLine',
  'BackwardChar',
  'BackwardDeleteChar',
  'BackwardDeleteInput',
  'BackwardDeleteLine',
  'BackwardKillInput',
  'BackwardKillLine',
  'BackwardKillWord',
  'BackwardWord',
  'BeginningOfHistory',
  'BeginningOfLine',
  'CapitalizeWord',
  'CharacterSearch',
  'CharacterSearchBackward',
  'Copy',
  'Cut',
  'DeleteChar',
  'DowncaseWord',
  'EndOfHistory',
  'EndOfLine',
  'ExchangePointAndMark',
  'ForwardChar',
  'ForwardDeleteInput',
  'ForwardDeleteLine',
  'ForwardWord',
  'GotoBrace',
  'HistorySearchBackward',
  'HistorySearchForward',
  'InsertLineAbove',
  'InsertLineBelow',
  'KillLine',
  'KillRegion',
  'KillWord',
  'NextHistory',
  'NextLine',
  'NextWord',
  'PreviousHistory',
  'PreviousLine',
  'Redo',
  'RevertLine',
  'SelectAll',
  'SelectBackwardChar',
  'SelectBackwardWord',
  'SelectBackwardsLine',
  'SelectForwardChar',
  'SelectForwardWord',
  'SelectLine',
  'SelectNextWord',
  'SetMark',
  'SwapCharacters',
  'Undo',
  'UnixWordRubout',
  'UpcaseWord',
  'Yank',
  'YankLastArg',
  'YankNthArg',
  'YankPop',
];

const history = [
  'Get-Date',
  'Get-Item a b c',
  'dir /s',
  'Get-Date',
  'Stop-Service x y',
  'get-help topic',
  'two\nlines here',
];

const texts = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      'a',
      'b',
      ' ',
      '-',
      '.',
      'Get-',
      'x y',
      'word ',
      '\n',
      '(',
      ')',
      '[',
      ']',
      ',',
    ),
  },
  { weight: 2, arbitrary: fc.constantFrom('日本', '👩‍👩‍👧', 'e\u0301', '🇩🇪', '\u0301', 'ß', 'ﬁ', 'Ω') },
  {
    weight: 1,
    arbitrary: fc
      .string({ unit: 'grapheme', maxLength: 5 })
      .map((text) => text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, '')),
  },
);

const steps: fc.Arbitrary<ModelStep> = fc.oneof(
  { weight: 8, arbitrary: texts.map((text): ModelStep => ({ kind: 'type', text })) },
  {
    weight: 14,
    arbitrary: fc.constantFrom(...functions).map((name): ModelStep => ({ kind: 'function', name })),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...'0123456789-').map((digit): ModelStep => ({ kind: 'digit', digit })),
  },
  { weight: 1, arbitrary: fc.constant<ModelStep>({ kind: 'accept' }) },
  { weight: 1, arbitrary: fc.constant<ModelStep>({ kind: 'paste' }) },
);

/** The product, played as the view plays it: what it copies is the clipboard, a submitted line is answered by the next prompt. */
class Product {
  state: EditorState = createEditor(history);
  clipboard = '';
  #request = 0;

  constructor() {
    this.#prompt();
  }

  #prompt(): void {
    const requestId = ++this.#request;
    this.tell({ kind: 'request', request: { requestId, kind: 'command', prompt: 'PS> ', afterSeq: 0 } });
  }

  tell(event: EditorEvent): void {
    const { state, effects } = step(this.state, event);
    this.state = state;
    for (const effect of effects) {
      if (effect.kind === 'copy') this.clipboard = effect.text;
      if (effect.kind === 'paste') this.tell({ kind: 'paste', text: this.clipboard });
      if (effect.kind === 'submit') {
        this.tell({ kind: 'echoed' });
        this.#prompt();
      }
    }
  }

  apply(move: ModelStep): void {
    if (move.kind === 'type') this.tell({ kind: 'insert', text: move.text });
    else if (move.kind === 'digit') this.tell({ kind: 'action', action: 'DigitArgument', digit: move.digit });
    else if (move.kind === 'accept') this.tell({ kind: 'action', action: 'AcceptLine' });
    else if (move.kind === 'paste') this.tell({ kind: 'paste', text: this.clipboard });
    else this.tell({ kind: 'action', action: move.name });
  }
}

function seen(product: Product) {
  const { text, cursor, history: lines } = product.state;
  return {
    text,
    cursor,
    selection: selectionOf(product.state),
    clipboard: product.clipboard,
    lines: lines.length,
  };
}

function wanted(model: EditorModel) {
  const { text, cursor, selection, clipboard, history: lines } = model;
  return { text, cursor, selection, clipboard, lines: lines.length };
}

/** What the model does not know: whether a line is finished is PowerShell's to say, and which brackets count inside of quotes. */
function known(model: EditorModel, move: ModelStep): boolean {
  if (move.kind === 'accept') return !isIncomplete(model.text);
  if (move.kind === 'function' && move.name === 'GotoBrace')
    return /^[()[\]{}]*$/.test(model.text) && !/\[/.test(model.text);
  if (move.kind === 'function' && /^Yank(?:Nth|Last)Arg$/.test(move.name))
    return model.history.every(isPlain);
  return true;
}

/** Its words are PowerShell's tokens. */
function isPlain(line: string): boolean {
  return /^[\p{L}\p{N} \n-]*$/u.test(line) && !/(?:^|\s)-/.test(line);
}

function play(moves: readonly ModelStep[]): void {
  const model = new EditorModel(history);
  const product = new Product();
  const played: ModelStep[] = [];
  for (const move of moves) {
    if (!known(model, move)) continue;
    // A count before Enter is given up by both; before text it would be long.
    played.push(move);
    model.apply(move);
    product.apply(move);
    expect(seen(product), JSON.stringify(played.slice(-6))).toEqual(wanted(model));
  }
}

test('any keys in any order leave buffer, cursor, selection, clipboard and history as the model has them', () => {
  fc.assert(fc.property(fc.array(steps, { maxLength: 60 }), play), { numRuns: 4000 });
});

const cells: Readonly<Record<string, number>> = { ...cellsOf, '\n': 0 };
const typed = fc.constantFrom(
  'a',
  'bc',
  'words in a row ',
  '日本',
  '👩‍👩‍👧',
  'e\u0301',
  '"',
  '🇩🇪',
  '한',
  'x'.repeat(17),
  'y'.repeat(31),
);
const vertical: fc.Arbitrary<ModelStep> = fc.oneof(
  { weight: 5, arbitrary: typed.map((text): ModelStep => ({ kind: 'type', text })) },
  { weight: 2, arbitrary: fc.constant<ModelStep>({ kind: 'function', name: 'AddLine' }) },
  {
    weight: 9,
    arbitrary: fc
      .constantFrom<ModelFunction>(
        'PreviousLine',
        'NextLine',
        'PreviousHistory',
        'NextHistory',
        'BackwardChar',
        'ForwardChar',
        'BeginningOfLine',
        'EndOfLine',
        'BackwardWord',
      )
      .map((name): ModelStep => ({ kind: 'function', name })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('2', '3', '9').map((digit): ModelStep => ({ kind: 'digit', digit })),
  },
);

test('up and down keep the column of the screen and go by its rows, from the end of a line by ends of lines', () => {
  fc.assert(
    fc.property(
      fc.array(vertical, { maxLength: 60 }),
      fc.integer({ min: 20, max: 80 }),
      fc.nat(19),
      (moves, columns, first) => {
        const model = new EditorModel(history, { columns, first, further: 3, cells });
        const product = new Product();
        const widthOf = (character: string): number => cells[character] ?? 0;
        product.state = { ...product.state, geometry: { columns, first, further: 3, widthOf } };
        for (const move of moves) {
          model.apply(move);
          product.apply(move);
          expect(seen(product)).toEqual(wanted(model));
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test('undo takes back everything to the empty line, and redo brings it all again', () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 40 }), (moves) => {
      const product = new Product();
      for (const move of moves) {
        // Lines of the history and new prompts have an undo of their own.
        const name = move.kind === 'function' ? move.name : '';
        if (move.kind === 'accept' || /History|Search|Abort/.test(name)) continue;
        product.apply(move);
      }
      product.tell({ kind: 'action', action: 'Abort' });
      const { text, done } = product.state;
      for (let undone = 0; undone < done; undone++) product.tell({ kind: 'action', action: 'Undo' });
      expect(product.state.text).toBe('');
      for (let redone = 0; redone < done; redone++) product.tell({ kind: 'action', action: 'Redo' });
      expect(product.state.text).toBe(text);
    }),
    { numRuns: 300 },
  );
});
