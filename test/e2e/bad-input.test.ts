/** What a person gets wrong and what goes wrong around them, as it stands on the screen: the sentence, the cure, and the way on from there. */
import { readFile } from 'node:fs/promises';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../../electron/practice-server/certificate.ts';
import { startPracticeServer, type PracticeServer } from '../../electron/practice-server/index.ts';
import { launch, whyNot, type App } from './app.ts';

const missing = whyNot('chromium', 'engine');
if (missing !== undefined) console.log(`Skipped: ${missing}`);
const IMAGES = join(import.meta.dirname, '..', '..', 'test-results');
const WRONG = 'not-the-password-1';

/** A port that nothing listens on: one that the system has just given and taken back. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** As the screen shows it, in groups and lines, back in one piece. */
async function fingerprintIn(box: Locator): Promise<string> {
  return (await box.innerText()).trim().replaceAll(/\s+/g, ':');
}

describe.skipIf(missing !== undefined)('bad input', () => {
  let app: App;
  /** Another process's server as far as the app knows: nothing vouches for its certificate there. */
  let practice: PracticeServer;
  let imposter: HttpsServer | undefined;

  beforeAll(async () => {
    practice = await startPracticeServer({ spare: false, plainBasic: true });
    app = await launch();
  });
  afterAll(async () => {
    await app?.end();
    await practice?.close();
    imposter?.closeAllConnections();
    imposter?.close();
  });

  const dialog = (name: string | RegExp) => app.page.getByRole('dialog', { name });
  const trouble = (title: RegExp) => app.page.getByRole('alert', { name: title });
  const server = (name: string) => app.servers.getByRole('option', { name });
  const key = (name: string) => app.page.keyboard.press(name);

  async function addServer(fields: {
    name: string;
    address: string;
    port: number;
    https: boolean;
    basic?: boolean;
  }) {
    await app.page.getByRole('button', { name: 'Add server' }).click();
    const form = dialog('Add server');
    await form.getByLabel('Address').fill(fields.address);
    await form.getByLabel('Name', { exact: true }).fill(fields.name);
    await form.getByRole('radio', { name: fields.https ? 'HTTPS' : 'HTTP', exact: true }).check();
    await form.getByLabel('Port').fill(String(fields.port));
    await form.getByLabel('User name').fill('practice');
    if (fields.basic === true) {
      await form.getByText('Signing in and proxy').click();
      await form.getByLabel('Sign in with').selectOption('Basic');
      await form.getByLabel('User name').focus();
    }
    await key('Enter');
    await form.waitFor({ state: 'detached' });
  }

  /** Whether the password is asked for before or after the server was reached is not what these tests are about. */
  async function reach(target: Locator, name: string, password: string): Promise<void> {
    const form = dialog(`Sign in to ${name}`);
    await target.or(form).first().waitFor();
    if (await form.isVisible()) {
      await form.getByLabel('Password', { exact: true }).fill(password);
      await key('Enter');
    }
    await target.waitFor();
  }

  test('an address that cannot be one is told at its field, and nothing typed is lost', async () => {
    await app.page.getByRole('button', { name: 'Add server' }).click();
    const form = dialog('Add server');
    const address = form.getByLabel('Address');
    await address.fill('https://lab one');
    await form.getByLabel('User name').fill('practice');
    await form.getByLabel('Port').fill('70000');
    await key('Enter');
    await form.getByText(/no spaces, slashes or user name/).waitFor();
    await form.getByText('A number from 1 to 65535').waitFor();
    expect(await address.getAttribute('aria-invalid')).toBe('true');
    expect(await address.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await address.inputValue()).toBe('https://lab one');
    expect(await form.getByLabel('User name').inputValue()).toBe('practice');
    expect(await server('lab one').count()).toBe(0);
    await key('Escape');
    await form.waitFor({ state: 'detached' });
  });

  test('a closed port: the sentence, the cure with its command, the raw fault folded away', async () => {
    const port = await closedPort();
    await addServer({ name: 'Lab', address: '127.0.0.1', port, https: true });
    await server('Lab').dblclick();
    // A double-click enters; it selects no text of the list.
    expect(await app.page.evaluate(() => getSelection()?.toString() ?? '')).toBe('');
    const told = trouble(/WinRM isn.t listening/);
    await reach(told, 'Lab', WRONG);
    expect(await told.getByRole('heading').innerText()).toContain(`127.0.0.1:${String(port)}`);
    await told.getByText('Enable-PSRemoting -Force').waitFor();
    const raw = told.getByText(/^connect\.refused:/);
    expect(await raw.isVisible()).toBe(false);
    await told.getByText('connect.refused', { exact: true }).click();
    await raw.waitFor({ state: 'visible' });
  });

  test('corrected, it goes on to the certificate, whose fingerprint is the server’s', async () => {
    await app.page.getByRole('button', { name: 'Edit server' }).click();
    const form = dialog('Edit Lab');
    await form.getByLabel('Port').fill(String(practice.httpsPort));
    await form.getByRole('button', { name: 'Save and enter' }).click();
    const trust = dialog('Is this really Lab?');
    await reach(trust, 'Lab', WRONG);
    expect(await fingerprintIn(trust.locator('.finger'))).toBe(practice.fingerprint);
    const yes = trust.getByRole('button', { name: 'It matches, trust it' });
    expect(await yes.isEnabled()).toBe(true);
    // The safe choice has the focus, and what does not match cannot be trusted.
    const cancel = trust.getByRole('button', { name: 'Cancel' });
    expect(await cancel.evaluate((element) => element === document.activeElement)).toBe(true);
    const compare = trust.getByLabel('What the command printed');
    await compare.fill(`${'0'.repeat(63)}1`);
    await trust.getByText('It does not match').waitFor();
    expect(await yes.isEnabled()).toBe(false);
    await compare.fill(practice.fingerprint.replaceAll(':', ''));
    await trust.getByText('It matches', { exact: true }).waitFor();
    await yes.click();
  });

  test('a wrong password is refused, not shown, and the name stays', async () => {
    const form = dialog('Sign in to Lab');
    await reach(form.getByText(/rejected the user name or the password/), 'Lab', WRONG);
    expect(await form.getByLabel('User name').inputValue()).toBe('practice');
    expect(await form.getByLabel('Password', { exact: true }).getAttribute('type')).toBe('password');
    expect(await app.page.content()).not.toContain(WRONG);
    expect(await app.page.locator('body').innerText()).not.toContain(WRONG);
  });

  test('the right one leads inside', async () => {
    const password = dialog('Sign in to Lab').getByLabel('Password', { exact: true });
    await password.fill(practice.password);
    await key('Enter');
    expect(await app.prompt()).toMatch(/^\[Lab\]: PS /);
    await dialog('Sign in to Lab').waitFor({ state: 'detached' });
    expect(
      await app.page
        .locator('.xterm-helper-textarea')
        .evaluate((element) => element === document.activeElement),
    ).toBe(true);
  });

  test('what is typed while a command runs is seen, and waits for its prompt', async () => {
    await app.run('Read-Host Go');
    await app.shows(/Go:$/);
    await key('Enter');
    await app.run('"sleeping"; Start-Sleep 600');
    await app.shows(/\nsleeping\n?$/);
    await app.page.keyboard.type('"typed ahead"');
    await app.shows(/\nsleeping\n"typed ahead"$/);
    await key('Control+c');
    await app.shows(/> "typed ahead"$/);
    await key('Escape');
    await app.prompt();
  });

  test('what stood on the line is not lost when the engine dies', async () => {
    await app.run('"engine $PID"');
    await app.shows(/\nengine \d+\n\[/);
    const engine = Number(/\nengine (\d+)\n/.exec(await app.screen())?.[1]);
    await app.page.keyboard.type('"half typed');
    await app.shows(/> "half typed$/);
    process.kill(engine, 'SIGKILL');
    const row = app.sessions.locator('tbody tr').first();
    await row.getByText('Broken').waitFor();
    await app.shows('"half typed');
    await app.page.getByRole('button', { name: 'Try again' }).click();
    await app.shows(/> "half typed$/);
    await app.page.keyboard.type('"');
    await key('Enter');
    await app.shows(/\nhalf typed\n/);
  });

  test('a name that nothing answers to', async () => {
    await addServer({ name: 'Nowhere', address: 'no-such-host.invalid', port: 5986, https: true });
    await server('Nowhere').dblclick();
    const told = trouble(/can.t find the name no-such-host\.invalid/);
    await reach(told, 'Nowhere', WRONG);
    await told.getByText('Resolve-DnsName no-such-host.invalid').waitFor();
    // The other session goes on.
    await app.page.getByRole('tab', { name: 'Lab' }).click();
    await app.run('"still here"');
    await app.shows(/\nstill here\n/);
  });

  test('Basic over plain HTTP only where the person said so', async () => {
    const port = practice.httpPort;
    await addServer({ name: 'Readable', address: '127.0.0.1', port, https: false, basic: true });
    await server('Readable').dblclick();
    const ask = dialog(/would send the password readable/);
    await reach(ask, 'Readable', practice.password);
    await ask.getByText(/Nothing has been sent/).waitFor();
    // The safe choice has the focus.
    await key('Enter');
    const told = trouble(/would send the password readable/);
    await told.getByRole('button', { name: 'Try again' }).click();
    await reach(ask, 'Readable', practice.password);
    await ask.getByRole('button', { name: 'Send the password readable' }).click();
    await reach(app.sessions, 'Readable', practice.password);
    expect(await app.prompt()).toMatch(/^\[Readable\]: PS /);
    await app.run('exit');
    await app.sessions.waitFor({ state: 'detached' });
  });

  test('a certificate swapped behind a trusted name is shown beside the old one, and nothing is sent', async () => {
    const port = practice.httpsPort;
    await app.page.getByRole('tab', { name: 'Lab' }).click();
    await app.run('exit');
    // It has left before the server goes: else it would be one that was cut off, and wait to come back.
    await app.sessions
      .locator('tbody tr')
      .getByText('Opened', { exact: true })
      .waitFor({ state: 'detached' });
    await practice.close();
    const other = await makeCertificate(Date.now());
    let requests = 0;
    const imposing = createHttpsServer(
      { key: other.keyPem, cert: other.certificatePem },
      (_request, response) => {
        requests++;
        response.writeHead(401, { 'www-authenticate': 'Basic realm="WSMAN"' }).end();
      },
    );
    imposter = imposing;
    await new Promise<void>((resolve) => imposing.listen(port, '127.0.0.1', resolve));

    await server('Lab').dblclick();
    const changed = dialog('The certificate of Lab has changed');
    await changed.waitFor();
    const shown = changed.locator('.finger');
    expect(await fingerprintIn(shown.nth(0))).toBe(practice.fingerprint);
    expect(await fingerprintIn(shown.nth(1))).toBe(other.fingerprint);
    expect(requests).toBe(0);
    await key('Escape');
    await changed.waitFor({ state: 'detached' });
    expect(requests).toBe(0);
  });

  test('a server is removed with what is left of its sessions', async () => {
    await server('Lab').click();
    await key('Delete');
    const ask = dialog('Remove Lab from the list?');
    await ask.getByRole('button', { name: 'Remove Lab' }).click();
    await server('Lab').waitFor({ state: 'detached' });
    expect(await app.page.getByRole('tab', { name: 'Lab' }).count()).toBe(0);
  });
});

describe.skipIf(missing !== undefined)('themes', () => {
  let app: App;
  beforeAll(async () => {
    app = await launch();
  });
  afterAll(async () => {
    await app?.end();
  });

  const shown = () => app.page.evaluate(() => document.documentElement.dataset['theme']);

  async function choose(label: string): Promise<void> {
    await app.page.keyboard.press('Control+,');
    const settings = app.page.getByRole('dialog', { name: 'Settings' });
    await settings.getByRole('radio', { name: label }).check();
    await app.page.keyboard.press('Escape');
    await settings.waitFor({ state: 'detached' });
  }

  test('the chosen one stands from the first paint of the next load', async () => {
    expect(await shown()).toBe('dark');
    await choose('Light');
    expect(await shown()).toBe('light');
    const kept = () => readFile(join(app.dataDir, 'settings.json'), 'utf8').catch(() => '');
    await expect.poll(kept, { timeout: 30_000 }).toContain('"light"');
    await app.page.reload({ waitUntil: 'commit' });
    await app.page.waitForFunction(() => document.documentElement.dataset['theme'] !== undefined);
    // Set by a script of its own, before the app knows any setting.
    expect(await shown()).toBe('light');
    await app.servers.waitFor();
    expect(await shown()).toBe('light');
  });

  test('high contrast fits 1280 by 800, with a session open', async () => {
    await choose('High contrast');
    await app.servers.getByRole('option', { name: /Practice server/ }).dblclick();
    await app.run('Get-Nothing');
    await app.shows('Get-Nothing:');
    expect(await shown()).toBe('contrast');
    const outside = await app.page.evaluate(() =>
      [...document.querySelectorAll('button, input, [role="tab"], [role="option"], th')]
        .filter((element) => {
          const box = element.getBoundingClientRect();
          const seen = box.width > 0 && getComputedStyle(element).visibility !== 'hidden';
          return seen && (box.right > innerWidth || box.bottom > innerHeight || box.left < 0 || box.top < 0);
        })
        .map((element) => element.outerHTML.slice(0, 80)),
    );
    expect(outside).toEqual([]);
    await app.page.screenshot({ path: join(IMAGES, 'contrast.png') });
  });
});
