import { parse } from '../../../shared/powershell/parse.ts';
import type { Token, TokenRole } from '../../../shared/powershell/tokens.ts';

/** Colours for a command line as it is typed, after PSReadLine's, with what PowerShell would refuse marked. */

export type TokenKind = Exclude<TokenRole, 'plain' | 'number' | 'member'>;

export interface Coloured {
  readonly from: number;
  readonly to: number;
  readonly kind: TokenKind | 'plain';
  readonly error: boolean;
}

/** SGR parameters of each kind; the theme gives the palette its colours. */
const tokenSgr: Readonly<Record<TokenKind, string>> = {
  command: '33',
  parameter: '90',
  operator: '90',
  string: '36',
  variable: '32',
  keyword: '35',
  comment: '90',
  type: '34',
};

/** A wavy line in the theme's red below the text, which keeps its colour. */
const errorSgr = '4:3;58:5:1';

export function sgrOf({ kind, error }: Coloured): string {
  const colour = kind === 'plain' ? '' : tokenSgr[kind];
  if (!error) return colour;
  return colour === '' ? errorSgr : `${colour};${errorSgr}`;
}

/** A line longer than this is pasted data more often than a command; colouring it would cost more than it tells. */
const mostHighlighted = 20_000;

function kindOf(text: string, { role, kind, from }: Token): TokenKind | 'plain' {
  // `--verbose` is a program's parameter, as PSReadLine colours it.
  if (role === 'plain' && kind === 'Generic' && text.startsWith('--', from)) return 'parameter';
  return role === 'plain' || role === 'number' || role === 'member' ? 'plain' : role;
}

function spans(text: string, tokens: readonly Token[], into: Coloured[]): void {
  for (const token of tokens) {
    const kind = kindOf(text, token);
    const nested = token.nested ?? [];
    let at = token.from;
    for (const inner of nested) {
      if (inner.from > at) push(into, at, inner.from, kind);
      spans(text, [inner], into);
      at = Math.max(at, inner.to);
    }
    if (token.to > at) push(into, at, token.to, kind);
  }
}

function push(into: Coloured[], from: number, to: number, kind: TokenKind | 'plain'): void {
  if (kind !== 'plain') into.push({ from, to, kind, error: false });
}

/** Where the errors are; one that has no extent is shown at the character before it. */
function marks(text: string): { from: number; to: number }[] {
  return parse(text)
    .errors.filter(({ incomplete }) => !incomplete)
    .map(({ from, to }) =>
      from < to ? { from, to } : { from: Math.max(0, from - 1), to: Math.max(1, from) },
    );
}

/**
 * From left to right, never overlapping; what has no colour of its own is left out. Of a long text, what is seen of it is enough: the rest may be
 * left out, too.
 */
export function highlight(text: string, from = 0, to = text.length): readonly Coloured[] {
  if (text.length > mostHighlighted) return [];
  const { tokens } = parse(text);
  const coloured: Coloured[] = [];
  for (let at = firstBehind(tokens, from); at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined || token.from >= to) break;
    spans(text, [token], coloured);
  }
  const errors = marks(text).filter((mark) => mark.from < to && mark.to > from);
  return errors.length === 0 ? coloured : marked(coloured, errors);
}

/** The first of them that does not end before a place. */
function firstBehind(tokens: readonly Token[], place: number): number {
  let low = 0;
  let high = tokens.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tokens[middle]?.to ?? 0) <= place) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Cuts the coloured pieces at the errors and fills what lies between them where an error does. */
function marked(coloured: readonly Coloured[], errors: readonly { from: number; to: number }[]): Coloured[] {
  const edges = new Set<number>();
  for (const { from, to } of [...coloured, ...errors]) edges.add(from).add(to);
  const sorted = [...edges].toSorted((left, right) => left - right);
  const made: Coloured[] = [];
  let next = 0;
  for (const [index, from] of sorted.entries()) {
    const to = sorted[index + 1];
    if (to === undefined) break;
    while ((coloured[next]?.to ?? Number.POSITIVE_INFINITY) <= from) next++;
    const here = coloured[next];
    const kind = here !== undefined && here.from <= from ? here.kind : 'plain';
    const error = errors.some((each) => each.from <= from && to <= each.to);
    if (error || kind !== 'plain') made.push({ from, to, kind, error });
  }
  return made;
}
