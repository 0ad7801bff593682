/** One run of the app's session code in a simulated world: the production registry, sessions, journal, pools and connections, on a wire and a disk that are not there. */
import { CredentialKeeper } from '../../electron/credentials/credential-keeper.ts';
import { plainText } from '../../electron/console/vt.ts';
import { RunspacePool, WsmanClient, WsmanConnection, type Clock } from '../../electron/remoting/index.ts';
import { SessionJournal } from '../../electron/sessions/journal.ts';
import { SessionRegistry } from '../../electron/sessions/registry.ts';
import type { SessionEvents } from '../../electron/sessions/session-events.ts';
import type { Server } from '../../shared/server.ts';
import type { SessionRow } from '../../shared/session.ts';
import type { InputRequest } from '../../shared/terminal.ts';
import { mortal, Sleeper, type Dice, type WorldTime } from './chance.ts';
import type { CrashDisk } from './crash-disk.ts';
import type { Wire } from './wire.ts';

export const SIZE = { columns: 80, rows: 24 };

export const MODEL: Server = {
  id: 'model',
  kind: 'winrm',
  name: 'MODEL',
  address: 'model',
  port: 5985,
  https: false,
  userName: '',
  configuration: 'Microsoft.PowerShell',
  signIn: { auth: 'basic' },
  allowPlainBasic: true,
  allowNtlmOverHttp: false,
};

export interface Waited {
  readonly what: string;
  ended: boolean;
}

export class AppRun {
  readonly pid: number;
  readonly disk: CrashDisk;
  readonly registry: SessionRegistry;
  /** The page of each session as plain text, by its id in this run. */
  readonly pages = new Map<number, string>();
  readonly requests = new Map<number, InputRequest | null>();
  readonly rows = new Map<number, SessionRow>();
  readonly waits: Waited[] = [];
  /** WSMan SessionIds of its connections, as the server knows its clients. */
  readonly clientIds = new Set<string>();
  readonly refused: string[] = [];
  dead = false;

  readonly #sleeper: Sleeper;

  private constructor(
    pid: number,
    disk: CrashDisk,
    sleeper: Sleeper,
    registry: (run: AppRun) => SessionRegistry,
  ) {
    this.pid = pid;
    this.#sleeper = sleeper;
    this.disk = disk;
    this.registry = registry(this);
  }

  static async start(
    pid: number,
    world: { time: WorldTime; dice: Dice; wire: Wire; trace: (line: string) => void },
    disk: CrashDisk,
  ): Promise<AppRun> {
    const { time, dice, wire, trace } = world;
    let run: AppRun | undefined;
    const isDead = (): boolean => run?.dead === true;
    const sleeper = new Sleeper(time);
    const clock: Clock = mortal(sleeper, isDead);
    const wallClock = (): number => EPOCH + time.now();
    // A dead process writes nothing more.
    disk.onStep = () => (isDead() ? new Promise(() => undefined) : undefined);
    const journal = await SessionJournal.open({
      folder: '/home/psdeck/sessions',
      runId: `r${String(pid)}`,
      pid,
      isAlive: () => false,
      now: wallClock,
      disk,
      clock,
      // Disks of this world do not fail; what a dead process did not finish is no failure.
      failed: (error) => trace(`journal failed ${String(error)}`),
    });
    run = new AppRun(pid, disk, sleeper, (self) => {
      const newGuid = (): string => dice.guid();
      const name = `app${String(pid)}`;
      return new SessionRegistry({
        credentials: new CredentialKeeper(),
        events: eventsOf(self, trace),
        now: () => time.now(),
        wallClock,
        clock,
        journal,
        log: (event, fields) => {
          if (event === 'session.event-refused') self.refused.push(JSON.stringify(fields));
        },
        resolve: () => Promise.resolve({ server: MODEL, credential: { userName: 'ada', password: 'none' } }),
        connect: (destination, _credential, options, listener, wish) => {
          const connection = new WsmanConnection({
            http: watched(wire.http(name, isDead, clock), self.clientIds),
            url: 'http://model/wsman',
            computerName: 'MODEL',
            configurationName: destination.server.configuration,
            clock,
            random: () => dice.next(),
            newGuid,
            retry: {},
            ...(wish.name === undefined ? {} : { name: wish.name }),
          });
          return new RunspacePool(connection, { ...options, clock, newGuid }, listener);
        },
        client: () =>
          new WsmanClient({ http: wire.http(name, isDead, clock), url: 'http://model/wsman', newGuid }),
      });
    });
    return run;
  }

  /** The page of a session, from now on. */
  show(id: number): void {
    if (this.pages.has(id)) return;
    this.pages.set(id, '');
    const snapshot = this.registry.get(id).attach(
      {
        write: (items) => {
          this.#draw(id, items.map((item) => item.vt).join(''));
          return undefined;
        },
      },
      SIZE,
    );
    this.#draw(id, snapshot.items.map((item) => item.vt).join(''));
    this.requests.set(id, snapshot.request);
  }

  #draw(id: number, vt: string): void {
    if (!this.dead) this.pages.set(id, (this.pages.get(id) ?? '') + plainText(vt).replaceAll('\r\n', '\n'));
  }

  /** Something that has to come to an end, well or not. */
  wait(what: string, work: Promise<unknown>): void {
    const waited: Waited = { what, ended: false };
    this.waits.push(waited);
    const ended = (): void => {
      waited.ended = true;
    };
    work.then(ended, ended);
  }

  sleep(): void {
    this.#sleeper.sleep();
  }

  /** It notices that it slept, as the app's watch does (session-watch.ts). */
  wake(): void {
    this.#sleeper.wake();
    this.registry.networkChanged();
  }

  /** As kill -9 does it. */
  kill(): void {
    this.dead = true;
  }
}

/** Some day in 2026. */
const EPOCH = 1_790_000_000_000;

function eventsOf(run: AppRun, trace: (line: string) => void): SessionEvents {
  return {
    changed: (row) => {
      if (run.dead) return;
      run.rows.set(row.id, row);
      trace(
        `app${String(run.pid)} #${String(row.id)} ${row.state} ${row.availability} ${row.entered ? 'inside' : ''} ${row.retrying?.kind ?? ''}`,
      );
    },
    removed: (id) => {
      if (!run.dead) run.rows.delete(id);
    },
    input: (id, request) => void run.requests.set(id, request),
    command: (id, command) =>
      trace(`app${String(run.pid)} #${String(id)} command ${command.text} ${command.state}`),
    progress: () => undefined,
    title: () => undefined,
  };
}

/** Notes by which SessionIds the server knows this client. */
function watched<T extends { post(body: string, options: never): Promise<unknown> }>(
  http: T,
  ids: Set<string>,
): T {
  const { post } = http;
  return {
    ...http,
    post: (body: string, options: never) => {
      const id = /<p:SessionId[^>]*>([^<]+)</.exec(body)?.[1];
      if (id !== undefined) ids.add(id);
      return post(body, options);
    },
  };
}
