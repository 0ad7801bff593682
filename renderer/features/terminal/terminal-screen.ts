import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { WebglAddon } from '@xterm/addon-webgl';
import { Terminal } from '@xterm/xterm';
import type { Settings } from '../../../shared/settings.ts';
import type { TerminalSize } from '../../../shared/terminal.ts';
import { createMarks } from './marks.ts';
import type { Marks } from './marks.ts';
import type { PagePart } from './page-parts.ts';
import { terminalTheme } from './terminal-theme.ts';
import { inTurn } from './turns.ts';

/** Works on the terminal and says when it has finished: until then nothing else touches it. */
export type ScreenJob = (done: () => void) => void;

export interface ScreenDeps {
  settings: Settings;
  /** `false` keeps the key from xterm. */
  onKey: (event: KeyboardEvent) => boolean;
  /** Text, or the escape sequence of a key. */
  onData: (data: string) => void;
  onPaste: (text: string) => void;
  /** A job failed: what it was to draw is missing. */
  onFault: (thrown: unknown) => void;
}

/** A few milliseconds of xterm's work: between two pieces it looks whether it has had its share, and a key or a frame gets its turn. */
const longestPiece = 16_384;

/** Synchronized output, as terminals know it: what changes is shown when the second comes, or after a second. */
const holdBack = '\u001b[?2026h';
const showAll = '\u001b[?2026l';

function inPieces(part: PagePart): PagePart[] {
  if (part.vt.length <= longestPiece) return [part];
  const pieces: PagePart[] = [];
  for (let at = 0; at < part.vt.length; at += longestPiece) {
    // The mark belongs to the beginning. A character or a sequence that is cut goes on in the next piece: xterm keeps its half.
    pieces.push({ commandId: at === 0 ? part.commandId : 0, vt: part.vt.slice(at, at + longestPiece) });
  }
  return pieces;
}

/** xterm with its addons and its margin, one piece of work after another. It knows nothing of sessions. */
export class TerminalScreen {
  readonly element = document.createElement('div');
  readonly terminal: Terminal;
  readonly marks: Marks;
  readonly #deps: ScreenDeps;
  readonly #fit = new FitAddon();
  readonly #search = new SearchAddon();
  readonly #jobs: ScreenJob[] = [];
  #busy = false;
  #webgl: WebglAddon | null = null;
  #disposed = false;
  #seen = true;
  /** 0 while not known. */
  #cellHeight = 0;
  /** And not drawn since. */
  #resized = false;

