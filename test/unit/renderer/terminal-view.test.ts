import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createBridge } from '../../../renderer/bridge/client.ts';
import type { FakeMain } from '../../../renderer/bridge/fake.ts';
import { createFakeMain, fakeRow, fakeServer, Refusal } from '../../../renderer/bridge/fake.ts';
import { createCellWidths } from '../../../renderer/features/terminal/cell-width.ts';
import { TerminalView } from '../../../renderer/features/terminal/terminal-view.ts';
import type { HistoryStore } from '../../../renderer/features/terminal/history-store.ts';
import { createHistoryStore } from '../../../renderer/features/terminal/history-store.ts';
import type { SettingsStore } from '../../../renderer/stores/settings.ts';
import { createSettingsStore } from '../../../renderer/stores/settings.ts';
import type { AppError } from '../../../shared/error.ts';
import type { InputRequest } from '../../../shared/terminal.ts';
import { givePageSizes } from './page-without-layout.ts';

const widths = createCellWidths();

let fake: FakeMain;
let view: TerminalView;
let failures: AppError[];
let pastes: string[];
let shown: string[];
let said: string[];
let settings: SettingsStore;
let history: HistoryStore;

beforeEach(() => {
  givePageSizes();
  fake = createFakeMain([fakeServer()], [fakeRow({ entered: true })]);
  failures = [];
  pastes = [];
  const theme = {
    watch: () => undefined,
    recall: () => 'system' as const,
    remember: () => undefined,
    show: () => undefined,
  };
  const bridge = createBridge(fake.port);
  settings = createSettingsStore(theme);
  history = createHistoryStore(bridge);
  shown = [];
  said = [];
  view = new TerminalView(1, {
    bridge,
    settings,
    widths,
    fail: (error) => failures.push(error),
    confirmPaste: (_session, text) => pastes.push(text),
    history,
    serverOf: () => 's1',
    showKeys: () => shown.push('keys'),
    predictionView: (prediction) => settings.setState({ prediction }),
    announce: (text) => said.push(text),
  });
  document.body.append(view.element);
});
afterEach(() => view.dispose());

/** The page as a person reads it: without trailing blanks and empty rows below. */
function page(): string[] {
  const lines = view.text().map((line) => line.trimEnd());
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

function press(key: string, modifiers: Partial<KeyboardEventInit> = {}): void {
  const target = view.element.querySelector('textarea');
  target?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...modifiers }));
}

/** Asks, and waits until the prompt stands there: what is typed before that is typed ahead. */
async function asked(...request: Parameters<typeof ask>): Promise<void> {
  ask(...request);
  await expect.poll(() => view.state.getState().request).toBe(request[0]);
}

function ask(kind: InputRequest['kind'], requestId: number, prompt = 'PS> '): void {
  const request: InputRequest = { requestId, kind, prompt, afterSeq: fake.snapshot(1).seq };
  fake.snapshot(1).request = request;
  fake.emit('terminal.input', { sessionId: 1, request });
}

function submits(): unknown[] {
  return fake.log.filter((call) => call.name === 'terminal.submit').map((call) => call.input);
}

async function attach(): Promise<void> {
  await view.attach();
  await expect.poll(() => view.state.getState().attached).toBe('yes');
}

