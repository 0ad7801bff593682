/**
 * What PSReadLine's documentation says its editing functions do (about_PSReadLine_Functions, about_PSReadLine, Set-PSReadLineOption), as
 * plainly as it can be written: the text as what stands before and behind the cursor, undo as a list of whole lines. It was written before
 * the editor it judges, shares no code with it, and takes no care of speed.
 *
 * Where the documentation is silent:
 * - A character is what a person counts as one (an extended grapheme cluster); PSReadLine counts UTF-16 units. A cursor never stands inside
 *   of one: an edit that would leave it there leaves it at the character's end.
 * - Undoing an insertion leaves the cursor where it was made, undoing a deletion behind what came back; each keystroke is an edit of its own.
 * - Up and Down walk the lines of a command of several lines; at its first and last line they go on into the history, which PSReadLine
 *   leaves to other keys. As PSReadLine does it (its issue 1020 and what came of it): from the end of a line they go to ends of lines; from
 *   anywhere else they keep the column of the screen and go by its rows. Where there is no screen, by lines and characters.
 * - A count is at most 9999.
 */

export type ModelFunction =
  | 'Abort'
  | 'AddLine'
  | 'BackwardChar'
  | 'BackwardDeleteChar'
  | 'BackwardDeleteInput'
  | 'BackwardDeleteLine'
  | 'BackwardKillInput'
  | 'BackwardKillLine'
  | 'BackwardKillWord'
  | 'BackwardWord'
  | 'BeginningOfHistory'
  | 'BeginningOfLine'
  | 'CapitalizeWord'
  | 'CharacterSearch'
  | 'CharacterSearchBackward'
  | 'Copy'
  | 'Cut'
  | 'DeleteChar'
  | 'DowncaseWord'
  | 'EndOfHistory'
  | 'EndOfLine'
  | 'ExchangePointAndMark'
  | 'ForwardChar'
  | 'ForwardDeleteInput'
  | 'ForwardDeleteLine'
  | 'ForwardWord'
  | 'GotoBrace'
  | 'HistorySearchBackward'
  | 'HistorySearchForward'
  | 'InsertLineAbove'
  | 'InsertLineBelow'
  | 'KillLine'
  | 'KillRegion'
  | 'KillWord'
  | 'NextHistory'
  | 'NextLine'
  | 'NextWord'
  | 'PreviousHistory'
  | 'PreviousLine'
  | 'Redo'
  | 'RevertLine'
  | 'SelectAll'
  | 'SelectBackwardChar'
  | 'SelectBackwardWord'
  | 'SelectBackwardsLine'
  | 'SelectForwardChar'
  | 'SelectForwardWord'
  | 'SelectLine'
  | 'SelectNextWord'
  | 'SetMark'
  | 'SwapCharacters'
  | 'Undo'
  | 'UnixWordRubout'
  | 'UpcaseWord'
  | 'Yank'
  | 'YankLastArg'
  | 'YankNthArg'
  | 'YankPop';

export type ModelStep =
  | { kind: 'type'; text: string }
  | { kind: 'function'; name: ModelFunction }
  | { kind: 'digit'; digit: string }
  | { kind: 'accept' }
  | { kind: 'paste' };

/** What the step before was, where that matters to the next. */
type Previous = 'kill' | 'yank' | 'yank-last' | 'select' | 'recall' | 'search' | 'lines' | 'history' | null;

interface Edit {
  text: string;
  undoCursor: number;
  result: string;
  redoCursor: number;
}

const killRingSize = 10;
const greatestCount = 9999;
/** Set-PSReadLineOption -WordDelimiters, the default; the last three are dashes of Unicode. */
const wordDelimiters = ';:,.[]{}()/\\|!?^&*-=+\'"\u2013\u2014\u2015';

function characters(text: string): string[] {
  return [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)].map((part) => part.segment);
}

function inWord(character: string, delimiters = wordDelimiters): boolean {
  return !/^\s/.test(character) && !delimiters.includes(character.charAt(0));
}

function joined(parts: readonly string[]): string {
  return parts.join('');
}

/** The width of the screen, the column behind the prompt and behind that of each further line, and what each character takes. */
export interface ModelPlaces {
  readonly columns: number;
  readonly first: number;
  readonly further: number;
  readonly cells: Readonly<Record<string, number>>;
}

