/**
 * Canaries: a hundred servers are signed in to, each with a password of its own, and one of them is used in a window. Then everything that
 * the app wrote, said and holds is searched for all of them, in every form that signing in gives a password.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureBuilt } from '../../build/lib/built.mjs';
import { findEngine } from '../../electron/practice-server/engine/find-engine.ts';
import { startEngine } from '../../electron/practice-server/engine/engine-process.ts';
import { createWsmanEndpoint } from '../../electron/practice-server/wsman/endpoint.ts';
import { ntHash } from '../../electron/protocol/auth/ntlm/keys.ts';
import { listen, type Listener } from '../../electron/transport/winrm-http/listener.ts';
import { CHROMIUM_ARGUMENTS, CHROMIUM_PATH } from '../e2e/app.ts';
import { noEngine } from './practice.ts';

const missing =
  noEngine ?? (existsSync(CHROMIUM_PATH) ? undefined : `There is no Chromium at ${CHROMIUM_PATH}.`);
if (missing !== undefined) console.log(`Skipped: ${missing}`);

const STORED = 100;
/** The one that a window uses. */
const USED = 42;
/** One that the server refuses, and so is not stored. */
const WRONG = STORED;

/** Every canary of a run begins with the same, so that all of them are found at once. ASCII alone: no form of it is escaped anywhere. */
const MARK = `Kanarie${randomBytes(9).toString('hex')}`;
const canaries = Array.from({ length: STORED + 1 }, () => MARK + randomBytes(9).toString('hex'));
const PLANTED = `Planted${randomBytes(12).toString('hex')}`;

interface Found {
  readonly form: string;
  /** Which canary it is; undefined where only the beginning is left of it. */
  readonly canary: number | undefined;
}

/** The middle of what base64 makes of a text that stands at any of the three places in a group. */
function base64Forms(text: Uint8Array): Buffer[] {
  return [0, 1, 2].map((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), text]).toString('base64');
    // The first group holds what stood before, the last one what comes after.
    return Buffer.from(whole.slice(shift === 0 ? 0 : 4, -4), 'latin1');
  });
}

const MARKS: readonly (readonly [string, Buffer])[] = [
  ['UTF-8', Buffer.from(MARK, 'utf8')],
  ['UTF-16', Buffer.from(MARK, 'utf16le')],
  ['hex of UTF-8', Buffer.from(Buffer.from(MARK, 'utf8').toString('hex'), 'latin1')],
  ['hex of UTF-16', Buffer.from(Buffer.from(MARK, 'utf16le').toString('hex'), 'latin1')],
  ...base64Forms(Buffer.from(MARK, 'utf8')).map((form) => ['base64 of UTF-8', form] as const),
  ...base64Forms(Buffer.from(MARK, 'utf16le')).map((form) => ['base64 of UTF-16', form] as const),
];

const hashes = canaries.map((canary) => Buffer.from(ntHash(canary)));
const byHash = new Map<string, number>(
  hashes.flatMap((hash, i) => [
    [hash.toString('hex'), i],
    [hash.toString('base64'), i],
  ]),
);

/** Everything of a canary in there: the password in every form, its NT hash raw, in hex and in base64. */
function search(where: Buffer): Found[] {
  const found: Found[] = [];
  for (const [form, mark] of MARKS) {
    for (let at = where.indexOf(mark); at >= 0; at = where.indexOf(mark, at + 1)) {
      const text = where.subarray(at, at + 64).toString('latin1');
      const canary = canaries.findIndex((each) => text.startsWith(each));
      found.push({ form, canary: canary < 0 ? undefined : canary });
    }
  }
  for (const [i, hash] of hashes.entries())
    if (where.includes(hash)) found.push({ form: 'NT hash', canary: i });
  // Runs of hex digits and of base64 long enough for a hash: each place in them is looked up.
  const text = where.toString('latin1');
  for (const [run] of text.matchAll(/[0-9a-f]{32,}/gi)) {
    for (let i = 0; i + 32 <= run.length; i++) {
      const canary = byHash.get(run.slice(i, i + 32).toLowerCase());
      if (canary !== undefined) found.push({ form: 'NT hash in hex', canary });
    }
  }
  for (const [run] of text.matchAll(/[A-Za-z0-9+/]{22}==/g)) {
    const canary = byHash.get(run);
    if (canary !== undefined) found.push({ form: 'NT hash in base64', canary });
  }
  return found;
}

