import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { windowsKeys } from '../../../renderer/features/terminal/key-maps.ts';
import { bindKeys, chordName } from '../../../renderer/features/terminal/keymap.ts';
import type {
  EditorEffect,
  EditorEvent,
  EditorState,
} from '../../../renderer/features/terminal/editor-state.ts';
import { createEditor, selectionOf } from '../../../renderer/features/terminal/editor-state.ts';
import { step } from '../../../renderer/features/terminal/line-editor.ts';
import { onBoundary } from '../../../renderer/features/terminal/text.ts';
import type { LineFunction } from '../../../shared/line-functions.ts';
import { lineFunctions, readChord } from '../../../shared/line-functions.ts';
import {
  documentedEmacs,
  documentedUnbound,
  documentedWindows,
  notToBeHad,
  takenElsewhere,
} from './documented-keys.ts';
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

  press(...actions: LineFunction[]): this {
    for (const action of actions) this.tell({ kind: 'action', action });
    return this;
  }

  get line(): string {
    return `${this.state.text.slice(0, this.state.cursor)}|${this.state.text.slice(this.state.cursor)}`;
  }

  /** Without what is only remembered: the history's own tests look at that. */
  take(): EditorEffect[] {
    const taken = this.effects.filter(({ kind }) => kind !== 'remember');
    this.effects = [];
    return taken;
  }
}

describe('moving and deleting', () => {
  test('by character, as a person counts them', () => {
    const family = '👩‍👩‍👧';
    const hand = new Hand().type(`a${family}e\u0301`);
    expect(hand.press('BackwardChar').line).toBe(`a${family}|e\u0301`);
    expect(hand.press('BackwardChar').line).toBe(`a|${family}e\u0301`);
    expect(hand.press('DeleteChar').line).toBe('a|e\u0301');
    expect(hand.press('EndOfLine', 'BackwardDeleteChar').line).toBe('a|');
    expect(hand.press('ForwardChar', 'BeginningOfLine', 'BackwardChar').line).toBe('|a');
  });

  test('by word, with PSReadLine’s delimiters', () => {
    const hand = new Hand().type('Get-ChildItem C:\\Logs | sort');
    expect(hand.press('BackwardWord').line).toBe('Get-ChildItem C:\\Logs | |sort');
    expect(hand.press('BackwardWord').line).toBe('Get-ChildItem C:\\|Logs | sort');
    expect(hand.press('BackwardWord', 'BackwardWord').line).toBe('Get-|ChildItem C:\\Logs | sort');
    expect(hand.press('NextWord').line).toBe('Get-ChildItem |C:\\Logs | sort');
    expect(hand.press('KillWord').line).toBe('Get-ChildItem |:\\Logs | sort');
    expect(hand.press('BackwardKillWord').line).toBe('Get-|:\\Logs | sort');
  });

  test('a selection is replaced by what is typed, and copied without what is behind it', () => {
    const hand = new Hand().type('one two');
    hand.press('SelectBackwardWord');
    expect(selectionOf(hand.state)).toEqual({ from: 4, to: 7 });
    hand.press('CopyOrCancelLine');
    expect(hand.take()).toEqual([{ kind: 'copy', text: 'two' }]);
    expect(hand.press('SelectAll').type('x').line).toBe('x|');
  });

  test('text between line ends and control characters is cleaned on its way in', () => {
    expect(new Hand().type('a\r\nb\rc\u0007\u001b[31m\u0000d').line).toBe('a\nb\nc[31md|');
  });
});

