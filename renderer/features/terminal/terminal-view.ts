import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { WebglAddon } from '@xterm/addon-webgl';
import { Terminal } from '@xterm/xterm';
import { createStore } from 'zustand/vanilla';
import type { StoreApi } from 'zustand/vanilla';
import type { AppError } from '../../../shared/error.ts';
import type {
  CommandRecord,
  InputRequest,
  OutputItem,
  ProgressBar,
  TerminalSize,
} from '../../../shared/terminal.ts';
import type { Bridge } from '../../bridge/client.ts';
import { appErrorOf } from '../../bridge/client.ts';
import type { SettingsStore } from '../../stores/settings.ts';
import type { CellWidths } from './cell-width.ts';
import { dressEcho } from './echo.ts';
import { actionFor } from './keymap.ts';
import { createEditor, isCommand, isSecret, selectionOf, step } from './line-editor.ts';
import type { Completing, EditorEffect, EditorEvent, EditorState } from './line-editor.ts';
import { createMarks } from './marks.ts';
import type { Marks } from './marks.ts';
import { createOutputSequencer } from './output-sequencer.ts';
import { paint } from './painter.ts';
import type { Painted } from './painter.ts';
import { terminalTheme } from './terminal-theme.ts';

/** What the panel around a terminal shows of it. */
export interface TerminalState {
  attached: 'no' | 'attaching' | 'yes';
  error: AppError | null;
  /** Nothing was ever written to the page. */
  empty: boolean;
  progress: readonly ProgressBar[];
  request: InputRequest['kind'] | null;
  /** Command lines waiting for their prompt. */
  queued: number;
  menu: { completing: Extract<Completing, { kind: 'showing' }>; top: number } | null;
  finding: boolean;
  title: string;
}

export interface TerminalDeps {
  bridge: Bridge;
  settings: SettingsStore;
  widths: CellWidths;
  fail: (error: AppError) => void;
  /** More than one line is about to be pasted: ask first. */
  confirmPaste: (sessionId: number, text: string) => void;
}

