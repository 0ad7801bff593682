/** The line, with real keys in a real browser: editing, completion, history, help, its two key maps, a megabyte pasted. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launch, whyNot, type App } from './app.ts';

const missing = whyNot('chromium', 'engine');
if (missing !== undefined) console.log(`Skipped: ${missing}`);

describe.skipIf(missing !== undefined)('the line', () => {
  let app: App;
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'psdeck-line-'));
    app = await launch({ dataDir });
    await inside();
  });
  afterAll(async () => {
    await app?.end();
    if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
  });

  /** Whatever the test before left: an empty line at a new prompt. */
  beforeEach(async () => {
    await keys('Escape', 'Escape');
    await app.page.locator('.xterm-helper-textarea').focus();
    await keys('Escape', 'Control+c');
    await line('');
  });

  async function inside(): Promise<void> {
    await app.servers.getByRole('option', { name: /Practice server/ }).dblclick();
    await app.prompt();
  }
  async function keys(...names: string[]): Promise<void> {
    for (const name of names) await app.page.keyboard.press(name);
  }
  const type = (text: string) => app.page.keyboard.type(text);
  /** The line at the prompt, as it stands on the screen. */
  const line = async (text: string) => {
    await expect
      .poll(async () => (await app.screen()).split(/\n?\[localhost\]: PS [^\n]*?> ?/).at(-1), {
        timeout: 20_000,
      })
      .toBe(text);
  };
  const clipboard = async (text: string) => {
    await expect.poll(() => app.page.evaluate(() => navigator.clipboard.readText())).toBe(text);
  };
  const empty = async () => {
    await keys('Escape', 'Escape');
    await line('');
  };

  test('moves, kills, undoes and redoes by PSReadLine’s keys', async () => {
    await type('Get-ChildItem one two');
    await keys('Control+ArrowLeft', 'Alt+d');
    await line('Get-ChildItem one');
    await type('2');
    await keys('Control+z', 'Control+z');
    await line('Get-ChildItem one two');
    await keys('Control+y', 'Home', 'Alt+3', 'ArrowRight', 'Control+Delete', 'Control+Backspace');
    await line(' one');
    await keys('Control+z', 'Control+z', 'End', 'Alt+4');
    await type('x');
    await line('Get-ChildItem one xxxx');
    await empty();
    await type('a (b [c] d) e');
    await keys('Home', 'F3');
    await type('(');
    await keys('Control+]');
    await type('!');
    await line('a (b [c] d!) e');
    await empty();
  });

  test('selects, copies, cuts and pastes with the system’s clipboard', async () => {
    await type('one two three');
    await keys('Control+Shift+ArrowLeft', 'Control+c');
    await clipboard('three');
    await keys('Home', 'Control+v');
    await line('threeone two three');
    await keys('Shift+End', 'Control+x');
    await clipboard('one two three');
    await keys('Control+v', 'Control+v');
    await line('threeone two threeone two three');
    await empty();
  });

  test('several lines, wide characters and a narrower window: the cursor stays where it belongs', async () => {
    await type('"日本語 👩‍👩‍👧 e\u0301"');
    await keys('Shift+Enter');
    await type('second line that is rather long, so that it has to be broken somewhere');
    await keys('ArrowUp', 'ArrowLeft', 'ArrowLeft', 'Delete');
    await type('é');
    const size = app.page.viewportSize() ?? { width: 1280, height: 800 };
    await app.page.setViewportSize({ width: 620, height: size.height });
    await keys('Control+Home');
    await type('#');
    await app.page.setViewportSize(size);
    await line('#"\n>> second line that is rather long, so that it has to be broken somewhere');
    await empty();
  });

  test('the menu narrows while somebody types, and Escape gives the line back', async () => {
    await type('Get-ChildItem -');
    const menu = app.page.getByRole('listbox', { name: 'Completions' });
    await keys('Control+Space');
    await menu.waitFor();
    await type('For');
    await expect.poll(() => menu.getByRole('option').allInnerTexts()).toHaveLength(1);
    await line('Get-ChildItem -Force');
    await keys('Backspace', 'Backspace', 'Backspace', 'ArrowDown', 'Escape');
    await menu.waitFor({ state: 'detached' });
    await line('Get-ChildItem -');
    await empty();
  });

  test('what ran before is predicted, listed and searched', async () => {
    await app.run('"first of all"');
    await app.run('"second thing"');
    await app.prompt();
    await type('"fi');
    await line('"first of all"');
    await keys('Control+ArrowRight');
    await type('X');
    await line('"firstX');
    await empty();
    await type('"fi');
    await keys('ArrowRight');
    await type('!');
    await line('"first of all"!');
    await empty();
    await keys('F2');
    await type('thing');
    const list = app.page.getByRole('listbox', { name: 'Predictions' });
    await list.getByRole('option', { name: /second thing/ }).waitFor();
    await keys('ArrowDown');
    await line('"second thing"');
    await keys('Escape');
    await line('thing');
    await empty();
    await keys('F2', 'Control+r');
    await type('of');
    const found = app.page.getByRole('listbox', { name: 'Found in the history' });
    await found.getByRole('option', { name: /first of all/ }).waitFor();
    await line('"first of all"');
    await keys('Enter');
    await app.shows(/"first of all"\nfirst of all\n(?:.*\n)*.*"first of all"\nfirst of all\n/);
    await app.prompt();
  });

  test('help opens below, F6 goes there, Escape comes back to the line as it was', async () => {
    await type('Get-ChildItem -Force');
    await keys('F1');
    const help = app.page.getByRole('region', { name: 'Help for Get-ChildItem' });
    await help.getByText('SYNTAX').waitFor();
    await type('x');
    await line('Get-ChildItem -Forcex');
    await keys('F6');
    await expect
      .poll(() => app.page.evaluate(() => document.activeElement?.getAttribute('aria-label')))
      .toBe('Help for Get-ChildItem');
    await keys('Escape');
    await help.waitFor({ state: 'detached' });
    await keys('Backspace');
    await line('Get-ChildItem -Force');
    await empty();
  });

  test('a key of one’s own, and Emacs’ keys by a setting', async () => {
    await keys('Control+Alt+?');
    const dialog = app.page.getByRole('dialog', { name: 'Keys' });
    await dialog.getByRole('textbox', { name: 'Filter the keys' }).fill('KillLine');
    await dialog.getByRole('button', { name: 'Add a key for KillLine' }).click();
    await dialog.getByRole('textbox', { name: 'New key for KillLine' }).press('Control+q');
    await dialog.getByRole('button', { name: 'Set', exact: true }).click();
    await dialog.getByText('Ctrl+q').waitFor();
    await keys('Escape');
    await dialog.waitFor({ state: 'detached' });
    await type('keep drop');
    await keys('ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'Control+q');
    await line('keep');
    await empty();

    await keys('Control+,');
    const settings = app.page.getByRole('dialog', { name: 'Settings' });
    await settings.getByRole('radio', { name: 'Emacs' }).check();
    await keys('Escape');
    await settings.waitFor({ state: 'detached' });
    await type('abc def');
    await keys('Control+a', 'Escape', 'd', 'Control+e', 'Control+y', 'Control+x', 'Control+u');
    await line(' def');
    await keys('Control+a', 'Control+k');
    await line('');
    await keys('Control+y', 'Alt+y');
    await line('abc');
    await keys('Alt+r');
    await keys('Control+,');
    await settings.getByRole('radio', { name: 'Windows' }).check();
    await keys('Escape');
    await settings.waitFor({ state: 'detached' });
    await empty();
  });

  test('a megabyte is pasted after a question, edited and given up', async () => {
    const script = Array.from(
      { length: 26_000 },
      (_, at) => `# line ${String(at)} of a long script that nobody wants`,
    ).join('\n');
    expect(script.length).toBeGreaterThan(1024 * 1024);
    await app.page.evaluate((text) => navigator.clipboard.writeText(text), script);
    await keys('Control+v');
    const dialog = app.page.getByRole('dialog', { name: /Paste 26000 lines/ });
    await dialog.getByRole('button', { name: /^Paste into/ }).click();
    await app.shows(/>> # line 25999 of a long script that nobody wants$/);
    await type('!');
    await app.shows(/nobody wants!$/);
    await keys('Control+Home');
    await line('');
    await keys('Control+z', 'Control+z', 'Control+z');
    await line('');
  });

  test('where the screen reader is on, what the line lists is said', async () => {
    await keys('Control+,');
    const settings = app.page.getByRole('dialog', { name: 'Settings' });
    await settings.getByRole('checkbox', { name: 'Screen reader' }).check();
    await keys('Escape');
    await settings.waitFor({ state: 'detached' });
    await type('Get-ChildItem -Rec');
    await expect
      .poll(() => app.page.locator('.xterm-accessibility').innerText())
      .toContain('Get-ChildItem -Rec');
    await keys('Control+Space');
    await expect
      .poll(() => app.page.locator('[aria-live="polite"].hidden').innerText())
      .toContain('-Recurse');
    await empty();
  });

  test('the history is there again at the next start, without what looked like a secret', async () => {
    await app.run("$token = 'abcd'; 'ran'");
    await app.shows(/\nran\n/);
    await app.run('"kept over the night"');
    await app.shows(/\nkept over the night\n/);
    await app.prompt();
    await keys('ArrowUp', 'ArrowUp');
    await line("$token = 'abcd'; 'ran'");
    await empty();
    await app.end();
    expect(await readFile(join(dataDir, 'history.jsonl'), 'utf8')).not.toContain('abcd');
    app = await launch({ dataDir });
    await inside();
    await keys('ArrowUp');
    await line('"kept over the night"');
    await keys('ArrowUp');
    await expect.poll(() => app.screen()).not.toContain('abcd');
  });
});
