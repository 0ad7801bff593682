import {
  dashes,
  doubleQuotes,
  endsNumber,
  endsWord,
  isBlank,
  isDigit,
  isIdentifierPart,
  isIdentifierStart,
  isNewLine,
  isVariablePart,
  singleQuotes,
} from './characters.ts';
import { numberEnd } from './numbers.ts';
import { StringScanner, token } from './string-scanner.ts';
import type { ReadNested } from './string-scanner.ts';
import { dashOperators, keywords, unaryOperators } from './tokens.ts';
import type { RawToken, SyntaxError, Token, TokenRole } from './tokens.ts';

/** How a word is read depends on where it stands. */
export type Mode = 'command' | 'expression' | 'type' | 'assembly';

export interface ScanOptions {
  readonly mode: Mode;
  /** A sign may belong to a number: nothing stands before it that it could join. */
  readonly signed: boolean;
  /** A name is wanted: of a member, a key, a function. Keywords are names here. */
  readonly name: boolean;
}

/**
 * Reads one token at a time; what it is depends on the mode the parser is in. It never fails: what cannot be is told as an error, and the
 * reading goes on.
 */
export class Scanner extends StringScanner {
  position: number;
  /** The end of the text that any token was read from, those read ahead included. */
  furthest = 0;
  /** Comments and line continuations met on the way to the token. */
  skipped: RawToken[] = [];

  constructor(
    text: string,
    from: number,
    end: number,
    report: (error: SyntaxError) => void,
    nested: ReadNested,
  ) {
    super(text, end, report, nested);
    this.position = from;
  }

  next(options: ScanOptions): RawToken {
    for (;;) {
      while (isBlank(this.at(this.position))) this.position++;
      const from = this.position;
      const c = this.at(from);
      if (c === '') {
        this.furthest = this.end;
        return token('EndOfInput', from, from);
      }
      if (c === '#') {
        this.#lineComment(from);
        continue;
      }
      if (c === '<' && this.at(from + 1) === '#') {
        this.#blockComment(from);
        continue;
      }
      if (c === '`' && this.#continuation(from)) continue;
      const read = this.#token(from, c, options);
      this.position = read.to;
      if (read.to > this.furthest) this.furthest = read.to;
      return read;
    }
  }

  #lineComment(from: number): void {
    let at = from;
    while (this.at(at) !== '' && !isNewLine(this.at(at))) at++;
    this.position = at;
    this.skipped.push(token('Comment', from, at, 'comment'));
  }

