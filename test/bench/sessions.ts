/**
 * `npm run bench -- sessions`: how soon sessions are back, and what many of them cost. The server is the simulator's model behind real HTTP, so
 * that what is measured is ours: engines would take the memory and the time of two hundred PowerShells.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CredentialKeeper } from '../../electron/credentials/credential-keeper.ts';
import { createPool, systemClock, wsmanClient } from '../../electron/remoting/index.ts';
import { SessionJournal } from '../../electron/sessions/journal.ts';
import { SessionRegistry } from '../../electron/sessions/registry.ts';
import type { SessionEvents } from '../../electron/sessions/session-events.ts';
import { listen } from '../../electron/transport/winrm-http/listener.ts';
import { createSessionsStore, putSession } from '../../renderer/stores/sessions.ts';
import type { Server } from '../../shared/server.ts';
import type { SessionRow } from '../../shared/session.ts';
import { FaultProxy } from '../lab/fault-proxy.ts';
import { Dice } from '../simulation/chance.ts';
import { ModelServer } from '../simulation/model-server.ts';
import type { Figure } from './main.ts';

const SIZE = { columns: 120, rows: 30 };
const BACK = 50;
const MANY = 200;
const IDLE_MS = 10_000;
const ROWS = 1000;

/** Sees every row, and waits for one. */
class Watcher implements SessionEvents {
  readonly rows = new Map<number, SessionRow>();
  #wake: (() => void)[] = [];
  changed(row: SessionRow): void {
    this.rows.set(row.id, row);
    for (const wake of this.#wake.splice(0)) wake();
  }
  removed(): void {}
  input(): void {}
  command(): void {}
  progress(): void {}
  title(): void {}
  async until(look: () => boolean): Promise<void> {
    while (!look()) {
      // oxlint-disable-next-line no-await-in-loop
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }
}

async function startServer() {
  const model = new ModelServer({
    time: systemClock,
    dice: new Dice(1),
    inFlight: 'again',
    missAfterMs: 1000,
    fragmentBytes: 32_000,
  });
  const listener = await listen({
    verify: () => true,
    handle: async (request) => {
      const answer = await model.handle(request.body, (gone) =>
        request.signal.addEventListener('abort', gone, { once: true }),
      );
      return { status: answer.status, body: answer.body, undelivered: () => answer.arrived?.(false) };
    },
  });
  return listener;
}

function registryAt(port: number, watcher: Watcher, journal?: SessionJournal) {
  const server: Server = {
    id: 'bench',
    kind: 'winrm',
    name: 'BENCH',
    address: '127.0.0.1',
    port,
    https: false,
    userName: '',
    configuration: 'Microsoft.PowerShell',
    signIn: { auth: 'basic' },
    allowPlainBasic: true,
    allowNtlmOverHttp: false,
  };
  const target = {
    server: '127.0.0.1',
    port,
    https: false,
    auth: 'basic',
    allowPlainBasic: true,
    userName: 'ada',
    password: 'none',
  } as const;
  const pools: ReturnType<typeof createPool>[] = [];
  const registry = new SessionRegistry({
    credentials: new CredentialKeeper(),
    events: watcher,
    now: () => performance.now(),
    log: () => undefined,
    resolve: () => Promise.resolve({ server, credential: { userName: 'ada', password: 'none' } }),
    connect: (_destination, _credential, options, listener) => {
      const pool = createPool({ ...target, retry: {} }, options, listener);
      pools.push(pool);
      return pool;
    },
    client: () => wsmanClient(target),
    ...(journal === undefined ? {} : { journal }),
  });
  return { registry, pools, server };
}

const open = (registry: SessionRegistry, count: number): Promise<SessionRow[]> =>
  Promise.all(
    Array.from({ length: count }, () => registry.create({ serverId: 'bench', size: SIZE, enter: false })),
  );

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

/** From the moment the network is back. */
async function afterCut(): Promise<Figure[]> {
  const listener = await startServer();
  const proxy = await FaultProxy.start(listener.port);
  const watcher = new Watcher();
  const { registry } = registryAt(proxy.port, watcher);
  const [row] = await open(registry, 1);
  const id = row?.id ?? 0;
  proxy.down();
  await watcher.until(() => watcher.rows.get(id)?.retrying !== undefined);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const up = performance.now();
  proxy.up();
  await watcher.until(() => watcher.rows.get(id)?.retrying === undefined);
  const took = performance.now() - up;
  await registry.closeAll();
  await proxy.close();
  await listener.close();
  return [
    {
      name: 'resumed after a cut of 2 s, from when the network is back',
      value: took,
      unit: 'ms',
      aim: 'under the wait of 2 s that is due',
    },
  ];
}

/** As kill -9: connections gone, nothing said; then the next run takes them all at once. */
async function afterKill(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'psdeck-bench-'));
  const listener = await startServer();
  const journalOf = (pid: number): Promise<SessionJournal> =>
    SessionJournal.open({ folder, runId: `r${String(pid)}`, pid, isAlive: () => false, now: Date.now });
  const first = registryAt(listener.port, new Watcher(), await journalOf(1));
  await open(first.registry, BACK);
  const left = await journalOf(2);
  for (const pool of first.pools) pool.abort(new Error('killed'));
  // Until the server has missed the client that died.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const watcher = new Watcher();
  const second = registryAt(listener.port, watcher, left);
  const rows = second.registry.offerLeft(() => second.server);
  const begun = performance.now();
  const times = await Promise.all(
    rows.map(async (row) => {
      await second.registry.connect(row.id, { size: SIZE, enter: false });
      return performance.now() - begun;
    }),
  );
  await second.registry.closeAll();
  await listener.close();
  await rm(folder, { recursive: true, force: true });
  return [
    {
      name: `${String(BACK)} sessions back after kill -9, all at once: median`,
      value: percentile(times, 0.5),
      unit: 'ms',
    },
    {
      name: `${String(BACK)} sessions back after kill -9, all at once: p95`,
      value: percentile(times, 0.95),
      unit: 'ms',
      aim: 'at most 2000',
    },
  ];
}