describe('history', () => {
  test('up and down walk it, and give the draft back', () => {
    const hand = new Hand(['first', 'second']).type('draft');
    expect(hand.press('PreviousHistory').line).toBe('second|');
    expect(hand.press('PreviousHistory').line).toBe('first|');
    hand.press('PreviousHistory');
    expect(hand.take()).toEqual([{ kind: 'bell' }]);
    expect(hand.press('NextHistory').line).toBe('second|');
    expect(hand.press('NextHistory').line).toBe('draft|');
  });

  test('F8 finds what begins like the text before the cursor', () => {
    const hand = new Hand(['Get-Date', 'Stop-Service x', 'Get-Item y']).type('Get-');
    expect(hand.press('HistorySearchBackward').line).toBe('Get-|Item y');
    expect(hand.press('HistorySearchBackward').line).toBe('Get-|Date');
    expect(hand.press('HistorySearchForward').line).toBe('Get-|Item y');
  });

  test('up and down move inside a command of several lines first', () => {
    const hand = new Hand(['old']).type('abc').press('AddLine').type('de');
    // At a line’s end it stays at line ends.
    expect(hand.press('PreviousHistory').line).toBe('abc|\nde');
    expect(hand.press('PreviousHistory').line).toBe('old|');
  });

  test('the same command twice in a row is remembered once, blanks never', () => {
    const hand = new Hand();
    for (const [at, text] of ['dir', 'dir', '  ', 'cd'].entries()) {
      hand.tell({ kind: 'request', request: request('command', at + 1) });
      hand.type(text).press('AcceptLine');
    }
    expect(hand.state.history).toEqual(['dir', 'cd']);
  });
});

describe('submitting', () => {
  test('Enter sends the line; what was sent is drawn until its echo', () => {
    const hand = new Hand().type('Get-Date').press('AcceptLine');
    expect(hand.take()).toEqual([{ kind: 'submit', requestId: 1, text: 'Get-Date' }]);
    expect(hand.state.submitted?.text).toBe('Get-Date');
    expect(hand.line).toBe('|');
    hand.tell({ kind: 'echoed' });
    expect(hand.state.submitted).toBeNull();
  });

  test('a refused line comes back, before what was typed since', () => {
    const hand = new Hand().type('Get-Date').press('AcceptLine').type(' -x');
    hand.tell({ kind: 'refused', requestId: 1 });
    expect(hand.line).toBe('Get-Date| -x');
    expect(hand.state.submitted).toBeNull();
  });

  test('type-ahead: finished lines run one at each prompt, the rest stands in the editor', () => {
    const hand = new Hand().type('slow').press('AcceptLine');
    hand.take();
    hand.tell({ kind: 'request', request: null });
    hand.type('one').press('AcceptLine').type('two').press('AcceptLine').type('rest');
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
    const hand = new Hand([], null).type('a').press('AcceptLine');
    expect(hand.state.queue).toEqual(['a']);
    hand.press('CopyOrCancelLine');
    expect(hand.state.queue).toEqual([]);
    hand.tell({ kind: 'request', request: request('command', 2) }).type('half');
    hand.take();
    hand.press('CopyOrCancelLine');
    expect(hand.take()).toEqual([{ kind: 'interrupt', text: 'half' }]);
    expect(hand.line).toBe('|');
  });

  test('an unfinished command goes on in the editor, and goes out and is remembered as a whole', () => {
    const hand = new Hand().type('if (1) {').press('AcceptLine');
    expect(hand.take()).toEqual([]);
    expect(hand.line).toBe('if (1) {\n|');
    hand.type('}').press('AcceptLine');
    expect(hand.take()).toEqual([{ kind: 'submit', requestId: 1, text: 'if (1) {\n}' }]);
    expect(hand.state.history).toEqual(['if (1) {\n}']);
  });

  test('what the server alone finds unfinished goes out again as a whole, too', () => {
    const hand = new Hand().type('sent').press('AcceptLine');
    hand.take();
    hand.tell({ kind: 'request', request: request('continuation', 2, 'sent') });
    expect(hand.line).toBe('|');
    hand.type('more').press('AcceptLine');
    expect(hand.take()).toEqual([{ kind: 'submit', requestId: 2, text: 'sent\nmore' }]);
    expect(hand.state.submitted?.text).toBe('more');
    expect(hand.state.history).toEqual(['sent\nmore']);
  });
});

