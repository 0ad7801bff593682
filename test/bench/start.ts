/** What a person waits for: the start, the way in, a flood of lines; and what it costs in memory. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium } from 'playwright-core';
import { findEngine } from '../../electron/practice-server/engine/find-engine.ts';
import { ProcessConnection, RunspacePool } from '../../electron/remoting/index.ts';
import { CHROMIUM_ARGUMENTS, CHROMIUM_PATH, launch, startApp } from '../e2e/app.ts';
import type { Figure } from './main.ts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const ROOT = join(import.meta.dirname, '..', '..');
const LAUNCHES = 20;
const LINES = 100_000;

export async function run(): Promise<Figure[]> {
  return [...(await starts()), ...(await wayIn()), bundle(), ...(await flood()), ...(await memory())];
}

/** Whole launches: `npm start`'s script to a page whose list of servers can be used. */
async function starts(): Promise<Figure[]> {
  const browser = await chromium.launch({ executablePath: CHROMIUM_PATH, args: CHROMIUM_ARGUMENTS });
  const times: number[] = [];
  for (let i = 0; i < LAUNCHES + 1; i++) {
    const began = performance.now();
    const app = await startApp();
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(app.address);
    await page.getByRole('listbox', { name: 'Servers' }).waitFor();
    // The first builds what is missing and warms the disk's cache; it is a set-up, not a start.
    if (i > 0) times.push(performance.now() - began);
    await context.close();
    await app.end();
  }
  await browser.close();
  times.sort((a, b) => a - b);
  return [
    { name: `start to usable page, median of ${String(LAUNCHES)}`, value: at(times, 0.5), unit: 'ms' },
    {
      name: `start to usable page, p95 of ${String(LAUNCHES)}`,
      value: at(times, 0.95),
      unit: 'ms',
      aim: 'at most 1000',
    },
  ];
}

/** A double-click to the prompt, beside what the engine alone needs to open a runspace pool. */
async function wayIn(): Promise<Figure[]> {
  const command = await findEngine();
  const alone: number[] = [];
  for (let i = 0; i < 5; i++) {
    const began = performance.now();
    const child = spawn(command.file, command.args, { stdio: ['pipe', 'pipe', 'ignore'] });
    const pool = new RunspacePool(
      new ProcessConnection({
        kind: 'process',
        computerName: 'localhost',
        input: child.stdout,
        output: child.stdin,
      }),
    );
    await pool.open();
    alone.push(performance.now() - began);
    const gone = once(child, 'exit');
    await pool.close();
    child.kill();
    await gone;
  }
  const app = await launch();
  const clicks: number[] = [];
  for (let i = 0; i < 6; i++) {
    // A spare engine stands ready once the practice server is idle for a while.
    await app.page.waitForTimeout(6000);
    const began = performance.now();
    await app.servers.getByRole('option', { name: /Practice server/ }).dblclick();
    await app.prompt();
    if (i > 0) clicks.push(performance.now() - began);
    await app.run('exit');
    await app.sessions.waitFor({ state: 'detached' });
  }
  await app.end();
  return [
    {
      name: 'click to prompt, warm engine, median of 5',
      value: at(
        clicks.toSorted((a, b) => a - b),
        0.5,
      ),
      unit: 'ms',
    },
    {
      name: "the engine's own start to Opened, median of 5",
      value: at(
        alone.toSorted((a, b) => a - b),
        0.5,
      ),
      unit: 'ms',
    },
    {
      name: 'click to prompt / engine start',
      value:
        at(
          clicks.toSorted((a, b) => a - b),
          0.5,
        ) /
        at(
          alone.toSorted((a, b) => a - b),
          0.5,
        ),
      unit: '×',
    },
  ];
}

/** What the window loads, as a server would compress it. */
function bundle(): Figure {
  const folder = join(ROOT, 'dist', 'renderer');
  const sizes = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:js|css|html)$/.test(entry.name))
    .map((entry) => gzipSync(readFileSync(join(entry.parentPath, entry.name)), { level: 9 }).length);
  return {
    name: 'renderer bundle, gzip',
    value: sizes.reduce((sum, size) => sum + size, 0) / 1000,
    unit: 'kB',
    aim: 'below 400',
  };
}

