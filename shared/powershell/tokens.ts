/**
 * PowerShell's tokens, by the names the engine gives their kinds (System.Management.Automation.Language.TokenKind), so that the two can be
 * held against each other.
 *
 * This folder is shared because both sides read PowerShell: the window colours it and knows when a line is unfinished, the main process
 * decides whether a line holds a secret before it writes it to disk.
 */

/** What a token is coloured as; PSReadLine's names for its colours. */
export type TokenRole =
  | 'command'
  | 'comment'
  | 'keyword'
  | 'member'
  | 'number'
  | 'operator'
  | 'parameter'
  | 'plain'
  | 'string'
  | 'type'
  | 'variable';

export interface Token {
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  readonly role: TokenRole;
  /** Inside of an expandable string or word. */
  readonly nested?: readonly Token[];
}

/** While it is being read a token may turn out to be something else: a word a command's name, a keyword a member. */
export interface RawToken {
  kind: string;
  from: number;
  to: number;
  role: TokenRole;
  nested?: readonly Token[];
  /** The parts that make up an expandable string or word, for the parser. */
  expands?: boolean;
  /** A string without its end. */
  unfinished?: boolean;
}

function named(names: string): ReadonlyMap<string, string> {
  return new Map(names.split(' ').map((name) => [name.toLowerCase(), name]));
}

export const keywords = named(
  'ElseIf If Else Switch Foreach From In For While Until Do Try Catch Finally Trap Data Return Continue Break Exit Throw Begin ' +
    'Process End Dynamicparam Function Filter Workflow Class Enum Using Type Param Define Var Parallel Sequence Configuration Static ' +
    'Public Private Hidden Interface Base Namespace Module Assembly Command Clean Default',
);

const comparisons =
  'eq ne ge gt lt le like notlike match notmatch replace contains notcontains in notin split'.split(' ');

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Operators that begin with a dash, with the kinds the engine gives them. */
export const dashOperators: ReadonlyMap<string, string> = new Map([
  ...comparisons.flatMap((word): [string, string][] => [
    [word, `I${word}`],
    [`i${word}`, `I${word}`],
    [`c${word}`, `C${word}`],
  ]),
  ...'and or xor band bor bxor not bnot join as is shl shr'
    .split(' ')
    .map((word): [string, string] => [word, capital(word)]),
  ['isnot', 'IsNot'],
  ['f', 'Format'],
]);

/** May stand before its operand. */
export const unaryOperators: ReadonlySet<string> = new Set([
  'Not',
  'Bnot',
  'Exclaim',
  'Plus',
  'Minus',
  'PlusPlus',
  'MinusMinus',
  'Join',
  'Isplit',
  'Csplit',
  'Comma',
]);

export const binaryOperators: ReadonlySet<string> = new Set([
  ...[...dashOperators.values()].filter((kind) => kind !== 'Not' && kind !== 'Bnot'),
  'Plus',
  'Minus',
  'Multiply',
  'Divide',
  'Rem',
  'DotDot',
  'QuestionQuestion',
]);

export const assignments: ReadonlySet<string> = new Set([
  'Equals',
  'PlusEquals',
  'MinusEquals',
  'MultiplyEquals',
  'DivideEquals',
  'RemainderEquals',
  'QuestionQuestionEquals',
]);

export interface SyntaxError {
  readonly from: number;
  readonly to: number;
  readonly message: string;
  /** More input could still make it right. */
  readonly incomplete: boolean;
}
