/** Drives the real app as a person does: started by its own start script, seen in Chromium. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';

const CHROMIUM = process.env['PSDECK_CHROMIUM'] ?? '/usr/bin/chromium';
const MISSING = JSON.parse(process.env['PSDECK_MISSING'] ?? '{}') as Record<string, string>;

/** Why these tests cannot run here; undefined where they can. */
export function whyNot(...needs: ('chromium' | 'engine')[]): string | undefined {
  for (const need of needs) {
    if (MISSING[need] !== undefined) return MISSING[need];
  }
  return existsSync(CHROMIUM) ? undefined : `There is no Chromium at ${CHROMIUM}.`;
}

export interface App {
  readonly page: Page;
  readonly process: ChildProcess;
  readonly address: string;
  readonly dataDir: string;
  /** What a terminal shows, empty lines at the end left out. */
  screen(): Promise<string>;
  /** Waits until the terminal shows it. */
  shows(text: string | RegExp): Promise<void>;
  /** Waits for a prompt and types a line at it. */
  run(line: string): Promise<void>;
  /** Waits for the last line to be a prompt. */
  prompt(): Promise<string>;
  readonly servers: Locator;
  readonly sessions: Locator;
  end(): Promise<void>;
}

export interface Launch {
  readonly viewport?: { width: number; height: number };
  readonly colorScheme?: 'dark' | 'light';
  readonly dataDir?: string;
}

const ROOT = join(import.meta.dirname, '..', '..');
/** `[server]: PS path> ` at the end of the page. */
const PROMPT = /^\[[^\]]+\]: .*> ?$/;

export const CHROMIUM_PATH = CHROMIUM;
export const CHROMIUM_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  // Without WebGL xterm draws its rows as elements, whose text a test can read.
  '--disable-3d-apis',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface StartedApp {
  readonly process: ChildProcess;
  readonly address: string;
  readonly dataDir: string;
  end(): Promise<void>;
}

/** The app alone, without a browser. */
export async function startApp(keepIn?: string): Promise<StartedApp> {
  const dataDir = keepIn ?? (await mkdtemp(join(tmpdir(), 'psdeck-e2e-')));
  const child = spawn(process.execPath, [join(ROOT, 'build', 'start.mjs'), '--browser', '--no-open'], {
    cwd: ROOT,
    env: { ...process.env, PSDECK_DATA_DIR: dataDir },
    // The channel is never used: the app ends when it breaks, so that a killed test run leaves nothing behind.
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  return {
    process: child,
    address: await addressOf(child),
    dataDir,
    async end() {
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, 'exit');
        child.kill('SIGINT');
        await gone;
      }
      if (keepIn === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export async function launch(options: Launch = {}): Promise<App> {
  const started = await startApp(options.dataDir);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
  const context = await browser.newContext({
    viewport: options.viewport ?? { width: 1280, height: 800 },
    colorScheme: options.colorScheme ?? 'dark',
  });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await context.newPage();
  await page.goto(started.address);
  await page.getByRole('listbox', { name: 'Servers' }).waitFor();
  return new RunningApp(page, browser, started);
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    child.stdout?.on('data', (chunk: Uint8Array) => {
      printed += Buffer.from(chunk).toString('utf8');
      const address = /http:\/\/\S+/.exec(printed)?.[0];
      if (address !== undefined) resolve(address);
    });
    child.once('exit', () =>
      reject(new Error(`The app ended before it printed its address. It said:\n${printed}`)),
    );
  });
}

class RunningApp implements App {
  readonly page: Page;
  readonly #browser: Browser;
  readonly #started: StartedApp;

  constructor(page: Page, browser: Browser, started: StartedApp) {
    this.page = page;
    this.#browser = browser;
    this.#started = started;
  }

  get process(): ChildProcess {
    return this.#started.process;
  }

  get address(): string {
    return this.#started.address;
  }

  get dataDir(): string {
    return this.#started.dataDir;
  }

  get servers(): Locator {
    return this.page.getByRole('listbox', { name: 'Servers' });
  }

  get sessions(): Locator {
    return this.page.getByRole('grid', { name: 'Sessions' });
  }

  async screen(): Promise<string> {
    const rows = await this.page.locator('.xterm-rows > div').allInnerTexts();
    return rows
      .map((row) => row.replaceAll('\u00a0', ' ').trimEnd())
      .join('\n')
      .trimEnd();
  }

  async shows(text: string | RegExp): Promise<void> {
    await this.#until(
      (screen) => (typeof text === 'string' ? screen.includes(text) : text.test(screen)),
      `the terminal shows ${String(text)}`,
    );
  }

  async prompt(): Promise<string> {
    const screen = await this.#until((now) => PROMPT.test(now.split('\n').at(-1) ?? ''), 'a prompt');
    return screen.split('\n').at(-1) ?? '';
  }

  async run(line: string): Promise<void> {
    await this.prompt();
    await this.page.locator('.xterm-helper-textarea').focus();
    await this.page.keyboard.type(line);
    await this.page.keyboard.press('Enter');
  }

  async end(): Promise<void> {
    await this.#browser.close();
    await this.#started.end();
  }

  async #until(is: (screen: string) => boolean, what: string): Promise<string> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const screen = await this.screen().catch(() => '');
      if (is(screen)) return screen;
      if (Date.now() > deadline)
        throw new Error(`Waited 20 seconds for ${what}. The terminal shows:\n${screen}`);
      // A terminal has no event to wait for, and looking costs the page a layout: not more often than a person would.
      await this.page.waitForTimeout(50);
    }
  }
}
