import type { CommandInfo } from './command-parser.ts';
import type { Node } from './parser-core.ts';
import type { RawToken, SyntaxError, Token } from './tokens.ts';

/**
 * Reading again what has changed, and nothing else. Each statement, at whatever depth, is remembered with all that its reading depended on:
 * the text from its first character to the last one looked at, and what stood before it as far as that was asked for. Where the next text is the
 * same there, the statement is taken over as it was. So what comes of a text never depends on what was read before.
 */

/** The innermost script block that something stands in. */
export interface Place {
  readonly from: number;
  to: number;
}

/** Of what stands in no block. */
export const outside: Place = { from: 0, to: Number.POSITIVE_INFINITY };

/** What a statement's reading depends on besides the text from its first character on. */
export interface Before {
  readonly depth: number;
  readonly inArguments: boolean;
  /** From the end of the last token taken to the statement. */
  readonly gap: number;
  /** The same from the last token that is neither a comment nor a line end. */
  readonly behind: number;
  readonly newLineSince: boolean;
  /** The last error is the one that silences others. */
  readonly brokenOff: boolean;
}

/** How much there is of each list. */
export interface Marks {
  readonly tokens: number;
  readonly errors: number;
  readonly commands: number;
  readonly inner: number;
  readonly records: number;
}

export interface StatementRecord {
  readonly from: number;
  readonly before: Before;
  readonly place: Place;
  readonly node: Node | null;
  /** Its own part of the lists, its record being the last. */
  readonly start: Marks;
  readonly end: Marks;
  /** Where the reading goes on. */
  readonly position: number;
  readonly last: number;
  readonly newLineSince: boolean;
  /** The end of what was looked at: its own text, and what showed that it was over. */
  readonly furthest: number;
}

/** What comes of reading a text. */
export interface Lists {
  readonly tokens: RawToken[];
  readonly errors: SyntaxError[];
  readonly commands: CommandInfo[];
  /** Inside of strings and words. */
  readonly inner: CommandInfo[];
  readonly records: StatementRecord[];
}

export function marksOf({ tokens, errors, commands, inner, records }: Lists): Marks {
  return {
    tokens: tokens.length,
    errors: errors.length,
    commands: commands.length,
    inner: inner.length,
    records: records.length,
  };
}

/** No token is decided by more characters behind its end: of `1e+x` the three behind the digit are looked at. */
const lookedAhead = 8;

function alike(left: Before, right: Before): boolean {
  return (
    left.depth === right.depth &&
    left.gap === right.gap &&
    left.behind === right.behind &&
    left.inArguments === right.inArguments &&
    left.newLineSince === right.newLineSince &&
    left.brokenOff === right.brokenOff
  );
}

/** A text that was read, and the one place where the next text is another. */
export class Earlier {
  readonly #lists: Lists;
  readonly #valid = new Map<number, StatementRecord>();
  readonly #from: number;
  readonly #to: number;
  readonly #shift: number;

  /** From `from` to `to` the earlier text has become something else, `shift` characters longer. */
  constructor(lists: Lists, from: number, to: number, shift: number) {
    this.#lists = lists;
    this.#from = from;
    this.#to = to;
    this.#shift = shift;
    for (const record of lists.records) {
      if (record.furthest + lookedAhead <= from || record.from >= to) this.#valid.set(record.from, record);
    }
  }

