/** Where a cursor may stand in a string, and what counts as a word. Positions are UTF-16 offsets, characters what a person counts as one. */

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * Between two units below U+0300 there is always a boundary (line ends are LF here), so that nothing has to be segmented: what joins to its
 * neighbour by [UAX #29] 3.1.1 begins with the combining marks.
 */
const firstJoining = 0x300;

function isPlain(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  // Outside of the text nothing joins: the unit is not a number there.
  return !(unit >= firstJoining);
}

/** The line a position is in: a line end never joins with anything, so that no more than this has to be segmented. */
function around(text: string, at: number): { line: string; start: number } {
  const start = at <= 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
  const end = text.indexOf('\n', at);
  return { line: text.slice(start, end < 0 ? text.length : end), start };
}

export function previousBoundary(text: string, at: number): number {
  if (at <= 0) return 0;
  if (isPlain(text, at - 1) && isPlain(text, at - 2)) return at - 1;
  if (text[at - 1] === '\n') return at - 1;
  const { line, start } = around(text, at - 1);
  return start + (graphemes.segment(line).containing(at - 1 - start)?.index ?? 0);
}

export function nextBoundary(text: string, at: number): number {
  if (at >= text.length) return text.length;
  if (isPlain(text, at) && isPlain(text, at + 1)) return at + 1;
  if (text[at] === '\n') return at + 1;
  const { line, start } = around(text, at);
  const segment = graphemes.segment(line).containing(at - start);
  return segment === undefined ? at + 1 : start + segment.index + segment.segment.length;
}

/** `at` itself where it lies between two characters, else the end of the character it is inside of. */
export function onBoundary(text: string, at: number): number {
  if (at <= 0) return 0;
  if (at >= text.length) return text.length;
  if (isPlain(text, at) && isPlain(text, at - 1)) return at;
  if (text[at] === '\n') return at;
  const { line, start } = around(text, at);
  const segment = graphemes.segment(line).containing(at - start);
  if (segment === undefined || start + segment.index === at) return at;
  return start + segment.index + segment.segment.length;
}

/** So many characters on, or back where negative. */
export function byCharacters(text: string, at: number, count: number): number {
  let to = at;
  for (let left = Math.abs(count); left > 0; left--) {
    const next = count < 0 ? previousBoundary(text, to) : nextBoundary(text, to);
    if (next === to) break;
    to = next;
  }
  return to;
}

/** PSReadLine's default WordDelimiters; white space delimits as well. */
export const wordDelimiters = ';:,.[]{}()/\\|!?^&*-=+\'"–—―';

function inWord(text: string, at: number, delimiters: string): boolean {
  const unit = text.charAt(at);
  return !/\s/.test(unit) && !delimiters.includes(unit);
}

/** Start of the word before `at`: PSReadLine's BackwardWord. */
export function backwardWord(text: string, at: number, delimiters = wordDelimiters): number {
  let to = at;
  for (const wanted of [false, true]) {
    while (to > 0) {
      const before = previousBoundary(text, to);
      if (inWord(text, before, delimiters) !== wanted) break;
      to = before;
    }
  }
  return to;
}

/** Start of the next word: PSReadLine's NextWord. */
export function nextWord(text: string, at: number): number {
  return throughWords(text, at, [true, false]);
}

/** End of the word at or after `at`: PSReadLine's ForwardWord, which KillWord deletes to. */
export function wordEnd(text: string, at: number): number {
  return throughWords(text, at, [false, true]);
}

function throughWords(text: string, at: number, order: readonly boolean[]): number {
  let to = at;
  for (const wanted of order) {
    while (to < text.length && inWord(text, to, wordDelimiters) === wanted) to = nextBoundary(text, to);
  }
  return to;
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

/**
 * Characters that take no room and change how what stands around them reads: marks of direction, spaces without width, hyphens that are
 * not there ([UAX #9], [UTS #39] 3). A command from a web page may hold them without anybody seeing it. Joiners are not among them: emoji and
 * several scripts are written with them.
 */
const hidden =
  /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u3164\uffa0]/gu;
const firstHidden = 0xad;
const shownHidden = '\ufffd';

export function isHidden(character: string): boolean {
  // Asked of every character that is drawn: most are plain.
  return character.charCodeAt(0) >= firstHidden && character.search(hidden) === 0;
}

/** The same text with a sign for each character that would not be seen. */
export function showHidden(text: string): string {
  return text.replaceAll(hidden, shownHidden);
}

/** Windows Terminal asks before it pastes more than 5 KiB; people know that limit. */
const largePaste = 5 * 1024;

/** Several lines, a great deal of text, or some that is not seen: to be shown before it reaches a server. */
export function isRiskyPaste(text: string): boolean {
  return text.length > largePaste || /[\r\n]/.test(text) || showHidden(text) !== text;
}
