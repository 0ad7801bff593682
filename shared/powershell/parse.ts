import { TooDeep } from './parser-core.ts';
import type { Node } from './parser-core.ts';
import type { CommandInfo } from './command-parser.ts';
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

interface Reading {
  tokens: readonly Token[];
  commands: CommandInfo[];
  tree: Node;
  end: number;
}

function read(text: string, from: number, errors: SyntaxError[], depth: number, nested: boolean): Reading {
  const inner: CommandInfo[] = [];
  const parser: StatementParser = new StatementParser(text, from, text.length, errors, depth, (start) => {
    const part = read(text, start, parser.pending, parser.depth + 1, true);
    inner.push(...part.commands);
    return part;
  });
  if (!nested) {
    const tree = parser.script();
    return { tokens: parser.tokens, commands: [...parser.commands, ...inner], tree, end: text.length };
  }
  // `$( )` in a string: up to its parenthesis, and what follows is text again.
  if (parser.depth > 250) throw new TooDeep();
  const parts = parser.statements();
  parser.set('command', true);
  const close = parser.takeIf('RParen');
  if (close === null) parser.unclosed('A ) is missing.');
  const tree: Node = { kind: 'subexpression', from, to: parser.last, parts };
  return {
    tokens: parser.tokens,
    commands: [...parser.commands, ...inner],
    tree,
    end: close?.to ?? text.length,
  };
}

function parseAfresh(text: string): Parsed {
  const errors: SyntaxError[] = [];
  try {
    const { tokens, commands, tree } = read(text, 0, errors, 0, false);
    return { tokens, errors, incomplete: errors.some((error) => error.incomplete), commands, tree };
  } catch (thrown) {
    if (!(thrown instanceof TooDeep)) throw thrown;
    // The server's parser may say more.
    const message = 'This is nested too deeply to be looked at here.';
    return {
      tokens: [],
      errors: [{ from: 0, to: text.length, message, incomplete: false }],
      incomplete: false,
      commands: [],
      tree: { kind: 'block', from: 0, to: text.length, parts: [] },
    };
  }
}

/** The line being typed is asked about several times between two keys: its colours, its end, its command. */
const kept: Parsed[] = [];
const keptTexts: string[] = [];
const mostKept = 4;

export function parse(text: string): Parsed {
  const known = kept[keptTexts.indexOf(text)];
  if (known !== undefined) return known;
  const parsed = parseAfresh(text);
  kept.unshift(parsed);
  keptTexts.unshift(text);
  if (kept.length > mostKept) {
    kept.pop();
    keptTexts.pop();
  }
  return parsed;
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