/** One string of 100,000 lines from a session to the screen, beside the same string written to a bare xterm.js in the same browser. */
async function flood(): Promise<Figure[]> {
  const app = await launch();
  await app.servers.getByRole('option', { name: /Practice server/ }).dblclick();
  await app.prompt();
  const make = `$text = (1..${String(LINES)} | ForEach-Object { "line $_ of a long output that is as wide as most are" }) -join "\`n"`;
  await app.run(make);
  await app.prompt();
  const ours: number[] = [];
  for (let i = 0; i < 3; i++) {
    await app.run('$host.UI.WriteLine($text)');
    const began = performance.now();
    await app.shows(new RegExp(`line ${String(LINES)} of [^\\n]*\\n\\[localhost\\]`));
    ours.push(performance.now() - began);
    await app.run('Clear-Host');
    await app.prompt();
  }
  await app.end();

  const bare = await bareTerminal();
  const best = Math.min(...ours);
  return [
    { name: 'one string of 100,000 lines, session to screen', value: best, unit: 'ms' },
    { name: 'the same string in bare xterm.js', value: bare, unit: 'ms' },
    { name: 'session to screen / bare xterm.js', value: best / bare, unit: '×' },
  ];
}

async function bareTerminal(): Promise<number> {
  const xterm = join(ROOT, 'node_modules', '@xterm', 'xterm');
  const files: Readonly<Record<string, [string, string]>> = {
    '/': [
      'text/html',
      '<!doctype html><link rel=stylesheet href=/x.css><div id=t style="width:1000px;height:620px"></div><script src=/x.js></script>',
    ],
    '/x.css': ['text/css', readFileSync(join(xterm, 'css', 'xterm.css'), 'utf8')],
    '/x.js': ['text/javascript', readFileSync(join(xterm, 'lib', 'xterm.js'), 'utf8')],
  };
  const server = createServer((request, response) => {
    const [type, body] = files[request.url ?? ''] ?? ['text/plain', ''];
    response.writeHead(200, { 'content-type': type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await chromium.launch({ executablePath: CHROMIUM_PATH, args: CHROMIUM_ARGUMENTS });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`);
  const best = await page.evaluate(async (lines) => {
    interface BareTerminal {
      open(element: Element | null): void;
      write(text: string, done: () => void): void;
      reset(): void;
    }
    const { Terminal } = window as unknown as { Terminal: new (options: object) => BareTerminal };
    const terminal = new Terminal({ cols: 120, rows: 30, scrollback: 20_000 });
    terminal.open(document.querySelector('#t'));
    const text = Array.from(
      { length: lines },
      (_, i) => `line ${String(i + 1)} of a long output that is as wide as most are\r\n`,
    ).join('');
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 3; i++) {
      const began = performance.now();
      await new Promise<void>((resolve) => terminal.write(text, resolve));
      await new Promise((resolve) => requestAnimationFrame(resolve));
      least = Math.min(least, performance.now() - began);
      terminal.reset();
    }
    return least;
  }, LINES);
  await browser.close();
  server.close();
  return best;
}

/** The app's own process, engines and browser apart, with one session and with twenty. */
async function memory(): Promise<Figure[]> {
  const app = await launch();
  const practice = app.servers.getByRole('option', { name: /Practice server/ });
  await practice.click();
  const residents: number[] = [];
  for (let sessions = 1; sessions <= 20; sessions++) {
    if (sessions === 1) await app.page.keyboard.press('Control+Enter');
    else await app.page.getByRole('button', { name: /New session/ }).click();
    await app.sessions
      .locator('tbody tr')
      .nth(sessions - 1)
      .getByText('Available')
      .waitFor({ timeout: 60_000 });
    if (sessions === 1 || sessions === 20) residents.push(await residentOf(app.process.pid ?? 0));
  }
  await app.end();
  const [one = 0, twenty = 0] = residents;
  return [
    { name: 'memory of the main process, 1 session', value: one / 1e6, unit: 'MB' },
    { name: 'memory of the main process, 20 sessions', value: twenty / 1e6, unit: 'MB' },
    { name: 'each further session', value: (twenty - one) / 19 / 1e6, unit: 'MB' },
  ];
}

/** Bytes of resident memory. */
async function residentOf(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout.trim()) * 1024;
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