export class EditorModel {
  before = '';
  after = '';
  clipboard = '';
  history: string[];
  #mark = 0;
  #selecting = false;
  #edits: Edit[] = [];
  #done = 0;
  #killRing: string[] = [];
  #killAt = -1;
  #previous: Previous = null;
  #yankFrom = 0;
  #lastArg = { word: -1, line: 0, by: -1, from: -1 };
  #historyAt: number;
  #draft: { text: string; edits: Edit[]; done: number } | null = null;
  #seen = new Map<string, number>();
  #prefix = '';
  #column = 0;
  #count: string | null = null;
  #searching: { forward: boolean; count: number } | null = null;

  readonly #screen: ModelPlaces | null;

  constructor(history: readonly string[] = [], screen: ModelPlaces | null = null) {
    this.#screen = screen;
    this.history = [...history];
    this.#historyAt = history.length;
  }

  get text(): string {
    return this.before + this.after;
  }

  get cursor(): number {
    return this.before.length;
  }

  get selection(): { from: number; to: number } | null {
    if (!this.#selecting) return null;
    const { from, to } = this.#region();
    return from === to ? null : { from, to };
  }

  apply(step: ModelStep): void {
    if (this.#searching !== null) {
      const { forward, count } = this.#searching;
      this.#searching = null;
      if (step.kind === 'type') {
        this.#find(characters(step.text)[0] ?? '', forward, count);
        this.#after(null);
        return;
      }
      // The key that was read is no character: the search is given up, and nothing else.
      if (step.kind === 'function' && (step.name === 'RevertLine' || step.name === 'Abort')) return;
    }
    if (step.kind === 'digit') {
      this.#digit(step.digit);
      return;
    }
    const count = this.#count === null ? null : this.#number(this.#count);
    const counting = this.#count !== null;
    this.#count = null;
    if (counting && step.kind === 'function' && step.name === 'Abort') return;
    switch (step.kind) {
      case 'type':
        if (step.text === '') return;
        if (count === null || count > 0) this.#type(step.text.repeat(count ?? 1));
        this.#after(null);
        break;
      case 'paste':
        if (this.clipboard === '') return;
        this.#type(this.clipboard);
        this.#after(null);
        break;
      case 'accept':
        this.#accept();
        break;
      case 'function':
        this.#call(step.name, count);
        break;
    }
  }

  #after(what: Previous): void {
    this.#previous = what;
    if (what !== 'select') this.#selecting = false;
    if (what !== 'recall' && what !== 'search' && what !== 'history') {
      this.#draft = null;
      this.#historyAt = this.history.length;
    }
  }