describe('the page', () => {
  test('stands where the snapshot left it, and goes on from there', async () => {
    fake.say(
      1,
      { commandId: 1, kind: 'echo', vt: 'PS> dir\r\n' },
      { commandId: 1, kind: 'output', vt: 'a\r\n' },
    );
    await attach();
    ask('command', 1);
    await expect.poll(page).toEqual(['PS> dir', 'a', 'PS>']);
    fake.say(1, { commandId: 0, kind: 'notice', vt: 'note\r\n' });
    await expect.poll(page).toEqual(['PS> dir', 'a', 'note', 'PS>']);
  });

  test('what was drawn is acknowledged, the snapshot is not', async () => {
    fake.say(1, { commandId: 0, kind: 'output', vt: 'x'.repeat(100) });
    await attach();
    fake.say(
      1,
      { commandId: 0, kind: 'output', vt: 'y'.repeat(40) },
      { commandId: 0, kind: 'error', vt: 'zz' },
    );
    await expect
      .poll(() => fake.log.filter((call) => call.name === 'terminal.ack').map((call) => call.input))
      .toEqual([{ sessionId: 1, chars: 42 }]);
  });

  test.each(['shown', 'hidden'])(
    'a long page is drawn whole while the terminal is %s, whatever its pieces cut',
    async (how) => {
      await attach();
      view.show();
      if (how === 'hidden') view.hide();
      // Every line has a colour and a character of two units: somewhere a piece ends in the middle of each.
      const lines = Array.from(
        { length: 700 },
        (_, at) => `\u001b[3${String(at % 8)}m${'\u{1f600}'.repeat(9)} ${String(at)}\u001b[0m`,
      );
      fake.say(1, { commandId: 0, kind: 'output', vt: `${lines.join('\r\n')}\r\n` });
      ask('command', 1);
      await expect.poll(() => page().at(-1), { timeout: 20_000 }).toBe('PS>');
      expect(page()).toEqual([...lines.map((_, at) => `${'\u{1f600}'.repeat(9)} ${String(at)}`), 'PS>']);
    },
  );

  test('a prompt waits for the output before it', async () => {
    await attach();
    const request: InputRequest = { requestId: 1, kind: 'command', prompt: 'PS> ', afterSeq: 1 };
    fake.emit('terminal.input', { sessionId: 1, request });
    await expect.poll(page).toEqual([]);
    fake.say(1, { commandId: 0, kind: 'output', vt: 'first\r\n' });
    await expect.poll(page).toEqual(['first', 'PS>']);
  });

  test('a prompt that overtakes the snapshot is not lost', async () => {
    fake.say(1, { commandId: 0, kind: 'notice', vt: 'banner\r\n' });
    const attaching = view.attach();
    // The snapshot was taken before the session asked, and arrives after.
    const request: InputRequest = { requestId: 1, kind: 'command', prompt: 'PS> ', afterSeq: 1 };
    fake.emit('terminal.input', { sessionId: 1, request });
    await attaching;
    await expect.poll(page).toEqual(['banner', 'PS>']);
  });

  test('a prompt withdrawn while the snapshot was on its way does not come back with it', async () => {
    fake.snapshot(1).request = { requestId: 1, kind: 'line', prompt: 'Name: ', afterSeq: 0 };
    const attaching = view.attach();
    fake.emit('terminal.input', { sessionId: 1, request: null });
    await attaching;
    await expect.poll(() => view.state.getState().attached).toBe('yes');
    expect(view.state.getState().request).toBeNull();
  });

  test('output that did not end its line keeps it, and the prompt follows on it', async () => {
    await attach();
    fake.say(1, { commandId: 0, kind: 'output', vt: 'Name: ' });
    await asked('line', 1, '');
    view.insert('Ada');
    await expect.poll(page).toEqual(['Name: Ada']);
    fake.say(1, { commandId: 0, kind: 'output', vt: '\r\nlate\r\n' });
    await expect.poll(page).toEqual(['Name:', 'late', 'Ada']);
  });

  test('starting again replaces the page and doubles nothing', async () => {
    fake.say(1, { commandId: 0, kind: 'output', vt: 'one\r\n' });
    await attach();
    fake.say(1, { commandId: 0, kind: 'output', vt: 'two\r\n' });
    ask('command', 1);
    await attach();
    fake.say(1, { commandId: 0, kind: 'output', vt: 'three\r\n' });
    await expect.poll(page).toEqual(['one', 'two', 'three', 'PS>']);
  });

  test('a failure to fetch it is said, and can be tried again', async () => {
    const attachAgain = fake.handlers['terminal.attach'];
    fake.handlers['terminal.attach'] = () => {
      throw new Refusal({ code: 'session.unknown', title: 'No such session' });
    };
    await view.attach();
    expect(view.state.getState()).toMatchObject({ attached: 'no', error: { code: 'session.unknown' } });
    fake.handlers['terminal.attach'] = attachAgain;
    await attach();
    expect(view.state.getState().error).toBeNull();
  });
});

