import type { LineFunction } from '../../../shared/line-functions.ts';
import { commandAt, parameterAt } from '../../../shared/powershell/commands.ts';
import type { HistoryLine, InputRequest } from '../../../shared/terminal.ts';
import { appErrorOf } from '../../bridge/client.ts';
import { saidAtRest, saidOf } from './announcing.ts';
import { CompletionCache } from './completion-cache.ts';
import { askingBeside } from './completion-words.ts';
import { remembered } from './editing/history-lines.ts';
import type { Geometry } from './editing/rows.ts';
import type { EditorEffect, EditorEvent, EditorState } from './editor-state.ts';
import { createEditor, freshLine, isPowerShell, unsentLines } from './editor-state.ts';
import { bindKeys } from './keymap.ts';
import { step } from './line-editor.ts';
import { KeyReader } from './terminal-keys.ts';
import type { TerminalScreen } from './terminal-screen.ts';
import type { TerminalDeps } from './terminal-state.ts';
import { isRiskyPaste } from './text.ts';

/** The contract's bound for what Ctrl+C leaves in the page. */
const mostEchoed = 1_000_000;
/** Long enough that nobody who types on is asked for at every key, short enough to be there when Tab comes. */
const aheadWait = 120;
/** Whoever types on is not told of half a word's errors. */
const restWait = 700;
/** Lines on their way to main and back. */
const mostTold = 50;
/** A line of more is pasted data: nothing is asked ahead for it. */
const mostAskedAhead = 2000;

const vertical: ReadonlySet<LineFunction> = new Set([
  'PreviousHistory',
  'NextHistory',
  'PreviousLine',
  'NextLine',
  'HistorySearchBackward',
  'HistorySearchForward',
]);

export interface LineHost {
  readonly sessionId: number;
  readonly screen: TerminalScreen;
  /** The line has changed and is to be drawn. */
  changed(): void;
  clear(): void;
  /** Where the line stands on the screen, now. */
  geometry(): Geometry | null;
  /** For the pane beside the terminal. */
  help(command: string, parameter: string | undefined): void;
}

/** One session's line: the editor, its keys, and what it wants done. It knows nothing of how the line is drawn. */
export class LineControl {
  readonly #deps: TerminalDeps;
  readonly #host: LineHost;
  readonly #keys: KeyReader;
  readonly #cache = new CompletionCache();
  readonly #stops: (() => void)[] = [];
  #editor: EditorState = createEditor();
  #interactive = true;
  #aheadTimer: ReturnType<typeof setTimeout> | undefined;
  #aheadAsked: string | null = null;
  #restTimer: ReturnType<typeof setTimeout> | undefined;
  #said = '';
  #saidAtRest = '';
  /** Lines this session ran; those that went to no file, because they looked like secrets, are known nowhere else. */
  #ownLines: readonly string[] = [];
  /** Lines of ours that main will tell of: they stand in the history already. */
  readonly #told: string[] = [];

