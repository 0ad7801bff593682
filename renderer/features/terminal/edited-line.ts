import type { EditorState } from './editor-state.ts';
import { isCommand, isSecret, selectionOf } from './editor-state.ts';
import type { PaintInput } from './painter.ts';

/** What the editor gives to the painter; the rest is the terminal's. */
export type EditedLine = Omit<PaintInput, 'columns' | 'rows' | 'startColumn' | 'reserve'>;

/** The line as it is to be drawn now; nothing while nobody waits for input. */
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
    };
  }
  if (request === null) return null;
  return {
    prompt: request.prompt,
    continuationPrompt: '>> ',
    text: request.kind === 'key' ? '' : editor.text,
    cursor: request.kind === 'key' ? 0 : editor.cursor,
    selection: request.kind === 'key' ? null : selectionOf(editor),
    masked: isSecret(editor),
    command: isCommand(request.kind),
  };
}
