import { ParserCore } from './parser-core.ts';
import type { Node } from './parser-core.ts';
import { binaryOperators, unaryOperators } from './tokens.ts';
import type { RawToken } from './tokens.ts';

const orphan = 'An attribute stands here without what it belongs to.';
/** What is said of an attribute whose arguments end behind a name: then nothing is asked for any more. */
export const brokenOff = 'The attribute has no ) at its end.';

const strings: ReadonlySet<string> = new Set([
  'StringLiteral',
  'StringExpandable',
  'HereStringLiteral',
  'HereStringExpandable',
]);

/** Expressions, and what they are made of. */
export abstract class ExpressionParser extends ParserCore {
  /** A pipeline as it may stand in parentheses. Null where there is none. */
  abstract pipeline(): Node | null;
  /** Statements up to a closing token, which is not taken. */
  abstract statements(): Node[];
  /** What stands between braces. */
  abstract block(open: RawToken): Node;
  /** A statement or pipeline as the value of a key or an assignment. */
  abstract value(): Node | null;

  /** Null where no expression begins here. */
  expression(): Node | null {
    return this.deeper(() => {
      const first = this.binaries();
      if (first === null) return null;
      this.set('expression', false);
      if (this.peek().kind !== 'QuestionMark') return first;
      this.take();
      this.#operand(true);
      const yes = this.expression();
      if (yes === null) return this.node('ternary', first.from, [first, this.#missingValue()]);
      this.#operator(true);
      if (this.takeIf('Colon') === null) {
        this.unclosed('The ternary operator misses its colon.');
        return this.node('ternary', first.from, [first, yes]);
      }
      this.#operand(true);
      const no = this.expression() ?? this.#missingValue();
      return this.node('ternary', first.from, [first, yes, no]);
    });
  }

  #operand(newLines: boolean): void {
    this.set('expression', true);
    if (newLines) this.skipNewLines();
  }

  #operator(newLines: boolean): void {
    this.set('expression', false);
    if (newLines) this.skipNewLines();
  }

