import { blockEnds, CommandParser, statementEnds } from './command-parser.ts';
import type { Node } from './parser-core.ts';
import type { RawToken } from './tokens.ts';

/** Statements that begin with a keyword: conditions, loops, switch, try, functions. */
export abstract class ControlFlowParser extends CommandParser {
  abstract statementBlock(message: string): Node;
  abstract parameters(): Node[];

  labelled(): Node | null {
    const label = this.take();
    this.set('command', true);
    this.skipNewLines();
    if (['While', 'For', 'Foreach', 'Do', 'Switch'].includes(this.peek().kind)) return this.statement();
    this.resync(label);
    this.set('command', true);
    return this.pipelines();
  }

  /** `if` asks on for its parenthesis over line ends, the loops do not. */
  condition(asksOn = false): Node[] {
    this.set('command', true);
    this.skipNewLines();
    if (this.takeIf('LParen') === null) {
      this.missing('A ( is missing after the keyword.');
      return [];
    }
    this.set('command', true);
    this.skipNewLines();
    const condition = this.pipeline();
    if (condition === null) this.missing('A condition is missing after the parenthesis.');
    this.set('command', false);
    this.skipNewLines();
    if (this.takeIf('RParen') === null && condition !== null) {
      if (asksOn) this.unclosed('A ) is missing after the condition.');
      else this.missing('A ) is missing after the condition.');
    }
    return condition === null ? [] : [condition];
  }

  loopBody(): Node {
    return this.statementBlock('The statements of the loop are missing.');
  }

  ifStatement(): Node[] {
    const parts: Node[] = [];
    for (;;) {
      this.take();
      const errors = this.errors.length;
      parts.push(...this.condition(true));
      if (this.errors.length > errors) return parts;
      parts.push(this.statementBlock('A block in braces is missing after the condition.'));
      const next = this.#afterNewLines('ElseIf', 'Else');
      if (next === null) return parts;
      if (next.kind === 'ElseIf') continue;
      this.take();
      parts.push(this.statementBlock('A block in braces is missing after else.'));
      return parts;
    }
  }