describe('prompts of the host', () => {
  test('put a half-typed command aside and give it back', () => {
    const hand = new Hand().type('slow').press('AcceptLine').type('Get-Pro');
    hand.tell({ kind: 'request', request: request('line', 2) });
    expect(hand.line).toBe('|');
    hand.type('yes').press('AcceptLine');
    hand.tell({ kind: 'request', request: request('command', 3) });
    expect(hand.line).toBe('Get-Pro|');
  });

  test('a secret is never in the history, never copied, and gone when its prompt goes', () => {
    const hand = new Hand(['old'], request('secret', 5)).type('hunter2');
    hand.press('SelectAll', 'CopyOrCancelLine');
    expect(hand.take()).toEqual([{ kind: 'bell' }]);
    hand.press('PreviousHistory');
    expect(hand.state.text).toBe('hunter2');
    hand.press('EndOfLine', 'CopyOrCancelLine');
    expect(hand.take().at(-1)).toEqual({ kind: 'interrupt', text: '' });
    hand.type('hunter2').tell({ kind: 'request', request: null });
    expect(JSON.stringify(hand.state)).not.toContain('hunter2');
    hand.tell({ kind: 'request', request: request('secret', 6) });
    hand.type('hunter3').press('AcceptLine').tell({ kind: 'echoed' });
    hand.tell({ kind: 'request', request: request('command', 7) });
    expect(JSON.stringify(hand.state)).not.toContain('hunter3');
  });

  test('an answer typed ahead goes to the next question, never to a command line', () => {
    const hand = new Hand([], request('line', 1)).type('admin').press('AcceptLine');
    hand.type('hunter2').press('AcceptLine');
    expect(hand.state.queue).toEqual([]);
    hand.take();
    hand.tell({ kind: 'request', request: request('secret', 2) });
    expect(hand.line).toBe('hunter2|');
    expect(hand.take()).toEqual([]);
  });

  test('take one line', () => {
    const hand = new Hand([], request('line')).type('a\nb').press('AddLine');
    expect(hand.take()).toEqual([{ kind: 'submit', requestId: 1, text: 'a b' }]);
  });
});

