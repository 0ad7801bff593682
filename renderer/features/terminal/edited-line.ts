import { inlinePrediction } from './editing/predicting.ts';
import { searchLines } from './editing/searching.ts';
import type { EditorState } from './editor-state.ts';
import { isCommand, isSecret, selectionOf, unsentLines } from './editor-state.ts';
import type { PaintInput } from './painter.ts';

/** What the editor gives to the painter; the rest is the terminal's. */
export type EditedLine = Omit<PaintInput, 'columns' | 'rows' | 'startColumn' | 'reserve'>;

/** The line as it is to be drawn now; nothing while nobody waits for input and nothing was typed ahead. */
export function lineOf(editor: EditorState): EditedLine | null {
  const { submitted, request } = editor;
  if (submitted !== null) {
    return {
      prompt: submitted.prompt,
      continuationPrompt: '>> ',
      text: submitted.text,
      cursor: submitted.text.length,
      selection: null,
      masked: submitted.kind === 'secret',
      command: isCommand(submitted.kind),
      before: editor.base,
      ahead: false,
    };
  }
  if (request === null) return typedAhead(editor);
  if (request.kind === 'key') {
    return {
      prompt: request.prompt,
      continuationPrompt: '>> ',
      text: '',
      cursor: 0,
      selection: null,
      masked: false,
      command: false,
      ahead: false,
    };
  }
  return {
    prompt: request.prompt,
    continuationPrompt: '>> ',
    text: editor.text,
    cursor: editor.cursor,
    selection: selectionOf(editor),
    masked: isSecret(editor),
    command: isCommand(request.kind),
    before: editor.base,
    ghost: ghostOf(editor),
    emphasis: emphasisOf(editor),
    ahead: false,
  };
}

function ghostOf(editor: EditorState): string {
  return inlinePrediction(editor)?.slice(editor.text.length) ?? '';
}

function emphasisOf(editor: EditorState): { from: number; to: number } | null {
  const { search, walk, previous, text } = editor;
  if (search !== null) {
    if (search.query === '' || searchLines(editor)[search.matches[search.index] ?? -1] === undefined)
      return null;
    const from = text.toLowerCase().indexOf(search.query.toLowerCase());
    return from < 0 ? null : { from, to: from + search.query.length };
  }
  return previous === 'search' && walk !== null && walk.prefix !== ''
    ? { from: 0, to: walk.prefix.length }
    : null;
}

/** What waits for the next prompt: the lines finished by Enter, and the one being typed. */
function typedAhead(editor: EditorState): EditedLine | null {
  const text = unsentLines(editor).join('\n');
  if (text === '') return null;
  const before = text.length - editor.text.length;
  const selection = selectionOf(editor);
  return {
    prompt: '',
    continuationPrompt: '',
    text,
    cursor: before + editor.cursor,
    selection: selection === null ? null : { from: before + selection.from, to: before + selection.to },
    masked: false,
    command: false,
    ahead: true,
  };
}
