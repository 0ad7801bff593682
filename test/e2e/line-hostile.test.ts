/** The line in a real browser under what keyboards, clipboards, windows and screen readers do to it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CDPSession } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launch, whyNot, type App } from './app.ts';

const missing = whyNot('chromium', 'engine');
if (missing !== undefined) console.log(`Skipped: ${missing}`);

/** As the browser tells a screen reader of it. */
interface Accessible {
  readonly role: string;
  readonly name: string;
  readonly description: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

describe.skipIf(missing !== undefined)('the line under strain', () => {
  let app: App;
  let dataDir: string;
  let cdp: CDPSession;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'psdeck-strain-'));
    const lines = Array.from({ length: 5000 }, (_, at) =>
      JSON.stringify({ s: 'practice', c: `Get-Item "some folder ${String(at)}" -Force` }),
    );
    await writeFile(join(dataDir, 'history.jsonl'), `${lines.join('\n')}\n`);
    app = await launch({ dataDir });
    cdp = await app.page.context().newCDPSession(app.page);
    await app.servers.getByRole('option', { name: /Practice server/ }).dblclick();
    await app.prompt();
  });
  afterAll(async () => {
    await app?.end();
    if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await keys('Escape', 'Escape');
    await app.page.locator('.xterm-helper-textarea').focus();
    await keys('Escape', 'Control+c');
    await line('');
  });

  async function keys(...names: string[]): Promise<void> {
    for (const name of names) await app.page.keyboard.press(name);
  }
  const type = (text: string) => app.page.keyboard.type(text);
  /** The line at the prompt, the rows it is broken into joined. */
  const line = async (text: string) => {
    const seen = async () =>
      (await app.screen())
        .split(/\n?\[localhost\]: PS [^\n]*?> ?/)
        .at(-1)
        ?.replaceAll('\n>>', '⏎')
        .replaceAll('\n', '');
    await expect.poll(seen, { timeout: 20_000 }).toBe(text);
  };
  const copy = (text: string) => app.page.evaluate((all) => navigator.clipboard.writeText(all), text);
  const completions = () => app.page.getByRole('listbox', { name: 'Completions' });

  /** Key by key, as an operating system with that layout tells of them. */
  async function press(key: string, code: string): Promise<void> {
    const text = key === 'Dead' ? {} : { text: key };
    await cdp.send('Input.dispatchKeyEvent', { type: 'keyDown', key, code, ...text });
    await cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', key, code });
  }

  async function accessible(role: string): Promise<Accessible[]> {
    const { nodes } = await cdp.send('Accessibility.getFullAXTree');
    return nodes
      .filter((node) => !node.ignored && node.role?.value === role)
      .map((node) => ({
        role,
        name: String(node.name?.value ?? ''),
        description: String(node.description?.value ?? ''),
        properties: Object.fromEntries(
          (node.properties ?? []).map((property): [string, unknown] => [property.name, property.value.value]),
        ),
      }));
  }

  test('a paste with every kind of line end and control characters becomes text, and is taken back by one undo', async () => {
    await type('a');
    await copy('bcd');
    await keys('Control+v');
    await line('abcd');
    await type('e');
    await keys('Control+z');
    await line('abcd');
    await keys('Control+z');
    await line('a');
    await keys('Control+y', 'Escape');
    await copy("'a\tb' #\u0007\u001b[2J\u001b]0;evil\u0007\r\n'c'\r'd'\u0000\n");
    await keys('Control+v');
    await app.page
      .getByRole('dialog')
      .getByRole('button', { name: /^Paste into/ })
      .click();
    await line("'a       b' #[2J]0;evil⏎ 'c'⏎ 'd'");
    expect(await app.page.title()).not.toContain('evil');
    await keys('Control+z');
    await line('');
  });

  test('a paste that hides something is asked about, shown with what it hides, and stays visible in the line', async () => {
    await copy("'a\u202eb\u200b'");
    await keys('Control+v');
    const dialog = app.page.getByRole('dialog');
    await dialog
      .getByRole('alert')
      .getByText(/characters that are not seen/)
      .waitFor();
    expect(await dialog.getByRole('group', { name: 'What would be pasted' }).innerText()).toContain(
      "'a\ufffdb\ufffd'",
    );
    await dialog.getByRole('button', { name: /^Paste into/ }).click();
    await line("'a\ufffdb\ufffd'");
    await keys('Escape');
  });

  test('what an input method composes is shown, and becomes text once', async () => {
    await type('"');
    for (const text of ['に', 'にほ', 'にほん'])
      await cdp.send('Input.imeSetComposition', {
        text,
        selectionStart: text.length,
        selectionEnd: text.length,
      });
    await expect.poll(() => app.page.locator('.composition-view').innerText()).toBe('にほん');
    await cdp.send('Input.insertText', { text: '日本' });
    await type('"');
    await line('"日本"');
    await cdp.send('Input.imeSetComposition', { text: 'か', selectionStart: 1, selectionEnd: 1 });
    await cdp.send('Input.imeSetComposition', { text: '', selectionStart: 0, selectionEnd: 0 });
    await type('!');
    await line('"日本"!');
  });

  test('dead keys, and what AltGr types on a German keyboard', async () => {
    await press('Dead', 'Equal');
    await press('é', 'KeyE');
    for (const [key, code] of [
      ['@', 'KeyQ'],
      ['{', 'Digit7'],
      ['[', 'Digit8'],
      [']', 'Digit9'],
      ['}', 'Digit0'],
      ['\\', 'Minus'],
      ['|', 'IntlBackslash'],
      ['~', 'BracketRight'],
      ['€', 'KeyE'],
    ] as const)
      await press(key, code);
    await line('é@{[]}\\|~€');
  });

  test('the window changes its size while the menu is open: it stays in the window and goes on', async () => {
    const size = app.page.viewportSize() ?? { width: 1280, height: 800 };
    await type('Get-ChildItem -');
    await keys('Control+Space');
    await completions().waitFor();
    for (const [width, height] of [
      [1000, 420],
      [600, 800],
      [1280, 800],
    ] as const) {
      await app.page.setViewportSize({ width, height });
      const inside = async (): Promise<boolean> => {
        const box = await app.page.locator('.complete').boundingBox();
        const wrap = await app.page.locator('.term-wrap').boundingBox();
        if (box === null || wrap === null) return false;
        return (
          box.x >= wrap.x &&
          box.x + box.width <= wrap.x + wrap.width &&
          box.y + box.height <= wrap.y + wrap.height
        );
      };
      await expect.poll(inside, { timeout: 20_000 }).toBe(true);
    }
    await app.page.setViewportSize(size);
    await keys('ArrowDown');
    await line('Get-ChildItem -LiteralPath');
    await keys('Escape', 'Escape');
  });

  test('Tab held down ends at a completion, and Escape gives all of it back', async () => {
    await type('Get-ChildItem -L');
    for (let count = 0; count < 20; count++) await keys('Tab');
    await line('Get-ChildItem -LiteralPath');
    await keys('Escape');
    await line('');
  });

  test('five thousand lines of history are listed and searched, also where the line wraps', async () => {
    await keys('F2');
    await type('Get-Item "some folder 42');
    const listed = app.page.getByRole('listbox', { name: 'Predictions' });
    await listed.getByRole('option', { name: /some folder 4299/ }).waitFor();
    await keys('ArrowDown');
    await line('Get-Item "some folder 4299" -Force');
    await keys('Escape', 'Escape', 'F2');
    await app.run(`"${'words,that,wrap,'.repeat(20)}needle"`);
    await app.prompt();
    await keys('Control+r');
    await type('needle');
    const found = app.page.getByRole('listbox', { name: 'Found in the history' });
    // What was looked for is in sight, however far into the line it stands.
    await found.getByRole('option', { selected: true }).getByText('needle').waitFor();
    await line(`"${'words,that,wrap,'.repeat(20)}needle"`);
    await keys('Escape');
    await line('');
  });

  test('while a command runs another shell completes and says so; Tab right after Ctrl+C waits for the prompt', async () => {
    await type('"begun"; $onlyHere = 1; while ($true) { [Threading.Thread]::Sleep(20) }');
    await keys('Enter');
    await app.shows(/\nbegun/);
    await type('Get-Rando');
    await keys('Control+Space');
    await app.page
      .getByText(/^From another shell: .*variables and folder are not seen\.$/)
      .first()
      .waitFor();
    await app.shows(/\nGet-Random$/);
    await keys('Escape', 'Control+c');
    await type('$onlyHe');
    await keys('Tab');
    await line('$onlyHere');
  });

  test('a screen reader is told what the terminal is, what is listed and what is chosen; F6 leads out and back', async () => {
    const inTerminal = () =>
      app.page.evaluate(() => document.activeElement?.classList.contains('xterm-helper-textarea') === true);
    const box = async () => (await accessible('textbox')).find(({ name }) => name === 'Terminal input');
    await expect
      .poll(async () => (await box())?.description)
      .toBe(
        'Session1 on localhost. It waits for a command. Tab completes, F1 helps, F6 leads out of the terminal, Ctrl+Alt+? lists all keys.',
      );
    expect((await box())?.properties['focused']).toBe(true);

    await type('Get-ChildItem -');
    await keys('Control+Space');
    await completions().waitFor();
    const chosen = async () =>
      (await accessible('option')).filter(({ properties }) => properties['selected'] === true);
    await expect.poll(async () => (await chosen()).map(({ name }) => name)).toContain('Path string[]');
    const status = app.page.locator('[role="status"].hidden');
    await expect.poll(() => status.innerText()).toMatch(/^-Path, 1 of \d+\. \[string\[\]\] Path$/);
    await keys('ArrowDown');
    await expect.poll(() => status.innerText()).toMatch(/^-LiteralPath, 2 of \d+/);
    await keys('Escape', 'Escape');

    await type('Get-ChildItem');
    await keys('F1');
    const help = app.page.getByRole('region', { name: 'Help for Get-ChildItem' });
    await help.getByText('SYNTAX').waitFor();
    await expect.poll(() => status.innerText()).toBe('Help for Get-ChildItem. F6 goes there.');
    expect((await accessible('document')).map(({ name }) => name)).toContain('Help for Get-ChildItem');
    await keys('F6');
    expect(await inTerminal()).toBe(false);
    await keys('Escape');
    await help.waitFor({ state: 'detached' });
    expect(await inTerminal()).toBe(true);

    // No trap: every part of the window is reached, and the way goes round in both directions.
    const places: boolean[] = [];
    for (let count = 0; count < 8; count++) {
      await keys('F6');
      places.push(await inTerminal());
    }
    expect(places[0]).toBe(false);
    expect(places).toContain(true);
    while (!(await inTerminal())) await keys('Shift+F6');
    await keys('Shift+F6');
    expect(await inTerminal()).toBe(false);
  });

  test('in the mode for screen readers errors, predictions and ends of commands are told', async () => {
    await keys('Control+,');
    const settings = app.page.getByRole('dialog', { name: 'Settings' });
    await settings.getByRole('checkbox', { name: 'Screen reader' }).check();
    await keys('Escape');
    await settings.waitFor({ state: 'detached' });
    const status = app.page.locator('[role="status"].hidden');
    await type('dir )');
    await expect.poll(() => status.innerText(), { timeout: 20_000 }).toMatch(/^Error: /);
    await keys('Escape');
    await expect.poll(() => status.innerText()).toBe('The line is empty');
    await app.run('"said"');
    await expect.poll(() => status.innerText(), { timeout: 20_000 }).toMatch(/^Done, \d+ ms$/);
    await app.prompt();
    await expect
      .poll(async () => (await accessible('StaticText')).map(({ name }) => name.trim()))
      .toContain('said');
  });
});
