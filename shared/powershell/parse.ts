import { TooDeep } from './parser-core.ts';
import type { Node } from './parser-core.ts';
import type { CommandInfo } from './command-parser.ts';
import { Earlier } from './reuse.ts';
import type { Lists } from './reuse.ts';
import { StatementParser } from './statements.ts';
import type { SyntaxError, Token } from './tokens.ts';

/**
 * PowerShell as its own parser reads it, as far as an editor asks: tokens with what to colour them as, syntax errors, whether more input
 * could still make it right, and the commands in it. Written after the language's documentation (about_Parsing, about_Quoting_Rules,
 * about_Operators and the grammar of the PowerShell language specification) and held against System.Management.Automation.Language.Parser.
 *
 * On purpose not looked at: what a name means (types, modules, commands), assignments to what cannot be assigned, and every other rule that
 * is checked after the syntax. It reads the newest language: `&&`, `??` and `? :` are errors only to Windows PowerShell itself.
 */

export interface Parsed {
  readonly tokens: readonly Token[];
  readonly errors: readonly SyntaxError[];
  /** PSReadLine goes on at `>> ` where any of the errors asks for more input. */
  readonly incomplete: boolean;
  readonly commands: readonly CommandInfo[];
  readonly tree: Node;
}

interface Nested {
  readonly tokens: readonly Token[];
  readonly commands: readonly CommandInfo[];
  readonly end: number;
}

function parserAt(text: string, from: number, errors: SyntaxError[], depth: number): StatementParser {
  const parser: StatementParser = new StatementParser(text, from, text.length, errors, depth, (start) => {
    const part = readNested(text, start, parser.pending, parser.depth + 1);
    parser.pendingCommands.push(...part.commands);
    return part;
  });
  return parser;
}

/** `$( )` in a string: up to its parenthesis, and what follows is text again. */
function readNested(text: string, from: number, errors: SyntaxError[], depth: number): Nested {
  const parser = parserAt(text, from, errors, depth);
  if (parser.depth > 250) throw new TooDeep();
  parser.statements();
  parser.set('command', true);
  const close = parser.takeIf('RParen');
  if (close === null) parser.unclosed('A ) is missing.');
  return {
    tokens: parser.tokens,
    commands: [...parser.commands, ...parser.innerCommands],
    end: close?.to ?? text.length,
  };
}

interface Kept {
  readonly text: string;
  readonly parsed: Parsed;
  /** Null where the reading was given up. */
  readonly lists: Lists | null;
}

function read(text: string, earlier: Earlier | null): Kept {
  const errors: SyntaxError[] = [];
  try {
    const parser = parserAt(text, 0, errors, 0);
    parser.remembers = true;
    parser.earlier = earlier;
    const tree = parser.script();
    const { tokens, commands, innerCommands: inner, records } = parser;
    const incomplete = errors.some((error) => error.incomplete);
    const parsed = { tokens, errors, incomplete, commands: [...commands, ...inner], tree };
    return { text, parsed, lists: { tokens, errors, commands, inner, records } };
  } catch (thrown) {
    if (!(thrown instanceof TooDeep)) throw thrown;
    // The server's parser may say more.
    const message = 'This is nested too deeply to be looked at here.';
    const parsed: Parsed = {
      tokens: [],
      errors: [{ from: 0, to: text.length, message, incomplete: false }],
      incomplete: false,
      commands: [],
      tree: { kind: 'block', from: 0, to: text.length, parts: [] },
    };
    return { text, parsed, lists: null };
  }
}

/** A shorter text is read anew sooner than it is compared with others. */
const leastReused = 400;

/** Compared at a time: the machine does that for pieces faster than for characters. */
const piece = 512;

function sameFromStart(one: string, other: string, most: number): number {
  let at = 0;
  while (at + piece <= most && one.slice(at, at + piece) === other.slice(at, at + piece)) at += piece;
  while (at < most && one.charCodeAt(at) === other.charCodeAt(at)) at++;
  return at;
}

function sameFromEnd(one: string, other: string, most: number): number {
  const here = one.length;
  const there = other.length;
  let count = 0;
  while (
    count + piece <= most &&
    one.slice(here - count - piece, here - count) === other.slice(there - count - piece, there - count)
  )
    count += piece;
  while (count < most && one.charCodeAt(here - 1 - count) === other.charCodeAt(there - 1 - count)) count++;
  return count;
}

/** The newest of the texts read before that has the most in common with this one, as far as that is worth it. */
function earlierOf(text: string): Earlier | null {
  if (text.length < leastReused) return null;
  let best: Earlier | null = null;
  let most = text.length / 2;
  for (const { text: other, lists } of kept) {
    const shorter = Math.min(text.length, other.length);
    if (lists === null || shorter <= most) continue;
    const from = sameFromStart(text, other, shorter);
    const behind = sameFromEnd(text, other, shorter - from);
    if (from + behind <= most) continue;
    most = from + behind;
    best = new Earlier(lists, from, other.length - behind, text.length - other.length);
    // A key changes no more than this: an older text is no nearer.
    if (text.length - most < piece) break;
  }
  return best;
}

/** The line being typed is asked about several times between two keys: its colours, its end, its command. */
const kept: Kept[] = [];
const mostKept = 4;

export function parse(text: string): Parsed {
  const known = kept.find((one) => one.text === text);
  if (known !== undefined) return known.parsed;
  const fresh = read(text, earlierOf(text));
  kept.unshift(fresh);
  if (kept.length > mostKept) kept.pop();
  return fresh.parsed;
}

/** The same, read from its beginning: what tests and benches hold the other against. */
export function parseAfresh(text: string): Parsed {
  return read(text, null).parsed;
}

/** A file that somebody pasted: beyond this nobody waits for it to be read at Enter, and the server's own parser decides. */
const mostRead = 200_000;

/** Enter would go on at `>> `. */
export function isIncomplete(text: string): boolean {
  return text.length <= mostRead && parse(text).incomplete;
}

export function firstError(text: string): SyntaxError | undefined {
  return text.length > mostRead ? undefined : parse(text).errors[0];
}

/** Tokens in order, those inside of expandable strings and words after the one they stand in. */
export function tokenize(text: string): readonly Token[] {
  return flat(parse(text).tokens);
}

function flat(tokens: readonly Token[]): readonly Token[] {
  return tokens.some((token) => (token.nested?.length ?? 0) > 0)
    ? tokens.flatMap((token) => [token, ...flat(token.nested ?? [])])
    : tokens;
}