  /** The keyword that goes on with a statement on a later line; null, and nothing is taken, where there is none. */
  #afterNewLines(...kinds: readonly string[]): RawToken | null {
    this.set('command', true);
    const first = this.peek();
    if (first.kind !== 'NewLine') return this.#keyword(first, kinds);
    this.skipNewLines();
    const next = this.#keyword(this.peek(), kinds);
    if (next === null) this.resync(first);
    return next;
  }

  #keyword(token: RawToken, kinds: readonly string[]): RawToken | null {
    return kinds.includes(token.kind) ? token : null;
  }

  doStatement(): Node[] {
    this.take();
    const errors = this.errors.length;
    const body = this.loopBody();
    if (this.errors.length > errors) return [body];
    this.set('command', true);
    this.skipNewLines();
    if (this.takeIf('While', 'Until') === null) {
      this.missing('while or until is missing after the block of do.');
      return [body];
    }
    return [body, ...this.condition()];
  }

  forStatement(): Node[] {
    this.take();
    this.set('command', true);
    this.skipNewLines();
    if (this.takeIf('LParen') === null) {
      this.missing('A ( is missing after for.');
      return [];
    }
    const parts: Node[] = [];
    for (let part = 0; part < 3; part++) {
      this.set('command', true);
      this.skipNewLines();
      const each = this.value();
      if (each !== null) parts.push(each);
      this.set('command', true);
      if (part < 2 && this.takeIf('Semi', 'NewLine') === null) break;
    }
    this.skipNewLines();
    if (this.takeIf('RParen') === null) {
      this.missing('A ) is missing after for.');
      return parts;
    }
    return [...parts, this.loopBody()];
  }

  foreachStatement(): Node[] {
    this.take();
    this.#flags();
    this.set('command', true);
    this.skipNewLines();
    if (this.takeIf('LParen') === null) {
      this.missing('A ( is missing after foreach.');
      return [];
    }
    this.set('expression', true);
    this.skipNewLines();
    const variable = this.peek();
    if (variable.kind !== 'Variable') {
      this.missing('A variable is missing after the parenthesis.');
      return [];
    }
    this.take();
    this.set('expression', false, true);
    this.skipNewLines();
    const word = this.peek();
    if (word.kind !== 'Identifier' || this.text.slice(word.from, word.to).toLowerCase() !== 'in') {
      this.missing('in is missing after the variable.');
      return [];
    }
    this.take();
    word.kind = 'In';
    this.role(word, 'keyword');
    this.set('command', true);
    this.skipNewLines();
    const over = this.pipeline();
    if (over === null) {
      this.missing('What foreach goes through is missing after in.');
      return [];
    }
    this.set('command', false);
    this.skipNewLines();
    if (this.takeIf('RParen') === null) {
      this.missing('A ) is missing after foreach.');
      return [over];
    }
    return [over, this.loopBody()];
  }

  /** `-regex`, `-parallel`: switches between a keyword and its parenthesis. */
  #flags(): boolean {
    let file = false;
    for (;;) {
      this.set('command', false);
      const token = this.peek();
      if (token.kind !== 'Parameter') return file;
      this.take();
      const word = this.text
        .slice(token.from + 1, token.to)
        .replace(/:$/, '')
        .toLowerCase();
      if ('throttlelimit timeout'.includes(word) || (word !== '' && 'file'.startsWith(word))) {
        file ||= 'file'.startsWith(word);
        this.set('command', false);
        if (this.argument() === null) this.missing('The file is missing after -file.');
      }
    }
  }

  switchStatement(): Node[] {
    this.take();
    const file = this.#flags();
    const parts: Node[] = [];
    if (!file) {
      const errors = this.errors.length;
      parts.push(...this.condition());
      if (this.errors.length > errors) return parts;
    }
    this.set('command', true);
    this.skipNewLines();
    const open = this.peek();
    if (open.kind !== 'LCurly') {
      this.missing('The clauses in braces are missing after switch.');
      return parts;
    }
    this.take();
    let begun = false;
    for (;;) {
      this.set('command', false);
      this.skipSeparators();
      const token = this.peek();
      if (blockEnds.has(token.kind)) break;
      begun = true;
      const word = this.text.slice(token.from, token.to).toLowerCase();
      if (word === 'default') {
        this.take();
        token.kind = 'Default';
        this.role(token, 'keyword');
      } else if (this.argument() === null) {
        this.missing('A condition is missing in switch.');
        break;
      }
      const errors = this.errors.length;
      parts.push(this.statementBlock('A block in braces is missing after the condition.'));
      if (this.errors.length > errors) break;
    }
    if (!begun && this.atEnd()) this.missing('A condition is missing in switch.');
    else if (this.takeIf('RCurly') === null)
      this.unclosed('The clauses of switch have no } at their end.', open);
    else if (!begun) this.error(open.to, open.to, 'Switch has no clauses.');
    return parts;
  }

  tryStatement(): Node[] {
    this.take();
    const errors = this.errors.length;
    const parts = [this.statementBlock('A block in braces is missing after try.')];
    if (this.errors.length > errors) return parts;
    let handled = false;
    for (;;) {
      const next = this.#afterNewLines('Catch');
      if (next === null) break;
      this.take();
      handled = true;
      this.#caughtTypes();
      parts.push(this.statementBlock('A block in braces is missing after catch.'));
    }
    if (this.#afterNewLines('Finally') !== null) {
      this.take();
      handled = true;
      parts.push(this.statementBlock('A block in braces is missing after finally.'));
    }
    if (!handled && this.errors.length === errors) this.missing('A catch or a finally is missing after try.');
    return parts;
  }

  #caughtTypes(): void {
    for (;;) {
      this.set('expression', true);
      this.skipNewLines();
      if (this.peek().kind !== 'LBracket') return;
      this.typeLiteral();
      this.set('expression', false);
      this.skipNewLines();
      if (this.takeIf('Comma') === null) return;
    }
  }

  trapStatement(): Node[] {
    this.take();
    this.#caughtTypes();
    return [this.statementBlock('A block in braces is missing after trap.')];
  }

  dataStatement(): Node[] {
    this.take();
    this.set('command', false, true);
    this.skipNewLines();
    if (this.peek().kind === 'Identifier') this.role(this.take(), 'member');
    this.set('command', false);
    while (this.peek().kind === 'Parameter') {
      this.take();
      for (;;) {
        this.set('command', false);
        const command = this.peek();
        if (command.kind === 'LCurly' || this.argument() === null) break;
        this.role(command, 'command');
        if (this.takeIf('Comma') === null) break;
      }
    }
    return [this.statementBlock('A block in braces is missing after data.')];
  }

  functionStatement(): Node[] {
    this.take();
    this.set('command', false);
    const name = this.peek();
    if (statementEnds.has(name.kind) || name.kind === 'LCurly' || name.kind === 'LParen') {
      this.missing('A name is missing after the keyword.');
      return [];
    }
    this.plain(this.take());
    this.set('command', true);
    this.skipNewLines();
    const parts: Node[] = [];
    if (this.takeIf('LParen') !== null) {
      const errors = this.errors.length;
      parts.push(...this.parameters());
      if (this.errors.length > errors && this.atEnd()) return parts;
    }
    this.set('command', true);
    this.skipNewLines();
    if (this.peek().kind !== 'LCurly') {
      this.missing('The body in braces is missing.');
      return parts;
    }
    parts.push(this.block(this.take()));
    return parts;
  }

  configuration(): Node {
    const keyword = this.take();
    this.set('command', false);
    this.skipNewLines();
    if (this.atEnd()) {
      this.unclosed('A name is missing after configuration.');
      return this.node('statement', keyword.from);
    }
    this.resync(keyword);
    this.set('command', true);
    return this.pipelines() ?? this.node('statement', keyword.from);
  }
}