  #missingValue(): Node {
    this.missing('A value is missing after the operator.');
    return this.node('string', this.last);
  }

  binaries(): Node | null {
    const first = this.list();
    if (first === null) return null;
    const parts = [first];
    for (;;) {
      this.set('expression', false);
      const token = this.peek();
      const unknown = token.kind === 'Parameter';
      if (!binaryOperators.has(token.kind) && !unknown) break;
      this.take();
      if (unknown)
        this.error(token.from, token.to, `${this.text.slice(token.from, token.to)} is no operator.`);
      this.#operand(!unknown);
      const next = this.list();
      if (next !== null) parts.push(next);
      else {
        if (!unknown) parts.push(this.#missingValue());
        break;
      }
    }
    return parts.length === 1 ? first : this.node('binary', first.from, parts);
  }

  /** `1, 2, 3` */
  list(): Node | null {
    const first = this.unary();
    if (first === null) return null;
    const parts = [first];
    this.set('expression', false);
    while (this.peek().kind === 'Comma' && !this.inArguments) {
      this.take();
      this.#operand(true);
      const next = this.unary();
      if (next === null) {
        this.missing('A value is missing after the comma.');
        break;
      }
      parts.push(next);
      this.set('expression', false);
    }
    return parts.length === 1 ? first : this.node('list', first.from, parts);
  }

  /** In the arguments of a method a comma parts them. */
  inArguments = false;

  unary(): Node | null {
    const token = this.peek();
    if (unaryOperators.has(token.kind)) {
      this.take();
      this.#operand(true);
      const operand = this.deeper(() => this.unary());
      if (operand === null) {
        this.missing('A value is missing after the operator.');
        return this.node('unary', token.from);
      }
      return this.node('unary', token.from, [operand]);
    }
    if (token.kind === 'LBracket') return this.deeper(() => this.#bracket());
    return this.postfix(this.primary());
  }

  postfix(operand: Node | null): Node | null {
    if (operand === null) return null;
    this.set('expression', false);
    if (this.takeIf('PlusPlus', 'MinusMinus') !== null) return this.node('unary', operand.from, [operand]);
    return operand;
  }

  /** `[int]`, `[int]$x`, `[int]::MaxValue`, an attribute. */
  #bracket(): Node | null {
    const type = this.typeLiteral();
    this.set('expression', true);
    const next = this.peek();
    // An attribute or a type before a variable, a conversion of what follows.
    if (type.kind === 'attribute') {
      if (next.kind === 'LBracket' || next.kind === 'Variable') {
        const of = this.unary();
        if (of?.kind === 'type') this.error(type.from, type.to, orphan);
        return this.node('conversion', type.from, of === null ? [type] : [type, of]);
      }
      // Where its arguments were not finished, enough is said.
      if (this.errors.at(-1)?.message !== brokenOff) this.missing(orphan);
      return type;
    }
    if (this.text.slice(this.last, this.last + 2) === '::' || this.text.charAt(this.last) === '.') {
      return this.postfix(this.members(type));
    }
    const starts = this.startsOperand(next);
    if (!starts) return this.postfix(this.members(type));
    const of = this.unary();
    return this.node('conversion', type.from, of === null ? [type] : [type, of]);
  }

  startsOperand({ kind }: RawToken): boolean {
    if (strings.has(kind) || kind === 'Number' || kind === 'Variable' || kind === 'SplattedVariable')
      return true;
    if (['LParen', 'AtParen', 'AtCurly', 'DollarParen', 'LBracket', 'LCurly'].includes(kind)) return true;
    return ['Not', 'Bnot', 'Exclaim', 'PlusPlus', 'MinusMinus', 'Join', 'Isplit', 'Csplit'].includes(kind);
  }

  /** `[` up to its `]`: a type with its parameters, or an attribute with its arguments. */
  typeLiteral(): Node {
    const open = this.take();
    this.set('type', false);
    this.skipNewLines();
    const named = this.peek();
    if (named.kind !== 'Identifier') {
      this.set('expression', false);
      this.role(open, 'command');
      if (this.takeIf('RBracket') === null) this.missing('A type is missing after the bracket.');
      else this.error(this.last, this.last, 'A type is missing after the bracket.');
      return this.node('type', open.from);
    }
    this.take();
    this.set('expression', false);
    if (this.peek().kind === 'LParen') {
      this.take();
      if (!this.attributeArguments()) return this.node('attribute', open.from);
      this.set('expression', false);
      this.skipNewLines();
      if (this.takeIf('RBracket') === null) this.missing('The attribute has no ] at its end.');
      return this.node('attribute', open.from);
    }
    this.#typeRest();
    this.set('expression', false);
    // The engine asks for no more input here: what misses its bracket is an error at once.
    if (this.takeIf('RBracket') === null) this.error(this.last, this.last, 'The type has no ] at its end.');
    return this.node('type', open.from);
  }

  /** Behind a type's name: `[,]`, `[[int]]`, `[string, int]`, `, Assembly`. */
  #typeRest(): void {
    for (;;) {
      this.set('type', false);
      const token = this.peek();
      if (token.kind === 'Comma') {
        this.take();
        this.set('assembly', false);
        this.skipNewLines();
        if (this.peek().kind === 'Identifier') this.take();
        continue;
      }
      if (token.kind !== 'LBracket') return;
      this.take();
      this.skipNewLines();
      this.deeper(() => this.#typeParameters());
    }
  }

  #typeParameters(): void {
    for (;;) {
      this.set('type', false);
      this.skipNewLines();
      const token = this.peek();
      if (token.kind === 'RBracket') {
        this.take();
        return;
      }
      if (token.kind === 'Comma') this.take();
      else if (token.kind === 'Identifier') {
        this.take();
        this.#typeRest();
      } else if (token.kind === 'LBracket') {
        this.take();
        this.deeper(() => this.#typeParameters());
      } else {
        this.unclosed('The type has no ] at its end.');
        return;
      }
    }
  }

  /** `Mandatory = $true, Position = 0)`, behind the parenthesis. */
  attributeArguments(): boolean {
    const type = this.tokens.at(-2);
    if (type !== undefined) this.role(type, 'type');
    const before = this.inArguments;
    this.inArguments = true;
    let bare = false;
    for (;;) {
      this.set('expression', true, true);
      this.skipNewLines();
      const token = this.peek();
      bare = false;
      if (token.kind === 'RParen') break;
      if (token.kind === 'Identifier') {
        this.role(this.take(), 'member');
        this.set('expression', false);
        this.skipNewLines();
        if (this.takeIf('Equals') === null) bare = true;
        else {
          this.#operand(true);
          if (this.expression() === null) this.missing('A value is missing after =.');
        }
      } else {
        this.set('expression', true);
        if (this.expression() === null) break;
      }
      this.set('expression', false);
      this.skipNewLines();
      if (this.takeIf('Comma') === null) break;
    }
    this.inArguments = before;
    this.set('expression', false);
    this.skipNewLines();
    if (this.takeIf('RParen') !== null) return true;
    // The engine asks for no more behind a name alone.
    if (bare) this.error(this.last, this.last, brokenOff);
    else this.missing('A ) is missing.');
    return false;
  }

  /** An expression without operators; null where none begins here. With its members, indexes and calls. */
  primary(argument = false): Node | null {
    const token = this.peek();
    const members = (first: Node): Node => this.members(first, argument);
    switch (token.kind) {
      case 'Variable':
      case 'SplattedVariable':
        this.take();
        if (token.kind === 'SplattedVariable') {
          this.error(
            token.from,
            token.to,
            'Splatting passes arguments to commands: it has no place in an expression.',
          );
        }
        return members(this.node('variable', token.from));
      case 'Number':
        this.take();
        return members(this.node('number', token.from));
      case 'StringLiteral':
      case 'HereStringLiteral':
        this.take();
        return members(this.node('string', token.from));
      case 'StringExpandable':
      case 'HereStringExpandable':
        this.take();
        return members(this.node(token.expands === true ? 'expandable' : 'string', token.from));
      case 'LParen':
        return members(this.deeper(() => this.parentheses()));
      case 'AtParen':
      case 'DollarParen':
        return members(this.deeper(() => this.subexpression()));
      case 'AtCurly':
        return members(this.deeper(() => this.hash()));
      case 'LCurly':
        return members(this.deeper(() => this.block(this.take())));
      case 'LBracket':
        return members(this.typeLiteral());
      default:
        return null;
    }
  }

  parentheses(): Node {
    const open = this.take();
    const inArguments = this.inArguments;
    this.inArguments = false;
    this.set('command', true);
    this.skipNewLines();
    const inner = this.pipeline();
    this.inArguments = inArguments;
    if (inner === null) this.missing('An expression is missing after the parenthesis.');
    this.set('command', false);
    this.skipNewLines();
    if (this.takeIf('RParen') === null) {
      this.missing('A ) is missing.');
      this.reachEnd();
    }
    return this.node('parentheses', open.from, inner === null ? [] : [inner]);
  }

  subexpression(): Node {
    const open = this.take();
    const inArguments = this.inArguments;
    this.inArguments = false;
    this.set('command', true);
    const inner = this.statements();
    this.inArguments = inArguments;
    if (this.takeIf('RParen') === null) this.unclosed('A ) is missing.');
    return this.node(open.kind === 'AtParen' ? 'array' : 'subexpression', open.from, inner);
  }

  hash(): Node {
    const open = this.take();
    const parts: Node[] = [];
    const inArguments = this.inArguments;
    this.inArguments = false;
    for (;;) {
      this.set('expression', true, true);
      this.skipSeparators();
      const key = this.#key();
      if (key === null) break;
      this.set('expression', false);
      if (this.takeIf('Equals') === null) {
        this.error(this.last, this.last, 'The key of the hash table has no = and no value.');
        this.passOver();
        break;
      }
      this.set('command', true);
      this.skipNewLines();
      const value = this.value();
      if (value === null) {
        this.missing('A value is missing after =.');
        break;
      }
      parts.push(this.node('pair', key.from, [key, value]));
      this.set('expression', false);
      if (this.takeIf('NewLine', 'Semi') === null) break;
    }
    this.inArguments = inArguments;
    this.set('expression', false);
    this.skipSeparators();
    if (this.takeIf('RCurly') === null) this.unclosed('The hash table has no } at its end.', open);
    return this.node('hash', open.from, parts);
  }

  #key(): Node | null {
    const token = this.peek();
    if (token.kind === 'Identifier') {
      this.role(this.take(), 'member');
      return this.node('string', token.from);
    }
    this.set('expression', true);
    return this.deeper(() => this.unary());
  }

  /** `.name`, `::name`, `[index]`, `(arguments)` behind an expression, without white space between. */
  members(first: Node, argument = false): Node {
    let node = first;
    for (;;) {
      this.set('expression', false);
      const token = this.peek();
      if (token.from !== this.last) return node;
      if (token.kind === 'Dot' || token.kind === 'ColonColon' || token.kind === 'QuestionDot') {
        // In an argument a dot before white space is a word of its own.
        if (argument && /^(?:\s|$)/.test(this.text.charAt(token.to))) return node;
        this.take();
        node = this.deeper(() => this.#member(node));
      } else if (token.kind === 'LBracket' || token.kind === 'QuestionLBracket') {
        this.take();
        this.#operand(true);
        const inArguments = this.inArguments;
        this.inArguments = false;
        const index = this.expression();
        this.inArguments = inArguments;
        if (index === null) this.missing('An index is missing after the bracket.');
        this.set('expression', false);
        this.skipNewLines();
        if (this.takeIf('RBracket') === null) {
          if (index !== null) this.missing('A ] is missing.');
        }
        node = this.node('index', first.from, index === null ? [node] : [node, index]);
      } else return node;
    }
  }

  #member(of: Node): Node {
    this.set('expression', true, true);
    this.skipNewLines();
    const token = this.peek();
    let name: Node | null = null;
    if (token.kind === 'Identifier') {
      this.role(this.take(), 'member');
      name = this.node('string', token.from);
    } else if (token.kind === 'LParen') {
      name = this.parentheses();
    } else if (strings.has(token.kind) || ['Variable', 'DollarParen', 'Number'].includes(token.kind)) {
      const taken = token.kind === 'DollarParen' ? this.subexpression() : null;
      if (taken === null) this.take();
      name = taken ?? this.node(token.kind === 'Variable' ? 'variable' : 'string', token.from);
    }
    if (name === null) {
      this.missing('The name of a member is missing.');
      return this.node('member', of.from, [of]);
    }
    this.set('expression', false);
    const next = this.peek();
    if (next.kind === 'LParen' && next.from === this.last) {
      this.take();
      return this.node('invocation', of.from, [of, name, ...this.invocationArguments()]);
    }
    if (next.kind === 'LCurly' && next.from === this.last) {
      return this.node('invocation', of.from, [of, name, this.block(this.take())]);
    }
    return this.node('member', of.from, [of, name]);
  }

  /** Behind the parenthesis of a call. */
  invocationArguments(): Node[] {
    const parts: Node[] = [];
    const before = this.inArguments;
    this.inArguments = true;
    for (;;) {
      this.#operand(true);
      const argument = this.expression();
      if (argument === null) {
        if (parts.length > 0) this.missing('A value is missing after the comma.');
        break;
      }
      parts.push(argument);
      this.set('expression', false);
      this.skipNewLines();
      if (this.takeIf('Comma') === null) break;
    }
    this.inArguments = before;
    this.set('expression', false);
    this.skipNewLines();
    if (this.takeIf('RParen') === null) this.missing('The call has no ) at its end.');
    return parts;
  }
}
