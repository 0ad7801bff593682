import { ExpressionParser } from './expressions.ts';
import type { Node } from './parser-core.ts';
import { outside } from './reuse.ts';
import type { Place } from './reuse.ts';
import { assignments } from './tokens.ts';
import type { RawToken } from './tokens.ts';

/** A command with its arguments, for whoever asks what stands at the cursor. */
export interface CommandInfo {
  readonly from: number;
  readonly to: number;
  /** Undefined where the name is an expression. */
  readonly name: string | undefined;
  readonly nameFrom: number;
  readonly nameTo: number;
  readonly parameters: readonly { readonly from: number; readonly to: number; readonly name: string }[];
  readonly arguments: readonly { readonly from: number; readonly to: number }[];
  /** The innermost script block it stands in. */
  readonly block: { readonly from: number; readonly to: number };
}

export const blockEnds: ReadonlySet<string> = new Set(['RCurly', 'RParen', 'EndOfInput']);
export const statementEnds: ReadonlySet<string> = new Set(['NewLine', 'Semi', ...blockEnds]);

/** Pipelines, commands and their arguments. */
export abstract class CommandParser extends ExpressionParser {
  readonly commands: CommandInfo[] = [];
  /** The script block that is being read; its end is known once it was. */
  place: Place = outside;

  abstract statement(): Node | null;

  /** A word where a name stands, whatever it would be elsewhere. */
  plain(token: RawToken): RawToken {
    return token.role === 'keyword' ? this.role(token, 'plain') : token;
  }

  value(): Node | null {
    const token = this.peek();
    // What may be assigned: a statement as well as a pipeline.
    if (['If', 'While', 'Do', 'For', 'Foreach', 'Switch', 'Try', 'Data', 'Trap'].includes(token.kind))
      return this.statement();
    return this.pipelines();
  }

  /** `a && b || c`, with `&` for the background behind. */
  pipelines(): Node | null {
    const first = this.pipeline();
    if (first === null) return null;
    const parts = [first];
    for (;;) {
      this.set('command', true);
      const operator = this.peek();
      if (operator.kind !== 'AndAnd' && operator.kind !== 'OrOr') break;
      this.take();
      this.set('command', true);
      this.skipNewLines();
      const next = this.pipeline();
      if (next === null) {
        this.missing('A command is missing after the operator.');
        break;
      }
      parts.push(next);
    }
    return parts.length === 1 ? first : this.node('statement', first.from, parts);
  }

  pipeline(): Node | null {
    const from = this.peek().from;
    const parts: Node[] = [];
    for (;;) {
      this.set('command', true);
      const element =
        this.#bareRedirection() ??
        (parts.length === 0 ? (this.#assignable() ?? this.command()) : this.#laterElement());
      if (element === null) {
        if (parts.length > 0) this.missing('A command is missing after the pipe.');
        return parts.length === 0 ? null : this.node('pipeline', from, parts);
      }
      parts.push(element);
      if (element.kind === 'assignment') return element;
      this.set('command', true);
      if (parts.length === 1 && element.kind !== 'command') this.#redirections();
      if (!this.#pipe()) break;
    }
    if (this.takeIf('Ampersand') !== null) this.last = Math.max(this.last, from);
    return this.node('pipeline', from, parts);
  }

  /** A redirection that redirects nothing: the engine lets it pass. */
  #bareRedirection(): Node | null {
    const token = this.peek();
    if (token.kind !== 'RedirectInStd' && token.kind !== 'Redirection') return null;
    this.take();
    this.set('command', false);
    this.argument();
    const parts: Node[] = [];
    this.#commandElements(parts);
    return this.node('command', token.from, parts);
  }

  #laterElement(): Node | null {
    const token = this.peek();
    const command = this.command();
    if (command !== null) return command;
    const expression = this.expression();
    if (expression === null) return null;
    this.error(token.from, this.last, 'An expression may only stand at the beginning of a pipeline.');
    return expression;
  }

  /** A pipe, which may also begin the next line. */
  #pipe(): boolean {
    this.set('command', true);
    const first = this.peek();
    if (first.kind === 'NewLine') {
      this.skipNewLines();
      if (this.peek().kind !== 'Pipe') {
        this.resync(first);
        return false;
      }
    }
    if (this.takeIf('Pipe') === null) return false;
    this.set('command', true);
    this.skipNewLines();
    return true;
  }

