/** The walk of a person who opens PSDeck for the first time: in, a look around, out again, one command from outside, gone. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, whyNot, type App } from './app.ts';

const missing = whyNot('chromium', 'engine');
if (missing !== undefined) console.log(`Skipped: ${missing}`);
const IMAGES = join(import.meta.dirname, '..', '..', 'test-results');

describe.skipIf(missing !== undefined)('the first walk', () => {
  let app: App;
  beforeAll(async () => {
    app = await launch();
  });
  afterAll(async () => {
    await app?.end();
  });

  test('the list holds a server that works at once', async () => {
    await app.servers.getByRole('option', { name: /Practice server \(this computer\)/ }).waitFor();
  });

  test('a new session appears as New-PSSession prints it', async () => {
    const practice = app.servers.getByRole('option', { name: /Practice server/ });
    await practice.click();
    await app.page.keyboard.press('Control+Enter');
    const row = app.sessions.locator('tbody tr').first();
    await row.getByText('Available').waitFor();
    const cells = (await row.locator('td').allInnerTexts()).map((text) => text.trim());
    expect(cells.slice(0, 6)).toEqual([
      '1',
      'Session1',
      'localhost',
      'Opened',
      'Microsoft.PowerShell',
      'Available',
    ]);
  });

  test('Enter goes inside, to the remote prompt', async () => {
    await app.sessions.locator('tbody tr').first().click();
    await app.page.keyboard.press('Enter');
    expect(await app.prompt()).toMatch(/^\[localhost\]: PS .+>$/);
  });

  test('it is another process: its computer name and its objects come from there', async () => {
    await app.run('[Environment]::MachineName');
    await app.shows(hostname());
    await app.run('1..3 | ForEach-Object { [pscustomobject]@{ Number = $_; Square = $_ * $_ } }');
    await app.shows(/Number\s+Square\n-+\s+-+\n\s+1\s+1\n\s+2\s+4\n\s+3\s+9/);
  });

  test('Get-Help and Get-Command answer', async () => {
    await app.run('Get-Help Invoke-Command');
    await app.shows(/Invoke-Command \[-ScriptBlock\]/);
    await app.run('Clear-Host');
    await app.run('Get-Command Get-Help');
    await app.shows(/CommandType\s+Name\s+Version\s+Source[\s\S]*Cmdlet\s+Get-Help/);
    await app.page.screenshot({ path: join(IMAGES, 'seed-walk.png') });
  });

  test('Exit-PSSession leaves it open', async () => {
    await app.run('Exit-PSSession');
    const row = app.sessions.locator('tbody tr').first();
    await row.getByText('Not entered').waitFor();
    expect((await row.locator('td').allInnerTexts()).map((text) => text.trim()).slice(3, 6)).toEqual([
      'Opened',
      'Microsoft.PowerShell',
      'Available',
    ]);
  });

  test('one command runs without entering', async () => {
    const line = app.page.getByRole('textbox', { name: /command/i });
    await line.fill('"answer: $(6 * 7)"');
    await line.press('Enter');
    await app.shows('answer: 42');
  });

  test('Remove takes the row away', async () => {
    await app.sessions.locator('tbody tr').first().click();
    await app.page.keyboard.press('Delete');
    await app.sessions.waitFor({ state: 'detached' });
  });
});