describe('a command line', () => {
  test('is drawn as it is typed, stays while it is sent, and its echo takes its place', async () => {
    await attach();
    ask('command', 7);
    view.insert('Get-Dat');
    await expect.poll(page).toEqual(['PS> Get-Dat']);
    view.insert('e');
    press('Enter');
    await expect.poll(submits).toEqual([{ sessionId: 1, requestId: 7, text: 'Get-Date' }]);
    fake.emit('terminal.input', { sessionId: 1, request: null });
    await expect.poll(page).toEqual(['PS> Get-Date']);
    fake.emit('terminal.command', {
      sessionId: 1,
      command: { commandId: 1, text: 'Get-Date', state: 'running' },
    });
    fake.say(1, { commandId: 1, kind: 'echo', vt: 'PS> Get-Date\r\n' });
    fake.say(1, { commandId: 1, kind: 'output', vt: 'today\r\n' });
    ask('command', 8);
    await expect.poll(page).toEqual(['PS> Get-Date', 'today', 'PS>']);
  });

  test('comes back where it is refused', async () => {
    fake.handlers['terminal.submit'] = () => {
      throw new Refusal({ code: 'session.not-open', title: 'The session is not open' });
    };
    await attach();
    ask('command', 1);
    view.insert('Get-Date');
    press('Enter');
    await expect.poll(() => failures.map((error) => error.code)).toEqual(['session.not-open']);
    press('Home');
    view.insert('# ');
    await expect.poll(page).toEqual(['PS> # Get-Date']);
  });

  test('Ctrl+C always stops, with what stood on the line', async () => {
    await attach();
    press('c', { ctrlKey: true });
    ask('command', 1);
    await expect.poll(page).toEqual(['PS>']);
    view.insert('half');
    press('c', { ctrlKey: true });
    await expect
      .poll(() => fake.log.filter((call) => call.name === 'terminal.interrupt').map((call) => call.input))
      .toEqual([{ sessionId: 1 }, { sessionId: 1, text: 'half' }]);
  });

  test('lines typed ahead run one at each prompt', async () => {
    await attach();
    view.runLines(['one', 'two']);
    await expect.poll(() => view.state.getState().queued).toBe(2);
    ask('command', 1);
    await expect.poll(submits).toHaveLength(1);
    ask('command', 2);
    await expect.poll(submits).toEqual([
      { sessionId: 1, requestId: 1, text: 'one' },
      { sessionId: 1, requestId: 2, text: 'two' },
    ]);
    expect(view.state.getState().queued).toBe(0);
  });

  test('what is typed ahead is seen, below the output and never behind it', async () => {
    await attach();
    fake.say(1, { commandId: 0, kind: 'output', vt: 'working' });
    await expect.poll(page).toEqual(['working']);
    view.runLines(['one']);
    view.insert('tw');
    await expect.poll(page).toEqual(['working', 'one', 'tw']);
    fake.say(1, { commandId: 0, kind: 'output', vt: '...\r\n' });
    await expect.poll(page).toEqual(['working...', 'one', 'tw']);
    await asked('command', 1);
    fake.emit('terminal.input', { sessionId: 1, request: null });
    fake.say(1, { commandId: 1, kind: 'echo', vt: 'PS> one\r\n' });
    await expect.poll(page).toEqual(['working...', 'PS> one', 'tw']);
    await asked('command', 2);
    await expect.poll(page).toEqual(['working...', 'PS> one', 'PS> tw']);
  });

  test('what is typed between two questions may be a password, and is not drawn', async () => {
    await attach();
    await asked('line', 1, 'User: ');
    view.insert('ada');
    press('Enter');
    fake.emit('terminal.input', { sessionId: 1, request: null });
    fake.say(1, { commandId: 0, kind: 'echo', vt: 'User: ada\r\n' });
    view.insert('hush');
    await asked('secret', 2, 'Password: ');
    await expect.poll(page).toEqual(['User: ada', 'Password: ****']);
    expect(view.takeUnsent()).toBe('');
  });

  test('the rows are measured once, not at every drawing', async () => {
    await attach();
    await asked('command', 1);
    const screen = view.element.querySelector('.xterm-screen');
    let read = 0;
    Object.defineProperty(screen, 'clientHeight', {
      get() {
        // xterm's own overview ruler asks as well.
        if (new Error().stack?.includes('renderer/features/') === true) read++;
        return 480;
      },
    });
    for (const letter of 'Get-Date') {
      view.insert(letter);
      await expect.poll(() => page().at(-1)).toContain(letter);
    }
    fake.say(1, { commandId: 0, kind: 'output', vt: 'x\r\n'.repeat(50) });
    await expect.poll(() => page().length).toBe(51);
    expect(read).toBeLessThanOrEqual(1);
  });

  test('Ctrl+L clears the screen and keeps the line', async () => {
    await attach();
    fake.say(1, { commandId: 0, kind: 'output', vt: 'old\r\n'.repeat(5) });
    ask('command', 1);
    view.insert('typed');
    await expect.poll(() => page().length).toBe(6);
    press('l', { ctrlKey: true });
    await expect
      .poll(() =>
        view
          .text(true)
          .map((line) => line.trimEnd())
          .filter(Boolean),
      )
      .toEqual(['PS> typed']);
    expect(page().filter((line) => line === 'old')).toHaveLength(5);
  });
});

