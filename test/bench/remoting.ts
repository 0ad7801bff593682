/** The remoting library beside the engine it talks to: every figure next to its reference from the same run, both warmed. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { findEngine } from '../../electron/practice-server/engine/find-engine.ts';
import { createPool, PowerShell, type RunspacePool } from '../../electron/remoting/index.ts';
import { overPipes, PASSWORD, USER, type Way } from '../integration/practice.ts';
import type { Figure } from './main.ts';
import { clixml } from './remoting-clixml.ts';
import { idleSessions } from './remoting-idle.ts';
import { longestSlice, quantile, residentGrowth, times } from './remoting-measure.ts';
import { RawEngine } from './remoting-raw-engine.ts';

const OBJECTS = 20_000;
const objectScript = (count: number): string =>
  `foreach ($i in 1..${String(count)}) { [pscustomobject]@{ Id = $i; Name = "process $i"; Size = $i * 1024L; Ready = $true; Path = '/usr/bin/true' } }`;
const ROUND_TRIPS = 300;
const OPENINGS = 3;
/** Fifty megabytes in strings of ten kilobytes. */
const FLOOD_COUNT = 5000;
const FLOOD = `$s = 'x' * 10000; foreach ($i in 1..${String(FLOOD_COUNT)}) { $s }`;

export async function run(): Promise<Figure[]> {
  const pipes = await overPipes();
  const endpoint = new Worker(new URL('remoting-endpoint.ts', import.meta.url));
  const [port] = (await once(endpoint, 'message')) as [number];
  const overHttp = (): RunspacePool =>
    createPool({
      server: '127.0.0.1',
      port,
      https: false,
      auth: 'basic',
      allowPlainBasic: true,
      userName: USER,
      password: PASSWORD,
    });
  try {
    return [
      ...(await openings(pipes, overHttp)),
      ...(await serialiser(pipes)),
      ...(await sessions(pipes, overHttp)),
      await idle(),
      ...(await floods(pipes)),
    ];
  } finally {
    await pipes.close();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    endpoint.postMessage('end');
    await once(endpoint, 'exit');
  }
}

async function openings(pipes: Way, overHttp: () => RunspacePool): Promise<Figure[]> {
  const command = await findEngine({ reducedModule: false });
  const raw = await times(OPENINGS, async () => {
    await (await RawEngine.open(command)).close();
  });
  const opened: RunspacePool[] = [];
  const open = async (make: () => RunspacePool | Promise<RunspacePool>): Promise<void> => {
    const pool = await make();
    opened.push(pool);
    await pool.open();
  };
  const ours = await times(OPENINGS, () => open(() => pipes.pool()));
  const http = await times(OPENINGS, () => open(overHttp));
  await Promise.all(opened.map((pool) => pool.close()));
  const reference = Math.min(...raw);
  return [
    { name: "the engine's start to Opened, raw", value: reference, unit: 'ms' },
    ...against('open a session over pipes', Math.min(...ours), reference, 'at most 1.2'),
    ...against('open a session over WinRM', Math.min(...http), reference, 'at most 1.2'),
  ];
}

/** In an engine of its own, for what it leaves there would slow down what is measured next. */
async function serialiser(pipes: Way): Promise<Figure[]> {
  const pool = await pipes.pool();
  await pool.open();
  const figures = await clixml(pool);
  await pool.close();
  return figures;
}

async function sessions(pipes: Way, overHttp: () => RunspacePool): Promise<Figure[]> {
  const raw = await RawEngine.open(await findEngine({ reducedModule: false }));
  const piped = await pipes.pool();
  const winrm = overHttp();
  await Promise.all([piped.open(), winrm.open()]);
  try {
    return [...(await streams(raw, piped, winrm)), ...(await roundTrips(raw, piped, winrm))];
  } finally {
    await Promise.all([raw.close(), piped.close(), winrm.close()]);
  }
}

async function streams(raw: RawEngine, piped: RunspacePool, winrm: RunspacePool): Promise<Figure[]> {
  const read = async (pool: RunspacePool, count: number): Promise<void> => {
    let objects = 0;
    for await (const value of new PowerShell(pool).addScript(objectScript(count)).invoke()) {
      if (value !== null) objects += 1;
    }
    if (objects !== count) throw new Error(`${String(objects)} of ${String(count)} objects came`);
  };
  // The engines compile as they go.
  await raw.run(objectScript(OBJECTS));
  await read(piped, OBJECTS);
  await read(winrm, OBJECTS);
  let processor = Number.POSITIVE_INFINITY;
  const timedRead = async (): Promise<number> => {
    const before = process.cpuUsage();
    const [ms = 0] = await times(1, () => read(piped, OBJECTS));
    const { user, system } = process.cpuUsage(before);
    processor = Math.min(processor, (user + system) / 1000);
    return ms;
  };
  const least = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  // In turn, so that a busy moment of the machine does not meet one of them alone.
  for (let i = 0; i < 4; i++) {
    const took = [
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      (await raw.run(objectScript(OBJECTS))).milliseconds,
      // oxlint-disable-next-line no-await-in-loop
      await timedRead(),
      // oxlint-disable-next-line no-await-in-loop
      ...(await times(1, () => read(winrm, OBJECTS))),
    ];
    for (const [way, ms] of took.entries()) least[way] = Math.min(least[way] ?? ms, ms);
  }
  const [reference = 0, overPipe = 0, overWinRm = 0] = least;
  const what = `${OBJECTS.toLocaleString('en')} objects`;
  return [
    { name: `${what}, raw from the engine and thrown away`, value: reference, unit: 'ms' },
    ...against(`${what} over pipes`, overPipe, reference, 'at most 1.3'),
    { name: '  of it processor time of this process', value: processor, unit: 'ms' },
    ...against(`${what} over WinRM`, overWinRm, reference, 'at most 1.3'),
  ];
}