describe('the search', () => {
  test('finds a canary in every form', () => {
    const canary = canaries[7] ?? '';
    const hash = hashes[7] ?? Buffer.alloc(0);
    const forms: [string, Buffer | string][] = [
      ['UTF-8', canary],
      ['UTF-16', Buffer.from(canary, 'utf16le')],
      ['hex of UTF-8', Buffer.from(canary).toString('hex')],
      ...['', 'u', 'us'].map((user): [string, string] => [
        'base64 of UTF-8',
        Buffer.from(user + canary).toString('base64'),
      ]),
      ...['', 'u'].map((user): [string, string] => [
        'base64 of UTF-16',
        Buffer.from(user + canary, 'utf16le').toString('base64'),
      ]),
      ['NT hash', hash],
      ['NT hash in hex', hash.toString('hex').toUpperCase()],
      ['NT hash in base64', hash.toString('base64')],
    ];
    for (const [form, bytes] of forms) {
      const hay = Buffer.concat([Buffer.from('{"x":"'), Buffer.from(bytes), Buffer.from('"}')]);
      expect(
        search(hay).map((found) => found.form),
        form,
      ).toContain(form);
    }
    expect(search(Buffer.from(canary))[0]?.canary).toBe(7);
    expect(search(randomBytes(100_000))).toEqual([]);
  });
});