describe('up and down in a command of several lines', () => {
  test('stay in the column of the screen, whatever stands before the lines', async () => {
    await attach();
    await asked('command', 1, '[server]: PS> ');
    // 80 columns: behind the prompt of 14 the first line is broken once.
    view.insert(`${'a'.repeat(70)}\nsecond\tline 日本\nthird line`);
    press('Home');
    for (let count = 0; count < 5; count++) press('ArrowRight');
    const marked = async (text: string) => {
      view.insert('|');
      await expect.poll(() => page().join('').includes(text)).toBe(true);
      press('z', { ctrlKey: true });
    };
    await marked('>> third| line');
    press('ArrowUp');
    await marked('>> secon|d');
    // Over the second row of the first line, which is shorter, to its first: there the prompt stands in the column.
    press('ArrowUp');
    press('ArrowUp');
    press('ArrowDown');
    press('ArrowDown');
    await marked('>> secon|d');
    press('ArrowUp');
    press('ArrowUp');
    await marked('[server]: PS> |aaaa');
  });
});

describe('prompts of the host', () => {
  test('a secret is drawn as stars and sent as it is', async () => {
    await attach();
    await asked('secret', 3, 'Password: ');
    view.insert('hunter2');
    await expect.poll(page).toEqual(['Password: *******']);
    press('Enter');
    await expect.poll(submits).toEqual([{ sessionId: 1, requestId: 3, text: 'hunter2' }]);
    fake.say(1, { commandId: 0, kind: 'echo', vt: 'Password: *******\r\n' });
    await expect.poll(page).toEqual(['Password: *******']);
  });
});

describe('pasting', () => {
  test('one line goes in, several are asked about first', async () => {
    await attach();
    ask('command', 1);
    view.paste('Get-Date\r\n');
    await expect.poll(page).toEqual(['PS> Get-Date']);
    view.paste('a\nb');
    expect(pastes).toEqual(['a\nb']);
    view.paste('\ufeff');
    expect(pastes).toHaveLength(1);
    // One line that holds what nobody sees is asked about as well.
    view.paste('rm \u202exyz');
    expect(pastes.at(-1)).toBe('rm \u202exyz');
    await expect.poll(page).toEqual(['PS> Get-Date']);
  });
});

describe('completion', () => {
  test('the menu opens below the line and Enter takes the match', async () => {
    fake.handlers['terminal.complete'] = () => ({
      replacementIndex: 4,
      replacementLength: 2,
      matches: ['-Force', '-Filter'].map((text) => ({
        text,
        label: text,
        kind: 'ParameterName',
        toolTip: '',
      })),
    });
    await attach();
    await asked('command', 1);
    view.insert('dir -F');
    press(' ', { ctrlKey: true });
    await expect.poll(() => matches()).toHaveLength(2);
    press('ArrowDown');
    press('Enter');
    await expect.poll(page).toEqual(['PS> dir -Filter']);
    expect(view.state.getState().menu).toBeNull();
    expect(submits()).toEqual([]);
  });
});

