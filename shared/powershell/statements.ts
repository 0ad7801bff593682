import { blockEnds, statementEnds } from './command-parser.ts';
import { ControlFlowParser } from './control-flow.ts';
import { brokenOff } from './expressions.ts';
import type { Node } from './parser-core.ts';
import { marksOf, movedNode } from './reuse.ts';
import type { Before, Earlier, Lists, StatementRecord } from './reuse.ts';
import type { RawToken } from './tokens.ts';
import { parseClass, parseEnum } from './types.ts';

const mixed = 'Only begin, process, end, clean and dynamicparam may stand beside one another here.';
const namedBlocks: ReadonlySet<string> = new Set(['Begin', 'Process', 'End', 'Dynamicparam', 'Clean']);

/** Statements and script blocks. */
export class StatementParser extends ControlFlowParser {
  /** The whole text. */
  script(): Node {
    const from = this.scanner.position;
    const parts: Node[] = [];
    this.#blockBody(parts);
    while (!this.atEnd()) {
      const token = this.take();
      this.error(token.from, token.to, `${this.text.slice(token.from, token.to)} has no partner.`);
      this.set('command', true);
      parts.push(...this.statements());
    }
    this.take();
    return this.node('block', from, parts);
  }

  block(open: RawToken): Node {
    const outer = this.place;
    const inArguments = this.inArguments;
    this.inArguments = false;
    const place = { from: open.from, to: Number.POSITIVE_INFINITY };
    this.place = place;
    const parts: Node[] = [];
    this.deeper(() => this.#blockBody(parts));
    const broken = this.errors.findLast(({ from }) => from > open.from)?.message === mixed;
    if (this.takeIf('RCurly') === null && !broken) this.unclosed('The block has no } at its end.', open);
    place.to = this.last;
    this.place = outer;
    this.inArguments = inArguments;
    return this.node('block', open.from, parts);
  }

  /** Parameters, named blocks or statements. */
  #blockBody(parts: Node[]): void {
    this.set('command', true);
    this.skipNewLines();
    this.#usings();
    this.#parameterBlock(parts);
    this.set('command', true);
    this.skipSeparators();
    if (!namedBlocks.has(this.peek().kind)) {
      parts.push(...this.statements());
      return;
    }
    for (;;) {
      this.set('command', true);
      this.skipSeparators();
      const token = this.peek();
      if (!namedBlocks.has(token.kind)) break;
      this.take();
      parts.push(this.statementBlock('A block in braces is missing after the keyword.'));
    }
    if (!blockEnds.has(this.peek().kind)) {
      const token = this.peek();
      this.error(token.from, token.to, mixed);
      parts.push(...this.statements());
    }
  }

