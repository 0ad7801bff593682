/** Inside a session, with real keys: prompts, completion, Ctrl+C, continuation, progress, a reload, an engine that dies. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, whyNot, type App } from './app.ts';

const missing = whyNot('chromium', 'engine');
if (missing !== undefined) console.log(`Skipped: ${missing}`);

describe.skipIf(missing !== undefined)('the terminal', () => {
  let app: App;
  beforeAll(async () => {
    app = await launch();
    await app.servers.getByRole('option', { name: /Practice server/ }).dblclick();
    await app.prompt();
  });
  afterAll(async () => {
    await app?.end();
  });

  const keys = (...names: string[]) =>
    names.reduce((before, name) => before.then(() => app.page.keyboard.press(name)), Promise.resolve());

  test('a double-click was enough to be inside', async () => {
    expect(await app.prompt()).toMatch(/^\[localhost\]: PS /);
    await app.shows('Reduced engine');
  });

  test('Read-Host is asked and answered, masked where it is secret', async () => {
    await app.run("'hello ' + (Read-Host 'Name')");
    await app.shows(/Name:$/);
    await app.page.keyboard.type('Ada');
    await keys('Enter');
    await app.shows('hello Ada');
    await app.run("(Read-Host 'Pin' -AsSecureString).Length");
    await app.shows(/Pin:$/);
    await app.page.keyboard.type('hush1');
    await app.shows(/Pin: \*{5}/);
    await keys('Enter');
    await app.prompt();
    expect(await app.screen()).toMatch(/\n5\n/);
    expect(await app.screen()).not.toContain('hush1');
  });

  test('a mandatory parameter is asked for', async () => {
    await app.run('function Get-Twice { param([Parameter(Mandatory)][int]$Number) $Number * 2 }; Get-Twice');
    await app.shows(/Number:$/);
    await app.page.keyboard.type('21');
    await keys('Enter');
    await app.shows(/\n42\n/);
  });

  test('Tab completes on the remote side', async () => {
    await app.prompt();
    await app.page.keyboard.type('Get-Comm');
    await keys('Tab');
    await app.shows(/> Get-Command$/);
    await keys('Escape');
    await app.shows(/PS [^\n]*>$/);
  });

  test('unfinished input goes on at >>', async () => {
    await app.run('foreach ($i in 1..2) {');
    await app.shows(/>> ?$/);
    await app.page.keyboard.type('"i is $i"');
    await keys('Enter');
    await app.shows(/>> "i is \$i"\n>> ?$/);
    await app.page.keyboard.type('}');
    await keys('Enter');
    await app.shows(/i is 1\ni is 2\n/);
    // The line stands in the page once, not once a try.
    expect((await app.screen()).match(/foreach \(\$i in 1\.\.2\) \{/g)).toHaveLength(1);
  });

  test('Up brings back the last line', async () => {
    await app.run('"remember me"');
    await app.prompt();
    await keys('ArrowUp');
    await app.shows(/> "remember me"$/);
    await keys('Escape');
  });

  test('errors are red and warnings are yellow', async () => {
    await app.run('Write-Warning careful; Get-Nothing');
    await app.shows('WARNING: careful');
    await app.prompt();
    const colours = await app.page.evaluate(() => {
      const colourOf = (text: string): string => {
        const spans = [...document.querySelectorAll('.xterm-rows span')];
        const span = spans.findLast((each) => (each.textContent ?? '').includes(text));
        return span ? getComputedStyle(span).color : '';
      };
      return { error: colourOf('Get-Nothing:'), warning: colourOf('WARNING:') };
    });
    const [red, green, blue] = (colours.error.match(/\d+/g) ?? []).map(Number);
    expect(red).toBeGreaterThan((green ?? 255) + 40);
    expect(red).toBeGreaterThan((blue ?? 255) + 40);
    const [warnRed, warnGreen, warnBlue] = (colours.warning.match(/\d+/g) ?? []).map(Number);
    expect(Math.min(warnRed ?? 0, warnGreen ?? 0)).toBeGreaterThan((warnBlue ?? 255) + 40);
  });

  test('Ctrl+C stops the command, Busy and Available are shown, and the session goes on', async () => {
    await app.run('"running"; Start-Sleep 600');
    await app.shows(/\nrunning\n?$/);
    const row = app.sessions.locator('tbody tr').first();
    await row.getByText('Busy').waitFor();
    await keys('Control+c');
    await app.prompt();
    await row.getByText('Available').waitFor();
    await app.run('"still here"');
    await app.shows(/\nstill here\n/);
  });

  test('progress is drawn while it lasts and leaves nothing in the page', async () => {
    await app.run(
      "Write-Progress -Activity Copying -Status 'file 1' -PercentComplete 30; $null = Read-Host Go",
    );
    const bar = app.page.getByRole('progressbar', { name: /Copying/ });
    await bar.waitFor();
    await app.shows(/Go:$/);
    await keys('Enter');
    await app.prompt();
    await bar.waitFor({ state: 'detached' });
  });

  test('typing ahead waits for the prompt', async () => {
    await app.run('Start-Sleep -Milliseconds 400');
    await app.page.keyboard.type('"typed ahead"');
    await keys('Enter');
    await app.shows(/\ntyped ahead\n/);
  });

  test('many lines arrive in order and none is missing', async () => {
    await app.run('1..5000; "the end"');
    await app.shows(/\n4999\n5000\nthe end\n/);
  });

  test('a reload finds the session as it was', async () => {
    const before = await app.prompt();
    await app.run('$kept = 7');
    await app.prompt();
    await app.page.reload();
    await app.servers.getByRole('option', { name: /Practice server/ }).waitFor();
    if ((await app.sessions.count()) === 0)
      await app.servers.getByRole('option', { name: /Practice server/ }).dblclick();
    expect(await app.prompt()).toBe(before);
    await app.shows('$kept = 7');
    await app.run('"kept is $kept"');
    await app.shows('kept is 7');
  });

  test('an engine that dies leaves a row that says so, and nothing else is disturbed', async () => {
    await app.run('$PID');
    await app.prompt();
    const engine = Number(
      /\n(\d+)\n\[/.exec(await app.screen().then((screen) => screen.slice(screen.lastIndexOf('$PID'))))?.[1],
    );
    process.kill(engine, 'SIGKILL');
    const row = app.sessions.locator('tbody tr').first();
    await row.getByText('Broken').waitFor();
    await app.page.getByRole('button', { name: /Try again/ }).click();
    await app.sessions.locator('tbody tr').nth(1).getByText('Available').waitFor();
    expect(await app.prompt()).toMatch(/^\[localhost\]: PS /);
  });

  test('ending the app ends every engine it started', async () => {
    const engines = enginesBelow(app.process.pid ?? 0);
    expect(engines.length).toBeGreaterThan(0);
    await app.end();
    // They end when their input does; the system may take its time to say so.
    await expect.poll(() => engines.filter(isAlive)).toEqual([]);
  });
});

/** Processes below one, by what the kernel says of parents. */
function enginesBelow(pid: number): number[] {
  if (process.platform !== 'linux') {
    return execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
      .split('\n')
      .filter(Boolean)
      .map(Number);
  }
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(join('/proc', name, 'stat'), 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // gone meanwhile
    }
  }
  const below = (ancestor: number): number[] =>
    [...parents].filter(([, parent]) => parent === ancestor).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    // A zombie has ended; it only waits to be counted.
    return stat.slice(stat.lastIndexOf(')') + 2).charAt(0) !== 'Z';
  } catch {
    return false;
  }
}