describe('for who does not see it', () => {
  beforeEach(async () => {
    settings.setState({ screenReader: true, completeAhead: false });
    view.show();
    await attach();
    await asked('command', 1);
  });

  test('a match is told with its tool tip, and what the menu says of where it comes from', async () => {
    fake.handlers['terminal.complete'] = () => ({
      replacementIndex: 0,
      replacementLength: 3,
      source: 'commands',
      matches: [
        { text: 'dir-one', label: 'dir-one', kind: 'Command', toolTip: '\ndir-one [-Path <string>]\nmore' },
        { text: 'dir-two', label: 'dir-two', kind: 'Command', toolTip: 'dir-two' },
      ],
    });
    view.insert('dir');
    press(' ', { ctrlKey: true });
    await expect
      .poll(() => said.at(-1))
      .toBe(
        'dir-one, 1 of 2. dir-one [-Path <string>]. From Get-Command: this endpoint has no completion of its own.',
      );
    press('ArrowDown');
    expect(said.at(-1)).toBe('dir-two, 2 of 2');
  });

  test('a prediction is told once somebody rests, and what was accepted of it', async () => {
    settings.setState({ prediction: 'inline' });
    view.runLines(['Get-Item one']);
    await asked('command', 2);
    view.insert('Get-');
    await expect.poll(() => said.at(-1)).toBe('Predicted: Item one');
    press('ArrowRight', { ctrlKey: true });
    expect(said.at(-1)).toBe('Accepted: Item');
    press('ArrowRight');
    expect(said.at(-1)).toBe('Accepted:  one');
  });

  test('an error is told when somebody rests, and not of what is only unfinished', async () => {
    view.insert('dir )');
    await expect.poll(() => said.some((each) => each.startsWith('Error: '))).toBe(true);
    press('Escape');
    expect(said.at(-1)).toBe('The line is empty');
    const before = said.length;
    view.insert('if (1');
    press('ArrowLeft', { shiftKey: true });
    expect(said.slice(before)).toEqual(['Selected: 1']);
    press('ArrowLeft');
    expect(said.at(-1)).toBe('Nothing selected');
    press('z', { ctrlKey: true });
    expect(said.at(-1)).toBe('The line is empty');
  });

  test('of a pasted file the beginning is told, not a megabyte', () => {
    view.insert('x'.repeat(1_000_000));
    press('z', { ctrlKey: true });
    press('y', { ctrlKey: true });
    expect(said.at(-1)).toHaveLength(1002);
  });

  test('the list of a search is counted, and the same words twice are told twice', () => {
    press('r', { ctrlKey: true });
    expect(said.at(-1)).toBe('Search the history');
    view.insert('q');
    expect(said.at(-1)).toBe('Nothing found');
    view.insert('q');
    expect(said.at(-1)).toBe('Nothing found\u00a0');
  });

  test('a command that ends says how, and of a password nothing is told', async () => {
    fake.emit('terminal.command', {
      sessionId: 1,
      command: { commandId: 1, text: 'x', state: 'failed', duration: 2100 },
    });
    await expect.poll(() => said.at(-1)).toBe('Failed, 2.1 s');
    await asked('secret', 2, 'Password: ');
    const before = said.length;
    view.insert('hunter2');
    press('ArrowLeft', { shiftKey: true });
    press('z', { ctrlKey: true });
    expect(said.slice(before)).toEqual([]);
  });
});

/** What the menu below the line offers. */
function matches(): string[] {
  const { menu } = view.state.getState();
  return menu?.kind === 'completions' ? menu.completing.matches.map((match) => match.text) : [];
}

function asks(): unknown[] {
  return fake.log.filter((call) => call.name === 'terminal.complete').map((call) => call.input);
}

