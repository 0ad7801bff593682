/**
 * Colours for a command line as it is typed, after PSReadLine's. A scanner and not a parser: it never fails, and what it does not know
 * stays plain. The colour says what a word looks like, never whether it is right.
 */

export type TokenKind = 'command' | 'parameter' | 'operator' | 'string' | 'variable' | 'keyword' | 'comment';

export interface Token {
  readonly from: number;
  readonly to: number;
  readonly kind: TokenKind;
}

/** SGR parameters of each kind; the theme gives the palette its colours. */
export const tokenSgr: Readonly<Record<TokenKind, string>> = {
  command: '33',
  parameter: '90',
  operator: '90',
  string: '36',
  variable: '32',
  keyword: '35',
  comment: '90',
};

const keywords = new Set(
  'begin break catch class continue data do dynamicparam else elseif end enum exit filter finally for foreach function if in param process return switch throw trap try until using while'.split(
    ' ',
  ),
);

/** A line longer than this is pasted data more often than a command; colouring it would cost more than it tells. */
const mostHighlighted = 20_000;

const rules: readonly { kind: TokenKind | 'word' | 'open' | 'close' | 'space' | 'number'; match: RegExp }[] =
  [
    { kind: 'space', match: /[^\S\n]+/y },
    { kind: 'open', match: /[\n;|({&]+|\$\(|@\(|@\{/y },
    { kind: 'comment', match: /<#[\s\S]*?(?:#>|$)|#[^\n]*/y },
    { kind: 'string', match: /@'\n[\s\S]*?(?:\n'@|$)|@"\n[\s\S]*?(?:\n"@|$)/y },
    { kind: 'string', match: /'(?:[^']|'')*(?:'|$)|"(?:[^"`]|""|`[\s\S])*(?:"|$)/y },
    { kind: 'variable', match: /[$@](?:\{[^}\n]*(?:\}|$)|[\p{L}\p{N}_:]+|[$?^_])/uy },
    {
      kind: 'operator',
      match:
        /-(?:[ci]?(?:eq|ne|gt|ge|lt|le|like|notlike|match|notmatch|contains|notcontains|in|notin|replace|split)|and|or|xor|not|band|bor|bxor|bnot|shl|shr|join|is|isnot|as|f)(?![\p{L}\p{N}-])/iuy,
    },
    { kind: 'parameter', match: /--?[\p{L}_?][\p{L}\p{N}_-]*:?/uy },
    { kind: 'number', match: /\d[\d.]*(?:[kmgtp]b)?(?![\p{L}\p{N}\\])/iuy },
    { kind: 'close', match: /[)}]/y },
    { kind: 'operator', match: /[=+*!,[\]<>]+/y },
    { kind: 'word', match: /[^\s;|(){}&'",=[\]<>]+/y },
  ];

const assigned = /[^\S\n]*=(?!=)/y;

export function highlight(text: string): readonly Token[] {
  if (text.length > mostHighlighted) return [];
  const tokens: Token[] = [];
  let at = 0;
  let commandNext = true;
  while (at < text.length) {
    const start = at;
    for (const { kind, match } of rules) {
      match.lastIndex = at;
      const found = match.exec(text)?.[0];
      if (found === undefined || found === '') continue;
      at += found.length;
      if (kind === 'space') break;
      if (kind === 'open') {
        commandNext = true;
        break;
      }
      if (kind === 'word') {
        if (commandNext && keywords.has(found.toLowerCase())) {
          tokens.push({ from: start, to: at, kind: 'keyword' });
          break;
        }
        // `@{ Name = … }`: what is set is no command.
        assigned.lastIndex = at;
        if (commandNext && !assigned.test(text)) tokens.push({ from: start, to: at, kind: 'command' });
      } else if (kind !== 'close' && kind !== 'number') {
        tokens.push({ from: start, to: at, kind });
        // `$x = Get-Item`: a command may follow an assignment.
        if (kind === 'operator' && found === '=') {
          commandNext = true;
          break;
        }
      }
      commandNext = false;
      break;
    }
    if (at === start) at++;
  }
  return tokens;
}
