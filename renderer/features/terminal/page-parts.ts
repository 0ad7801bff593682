import type { OutputItem } from '../../../shared/terminal.ts';
import { dressEcho } from './echo.ts';

/** One write to the terminal. A part with a command id is the beginning of that command's echo, beside which its mark goes. */
export interface PagePart {
  commandId: number;
  vt: string;
}

/** Stands first on a page whose beginning main has dropped. */
export const earlierIsGone: OutputItem = {
  seq: 0,
  commandId: 0,
  kind: 'notice',
  vt: '\u001b[2mEarlier output is no longer kept.\u001b[22m\r\n',
};

/** Neighbouring pieces are joined up to this: beyond it a write of its own costs xterm nothing more. */
const longPart = 65_536;
// oxlint-disable-next-line no-control-regex -- escape sequences begin with a control character
const intense = /\u001b\[(3[0-7]);1m/g;

/** `commandOf` knows the text of a command by its id; `marked` those that have a mark already. */
export function pageParts(
  items: readonly OutputItem[],
  commandOf: (commandId: number) => string | null,
  marked: (commandId: number) => boolean,
): PagePart[] {
  const parts: PagePart[] = [];
  const placed = new Set<number>();
  for (const item of items) {
    const last = parts.at(-1);
    if (item.kind === 'echo') {
      const first = item.commandId > 0 && !placed.has(item.commandId) && !marked(item.commandId);
      placed.add(item.commandId);
      parts.push({
        commandId: first ? item.commandId : 0,
        vt: dressEcho(item.vt, commandOf(item.commandId)),
      });
    } else if (last === undefined || last.vt.length > longPart) {
      parts.push({ commandId: 0, vt: dressed(item) });
    } else last.vt += dressed(item);
  }
  return parts;
}

/**
 * PowerShell writes its colours as intense ones (`31;1`). A console on Windows shows that as a brighter colour and not as bold type, and
 * pages of bold errors are hard to read; the prompt alone is bold here.
 */
function quietIntensity(vt: string): string {
  return vt.replaceAll(intense, '\u001b[$1m');
}

/** Faint type is half as strong as the theme's text, too weak to read in any of them; what PSDeck itself says is drawn in the dim colour instead. */
function dressed(item: OutputItem): string {
  const vt = quietIntensity(item.vt);
  if (item.kind !== 'notice') return vt;
  return vt.replaceAll('\u001b[2m', '\u001b[90m').replaceAll('\u001b[22m', '\u001b[39m');
}
