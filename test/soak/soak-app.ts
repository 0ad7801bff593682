/**
 * The app's session code with many users, in a process of its own so that what it holds can be counted. Told by messages to go on; tells what
 * became of a round. Argument: a {@link SoakWish} as JSON.
 */
import { holdings, type Holdings } from '../integration/holdings.ts';
import { registryFor, Person, serverAt } from '../integration/registry.ts';
import { drawFaults, FaultProxy } from '../lab/fault-proxy.ts';
import { Dice } from '../simulation/chance.ts';
import { Actor, type World } from './actor.ts';
import { ends, Watcher } from './watcher.ts';

export interface SoakWish {
  readonly port: number;
  readonly seed: number;
  readonly sessions: number;
}

export type SoakOrder =
  { readonly kind: 'round'; readonly actors: number; readonly ms: number } | { readonly kind: 'empty' };

export interface SoakWord {
  readonly broken: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  /** By the ids of their shells, as the table has them. */
  readonly rows: Readonly<Record<string, string>>;
  /** The same as the server's own list has them, asked over the same way. */
  readonly listed: Readonly<Record<string, string>>;
  /** Shells that a removal could not be told of, because the way was cut: removed from the list on the server. */
  readonly stale: number;
  readonly holdings: Holdings;
}

const wish = JSON.parse(process.argv[2] ?? '{}') as SoakWish;
/** Quicker than in the product, so that minutes hold what hours would. */
const RETRY = { windowMs: 60_000, firstWaitMs: 50, longestWaitMs: 500 };

const dice = new Dice(wish.seed);
const proxy = await FaultProxy.start(wish.port);
const watcher = new Watcher();
const broken: string[] = [];
const { registry, pools } = registryFor(serverAt(proxy.port), new Person(), undefined, {
  events: watcher,
  target: { retry: RETRY },
});
const world: World = { registry, watcher, counts: {}, broken: (what) => broken.push(what) };
const actors: Actor[] = [];

process.on('unhandledRejection', (error) => broken.push(`unhandled: ${String(error)}`));
process.on('message', (order: SoakOrder) => {
  void carryOut(order);
});
process.once('disconnect', () => process.exit(0));
process.send?.('ready');

async function carryOut(order: SoakOrder): Promise<void> {
  let truth: Truth = { rows: {}, listed: {}, stale: 0 };
  try {
    await (order.kind === 'round' ? round(order.actors, order.ms) : empty());
    truth = await agreed();
  } catch (error) {
    broken.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  pools.length = 0; // the test's own, which would hold every pool there ever was
  // What was closed is gone with the next turns.
  await pass(1000);
  const word: SoakWord = { ...truth, broken: broken.splice(0), counts: world.counts, holdings: holdings() };
  process.send?.(word);
}

async function round(count: number, ms: number): Promise<void> {
  while (actors.length < count)
    actors.push(new Actor(world, new Dice(dice.between(1, 2 ** 31 - 1)), `a${String(actors.length + 1)}`));
  await Promise.all(actors.map((actor) => actor.rest()));
  const harm = harms(performance.now() + ms);
  const acting = actors.map((actor) => actor.act());
  await harm;
  proxy.spare();
  for (const actor of actors) actor.tire();
  await Promise.all(acting);
  await Promise.all(actors.map((actor) => actor.rest()));
}

/** The network is cut, gone for a while, or harms single connections, until then. */
async function harms(until: number): Promise<void> {
  while (performance.now() < until) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await pass(dice.between(800, 4000));
    switch (dice.between(1, 4)) {
      case 1:
        proxy.cut();
        break;
      case 2:
        proxy.down();
        // oxlint-disable-next-line no-await-in-loop
        await pass(dice.between(100, 2500));
        proxy.up();
        break;
      case 3:
        if (proxy.waiting === 0) proxy.plan(drawFaults(dice, 10));
        break;
      default:
        registry.networkChanged();
    }
  }
}

async function empty(): Promise<void> {
  await Promise.all(actors.splice(0).map((actor) => actor.end()));
}

/** Connects those sessions, which has to succeed. */
async function comeBack(which: (shellId: string) => boolean): Promise<void> {
  const size = { columns: 120, rows: 30 };
  for (const { id, instanceId } of registry.list()) {
    if (!which(instanceId.toLowerCase())) continue;
    world.counts['left without a word'] = (world.counts['left without a word'] ?? 0) + 1;
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await ends(
      registry.connect(id, { size, enter: false }),
      'coming back to a session that was left without a word',
    );
  }
}

type Truth = Pick<SoakWord, 'rows' | 'listed' | 'stale'>;

/** After a round nothing is under way, so what is listed and what is shown agree; a moment later at most: a server notices in its own time. */
async function agreed(): Promise<Truth> {
  let stale = 0;
  for (let tries = 0; ; tries++) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const { shells } = await ends(registry.shells.list('z', undefined), 'asking what stands on the server');
    const nobodys = shells.filter(
      ({ sessionId, completesFor }) => sessionId === undefined && completesFor === undefined,
    );
    // oxlint-disable-next-line no-await-in-loop
    await registry.shells.remove(
      'z',
      nobodys.map(({ shellId }) => shellId),
      undefined,
    );
    stale += nobodys.length;
    const mine = shells.filter(({ sessionId }) => sessionId !== undefined);
    const rows = Object.fromEntries(
      registry.list().map((row) => [row.instanceId.toLowerCase(), SHOWN[row.state] ?? row.state]),
    );
    const listed = Object.fromEntries(mine.map(({ shellId, state }) => [shellId.toLowerCase(), state]));
    const same =
      Object.keys(rows).length === Object.keys(listed).length &&
      Object.entries(rows).every(([id, state]) => listed[id] === state);
    if (same || tries >= 100) return { rows, listed, stale };
    // One that was left while its way was cut, after an answer that the server takes for delivered: no server can know, and it is ours still.
    // oxlint-disable-next-line no-await-in-loop
    if (tries === 25) await comeBack((id) => rows[id] === 'Disconnected' && listed[id] === 'Connected');
    // oxlint-disable-next-line no-await-in-loop
    await pass(200);
  }
}

/** As the server calls them. */
const SHOWN: Partial<Record<string, string>> = { Opened: 'Connected' };

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