describe('the lists of the history', () => {
  test('in a search the arrows go where they point: the newest line stands on top', () => {
    const lines = Array.from({ length: 25 }, (_, at) => `line ${String(at)}`);
    const hand = new Hand(lines).type('draft').press('ReverseSearchHistory');
    expect(hand.press('NextHistory').state.text).toBe('line 24');
    expect(hand.press('NextHistory').state.text).toBe('line 23');
    expect(hand.press('PreviousHistory').state.text).toBe('line 24');
    expect(hand.press('ReverseSearchHistory').state.text).toBe('line 23');
    expect(hand.press('ForwardSearchHistory').state.text).toBe('line 24');
    hand.take();
    hand.press('PreviousHistory', 'ScrollDisplayUp');
    expect(hand.take()).toEqual([{ kind: 'bell' }, { kind: 'bell' }]);
    expect(hand.press('ScrollDisplayDown').state.text).toBe('line 14');
    expect(hand.press('ScrollDisplayDown', 'ScrollDisplayDown').state.text).toBe('line 0');
    expect(hand.press('ScrollDisplayUp').state.text).toBe('line 10');
    expect(hand.press('RevertLine').line).toBe('draft|');
  });

  test('a prediction that is pointed at stands in the line, and Escape gives back what was typed', () => {
    const hand = new Hand(['Get-Date', 'Get-Item x']).tell({ kind: 'prediction', view: 'list' }).type('Get');
    expect(hand.tell({ kind: 'choose', index: 1 }).line).toBe('Get-Date|');
    expect(hand.tell({ kind: 'choose', index: 0 }).line).toBe('Get-Item x|');
    expect(hand.take()).toEqual([]);
    expect(hand.press('RevertLine').line).toBe('Get|');
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

  function asked(action: LineFunction): Hand {
    return new Hand().type('dir -F').press(action);
  }

  test('Tab walks the matches, Shift+Tab back, Escape undoes', () => {
    const hand = asked('TabCompleteNext');
    expect(hand.take()).toEqual([{ kind: 'complete', token: 1, text: 'dir -F', cursor: 6 }]);
    hand.tell({ kind: 'completion', token: 1, completion });
    expect(hand.line).toBe('dir -Force|');
    expect(hand.press('TabCompleteNext').line).toBe('dir -Filter|');
    expect(hand.press('TabCompletePrevious', 'TabCompletePrevious').line).toBe('dir -Full|');
    expect(hand.press('RevertLine').line).toBe('dir -F|');
  });

  test('the menu takes Enter for itself, and the arrows', () => {
    const hand = asked('MenuComplete').tell({ kind: 'completion', token: 1, completion });
    hand.take();
    hand.press('NextHistory', 'AcceptLine');
    expect(hand.take()).toEqual([]);
    expect(hand.line).toBe('dir -Filter|');
    hand.press('AcceptLine');
    expect(hand.take()).toEqual([{ kind: 'submit', requestId: 1, text: 'dir -Filter' }]);
  });

  test('a page of the menu at a time, to its ends and no further', () => {
    const many = Array.from({ length: 14 }, (_, at) => ({
      text: `-F${String(at)}`,
      label: '',
      kind: 'ParameterName',
      toolTip: '',
    }));
    const hand = asked('MenuComplete').tell({
      kind: 'completion',
      token: 1,
      completion: { ...completion, matches: many },
    });
    hand.take();
    expect(hand.press('ScrollDisplayDown').line).toBe('dir -F6|');
    expect(hand.press('ScrollDisplayDown', 'ScrollDisplayDown').line).toBe('dir -F13|');
    expect(hand.take()).toEqual([]);
    hand.press('ScrollDisplayDown');
    expect(hand.take()).toEqual([{ kind: 'bell' }]);
    expect(hand.press('ScrollDisplayUp').line).toBe('dir -F7|');
    expect(hand.press('ScrollDisplayUp', 'ScrollDisplayUp').line).toBe('dir -F0|');
    expect(hand.press('RevertLine').line).toBe('dir -F|');
  });

  test('Tab held down asks once, and goes on from where it is by the time the answer comes', () => {
    const next = asked('TabCompleteNext').press('TabCompleteNext', 'TabCompleteNext', 'TabCompletePrevious');
    expect(next.take().map(({ kind }) => kind)).toEqual(['complete']);
    expect(next.tell({ kind: 'completion', token: 1, completion }).line).toBe('dir -Filter|');
    const back = asked('TabCompletePrevious').press('TabCompletePrevious');
    expect(back.tell({ kind: 'completion', token: 1, completion }).line).toBe('dir -Filter|');
    for (let more = 0; more < 4; more++) back.press('TabCompletePrevious');
    expect(back.line).toBe('dir -Force|');
    // Ctrl+Space after Tab opens the menu where Tab would be.
    const menu = asked('TabCompleteNext').press('MenuComplete');
    expect(menu.take().map(({ kind }) => kind)).toEqual(['complete']);
    menu.tell({ kind: 'completion', token: 1, completion });
    expect(menu.state.completing).toMatchObject({ kind: 'showing', menu: true, index: 0 });
  });

  test('an answer that comes after typing went on changes nothing', () => {
    const hand = asked('TabCompleteNext').type('o').tell({ kind: 'completion', token: 1, completion });
    expect(hand.line).toBe('dir -Fo|');
  });

  test('nothing found, or a place outside the line, is a bell', () => {
    for (const bad of [null, { ...completion, matches: [] }, { ...completion, replacementLength: 99 }]) {
      const hand = asked('TabCompleteNext');
      hand.take();
      hand.tell({ kind: 'completion', token: 1, completion: bad });
      expect(hand.take()).toEqual([{ kind: 'bell' }]);
      expect(hand.line).toBe('dir -F|');
    }
  });

  test('in a continuation the whole command is asked about', () => {
    const hand = new Hand().tell({ kind: 'request', request: request('continuation', 2, 'if (1) {') });
    hand.type('dir -F').press('TabCompleteNext');
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
    expect(chordName({ ...chord, ctrlKey: false })).toBe('c');
    expect(chordName({ ...chord, metaKey: true })).toBe('');
    expect(chordName({ ...chord, shiftKey: true })).toBe('Ctrl+Shift+c');
    expect(chordName({ ...chord, key: '?', ctrlKey: false, altKey: true, shiftKey: true })).toBe('Alt+?');
    expect(chordName({ ...chord, key: 'ArrowLeft', shiftKey: true })).toBe('Ctrl+Shift+LeftArrow');
    expect(chordName({ ...chord, key: ' ' })).toBe('Ctrl+Spacebar');
    expect(chordName({ ...chord, key: 'Shift', shiftKey: true })).toBe('');
  });

  test('every key PSReadLine documents for Windows does what it documents', () => {
    const { lookUp } = bindKeys({ editMode: 'windows', keys: {} });
    for (const [written, name] of documentedWindows) {
      expect(lookUp(readChord(written) ?? ''), written).toEqual({ kind: 'function', name });
    }
  });

  test('every key PSReadLine documents for Emacs does what it documents', () => {
    const { lookUp } = bindKeys({ editMode: 'emacs', keys: {} });
    for (const [written, name] of documentedEmacs) {
      expect(lookUp(readChord(written) ?? ''), written).toEqual({ kind: 'function', name });
    }
    expect(lookUp('Escape')).toEqual({ kind: 'prefix' });
    expect(lookUp('Ctrl+x')).toEqual({ kind: 'prefix' });
  });

  test('every function PSReadLine documents outside of Vi mode is there, or the manual says why not', async () => {
    const manual = await readFile('docs/keys.md', 'utf8');
    const documented = [...documentedWindows, ...documentedEmacs].map(([, name]) => name);
    for (const name of [...documented, ...documentedUnbound]) {
      if (!notToBeHad.includes(name)) expect(Object.keys(lineFunctions)).toContain(name);
    }
    for (const name of notToBeHad) {
      expect(Object.keys(lineFunctions)).not.toContain(name);
      expect(manual).toContain(`\`${name}\``);
    }
  });

  test.each(['windows', 'emacs'] as const)(
    'in the %s map every key that a browser or this window takes has another beside it, named in the manual',
    async (editMode) => {
      const manual = await readFile('docs/keys.md', 'utf8');
      const { keys } = bindKeys({ editMode, keys: {} });
      const bound = Object.keys(keys).filter((chord) => takenElsewhere.includes(chord));
      expect(bound).toContain('Ctrl+w');
      for (const chord of bound) {
        const others = Object.entries(keys).filter(
          ([other, name]) => name === keys[chord] && !takenElsewhere.includes(other),
        );
        expect(others, chord).not.toEqual([]);
        const written = chord.replace(/\+([a-z])$/, (_, letter: string) => `+${letter.toUpperCase()}`);
        expect(manual).toContain(`\`${written}\``);
      }
    },
  );

  test('a key of one’s own that the window takes is told to be one', () => {
    for (const chord of takenElsewhere) {
      const { troubles } = bindKeys({ editMode: 'windows', keys: { [chord]: 'Undo' } });
      const tabs = /^Ctrl\+(?:[ntw]|Tab|Shift\+[cntw])$/.test(chord) && !/Shift\+[nw]$/.test(chord);
      // A window of its own has those of a browser's tab.
      expect(troubles.length, chord).toBe(tabs ? 0 : 1);
    }
  });

  test('a person’s own keys stand over the others, and what cannot be is said', () => {
    const { lookUp, troubles } = bindKeys({
      editMode: 'windows',
      keys: { 'Ctrl+k': 'KillLine', 'ctrl+z': '', 'Ctrl+x,Ctrl+u': 'Undo', a: 'Undo', 'Ctrl++++': 'Undo' },
    });
    expect(lookUp('Ctrl+k')).toEqual({ kind: 'function', name: 'KillLine' });
    expect(lookUp('Ctrl+z')).toEqual({ kind: 'none' });
    expect(lookUp('a')).toEqual({ kind: 'none' });
    expect(troubles).toEqual([
      'a alone is text to be typed.',
      '“Ctrl++++” names no key.',
      'Ctrl+x does Cut, so that Ctrl+x,Ctrl+u is never reached.',
    ]);
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
        const { text, cursor } = hand.state;
        expect(onBoundary(text, cursor)).toBe(cursor);
        expect(cursor).toBeGreaterThanOrEqual(0);
        expect(cursor).toBeLessThanOrEqual(text.length);
        expect(selectionOf(hand.state)?.to ?? 0).toBeLessThanOrEqual(text.length);
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