describe('completion between two keys', () => {
  /** As main: while a command runs only another shell answers. */
  let running: boolean;

  beforeEach(() => {
    running = false;
    fake.handlers['terminal.complete'] = ({ text, cursor, beside }) => {
      if (running && beside !== true)
        return { replacementIndex: 0, replacementLength: 0, matches: [], busy: true };
      const from = text.lastIndexOf(' ', cursor - 1) + 1;
      const word = text.slice(from, cursor).toLowerCase();
      const known = from === 0 ? ['Get-Date', 'Get-Help', 'Get-Item'] : ['-Force', '-Filter'];
      return {
        replacementIndex: from,
        replacementLength: cursor - from,
        ...(beside === true ? { source: 'beside' as const } : {}),
        matches: known
          .filter((name) => name.toLowerCase().startsWith(word))
          .map((name) => ({
            text: name,
            label: name,
            kind: from === 0 ? 'Command' : 'ParameterName',
            toolTip: name,
          })),
      };
    };
  });

  test('is asked ahead, and what Tab then finds there is narrowed without another question', async () => {
    await attach();
    await asked('command', 1);
    view.insert('Get-');
    await expect.poll(asks).toEqual([{ sessionId: 1, text: 'Get-', cursor: 4 }]);
    view.insert('H');
    press('Tab');
    await expect.poll(page).toEqual(['PS> Get-Help']);
    expect(asks()).toHaveLength(1);
  });

  test('while a command runs it comes from before, and says so', async () => {
    await attach();
    await asked('command', 1);
    view.insert('Get-I');
    press('Tab');
    await expect.poll(page).toEqual(['PS> Get-Item']);
    view.insert(' -F');
    press(' ', { ctrlKey: true });
    await expect.poll(matches).toEqual(['-Force', '-Filter']);
    press('Escape');
    press('Enter');
    fake.emit('terminal.input', { sessionId: 1, request: null });
    fake.say(1, { commandId: 1, kind: 'echo', vt: 'PS> Get-Item -F\r\n' });
    await expect.poll(page).toEqual(['PS> Get-Item -F']);
    running = true;
    view.insert('Get-Item -Fo');
    press(' ', { ctrlKey: true });
    await expect.poll(page).toEqual(['PS> Get-Item -F', 'Get-Item -Force']);
    view.insert(' -');
    press(' ', { ctrlKey: true });
    await expect.poll(matches).toEqual(['-Filter', '-Force']);
    const { menu } = view.state.getState();
    expect(menu?.kind === 'completions' ? menu.completing.source : '').toBe('cache');
    expect(asks()).not.toContainEqual(expect.objectContaining({ beside: true }));
  });

  test('where nothing is known from before, another shell is asked, and it says what that does not see', async () => {
    running = true;
    await attach();
    view.insert('Get-');
    press(' ', { ctrlKey: true });
    expect(said).toEqual([]);
    await expect.poll(matches).toEqual(['Get-Date', 'Get-Help', 'Get-Item']);
    expect(said[0]).toBe('A command runs here: asking in another shell. Esc gives up.');
    const { menu } = view.state.getState();
    expect(menu?.kind === 'completions' ? menu.completing.source : '').toBe('beside');
    press('Escape');
    view.insert('H');
    // Without a menu the same is said below the line.
    press('Tab');
    await expect.poll(page).toEqual(['Get-Help']);
    await expect.poll(() => view.state.getState().note?.text).toContain('variables');
    expect(asks()).toContainEqual({ sessionId: 1, text: 'Get-', cursor: 4, beside: true });
  });

  test('Escape gives up the other shell, and why there is none is said', async () => {
    await attach();
    let answer = (): void => undefined;
    const late = new Promise<void>((resolve) => (answer = resolve));
    const nothing = { replacementIndex: 0, replacementLength: 0, matches: [] };
    fake.handlers['terminal.complete'] = async ({ beside }) => {
      if (beside !== true) return { ...nothing, busy: true };
      await late;
      return { ...nothing, note: 'The server allows you no other shell now.' };
    };
    view.insert('Get-');
    press('Tab');
    await expect.poll(() => view.state.getState().note?.text).toContain('Esc gives up');
    press('Escape');
    await expect.poll(() => fake.log.some((call) => call.name === 'terminal.giveUpCompletion')).toBe(true);
    await expect.poll(() => view.state.getState().note).toBeNull();
    answer();
    press('Tab');
    await expect
      .poll(() => view.state.getState().note?.text)
      .toBe('The server allows you no other shell now.');
    expect(said.at(-1)).toBe('The server allows you no other shell now.');
    expect(page()).toEqual(['Get-']);
  });

  test('Tab before the prompt is there is answered at the prompt', async () => {
    await attach();
    let prompted = (): void => undefined;
    const prompt = new Promise<void>((resolve) => (prompted = resolve));
    const { 'terminal.complete': answer } = fake.handlers;
    fake.handlers['terminal.complete'] = async (input) => {
      await prompt;
      return answer(input);
    };
    view.insert('Get-H');
    press('Tab');
    await expect.poll(asks).toHaveLength(1);
    await asked('command', 1);
    prompted();
    await expect.poll(page).toEqual(['PS> Get-Help']);
  });

  test('is given up on the server when somebody types on or presses Escape', async () => {
    await attach();
    await asked('command', 1);
    settings.setState({ completeAhead: false });
    let answer = (): void => undefined;
    const late = new Promise<void>((resolve) => (answer = resolve));
    fake.handlers['terminal.complete'] = async () => {
      await late;
      return {
        replacementIndex: 0,
        replacementLength: 3,
        matches: [{ text: 'Late', label: 'Late', kind: '', toolTip: '' }],
      };
    };
    view.insert('abc');
    press('Tab');
    await expect.poll(asks).toHaveLength(1);
    press('Escape');
    await expect.poll(() => fake.log.some((call) => call.name === 'terminal.giveUpCompletion')).toBe(true);
    answer();
    view.insert('d');
    await expect.poll(page).toEqual(['PS> abcd']);
  });

  test('each match is announced with its place', async () => {
    await attach();
    await asked('command', 1);
    view.insert('Get-');
    press(' ', { ctrlKey: true });
    await expect.poll(() => said).toEqual(['Get-Date, 1 of 3']);
    press('ArrowDown');
    expect(said.at(-1)).toBe('Get-Help, 2 of 3');
  });
});

