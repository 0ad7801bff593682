import { right, up } from './painter.ts';
import type { Painted, Row } from './painter.ts';

/**
 * From one drawing of the line to the next by what differs between them: of a command of many lines a key changes one, and drawing all of them again
 * costs the browser more than everything else a key does. Null where the two do not stand row on row; then the one is taken away
 * and the other drawn.
 */
export function repaint(before: Painted, after: Painted): string | null {
  if (
    before.rows !== after.rows ||
    before.reserve !== after.reserve ||
    before.firstRow !== after.firstRow ||
    before.startColumn !== after.startColumn ||
    before.content.length !== after.content.length
  )
    return null;
  let vt = '';
  let at = before.cursorRow;
  for (const [index, row] of after.content.entries()) {
    const old = before.content[index];
    if (old !== undefined && same(old, row)) continue;
    if (old === undefined || !replaceable(old) || !replaceable(row)) return null;
    const target = after.firstRow + index;
    vt += `${to(at, target)}\r${index === 0 ? right(after.startColumn) : ''}`;
    // What is left of the longer row goes last: deleted from its beginning, it would no longer go on from the row above.
    vt += `\u001b[0${row.style === '' ? '' : `;${row.style ?? ''}`}m${row.vt}\u001b[0m\u001b[K`;
    at = target;
  }
  return `${vt}${to(at, after.cursorRow)}\r${right(after.cursorColumn)}`;
}

function same(one: Row, other: Row): boolean {
  return one.vt === other.vt && one.hard === other.hard && one.style === other.style;
}

/** A row that ends at the edge is tied to the next one. */
function replaceable({ hard, style }: Row): boolean {
  return hard && style !== null;
}

function to(from: number, row: number): string {
  return row < from ? up(from - row) : row > from ? `\u001b[${String(row - from)}B` : '';
}
