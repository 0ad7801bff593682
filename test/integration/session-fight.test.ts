/** Two clients want one session, the app and the command line as a process: one has it, the other says why it has not. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SessionRegistry } from '../../electron/sessions/registry.ts';
import { FaultProxy } from '../lab/fault-proxy.ts';
import { noEngine, overWinRm, PASSWORD, USER } from './practice.ts';
import { Person, registryFor, serverAt } from './registry.ts';

const PROGRAM = join(import.meta.dirname, '../../build/bin/psdeck.mjs');
const SIZE = { columns: 120, rows: 30 };
const RETRY = { windowMs: 600_000, firstWaitMs: 50, longestWaitMs: 200 };

describe.skipIf(noEngine !== undefined)('two clients and one session', () => {
  let way: Awaited<ReturnType<typeof overWinRm>>;
  let proxy: FaultProxy;
  let folder: string;
  let app: { registry: SessionRegistry; person: Person };
  const others: SessionRegistry[] = [];
  const lines: CommandLine[] = [];

  /** How often a client came to a session that was left. */
  let connections = 0;
  let wake: () => void = () => undefined;

  beforeEach(async () => {
    connections = 0;
    folder = await mkdtemp(join(tmpdir(), 'psdeck-fight-'));
    way = await overWinRm(
      (event) => {
        if (event.kind === 'shell-connected') connections += 1;
        wake();
      },
      { missAfterMs: 0 },
    );
    proxy = await FaultProxy.start(way.port);
    app = newApp(proxy.port);
  });
  afterEach(async () => {
    for (const line of lines.splice(0)) line.child.kill('SIGKILL');
    await Promise.all(others.splice(0).map((registry) => registry.closeAll()));
    await proxy.close();
    await way.close();
    await rm(folder, { recursive: true, force: true });
  });

  const go = (): string => join(folder, 'go');
  const wait = (): string =>
    `while (-not [System.IO.File]::Exists('${go()}')) { [System.Threading.Thread]::Sleep(20) }`;
  const connected = (): boolean => connections > 0;
  async function until(is: () => boolean): Promise<void> {
    // oxlint-disable-next-line no-await-in-loop
    while (!is()) await new Promise<void>((resolve) => (wake = resolve));
  }
  function newApp(port: number): { registry: SessionRegistry; person: Person } {
    const person = new Person();
    const { registry } = registryFor(serverAt(port), person, undefined, { target: { retry: RETRY } });
    others.push(registry);
    return { registry, person };
  }
  async function open(): Promise<{ id: number; instanceId: string }> {
    const { id, instanceId } = await app.registry.create({
      serverId: 'z',
      size: SIZE,
      enter: false,
      name: 'Wanted',
    });
    app.registry.get(id).attach({ write: (items) => void app.person.saw(items) }, SIZE);
    return { id, instanceId };
  }
  function psdeck(...args: string[]): CommandLine {
    const line = new CommandLine(args, way.port);
    lines.push(line);
    return line;
  }

  test('the command line has it: the app counts down and says so, and has it when that leaves', async () => {
    const { id, instanceId } = await open();
    const done = app.registry.get(id).invoke(`"line 1"; ${wait()}; "line 2"`, SIZE);
    await app.person.until(() => app.person.page.includes('line 1\n'));
    await app.registry.disconnect(id, {});
    const line = psdeck('receive', '--id', instanceId);
    await until(() => connected());

    const back = app.registry.connect(id, { size: SIZE, enter: false });
    const held = await app.person.until(() =>
      app.registry.get(id).row.retrying === undefined ? undefined : app.registry.get(id).row,
    );
    expect(held).toMatchObject({
      state: 'Disconnected',
      availability: 'Busy',
      retrying: { kind: 'held', why: expect.stringContaining('Another client has it') as string },
    });
    expect(held.retrying?.nextTryAt).toBeGreaterThan(held.retrying?.since ?? Infinity);

    await writeFile(go(), '');
    expect(await line.ended()).toBe(0);
    expect(line.out).toContain('line 2');
    app.registry.retryNow(id);
    expect(await back).toMatchObject({ state: 'Opened' });
    await done;
    expect(await app.registry.get(id).invoke('"mine again"', SIZE)).toMatchObject({ state: 'completed' });
  });

  test('the app is inside: the command line says so and tries again until it is told to stop, and the app notices nothing', async () => {
    const { id, instanceId } = await open();
    const line = psdeck('connect', '--id', instanceId);
    await line.complains(/another client|in use/i);
    line.child.kill('SIGINT');
    expect(await line.ended()).not.toBe(0);
    expect(app.registry.get(id).row).toMatchObject({ state: 'Opened', availability: 'Available' });
    expect(await app.registry.get(id).invoke('"still mine"', SIZE)).toMatchObject({ state: 'completed' });
  });

  test('the command line takes it while the app cannot reach the server: the app says who has it, and gets it back', async () => {
    const { id, instanceId } = await open();
    const done = app.registry.get(id).invoke(`"line 1"; ${wait()}; "line 2"`, SIZE);
    await app.person.until(() => app.person.page.includes('line 1\n'));
    proxy.down();
    await app.person.until(() => app.registry.get(id).row.retrying?.kind === 'cut');
    // It is let in as soon as the server has missed the app.
    const line = psdeck('receive', '--id', instanceId);
    await until(() => connected());

    proxy.up();
    app.registry.retryNow(id);
    const lost = await app.person.until(() =>
      app.registry.get(id).row.state === 'Opened' ? undefined : app.registry.get(id).row,
    );
    expect(lost).toMatchObject({ state: 'Disconnected', reason: { code: 'session.auto-disconnected' } });
    expect(`${lost.reason?.title ?? ''} ${lost.reason?.why ?? ''}`).toMatch(/another client/i);
    expect(app.person.page).toContain(lost.reason?.title);

    await writeFile(go(), '');
    expect(await line.ended()).toBe(0);
    expect(line.out).toContain('line 2');
    expect(await app.registry.connect(id, { size: SIZE, enter: false })).toMatchObject({ state: 'Opened' });
    await done;
    expect(await app.registry.get(id).invoke('"mine again"', SIZE)).toMatchObject({ state: 'completed' });
  });

  test('both reach for it at once, again and again: one has it, the other waits, and the server agrees', async () => {
    const { id, instanceId } = await open();
    await app.registry.disconnect(id, {});
    const other = newApp(way.port);
    for (let round = 0; round < 5; round++) {
      const reach = [
        app.registry.connect(id, { size: SIZE, enter: false }),
        other.registry.connectShell('z', instanceId, { size: SIZE, enter: false }),
      ] as const;
      // oxlint-disable-next-line no-await-in-loop -- round by round
      const winner = await Promise.race(reach.map(async (each, at) => ({ row: await each, at })));
      expect(winner.row).toMatchObject({ state: 'Opened' });
      const [theirs, mine] = winner.at === 0 ? [other, app] : [app, other];
      const loser = theirs.registry.list()[0];
      expect(loser === undefined || loser.state !== 'Opened').toBe(true);
      // oxlint-disable-next-line no-await-in-loop
      const { shells } = await mine.registry.shells.list('z', undefined);
      expect(shells).toMatchObject([{ state: 'Connected' }]);
      // oxlint-disable-next-line no-await-in-loop
      const held = await theirs.person.until(() =>
        theirs.registry.list().find((row) => row.retrying?.kind === 'held'),
      );
      expect(held).toMatchObject({ state: 'Disconnected', availability: 'Busy' });
      // oxlint-disable-next-line no-await-in-loop
      await mine.registry.disconnect(winner.row.id, {});
      theirs.registry.retryNow(held.id);
      // oxlint-disable-next-line no-await-in-loop
      const second = await reach[winner.at === 0 ? 1 : 0];
      expect(second).toMatchObject({ state: 'Opened' });
      // oxlint-disable-next-line no-await-in-loop
      await theirs.registry.disconnect(second.id, {});
    }
  });
});