describe('the history', () => {
  test('is that of the server, goes on with what runs, and main hears of it', async () => {
    fake.handlers['history.load'] = () => ({
      lines: [
        { serverId: 's1', text: 'old' },
        { serverId: 's2', text: 'elsewhere' },
      ],
      next: null,
    });
    await history.load();
    await attach();
    await asked('command', 1);
    press('ArrowUp');
    await expect.poll(page).toEqual(['PS> old']);
    press('ArrowUp');
    press('Escape');
    view.insert('new');
    press('Enter');
    await expect
      .poll(() => fake.log.filter((call) => call.name === 'history.add').map((call) => call.input))
      .toEqual([{ sessionId: 1, text: 'new' }]);
    fake.emit('history.added', { serverId: 's1', text: 'new' });
    fake.emit('history.added', { serverId: 's1', text: 'from another window' });
    await asked('command', 2);
    press('ArrowUp');
    await expect.poll(() => view.line.editor.text).toBe('from another window');
    press('ArrowUp');
    expect(view.line.editor.text).toBe('new');
    press('ArrowUp');
    expect(view.line.editor.text).toBe('old');
  });

  test('is searched with a list, of all servers too, and Enter runs what was found', async () => {
    fake.handlers['history.load'] = () => ({
      lines: [
        { serverId: 's2', text: 'Stop-Service there' },
        { serverId: 's1', text: 'Stop-Service x' },
        { serverId: 's1', text: 'Get-Date' },
        { serverId: 's1', text: 'stop-computer' },
      ],
      next: null,
    });
    await history.load();
    await attach();
    await asked('command', 1);
    press('r', { ctrlKey: true });
    view.line.edit({ kind: 'insert', text: 'stop' });
    await expect.poll(page).toEqual(['PS> stop-computer']);
    await expect.poll(() => view.state.getState().menu).toMatchObject({ kind: 'search', found: 2, index: 0 });
    press('r', { ctrlKey: true });
    await expect.poll(page).toEqual(['PS> Stop-Service x']);
    press('s', { altKey: true });
    await expect.poll(() => view.state.getState().menu).toMatchObject({ found: 3 });
    press('Enter');
    await expect.poll(submits).toHaveLength(1);
  });

  test('what it predicts stands dim behind the line until the arrow takes it', async () => {
    fake.handlers['history.load'] = () => ({
      lines: [{ serverId: 's1', text: 'Get-Date -Format o' }],
      next: null,
    });
    await history.load();
    await attach();
    await asked('command', 1);
    view.insert('get-d');
    await expect.poll(page).toEqual(['PS> get-date -Format o']);
    expect(view.line.editor.text).toBe('get-d');
    press('ArrowRight', { ctrlKey: true });
    expect(view.line.editor.text).toBe('Get-Date');
    press('ArrowRight');
    expect(view.line.editor.text).toBe('Get-Date -Format o');
    press('F2');
    expect(settings.getState().prediction).toBe('list');
  });
});

describe('keys that only show', () => {
  test('all keys open their list, one key says what it does', async () => {
    await attach();
    await asked('command', 1);
    // happy-dom takes Ctrl+Alt for AltGr, so that its key cannot be pressed here.
    view.line.act('ShowKeyBindings');
    expect(shown).toEqual(['keys']);
    press('?', { altKey: true, shiftKey: true });
    press('z', { ctrlKey: true });
    await expect.poll(() => view.state.getState().note?.text).toBe('Ctrl+z: Undo. Undo the last edit.');
  });
});

describe('help', () => {
  test('for the command at the cursor opens beside, and the line stays as it is', async () => {
    fake.handlers['terminal.help'] = ({ command, parameter }) => ({
      title: command,
      text: `help for ${command} ${parameter ?? ''}`,
      found: true,
    });
    await attach();
    await asked('command', 1);
    view.insert('Get-Item -Path (Get-Date');
    press('F1');
    await expect.poll(() => view.state.getState().help).toMatchObject({ help: { title: 'Get-Date' } });
    press('Home');
    press('F1');
    await expect.poll(() => view.state.getState().help).toMatchObject({ help: { title: 'Get-Item' } });
    press('End');
    view.insert(') -Force');
    press('h', { altKey: true });
    await expect
      .poll(() => view.state.getState().help)
      .toMatchObject({ help: { text: 'help for Get-Item Force' } });
    expect(view.line.editor.text).toBe('Get-Item -Path (Get-Date) -Force');
    press('Escape');
    expect(view.state.getState().help).toBeNull();
    expect(view.line.editor.text).toBe('Get-Item -Path (Get-Date) -Force');
    press('Escape');
    expect(view.line.editor.text).toBe('');
  });
});