  constructor(deps: ScreenDeps) {
    this.#deps = deps;
    this.element.className = 'term-host';
    const screen = document.createElement('div');
    screen.className = 'term-screen';
    const margin = document.createElement('div');
    margin.className = 'term-margin';
    this.element.append(screen, margin);

    this.terminal = new Terminal({
      allowProposedApi: true,
      cursorBlink: false,
      cursorStyle: 'block',
      cursorInactiveStyle: 'outline',
      customGlyphs: true,
      drawBoldTextInBrightColors: false,
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--font-mono').trim(),
      fontSize: deps.settings.fontSize,
      fontWeightBold: '600',
      lineHeight: 1.2,
      minimumContrastRatio: 4.5,
      // The scrollbar's width, too.
      overviewRuler: { width: 10 },
      scrollback: deps.settings.scrollback,
      screenReaderMode: deps.settings.screenReader,
      theme: terminalTheme(),
    });
    this.terminal.loadAddon(this.#fit);
    this.terminal.loadAddon(this.#search);
    this.terminal.loadAddon(new UnicodeGraphemesAddon());
    this.terminal.loadAddon(
      new WebLinksAddon((event, uri) => {
        // A plain click selects; what a server printed is not followed by accident.
        if (event.ctrlKey || event.metaKey) window.open(uri, '_blank', 'noopener');
      }),
    );
    this.marks = createMarks(this.terminal, margin, () => this.cellHeight);
    this.terminal.attachCustomKeyEventHandler(deps.onKey);
    this.terminal.onData(deps.onData);
    // What is asked before xterm has given its element the new height would be the old height over the new number of rows.
    this.terminal.onResize(() => (this.#resized = true));
    this.terminal.onRender(() => {
      if (this.#resized) this.#cellHeight = 0;
      this.#resized = false;
      this.marks.draw();
    });
    this.terminal.onScroll(() => this.marks.draw());
    this.element.addEventListener(
      'paste',
      (event) => {
        event.preventDefault();
        event.stopPropagation();
        deps.onPaste(event.clipboardData?.getData('text/plain') ?? '');
      },
      { capture: true },
    );
    this.terminal.open(screen);
  }

  /** Only what is seen holds one of the few graphics contexts a browser gives. */
  show(): void {
    this.#seen = true;
    if (this.#webgl !== null || this.#disposed) return;
    // Elements and graphics round the height of a row each in their way.
    this.#cellHeight = 0;
    try {
      const addon = new WebglAddon();
      addon.onContextLoss(() => this.#giveBackGraphics());
      this.terminal.loadAddon(addon);
      this.#webgl = addon;
    } catch {
      // No graphics card, or no context left: xterm draws with elements instead.
      this.#webgl = null;
    }
  }

  hide(): void {
    this.#seen = false;
    this.#giveBackGraphics();
  }

  #giveBackGraphics(): void {
    this.#webgl?.dispose();
    this.#webgl = null;
    this.#cellHeight = 0;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.hide();
    this.terminal.dispose();
    this.element.remove();
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  enqueue(job: ScreenJob): void {
    this.#jobs.push(job);
    this.#next();
  }

  /** Each part where the one before ended, a command's mark beside its echo. */
  writeParts(parts: readonly PagePart[], done: () => void): void {
    const pieces = parts.flatMap(inPieces);
    // In several slices, and yet seen at once: the line below is not to be missed in between.
    const together = pieces.length > parts.length && this.#seen;
    const next = (index: number): void => {
      const piece = pieces[index];
      if (piece === undefined) {
        done();
        // Behind what comes with the output: the line that is drawn below it.
        if (together) this.terminal.write(showAll);
        return;
      }
      if (piece.commandId > 0) this.marks.place(piece.commandId);
      const write = (): void => this.terminal.write(piece.vt, () => next(index + 1));
      if (this.#seen) write();
      else inTurn(write);
    };
    if (together) this.terminal.write(holdBack, () => next(0));
    else next(0);
  }

  #next(): void {
    if (this.#busy || this.#disposed) return;
    const job = this.#jobs.shift();
    if (job === undefined) return;
    this.#busy = true;
    const done = (): void => {
      this.#busy = false;
      this.#next();
    };
    try {
      job(done);
    } catch (thrown) {
      // One piece that cannot be drawn must not end a terminal.
      this.#deps.onFault(thrown);
      done();
    }
  }

  /** What fits into the box it stands in, within the contract's bounds. `null` while it has no size. */
  proposeSize(): TerminalSize | null {
    if (!this.element.isConnected) return null;
    // The box has changed, or the zoom has: the cells with it, once they are drawn.
    this.#resized = true;
    const proposed = this.#fit.proposeDimensions();
    if (proposed === undefined || !Number.isFinite(proposed.cols) || !Number.isFinite(proposed.rows))
      return null;
    return {
      // Narrower than 20 columns no table can be drawn; wider than 1000 no screen is.
      columns: Math.min(1000, Math.max(20, proposed.cols)),
      rows: Math.min(1000, Math.max(2, proposed.rows)),
    };
  }

  apply(settings: Settings): void {
    this.terminal.options.fontSize = settings.fontSize;
    this.terminal.options.scrollback = settings.scrollback;
    this.terminal.options.screenReaderMode = settings.screenReader;
    this.terminal.options.theme = terminalTheme();
    this.#cellHeight = 0;
  }

  /** Asked for at every drawing, and a layout each time it is read from the page: read once, until something changes it. */
  get cellHeight(): number {
    if (this.#cellHeight > 0 || this.#resized) return this.#cellHeight || 20;
    const screen = this.terminal.element?.querySelector('.xterm-screen');
    this.#cellHeight = (screen?.clientHeight ?? 0) / this.terminal.rows;
    return this.#cellHeight > 0 ? this.#cellHeight : 20;
  }

  /** Row of the cursor, counted from the top of what is seen. */
  get cursorRow(): number {
    const { baseY, cursorY, viewportY } = this.terminal.buffer.active;
    return baseY + cursorY - viewportY;
  }

  /** Empties the screen: what stands above the cursor goes to the scrollback, the cursor to the top. */
  scrollAway(done: () => void): void {
    const above = this.terminal.buffer.active.cursorY;
    this.terminal.write(`\u001b[${this.terminal.rows};1H${'\n'.repeat(above)}\u001b[H\u001b[J`, done);
  }

  /** The page as text, one string a row; with `screen` only what the screen shows. */
  text(screen: boolean): string[] {
    const buffer = this.terminal.buffer.active;
    const lines: string[] = [];
    for (let row = screen ? buffer.baseY : 0; row < buffer.length; row++) {
      lines.push(buffer.getLine(row)?.translateToString(true) ?? '');
    }
    return lines;
  }

  find(text: string, forward: boolean): boolean {
    const theme = terminalTheme();
    const decorations = {
      matchOverviewRuler: theme.brightBlack ?? '#888888',
      activeMatchColorOverviewRuler: theme.foreground ?? '#ffffff',
    };
    return forward
      ? this.#search.findNext(text, { decorations })
      : this.#search.findPrevious(text, { decorations });
  }

  /** xterm draws every row again at this and the next, also where nothing changes: at each key that would cost more than the key. */
  clearSelection(): void {
    if (this.terminal.hasSelection()) this.terminal.clearSelection();
  }

  scrollToBottom(): void {
    const { viewportY, baseY } = this.terminal.buffer.active;
    if (viewportY !== baseY) this.terminal.scrollToBottom();
  }

  endFind(): void {
    this.#search.clearDecorations();
    this.terminal.clearSelection();
  }

  /** Nothing to delete, nothing found: a blink of the page, still where motion is not wanted. */
  bell(): void {
    this.element.classList.remove('bell');
    // Reading a size makes the browser notice that the class was gone, so that the animation starts anew.
    void this.element.offsetWidth;
    this.element.classList.add('bell');
  }
}
