/** VT text: what may reach a terminal, and how PowerShell's colours are spelt in it. Pure. */

/** System.ConsoleColor, 0–15, as SGR foreground codes: PowerShell's dark colours are the terminal's normal ones. */
const FOREGROUND = [30, 34, 32, 36, 31, 35, 33, 37, 90, 94, 92, 96, 91, 95, 93, 97] as const;

export const RESET = '\x1b[0m';

/** `$PSStyle.Formatting` defaults of PowerShell 7. */
export const STYLE = {
  error: '\x1b[31;1m',
  warning: '\x1b[33;1m',
  verbose: '\x1b[33;1m',
  debug: '\x1b[33;1m',
} as const;

/** SGR for a ConsoleColor pair; colours out of range are left to the terminal's own. */
export function consoleColours(foreground: number | undefined, background: number | undefined): string {
  const codes: number[] = [];
  const fg = foreground === undefined ? undefined : FOREGROUND[foreground];
  const bg = background === undefined ? undefined : FOREGROUND[background];
  if (fg !== undefined) codes.push(fg);
  if (bg !== undefined) codes.push(bg + 10);
  return codes.length === 0 ? '' : `\x1b[${codes.join(';')}m`;
}

/** Text in colours; the reset stands before each line end, so that a background never runs on into the next line. */
export function paint(text: string, sgr: string): string {
  if (sgr === '' || text === '') return text;
  return text
    .split(/(\r\n|\n|\r)/)
    .map((part, index) => (index % 2 === 1 || part === '' ? part : `${sgr}${part}${RESET}`))
    .join('');
}

/** Line feeds alone move down without going back in a terminal: every line end becomes CR LF. */
export function withCrLf(text: string): string {
  return text.includes('\n') ? text.replace(/\r?\n/g, '\r\n') : text;
}

/*
 * What a remote program must not do to the person's terminal: make it answer (its reply would be typed into the line editor), switch it to the
 * alternate screen or to mouse reports (there is no console program on the other side that would switch it back), set the clipboard, or
 * leave a sequence open, which the next write would complete. Everything else (colours, hyperlinks, titles) passes.
 *
 * One pattern and one pass, so that every ESC and every C1 control belongs to exactly one match: what is taken out cannot leave two halves that
 * make a sequence of their own. A string sequence ends where a terminal gives it up as well: at CAN, SUB, ESC and every C1 control.
 */
const STRING_BODY = String.raw`[^\x07\x18\x1a\x1b\x80-\x9f]*`;
const STRING_END = String.raw`(\x07|\x1b\\|\x9c)?`;
const SEQUENCE = new RegExp(
  [
    String.raw`(?:\x1b\]|\x9d)(${STRING_BODY})${STRING_END}`, // OSC
    String.raw`(?:\x1b[P_^X]|[\x90\x98\x9e\x9f])${STRING_BODY}${STRING_END}`, // DCS, APC, PM, SOS
    String.raw`(?:\x1b\[|\x9b)([0-?]*)([ -/]*)([@-~]?)`, // CSI
    String.raw`\x1b[ -/]*[0-~]?`, // reset, identify, charsets, keypad, saved cursor; and what is cut short
    String.raw`[\x80-\x9f\x05]`, // C1 controls; ENQ asks for an answerback
  ].join('|'),
  'g',
);
/** OSC numbers that only show something: titles 0–2, hyperlinks 8, iTerm/ConEmu progress 9;4, shell marks 133. */
const OSC_SHOWN = /^(?:0|1|2|8|133|9;4);/;

export function sanitize(text: string): string {
  // eslint-disable-next-line no-control-regex
  if (!/[\x1b\x80-\x9f\x05]/.test(text)) return text;
  return text.replace(
    SEQUENCE,
    (
      whole,
      osc: string | undefined,
      oscEnd: string | undefined,
      _stringEnd: string | undefined,
      parameters: string | undefined,
      intermediates: string | undefined,
      final: string | undefined,
    ) => {
      if (osc !== undefined) return oscEnd !== undefined && OSC_SHOWN.test(osc) ? whole : '';
      if (final !== undefined) {
        return csiIsHarmless(parameters ?? '', intermediates ?? '', final) ? whole : '';
      }
      return '';
    },
  );
}

function csiIsHarmless(parameters: string, intermediates: string, final: string): boolean {
  if (intermediates !== '') return false;
  switch (final) {
    case 'm':
      return !/^[>?]/.test(parameters);
    case 'A':
    case 'B':
    case 'C':
    case 'D':
    case 'E':
    case 'F':
    case 'G':
    case 'J':
    case 'K':
    case 'P':
    case '@':
    case 'X':
      return !/^[<=>?]/.test(parameters);
    default:
      return false; // reports (n, c, x, t, p), modes (h, l), scroll regions (r), absolute moves (H, f, d): the page is not a screen
  }
}

/** The last title that the text sets, if any (OSC 0 or 2). */
export function titleOf(text: string): string | undefined {
  if (!text.includes('\x1b]') && !text.includes('\x9d')) return undefined;
  let title: string | undefined;
  for (const match of text.matchAll(SEQUENCE)) {
    const [, body, end] = match;
    if (body !== undefined && end !== undefined && /^[02];/.test(body)) title = body.slice(2);
  }
  return title;
}

/** Text without any escape sequence: for logs of what a person sees, for tests, for the plain view. */
export function plainText(vt: string): string {
  return vt.replace(SEQUENCE, '');
}
