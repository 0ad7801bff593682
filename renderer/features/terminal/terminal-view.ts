import { createStore } from 'zustand/vanilla';
import type { StoreApi } from 'zustand/vanilla';
import type { CommandRecord, InputRequest, OutputItem, TerminalSize } from '../../../shared/terminal.ts';
import { appErrorOf } from '../../bridge/client.ts';
import { saidOfEnd } from './announcing.ts';
import { cellsOf } from './cell-width.ts';
import { lineOf } from './edited-line.ts';
import type { Geometry } from './editing/rows.ts';
import { unsentLines } from './editor-state.ts';
import { LineControl } from './line-control.ts';
import { menuHeight, menuOf, noteOf } from './line-menu.ts';
import { createOutputSequencer } from './output-sequencer.ts';
import { earlierIsGone, pageParts } from './page-parts.ts';
import { paint, tabStop } from './painter.ts';
import type { Painted } from './painter.ts';
import { repaint } from './repaint.ts';
import { onSession } from './session-events.ts';
import { TerminalScreen } from './terminal-screen.ts';
import { freshTerminal } from './terminal-state.ts';
import type { TerminalDeps, TerminalState } from './terminal-state.ts';

/** Long enough to span a drag of the window's edge, short enough to feel immediate. */
const resizeWait = 80;
/** Most commands have ended by then, and say so. */
const runningWait = 1000;
const showCursor = '\u001b[?25h';
const hideCursor = '\u001b[?25l';

/**
 * One session's terminal: its xterm, the line editor drawn into it, and the conversation with main. Lives as long as the session is looked
 * at in any tab, shown or not, so that coming back to it costs nothing.
 */
export class TerminalView {
  readonly sessionId: number;
  readonly state: StoreApi<TerminalState> = createStore(() => freshTerminal);
  readonly #deps: TerminalDeps;
  readonly #screen: TerminalScreen;
  readonly #sequencer = createOutputSequencer();
  readonly #commands = new Map<number, string>();
  readonly #stops: (() => void)[] = [];
  readonly line: LineControl;
  #painted: Painted | null = null;
  #paintQueued = false;
  #shown = false;
  #size: TerminalSize = { columns: 80, rows: 24 };
  #resizeTimer: ReturnType<typeof setTimeout> | undefined;
  #runningTimer: ReturnType<typeof setTimeout> | undefined;
  #attachment = 0;
  #expected: InputRequest | null = null;
  /** The last request main told of while the snapshot was on its way: newer than the snapshot's own, which it may overtake. */
  #heard: { request: InputRequest | null } | null = null;

