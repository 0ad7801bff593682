/** What PowerShell takes a character for. Positions beyond the text give the empty string, which is none of these. */

export function isNewLine(c: string): boolean {
  return c === '\n' || c === '\r';
}

/** White space but line ends. Asked of nearly every character: the common ones are answered without a table of Unicode. */
export function isBlank(c: string): boolean {
  if (c === ' ' || c === '\t') return true;
  if (c > ' ' && c < '\u0080') return false;
  return c !== '' && (/[\f\v\u0085\u00a0]/.test(c) || (c > '\u00ff' && /[\p{Zs}\u2028\u2029]/u.test(c)));
}

export const singleQuotes: ReadonlySet<string> = new Set(["'", '\u2018', '\u2019', '\u201a', '\u201b']);
export const doubleQuotes: ReadonlySet<string> = new Set(['"', '\u201c', '\u201d', '\u201e']);
export const dashes: ReadonlySet<string> = new Set(['-', '\u2013', '\u2014', '\u2015']);

const identifierStart = /[\p{L}\p{Lu}\p{Ll}\p{Lt}\p{Lm}\p{Lo}_]/u;
const identifierPart = /[\p{L}\p{Nd}_]/u;

export function isIdentifierStart(c: string): boolean {
  return (
    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c === '_' || (c > '\u007f' && identifierStart.test(c))
  );
}

export function isDigit(c: string): boolean {
  return c >= '0' && c <= '9' && c.length === 1;
}

export function isIdentifierPart(c: string): boolean {
  return isIdentifierStart(c) || isDigit(c) || (c > '\u007f' && identifierPart.test(c));
}

/** What a variable's name may begin with, and hold: letters, digits and `_`, `?` alone or inside; `:` is looked at apart. */
export function isVariablePart(c: string): boolean {
  return isIdentifierPart(c) || c === '?';
}

/** Ends a word wherever one is read. */
export function endsWord(c: string): boolean {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return false;
  return c === '' || isNewLine(c) || isBlank(c) || c === '\0' || '&(),;{|}'.includes(c);
}

/** After these a number is finished: no word goes on from it. */
export function endsNumber(c: string): boolean {
  return endsWord(c) || '!#%*+-./:<=>[]'.includes(c) || dashes.has(c);
}
