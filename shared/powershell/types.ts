import type { Node } from './parser-core.ts';
import type { StatementParser } from './statements.ts';
import { keywords } from './tokens.ts';

/** Classes and enumerations. */

function body(parser: StatementParser, what: string): { from: number; to: number } | null {
  parser.set('command', true);
  parser.skipNewLines();
  const open = parser.peek();
  if (open.kind !== 'LCurly') {
    parser.missing(`The body of the ${what} in braces is missing.`);
    return null;
  }
  parser.take();
  return open;
}

function typeName(parser: StatementParser, what: string, role: 'type' | 'member'): boolean {
  parser.set('expression', false, true);
  parser.skipNewLines();
  const name = parser.peek();
  if (name.kind !== 'Identifier') {
    parser.missing(`The name of the ${what} is missing.`);
    return false;
  }
  parser.role(parser.take(), role);
  return true;
}

/** `: Base, IOther`, as far as there is one. */
function bases(parser: StatementParser): void {
  parser.set('expression', false);
  parser.skipNewLines();
  if (parser.takeIf('Colon') === null) return;
  do {
    parser.set('type', false);
    parser.skipNewLines();
    if (parser.peek().kind !== 'Identifier') {
      parser.missing('The name of a type is missing after the colon.');
      return;
    }
    parser.take();
    parser.set('expression', false);
    parser.skipNewLines();
  } while (parser.takeIf('Comma') !== null);
}

export function parseClass(parser: StatementParser): Node {
  const keyword = parser.take();
  const none = (): Node => parser.node('statement', keyword.from);
  if (!typeName(parser, 'class', 'type')) return none();
  bases(parser);
  const open = body(parser, 'class');
  if (open === null) return none();
  const parts: Node[] = [];
  for (;;) {
    parser.set('expression', true, true);
    parser.skipNewLines();
    if (['RCurly', 'EndOfInput'].includes(parser.peek().kind)) break;
    if (!member(parser, parts)) {
      // What cannot be a member is passed over up to the end of the class.
      parser.passOver();
      break;
    }
  }
  parser.set('command', true);
  if (parser.takeIf('RCurly') === null) parser.unclosed('The class has no } at its end.', open);
  return parser.node('statement', keyword.from, parts);
}

/** A property, a method or a constructor. False where nothing of the kind stands here. */
function member(parser: StatementParser, parts: Node[]): boolean {
  for (;;) {
    parser.set('expression', true, true);
    parser.skipNewLines();
    const token = parser.peek();
    if (token.kind === 'LBracket') parser.typeLiteral();
    else if (token.kind === 'Variable') {
      parser.take();
      const variable = parser.node('variable', token.from);
      parser.set('expression', false);
      if (parser.takeIf('Equals') !== null) {
        parser.set('expression', true);
        parser.skipNewLines();
        const value = parser.expression();
        if (value === null) parser.error(parser.last, parser.last, 'A value is missing after =.');
        else parts.push(parser.node('assignment', token.from, [variable, value]));
      }
      parser.set('expression', false);
      const end = parser.peek();
      if (!['NewLine', 'Semi', 'RCurly', 'EndOfInput'].includes(end.kind)) {
        parser.error(end.from, end.from, 'The property does not end here.');
      }
      parser.skipSeparators();
      return true;
    } else if (token.kind === 'Identifier') {
      parser.take();
      const word = parser.text.slice(token.from, token.to).toLowerCase();
      token.kind = keywords.get(word) ?? token.kind;
      if (word === 'static' || word === 'hidden') {
        parser.role(token, 'keyword');
        continue;
      }
      return method(parser, parts);
    } else {
      if (token.kind === 'EndOfInput') parser.missing('The member of the class is unfinished.');
      else {
        parser.error(token.from, token.to, 'A member of a class was expected here.');
        parser.take();
        return true;
      }
      return false;
    }
  }
}

function method(parser: StatementParser, parts: Node[]): boolean {
  parser.set('expression', false);
  parser.skipNewLines();
  if (parser.takeIf('LParen') === null) {
    parser.missing('A ( is missing after the name of the method.');
    return false;
  }
  const errors = parser.errors.length;
  parts.push(...parser.parameters());
  if (parser.errors.length > errors) return false;
  parser.set('expression', false);
  parser.skipNewLines();
  if (parser.takeIf('Colon') !== null) {
    parser.set('expression', false, true);
    parser.skipNewLines();
    const base = parser.peek();
    if (base.kind === 'Identifier') {
      parser.take();
      base.kind = 'Base';
      parser.role(base, 'keyword');
    }
    parser.set('expression', false);
    if (parser.takeIf('LParen') === null) parser.missing('A ( is missing after base.');
    else parts.push(...parser.invocationArguments());
  }
  parser.set('command', true);
  parser.skipNewLines();
  const open = parser.peek();
  if (open.kind !== 'LCurly') {
    parser.missing('The body of the method in braces is missing.');
    return false;
  }
  parts.push(parser.block(parser.take()));
  return true;
}

export function parseEnum(parser: StatementParser): Node {
  const keyword = parser.take();
  const none = (): Node => parser.node('statement', keyword.from);
  if (!typeName(parser, 'enum', 'member')) return none();
  bases(parser);
  const open = body(parser, 'enum');
  if (open === null) return none();
  for (;;) {
    parser.set('expression', true, true);
    parser.skipSeparators();
    const token = parser.peek();
    if (token.kind !== 'Identifier') break;
    parser.role(parser.take(), 'member');
    parser.set('expression', false);
    if (parser.takeIf('Equals') !== null) {
      parser.set('expression', true);
      parser.skipNewLines();
      if (parser.expression() === null) parser.error(parser.last, parser.last, 'A value is missing after =.');
    }
    parser.set('expression', false);
    const end = parser.peek();
    if (!['NewLine', 'Semi', 'RCurly', 'EndOfInput'].includes(end.kind)) {
      parser.error(end.from, end.from, 'The value does not end here.');
      break;
    }
  }
  parser.set('command', true);
  if (parser.takeIf('RCurly') === null) parser.unclosed('The enum has no } at its end.', open);
  return parser.node('statement', keyword.from);
}