  constructor(sessionId: number, deps: TerminalDeps) {
    this.sessionId = sessionId;
    this.#deps = deps;
    this.#screen = new TerminalScreen({
      settings: deps.settings.getState(),
      onKey: (event) => !this.#closesHelp(event) && this.line.key(event),
      onData: (data) => this.line.data(data),
      onPaste: (text) => this.line.paste(text),
      onFault: (thrown) => deps.fail(appErrorOf(thrown)),
    });
    this.line = new LineControl(deps, {
      sessionId,
      screen: this.#screen,
      changed: () => this.#schedulePaint(),
      clear: () => this.clear(),
      geometry: () => this.#geometry(),
      help: (command, parameter) => void this.#askHelp(command, parameter),
    });
    this.#subscribe();
  }

  get element(): HTMLElement {
    return this.#screen.element;
  }

  show(): void {
    if (this.#screen.disposed) return;
    this.#shown = true;
    this.#screen.show();
    this.fit();
    if (this.state.getState().attached === 'no') void this.attach();
  }

  hide(): void {
    this.#shown = false;
    this.#screen.hide();
  }

  /**
   * Only who is inside a session can type into it. Left, nothing typed stays behind to run when somebody enters again; where the session
   * ended by itself, what was typed is kept for the next one.
   */
  setInteractive(interactive: boolean, ended = false): void {
    if (this.line.interactive === interactive) return;
    this.line.setInteractive(interactive, ended);
    this.#screen.enqueue((done) => this.#screen.terminal.write(interactive ? showCursor : hideCursor, done));
    this.#schedulePaint();
  }

  focus(): void {
    this.#screen.terminal.focus();
  }

  dispose(): void {
    this.#shown = false;
    this.#attachment++;
    clearTimeout(this.#resizeTimer);
    clearTimeout(this.#runningTimer);
    for (const stop of this.#stops.splice(0)) stop();
    this.line.dispose();
    this.#screen.dispose();
  }

  get size(): TerminalSize {
    return this.#size;
  }

  /** Gives the terminal the room it has; main hears of it when the dragging ends. */
  fit(): void {
    const size = this.#shown ? this.#screen.proposeSize() : null;
    if (size === null) return;
    const { columns, rows } = size;
    if (columns === this.#size.columns && rows === this.#size.rows && this.#screen.terminal.cols === columns)
      return;
    this.#size = size;
    this.#screen.enqueue((done) => this.#resize(columns, rows, done));
    clearTimeout(this.#resizeTimer);
    this.#resizeTimer = setTimeout(() => this.#tellSize(), resizeWait);
  }

  #tellSize(): void {
    if (this.state.getState().attached !== 'yes') return;
    this.#quietly(this.#deps.bridge.call('terminal.resize', { sessionId: this.sessionId, size: this.#size }));
  }

  /** The line is taken away first: xterm does not reflow the line the cursor is on. */
  #resize(columns: number, rows: number, done: () => void): void {
    this.#screen.terminal.write(this.#takeErase(), () => {
      if (!this.#screen.disposed) this.#screen.terminal.resize(columns, rows);
      this.#drawLine(done);
    });
  }

  #subscribe(): void {
    const { bridge, settings } = this.#deps;
    this.#stops.push(
      onSession(bridge, this.sessionId, {
        output: (items) => this.#receive(items),
        input: (request) => {
          if (this.state.getState().attached === 'attaching') this.#heard = { request };
          else this.#expect(request);
        },
        command: (command) => this.#command(command),
        progress: (bars) => this.state.setState({ progress: bars }),
        title: (title) => this.state.setState({ title }),
        behind: () => this.#screen.enqueue((done) => void this.attach().finally(done)),
      }),
      settings.subscribe((now) => {
        this.#screen.apply(now);
        this.fit();
      }),
    );
  }

  /** Starts to receive the page, or starts again: the snapshot replaces whatever is drawn. */
  async attach(): Promise<void> {
    const attachment = ++this.#attachment;
    this.#sequencer.stop();
    this.#heard = null;
    this.state.setState({ attached: 'attaching', error: null });
    try {
      const snapshot = await this.#deps.bridge.call('terminal.attach', {
        sessionId: this.sessionId,
        size: this.#size,
      });
      if (attachment !== this.#attachment) return;
      this.#screen.enqueue((done) => {
        this.#painted = null;
        this.#screen.marks.clear();
        this.#screen.terminal.reset();
        this.#screen.terminal.write(this.line.interactive ? '' : hideCursor, done);
      });
      this.line.setSessionHistory(snapshot.history);
      this.#commands.clear();
      for (const command of snapshot.commands) this.#commands.set(command.commandId, command.text);
      const after = this.#sequencer.start(snapshot.seq);
      this.#screen.enqueue((done) => {
        for (const command of snapshot.commands) this.#screen.marks.update(command);
        done();
      });
      this.#write(snapshot.truncated ? [earlierIsGone, ...snapshot.items] : snapshot.items, false);
      this.#write(after, true);
      this.state.setState({ attached: 'yes', progress: snapshot.progress });
      this.#expect(this.#latest(snapshot.request));
    } catch (thrown) {
      if (attachment !== this.#attachment) return;
      this.state.setState({ attached: 'no', error: appErrorOf(thrown) });
    }
  }

  #latest(request: InputRequest | null): InputRequest | null {
    return this.#heard === null ? request : this.#heard.request;
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
    this.#screen.enqueue((done) => {
      this.line.request(request);
      this.state.setState({ request: request?.kind ?? null });
      done();
    });
  }

  #command(record: CommandRecord): void {
    this.#commands.set(record.commandId, record.text);
    this.#tellOf(record);
    // In the order of the page: the mark's place comes with the echo.
    this.#screen.enqueue((done) => {
      this.#screen.marks.update(record);
      done();
    });
  }

  /** For who does not see the margin: that a command takes its time, and how it ended. */
  #tellOf(record: CommandRecord): void {
    clearTimeout(this.#runningTimer);
    if (!this.#shown || !this.#deps.settings.getState().screenReader) return;
    if (record.state === 'running')
      this.#runningTimer = setTimeout(() => this.#deps.announce('Running'), runningWait);
    else this.#deps.announce(saidOfEnd(record));
  }

  /** The element that says what the terminal is and how it is left. */
  describedBy(id: string): void {
    this.#screen.terminal.textarea?.setAttribute('aria-describedby', id);
  }

  // --- drawing: everything that touches the terminal is one job after another ---

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
    this.#screen.enqueue((done) => {
      // The echo of a line just sent may come before main says which command it became.
      const typed = this.line.editor.submitted?.text ?? null;
      const parts = pageParts(
        items,
        (commandId) => this.#commands.get(commandId) ?? typed,
        (commandId) => this.#screen.marks.has(commandId),
      );
      if (items.some((item) => item.kind === 'echo')) this.line.echoed();
      const finish = (): void => {
        if (live && attachment === this.#attachment) {
          const chars = items.reduce((sum, item) => sum + item.vt.length, 0);
          this.#quietly(this.#deps.bridge.call('terminal.ack', { sessionId: this.sessionId, chars }));
        }
        this.#drawLine(done);
      };
      this.#screen.terminal.write(this.#takeErase(), () => this.#screen.writeParts(parts, finish));
    });
  }

  #schedulePaint(): void {
    if (this.#paintQueued) return;
    this.#paintQueued = true;
    this.#screen.enqueue((done) => {
      this.#paintQueued = false;
      this.#drawLine(done);
    });
  }

  #drawLine(done: () => void): void {
    if (this.#screen.disposed) return done();
    const { editor } = this.line;
    const line = lineOf(editor);
    if (line === null) {
      this.#screen.terminal.write(this.#takeErase(), () => {
        this.#showMenu();
        done();
      });
      return;
    }
    const start = this.#painted?.startColumn ?? this.#screen.terminal.buffer.active.cursorX;
    const cell = this.#screen.cellHeight;
    const painted = paint(
      {
        ...line,
        // What is typed ahead never runs on in a line of output.
        prompt: line.ahead && start > 0 ? '\n' : line.prompt,
        columns: this.#screen.terminal.cols,
        rows: this.#screen.terminal.rows,
        // A line that begins behind the last column begins on the next row.
        startColumn: start >= this.#screen.terminal.cols ? 0 : start,
        reserve: Math.ceil(menuHeight(editor) / cell),
      },
      this.#deps.widths,
    );
    const changes = this.#painted === null ? null : repaint(this.#painted, painted);
    const erase = this.#takeErase();
    this.#painted = { ...painted, startColumn: start };
    this.#screen.terminal.write(changes ?? erase + painted.vt, () => {
      this.#showMenu();
      done();
    });
  }

  /** The prompt drawn by itself says where the text begins. */
  #geometry(): Geometry | null {
    const line = lineOf(this.line.editor);
    if (line === null) return null;
    const { cols: columns, rows } = this.#screen.terminal;
    const columnBehind = (prompt: string, startColumn: number): number =>
      paint(
        {
          ...line,
          prompt,
          text: '',
          cursor: 0,
          selection: null,
          ghost: '',
          columns,
          rows,
          startColumn,
          reserve: 0,
        },
        this.#deps.widths,
      ).cursorColumn;
    const start = this.#painted?.startColumn ?? 0;
    return {
      columns,
      first: line.ahead ? 0 : columnBehind(line.prompt, start >= columns ? 0 : start),
      further: columnBehind(line.continuationPrompt, 0),
      widthOf: (character, column) =>
        character === '\t'
          ? Math.max(1, Math.min(tabStop - (column % tabStop), columns - column))
          : cellsOf(character, this.#deps.widths),
    };
  }

  #showMenu(): void {
    const { editor } = this.line;
    const shown = this.state.getState();
    const unsent = unsentLines(editor).some((text) => text !== '');
    if (shown.queued !== editor.queue.length || shown.unsent !== unsent)
      this.state.setState({ queued: editor.queue.length, unsent });
    const painted = this.#painted;
    const row = painted === null ? 0 : this.#screen.cursorRow - painted.cursorRow + painted.rows;
    const top = Math.round(row * this.#screen.cellHeight);
    const menu = painted === null ? null : menuOf(editor, top);
    if (menu !== null || shown.menu !== null) this.state.setState({ menu });
    const text = painted === null ? null : noteOf(editor);
    if (text !== null || shown.note !== null)
      this.state.setState({ note: text === null ? null : { text, top } });
  }

  // --- help beside the terminal ---

  /** Esc: the pane first, and the line as it is. What is listed below the line goes before both. */
  #closesHelp(event: KeyboardEvent): boolean {
    const { help, menu } = this.state.getState();
    if (event.key !== 'Escape' || help === null || menu !== null) return false;
    if (event.type === 'keydown') {
      event.preventDefault();
      this.closeHelp();
    }
    return true;
  }

  async #askHelp(command: string, parameter: string | undefined): Promise<void> {
    const title = parameter === undefined ? command : `${command} -${parameter}`;
    const asking = { kind: 'asking', title } as const;
    this.state.setState({ help: asking });
    const about = (asked: string | undefined) =>
      this.#deps.bridge.call('terminal.help', {
        sessionId: this.sessionId,
        command,
        // The pane's type is a little smaller than the terminal's; longer lines than these nobody reads well.
        columns: Math.max(40, Math.min(120, this.#size.columns - 4)),
        ...(asked === undefined ? {} : { parameter: asked }),
      });
    try {
      let help = await about(parameter);
      // PowerShell takes the beginning of a parameter's name for it; Get-Help does not.
      if (!help.found && parameter !== undefined && this.state.getState().help === asking) {
        const begun = await about(`${parameter}*`);
        if (begun.found) help = begun;
      }
      if (this.state.getState().help !== asking) return;
      this.state.setState({ help: { kind: 'shown', help, parameter } });
      this.#deps.announce(`Help for ${title}. F6 goes there.`);
    } catch (thrown) {
      if (this.state.getState().help !== asking) return;
      this.state.setState({ help: { kind: 'refused', title, error: appErrorOf(thrown) } });
    }
  }

  closeHelp(): void {
    this.state.setState({ help: null });
    this.focus();
  }

  paste(text: string): void {
    this.line.paste(text);
  }

  insert(text: string): void {
    this.line.insert(text);
  }

  takeUnsent(): string {
    return this.line.takeUnsent();
  }

  runLines(lines: readonly string[]): void {
    this.line.runLines(lines);
  }

  choose(index: number): void {
    this.line.choose(index);
  }

  interrupt(): void {
    this.line.interrupt();
  }

  copySelection(): void {
    this.line.copySelection();
  }

  #quietly(promise: Promise<unknown>): void {
    // What these fail with is said elsewhere: the banner for a lost way, the row for a lost session.
    promise.catch(() => undefined);
  }

  /** The screen is empty, the line at its top; what was above stays in the scrollback. */
  clear(): void {
    this.#screen.enqueue((done) => {
      this.#screen.terminal.write(this.#takeErase(), () =>
        this.#screen.scrollAway(() => this.#drawLine(done)),
      );
    });
  }

  text(screen = false): string[] {
    return this.#screen.text(screen);
  }

  find(text: string, forward: boolean): boolean {
    return this.#screen.find(text, forward);
  }

  get hasSelection(): boolean {
    return this.#screen.terminal.hasSelection();
  }

  setFinding(finding: boolean): void {
    this.state.setState({ finding });
    if (!finding) {
      this.#screen.endFind();
      this.focus();
    }
  }
}