/** Height of the completion menu: six rows of 24 px and its frame. */
const menuHeight = 6 * 24 + 16;
/** Long enough to span a drag of the window's edge, short enough to feel immediate. */
const resizeWait = 80;
/** Windows Terminal asks before it pastes more than 5 KiB; people know that limit. */
const longPaste = 5 * 1024;
const showCursor = '\u001b[?25h';
const hideCursor = '\u001b[?25l';
/** Neighbouring pieces are joined up to this: beyond it a write of its own costs xterm nothing more. */
const longPart = 65_536;
// oxlint-disable-next-line no-control-regex -- escape sequences begin with a control character
const intense = /\u001b\[(3[0-7]);1m/g;

/**
 * One session's terminal: its xterm, the line editor drawn into it, and the conversation with main. Lives as long as the session is looked
 * at in any tab, shown or not, so that coming back to it costs nothing.
 */
export class TerminalView {
  readonly sessionId: number;
  readonly element: HTMLElement;
  readonly state: StoreApi<TerminalState>;
  readonly #deps: TerminalDeps;
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #search = new SearchAddon();
  readonly #sequencer = createOutputSequencer();
  readonly #layer: HTMLElement;
  readonly #marks: Marks;
  readonly #commands = new Map<number, string>();
  readonly #jobs: ((done: () => void) => void)[] = [];
  readonly #stops: (() => void)[] = [];
  #editor: EditorState = createEditor();
  #painted: (Painted & { startColumn: number }) | null = null;
  #paintQueued = false;
  #busy = false;
  #webgl: WebglAddon | null = null;
  #shown = false;
  #size: TerminalSize = { columns: 80, rows: 24 };
  #resizeTimer: ReturnType<typeof setTimeout> | undefined;
  #interactive = true;
  #attachment = 0;
  #expected: InputRequest | null = null;
  #disposed = false;

  constructor(sessionId: number, deps: TerminalDeps) {
    this.sessionId = sessionId;
    this.#deps = deps;
    const settings = deps.settings.getState();
    this.state = createStore<TerminalState>(() => ({
      attached: 'no',
      error: null,
      empty: true,
      progress: [],
      request: null,
      queued: 0,
      menu: null,
      finding: false,
      title: '',
    }));

    this.element = document.createElement('div');
    this.element.className = 'term-host';
    const screen = document.createElement('div');
    screen.className = 'term-screen';
    this.#layer = document.createElement('div');
    this.#layer.className = 'term-margin';
    this.element.append(screen, this.#layer);

    this.#terminal = new Terminal({
      allowProposedApi: true,
      cursorBlink: false,
      cursorStyle: 'block',
      cursorInactiveStyle: 'outline',
      customGlyphs: true,
      drawBoldTextInBrightColors: false,
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--font-mono').trim(),
      fontSize: settings.fontSize,
      fontWeightBold: '600',
      lineHeight: 1.2,
      minimumContrastRatio: 4.5,
      // The scrollbar's width, too.
      overviewRuler: { width: 10 },
      scrollback: settings.scrollback,
      screenReaderMode: settings.screenReader,
      theme: terminalTheme(),
    });
    this.#terminal.loadAddon(this.#fit);
    this.#terminal.loadAddon(this.#search);
    this.#terminal.loadAddon(new UnicodeGraphemesAddon());
    this.#terminal.loadAddon(
      new WebLinksAddon((event, uri) => {
        if (event.ctrlKey || event.metaKey) window.open(uri, '_blank', 'noopener');
      }),
    );
    this.#marks = createMarks(this.#terminal, this.#layer);
    this.#terminal.attachCustomKeyEventHandler((event) => this.#key(event));
    this.#terminal.onData((data) => this.#data(data));
    this.#terminal.onRender(() => this.#marks.draw());
    this.#terminal.onScroll(() => this.#marks.draw());
    this.element.addEventListener('paste', (event) => this.#pasteEvent(event), { capture: true });
    this.#terminal.open(screen);
    this.#subscribe();
  }

  // --- shown and hidden ---

  show(): void {
    if (this.#disposed) return;
    this.#shown = true;
    this.#loadWebgl();
    this.fit();
    if (this.state.getState().attached === 'no') void this.attach();
  }

  hide(): void {
    this.#shown = false;
    this.#webgl?.dispose();
    this.#webgl = null;
  }

  /** Only who is inside a session can type into it. Left, nothing typed stays behind to run when somebody enters again. */
  setInteractive(interactive: boolean): void {
    if (this.#interactive === interactive) return;
    this.#interactive = interactive;
    if (!interactive) {
      this.#editor = { ...createEditor(this.#editor.history), request: this.#editor.request };
    }
    this.#enqueue((done) => this.#terminal.write(interactive ? showCursor : hideCursor, done));
    this.#schedulePaint();
  }

  focus(): void {
    this.#terminal.focus();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#attachment++;
    clearTimeout(this.#resizeTimer);
    for (const stop of this.#stops) stop();
    this.hide();
    this.#terminal.dispose();
    this.element.remove();
  }

  get size(): TerminalSize {
    return this.#size;
  }

  /** Gives the terminal the room it has; main hears of it when the dragging ends. */
  fit(): void {
    if (!this.#shown || !this.element.isConnected) return;
    const proposed = this.#fit.proposeDimensions();
    if (proposed === undefined || !Number.isFinite(proposed.cols) || !Number.isFinite(proposed.rows)) return;
    // The contract's bounds: narrower than 20 columns no table can be drawn, and a terminal is never wider than 1000.
    const columns = Math.min(1000, Math.max(20, proposed.cols));
    const rows = Math.min(1000, Math.max(2, proposed.rows));
    if (columns === this.#size.columns && rows === this.#size.rows && this.#terminal.cols === columns) return;
    this.#size = { columns, rows };
    this.#enqueue((done) => this.#resize(columns, rows, done));
    clearTimeout(this.#resizeTimer);
    this.#resizeTimer = setTimeout(() => this.#tellSize(), resizeWait);
  }

  #tellSize(): void {
    if (this.state.getState().attached !== 'yes') return;
    this.#quietly(this.#deps.bridge.call('terminal.resize', { sessionId: this.sessionId, size: this.#size }));
  }

  /** The line is taken away first: xterm does not reflow the line the cursor is on. */
  #resize(columns: number, rows: number, done: () => void): void {
    this.#terminal.write(this.#takeErase(), () => {
      if (!this.#disposed) this.#terminal.resize(columns, rows);
      this.#drawLine(done);
    });
  }

  #loadWebgl(): void {
    if (this.#webgl !== null) return;
    try {
      const addon = new WebglAddon();
      addon.onContextLoss(() => {
        addon.dispose();
        this.#webgl = null;
      });
      this.#terminal.loadAddon(addon);
      this.#webgl = addon;
    } catch {
      // No graphics card, or none left: xterm draws with elements instead.
      this.#webgl = null;
    }
  }

  // --- main ---

  #subscribe(): void {
    const { bridge, settings } = this.#deps;
    const mine = (payload: { sessionId: number }): boolean => payload.sessionId === this.sessionId;
    this.#stops.push(
      bridge.on('terminal.output', (payload) => {
        if (mine(payload)) this.#receive(payload.items);
      }),
      bridge.on('terminal.input', (payload) => {
        if (mine(payload)) this.#expect(payload.request);
      }),
      bridge.on('terminal.command', (payload) => {
        if (mine(payload)) this.#command(payload.command);
      }),
      bridge.on('terminal.progress', (payload) => {
        if (mine(payload)) this.state.setState({ progress: payload.bars });
      }),
      bridge.on('terminal.title', (payload) => {
        if (mine(payload)) this.state.setState({ title: payload.title });
      }),
      settings.subscribe((now) => {
        this.#terminal.options.fontSize = now.fontSize;
        this.#terminal.options.scrollback = now.scrollback;
        this.#terminal.options.screenReaderMode = now.screenReader;
        this.#terminal.options.theme = terminalTheme();
        this.fit();
      }),
    );
  }

  /** Starts to receive the page, or starts again: the snapshot replaces whatever is drawn. */
  async attach(): Promise<void> {
    const attachment = ++this.#attachment;
    this.#sequencer.stop();
    this.state.setState({ attached: 'attaching', error: null });
    try {
      const snapshot = await this.#deps.bridge.call('terminal.attach', {
        sessionId: this.sessionId,
        size: this.#size,
      });
      if (attachment !== this.#attachment) return;
      this.#enqueue((done) => {
        this.#painted = null;
        this.#marks.clear();
        this.#terminal.reset();
        this.#terminal.write(this.#interactive ? '' : hideCursor, done);
      });
      this.#edit({ kind: 'history', history: snapshot.history });
      this.#commands.clear();
      for (const command of snapshot.commands) this.#commands.set(command.commandId, command.text);
      const after = this.#sequencer.start(snapshot.seq);
      this.#enqueue((done) => {
        for (const command of snapshot.commands) this.#marks.update(command);
        done();
      });
      const lead: OutputItem[] = snapshot.truncated
        ? [
            {
              seq: 0,
              commandId: 0,
              kind: 'notice',
              vt: '\u001b[90mEarlier output is no longer kept.\u001b[0m\r\n',
            },
          ]
        : [];
      this.#write([...lead, ...snapshot.items], false);
      this.#write(after, true);
      this.#expect(snapshot.request);
      this.state.setState({ attached: 'yes', progress: snapshot.progress });
    } catch (thrown) {
      if (attachment !== this.#attachment) return;
      this.state.setState({ attached: 'no', error: appErrorOf(thrown) });
    }
  }

  #receive(items: readonly OutputItem[]): void {
    this.#write(this.#sequencer.push(items), true);
    if (this.#expected !== null && this.#sequencer.last >= this.#expected.afterSeq) {
      this.#expect(this.#expected);
    }
  }

  /** Output and requests travel apart: a prompt is shown once the output before it was. */
  #expect(request: InputRequest | null): void {
    if (request !== null && this.#sequencer.last < request.afterSeq) {
      this.#expected = request;
      return;
    }
    this.#expected = null;
    this.#enqueue((done) => this.#request(request, done));
  }

  #command(record: CommandRecord): void {
    this.#commands.set(record.commandId, record.text);
    // In the order of the page: the mark's place comes with the echo.
    this.#enqueue((done) => {
      this.#marks.update(record);
      done();
    });
  }

  #request(request: InputRequest | null, done: () => void): void {
    this.#edit({ kind: 'request', request });
    this.state.setState({ request: request?.kind ?? null });
    done();
  }

  // --- drawing: everything that touches the terminal is one job after another ---

  #enqueue(job: (done: () => void) => void): void {
    this.#jobs.push(job);
    this.#next();
  }

  #next(): void {
    if (this.#busy || this.#disposed) return;
    const job = this.#jobs.shift();
    if (job === undefined) return;
    this.#busy = true;
    job(() => {
      this.#busy = false;
      this.#next();
    });
  }

  #takeErase(): string {
    const erase = this.#painted?.erase ?? '';
    this.#painted = null;
    return erase;
  }

  /** Output goes where the line stands; the line is drawn again below it, all within one turn of xterm's parser, so that nothing flickers. */
  #write(items: readonly OutputItem[], live: boolean): void {
    if (items.length === 0) return;
    if (this.state.getState().empty) this.state.setState({ empty: false });
    const attachment = this.#attachment;
    this.#enqueue((done) => {
      const parts = this.#parts(items, this.#editor.submitted?.text ?? null);
      if (items.some((item) => item.kind === 'echo'))
        this.#editor = step(this.#editor, { kind: 'echoed' }).state;
      const finish = (): void => {
        if (live && attachment === this.#attachment) this.#acknowledge(items);
        this.#drawLine(done);
      };
      const next = (index: number): void => {
        const part = parts[index];
        if (part === undefined) return finish();
        if (part.commandId > 0) this.#marks.place(part.commandId);
        this.#terminal.write(part.vt, () => next(index + 1));
      };
      this.#terminal.write(this.#takeErase(), () => next(0));
    });
  }

  /** Neighbouring pieces in one write; a command's first echo begins a part, because its mark goes there. */
  #parts(items: readonly OutputItem[], typed: string | null): { commandId: number; vt: string }[] {
    const parts: { commandId: number; vt: string }[] = [];
    const placed = new Set<number>();
    for (const item of items) {
      const last = parts.at(-1);
      if (item.kind === 'echo') {
        const first = item.commandId > 0 && !placed.has(item.commandId) && !this.#marks.has(item.commandId);
        placed.add(item.commandId);
        const vt = dressEcho(item.vt, this.#commands.get(item.commandId) ?? typed);
        parts.push({ commandId: first ? item.commandId : 0, vt });
      } else if (last === undefined || last.vt.length > longPart) {
        parts.push({ commandId: 0, vt: dressed(item) });
      } else last.vt += dressed(item);
    }
    return parts;
  }

  #acknowledge(items: readonly OutputItem[]): void {
    const chars = items.reduce((sum, item) => sum + item.vt.length, 0);
    this.#quietly(this.#deps.bridge.call('terminal.ack', { sessionId: this.sessionId, chars }));
  }

  #schedulePaint(): void {
    if (this.#paintQueued) return;
    this.#paintQueued = true;
    this.#enqueue((done) => {
      this.#paintQueued = false;
      this.#drawLine(done);
    });
  }

  #drawLine(done: () => void): void {
    if (this.#disposed) return done();
    const editor = this.#editor;
    const line = lineOf(editor);
    if (line === null) {
      this.#terminal.write(this.#takeErase(), () => {
        this.#showMenu();
        done();
      });
      return;
    }
    const start = this.#painted?.startColumn ?? this.#terminal.buffer.active.cursorX;
    const cell = this.#cellHeight();
    const menu = editor.completing?.kind === 'showing' && editor.completing.menu;
    const painted = paint(
      {
        ...line,
        columns: this.#terminal.cols,
        rows: this.#terminal.rows,
        // A line that begins behind the last column begins on the next row.
        startColumn: start >= this.#terminal.cols ? 0 : start,
        reserve: menu ? Math.ceil(menuHeight / cell) : 0,
      },
      this.#deps.widths,
    );
    const erase = this.#takeErase();
    this.#painted = { ...painted, startColumn: start };
    this.#terminal.write(erase + painted.vt, () => {
      this.#showMenu();
      done();
    });
  }

  #cellHeight(): number {
    const screen = this.#terminal.element?.querySelector('.xterm-screen');
    const height = (screen?.clientHeight ?? 0) / this.#terminal.rows;
    return height > 0 ? height : 20;
  }

  #showMenu(): void {
    const { completing, queue } = this.#editor;
    const shown = this.state.getState();
    if (shown.queued !== queue.length) this.state.setState({ queued: queue.length });
    if (completing?.kind !== 'showing' || !completing.menu || this.#painted === null) {
      if (shown.menu !== null) this.state.setState({ menu: null });
      return;
    }
    const buffer = this.#terminal.buffer.active;
    const row =
      buffer.baseY + buffer.cursorY - buffer.viewportY - this.#painted.cursorRow + this.#painted.rows;
    this.state.setState({ menu: { completing, top: Math.round(row * this.#cellHeight()) } });
  }

  // --- typing ---

  #key(event: KeyboardEvent): boolean {
    if (event.type !== 'keydown' || event.isComposing) return true;
    const { key, ctrlKey, shiftKey, altKey } = event;
    // The window's own keys pass by; everything else inside a terminal is the line editor's.
    if (key === 'F6' || (ctrlKey && shiftKey && key.toLowerCase() === 'f')) return false;
    if (ctrlKey && !altKey && key.toLowerCase() === 'v') return false;
    if (shiftKey && key === 'Insert') return false;
    if (key === 'PageUp' || key === 'PageDown') {
      this.#terminal.scrollPages(key === 'PageUp' ? -1 : 1);
      return false;
    }
    if (this.#copySelected(event)) return false;
    if (!this.#interactive) {
      if (ctrlKey && key.toLowerCase() === 'c') this.interrupt();
      return false;
    }
    if (this.#editor.request?.kind === 'key' && !(ctrlKey && key.toLowerCase() === 'c')) return true;
    const action = actionFor(event);
    // Composed characters (AltGr, Option, an input method) become text; what else xterm makes of a key is dropped in #data.
    if (action === null) return true;
    event.preventDefault();
    this.#edit({ kind: 'action', action });
    this.#terminal.scrollToBottom();
    return false;
  }

  /** Ctrl+C, or Ctrl+Insert, with text selected in the page copies it and leaves the command alone. */
  #copySelected(event: KeyboardEvent): boolean {
    const copies =
      (event.ctrlKey || event.metaKey) &&
      !event.altKey &&
      (event.key.toLowerCase() === 'c' || event.key === 'Insert');
    if (!copies || !this.#terminal.hasSelection()) return false;
    event.preventDefault();
    this.#copy(this.#terminal.getSelection());
    this.#terminal.clearSelection();
    return true;
  }

  #data(data: string): void {
    if (!this.#interactive) return;
    const { request, submitted } = this.#editor;
    if (request?.kind === 'key' && submitted === null) {
      this.#submit(request.requestId, data);
      return;
    }
    // Keys the keymap does not know arrive as escape sequences; they are not text.
    if (data.startsWith('\u001b') || (data.length === 1 && data < ' ')) return;
    this.#edit({ kind: 'insert', text: data });
    this.#terminal.scrollToBottom();
  }

  #pasteEvent(event: ClipboardEvent): void {
    event.preventDefault();
    event.stopPropagation();
    this.paste(event.clipboardData?.getData('text/plain') ?? '');
  }

  paste(text: string): void {
    if (!this.#interactive) return;
    const lines = text.replace(/(?:\r?\n)+$/, '');
    if (lines === '') return;
    if (/[\r\n]/.test(lines) || lines.length > longPaste) {
      this.#deps.confirmPaste(this.sessionId, lines);
      return;
    }
    this.insert(lines);
  }

  /** Puts text into the line, as if typed; it is never sent by that. */
  insert(text: string): void {
    this.#edit({ kind: 'insert', text });
    this.#terminal.scrollToBottom();
  }

  /** Each line a command of its own, the next when the one before is done. */
  runLines(lines: readonly string[]): void {
    for (const line of lines) {
      this.#edit({ kind: 'insert', text: line });
      this.#edit({ kind: 'action', action: 'accept-line' });
    }
  }

  choose(index: number): void {
    this.#edit({ kind: 'choose', index });
    this.#edit({ kind: 'action', action: 'accept-line' });
    this.focus();
  }

  interrupt(text = ''): void {
    this.#quietly(
      this.#deps.bridge.call('terminal.interrupt', {
        sessionId: this.sessionId,
        ...(text === '' ? {} : { text }),
      }),
    );
  }

  #edit(event: EditorEvent): void {
    const { state, effects } = step(this.#editor, event);
    this.#editor = state;
    // Who types has done with what was selected; Ctrl+C means the command again.
    if (event.kind === 'insert' || event.kind === 'action') this.#terminal.clearSelection();
    for (const effect of effects) this.#perform(effect);
    this.#schedulePaint();
  }

  #perform(effect: EditorEffect): void {
    switch (effect.kind) {
      case 'submit':
        this.#submit(effect.requestId, effect.text);
        break;
      case 'interrupt':
        this.interrupt(effect.text);
        break;
      case 'complete':
        void this.#complete(effect.token, effect.text, effect.cursor);
        break;
      case 'copy':
        this.#copy(effect.text);
        break;
      case 'clear-screen':
        this.clear();
        break;
      case 'bell':
        this.element.animate?.([{ opacity: 0.7 }, { opacity: 1 }], { duration: 90 });
        break;
    }
  }

  #submit(requestId: number, text: string): void {
    this.#deps.bridge
      .call('terminal.submit', { sessionId: this.sessionId, requestId, text })
      .catch((thrown: unknown) => {
        const error = appErrorOf(thrown);
        this.#edit({ kind: 'refused', requestId });
        if (error.code !== 'bridge.lost' && error.code !== 'terminal.stale-request') this.#deps.fail(error);
      });
  }

  async #complete(token: number, text: string, cursor: number): Promise<void> {
    const completion = await this.#deps.bridge
      .call('terminal.complete', { sessionId: this.sessionId, text, cursor })
      .catch(() => null);
    this.#edit({ kind: 'completion', token, completion });
  }

  #copy(text: string): void {
    this.#quietly(navigator.clipboard.writeText(text));
  }

  #quietly(promise: Promise<unknown>): void {
    // What these fail with is said elsewhere: the banner for a lost way, the row for a lost session.
    promise.catch(() => undefined);
  }

  // --- the page ---

  /** The screen is empty, the line at its top; what was above stays in the scrollback. */
  clear(): void {
    this.#enqueue((done) => {
      this.#terminal.write(this.#takeErase(), () => {
        const above = this.#terminal.buffer.active.cursorY;
        // Scroll what is above out of sight, then go to the top.
        this.#terminal.write(`\u001b[${this.#terminal.rows};1H${'\n'.repeat(above)}\u001b[H\u001b[J`, () =>
          this.#drawLine(done),
        );
      });
    });
  }

  /** The page as text, one string a row; with `screen` only what the screen shows. */
  text(screen = false): string[] {
    const buffer = this.#terminal.buffer.active;
    const lines: string[] = [];
    for (let row = screen ? buffer.baseY : 0; row < buffer.length; row++) {
      lines.push(buffer.getLine(row)?.translateToString(true) ?? '');
    }
    return lines;
  }

  find(text: string, forward: boolean): boolean {
    const decorations = {
      matchOverviewRuler: terminalTheme().brightBlack ?? '#888888',
      activeMatchColorOverviewRuler: terminalTheme().foreground ?? '#ffffff',
    };
    return forward
      ? this.#search.findNext(text, { decorations })
      : this.#search.findPrevious(text, { decorations });
  }

  setFinding(finding: boolean): void {
    this.state.setState({ finding });
    if (!finding) {
      this.#search.clearDecorations();
      this.#terminal.clearSelection();
      this.focus();
    }
  }
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

/** The line as it is to be drawn now; nothing while nobody waits for input. */
function lineOf(
  editor: EditorState,
): Omit<Parameters<typeof paint>[0], 'columns' | 'rows' | 'startColumn' | 'reserve'> | null {
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