  #digit(digit: string): void {
    // “Alt+-” alone stands for -1, and turns the sign of what was typed so far.
    const now = this.#count;
    if (digit === '-') this.#count = now === null ? '-' : now.startsWith('-') ? now.slice(1) : `-${now}`;
    else this.#count = (now ?? '') + digit;
  }

  #number(typed: string): number {
    const value = typed === '' ? 1 : typed === '-' ? -1 : Number(typed);
    return Math.max(-greatestCount, Math.min(greatestCount, value));
  }

  // --- text ---

  #put(before: string, after: string): void {
    const text = before + after;
    let at = 0;
    for (const character of characters(text)) {
      if (at >= before.length) break;
      at += character.length;
    }
    this.before = text.slice(0, at);
    this.after = text.slice(at);
  }

  #goto(at: number): void {
    const { text } = this;
    const to = Math.max(0, Math.min(at, text.length));
    this.#put(text.slice(0, to), text.slice(to));
  }

  /** Replaces a part of the text; `undoCursor` is where taking it back leaves the cursor. */
  #replace(from: number, to: number, by: string, undoCursor: number): void {
    const { text } = this;
    const result = text.slice(0, from) + by + text.slice(to);
    this.#put(result.slice(0, from + by.length), result.slice(from + by.length));
    if (result === text) return;
    this.#edits.length = this.#done;
    this.#edits.push({ text, undoCursor, result, redoCursor: from + by.length });
    this.#done = this.#edits.length;
  }

  #insert(text: string): void {
    const at = this.cursor;
    this.#replace(at, at, text, at);
  }

  #delete(from: number, to: number): void {
    if (from < to) this.#replace(from, to, '', to);
  }

  #type(text: string): void {
    const { from, to } = this.#selecting ? this.#region() : { from: this.cursor, to: this.cursor };
    this.#replace(from, to, text, to);
  }

  #region(): { from: number; to: number } {
    const { text } = this;
    let mark = 0;
    for (const character of characters(text)) {
      if (mark >= this.#mark) break;
      mark += character.length;
    }
    return { from: Math.min(mark, this.cursor), to: Math.max(mark, this.cursor) };
  }

  // --- places ---

  get #left(): string[] {
    return characters(this.before);
  }

  get #right(): string[] {
    return characters(this.after);
  }

  #chars(by: number): number {
    if (by < 0) return this.cursor - joined(this.#left.slice(by)).length;
    return this.cursor + joined(this.#right.slice(0, by)).length;
  }

  #backwardWord(delimiters = wordDelimiters): number {
    const left = this.#left;
    while (left.length > 0 && !inWord(left.at(-1) ?? '', delimiters)) left.pop();
    while (left.length > 0 && inWord(left.at(-1) ?? '', delimiters)) left.pop();
    return joined(left).length;
  }

  /** “To the end of the current word, or if between words, to the end of the next word.” */
  #forwardWord(): number {
    const right = this.#right;
    while (right.length > 0 && !inWord(right[0] ?? '')) right.shift();
    while (right.length > 0 && inWord(right[0] ?? '')) right.shift();
    return this.text.length - joined(right).length;
  }

  /** “To the start of the next word.” */
  #nextWord(): number {
    const right = this.#right;
    while (right.length > 0 && inWord(right[0] ?? '')) right.shift();
    while (right.length > 0 && !inWord(right[0] ?? '')) right.shift();
    return this.text.length - joined(right).length;
  }

  get #lineStart(): number {
    return this.before.lastIndexOf('\n') + 1;
  }

  get #lineEnd(): number {
    return this.cursor + (this.after.includes('\n') ? this.after.indexOf('\n') : this.after.length);
  }

  #words(count: number, forward: () => number): void {
    const go = count < 0 ? () => this.#backwardWord() : forward;
    for (let left = Math.abs(count); left > 0; left--) this.#goto(go());
  }

  #find(character: string, forward: boolean, count: number): void {
    let at = this.cursor;
    const places: number[] = [];
    if (forward) {
      for (const [index, each] of this.#right.entries()) {
        if (index > 0 && each === character) places.push(at);
        at += each.length;
      }
    } else {
      for (const each of this.#left.toReversed()) {
        at -= each.length;
        if (each === character) places.push(at);
      }
    }
    const found = places[count - 1];
    if (found !== undefined) this.#goto(found);
  }

  #brace(): void {
    const text = characters(this.text);
    const pairs = ['()', '{}', '[]'];
    const start = this.#left.length;
    const here = text[start] ?? '';
    const pair = pairs.find((each) => each.includes(here) && here.length === 1);
    if (pair === undefined) return;
    const by = pair.startsWith(here) ? 1 : -1;
    const other = by > 0 ? pair.charAt(1) : pair.charAt(0);
    let depth = 0;
    for (let at = start; at >= 0 && at < text.length; at += by) {
      if (text[at] === here) depth++;
      else if (text[at] === other && --depth === 0) {
        this.#goto(joined(text.slice(0, at)).length);
        return;
      }
    }
  }

  /** Where each place of the text stands on the screen; nothing where there is none. */
  #places(): { at: number; row: number; column: number }[] {
    if (this.#screen === null) return [];
    const { columns, first, further, cells } = this.#screen;
    const places: { at: number; row: number; column: number }[] = [];
    let at = 0;
    let row = 0;
    let column = first;
    for (const character of characters(this.text)) {
      const width = cells[character] ?? 0;
      if (column + width > columns) {
        row++;
        column = 0;
      }
      places.push({ at, row, column });
      at += character.length;
      column += width;
      if (character === '\n') {
        row++;
        column = further;
      }
    }
    return [...places, { at, row, column }];
  }

  /** Up and down the lines of the text; false where there is no such line. A cursor at a line's end stays at line ends. */
  #lines(by: number): boolean {
    const lines = this.text.split('\n');
    const at = this.before.split('\n').length - 1;
    const to = Math.max(0, Math.min(lines.length - 1, at + by));
    const places = this.#places();
    const here = places.find((place) => place.at === this.cursor);
    if (this.#previous !== 'lines') {
      const column = here?.column ?? characters(this.before.slice(this.#lineStart)).length;
      this.#column = this.cursor === this.#lineEnd ? Number.POSITIVE_INFINITY : column;
    }
    if (here !== undefined && this.#column !== Number.POSITIVE_INFINITY) {
      const lowest = places.at(-1)?.row ?? 0;
      const row = Math.max(0, Math.min(lowest, here.row + by));
      const inRow = places.filter((place) => place.row === row);
      const left = inRow.filter((place) => place.column <= this.#column);
      if (row !== here.row) this.#goto((left.at(-1) ?? inRow[0])?.at ?? 0);
      return row !== here.row;
    }
    if (to === at) return false;
    const start = lines.slice(0, to).reduce((sum, line) => sum + line.length + 1, 0);
    this.#goto(start + joined(characters(lines[to] ?? '').slice(0, this.#column)).length);
    return true;
  }

  // --- kill ring ---

  #kill(from: number, to: number, prepend: boolean): void {
    if (from < to) {
      const killed = this.text.slice(from, to);
      this.#delete(from, to);
      if (this.#previous === 'kill') {
        const old = this.#killRing[this.#killAt] ?? '';
        this.#killRing[this.#killAt] = prepend ? killed + old : old + killed;
      } else if (this.#killRing.length < killRingSize) {
        this.#killAt = this.#killRing.push(killed) - 1;
      } else {
        this.#killAt = (this.#killAt + 1) % this.#killRing.length;
        this.#killRing[this.#killAt] = killed;
      }
      this.#after('kill');
    } else this.#after(this.#previous === 'kill' ? 'kill' : null);
  }

  #yankArg(): void {
    const words = (this.history[this.#lastArg.line] ?? '').split(/\s/).filter((word) => word !== '');
    const { word, from } = this.#lastArg;
    const chosen = words.at(word);
    if (this.#lastArg.line < 0 || this.#lastArg.line >= this.history.length || chosen === undefined) return;
    if (word >= 0 && word >= words.length) return;
    if (from < 0) {
      this.#lastArg.from = this.cursor;
      this.#insert(chosen);
    } else this.#replace(from, this.cursor, chosen, this.cursor);
  }

  // --- history ---

  #keepDraft(): void {
    this.#draft ??= { text: this.text, edits: this.#edits.slice(), done: this.#done };
  }

  #show(at: number, cursor: number | null): void {
    this.#historyAt = at;
    const draft = at === this.history.length ? this.#draft : null;
    const text = draft?.text ?? this.history[at] ?? '';
    const place = Math.min(cursor ?? text.length, text.length);
    this.#edits = draft?.edits.slice() ?? [
      { text: '', undoCursor: 0, result: text, redoCursor: text.length },
    ];
    this.#done = draft?.done ?? 1;
    this.#put(text.slice(0, place), text.slice(place));
  }

  #walk(by: number, fits: (line: string) => boolean): number {
    let at = this.#historyAt;
    for (let left = Math.abs(by); left > 0;) {
      at += Math.sign(by);
      const line = this.history[at];
      if (line === undefined) break;
      if (!fits(line)) continue;
      const known = this.#seen.get(line);
      if (known === undefined) this.#seen.set(line, at);
      // The same line is met once; going back over it, where it was met first.
      if (known === undefined || known === at) left--;
    }
    return at;
  }

  #recall(by: number): void {
    if (this.#previous !== 'recall' && this.text.includes('\n') && this.#lines(by)) {
      this.#after('lines');
      return;
    }
    this.#keepDraft();
    if (this.#previous !== 'recall') this.#seen = new Map();
    const at = this.#walk(by, () => true);
    if (at >= 0 && at <= this.history.length && at !== this.#historyAt) this.#show(at, null);
    this.#after('recall');
  }

  #search(by: number): void {
    if (this.#previous !== 'search' && this.text.includes('\n') && this.#lines(by)) {
      this.#after('lines');
      return;
    }
    this.#keepDraft();
    if (this.#previous !== 'search') {
      this.#prefix = this.before;
      this.#seen = new Map();
    }
    const prefix = this.#prefix.toLowerCase();
    const at = this.#walk(by, (line) => line.toLowerCase().startsWith(prefix));
    if (at >= 0 && at <= this.history.length && at !== this.#historyAt) this.#show(at, this.#prefix.length);
    this.#after('search');
  }

  #accept(): void {
    const { text } = this;
    if (text.trim() !== '' && this.history.at(-1) !== text) this.history.push(text);
    this.before = '';
    this.after = '';
    this.#edits = [];
    this.#done = 0;
    this.#mark = 0;
    this.#after(null);
  }

  // --- the functions, by their names ---

  #select(go: () => void): void {
    if (!this.#selecting) this.#mark = this.cursor;
    this.#selecting = true;
    go();
    this.#after('select');
  }

  #beginningOfLine(): void {
    const start = this.#lineStart;
    this.#goto(start === this.cursor ? 0 : start);
  }

  #endOfLine(): void {
    const end = this.#lineEnd;
    this.#goto(end === this.cursor ? this.text.length : end);
  }

  #case(change: (word: string) => string): void {
    if (this.after === '') return;
    const from = this.cursor;
    const to = this.#forwardWord();
    this.#replace(from, to, change(this.text.slice(from, to)), to);
  }

  #swap(): void {
    const left = this.#left;
    const right = this.#right;
    if (left.length === 0 || left.length + right.length < 2) return;
    if (right.length === 0) right.unshift(left.pop() ?? '');
    const second = right[0] ?? '';
    const first = left.at(-1) ?? '';
    const from = joined(left.slice(0, -1)).length;
    const to = from + first.length + second.length;
    this.#replace(from, to, second + first, to);
  }

  #call(name: ModelFunction, given: number | null): void {
    const count = given ?? 1;
    switch (name) {
      case 'BackwardChar':
        this.#goto(this.#chars(-count));
        break;
      case 'ForwardChar':
        this.#goto(this.#chars(count));
        break;
      case 'BackwardWord':
        this.#words(-count, () => this.#nextWord());
        break;
      case 'NextWord':
        this.#words(count, () => this.#nextWord());
        break;
      case 'ForwardWord':
        this.#words(count, () => this.#forwardWord());
        break;
      case 'BeginningOfLine':
        this.#beginningOfLine();
        break;
      case 'EndOfLine':
        this.#endOfLine();
        break;
      case 'GotoBrace':
        this.#brace();
        break;
      case 'CharacterSearch':
      case 'CharacterSearchBackward':
        this.#searching = {
          forward: (name === 'CharacterSearch') === count > 0,
          count: Math.abs(count),
        };
        break;
      case 'PreviousLine':
      case 'NextLine':
        this.#lines(name === 'NextLine' ? count : -count);
        return this.#after('lines');

      case 'SelectBackwardChar':
        return this.#select(() => this.#goto(this.#chars(-count)));
      case 'SelectForwardChar':
        return this.#select(() => this.#goto(this.#chars(count)));
      case 'SelectBackwardWord':
        return this.#select(() => this.#words(-count, () => this.#nextWord()));
      case 'SelectNextWord':
        return this.#select(() => this.#words(count, () => this.#nextWord()));
      case 'SelectForwardWord':
        return this.#select(() => this.#words(count, () => this.#forwardWord()));
      case 'SelectBackwardsLine':
        return this.#select(() => this.#beginningOfLine());
      case 'SelectLine':
        return this.#select(() => this.#endOfLine());
      case 'SelectAll':
        this.#selecting = true;
        this.#mark = 0;
        this.#goto(this.text.length);
        return this.#after('select');
      case 'SetMark':
        this.#mark = this.cursor;
        break;
      case 'ExchangePointAndMark': {
        const mark = this.#mark;
        this.#mark = this.cursor;
        this.#goto(mark);
        break;
      }

      case 'Copy':
        if (this.text !== '') {
          const { from, to } = this.#selecting ? this.#region() : { from: 0, to: this.text.length };
          if (from < to) this.clipboard = this.text.slice(from, to);
        }
        break;
      case 'Cut':
        if (this.#selecting) {
          const { from, to } = this.#region();
          if (from < to) this.clipboard = this.text.slice(from, to);
          this.#delete(from, to);
        }
        break;
      case 'BackwardDeleteChar':
      case 'DeleteChar':
        if (this.#selecting) {
          const { from, to } = this.#region();
          this.#delete(from, to);
        } else if (count > 0) {
          if (name === 'DeleteChar') this.#delete(this.cursor, this.#chars(count));
          else this.#delete(this.#chars(-count), this.cursor);
        }
        break;
      case 'BackwardDeleteInput':
        this.#delete(0, this.cursor);
        break;
      case 'BackwardDeleteLine':
        this.#delete(this.#lineStart, this.cursor);
        break;
      case 'ForwardDeleteInput':
        this.#delete(this.cursor, this.text.length);
        break;
      case 'ForwardDeleteLine':
        this.#delete(this.cursor, this.#lineEnd);
        break;
      case 'AddLine':
        this.#type('\n');
        break;
      case 'InsertLineAbove':
        this.#goto(this.#lineStart);
        this.#insert('\n');
        this.#goto(this.cursor - 1);
        break;
      case 'InsertLineBelow':
        this.#goto(this.#lineEnd);
        this.#insert('\n');
        break;
      case 'SwapCharacters':
        this.#swap();
        break;
      case 'UpcaseWord':
        this.#case((word) => word.toUpperCase());
        break;
      case 'DowncaseWord':
        this.#case((word) => word.toLowerCase());
        break;
      case 'CapitalizeWord':
        this.#case((word) => word.toLowerCase().replace(/\p{L}/u, (letter) => letter.toUpperCase()));
        break;

      case 'KillLine':
        return this.#kill(this.cursor, this.text.length, false);
      case 'KillWord':
        return this.#kill(this.cursor, this.#forwardWord(), false);
      case 'BackwardKillInput':
        return this.#kill(0, this.cursor, true);
      case 'BackwardKillLine':
        return this.#kill(this.#lineStart, this.cursor, true);
      case 'BackwardKillWord':
        return this.#kill(this.#backwardWord(), this.cursor, true);
      case 'UnixWordRubout':
        return this.#kill(this.#backwardWord(''), this.cursor, true);
      case 'KillRegion': {
        const { from, to } = this.#region();
        return this.#kill(from, to, true);
      }
      case 'Yank': {
        const text = this.#killRing[this.#killAt];
        if (text === undefined) break;
        this.#mark = this.cursor;
        this.#yankFrom = this.cursor;
        this.#insert(text);
        return this.#after('yank');
      }
      case 'YankPop': {
        if (this.#previous !== 'yank') break;
        this.#killAt = (this.#killAt + this.#killRing.length - 1) % this.#killRing.length;
        this.#replace(this.#yankFrom, this.cursor, this.#killRing[this.#killAt] ?? '', this.cursor);
        return this.#after('yank');
      }
      case 'YankNthArg':
        this.#lastArg = { word: given ?? 1, line: this.#historyAt - 1, by: -1, from: -1 };
        this.#yankArg();
        break;
      case 'YankLastArg': {
        if (this.#previous !== 'yank-last') {
          this.#lastArg = { word: given ?? -1, line: this.#historyAt - 1, by: -1, from: -1 };
          this.#yankArg();
        } else {
          if (given !== null && given < 0) this.#lastArg.by = -this.#lastArg.by;
          const line = this.#lastArg.line + this.#lastArg.by;
          this.#lastArg.line = Math.max(0, Math.min(line, this.history.length - 1));
          if (line === this.#lastArg.line) this.#yankArg();
        }
        return this.#after('yank-last');
      }

      case 'Undo': {
        const edit = this.#edits[this.#done - 1];
        if (edit === undefined) break;
        this.#done--;
        this.#put(edit.text.slice(0, edit.undoCursor), edit.text.slice(edit.undoCursor));
        break;
      }
      case 'Redo': {
        const edit = this.#edits[this.#done];
        if (edit === undefined) break;
        this.#done++;
        this.#put(edit.result.slice(0, edit.redoCursor), edit.result.slice(edit.redoCursor));
        break;
      }
      case 'RevertLine': {
        const first = this.#edits[0];
        if (first !== undefined && this.#done > 0) {
          this.#put(first.text.slice(0, first.undoCursor), first.text.slice(first.undoCursor));
        }
        this.#done = 0;
        break;
      }

      case 'PreviousHistory':
        return this.#recall(-Math.abs(count));
      case 'NextHistory':
        return this.#recall(Math.abs(count));
      case 'HistorySearchBackward':
        return this.#search(-Math.abs(count));
      case 'HistorySearchForward':
        return this.#search(Math.abs(count));
      case 'BeginningOfHistory':
        this.#keepDraft();
        if (this.history.length > 0) this.#show(0, null);
        return this.#after('history');
      case 'EndOfHistory':
        this.#keepDraft();
        this.#show(this.history.length, null);
        return this.#after('history');
      case 'Abort':
        break;
    }
    this.#after(null);
  }
}
