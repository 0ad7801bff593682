import { highlight, sgrOf } from './highlight.ts';

/** A pasted script of more lines is drawn plain: finding its lines again would take longer than anybody looks at the colours. */
const mostLines = 500;

/**
 * Main's echo of a command is plain text: prompt, command, CR LF, further lines behind `>> `. Here it gets the look the line had while it
 * was typed. What is not recognised is drawn as it came.
 */
export function dressEcho(vt: string, command: string | null): string {
  if (command === null || vt.includes('\u001b') || !vt.endsWith('\r\n')) return vt;
  const drawn = vt.slice(0, -2).split('\r\n');
  const lines = command.replaceAll('\r\n', '\n').split('\n');
  if (lines.length > mostLines) return vt;
  // A prompt may have lines of its own above; a command that went out in parts has an echo for each part.
  for (let offset = 0; offset < drawn.length; offset++) {
    const tail = drawn.slice(offset);
    for (let from = 0; from + tail.length <= lines.length; from++) {
      const shown = lines.slice(from, from + tail.length);
      if (!shown.every((line, index) => tail[index]?.endsWith(line) === true)) continue;
      const coloured = colour(shown.join('\n')).split('\n');
      const dressed = tail.map((line, index) => {
        const typed = shown[index] ?? '';
        return strong(line.slice(0, line.length - typed.length)) + (coloured[index] ?? typed);
      });
      return `${[...drawn.slice(0, offset).map(strong), ...dressed].join('\r\n')}\r\n`;
    }
  }
  return vt;
}

function strong(text: string): string {
  return text === '' ? '' : `\u001b[1m${text}\u001b[0m`;
}

function colour(text: string): string {
  let vt = '';
  let at = 0;
  for (const token of highlight(text)) {
    vt += text.slice(at, token.from);
    // What was run is the server's to judge: its errors stand below.
    const sgr = sgrOf({ ...token, error: false });
    // A token over several lines is coloured line by line, so that the continuation prompts between stay plain.
    vt += text
      .slice(token.from, token.to)
      .split('\n')
      .map((part) => (part === '' || sgr === '' ? part : `\u001b[${sgr}m${part}\u001b[0m`))
      .join('\n');
    at = token.to;
  }
  return vt + text.slice(at);
}
