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
      ahead: false,
    };
  }
  if (request === null) return typedAhead(editor);
  return {
    prompt: request.prompt,
    continuationPrompt: '>> ',
    text: request.kind === 'key' ? '' : editor.text,
    cursor: request.kind === 'key' ? 0 : editor.cursor,
    selection: request.kind === 'key' ? null : selectionOf(editor),
    masked: isSecret(editor),
    command: isCommand(request.kind),
    ahead: false,
  };
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