describe.skipIf(missing !== undefined)('a hundred passwords, one used', () => {
  let folder: string;
  let dataDir: string;
  let endpoint: ReturnType<typeof createWsmanEndpoint>;
  let listener: Listener;
  let child: ChildProcess;
  let address: string;
  let printed = '';
  let answers: AsyncIterator<string>;
  let browser: Browser;
  let page: Page;
  const toWindow: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'psdeck-canary-'));
    dataDir = join(folder, 'data');
    await mkdir(dataDir);
    const command = await findEngine({ reducedModule: false });
    endpoint = createWsmanEndpoint({ engineFactory: (events) => startEngine({ command }, events) });
    listener = await listen({
      negotiate: {
        // Each server has a user of its own; the wrong password is the last user's.
        lookup: (user) =>
          user === `user${String(WRONG)}` ? Buffer.alloc(16) : hashes[Number(user.slice(4))],
      },
      handle: (request) => endpoint.handle(request),
    });
    const servers = canaries.map((_canary, i) => ({
      id: `c${String(i)}`,
      kind: 'winrm',
      name: `Cage ${String(i)}`,
      address: '127.0.0.1',
      port: listener.port,
      https: false,
      userName: `user${String(i)}`,
      configuration: 'Microsoft.PowerShell',
      signIn: {},
      allowPlainBasic: false,
      allowNtlmOverHttp: true,
    }));
    await writeFile(join(dataDir, 'servers.json'), JSON.stringify({ version: 1, servers }));
    await ensureBuilt('renderer', () => undefined);
    child = spawn(
      process.execPath,
      [
        // The whole of every text, however long what it stands in.
        '--heap-snapshot-string-limit=100000000',
        join(import.meta.dirname, 'canary-app.ts'),
        dataDir,
        join(folder, 'messages'),
        PLANTED,
      ],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (printed += text));
    if (child.stdout === null) throw new Error('no stdout');
    answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    address = /http:\S+/.exec(await line())?.[0] ?? '';
  });
  afterAll(async () => {
    await browser?.close();
    if (child?.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    await listener?.close();
    await endpoint?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  async function line(): Promise<string> {
    const { value, done } = await answers.next();
    if (done === true) throw new Error(`The app ended: ${printed}`);
    printed += `${value}\n`;
    return value;
  }

  async function ask(request: object): Promise<unknown> {
    child.stdin?.write(`${JSON.stringify(request)}\n`);
    for (;;) {
      // What the app prints besides are sentences.
      // oxlint-disable-next-line no-await-in-loop
      const answer = await line();
      if (answer.startsWith('{')) return JSON.parse(answer);
    }
  }

  async function openServer(number: number): Promise<void> {
    // The list draws what is in sight.
    await page
      .getByRole('searchbox')
      .or(page.getByPlaceholder('Filter'))
      .first()
      .fill(`Cage ${String(number)}`);
    await page.getByRole('option', { name: `Cage ${String(number)}` }).dblclick();
  }

  async function filesIn(where: string): Promise<Buffer> {
    const names = await readdir(where, { recursive: true, withFileTypes: true });
    const files = names.filter((entry) => entry.isFile());
    return Buffer.concat(
      await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name)))),
    );
  }

  test('a hundred are stored and one is refused', async () => {
    for (const [i, password] of canaries.entries()) {
      const input = { serverId: `c${String(i)}`, credential: { userName: `user${String(i)}`, password } };
      // One after the other, as a person would.
      // oxlint-disable-next-line no-await-in-loop
      expect(await ask({ call: 'shells.list', input })).toEqual({ ok: i !== WRONG });
    }
    // They are: none of them is asked for again.
    expect(await ask({ call: 'shells.list', input: { serverId: 'c7' } })).toEqual({ ok: true });
    expect(await ask({ call: 'shells.list', input: { serverId: `c${String(WRONG)}` } })).toEqual({
      ok: false,
    });
  });

  test('one is used in a window, and none of them gets there', async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM_PATH,
      args: [...CHROMIUM_ARGUMENTS, '--js-flags=--heap-snapshot-string-limit=100000000'],
    });
    page = await browser.newPage();
    page.on('websocket', (socket) => {
      socket.on('framereceived', ({ payload }) => void toWindow.push(payload.toString()));
    });
    await page.goto(address);
    await openServer(USED);
    await page.getByRole('button', { name: 'Exit' }).waitFor();
    await page.getByText('NTLM, encrypted by the message').waitFor();
    // And one is typed there, and refused.
    await openServer(WRONG);
    const form = page.getByRole('dialog', { name: `Sign in to Cage ${String(WRONG)}` });
    await form.getByLabel('Password', { exact: true }).fill(canaries[WRONG] ?? '');
    await page.keyboard.press('Enter');
    await form.getByText(/rejected the user name or the password/).waitFor();
    await page.keyboard.press('Escape');
    await form.waitFor({ state: 'detached' });
    await page.evaluate((planted) => Object.assign(globalThis, { planted }), PLANTED);
    const heap = await rendererHeap(page);
    expect(heap.includes(PLANTED)).toBe(true);
    expect(search(heap)).toEqual([]);
    const messages = Buffer.from(toWindow.join('\n'));
    expect(messages.includes(`Cage ${String(USED)}`)).toBe(true);
    expect(search(messages)).toEqual([]);
  });

  test('those that are not in use are not in the heap of the main process', async () => {
    const file = join(folder, 'main.heapsnapshot');
    await ask({ snapshot: file });
    const heap = await readFile(file);
    expect(heap.includes(PLANTED)).toBe(true);
    expect(search(heap).filter(({ canary }) => canary !== USED)).toEqual([]);
  });

  test('and none is in a file, in the log, in the diagnostics, in an error or in what was printed', async () => {
    expect(await ask({ call: 'app.diagnostics', input: {} })).toEqual({ ok: true });
    await browser.close();
    await ask({ end: true });
    const files = await filesIn(dataDir);
    expect(files.includes('session.state')).toBe(true);
    expect(search(files)).toEqual([]);
    const messages = await readFile(join(folder, 'messages'));
    expect(messages.includes('signin.rejected')).toBe(true);
    expect(search(messages)).toEqual([]);
    expect(search(Buffer.from(printed))).toEqual([]);
  });
});

async function rendererHeap(page: Page): Promise<Buffer> {
  const devTools = await page.context().newCDPSession(page);
  const chunks: string[] = [];
  devTools.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => void chunks.push(chunk));
  await devTools.send('HeapProfiler.collectGarbage');
  await devTools.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
  await devTools.detach();
  return Buffer.from(chunks.join(''));
}
