import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { actionFor, chordName, windowsKeys } from '../../../renderer/features/terminal/keymap.ts';
import type {
  EditorAction,
  EditorEffect,
  EditorEvent,
  EditorState,
} from '../../../renderer/features/terminal/editor-state.ts';
import { createEditor, selectionOf } from '../../../renderer/features/terminal/editor-state.ts';
import { step } from '../../../renderer/features/terminal/line-editor.ts';
import { onBoundary } from '../../../renderer/features/terminal/text.ts';
import type { InputRequest } from '../../../shared/terminal.ts';

function request(kind: InputRequest['kind'], requestId = 1, text?: string): InputRequest {
  return { requestId, kind, prompt: 'PS> ', afterSeq: 0, ...(text === undefined ? {} : { text }) };
}

/** An editor played by hand: `|` marks the cursor where a test shows the line. */
class Hand {
  state: EditorState;
  effects: EditorEffect[] = [];

  constructor(history: readonly string[] = [], first: InputRequest | null = request('command')) {
    this.state = createEditor(history);
    if (first !== null) this.tell({ kind: 'request', request: first });
  }

  tell(event: EditorEvent): this {
    const result = step(this.state, event);
    this.state = result.state;
    this.effects.push(...result.effects);
    return this;
  }

  type(text: string): this {
    return this.tell({ kind: 'insert', text });
  }

  press(...actions: EditorAction[]): this {
    for (const action of actions) this.tell({ kind: 'action', action });
    return this;
  }

  get line(): string {
    return `${this.state.text.slice(0, this.state.cursor)}|${this.state.text.slice(this.state.cursor)}`;
  }

  take(): EditorEffect[] {
    const taken = this.effects;
    this.effects = [];
    return taken;
  }
}

describe('moving and deleting', () => {
  test('by character, as a person counts them', () => {
    const family = '👩‍👩‍👧';
    const hand = new Hand().type(`a${family}e\u0301`);
    expect(hand.press('backward-char').line).toBe(`a${family}|e\u0301`);
    expect(hand.press('backward-char').line).toBe(`a|${family}e\u0301`);
    expect(hand.press('delete-char').line).toBe('a|e\u0301');
    expect(hand.press('end-of-line', 'backward-delete-char').line).toBe('a|');
    expect(hand.press('forward-char', 'beginning-of-line', 'backward-char').line).toBe('|a');
  });

  test('by word, with PSReadLine’s delimiters', () => {
    const hand = new Hand().type('Get-ChildItem C:\\Logs | sort');
    expect(hand.press('backward-word').line).toBe('Get-ChildItem C:\\Logs | |sort');
    expect(hand.press('backward-word').line).toBe('Get-ChildItem C:\\|Logs | sort');
    expect(hand.press('backward-word', 'backward-word').line).toBe('Get-|ChildItem C:\\Logs | sort');
    expect(hand.press('next-word').line).toBe('Get-ChildItem |C:\\Logs | sort');
    expect(hand.press('kill-word').line).toBe('Get-ChildItem |:\\Logs | sort');
    expect(hand.press('backward-kill-word').line).toBe('Get-|:\\Logs | sort');
  });

  test('a selection is replaced by what is typed, and copied without what is behind it', () => {
    const hand = new Hand().type('one two');
    hand.press('select-backward-word');
    expect(selectionOf(hand.state)).toEqual({ from: 4, to: 7 });
    hand.press('copy-or-cancel');
    expect(hand.take()).toEqual([{ kind: 'copy', text: 'two' }]);
    expect(hand.press('select-all').type('x').line).toBe('x|');
  });

  test('text between line ends and control characters is cleaned on its way in', () => {
    expect(new Hand().type('a\r\nb\rc\u0007\u001b[31m\u0000d').line).toBe('a\nb\nc[31md|');
  });
});

