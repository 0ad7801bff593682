import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import type { IUnicodeVersionProvider, Terminal } from '@xterm/xterm';
import { isHidden } from './text.ts';

/** The width rules the terminal itself goes by: the painter has to foresee exactly what xterm will do with a character. */
export interface CellWidths {
  /** Code point by code point: `state` is 0 at the start of a run, then what the step before returned. */
  next(codePoint: number, state: number): { state: number; width: number; joins: boolean };
}

/**
 * Takes the rules out of the addon by letting it register them at a terminal that only listens. `charProperties` packs (state << 3 | width
 * << 1 | joins), as xterm's UnicodeService unpacks it.
 */
function graphemeProvider(): IUnicodeVersionProvider {
  const registered: IUnicodeVersionProvider[] = [];
  const unicode = {
    versions: [],
    activeVersion: '',
    register: (provider: IUnicodeVersionProvider) => void registered.push(provider),
  };
  new UnicodeGraphemesAddon().activate({ unicode } as unknown as Terminal);
  const found = registered.find((provider) => provider.version === unicode.activeVersion);
  if (found === undefined) throw new Error('the grapheme addon registered no width rules');
  return found;
}

export function createCellWidths(): CellWidths {
  const provider = graphemeProvider();
  return {
    next(codePoint, state) {
      const packed = provider.charProperties(codePoint, state);
      return { state: packed, width: (packed >> 1) & 3, joins: (packed & 1) === 1 };
    },
  };
}

/** Cells of one character as a person counts them: what joins to what stands before it takes no cell more. */
export function cellsOf(character: string, widths: CellWidths): number {
  // Drawn as a sign of its own.
  if (isHidden(character)) return 1;
  let state = 0;
  let before = 0;
  let width = 0;
  for (const part of character) {
    const next = widths.next(part.codePointAt(0) ?? 0x20, state);
    if (!next.joins) before += width;
    ({ state, width } = next);
  }
  return before + width;
}