/** `psdeck` as somebody at a terminal without a screen uses it. */
class CommandLine {
  readonly child: ChildProcess;
  #out = '';
  #err = '';
  #wake: (() => void)[] = [];

  constructor(args: readonly string[], port: number) {
    const where = [
      '--server',
      '127.0.0.1',
      '--port',
      String(port),
      '--http',
      '--auth',
      'basic',
      '--allow-plain-basic',
    ];
    this.child = spawn(process.execPath, [PROGRAM, ...args, ...where, '--user', USER], {
      env: { ...process.env, PSDECK_PASSWORD: PASSWORD },
      stdio: 'pipe',
    });
    this.child.stdout
      ?.setEncoding('utf8')
      .on('data', (piece: string) => this.#heard(() => (this.#out += piece)));
    this.child.stderr
      ?.setEncoding('utf8')
      .on('data', (piece: string) => this.#heard(() => (this.#err += piece)));
    this.child.once('close', () => this.#heard(() => undefined));
  }

  get out(): string {
    return this.#out;
  }

  complains(text: RegExp): Promise<void> {
    return this.#until(() => text.test(this.#err), `complains of ${String(text)}`);
  }

  async ended(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'close');
    return this.child.exitCode;
  }

  #heard(note: () => void): void {
    note();
    for (const wake of this.#wake.splice(0)) wake();
  }

  async #until(is: () => boolean, what: string): Promise<void> {
    while (!is()) {
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`psdeck ended before it ${what}. It said:\n${this.#out}\n${this.#err}`);
      // oxlint-disable-next-line no-await-in-loop
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }
}