describe('history', () => {
  test('up and down walk it, and give the draft back', () => {
    const hand = new Hand(['first', 'second']).type('draft');
    expect(hand.press('previous-history').line).toBe('second|');
    expect(hand.press('previous-history').line).toBe('first|');
    hand.press('previous-history');
    expect(hand.take()).toEqual([{ kind: 'bell' }]);
    expect(hand.press('next-history').line).toBe('second|');
    expect(hand.press('next-history').line).toBe('draft|');
  });

  test('F8 finds what begins like the text before the cursor', () => {
    const hand = new Hand(['Get-Date', 'Stop-Service x', 'Get-Item y']).type('Get-');
    expect(hand.press('history-search-backward').line).toBe('Get-|Item y');
    expect(hand.press('history-search-backward').line).toBe('Get-|Date');
    expect(hand.press('history-search-forward').line).toBe('Get-|Item y');
  });

  test('up and down move inside a command of several lines first', () => {
    const hand = new Hand(['old']).type('abc').press('add-line').type('de');
    expect(hand.press('previous-history').line).toBe('ab|c\nde');
    expect(hand.press('previous-history').line).toBe('old|');
  });

  test('the same command twice in a row is remembered once, blanks never', () => {
    const hand = new Hand();
    for (const [at, text] of ['dir', 'dir', '  ', 'cd'].entries()) {
      hand.tell({ kind: 'request', request: request('command', at + 1) });
      hand.type(text).press('accept-line');
    }
    expect(hand.state.history).toEqual(['dir', 'cd']);
  });
});

describe('submitting', () => {
  test('Enter sends the line; what was sent is drawn until its echo', () => {
    const hand = new Hand().type('Get-Date').press('accept-line');
    expect(hand.take()).toEqual([{ kind: 'submit', requestId: 1, text: 'Get-Date' }]);
    expect(hand.state.submitted?.text).toBe('Get-Date');
    expect(hand.line).toBe('|');
    hand.tell({ kind: 'echoed' });
    expect(hand.state.submitted).toBeNull();
  });

  test('a refused line comes back, before what was typed since', () => {
    const hand = new Hand().type('Get-Date').press('accept-line').type(' -x');
    hand.tell({ kind: 'refused', requestId: 1 });
    expect(hand.line).toBe('Get-Date| -x');
    expect(hand.state.submitted).toBeNull();
  });

  test('type-ahead: finished lines run one at each prompt, the rest stands in the editor', () => {
    const hand = new Hand().type('slow').press('accept-line');
    hand.take();
    hand.tell({ kind: 'request', request: null });
    hand.type('one').press('accept-line').type('two').press('accept-line').type('rest');
    expect(hand.take()).toEqual([]);
    hand.tell({ kind: 'request', request: request('command', 2) });
    expect(hand.take()).toEqual([{ kind: 'submit', requestId: 2, text: 'one' }]);
    hand.tell({ kind: 'request', request: request('command', 3) });
    expect(hand.take()).toEqual([{ kind: 'submit', requestId: 3, text: 'two' }]);
    hand.tell({ kind: 'request', request: request('command', 4) });
    expect(hand.take()).toEqual([]);
    expect(hand.line).toBe('rest|');
  });

  test('Ctrl+C drops the queue and says what stood on the line', () => {
    const hand = new Hand([], null).type('a').press('accept-line');
    expect(hand.state.queue).toEqual(['a']);
    hand.press('copy-or-cancel');
    expect(hand.state.queue).toEqual([]);
    hand.tell({ kind: 'request', request: request('command', 2) }).type('half');
    hand.take();
    hand.press('copy-or-cancel');
    expect(hand.take()).toEqual([{ kind: 'interrupt', text: 'half' }]);
    expect(hand.line).toBe('|');
  });

  test('an unfinished command goes out again as a whole and is remembered as a whole', () => {
    const hand = new Hand().type('if (1) {').press('accept-line');
    hand.take();
    hand.tell({ kind: 'request', request: request('continuation', 2, 'if (1) {') });
    expect(hand.line).toBe('|');
    hand.type('}').press('accept-line');
    expect(hand.take()).toEqual([{ kind: 'submit', requestId: 2, text: 'if (1) {\n}' }]);
    expect(hand.state.submitted?.text).toBe('}');
    expect(hand.state.history).toEqual(['if (1) {\n}']);
  });
});