async function one(pool: RunspacePool): Promise<void> {
  const { output } = await new PowerShell(pool).addScript('1').invoke().collect();
  if (output[0] !== 1) throw new Error('1 is not 1');
}

async function roundTrips(raw: RawEngine, piped: RunspacePool, winrm: RunspacePool): Promise<Figure[]> {
  await times(50, () => raw.run('1'));
  await times(50, () => one(piped));
  await times(50, () => one(winrm));
  const reference: number[] = [];
  const overPipe: number[] = [];
  const overWinRm: number[] = [];
  for (let i = 0; i < ROUND_TRIPS; i++) {
    // oxlint-disable-next-line no-await-in-loop -- in turn, as above
    reference.push((await raw.run('1')).milliseconds);
    // oxlint-disable-next-line no-await-in-loop
    overPipe.push(...(await times(1, () => one(piped))));
    // oxlint-disable-next-line no-await-in-loop
    overWinRm.push(...(await times(1, () => one(winrm))));
  }
  const figures = (name: string, values: readonly number[], aims?: readonly [string, string]): Figure[] => [
    { name: `${name}, median`, value: quantile(values, 0.5), unit: 'ms', ...(aims ? { aim: aims[0] } : {}) },
    { name: `${name}, p99`, value: quantile(values, 0.99), unit: 'ms', ...(aims ? { aim: aims[1] } : {}) },
  ];
  const aims = ['at most the raw median + 1.5', 'at most twice the raw p99'] as const;
  return [
    ...figures('round trip of 1, raw', reference),
    ...figures('round trip of 1 over pipes', overPipe, aims),
    ...figures('round trip of 1 over WinRM', overWinRm, aims),
  ];
}

async function idle(): Promise<Figure> {
  const bytes = await idleSessions(1000);
  return { name: 'heap of each of 1,000 idle sessions', value: bytes / 1000, unit: 'kB', aim: 'at most 50' };
}

async function floods(pipes: Way): Promise<Figure[]> {
  const flooded = await pipes.pool();
  const typed = await pipes.pool();
  await Promise.all([flooded.open(), typed.open()]);
  const flood = async (slowly: boolean): Promise<void> => {
    let count = 0;
    for await (const value of new PowerShell(flooded).addScript(FLOOD).invoke()) {
      if (typeof value === 'string') count += 1;
      if (slowly && count % 10 === 0) await delay(5);
    }
    if (count !== FLOOD_COUNT) throw new Error(`${String(count)} strings came`);
  };
  await flood(false);
  const growth = await residentGrowth(() => flood(true));
  await times(50, () => one(typed));
  let alone: number[] = [];
  // What the machine itself does to a loop that has little to do.
  const quietSlice = await longestSlice(async () => {
    alone = await times(200, () => one(typed));
  });
  const beside: number[] = [];
  const slice = await longestSlice(async () => {
    let over = false;
    const running = flood(false).finally(() => {
      over = true;
    });
    // It ends while we wait for an answer, or after it.
    for (;;) {
      if (isTrue(over)) break;
      // oxlint-disable-next-line no-await-in-loop -- a person types one key at a time
      beside.push(...(await times(1, () => one(typed))));
    }
    await running;
  });
  await Promise.all([flooded.close(), typed.close()]);
  return [
    { name: '50 MB with a slow consumer, growth of resident memory', value: growth / 1e6, unit: 'MB' },
    { name: 'round trip of 1, nothing beside it, median', value: quantile(alone, 0.5), unit: 'ms' },
    { name: 'round trip of 1 beside 50 MB, median', value: quantile(beside, 0.5), unit: 'ms' },
    { name: 'round trip of 1 beside 50 MB, p99', value: quantile(beside, 0.99), unit: 'ms' },
    { name: 'longest slice of the event loop, nothing beside', value: quietSlice, unit: 'ms' },
    { name: 'longest slice of the event loop beside 50 MB', value: slice, unit: 'ms', aim: 'at most 8' },
  ];
}

/** The compiler does not see that a callback sets it. */
function isTrue(flag: boolean): boolean {
  return flag;
}

function against(name: string, value: number, reference: number, aim: string): Figure[] {
  return [
    { name, value, unit: 'ms' },
    { name: '  of the raw time', value: value / reference, unit: '×', aim },
  ];
}
