/**
 * Sessions that last, with the keyboard alone and everything that shows them looked at: left and come back to, cut and resumed, taken over,
 * removed, several at once, and found again after kill -9 of the app. The server is a process of its own that outlives the app.
 */
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../electron/remoting/index.ts';
import { PASSWORD, USER } from '../integration/practice.ts';
import { ServerProcess } from '../integration/server-process.ts';
import { FaultProxy } from '../lab/fault-proxy.ts';
import { launch, whyNot, type App } from './app.ts';

const missing = whyNot('chromium', 'engine');
if (missing !== undefined) console.log(`Skipped: ${missing}`);

const SLOW = { timeout: 30_000 };

describe.skipIf(missing !== undefined)('sessions that last', () => {
  let server: ServerProcess;
  let proxy: FaultProxy;
  let app: App;
  let folder: string;
  let dataDir: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'psdeck-sessions-'));
    dataDir = join(folder, 'data');
    server = await ServerProcess.start({ missAfterMs: 500 });
    proxy = await FaultProxy.start(server.port);
    await mkdir(dataDir);
    await writeServer();
    app = await launch({ dataDir, viewport: { width: 1920, height: 1080 } });
  });
  afterAll(async () => {
    await app?.end();
    await proxy?.close();
    await server?.kill();
    await rm(folder, { recursive: true, force: true });
  });

  const key = (name: string) => app.page.keyboard.press(name);
  const type = (text: string) => app.page.keyboard.type(text);
  const row = (at = 0) => app.sessions.locator('tbody tr').nth(at);
  const go = (name: string) => join(folder, name);
  const wait = (name: string) =>
    `while (-not [System.IO.File]::Exists('${go(name)}')) { [System.Threading.Thread]::Sleep(20) }`;
  const lines = async (tag: string) =>
    [...(await app.screen()).matchAll(new RegExp(`^${tag} (\\d+)$`, 'gm'))].map(([, n]) => Number(n));

  async function writeServer(): Promise<void> {
    const entry = {
      id: 'z002',
      kind: 'winrm',
      name: 'Z002',
      address: '127.0.0.1',
      port: proxy.port,
      https: false,
      userName: USER,
      configuration: 'Microsoft.PowerShell',
      signIn: { auth: 'basic' },
      allowPlainBasic: true,
      allowNtlmOverHttp: false,
    };
    await writeFile(join(dataDir, 'servers.json'), JSON.stringify({ version: 1, servers: [entry] }));
  }

  /** The line of the server in the list, its tab and the window's title: all say the same word. */
  async function everywhere(word: string): Promise<void> {
    await app.page.locator(`[role="option"] .sessions[title^="${word},"]`).waitFor(SLOW);
    await app.page
      .getByRole('tab', { name: 'Z002' })
      .getByTitle(word)
      .or(app.page.getByRole('tab', { name: new RegExp(`Z002.*${word}|${word}.*Z002`) }))
      .first()
      .waitFor(SLOW);
    await expect.poll(() => app.page.title(), SLOW).toBe(`Z002 · ${word} · PSDeck`);
  }

  async function openZ002(): Promise<void> {
    await key('Control+Shift+e');
    await type('Z002');
    await key('Enter');
    await key('Enter');
  }
  async function signIn(): Promise<void> {
    await app.page.getByRole('dialog', { name: 'Sign in to Z002' }).waitFor(SLOW);
    await type(PASSWORD);
    await key('Enter');
  }

  test('left in the middle of a command: table, tab, list and title say so', async () => {
    await openZ002();
    await signIn();
    await app.run(
      `1..3 | ForEach-Object { "first $_" }; ${wait('one')}; 4..6 | ForEach-Object { "first $_" }`,
    );
    await app.shows(/^first 3$/m);
    await everywhere('Busy');
    await key('Control+Shift+d');
    await row().getByText('Disconnected', { exact: true }).waitFor(SLOW);
    await everywhere('Disconnected');
    expect(await row().textContent()).toMatch(/Kept until/);
    expect(server.told('shell-disconnected')).toBe(1);
  });

  test('connected again: inside as before, and what came meanwhile is there once', async () => {
    await writeFile(go('one'), '');
    await key('Control+Shift+d');
    await app.prompt();
    await row().getByText('Available').waitFor(SLOW);
    expect(await lines('first')).toEqual([1, 2, 3, 4, 5, 6]);
    await expect.poll(() => app.page.title(), SLOW).toBe('Z002 · PSDeck');
    await app.run('"still " + "inside"');
    await app.shows('still inside');
  });

  test('cut: a bar counts down, F5 tries at once, and Ctrl+C leaves without waiting', async () => {
    await app.run(
      `1..3 | ForEach-Object { "second $_" }; ${wait('two')}; 4..6 | ForEach-Object { "second $_" }`,
    );
    await app.shows(/^second 3$/m);
    proxy.down();
    const bar = app.page.getByRole('status', { name: /is interrupted/ });
    await bar.waitFor(SLOW);
    await everywhere('Interrupted');
    await expect.poll(() => bar.textContent(), SLOW).toMatch(/Trying again for up to .* Attempt \d+ in \d+/);
    const attempt = async () => Number(/Attempt (\d+)/.exec((await bar.textContent()) ?? '')?.[1]);
    const before = await attempt();
    await key('F5');
    await expect.poll(attempt, SLOW).toBeGreaterThan(before);

    await key('Control+c');
    await row().getByText('Interrupted, runs on there').waitFor(SLOW);
    proxy.up();
    await key('F5');
    await bar.waitFor({ state: 'detached', ...SLOW });
    await writeFile(go('two'), '');
    await row().getByText('Available').waitFor(SLOW);
    await row().focus();
    await key('Enter');
    await app.prompt();
    await app.run('"inside " + "again"');
    await app.shows('inside again');
    expect(await lines('second')).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('what another client left stands on the server: taken over, and one removed', async () => {
    for (const name of ['Theirs', 'Stale']) {
      // oxlint-disable-next-line no-await-in-loop
      const pool = await connect({ ...server.target, shellName: name });
      // oxlint-disable-next-line no-await-in-loop
      await pool.disconnect();
    }
    await app.page.getByRole('tab', { name: /This run/ }).focus();
    await key('ArrowRight');
    const table = app.page.getByRole('grid', { name: 'On the server' });
    await table.getByText('Theirs').waitFor(SLOW);
    expect(await app.page.getByRole('meter', { name: 'Shells used' }).getAttribute('aria-valuenow')).toBe(
      '3',
    );
    const line = (name: string) => table.locator('tr', { hasText: name });
    await table.locator('tr[tabindex="0"]').focus();
    await until('Stale', () => key('ArrowDown'), line('Stale'));
    await key('Delete');
    // The dialog begins at the button that does no harm.
    const dialog = app.page.getByRole('dialog');
    await dialog.waitFor(SLOW);
    const remove = dialog.getByRole('button', { name: /^Remove/ });
    await until('Remove', () => key('Tab'), remove);
    await key('Enter');
    await line('Stale').waitFor({ state: 'detached', ...SLOW });
    expect((await server.report()).shells).toHaveLength(2);

    await table.locator('tr[tabindex="0"]').focus();
    await until('Theirs', () => key('ArrowUp'), line('Theirs'));
    await key('Enter');
    await app.sessions
      .locator('tr', { hasText: 'Theirs' })
      .getByText('Opened', { exact: true })
      .waitFor(SLOW);
    await app.run('"taken " + "over"');
    await app.shows('taken over');
  });

  test('several are marked, left and connected together', async () => {
    await row().focus();
    await key('Home');
    await key('Shift+ArrowDown');
    await key('Control+Shift+d');
    await row(0).getByText('Disconnected', { exact: true }).waitFor(SLOW);
    await row(1).getByText('Disconnected', { exact: true }).waitFor(SLOW);
    await everywhere('Disconnected');
    await key('Control+Shift+d');
    await row(0).getByText('Opened', { exact: true }).waitFor(SLOW);
    await row(1).getByText('Opened', { exact: true }).waitFor(SLOW);
    expect((await server.report()).shells.map(({ state }) => state)).toEqual(['Connected', 'Connected']);
  });

  test('kill -9 of the app: the next start offers what was left, and brings it back with what came meanwhile', async () => {
    await row().focus();
    await key('Escape');
    await key('Home');
    await key('Enter');
    await app.run(
      `1..3 | ForEach-Object { "third $_" }; ${wait('three')}; 4..6 | ForEach-Object { "third $_" }`,
    );
    await app.shows(/^third 3$/m);
    // What it saw last is written down a moment later; a kill before that would bring some lines again, and say so.
    const gone = once(app.process, 'exit');
    app.process.kill('SIGKILL');
    await gone;
    await app.end();
    // Until the server has missed it.
    await expect
      .poll(async () => (await server.report()).shells.map(({ state }) => state), SLOW)
      .toEqual(['Disconnected', 'Disconnected']);
    await writeFile(go('three'), '');

    app = await launch({ dataDir, viewport: { width: 1920, height: 1080 } });
    await app.page.getByText(/2 sessions were left on Z002/).waitFor(SLOW);
    await app.page.locator('[role="option"] .sessions[title="Disconnected, 2 sessions"]').waitFor(SLOW);
    // Enter on the server opens a session of its own, and shows those beside it.
    await openZ002();
    await signIn();
    await app.prompt();
    await row(0).getByText('Disconnected', { exact: true }).waitFor(SLOW);
    await row(1).getByText('Disconnected', { exact: true }).waitFor(SLOW);
    await app.sessions.locator('tr[tabindex="0"]').focus();
    await key('Home');
    await key('Enter');
    await row().getByText('Opened', { exact: true }).waitFor(SLOW);
    await app.prompt();
    await app.shows(/^third 6$/m);
    const got = await lines('third');
    expect(got).toEqual([...new Set(got)].toSorted((a, b) => a - b));
    expect(got.slice(-3)).toEqual([4, 5, 6]);
    await app.run('"back " + "again"');
    await app.shows('back again');
  });

  /** Moves on until the line has the keyboard. */
  async function until(what: string, step: () => Promise<void>, line: ReturnType<App['page']['locator']>) {
    for (let steps = 0; steps < 10; steps++) {
      // oxlint-disable-next-line no-await-in-loop
      if (await line.evaluate((element) => element === document.activeElement)) return;
      // oxlint-disable-next-line no-await-in-loop
      await step();
      // oxlint-disable-next-line no-await-in-loop -- the focus follows with the next frame
      await app.page.evaluate(
        () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0))),
      );
    }
    throw new Error(`The keyboard did not come to ${what}.`);
  }
});
