import type { Completion } from '../../../shared/terminal.ts';

type Source = NonNullable<Completion['source']>;

/** Where matches come from, where that is not the session itself, and what they cannot know for it. */
export function originOf(source: Source): string | null {
  switch (source) {
    case 'session':
      return null;
    case 'cache':
      return 'From before: a command runs, so this session’s variables and files are not seen.';
    case 'beside':
      return 'From another shell: a command runs, so this session’s variables and folder are not seen.';
    case 'commands':
      return 'From Get-Command: this endpoint has no completion of its own.';
  }
  return source satisfies never;
}

export const askingBeside = 'A command runs here: asking in another shell. Esc gives up.';
