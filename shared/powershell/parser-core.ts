import type { CommandInfo } from './command-parser.ts';
import { Scanner } from './scanner.ts';
import type { Mode } from './scanner.ts';
import type { StatementRecord } from './reuse.ts';
import type { ReadNested } from './string-scanner.ts';
import type { RawToken, SyntaxError, TokenRole } from './tokens.ts';

export type NodeKind =
  | 'array'
  | 'assignment'
  | 'attribute'
  | 'binary'
  | 'block'
  | 'command'
  | 'conversion'
  | 'expandable'
  | 'hash'
  | 'index'
  | 'invocation'
  | 'list'
  | 'member'
  | 'number'
  | 'pair'
  | 'parameter'
  | 'parentheses'
  | 'pipeline'
  | 'statement'
  | 'string'
  | 'subexpression'
  | 'ternary'
  | 'type'
  | 'unary'
  | 'variable';

/** What the tokens mean, as far as this program asks. A command's first part is its name; an assignment's are target and value. */
export interface Node {
  readonly kind: NodeKind;
  readonly from: number;
  readonly to: number;
  readonly parts: readonly Node[];
}

/**
 * Every level of braces, parentheses or operators takes a few calls; this many are far from the end of any stack, and far beyond what
 * anybody nests.
 */
const deepest = 250;

/** Thrown and caught within this folder: the text is nested too deeply to be looked at. */
export class TooDeep extends Error {
  override readonly name = 'TooDeep';
}

/** Without parts: one for all, since there are as many of these as there are words. */
const none: readonly Node[] = [];

/** These are the same wherever they stand, the names of assemblies apart: read once, however often they are asked for. */
const sameInEveryMode: ReadonlySet<string> = new Set([
  'AndAnd',
  'AtCurly',
  'AtParen',
  'Comma',
  'DollarParen',
  'EndOfInput',
  'HereStringExpandable',
  'HereStringLiteral',
  'LCurly',
  'LParen',
  'NewLine',
  'OrOr',
  'Pipe',
  'RCurly',
  'RParen',
  'Semi',
  'StringExpandable',
  'StringLiteral',
]);

/** One token of look-ahead, read again when the mode changes; what was read stands in `tokens`. */
export class ParserCore {
  readonly text: string;
  readonly errors: SyntaxError[];
  readonly tokens: RawToken[] = [];
  readonly scanner: Scanner;
  mode: Mode = 'command';
  signed = true;
  name = false;
  /** A token that was read and not taken, with where and how. */
  #peeked: RawToken | null = null;
  #peekedFrom = 0;
  #peekedMode: Mode = 'command';
  #peekedSigned = true;
  #peekedName = false;
  #depth: number;
  /** What is wrong with the token being read; it counts once the token is taken. */
  pending: SyntaxError[] = [];
  /** Commands inside of the token being read; they count once it is taken, too. */
  pendingCommands: CommandInfo[] = [];
  /** Commands inside of strings and words. */
  readonly innerCommands: CommandInfo[] = [];
  /** The statements read so far, each behind those inside of it. */
  readonly records: StatementRecord[] = [];
  /** The end of the last token taken, line ends apart. */
  last = 0;
  /** Line ends were taken since. */
  #newLineSince = false;

  constructor(
    text: string,
    from: number,
    end: number,
    errors: SyntaxError[],
    depth: number,
    nested: ReadNested,
  ) {
    this.text = text;
    this.errors = errors;
    this.#depth = depth;
    this.last = from;
    this.scanner = new Scanner(text, from, end, (error) => this.pending.push(error), nested);
  }

  get depth(): number {
    return this.#depth;
  }