  #redirections(): void {
    for (;;) {
      this.set('command', false);
      const token = this.peek();
      if (token.kind !== 'Redirection' && token.kind !== 'RedirectInStd') return;
      this.redirection();
    }
  }

  redirection(): void {
    const token = this.take();
    if (token.kind === 'RedirectInStd') {
      this.error(token.from, token.to, 'PowerShell has no < to read from a file.');
      return;
    }
    if (this.text.slice(token.from, token.to).includes('&')) return;
    this.set('command', false);
    if (this.argument() === null)
      this.error(token.to, token.to, 'The file is missing after the redirection.');
  }

  /** An expression, and what is assigned to it. */
  #assignable(): Node | null {
    const target = this.expression();
    if (target === null) return null;
    this.set('expression', false);
    if (!assignments.has(this.peek().kind)) return target;
    this.take();
    this.set('command', true);
    this.skipNewLines();
    const value = this.deeper(() => this.statementValue());
    if (value === null) this.missing('A value is missing after the assignment.');
    return this.node('assignment', target.from, value === null ? [target] : [target, value]);
  }

  statementValue(): Node | null {
    const token = this.peek();
    if (['Return', 'Break', 'Continue', 'Throw', 'Exit'].includes(token.kind)) return this.statement();
    return this.value();
  }

  command(): Node | null {
    const first = this.peek();
    let invoked = false;
    if (first.kind === 'Ampersand' || first.kind === 'Dot') {
      this.take();
      invoked = true;
      this.set('command', false);
      if (statementEnds.has(this.peek().kind) || this.peek().kind === 'Pipe') {
        this.error(first.from, first.to, 'A command is missing after the operator.');
        return this.node('command', first.from);
      }
    }
    const nameToken = this.peek();
    const parts: Node[] = [];
    let name: string | undefined;
    if (!invoked) {
      if (!startsCommand(nameToken)) return null;
      this.take();
      if (nameToken.kind === 'Label' && this.text.charAt(nameToken.from) !== ':') return null;
      this.role(nameToken, 'command');
      name = unquoted(this.text.slice(nameToken.from, nameToken.to));
      parts.push(this.node('string', nameToken.from));
    } else {
      const { kind } = nameToken;
      const word = this.argument();
      nameToken.kind = kind;
      if (word === null) {
        this.error(first.from, first.to, 'A command is missing after the operator.');
        return this.node('command', first.from);
      }
      if (word.kind === 'string' && nameToken.role !== 'string') this.role(nameToken, 'command');
      if (word.kind === 'string') name = unquoted(this.text.slice(word.from, word.to));
      parts.push(word);
    }
    const nameEnd = this.last;
    const { parameters, pieces } = this.#commandElements(parts);
    const info: CommandInfo = {
      from: first.from,
      to: this.last,
      name,
      nameFrom: nameToken.from,
      nameTo: nameEnd,
      parameters,
      arguments: pieces,
      block: this.place,
    };
    this.commands.push(info);
    return this.node('command', first.from, parts);
  }

  #commandElements(parts: Node[]) {
    const parameters: { from: number; to: number; name: string }[] = [];
    const pieces: { from: number; to: number }[] = [];
    for (;;) {
      this.set('command', false);
      const token = this.peek();
      if (statementEnds.has(token.kind) || ['Pipe', 'AndAnd', 'OrOr', 'Ampersand'].includes(token.kind))
        break;
      if (token.kind === 'Redirection' || token.kind === 'RedirectInStd') {
        this.redirection();
        continue;
      }
      if (token.kind === 'Comma') {
        this.take();
        this.error(token.from, token.to, 'An argument is missing before the comma.');
        continue;
      }
      if (token.kind === 'Parameter') {
        this.take();
        const text = this.text.slice(token.from, token.to);
        parameters.push({ from: token.from, to: token.to, name: text.replace(/^.|:$/gu, '') });
        const inner: Node[] = [];
        if (text.endsWith(':')) {
          this.set('command', false);
          const value = this.argumentList();
          if (value === null) this.error(token.to, token.to, 'The parameter misses its value.');
          else {
            inner.push(value);
            pieces.push({ from: value.from, to: value.to });
          }
        }
        parts.push(this.node('parameter', token.from, inner));
        continue;
      }
      if (token.kind === 'Generic' && this.text.slice(token.from, token.to) === '--%') {
        this.take();
        const rest = this.takeVerbatim();
        pieces.push({ from: rest.from, to: rest.to });
        parts.push(this.node('string', rest.from));
        continue;
      }
      const argument = this.argumentList();
      if (argument === null) {
        this.take();
        this.error(token.from, token.to, `${this.text.slice(token.from, token.to)} may not stand here.`);
        continue;
      }
      pieces.push({ from: argument.from, to: argument.to });
      parts.push(argument);
    }
    return { parameters, pieces };
  }

  /** `a, b, c` as one argument. */
  argumentList(): Node | null {
    const first = this.argument();
    if (first === null) return null;
    const parts = [first];
    for (;;) {
      this.set('command', false);
      if (this.takeIf('Comma') === null) break;
      this.set('command', false);
      this.skipNewLines();
      const next = this.argument();
      if (next === null) {
        this.missing('An argument is missing after the comma.');
        break;
      }
      parts.push(next);
    }
    return parts.length === 1 ? first : this.node('list', first.from, parts);
  }

  argument(): Node | null {
    const token = this.peek();
    switch (token.kind) {
      case 'SplattedVariable': {
        this.take();
        const splatted = this.members(this.node('variable', token.from), true);
        if (splatted.kind !== 'variable')
          this.error(token.from, token.to, 'What is splatted has no members.');
        return splatted;
      }
      case 'Variable':
      case 'StringLiteral':
      case 'StringExpandable':
      case 'HereStringLiteral':
      case 'HereStringExpandable':
      case 'LParen':
      case 'AtParen':
      case 'AtCurly':
      case 'DollarParen':
      case 'LCurly':
        return this.deeper(() => this.primary(true));
      case 'Number':
        this.take();
        return this.node('number', token.from);
      case 'Comma':
      case 'RParen':
      case 'RCurly':
      case 'NewLine':
      case 'Semi':
      case 'EndOfInput':
      case 'Pipe':
      case 'AndAnd':
      case 'OrOr':
      case 'Ampersand':
      case 'Redirection':
      case 'RedirectInStd':
        return null;
      default:
        this.take();
        if (token.role === 'keyword') {
          token.kind = 'Generic';
          this.role(token, 'plain');
        }
        if (!['Identifier', 'Generic', 'Parameter', 'MinusMinus'].includes(token.kind))
          token.kind = 'Generic';
        return this.node(token.expands === true ? 'expandable' : 'string', token.from);
    }
  }
}

function startsCommand({ kind, role }: RawToken): boolean {
  if (
    kind === 'Identifier' ||
    kind === 'Generic' ||
    kind === 'Parameter' ||
    kind === 'Label' ||
    kind === 'Unknown'
  )
    return true;
  if (role === 'keyword') return true;
  return [
    'Multiply',
    'Divide',
    'Rem',
    'Plus',
    'Minus',
    'Equals',
    'PlusEquals',
    'MinusEquals',
    'MultiplyEquals',
    'DivideEquals',
    'RemainderEquals',
    'DotDot',
    'ColonColon',
    'RBracket',
  ].includes(kind);
}

function unquoted(text: string): string {
  const quoted = /^(['"])([\s\S]*)\1$/.exec(text);
  return quoted === null ? text.replaceAll(/`(.)/g, '$1') : (quoted[2] ?? '');
}