describe('prompts of the host', () => {
  test('put a half-typed command aside and give it back', () => {
    const hand = new Hand().type('slow').press('accept-line').type('Get-Pro');
    hand.tell({ kind: 'request', request: request('line', 2) });
    expect(hand.line).toBe('|');
    hand.type('yes').press('accept-line');
    hand.tell({ kind: 'request', request: request('command', 3) });
    expect(hand.line).toBe('Get-Pro|');
  });

  test('a secret is never in the history, never copied, and gone when its prompt goes', () => {
    const hand = new Hand(['old'], request('secret', 5)).type('hunter2');
    hand.press('select-all', 'copy-or-cancel');
    expect(hand.take()).toEqual([{ kind: 'bell' }]);
    hand.press('previous-history');
    expect(hand.state.text).toBe('hunter2');
    hand.press('end-of-line', 'copy-or-cancel');
    expect(hand.take().at(-1)).toEqual({ kind: 'interrupt', text: '' });
    hand.type('hunter2').tell({ kind: 'request', request: null });
    expect(JSON.stringify(hand.state)).not.toContain('hunter2');
    hand.tell({ kind: 'request', request: request('secret', 6) });
    hand.type('hunter3').press('accept-line').tell({ kind: 'echoed' });
    hand.tell({ kind: 'request', request: request('command', 7) });
    expect(JSON.stringify(hand.state)).not.toContain('hunter3');
  });

  test('an answer typed ahead goes to the next question, never to a command line', () => {
    const hand = new Hand([], request('line', 1)).type('admin').press('accept-line');
    hand.type('hunter2').press('accept-line');
    expect(hand.state.queue).toEqual([]);
    hand.take();
    hand.tell({ kind: 'request', request: request('secret', 2) });
    expect(hand.line).toBe('hunter2|');
    expect(hand.take()).toEqual([]);
  });

  test('take one line', () => {
    const hand = new Hand([], request('line')).type('a\nb').press('add-line');
    expect(hand.take()).toEqual([{ kind: 'submit', requestId: 1, text: 'a b' }]);
  });
});

describe('completion', () => {
  const matches = ['-Force', '-Filter', '-Full'].map((text) => ({
    text,
    label: text,
    kind: 'ParameterName',
    toolTip: '',
  }));
  const completion = { replacementIndex: 4, replacementLength: 2, matches };

  function asked(action: EditorAction): Hand {
    return new Hand().type('dir -F').press(action);
  }

  test('Tab walks the matches, Shift+Tab back, Escape undoes', () => {
    const hand = asked('complete-next');
    expect(hand.take()).toEqual([{ kind: 'complete', token: 1, text: 'dir -F', cursor: 6 }]);
    hand.tell({ kind: 'completion', token: 1, completion });
    expect(hand.line).toBe('dir -Force|');
    expect(hand.press('complete-next').line).toBe('dir -Filter|');
    expect(hand.press('complete-previous', 'complete-previous').line).toBe('dir -Full|');
    expect(hand.press('revert-line').line).toBe('dir -F|');
  });

  test('the menu takes Enter for itself, and the arrows', () => {
    const hand = asked('menu-complete').tell({ kind: 'completion', token: 1, completion });
    hand.take();
    hand.press('next-history', 'accept-line');
    expect(hand.take()).toEqual([]);
    expect(hand.line).toBe('dir -Filter|');
    hand.press('accept-line');
    expect(hand.take()).toEqual([{ kind: 'submit', requestId: 1, text: 'dir -Filter' }]);
  });

  test('an answer that comes after typing went on changes nothing', () => {
    const hand = asked('complete-next').type('o').tell({ kind: 'completion', token: 1, completion });
    expect(hand.line).toBe('dir -Fo|');
  });

  test('nothing found, or a place outside the line, is a bell', () => {
    for (const bad of [null, { ...completion, matches: [] }, { ...completion, replacementLength: 99 }]) {
      const hand = asked('complete-next');
      hand.take();
      hand.tell({ kind: 'completion', token: 1, completion: bad });
      expect(hand.take()).toEqual([{ kind: 'bell' }]);
      expect(hand.line).toBe('dir -F|');
    }
  });

  test('in a continuation the whole command is asked about', () => {
    const hand = new Hand().tell({ kind: 'request', request: request('continuation', 2, 'if (1) {') });
    hand.type('dir -F').press('complete-next');
    expect(hand.take()).toEqual([{ kind: 'complete', token: 1, text: 'if (1) {\ndir -F', cursor: 15 }]);
    hand.tell({
      kind: 'completion',
      token: 1,
      completion: { ...completion, replacementIndex: 13 },
    });
    expect(hand.line).toBe('dir -Force|');
  });
});