async function many(): Promise<Figure[]> {
  const listener = await startServer();
  const { registry } = registryAt(listener.port, new Watcher());
  const heap = (): number => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  };
  const sockets = (): number =>
    process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
  const [heapBefore, socketsBefore] = [heap(), sockets()];
  const first = performance.now();
  let firstOpen = 0;
  void registry.create({ serverId: 'bench', size: SIZE, enter: false }).then(() => {
    firstOpen = performance.now() - first;
  });
  await open(registry, MANY - 1);
  const opened = performance.now() - first;
  const cpu = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const { user, system } = process.cpuUsage(cpu);
  const [heapAfter, socketsAfter] = [heap(), sockets()];
  const closing = performance.now();
  await registry.closeAll();
  const closed = performance.now() - closing;
  await listener.close();
  return [
    { name: `${String(MANY)} sessions: all open`, value: opened, unit: 'ms' },
    { name: `${String(MANY)} sessions: the first of them open`, value: firstOpen, unit: 'ms' },
    {
      name: `${String(MANY)} sessions: idle CPU a minute, both ends`,
      value: ((user + system) / 1000 / IDLE_MS) * 60_000,
      unit: 'ms',
    },
    {
      name: `${String(MANY)} sessions: heap each, both ends`,
      value: (heapAfter - heapBefore) / MANY / 1024,
      unit: 'KB',
    },
    {
      name: `${String(MANY)} sessions: sockets each, both ends`,
      value: (socketsAfter - socketsBefore) / MANY,
      unit: '',
    },
    { name: `${String(MANY)} sessions: all closed`, value: closed, unit: 'ms', aim: 'seconds' },
  ];
}

/** What the page's store does with rows that change, before React looks at them. */
function table(): Figure[] {
  const store = createSessionsStore();
  const row = (id: number, name: string): SessionRow => ({
    id,
    instanceId: String(id),
    name,
    serverId: 'bench',
    serverName: 'BENCH',
    computerName: 'BENCH',
    state: 'Opened',
    configurationName: 'Microsoft.PowerShell',
    availability: 'Available',
    entered: false,
    endsOnExit: false,
  });
  for (let id = 1; id <= ROWS; id++) putSession(store, row(id, 'before'));
  const times: number[] = [];
  for (let id = 1; id <= ROWS; id++) {
    const begun = performance.now();
    putSession(store, row(id, 'after'));
    times.push(performance.now() - begun);
  }
  return [
    {
      name: `table of ${String(ROWS)} rows, each changing: one row into the store, p95`,
      value: percentile(times, 0.95),
      unit: 'ms',
      aim: 'well under a frame',
    },
  ];
}

export async function run(): Promise<Figure[]> {
  return [...(await afterCut()), ...(await afterKill()), ...(await many()), ...table()];
}