  constructor(deps: TerminalDeps, host: LineHost) {
    this.#deps = deps;
    this.#host = host;
    const settings = deps.settings.getState();
    this.#keys = new KeyReader(bindKeys(settings));
    // Nothing is drawn yet: whoever makes this is not ready to.
    this.#editor = step(this.#editor, { kind: 'prediction', view: settings.prediction }).state;
    this.#editor = step(this.#editor, this.#allHistory()).state;
    this.#stops.push(
      deps.settings.subscribe((now, before) => {
        if (now.keys !== before.keys || now.editMode !== before.editMode) this.#keys.bind(bindKeys(now));
        if (now.prediction !== before.prediction) this.edit({ kind: 'prediction', view: now.prediction });
        if (now.historyScope !== before.historyScope) this.#takeHistory();
      }),
      deps.history.onChange((added) => (added === null ? this.#takeHistory() : this.#addHistory(added))),
    );
  }

  dispose(): void {
    clearTimeout(this.#aheadTimer);
    clearTimeout(this.#restTimer);
    for (const stop of this.#stops.splice(0)) stop();
  }

  get editor(): EditorState {
    return this.#editor;
  }

  get interactive(): boolean {
    return this.#interactive;
  }

  /** Left, nothing typed stays behind to run when somebody enters again; where the session ended by itself, it is kept for the next one. */
  setInteractive(interactive: boolean, ended: boolean): void {
    this.#interactive = interactive;
    if (!interactive && !ended) this.#editor = freshLine(this.#editor);
  }

  /** What ran in the session before this page was loaded; lines that are kept nowhere else are among them. */
  setSessionHistory(lines: readonly string[]): void {
    this.#ownLines = lines;
    this.#takeHistory();
  }

  #takeHistory(): void {
    this.edit(this.#allHistory());
  }

  #allHistory(): EditorEvent {
    const { history, settings, serverOf } = this.#deps;
    const all = history.everywhere();
    const serverId = serverOf(this.#host.sessionId);
    const own = serverId === undefined ? [] : history.of(serverId);
    const scope = settings.getState().historyScope === 'shared' ? all : own;
    return {
      kind: 'history',
      history: withOwn(scope, this.#ownLines),
      everywhere: withOwn(all, this.#ownLines),
    };
  }

  /** A line that ran in any window. */
  #addHistory({ serverId, text }: HistoryLine): void {
    const mine = this.#deps.serverOf(this.#host.sessionId) === serverId;
    const told = mine ? this.#told.indexOf(text) : -1;
    if (told >= 0) {
      this.#told.splice(told, 1);
      return;
    }
    const { history, everywhere } = this.#editor;
    const shared = this.#deps.settings.getState().historyScope === 'shared';
    // Not an event of the editor: who walks the history meanwhile walks on.
    this.#editor = {
      ...this.#editor,
      history: (mine || shared) && this.#editor.walk === null ? remembered(history, text) : history,
      everywhere: this.#editor.search === null ? remembered(everywhere, text) : everywhere,
    };
  }

  // --- what happens to the line ---

  edit(event: EditorEvent): void {
    const before = this.#editor;
    const { state, effects } = step(before, event);
    this.#editor = state;
    // Who types has done with what was selected; Ctrl+C means the command again.
    if (event.kind === 'insert' || event.kind === 'paste' || event.kind === 'action')
      this.#host.screen.clearSelection();
    if (before.completing?.kind === 'asked' && state.completing === null && event.kind !== 'completion') {
      this.#giveUpCompletion();
    }
    for (const effect of effects) this.#perform(effect);
    this.#say(saidOf(before, this.#editor, event));
    if (state.text !== before.text) this.#sayAtRest();
    if (state.text !== before.text || state.cursor !== before.cursor) this.#askAhead();
    this.#host.changed();
  }

  request(request: InputRequest | null): void {
    if (request?.kind === 'command') this.#cache.forgetAnswers();
    this.edit({ kind: 'request', request });
    if (request?.kind === 'command') this.#askAhead();
  }

  echoed(): void {
    this.#editor = step(this.#editor, { kind: 'echoed' }).state;
  }

  key(event: KeyboardEvent): boolean {
    if (event.type !== 'keydown' || event.isComposing) return true;
    // AltGr is how many keyboards type @ and braces; it looks like Ctrl+Alt.
    const altGr = event.ctrlKey && event.altKey && event.getModifierState('AltGraph');
    if (event.key.length === 1 && altGr) return true;
    const intent = this.#keys.read(event, {
      interactive: this.#interactive,
      waitsForKey: this.#editor.request?.kind === 'key' && this.#editor.submitted === null,
      selected: this.#host.screen.terminal.hasSelection(),
    });
    if (intent.kind === 'text') return true;
    if (intent.kind === 'leave') return false;
    event.preventDefault();
    switch (intent.kind) {
      case 'taken':
        this.edit({ kind: 'note', note: intent.note });
        break;
      case 'copy':
        this.copySelection();
        break;
      case 'interrupt':
        this.interrupt();
        break;
      case 'action':
        this.act(intent.action, intent.digit);
        break;
    }
    return false;
  }

  act(action: LineFunction, digit = ''): void {
    // Not an event of the editor: nothing but moving up and down looks at it.
    if (vertical.has(action) && this.#editor.text.includes('\n'))
      this.#editor = { ...this.#editor, geometry: this.#host.geometry() };
    this.edit({ kind: 'action', action, digit });
    if (!action.startsWith('ScrollDisplay')) this.#host.screen.scrollToBottom();
  }

  data(data: string): void {
    if (!this.#interactive) return;
    const { request, submitted } = this.#editor;
    if (request?.kind === 'key' && submitted === null) {
      this.#submit(request.requestId, data);
      return;
    }
    // Keys the keymap does not know arrive as escape sequences; they are not text.
    if (data.startsWith('\u001b') || (data.length === 1 && data < ' ')) return;
    this.edit({ kind: 'insert', text: data });
    this.#host.screen.scrollToBottom();
  }

  paste(text: string): void {
    if (!this.#interactive) return;
    // A file's byte order mark comes along with what is copied from it, and means nothing here.
    const lines = text.replace(/^\ufeff/, '').replace(/(?:\r?\n)+$/, '');
    if (lines === '') return;
    if (isRiskyPaste(lines)) this.#deps.confirmPaste(this.#host.sessionId, lines);
    else this.insert(lines);
  }

  /** Puts text into the line; it is never sent by that. */
  insert(text: string): void {
    this.edit({ kind: 'paste', text });
    this.#host.screen.scrollToBottom();
  }

  /** What was typed and never sent; it goes from here to whoever asked. */
  takeUnsent(): string {
    const text = unsentLines(this.#editor).join('\n');
    this.#editor = freshLine(this.#editor);
    this.#host.changed();
    return text;
  }

  /** Each line a command of its own, the next when the one before is done. */
  runLines(lines: readonly string[]): void {
    for (const line of lines) {
      this.edit({ kind: 'paste', text: line });
      this.edit({ kind: 'action', action: 'AcceptLine' });
    }
  }

  choose(index: number): void {
    // A completion is taken; what was found or predicted is a whole line, which Enter runs.
    const takes = this.#editor.completing !== null;
    this.edit({ kind: 'choose', index });
    if (takes) this.edit({ kind: 'action', action: 'AcceptLine' });
    this.#host.screen.terminal.focus();
  }

  interrupt(text = ''): void {
    this.#quietly(
      this.#deps.bridge.call('terminal.interrupt', {
        sessionId: this.#host.sessionId,
        ...(text === '' ? {} : { text: text.slice(0, mostEchoed) }),
      }),
    );
  }

  copySelection(): void {
    const { terminal } = this.#host.screen;
    if (!terminal.hasSelection()) return;
    this.#copy(terminal.getSelection());
    terminal.clearSelection();
  }

  // --- what the line wants done ---

  #perform(effect: EditorEffect): void {
    const { screen } = this.#host;
    switch (effect.kind) {
      case 'submit':
        this.#submit(effect.requestId, effect.text);
        break;
      case 'remember':
        this.#ownLines = [...this.#ownLines, effect.text];
        this.#told.push(effect.text);
        if (this.#told.length > mostTold) this.#told.shift();
        if (effect.text.length <= mostEchoed) {
          const { sessionId } = this.#host;
          this.#quietly(this.#deps.bridge.call('history.add', { sessionId, text: effect.text }));
        }
        break;
      case 'forget-history':
        this.#forgetHistory();
        break;
      case 'interrupt':
        this.interrupt(effect.text);
        break;
      case 'complete':
        void this.#complete(effect.token, effect.text, effect.cursor);
        break;
      case 'give-up-completion':
        this.#giveUpCompletion();
        break;
      case 'copy':
        this.#copy(effect.text);
        break;
      case 'paste':
        navigator.clipboard.readText().then(
          (text) => this.paste(text),
          () => screen.bell(),
        );
        break;
      case 'clear-screen':
        this.#host.clear();
        break;
      case 'scroll':
        if (effect.to === 'page') screen.terminal.scrollPages(effect.count);
        else if (effect.to === 'line') screen.terminal.scrollLines(effect.count);
        else if (effect.to === 'top') screen.terminal.scrollToTop();
        else screen.scrollToBottom();
        break;
      case 'help':
        this.#help(effect.about, effect.text, effect.cursor);
        break;
      case 'show-keys':
        this.#deps.showKeys();
        break;
      case 'what-is-key':
        this.#keys.explainNext();
        this.#editor = step(this.#editor, { kind: 'note', note: 'Press a key to see what it does.' }).state;
        break;
      case 'prediction-view':
        this.#deps.predictionView(effect.view);
        break;
      case 'bell':
        screen.bell();
        break;
    }
  }

  #submit(requestId: number, text: string): void {
    this.#deps.bridge
      .call('terminal.submit', { sessionId: this.#host.sessionId, requestId, text })
      .catch((thrown: unknown) => {
        const error = appErrorOf(thrown);
        this.edit({ kind: 'refused', requestId });
        if (error.code !== 'bridge.lost' && error.code !== 'terminal.stale-request') this.#deps.fail(error);
      });
  }

  #forgetHistory(): void {
    const serverId = this.#deps.serverOf(this.#host.sessionId);
    this.#ownLines = [];
    if (serverId !== undefined) this.#quietly(this.#deps.bridge.call('history.clear', { serverId }));
    this.#editor = step(this.#editor, {
      kind: 'note',
      note: 'The history of this server is empty now.',
    }).state;
  }

  #help(about: 'command' | 'parameter', text: string, cursor: number): void {
    const command = commandAt(text, cursor)?.name;
    if (command === undefined || command === '') {
      this.#host.screen.bell();
      return;
    }
    const parameter = about === 'parameter' ? parameterAt(text, cursor) : undefined;
    if (about === 'parameter' && parameter === undefined) {
      this.#editor = step(this.#editor, { kind: 'note', note: 'There is no parameter at the cursor.' }).state;
      this.#host.screen.bell();
      return;
    }
    this.#host.help(command, parameter);
  }