describe('the keymap', () => {
  test('names chords by key, not by letter case', () => {
    const chord = { key: 'C', ctrlKey: true, altKey: false, shiftKey: false, metaKey: false };
    expect(chordName(chord)).toBe('Ctrl+c');
    expect(actionFor(chord)).toBe('copy-or-cancel');
    expect(actionFor({ ...chord, ctrlKey: false })).toBeNull();
    expect(actionFor({ ...chord, metaKey: true })).toBeNull();
  });
});

const actions = fc.constantFrom(...new Set(Object.values(windowsKeys)));
const pieces = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc.string({ unit: 'binary', maxLength: 3 }),
  fc.constantFrom('👩‍👩‍👧', 'e\u0301', '日本', '\n', ' ', '🇩🇪', '\u200d', '\ufe0f'),
);
const requests: fc.Arbitrary<EditorEvent> = fc
  .record({
    kind: fc.constantFrom<InputRequest['kind']>('command', 'continuation', 'line', 'secret', 'key'),
    requestId: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ kind, requestId }) => ({
    kind: 'request',
    request: request(kind, requestId, kind === 'continuation' ? 'if (1) {' : undefined),
  }));
const anyEvent: fc.Arbitrary<EditorEvent> = fc.oneof(
  { weight: 4, arbitrary: pieces.map((text): EditorEvent => ({ kind: 'insert', text })) },
  { weight: 6, arbitrary: actions.map((action): EditorEvent => ({ kind: 'action', action })) },
  { weight: 2, arbitrary: requests },
  fc.constant<EditorEvent>({ kind: 'request', request: null }),
  fc.constant<EditorEvent>({ kind: 'echoed' }),
  fc.integer({ min: 1, max: 4 }).map((requestId): EditorEvent => ({ kind: 'refused', requestId })),
  fc
    .record({
      token: fc.integer({ min: 1, max: 4 }),
      replacementIndex: fc.nat(12),
      replacementLength: fc.nat(12),
      texts: fc.array(pieces, { maxLength: 4 }),
    })
    .map(({ token, texts, ...place }): EditorEvent => ({
      kind: 'completion',
      token,
      completion: {
        ...place,
        matches: texts.map((text) => ({ text, label: text, kind: 'Text', toolTip: '' })),
      },
    })),
);

test('whatever happens, the cursor stands between two characters of the text', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 60 }), (played) => {
      const hand = new Hand(['one', 'two\nthree']);
      for (const event of played) {
        hand.tell(event);
        const { text, cursor, anchor } = hand.state;
        expect(onBoundary(text, cursor)).toBe(cursor);
        expect(cursor).toBeGreaterThanOrEqual(0);
        expect(cursor).toBeLessThanOrEqual(text.length);
        expect(anchor ?? 0).toBeLessThanOrEqual(text.length);
      }
    }),
    { numRuns: 300 },
  );
});

test('every submit answers the request that waits, and no request is answered twice at once', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 60 }), (played) => {
      let state = createEditor();
      for (const event of played) {
        const before = state;
        const result = step(state, event);
        state = result.state;
        const sent = result.effects
          .filter((effect) => effect.kind === 'submit')
          .map((effect) => effect.requestId);
        // A prompt may take a line from the queue at once; otherwise what was sent before has to be settled first.
        const free = event.kind === 'request' || before.submitted === null;
        expect(sent).toEqual(sent.length === 0 ? [] : [state.request?.requestId]);
        expect(sent.length === 0 || (free && state.submitted?.requestId === sent[0])).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});
