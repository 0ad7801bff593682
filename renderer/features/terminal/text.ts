/** Where a cursor may stand in a string, and what counts as a word. Positions are UTF-16 offsets. */

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

export function previousBoundary(text: string, at: number): number {
  if (at <= 0) return 0;
  return graphemes.segment(text).containing(Math.min(at, text.length) - 1)?.index ?? 0;
}

export function nextBoundary(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const segment = graphemes.segment(text).containing(Math.max(at, 0));
  return segment === undefined ? text.length : segment.index + segment.segment.length;
}

/** `at` itself where it lies between two characters as a person counts them, else the end of the character it is inside of. */
export function onBoundary(text: string, at: number): number {
  if (at <= 0) return 0;
  if (at >= text.length) return text.length;
  const segment = graphemes.segment(text).containing(at);
  if (segment === undefined || segment.index === at) return at;
  return segment.index + segment.segment.length;
}

/** PSReadLine's default WordDelimiters, and white space. */
const delimiters = new Set(';:,.[]{}()/\\|!?^&*-=+\'"–—―');

function isDelimiter(character: string | undefined): boolean {
  return character !== undefined && (delimiters.has(character) || /\s/.test(character));
}

/** Start of the word before `at`: PSReadLine's BackwardWord. */
export function backwardWord(text: string, at: number): number {
  let to = at;
  while (to > 0 && isDelimiter(text[to - 1])) to--;
  while (to > 0 && !isDelimiter(text[to - 1])) to--;
  return onBoundary(text, to);
}

/** Start of the next word: PSReadLine's NextWord. */
export function nextWord(text: string, at: number): number {
  let to = at;
  while (to < text.length && !isDelimiter(text[to])) to++;
  while (to < text.length && isDelimiter(text[to])) to++;
  return onBoundary(text, to);
}

/** End of the word at or after `at`: PSReadLine's ForwardWord, which KillWord deletes to. */
export function wordEnd(text: string, at: number): number {
  let to = at;
  while (to < text.length && isDelimiter(text[to])) to++;
  while (to < text.length && !isDelimiter(text[to])) to++;
  return onBoundary(text, to);
}

export function lineStart(text: string, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
}

export function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

/** What may be inserted: line ends become LF, and no other control character than a tab gets in. */
export function cleanInput(text: string): string {
  return text
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[\u2028\u2029]/g, '\n')
    .replaceAll(/[^\P{Cc}\n\t]/gu, '');
}

/** Windows Terminal asks before it pastes more than 5 KiB; people know that limit. */
const largePaste = 5 * 1024;

/** Several lines, or a great deal of text: to be shown before it reaches a server. */
export function isLargePaste(text: string): boolean {
  return text.length > largePaste || /[\r\n]/.test(text);
}