describe('help for a parameter that is not written out', () => {
  test('is that for what its name begins with, as PowerShell would take it', async () => {
    fake.handlers['terminal.help'] = ({ command, parameter }) => ({
      title: `${command} -${parameter ?? ''}`,
      text: parameter === 'Pa*' ? '-Path <string[]>' : 'none',
      found: parameter === 'Pa*',
    });
    await attach();
    await asked('command', 1);
    view.insert('Get-ChildItem -Pa');
    press('h', { altKey: true });
    await expect
      .poll(() => view.state.getState().help)
      .toMatchObject({ kind: 'shown', help: { text: '-Path <string[]>' } });
    press('Escape');
    // What nothing begins with is told of by its own name.
    view.insert('z');
    press('h', { altKey: true });
    await expect
      .poll(() => view.state.getState().help)
      .toMatchObject({ kind: 'shown', help: { title: 'Get-ChildItem -Paz', found: false } });
  });
});

describe('marks', () => {
  test('tell how each command ended and how long it took', async () => {
    fake.say(1, { commandId: 1, kind: 'echo', vt: 'PS> dir\r\n' });
    fake.snapshot(1).commands = [{ commandId: 1, text: 'dir', state: 'failed', duration: 86 }];
    await attach();
    await expect.poll(() => view.element.querySelector('.cmd')?.getAttribute('data-state')).toBe('failed');
    expect(view.element.querySelector('.cmd-took')?.textContent).toBe('86 ms');
    fake.emit('terminal.command', {
      sessionId: 1,
      command: { commandId: 1, text: 'dir', state: 'completed', duration: 1500 },
    });
    await expect
      .poll(() => view.element.querySelector('.cmd-mark')?.getAttribute('aria-label'))
      .toBe('succeeded');
  });
});

describe('a session nobody is inside of', () => {
  test('takes nothing typed, and forgets what was typed ahead when it was left', async () => {
    await attach();
    view.runLines(['Remove-Item x']);
    await expect.poll(() => view.state.getState().queued).toBe(1);
    view.setInteractive(false);
    view.paste('Get-Date');
    press('a');
    press('c', { ctrlKey: true });
    await expect.poll(() => fake.log.filter((call) => call.name === 'terminal.interrupt')).toHaveLength(1);
    view.setInteractive(true);
    await asked('command', 1);
    await expect.poll(page).toEqual(['PS>']);
    expect(submits()).toEqual([]);
  });
});

describe('a session that ended by itself', () => {
  test('keeps what was typed, for whoever goes on elsewhere', async () => {
    await attach();
    await asked('command', 1);
    view.insert('Remove-Item x');
    await expect.poll(page).toEqual(['PS> Remove-Item x']);
    fake.emit('terminal.input', { sessionId: 1, request: null });
    view.setInteractive(false, true);
    await expect.poll(page).toEqual(['Remove-Item x']);
    expect(view.takeUnsent()).toBe('Remove-Item x');
    expect(view.takeUnsent()).toBe('');
    await expect.poll(page).toEqual([]);
    expect(submits()).toEqual([]);
  });
});

describe('keys', () => {
  test('a character made with AltGr reaches the line, Alt and a letter does not', async () => {
    await attach();
    await asked('command', 1);
    const text = view.element.querySelector('textarea');
    const altGr = new KeyboardEvent('keydown', {
      key: '@',
      code: 'KeyQ',
      ctrlKey: true,
      altKey: true,
      modifierAltGraph: true,
      bubbles: true,
      cancelable: true,
    });
    text?.dispatchEvent(altGr);
    expect(altGr.defaultPrevented).toBe(false);
    press('x', { altKey: true });
    view.insert('@');
    await expect.poll(page).toEqual(['PS> @']);
  });

  test('one key answers a request for a key, whatever it is', async () => {
    await attach();
    await asked('key', 4, '');
    press('ArrowUp', { keyCode: 38 });
    await expect.poll(submits).toEqual([{ sessionId: 1, requestId: 4, text: '\u001b[A' }]);
    await asked('key', 5, '');
    press('Enter', { keyCode: 13 });
    await expect.poll(submits).toContainEqual({ sessionId: 1, requestId: 5, text: '\r' });
  });
});