  deeper<T>(read: () => T): T {
    if (this.#depth >= deepest) throw new TooDeep();
    this.#depth++;
    try {
      return read();
    } finally {
      this.#depth--;
    }
  }

  /** Reads in another mode, then goes on in the one before. */
  within<T>(mode: Mode, signed: boolean, name: boolean, read: () => T): T {
    const before = { mode: this.mode, signed: this.signed, name: this.name };
    this.set(mode, signed, name);
    const result = read();
    this.set(before.mode, before.signed, before.name);
    return result;
  }

  set(mode: Mode, signed: boolean, name = false): void {
    this.mode = mode;
    this.signed = signed;
    this.name = name;
  }

  peek(): RawToken {
    const known = this.#peeked;
    if (known !== null) {
      if (this.#peekedMode === this.mode) {
        if (this.#peekedSigned === this.signed && this.#peekedName === this.name) return known;
      }
      const named = this.mode === 'assembly' || this.#peekedMode === 'assembly';
      if (!named && sameInEveryMode.has(known.kind)) return known;
      this.#forget();
    }
    this.#peekedFrom = this.scanner.position;
    this.#peekedMode = this.mode;
    this.#peekedSigned = this.signed;
    this.#peekedName = this.name;
    if (this.pending.length > 0) this.pending = [];
    if (this.pendingCommands.length > 0) this.pendingCommands = [];
    const token = this.scanner.next(this);
    this.#peeked = token;
    return token;
  }

  #forget(): void {
    this.scanner.position = this.#peekedFrom;
    if (this.scanner.skipped.length > 0) this.scanner.skipped = [];
    this.#peeked = null;
  }

  take(): RawToken {
    const token = this.peek();
    if (this.pending.length > 0) this.errors.push(...this.pending);
    if (this.pendingCommands.length > 0) this.innerCommands.push(...this.pendingCommands);
    this.#peeked = null;
    this.keepSkipped();
    this.tokens.push(token);
    if (token.kind === 'NewLine') this.#newLineSince = true;
    else if (token.kind !== 'EndOfInput') {
      this.last = token.to;
      this.#newLineSince = false;
    }
    return token;
  }

  keepSkipped(): void {
    const { skipped } = this.scanner;
    if (skipped.length === 0) return;
    for (const comment of skipped) this.tokens.push(comment);
    this.scanner.skipped = [];
  }

  takeIf(kind: string, orKind?: string): RawToken | null {
    const next = this.peek().kind;
    return next === kind || next === orKind ? this.take() : null;
  }

  /** Where reading would go on if nothing had been read ahead. */
  get position(): number {
    return this.#peeked === null ? this.scanner.position : this.#peekedFrom;
  }

  get newLineSince(): boolean {
    return this.#newLineSince;
  }

  /** Goes on behind what was taken over from an earlier reading. */
  goOn(position: number, last: number, newLineSince: boolean, furthest: number): void {
    this.#peeked = null;
    this.scanner.position = position;
    this.scanner.furthest = Math.max(this.scanner.furthest, furthest);
    this.last = last;
    this.#newLineSince = newLineSince;
  }

  /** The argument of `--%`, which is no token like others. */
  takeVerbatim(): RawToken {
    if (this.#peeked !== null) this.#forget();
    const token = this.scanner.verbatim();
    this.keepSkipped();
    this.tokens.push(token);
    this.last = token.to;
    return token;
  }

  /** Back to before a token that was taken. */
  resync(to: RawToken): void {
    if (this.#peeked !== null) this.#forget();
    const index = this.tokens.lastIndexOf(to);
    if (index >= 0) {
      this.tokens.length = index;
      while ((this.records.at(-1)?.end.tokens ?? 0) > index) this.records.pop();
    }
    this.scanner.position = to.from;
    this.last = this.behind ?? this.last;
    this.#newLineSince = this.tokens.at(-1)?.kind === 'NewLine';
  }

  /** The end of the last token that is neither a comment nor a line end. */
  get behind(): number | undefined {
    return this.tokens.findLast(({ kind }) => kind !== 'Comment' && kind !== 'NewLine')?.to;
  }

  /** Up to the brace that closes what is open here, whatever stands before it. */
  passOver(): void {
    this.set('command', true);
    for (let open = 0; ;) {
      const { kind } = this.peek();
      if (kind === 'EndOfInput' || (kind === 'RCurly' && open === 0)) return;
      if (kind === 'LCurly' || kind === 'AtCurly') open++;
      else if (kind === 'RCurly') open--;
      this.take();
    }
  }

  skipNewLines(): void {
    while (this.peek().kind === 'NewLine') this.take();
  }

  skipSeparators(): void {
    while (this.peek().kind === 'NewLine' || this.peek().kind === 'Semi') this.take();
  }

  /** Whether the text ends here, so that more of it could still help. */
  atEnd(): boolean {
    return this.peek().kind === 'EndOfInput';
  }

  error(from: number, to: number, message: string, incomplete = false): void {
    this.errors.push({ from, to, message, incomplete });
  }

  /**
   * Something is missing behind the last token: an unfinished input where the text ends there, an error where it goes on, be it with a line
   * end that the engine would have passed over.
   */
  missing(message: string): void {
    this.error(this.last, this.last, message, this.atEnd() && !this.#newLineSince);
  }

  /** What is open reaches to the end of the text: what is missing after it is missing there, whatever line ends lie between. */
  reachEnd(): void {
    if (!this.atEnd()) return;
    this.last = this.text.length;
    this.#newLineSince = false;
  }

  /** The same where the engine asks for more however many line ends there are: what was opened is not closed. */
  unclosed(message: string, place = { from: this.last, to: this.last }): void {
    this.error(place.from, place.to, message, this.atEnd());
  }

  role(token: RawToken, role: TokenRole): RawToken {
    token.role = role;
    return token;
  }

  node(kind: NodeKind, from: number, parts: readonly Node[] = none): Node {
    const to = this.last;
    return { kind, from, to: to > from ? to : from, parts };
  }
}
