/** Signing in as a person meets it: encrypted unless they choose otherwise, asked once where it proves less, and told what it was. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPracticeServer, type PracticeServer } from '../../electron/practice-server/index.ts';
import { launch, whyNot, type App } from './app.ts';

const missing = whyNot('chromium', 'engine');
if (missing !== undefined) console.log(`Skipped: ${missing}`);
const IMAGES = join(import.meta.dirname, '..', '..', 'test-results');

describe.skipIf(missing !== undefined)('signing in', () => {
  let app: App;
  /** Another server as far as the app knows: it has not its password. */
  let lab: PracticeServer;

  beforeAll(async () => {
    lab = await startPracticeServer({ spare: false });
    app = await launch();
  });
  afterAll(async () => {
    await app?.end();
    await lab?.close();
  });

  const dialog = (name: string | RegExp) => app.page.getByRole('dialog', { name });
  const trouble = (title: RegExp) => app.page.getByRole('alert', { name: title });
  const server = (name: string) => app.servers.getByRole('option', { name });
  const key = (name: string) => app.page.keyboard.press(name);
  const status = () => app.page.getByRole('contentinfo', { name: 'Status' });

  async function typePassword(name: string): Promise<void> {
    const form = dialog(`Sign in to ${name}`);
    await form.getByLabel('Password', { exact: true }).fill(lab.password);
    await key('Enter');
  }

  test('the way everybody takes first is the encrypted one, and the status bar says which it is', async () => {
    await server('Practice server').dblclick();
    await app.prompt();
    await status()
      .getByText(/^NTLM, encrypted by the message/)
      .waitFor();
    await app.run('exit');
    await app.sessions.waitFor({ state: 'detached' });
  });

  test('a server by its address alone: HTTP, Negotiate, nothing else to choose', async () => {
    await app.page.getByRole('button', { name: 'Add server' }).click();
    const form = dialog('Add server');
    await form.getByLabel('Address').fill('127.0.0.1');
    expect(await form.getByLabel('Port').inputValue()).toBe('5985');
    await form.getByLabel('Port').fill(String(lab.httpPort));
    await form.getByLabel('Name', { exact: true }).fill('Lab');
    expect(await form.getByRole('combobox').count()).toBe(0);
    await form.getByText('Negotiate', { exact: true }).waitFor();
    await key('Enter');
    await form.waitFor({ state: 'detached' });
  });

  test('NTLM over HTTP is asked about before anything is sent; the safe answer has the focus', async () => {
    await server('Lab').dblclick();
    const form = dialog('Sign in to Lab');
    await form.getByLabel('User name').fill('practice');
    await typePassword('Lab');
    const ask = dialog(/does not prove that this is Lab/);
    await ask.getByText(/Nothing has been sent/).waitFor();
    await app.page.screenshot({ path: join(IMAGES, 'sign-in-ntlm.png') });
    await key('Enter');
    await trouble(/does not prove that this is Lab/)
      .getByRole('button', { name: 'Try again' })
      .click();
    await dialog('Sign in to Lab').getByLabel('User name').fill('practice');
    await typePassword('Lab');
    await ask.getByRole('button', { name: 'Use NTLM' }).click();
    expect(await app.prompt()).toMatch(/^\[Lab\]: PS /);
    await status()
      .getByText(/^NTLM, encrypted by the message/)
      .waitFor();
  });

  test('and never again: neither that nor the password', async () => {
    await app.run('exit');
    await app.sessions.waitFor({ state: 'detached' });
    await server('Lab').dblclick();
    expect(await app.prompt()).toMatch(/^\[Lab\]: PS /);
    expect(await app.page.getByRole('dialog').count()).toBe(0);
    await app.run('exit');
    await app.sessions.waitFor({ state: 'detached' });
  });

  test('a server that forbids NTLM refuses it, and says why it is not Kerberos', async () => {
    await server('Lab').click();
    await key('F2');
    const form = dialog('Edit Lab');
    // It is unfolded, because something in it was allowed.
    expect(await form.getByRole('checkbox', { name: /Allow NTLM over HTTP/ }).isChecked()).toBe(true);
    await form.getByRole('checkbox', { name: /Never with NTLM/ }).check();
    await key('Enter');
    await form.waitFor({ state: 'detached' });
    await server('Lab').dblclick();
    const told = trouble(/may not be signed in to with NTLM/);
    await told.getByText(/Kerberos does not know the server by this name/).waitFor();
    await told.getByText('signin.forbidden', { exact: true }).waitFor();
  });

  test('by the keyboard alone: another way to sign in, and what that would give away', async () => {
    await server('Lab').click();
    await key('F2');
    const form = dialog('Edit Lab');
    await form.getByLabel('Sign in with').focus();
    await app.page.keyboard.type('Cred');
    await form.getByText(/The server gets your password/).waitFor();
    await key('Enter');
    await form.waitFor({ state: 'detached' });
    await server('Lab').dblclick();
    // The password was typed for a way that only proves it: this one would hand it over.
    await dialog('Sign in to Lab')
      .getByText(/CredSSP gives Lab this password/)
      .waitFor();
    await dialog('Sign in to Lab').getByLabel('User name').fill('practice');
    await typePassword('Lab');
    // The practice server knows no CredSSP.
    await trouble(/offers no way to sign in/)
      .getByText(/PSDeck is set to CredSSP/)
      .waitFor();
    await trouble(/offers no way to sign in/)
      .getByText('Enable-WSManCredSSP -Role Server -Force')
      .waitFor();
  });
});