  /** The statement that was read where one begins now. */
  find(from: number, before: Before): StatementRecord | null {
    const moved = from >= this.#from;
    const record = this.#valid.get(moved ? from - this.#shift : from);
    if (record === undefined || (moved && record.from < this.#to)) return null;
    return alike(record.before, before) ? record : null;
  }

  /** Puts what is the statement's own behind what there is. How far it has moved. */
  takeOver(record: StatementRecord, from: number, place: Place, into: Lists): number {
    const shift = from - record.from;
    const { start, end } = record;
    const { tokens, errors, commands, inner, records } = this.#lists;
    const marks = marksOf(into);
    if (shift === 0 && place === record.place && same(start, marks)) {
      // Before the change nothing is any different.
      append(tokens, start.tokens, end.tokens, into.tokens);
      append(errors, start.errors, end.errors, into.errors);
      append(commands, start.commands, end.commands, into.commands);
      append(inner, start.inner, end.inner, into.inner);
      append(records, start.records, end.records, into.records);
      return 0;
    }
    const move = new Move(shift, record.place, place);
    copy(tokens, start.tokens, end.tokens, into.tokens, (one) => move.token(one));
    copy(errors, start.errors, end.errors, into.errors, (one) => move.error(one));
    copy(commands, start.commands, end.commands, into.commands, (one) => move.command(one));
    copy(inner, start.inner, end.inner, into.inner, (one) => move.innerCommand(one));
    copy(records, start.records, end.records, into.records, (one) => move.record(one, start, marks));
    return shift;
  }
}

function same(left: Marks, right: Marks): boolean {
  return (
    left.tokens === right.tokens &&
    left.errors === right.errors &&
    left.commands === right.commands &&
    left.inner === right.inner &&
    left.records === right.records
  );
}

function append<T>(from: readonly T[], start: number, end: number, into: T[]): void {
  for (let at = start; at < end; at++) {
    const one = from[at];
    if (one !== undefined) into.push(one);
  }
}

function copy<T>(from: readonly T[], start: number, end: number, into: T[], each: (one: T) => T): void {
  for (let at = start; at < end; at++) {
    const one = from[at];
    if (one !== undefined) into.push(each(one));
  }
}

/** Everything of a statement as it is where the statement stands now. */
class Move {
  readonly #shift: number;
  /** Blocks as they were and as they are: the one the statement stands in is being read, the others are its own. */
  readonly #places = new Map<Place, Place>();

  constructor(shift: number, from: Place, to: Place) {
    this.#shift = shift;
    this.#places.set(from, to);
  }

  token(token: RawToken): RawToken {
    if (this.#shift === 0) return token;
    const { nested } = token;
    const moved = { ...token, from: token.from + this.#shift, to: token.to + this.#shift };
    return nested === undefined ? moved : { ...moved, nested: nested.map((inner) => this.#nested(inner)) };
  }

  #nested(token: Token): Token {
    const moved = { ...token, from: token.from + this.#shift, to: token.to + this.#shift };
    return token.nested === undefined
      ? moved
      : { ...moved, nested: token.nested.map((inner) => this.#nested(inner)) };
  }

  error(error: SyntaxError): SyntaxError {
    return this.#shift === 0 ? error : { ...error, ...this.#range(error) };
  }

  command(command: CommandInfo): CommandInfo {
    return this.#command(command, this.#place(command.block));
  }

  /** To a command inside of a string the blocks around the string are nothing. */
  innerCommand(command: CommandInfo): CommandInfo {
    return this.#command(command, command.block === outside ? outside : this.#place(command.block));
  }

  #command(command: CommandInfo, block: Place): CommandInfo {
    if (this.#shift === 0) return block === command.block ? command : { ...command, block };
    return {
      ...command,
      ...this.#range(command),
      nameFrom: command.nameFrom + this.#shift,
      nameTo: command.nameTo + this.#shift,
      parameters: command.parameters.map((one) => ({ ...one, ...this.#range(one) })),
      arguments: command.arguments.map((one) => this.#range(one)),
      block,
    };
  }

  record(record: StatementRecord, from: Marks, to: Marks): StatementRecord {
    const place = this.#place(record.place);
    const shift = this.#shift;
    return {
      ...record,
      from: record.from + shift,
      place,
      node: record.node === null ? null : movedNode(record.node, shift),
      start: counted(record.start, from, to),
      end: counted(record.end, from, to),
      position: record.position + shift,
      last: record.last + shift,
      furthest: record.furthest + shift,
    };
  }

  #range({ from, to }: { readonly from: number; readonly to: number }): { from: number; to: number } {
    return { from: from + this.#shift, to: to + this.#shift };
  }

  #place(place: Place): Place {
    const known = this.#places.get(place);
    if (known !== undefined) return known;
    const moved = this.#shift === 0 ? place : this.#range(place);
    this.#places.set(place, moved);
    return moved;
  }
}

function counted(marks: Marks, from: Marks, to: Marks): Marks {
  return {
    tokens: marks.tokens - from.tokens + to.tokens,
    errors: marks.errors - from.errors + to.errors,
    commands: marks.commands - from.commands + to.commands,
    inner: marks.inner - from.inner + to.inner,
    records: marks.records - from.records + to.records,
  };
}

/** Nobody who types asks for the tree: a part of it is moved when it is looked at, however often it has moved by then. */
class MovedNode implements Node {
  readonly kind: Node['kind'];
  readonly from: number;
  readonly to: number;
  readonly #of: Node;
  readonly #shift: number;
  #parts: readonly Node[] | null = null;

  constructor(of: Node, shift: number) {
    this.kind = of.kind;
    this.from = of.from + shift;
    this.to = of.to + shift;
    const moved = of instanceof MovedNode ? of : null;
    this.#of = moved === null ? of : moved.#of;
    this.#shift = shift + (moved === null ? 0 : moved.#shift);
  }

  get parts(): readonly Node[] {
    this.#parts ??= this.#of.parts.map((part) => movedNode(part, this.#shift));
    return this.#parts;
  }
}

export function movedNode(node: Node, shift: number): Node {
  return shift === 0 ? node : new MovedNode(node, shift);
}
