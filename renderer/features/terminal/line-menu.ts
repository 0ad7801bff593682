import { listedPredictions } from './editing/predicting.ts';
import { searchLines, searchRows } from './editing/searching.ts';
import type { EditorState } from './editor-state.ts';
import { completionRows } from './line-completion.ts';
import type { LineMenu } from './terminal-state.ts';

/** What is listed below the line, and how much room it takes there: it opens in the flow and never covers output. */

const rowHeight = 24;
/** The frame, and the space above it. */
const frame = 16;
/** The heading of a search or a list of predictions, and the keys below it. */
const heading = 28;

/** As many lines of a search as are put on the page around the chosen one. */
const mostListed = 50;

export function menuOf(editor: EditorState, top: number): LineMenu | null {
  const { completing, search, predicting } = editor;
  if (completing?.kind === 'showing' && completing.menu) return { kind: 'completions', completing, top };
  if (search !== null) {
    const first = Math.max(0, Math.min(search.index - mostListed / 2, search.matches.length - mostListed));
    const lines = searchLines(editor);
    return {
      kind: 'search',
      query: search.query,
      lines: search.matches.slice(first, first + mostListed).map((place) => lines[place] ?? ''),
      first,
      index: search.index,
      found: search.matches.length,
      everywhere: search.everywhere,
      top,
    };
  }
  const predicted = listedPredictions(editor);
  if (predicted.length > 0 && editor.request !== null && editor.submitted === null) {
    const query = predicting.typed?.text ?? editor.text;
    return { kind: 'predictions', query, lines: predicted, index: predicting.index, top };
  }
  return null;
}

/** Pixels kept free below the line. */
export function menuHeight(editor: EditorState): number {
  const menu = menuOf(editor, 0);
  if (menu?.kind === 'completions') return completionRows * rowHeight + frame;
  if (menu?.kind === 'search')
    return Math.min(searchRows, Math.max(1, menu.found)) * rowHeight + 2 * heading + frame;
  if (menu?.kind === 'predictions') return menu.lines.length * rowHeight + heading + frame;
  return noteOf(editor) === null ? 0 : rowHeight + frame;
}

export function noteOf(editor: EditorState): string | null {
  if (editor.count !== null) return `Count: ${editor.count === '-' ? '-1' : editor.count}`;
  if (editor.awaited !== null) {
    return `Type the character to look for ${editor.awaited.forward ? 'to the right' : 'to the left'}`;
  }
  return editor.note;
}
