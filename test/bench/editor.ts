/**
 * The line: from a key to its painted echo in Chromium, on a quick server, on one half a second away and beside eight sessions that flood; from Tab
 * to the menu; what reading PowerShell and searching the history cost between two keys.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPracticeServer } from '../../electron/practice-server/index.ts';
import { linesHolding, predictedLine } from '../../renderer/features/terminal/editing/history-lines.ts';
import { highlight } from '../../renderer/features/terminal/highlight.ts';
import { isIncomplete, parse, parseAfresh } from '../../shared/powershell/parse.ts';
import { launch, type App } from '../e2e/app.ts';
import { FaultProxy } from '../lab/fault-proxy.ts';
import type { Figure } from './main.ts';
import { whilePainting } from './painted.ts';

const KEYS = 200;
/** As many lines as anybody edits at a prompt, and no more than is coloured. */
const LONG_LINES = 200;
const LONG_CHARS = 19_000;
/** Quicker than anybody types, slow enough that one key's painting is not the next one's. */
const KEY_EVERY_MS = 50;

export async function run(): Promise<Figure[]> {
  return [...reading(), ...searching(), ...(await near()), ...(await far()), ...(await flooded())];
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function times(count: number, work: (round: number) => void): number[] {
  const taken: number[] = [];
  for (let round = 0; round < count; round++) {
    const began = performance.now();
    work(round);
    taken.push(performance.now() - began);
  }
  return taken.toSorted((a, b) => a - b);
}

// --- in Node: no browser, no network ---

const corpus = readFileSync(
  join(import.meta.dirname, '..', 'vectors', 'powershell-syntax', 'corpus.txt'),
  'utf8',
)
  .split('\n')
  .filter((line) => line !== '' && !isIncomplete(line) && parse(line).errors.length === 0);

/** So many lines of it, each of its own kind, that are finished and right. */
function script(lines: number): string {
  return Array.from({ length: lines }, (_, index) => corpus[index % corpus.length] ?? '').join('\n');
}

function reading(): Figure[] {
  const long = script(5000);
  // Read from its beginning each time, as a pasted file is.
  const whole = times(5, () => void parseAfresh(long));
  const short = script(LONG_LINES).slice(0, LONG_CHARS);
  const perKey = times(
    200,
    (round) =>
      void highlight(
        `${short}\n${'Get-ChildItem -Path C:\\Logs -Recurse'.slice(0, round % 36)}${'#'.repeat(Math.floor(round / 36))}`,
      ),
  );
  return [
    { name: 'tokenizer: 5,000 lines', value: at(whole, 0.5), unit: 'ms' },
    { name: 'tokenizer: characters of them', value: long.length, unit: '' },
    { name: 'colours per key in a buffer of 200 lines, median', value: at(perKey, 0.5), unit: 'ms' },
    { name: 'colours per key in a buffer of 200 lines, p99', value: at(perKey, 0.99), unit: 'ms' },
  ];
}

function searching(): Figure[] {
  const lines = Array.from(
    { length: 100_000 },
    (_, index) => `${corpus[index % corpus.length] ?? ''} # ${String(index)}`,
  );
  const query = 'where-object { $_.status';
  linesHolding(lines, '');
  const perKey = times(query.length, (round) => void linesHolding(lines, query.slice(0, round + 1)));
  const typed = 'Zzz-Nothing that was ever run';
  const missing = times(typed.length, (round) => void predictedLine(lines, typed.slice(0, round + 1)));
  const known = 'Get-ChildItem -Path C:\\Logs';
  const predicted = times(known.length, (round) => void predictedLine(lines, known.slice(0, round + 1)));
  return [
    { name: 'history of 100,000 lines: search per key, median', value: at(perKey, 0.5), unit: 'ms' },
    { name: 'history of 100,000 lines: search per key, slowest', value: at(perKey, 1), unit: 'ms' },
    {
      name: 'history of 100,000 lines: prediction per key, slowest',
      value: Math.max(at(predicted, 1), at(missing, 1)),
      unit: 'ms',
    },
  ];
}

// --- in Chromium ---

async function echoes(app: App, what: string, aims: { p50?: string; p99: string }): Promise<Figure[]> {
  const line = 'Get-ChildItem -Path C:\\Logs -Filter *.log | Where-Object { $_.Length -gt 1mb } ';
  await app.page.locator('.xterm-helper-textarea').focus();
  const painted = await whilePainting(app, async () => {
    for (let typed = 0; typed < KEYS; typed += line.length) {
      await app.page.keyboard.type(line.slice(0, KEYS - typed), { delay: KEY_EVERY_MS });
      // Gives up what was typed, and leaves what stood there before.
      for (let taken = 0; taken < Math.min(line.length, KEYS - typed); taken++)
        await app.page.keyboard.press('Backspace');
    }
  });
  const sorted = painted.echoes.toSorted((a, b) => a - b);
  const browser = painted.eventTiming.toSorted((a, b) => a - b);
  return [
    {
      name: `key to painted echo${what}, p50 of ${String(sorted.length)}`,
      value: at(sorted, 0.5),
      unit: 'ms',
      ...(aims.p50 === undefined ? {} : { aim: aims.p50 }),
    },
    { name: `key to painted echo${what}, p99`, value: at(sorted, 0.99), unit: 'ms', aim: aims.p99 },
    { name: `the same by the browser's Event Timing${what}, p50`, value: at(browser, 0.5), unit: 'ms' },
    { name: `the same by the browser's Event Timing${what}, p99`, value: at(browser, 0.99), unit: 'ms' },
  ];
}

const aims = { p50: 'at most 16', p99: 'at most 33' };

async function near(): Promise<Figure[]> {
  const app = await launch();
  await app.servers.getByRole('option', { name: /Practice server/ }).dblclick();
  await app.prompt();
  const figures = [...(await echoes(app, '', aims)), ...(await menus(app, ''))];
  await pasted(app, script(LONG_LINES).slice(0, LONG_CHARS));
  figures.push(...(await echoes(app, `, behind ${String(LONG_LINES)} lines`, { p99: aims.p99 })));
  await app.end();
  return figures;
}

async function pasted(app: App, text: string): Promise<void> {
  await app.page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
  await app.page.keyboard.press('Control+v');
  await app.page.getByRole('button', { name: /^Paste into/ }).click();
  await app.shows((text.split('\n').at(-1) ?? '').slice(-20).trim());
}

/** Half a second to the server and back. */
const ONE_WAY_MS = 250;

async function far(): Promise<Figure[]> {
  const practice = await startPracticeServer({ plainBasic: true });
  const proxy = await FaultProxy.start(practice.httpPort);
  proxy.delay = ONE_WAY_MS;
  const dataDir = await mkdtemp(join(tmpdir(), 'psdeck-bench-'));
  const server = {
    id: 'far',
    kind: 'winrm',
    name: 'Far away',
    address: '127.0.0.1',
    port: proxy.port,
    https: false,
    userName: practice.userName,
    configuration: 'Microsoft.PowerShell',
    // Basic signs in at once: what is measured is the line.
    signIn: { auth: 'basic' },
    allowPlainBasic: true,
    allowNtlmOverHttp: true,
  };
  await writeFile(join(dataDir, 'servers.json'), JSON.stringify({ version: 1, servers: [server] }));
  const app = await launch({ dataDir });
  await app.servers.getByRole('option', { name: /Far away/ }).dblclick();
  await app.page.getByRole('textbox', { name: 'Password' }).fill(practice.password);
  await app.page.keyboard.press('Enter');
  // A dozen round trips of half a second, on a machine that may be busy.
  await app.sessions.getByText('Available').waitFor({ timeout: 60_000 });
  await app.prompt();
  const what = ', 500 ms of network';
  const figures = [...(await echoes(app, what, aims)), ...(await menus(app, what))];
  await app.end();
  await proxy.close();
  await practice.close();
  await rm(dataDir, { recursive: true, force: true });
  return figures;
}

/** From the key to the menu: at once, when nothing was asked yet, and after a rest in which it was asked ahead. */
async function menus(app: App, what: string): Promise<Figure[]> {
  const found: Record<'cold' | 'warm', number[]> = { cold: [], warm: [] };
  const menu = app.page.getByRole('listbox', { name: 'Completions' });
  for (let round = 0; round < 10; round++) {
    for (const kind of ['cold', 'warm'] as const) {
      // A variable of its own each time: nothing that was asked before fits.
      const line = `$${kind}${String(round)} = 1; Get-ChildItem -`;
      await app.page.keyboard.type(line);
      // Asked ahead after a tenth of a second, and answered in a few more on a server that is half a second away.
      if (kind === 'warm') await app.page.waitForTimeout(2500);
      const took = app.page.evaluate(
        () =>
          new Promise<number>((resolve) => {
            let began = 0;
            window.addEventListener('keydown', (event) => (began = event.timeStamp), {
              capture: true,
              once: true,
            });
            const observer = new MutationObserver(() => {
              if (document.querySelector('.complete [role="option"]') === null) return;
              observer.disconnect();
              requestAnimationFrame(() => resolve(performance.now() - began));
            });
            observer.observe(document.body, { childList: true, subtree: true });
          }),
      );
      await app.page.keyboard.press('Control+Space');
      found[kind].push(await took);
      await menu.waitFor();
      await app.page.keyboard.press('Escape');
      await menu.waitFor({ state: 'detached' });
      await app.page.keyboard.press('Escape');
    }
  }
  return (['cold', 'warm'] as const).map((kind) => ({
    name: `completion key to menu${what}, ${kind === 'cold' ? 'at once' : 'after a rest'}, median of 10`,
    value: at(
      found[kind].toSorted((a, b) => a - b),
      0.5,
    ),
    unit: 'ms',
  }));
}

const FLOODING = 8;

async function flooded(): Promise<Figure[]> {
  const app = await launch();
  await app.servers.getByRole('option', { name: /Practice server/ }).dblclick();
  for (let session = 1; session <= FLOODING; session++) {
    await app.run(
      '$text = "a line of a flood that never ends, as wide as most are, and then some"; while ($true) { $text }',
    );
    await app.shows('a line of a flood');
    await app.page.keyboard.press('Alt+n');
    const row = app.sessions.locator('tbody tr').nth(session);
    await row.getByText('Available').waitFor({ timeout: 60_000 });
    await app.page.keyboard.press('Enter');
  }
  await app.prompt();
  const figures = await echoes(app, `, ${String(FLOODING)} sessions flooding`, { p99: 'at most 50' });
  await app.end();
  return figures;
}