  #blockComment(from: number): void {
    const end = this.text.indexOf('#>', from + 2);
    const to = end < 0 || end + 2 > this.end ? this.end : end + 2;
    if (end < 0 || end + 2 > this.end) this.fault(from, to, 'The comment has no #> at its end.', true);
    this.position = to;
    this.skipped.push(token('Comment', from, to, 'comment'));
  }

  /** A backtick before a line end joins the lines; before white space it is nothing. */
  #continuation(from: number): boolean {
    const c = this.at(from + 1);
    if (isNewLine(c)) {
      const to = from + (c === '\r' && this.at(from + 2) === '\n' ? 3 : 2);
      this.skipped.push(token('LineContinuation', from, to));
      this.position = to;
      return true;
    }
    if (isBlank(c)) {
      this.position = from + 2;
      return true;
    }
    if (c !== '') return false;
    this.fault(from + 1, from + 1, 'A backtick ends the input.', true);
    this.position = from + 1;
    return true;
  }

  #token(from: number, c: string, options: ScanOptions): RawToken {
    if (isNewLine(c)) {
      return token('NewLine', from, from + (c === '\r' && this.at(from + 1) === '\n' ? 2 : 1));
    }
    if (options.mode === 'assembly' && c !== ',' && c !== ']') return this.#assembly(from);
    if (options.mode === 'type' || options.mode === 'assembly') {
      const typed = this.#typeName(from);
      if (typed !== null) return typed;
    }
    if (singleQuotes.has(c)) return this.literal(from);
    if (doubleQuotes.has(c)) return this.expandable(from);
    if (c === '@') return this.#afterAt(from);
    if (c === '$')
      return this.at(from + 1) === '(' ? token('DollarParen', from, from + 2) : this.#variable(from, options);
    if (dashes.has(c)) return this.#afterDash(from, options);
    const dotted = c === '.' && (options.signed || options.mode === 'command') && isDigit(this.at(from + 1));
    if (isDigit(c) || dotted) return this.#number(from, from, options);
    if (isIdentifierStart(this.character(from))) return this.#word(from, options);
    return this.#punctuation(from, c, options);
  }

  /** An operator in an expression; at a command only where it stands alone, else the beginning of a word. */
  #operator(
    kind: string,
    from: number,
    to: number,
    { mode, name, signed }: ScanOptions,
    role: TokenRole,
  ): RawToken {
    const alone = endsWord(this.at(to)) || (signed && prefixes.has(kind));
    if (mode === 'command' && !name && !alone) return this.#generic(from);
    return token(kind, from, to, role);
  }

  #punctuation(from: number, c: string, options: ScanOptions): RawToken {
    const c1 = this.at(from + 1);
    const command = options.mode === 'command';
    switch (c) {
      case ';':
        return token('Semi', from, from + 1);
      case ',':
        return token('Comma', from, from + 1, 'operator');
      case '(':
        return token('LParen', from, from + 1);
      case ')':
        return token('RParen', from, from + 1);
      case '{':
        return token('LCurly', from, from + 1);
      case '}':
        return token('RCurly', from, from + 1);
      case '|':
        return c1 === '|' ? token('OrOr', from, from + 2) : token('Pipe', from, from + 1);
      case '&':
        return c1 === '&' ? token('AndAnd', from, from + 2) : token('Ampersand', from, from + 1);
      case '[':
        // An argument like `[a-z]*`; where a statement begins, a type.
        if (command && !options.signed && !options.name) return this.#generic(from);
        return token('LBracket', from, from + 1);
      case ']':
        return token('RBracket', from, from + 1);
      case '=':
        return this.#operator('Equals', from, from + 1, options, 'operator');
      case '+':
        if (c1 === '+') return this.#operator('PlusPlus', from, from + 2, options, 'operator');
        if (c1 === '=') return this.#operator('PlusEquals', from, from + 2, options, 'operator');
        if (options.signed && (isDigit(c1) || (c1 === '.' && isDigit(this.at(from + 2))))) {
          return this.#number(from, from + 1, options);
        }
        return this.#operator('Plus', from, from + 1, options, 'operator');
      case '*':
        if (c1 === '=') return this.#operator('MultiplyEquals', from, from + 2, options, 'operator');
        if (c1 === '>') return this.#redirection(from, from + 1);
        return this.#operator('Multiply', from, from + 1, options, 'operator');
      case '/':
        if (c1 === '=') return this.#operator('DivideEquals', from, from + 2, options, 'operator');
        return this.#operator('Divide', from, from + 1, options, 'operator');
      case '%':
        if (c1 === '=') return this.#operator('RemainderEquals', from, from + 2, options, 'operator');
        return this.#percent(from, options);
      case '!':
        if (command && !options.signed && !endsWord(c1)) return this.#generic(from);
        return this.#exclaim(from, options);
      case '>':
        return this.#redirection(from, from);
      case '<':
        return token('RedirectInStd', from, from + 1);
      case '.':
        return this.#dot(from, options);
      case ':':
        return this.#colon(from, options);
      case '?':
        return this.#question(from, options);
      default:
        return this.#generic(from);
    }
  }

  #percent(from: number, options: ScanOptions): RawToken {
    return this.#operator('Rem', from, from + 1, options, 'operator');
  }

  #exclaim(from: number, { mode }: ScanOptions): RawToken {
    const c = this.character(from + 1);
    // `!a` is a command's name, `!$x` and `!(…)` are not.
    if (mode === 'command' && isIdentifierStart(c)) return this.#generic(from);
    return token('Exclaim', from, from + 1, 'operator');
  }

  #dot(from: number, options: ScanOptions): RawToken {
    const c1 = this.at(from + 1);
    if (c1 === '.') {
      if (options.mode === 'command' && !endsWord(this.at(from + 2))) return this.#generic(from);
      return token('DotDot', from, from + 2, 'operator');
    }
    if (options.mode === 'command' && !options.name) {
      // `.` alone runs a script in this scope; `.\x` is a path.
      const invokes = endsWord(c1) || singleQuotes.has(c1) || doubleQuotes.has(c1) || c1 === '$';
      return invokes ? token('Dot', from, from + 1) : this.#generic(from);
    }
    return token('Dot', from, from + 1);
  }

  #colon(from: number, options: ScanOptions): RawToken {
    if (this.at(from + 1) === ':') {
      if (options.mode === 'command' && !options.name && !endsWord(this.at(from + 2)))
        return this.#generic(from);
      return token('ColonColon', from, from + 2);
    }
    if (options.mode === 'command') {
      if (!isIdentifierStart(this.character(from + 1))) return this.#generic(from);
      const to = this.#identifierEnd(from + 1);
      return endsWord(this.at(to)) ? token('Label', from, to) : this.#generic(from);
    }
    return token('Colon', from, from + 1);
  }

  #question(from: number, options: ScanOptions): RawToken {
    const c1 = this.at(from + 1);
    if (options.mode === 'command') return this.#generic(from);
    if (c1 === '?') {
      return this.at(from + 2) === '='
        ? token('QuestionQuestionEquals', from, from + 3, 'operator')
        : token('QuestionQuestion', from, from + 2, 'operator');
    }
    if (c1 === '.') return token('QuestionDot', from, from + 2);
    if (c1 === '[') return token('QuestionLBracket', from, from + 2);
    return token('QuestionMark', from, from + 1);
  }

  /** `>`, `>>`, `2>`, `*>>`, `2>&1`, from behind the stream. */
  #redirection(from: number, arrow: number): RawToken {
    let to = arrow + 1;
    if (this.at(to) === '>') to++;
    else if (this.at(to) === '&' && (this.at(to + 1) === '1' || this.at(to + 1) === '2')) to += 2;
    return token('Redirection', from, to);
  }

  #number(from: number, digits: number, options: ScanOptions): RawToken {
    // `2>` names a stream.
    if (
      options.mode !== 'type' &&
      digits === from &&
      /[1-6]/.test(this.at(from)) &&
      this.at(from + 1) === '>'
    ) {
      return this.#redirection(from, from + 1);
    }
    const to = Math.min(numberEnd(this.text, digits), this.end);
    const c = this.at(to);
    if (
      to > digits &&
      (endsNumber(c) || (options.mode === 'expression' && !isIdentifierPart(this.character(to))))
    ) {
      const dotted = c === '.' && options.mode === 'command' && this.at(to + 1) === '.';
      const argument = options.mode === 'command' && !options.signed;
      // `1..2` is a range where an expression may stand, a word where an argument does; `1.` goes on as a word when it does not end.
      if (argument ? endsWord(c) : !dotted || options.signed) {
        if (!(options.mode === 'command' && wordGoesOn(c))) return token('Number', from, to, 'number');
      }
    }
    return this.#generic(from);
  }

  /** `--%`, parameters, operators in words, minus. */
  #afterDash(from: number, options: ScanOptions): RawToken {
    const command = options.mode === 'command';
    const c1 = this.at(from + 1);
    if (dashes.has(c1)) {
      if (this.at(from + 2) === '%' && command && !options.signed) {
        return token('Generic', from, from + 3);
      }
      return this.#operator('MinusMinus', from, from + 2, options, 'operator');
    }
    if (c1 === '=') return this.#operator('MinusEquals', from, from + 2, options, 'operator');
    const character = this.character(from + 1);
    if (isIdentifierStart(character) || c1 === '?') {
      if (options.mode === 'expression' || options.signed) {
        const to = this.#identifierEnd(from + 1);
        const kind = dashOperators.get(this.text.slice(from + 1, to).toLowerCase());
        // Where a statement begins only what stands before its operand is an operator.
        const fits = kind !== undefined && (options.mode === 'expression' || unaryOperators.has(kind));
        if (fits && !this.#parameterGoesOn(to)) return token(kind, from, to, 'operator');
      }
      return this.#parameter(from);
    }
    if (options.signed && (isDigit(c1) || (c1 === '.' && isDigit(this.at(from + 2))))) {
      return this.#number(from, from + 1, options);
    }
    return this.#operator('Minus', from, from + 1, options, 'operator');
  }

  #parameterGoesOn(at: number): boolean {
    return isIdentifierPart(this.character(at));
  }

  #parameter(from: number): RawToken {
    let at = from + 1;
    for (;;) {
      const c = this.at(at);
      if (endsWord(c) || c === '.' || c === '[') break;
      if (c === ':') {
        at++;
        break;
      }
      if (singleQuotes.has(c) || doubleQuotes.has(c)) return this.#generic(from);
      at += c === '`' && this.at(at + 1) !== '' ? 2 : 1;
    }
    return token('Parameter', from, at, 'parameter');
  }

  #identifierEnd(from: number): number {
    let at = from;
    for (;;) {
      const c = this.character(at);
      if (c === '' || !isIdentifierPart(c)) return at;
      at += c.length;
    }
  }

  #word(from: number, { mode, name }: ScanOptions): RawToken {
    const to = this.#identifierEnd(from);
    if (mode === 'command' && !endsWord(this.at(to)) && !name) return this.#generic(from);
    const word = this.text.slice(from, to);
    if (!name && mode !== 'type') {
      const kind = keywords.get(word.toLowerCase());
      if (kind !== undefined && mode === 'command') return token(kind, from, to, 'keyword');
    }
    return token('Identifier', from, to);
  }

  /** `System.Collections.Generic.List`, with `+` for a type within a type and a backtick before a number of parameters. */
  #typeName(from: number): RawToken | null {
    let at = from;
    for (;;) {
      const c = this.character(at);
      if (c === '' || !(isIdentifierPart(c) || '.+#_`\\'.includes(c))) break;
      at += c.length;
    }
    return at === from ? null : token('Identifier', from, at, 'type');
  }

  /** Behind the comma after a type's name: whatever stands there names an assembly. */
  #assembly(from: number): RawToken {
    let at = from;
    while (this.at(at) !== '' && !',]'.includes(this.at(at)) && !isNewLine(this.at(at))) at++;
    while (at > from && isBlank(this.at(at - 1))) at--;
    return token('Identifier', from, at, 'type');
  }

  /** A word of a command: up to white space or punctuation, with quoted parts, variables and subexpressions in it. */
  #generic(from: number): RawToken {
    const nested: Token[] = [];
    let at = from;
    for (;;) {
      const c = this.at(at);
      if (endsWord(c)) break;
      if (c === '`') at += this.at(at + 1) === '' ? 1 : 2;
      else if (singleQuotes.has(c)) at = this.quotedEnd(at);
      else if (doubleQuotes.has(c)) at = this.doubleQuotedEnd(at, nested);
      else if (c === '$') at = this.dollar(at, nested);
      else at++;
    }
    // Something has to be read: a character that is nothing is a token of its own.
    const to = at === from ? from + 1 : at;
    return { ...token('Generic', from, to), ...(nested.length === 0 ? {} : { nested, expands: true }) };
  }

  #variable(from: number, options: ScanOptions): RawToken {
    const to = this.variableEnd(from, false);
    if (to === from) return this.#generic(from);
    if (options.mode === 'command' && !options.signed && this.#wordGoesOnAfterVariable(to))
      return this.#generic(from);
    return token('Variable', from, to, 'variable');
  }

  /** In an argument `$x/y` is a word, `$x.y` and `$x[0]` are not. */
  #wordGoesOnAfterVariable(to: number): boolean {
    const c = this.at(to);
    return !endsWord(c) && c !== '.' && c !== '[' && !(c === ':' && this.at(to + 1) === ':') && c !== '?';
  }

  #afterAt(from: number): RawToken {
    const c = this.at(from + 1);
    if (c === '{') return token('AtCurly', from, from + 2);
    if (c === '(') return token('AtParen', from, from + 2);
    if (singleQuotes.has(c) || doubleQuotes.has(c)) return this.hereString(from, doubleQuotes.has(c));
    if (isVariablePart(this.character(from + 1)) || c === ':') {
      const to = this.variableEnd(from, false);
      if (to > from) return token('SplattedVariable', from, to, 'variable');
    }
    this.fault(from, from + 1, 'An @ begins nothing here.', false);
    return token('Unknown', from, from + 1);
  }

  /** Everything up to the end of the line or a pipe, as it stands: the argument of `--%`. Quotes hide a pipe. */
  verbatim(): RawToken {
    while (isBlank(this.at(this.position))) this.position++;
    const from = this.position;
    let at = from;
    let quoted = false;
    for (;;) {
      const c = this.at(at);
      if (c === '' || isNewLine(c)) break;
      if (c === '"') quoted = !quoted;
      else if (!quoted && (c === '|' || (c === '&' && this.at(at + 1) === '&'))) break;
      at++;
    }
    this.position = at;
    if (at > this.furthest) this.furthest = at;
    return token('Generic', from, at);
  }
}

/** Where a statement begins these stand before their operand, with or without white space. */
const prefixes: ReadonlySet<string> = new Set(['Plus', 'Minus', 'PlusPlus', 'MinusMinus']);

function wordGoesOn(c: string): boolean {
  return c !== '' && '\\/:'.includes(c);
}