  #usings(): void {
    for (;;) {
      this.set('command', true);
      this.skipSeparators();
      if (this.peek().kind !== 'Using') return;
      this.take();
      this.set('command', false, true);
      const what = this.peek();
      const word = this.text.slice(what.from, what.to).toLowerCase();
      if (
        what.kind !== 'Identifier' ||
        !['namespace', 'module', 'assembly', 'type', 'command'].includes(word)
      ) {
        this.missing('What is to be used is missing: namespace, module or assembly.');
        continue;
      }
      this.take();
      what.kind = word.charAt(0).toUpperCase() + word.slice(1);
      this.role(what, 'keyword');
      this.set('command', false);
      const item = this.peek();
      if (statementEnds.has(item.kind)) {
        this.missing('The name of what is to be used is missing.');
        continue;
      }
      if (item.kind === 'AtCurly') this.hash();
      else this.plain(this.take());
      this.set('command', false);
      if (this.takeIf('Equals') !== null && !statementEnds.has(this.peek().kind)) this.take();
      this.set('command', true);
      if (!statementEnds.has(this.peek().kind)) {
        const extra = this.peek();
        this.error(extra.from, extra.to, 'Nothing more may stand here.');
        while (!statementEnds.has(this.peek().kind)) this.take();
      }
    }
  }

  /** `[CmdletBinding()] param(…)`; where no `param` follows, the brackets were the beginning of an expression. */
  #parameterBlock(parts: Node[]): void {
    this.set('command', true);
    const first = this.peek();
    if (first.kind === 'LBracket') {
      const errors = this.errors.length;
      while (this.peek().kind === 'LBracket') {
        this.typeLiteral();
        this.set('command', true);
        this.skipNewLines();
      }
      if (this.peek().kind !== 'Param') {
        this.errors.length = errors;
        this.resync(first);
        return;
      }
    }
    if (this.peek().kind !== 'Param') return;
    const keyword = this.take();
    this.set('command', true);
    this.skipNewLines();
    if (this.peek().kind !== 'LParen') {
      // A command of that name, as far as the engine is concerned.
      this.resync(keyword);
      return;
    }
    this.take();
    parts.push(...this.parameters());
  }

  /** Behind the parenthesis of a parameter list. */
  parameters(): Node[] {
    const parts: Node[] = [];
    for (;;) {
      this.set('expression', true);
      this.skipNewLines();
      const from = this.peek().from;
      let attributed = false;
      while (this.peek().kind === 'LBracket') {
        this.typeLiteral();
        attributed = true;
        this.set('expression', true);
        this.skipNewLines();
      }
      const token = this.peek();
      if (token.kind !== 'Variable') {
        if (this.errors.at(-1)?.message === brokenOff) return parts;
        if (attributed) this.missing('A parameter is missing after its type.');
        else if (parts.length > 0) this.missing('A parameter is missing after the comma.');
        break;
      }
      this.take();
      const named = this.node('variable', token.from);
      this.set('expression', false);
      this.skipNewLines();
      let value: Node | null = null;
      if (this.takeIf('Equals') !== null) {
        this.set('expression', true);
        this.skipNewLines();
        const before = this.inArguments;
        this.inArguments = true;
        value = this.expression();
        this.inArguments = before;
        if (value === null) this.missing('A value is missing after =.');
      }
      parts.push(value === null ? named : this.node('assignment', from, [named, value]));
      this.set('expression', false);
      this.skipNewLines();
      if (this.takeIf('Comma') === null) break;
    }
    this.set('command', true);
    this.skipNewLines();
    if (this.takeIf('RParen') === null) {
      this.missing('The list of parameters has no ) at its end.');
    }
    return parts;
  }

  statements(): Node[] {
    const parts: Node[] = [];
    for (;;) {
      this.set('command', true);
      this.skipSeparators();
      const token = this.peek();
      if (blockEnds.has(token.kind)) return parts;
      const before = this.scanner.position;
      const statement = this.#remembered(token);
      if (statement !== null) parts.push(statement);
      this.set('command', true);
      const next = this.peek();
      if (statementEnds.has(next.kind)) continue;
      const lastKind = this.tokens.at(-1)?.kind;
      if (statement === null || this.scanner.position === before) this.take();
      if (!endsItself(statement, lastKind)) {
        this.error(
          next.from,
          next.to,
          `${this.text.slice(next.from, Math.min(next.to, next.from + 40))} may not stand here.`,
        );
      }
    }
  }

  /** What was read of a text that differs in one place, to take over what is the same. */
  earlier: Earlier | null = null;
  /** Not those inside of strings: they are read with the token they stand in. */
  remembers = false;

  #lists(): Lists {
    const { tokens, errors, commands, innerCommands: inner, records } = this;
    return { tokens, errors, commands, inner, records };
  }

  /** The statement that begins here, as it was read before or anew. */
  #remembered(first: RawToken): Node | null {
    if (!this.remembers) return this.deeper(() => this.statement());
    const { from } = first;
    const { place, inArguments } = this;
    const before: Before = {
      depth: this.depth,
      inArguments,
      gap: from - this.last,
      behind: from - (this.behind ?? 0),
      newLineSince: this.newLineSince,
      brokenOff: this.errors.at(-1)?.message === brokenOff,
    };
    const known = this.earlier?.find(from, before) ?? null;
    if (known !== null) return this.#takenOver(known, from);

    const lists = this.#lists();
    const marks = marksOf(lists);
    const start = { ...marks, tokens: marks.tokens + this.scanner.skipped.length };
    const node = this.deeper(() => this.statement());
    // Where nothing was taken there is nothing to take over.
    if (this.tokens.length <= start.tokens) return node;
    const { position, last, newLineSince } = this;
    const end = { ...marksOf(lists), records: this.records.length + 1 };
    const { furthest } = this.scanner;
    this.records.push({ from, before, place, node, start, end, position, last, newLineSince, furthest });
    return node;
  }

  #takenOver(known: StatementRecord, from: number): Node | null {
    this.keepSkipped();
    const shift = this.earlier?.takeOver(known, from, this.place, this.#lists()) ?? 0;
    this.goOn(known.position + shift, known.last + shift, known.newLineSince, known.furthest + shift);
    return known.node === null ? null : movedNode(known.node, shift);
  }

  statementBlock(message: string): Node {
    this.set('command', true);
    this.skipNewLines();
    const open = this.peek();
    if (open.kind !== 'LCurly') {
      this.missing(message);
      return this.node('block', this.last);
    }
    this.take();
    const parts = this.deeper(() => this.statements());
    if (this.takeIf('RCurly') === null) this.unclosed('The block has no } at its end.', open);
    return this.node('block', open.from, parts);
  }

  statement(): Node | null {
    const token = this.peek();
    const { from } = token;
    switch (token.kind) {
      case 'If':
        return this.node('statement', from, this.ifStatement());
      case 'While':
        this.take();
        return this.node('statement', from, [...this.condition(), this.loopBody()]);
      case 'Do':
        return this.node('statement', from, this.doStatement());
      case 'For':
        return this.node('statement', from, this.forStatement());
      case 'Foreach':
        return this.node('statement', from, this.foreachStatement());
      case 'Switch':
        return this.node('statement', from, this.switchStatement());
      case 'Try':
        return this.node('statement', from, this.tryStatement());
      case 'Trap':
        return this.node('statement', from, this.trapStatement());
      case 'Data':
        return this.node('statement', from, this.dataStatement());
      case 'Parallel':
      case 'Sequence':
        this.take();
        return this.node('statement', from, [
          this.statementBlock('A block in braces is missing after the keyword.'),
        ]);
      case 'Function':
      case 'Filter':
      case 'Workflow':
        return this.node('statement', from, this.functionStatement());
      case 'Class':
        return parseClass(this);
      case 'Enum':
        return parseEnum(this);
      case 'LBracket':
        return this.#attributed();
      case 'Label':
        return this.labelled();
      case 'Return':
      case 'Throw':
      case 'Exit': {
        this.take();
        this.set('command', true);
        const value = statementEnds.has(this.peek().kind) ? null : this.pipelines();
        return this.node('statement', from, value === null ? [] : [value]);
      }
      case 'Break':
      case 'Continue': {
        this.take();
        this.set('expression', true, true);
        const label = this.peek();
        if (label.kind === 'Identifier') this.role(this.take(), 'member');
        else if (!statementEnds.has(label.kind)) {
          this.set('expression', true);
          this.primary();
        }
        return this.node('statement', from);
      }
      case 'Using':
        this.take();
        this.error(from, token.to, 'Using stands before everything else.');
        return this.node('statement', from);
      case 'From':
      case 'Define':
      case 'Var':
        this.take();
        this.error(from, token.to, 'The word is reserved for what may come.');
        return this.node('statement', from);
      case 'Configuration':
        return this.configuration();
      default:
        return this.value();
    }
  }

  /** Attributes may stand before a class or an enum; otherwise the bracket begins an expression. */
  #attributed(): Node | null {
    const first = this.peek();
    const errors = this.errors.length;
    const mode = this.mode;
    while (this.peek().kind === 'LBracket') {
      this.typeLiteral();
      this.set('command', true);
      this.skipNewLines();
    }
    const kind = this.peek().kind;
    if (kind === 'Class') return parseClass(this);
    if (kind === 'Enum') return parseEnum(this);
    this.errors.length = errors;
    this.resync(first);
    this.set(mode, true);
    return this.value();
  }
}

/** After a block in braces a statement is finished, whatever follows. */
function endsItself(statement: Node | null, last: string | undefined): boolean {
  if (statement === null) return false;
  if (last === 'Ampersand') return true;
  let value: Node | undefined = statement;
  while (value?.kind === 'assignment') value = value.parts[1];
  return last === 'RCurly' && value?.kind === 'statement';
}
