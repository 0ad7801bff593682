/** Cuts long text where a cut does not show. */

/**
 * As much as is drawn at a time: a terminal parses it in a few milliseconds and nothing else in the process waits longer for it.
 */
const PIECE_CHARS = 64 * 1024;

/** Pieces of at most about `size` characters, cut behind line ends where there are any, never inside a surrogate pair. */
export function* piecesOf(text: string, size = PIECE_CHARS): Generator<string, void, void> {
  let from = 0;
  while (text.length - from > size) {
    const lineEnd = text.lastIndexOf('\n', from + size - 1);
    let to = lineEnd > from ? lineEnd + 1 : from + size;
    if (lineEnd <= from) to = harmlessCut(text, from, to);
    yield text.slice(from, to);
    from = to;
  }
  if (from < text.length || text === '') yield text.slice(from);
}

/** Within a line: not inside a pair, and not inside an escape sequence that began shortly before. */
function harmlessCut(text: string, from: number, at: number): number {
  const escape = text.lastIndexOf('\x1b', at - 1);
  // No colour sequence is longer than this.
  if (escape > from && at - escape < 64) return escape;
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff && at - 1 > from ? at - 1 : at;
}