  // --- completion ---

  async #complete(token: number, text: string, cursor: number): Promise<void> {
    const known = this.#isPrompted ? this.#cache.get(text, cursor) : null;
    const completion = known ?? (await this.#ask(text, cursor));
    if (completion?.busy !== true) {
      this.edit({ kind: 'completion', token, completion });
      return;
    }
    const before = this.#cache.get(text, cursor);
    const guess =
      before === null ? this.#cache.guess(text, cursor) : ({ ...before, source: 'cache' } as const);
    if (guess !== null) {
      this.edit({ kind: 'completion', token, completion: guess });
      return;
    }
    // Whoever typed on, or pressed Escape, wants no shell to be opened for it any more.
    const { completing } = this.#editor;
    if (completing?.kind !== 'asked' || completing.token !== token) return;
    this.edit({ kind: 'note', note: askingBeside });
    this.edit({ kind: 'completion', token, completion: await this.#ask(text, cursor, true) });
  }

  /** A line is awaited: main answers Tab at once, and what it said before still holds. */
  get #isPrompted(): boolean {
    return this.#editor.request !== null && this.#editor.submitted === null;
  }

  async #ask(text: string, cursor: number, beside = false) {
    const completion = await this.#deps.bridge
      .call('terminal.complete', {
        sessionId: this.#host.sessionId,
        text,
        cursor,
        ...(beside ? { beside } : {}),
      })
      .catch(() => null);
    if (completion !== null && completion.matches.length > 0) this.#cache.put(text, cursor, completion);
    return completion;
  }

