import { isDigit } from './characters.ts';

/**
 * Numbers as PowerShell reads them: decimal, hexadecimal and binary, real with an exponent, type suffixes (`y uy s us l ul n u d`) and
 * multipliers (`kb` to `pb`). about_Numeric_Literals.
 */

const suffixes = /^(?:u[lys]?|[lydns])?(?:[kmgtp]b)?/i;

/** Where the number at `from` ends; `from` itself where there is none. A sign is read by who knows whether one may stand there. */
export function numberEnd(text: string, from: number): number {
  const prefix = text.slice(from, from + 2).toLowerCase();
  if (prefix === '0x' || prefix === '0b') {
    const digits = (prefix === '0x' ? /^[0-9a-f]+/i : /^[01]+/).exec(
      text.slice(from + 2, from + 2 + mostDigits),
    );
    // `0x` alone is a number to the engine's reader, `0b` is none.
    if (digits === null) return prefix === '0x' ? from + 2 : from;
    return withSuffix(text, from + 2 + digits[0].length);
  }
  let at = digitsEnd(text, from);
  if (text[at] === '.' && text[at + 1] !== '.') {
    const after = digitsEnd(text, at + 1);
    if (after === at + 1 && at === from) return from;
    at = after;
  }
  if (at === from) return from;
  const exponent = /^e[+-]?\d+/i.exec(text.slice(at, at + mostDigits));
  if (exponent !== null) at += exponent[0].length;
  return withSuffix(text, at);
}

/** No number has more: what follows is looked at as a word. */
const mostDigits = 10_000;

function digitsEnd(text: string, from: number): number {
  let at = from;
  while (isDigit(text.charAt(at))) at++;
  return at;
}

function withSuffix(text: string, at: number): number {
  return at + (suffixes.exec(text.slice(at, at + 5))?.[0].length ?? 0);
}
