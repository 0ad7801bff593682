import { doubleQuotes, isBlank, isNewLine, isVariablePart, singleQuotes } from './characters.ts';
import type { RawToken, SyntaxError, Token, TokenRole } from './tokens.ts';

/** Reads what stands inside of `$( )` in a string, from behind the parenthesis. */
export type ReadNested = (from: number) => { tokens: readonly Token[]; end: number };

export function token(kind: string, from: number, to: number, role: TokenRole = 'plain'): RawToken {
  return { kind, from, to, role };
}

/** Strings, here-strings and variables, wherever they stand. */
export class StringScanner {
  readonly text: string;
  readonly end: number;
  readonly #report: (error: SyntaxError) => void;
  readonly #nested: ReadNested;

  constructor(text: string, end: number, report: (error: SyntaxError) => void, nested: ReadNested) {
    this.text = text;
    this.end = end;
    this.#report = report;
    this.#nested = nested;
  }

  at(offset: number): string {
    return offset < this.end ? this.text.charAt(offset) : '';
  }

  /** A letter outside of the first plane is two units. */
  character(offset: number): string {
    const first = this.at(offset);
    return first >= '\ud800' && first <= '\udbff' ? first + this.at(offset + 1) : first;
  }

  fault(from: number, to: number, message: string, incomplete: boolean): void {
    this.#report({ from, to, message, incomplete });
  }

  /** Where the variable at `from` ends, its `$` or `@` included; `from` itself where there is none. */
  variableEnd(from: number, inString: boolean): number {
    const c = this.at(from + 1);
    if (c === '{') return this.bracedEnd(from);
    if (c === '$' || c === '^') return from + 2;
    if (c === '?') return from + 2;
    if (c === '' || !(isVariablePart(this.character(from + 1)) || (c === ':' && this.at(from + 2) !== ':')))
      return from;
    let at = from + 1;
    let drive = false;
    for (;;) {
      const each = this.character(at);
      if (each !== '' && isVariablePart(each)) {
        // In a string a question mark is text.
        if (each === '?' && inString) break;
        at += each.length;
      } else if (each === ':' && !drive) {
        if (this.at(at + 1) === ':') break;
        drive = true;
        at++;
      } else break;
    }
    if (this.at(at - 1) === ':') {
      this.fault(from, at, 'A colon follows the variable, but no name: write ${} around the name.', false);
    }
    return at;
  }

  bracedEnd(from: number): number {
    let at = from + 2;
    for (;;) {
      const c = this.at(at);
      if (c === '') {
        this.fault(from + 1, at, 'The variable has no } at its end.', true);
        return at;
      }
      if (c === '}') break;
      at += c === '`' && this.at(at + 1) !== '' ? 2 : 1;
    }
    if (at === from + 2) this.fault(from + 2, at + 1, 'The variable has no name.', false);
    return at + 1;
  }

  literal(from: number): RawToken {
    const to = this.quotedEnd(from);
    return token('StringLiteral', from, to, 'string');
  }

  quotedEnd(from: number): number {
    let at = from + 1;
    for (;;) {
      const c = this.at(at);
      if (c === '') {
        this.fault(from, at, 'The string has no quote at its end.', true);
        return at;
      }
      if (singleQuotes.has(c)) {
        if (!singleQuotes.has(this.at(at + 1))) return at + 1;
        at++;
      }
      at++;
    }
  }

  expandable(from: number): RawToken {
    const nested: Token[] = [];
    const to = this.doubleQuotedEnd(from, nested);
    return { ...token('StringExpandable', from, to, 'string'), nested, expands: nested.length > 0 };
  }

  doubleQuotedEnd(from: number, nested: Token[]): number {
    let at = from + 1;
    for (;;) {
      const c = this.at(at);
      if (c === '') {
        this.fault(from, at, 'The string has no quote at its end.', true);
        return at;
      }
      if (doubleQuotes.has(c)) {
        if (!doubleQuotes.has(this.at(at + 1))) return at + 1;
        at += 2;
      } else if (c === '`') at += this.at(at + 1) === '' ? 1 : 2;
      else if (c === '$') at = this.dollar(at, nested);
      else at++;
    }
  }

  /** A variable or a subexpression inside of a string or a word; a dollar before anything else is a dollar. */
  dollar(from: number, nested: Token[]): number {
    if (this.at(from + 1) === '(') {
      const inner = this.#nested(from + 2);
      nested.push(token('DollarParen', from, from + 2), ...inner.tokens);
      return inner.end;
    }
    const to = this.variableEnd(from, true);
    if (to === from) return from + 1;
    nested.push(token('Variable', from, to, 'variable'));
    return to;
  }

  hereString(from: number, expands: boolean): RawToken {
    const kind = expands ? 'HereStringExpandable' : 'HereStringLiteral';
    const quotes = expands ? doubleQuotes : singleQuotes;
    let at = from + 2;
    while (isBlank(this.at(at))) at++;
    if (this.at(at) === '') {
      this.fault(from, at, 'The here-string has no end.', true);
      return token(kind, from, at, 'string');
    }
    if (!isNewLine(this.at(at))) {
      while (this.at(at) !== '' && !isNewLine(this.at(at))) at++;
      this.fault(from + 2, at, 'Text may begin on the line after the header of a here-string.', false);
      return token(kind, from, at, 'string');
    }
    const nested: Token[] = [];
    const done = (to: number): RawToken => ({
      ...token(kind, from, to, 'string'),
      ...(expands ? { nested, expands: nested.length > 0 } : {}),
    });
    let falseFooter = -1;
    for (;;) {
      const c = this.at(at);
      if (c === '') {
        if (falseFooter >= 0)
          this.fault(
            falseFooter,
            falseFooter + 2,
            'White space stands before the end of the here-string.',
            true,
          );
        else this.fault(from, at, 'The here-string has no end.', true);
        return done(at);
      }
      if (isNewLine(c)) {
        at += c === '\r' && this.at(at + 1) === '\n' ? 2 : 1;
        if (quotes.has(this.at(at)) && this.at(at + 1) === '@') return done(at + 2);
        let footer = at;
        while (isBlank(this.at(footer))) footer++;
        if (footer > at && quotes.has(this.at(footer)) && this.at(footer + 1) === '@') falseFooter = footer;
      } else if (expands && c === '`') at += this.at(at + 1) === '' || isNewLine(this.at(at + 1)) ? 1 : 2;
      else if (expands && c === '$') at = this.dollar(at, nested);
      else at++;
    }
  }
}