  /** While somebody rests between two words, what Tab would ask. One question at a time, and none that is known. */
  #askAhead(): void {
    clearTimeout(this.#aheadTimer);
    if (!this.#deps.settings.getState().completeAhead) return;
    this.#aheadTimer = setTimeout(() => {
      const { request, submitted, text, base, cursor, completing, search } = this.#editor;
      if (request?.kind !== 'command' || submitted !== null || completing !== null || search !== null) return;
      if (!isPowerShell(this.#editor) || !wantsCompletion(text, cursor) || text.length > mostAskedAhead)
        return;
      const whole = base + text;
      const place = base.length + cursor;
      const key = `${String(place)} ${whole}`;
      if (this.#aheadAsked !== null || this.#cache.get(whole, place) !== null) return;
      this.#aheadAsked = key;
      void this.#ask(whole, place).finally(() => {
        this.#aheadAsked = null;
      });
    }, aheadWait);
  }

  #giveUpCompletion(): void {
    this.#quietly(this.#deps.bridge.call('terminal.giveUpCompletion', { sessionId: this.#host.sessionId }));
  }

  // --- for who does not see it ---

  #say(text: string): void {
    if (text === '') return;
    // The same words twice would be no news to a screen reader.
    this.#said = text === this.#said ? `${text}\u00a0` : text;
    this.#deps.announce(this.#said);
  }

  #sayAtRest(): void {
    clearTimeout(this.#restTimer);
    if (!this.#deps.settings.getState().screenReader) return;
    this.#restTimer = setTimeout(() => {
      const text = saidAtRest(this.#editor);
      if (text !== this.#saidAtRest) this.#say(text);
      this.#saidAtRest = text;
    }, restWait);
  }

  #copy(text: string): void {
    this.#quietly(navigator.clipboard.writeText(text));
  }

  #quietly(promise: Promise<unknown>): void {
    // What these fail with is said elsewhere: the banner for a lost way, the row for a lost session.
    promise.catch(() => undefined);
  }
}

/** Lines of the session that are in no file stand behind the others. */
function withOwn(lines: readonly string[], own: readonly string[]): readonly string[] {
  if (own.length === 0) return lines;
  const known = new Set(lines);
  const missing = own.filter((line) => !known.has(line));
  return missing.length === 0 ? lines : [...lines, ...missing];
}

/** A word has begun, so that there is something to complete. */
function wantsCompletion(text: string, cursor: number): boolean {
  return cursor >= 3 && /[\p{L}\p{N}_\-$:\\/.]$/u.test(text.charAt(cursor - 1));
}
