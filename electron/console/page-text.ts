/* eslint-disable no-control-regex -- control characters are what this file is about */
/** Records and host writes as pieces of a session's page. Pure: the same record always gives the same text. */
import type { OutputKind } from '../../shared/terminal.ts';
import { consoleColours, paint, sanitize, STYLE, withCrLf } from './vt.ts';

/** A piece of the page before it has a number. */
export interface PageText {
  readonly kind: OutputKind;
  readonly vt: string;
}

const LINE_END = '\r\n';

function line(kind: OutputKind, text: string, sgr: string): PageText {
  return { kind, vt: withCrLf(paint(sanitize(text), sgr)) + LINE_END };
}

/** Host calls Write1/WriteLine2 and the coloured Write2/WriteLine3. */
export function hostWrite(
  text: string,
  newline: boolean,
  foreground?: number,
  background?: number,
): PageText {
  const body = withCrLf(paint(sanitize(text), consoleColours(foreground, background)));
  return { kind: 'output', vt: newline ? body + LINE_END : body };
}

export const errorLine = (text: string): PageText => line('error', text, STYLE.error);
export const warningLine = (text: string): PageText => line('warning', `WARNING: ${text}`, STYLE.warning);
export const verboseLine = (text: string): PageText => line('verbose', `VERBOSE: ${text}`, STYLE.verbose);
export const debugLine = (text: string): PageText => line('debug', `DEBUG: ${text}`, STYLE.debug);

/** What PSDeck itself says in the page: dim, so that it is never taken for the server's words. */
export const noticeLine = (text: string): PageText => ({
  kind: 'notice',
  vt: `\x1b[2m${withCrLf(text)}\x1b[22m${LINE_END}`,
});

/** A command line as it stands in the page: the prompt, then what was typed, its further lines after `>> `. */
export function echoLine(prompt: string, text: string): PageText {
  const lines = text.split(/\r\n|\n|\r/).map((part) => visible(part));
  return { kind: 'echo', vt: sanitize(prompt) + lines.join(`${LINE_END}>> `) + LINE_END };
}

/** Control characters that a person pasted are shown, not obeyed. */
export function visible(text: string): string {
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (c) =>
    c < ' ' ? `^${String.fromCharCode(c.charCodeAt(0) + 64)}` : '\ufffd',
  ); // eslint-disable-line no-control-regex
}
