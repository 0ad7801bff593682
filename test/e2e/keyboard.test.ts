/** Everything by keyboard alone, and the keyboard never nowhere: after each step the focus stands on what the next key is for. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, whyNot, type App } from './app.ts';

const missing = whyNot('chromium', 'engine');
if (missing !== undefined) console.log(`Skipped: ${missing}`);

describe.skipIf(missing !== undefined)('the keyboard alone', () => {
  let app: App;
  beforeAll(async () => {
    app = await launch({ viewport: { width: 1920, height: 1080 } });
  });
  afterAll(async () => {
    await app?.end();
  });

  const key = (name: string) => app.page.keyboard.press(name);

  /** What has the focus, as a screen reader would begin to say it. */
  const focused = () =>
    app.page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return 'nothing';
      const role = element.getAttribute('role') ?? element.tagName.toLowerCase();
      return `${role} ${element.getAttribute('aria-label') ?? element.textContent?.trim() ?? ''}`.trim();
    });
  const hasFocus = async (what: RegExp) => {
    await expect.poll(focused, { timeout: 20_000 }).toMatch(what);
  };

  test('every control in the window can be reached and says what it is', async () => {
    const nameless = await app.page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('button, input, [tabindex="0"]')]
        .filter((element) => {
          const labels = element instanceof HTMLInputElement ? (element.labels ?? []) : [];
          const name =
            element.getAttribute('aria-label') ??
            [...labels].map((label) => label.textContent ?? '').join('') + (element.textContent ?? '');
          return name.trim() === '';
        })
        .map((element) => element.outerHTML.slice(0, 100)),
    );
    expect(nameless).toEqual([]);
    const reached = new Set<string>();
    for (let step = 0; step < 20; step++) {
      await key('Tab');
      reached.add(await focused());
    }
    expect([...reached]).toEqual(
      expect.arrayContaining([
        'button Menu',
        'button Hide servers',
        'tab Welcome',
        'button Open a server',
        'input Filter servers',
        'button Add server',
        expect.stringMatching(/^listbox Servers/),
        'input Name or address of a server',
        expect.stringMatching(/^button Settings/),
      ]),
    );
  });

  test('from the filter into a session', async () => {
    await key('Control+Shift+e');
    await hasFocus(/Filter servers/);
    await app.page.keyboard.type('practice');
    await key('Enter');
    await hasFocus(/^listbox Servers/);
    await key('Enter');
    await app.prompt();
    await hasFocus(/Terminal input/);
  });

  test('a dialog gives the focus back to where it was', async () => {
    await key('Control+,');
    await app.page.getByRole('dialog', { name: 'Settings' }).waitFor();
    await key('Escape');
    await hasFocus(/Terminal input/);
    await key('Control+Shift+f');
    await hasFocus(/Find in output/);
    await key('Escape');
    await hasFocus(/Terminal input/);
  });

  test('a new session takes the keyboard to its line, Enter goes inside, exit comes back to it', async () => {
    await key('Alt+n');
    await hasFocus(/^tr 2Session2/);
    await key('Enter');
    await app.run('"in two"');
    await app.shows(/\nin two\n/);
    await app.run('exit');
    await hasFocus(/^tr 2Session2.*Not entered$/);
  });

  test('removing goes on to the next session, and after the last one to the way in', async () => {
    await key('Delete');
    await hasFocus(/^tr 1Session1/);
    await key('Delete');
    await hasFocus(/^button Enter Practice server/);
    await key('Enter');
    await app.prompt();
    await hasFocus(/Terminal input/);
  });

  test('a session that ends by its own exit leaves the keyboard on the page', async () => {
    await app.run('exit');
    await hasFocus(/^button Enter Practice server/);
  });

  test('F6 goes round the panes and back', async () => {
    await key('Enter');
    await app.prompt();
    await hasFocus(/Terminal input/);
    const round: string[] = [];
    for (let step = 0; step < 4; step++) {
      await key('F6');
      round.push((await focused()).split(' ')[0] ?? '');
    }
    expect(round).toEqual(['tab', 'listbox', 'tr', 'textarea']);
    await key('Shift+F6');
    await hasFocus(/^tr 4Session4/);
  });

  test('changing and closing tabs', async () => {
    await key('Control+PageUp');
    await hasFocus(/Name or address of a server/);
    await key('Control+PageDown');
    await hasFocus(/Terminal input/);
    // A browser keeps those to itself; what it leaves does the same.
    await key('Alt+PageUp');
    await hasFocus(/Name or address of a server/);
    await key('Alt+PageDown');
    await hasFocus(/Terminal input/);
    await key('Alt+w');
    await hasFocus(/Name or address of a server/);
  });

  test('a page loaded again has the keyboard where it was, and the list where it was shown', async () => {
    await app.page.getByRole('button', { name: 'Hide servers' }).click();
    await app.servers.waitFor({ state: 'hidden' });
    await key('Control+Shift+e');
    await hasFocus(/Filter servers/);
    await app.page.reload();
    await app.servers.waitFor();
    await app.prompt();
    await hasFocus(/Terminal input/);
    await key('Alt+w');
    await hasFocus(/Name or address of a server/);
  });

  test('the menu of a server by Shift+F10', async () => {
    await key('F6');
    await key('F6');
    await hasFocus(/^listbox Servers/);
    await key('Shift+F10');
    await app.page.getByRole('menuitem', { name: /Open without entering/ }).waitFor();
    await key('Escape');
    await hasFocus(/^listbox Servers/);
  });

  test('where motion is not wanted nothing moves', async () => {
    await app.page.emulateMedia({ reducedMotion: 'reduce' });
    await key('Control+,');
    await app.page.getByRole('dialog', { name: 'Settings' }).waitFor();
    const moving = await app.page.evaluate(() =>
      document
        .getAnimations()
        .filter((animation) => {
          const { duration } = animation.effect?.getComputedTiming() ?? {};
          return typeof duration === 'number' && duration > 0;
        })
        .map((animation) => (animation.effect as KeyframeEffect | null)?.target?.outerHTML.slice(0, 80)),
    );
    expect(moving).toEqual([]);
    await key('Escape');
  });
});
