/** Every PSSession of this run: their ids, how they come and go. One registry an app; what it knows of a server it is told. */
import type { Credential } from '../credentials/credential-keeper.ts';
import {
  shellFaultReason,
  systemClock,
  type Clock,
  type PoolListener,
  type RunspacePool,
} from '../remoting/index.ts';
import { AppFailure } from '../../shared/error.ts';
import type { Server } from '../../shared/server.ts';
import type { DisconnectOptions, NewSessionOptions, SessionRow } from '../../shared/session.ts';
import type { TerminalSize } from '../../shared/terminal.ts';
import { BESIDE_OPEN_MS, BesideShell, besideWish } from './completion-beside.ts';
import { explain } from './explain.ts';
import { learnIdleTimeout } from './idle-timeout.ts';
import { wishOf } from './left-sessions.ts';
import { JournalKeeper } from './journal-keeper.ts';
import { factsOf, Places, type Destination, type Place } from './places.ts';
import type { CloseMode, ConnectRequest, CreateRequest, RegistryOptions } from './registry-options.ts';
import { cancelled, cannotLeave, shellGone, stillThere, unknownSession } from './registry-refusals.ts';
import { listenerOf } from './pool-news.ts';
import { ReturnCancelled } from './returning.ts';
import { Session } from './session.ts';
import type { SessionOptions } from './session-options.ts';
import { ShellDirectory } from './shell-directory.ts';
import { TakeOver } from './take-over.ts';
import { Turns } from './turns.ts';

export type { Destination } from './places.ts';
export type { RegistryOptions, ShellWish } from './registry-options.ts';

/** A server that is well deletes a shell in a round trip or two. The shells give the whole end of the app four seconds, and more ends after this. */
const CLOSE_ALL_MS = 2500;
/** Openings at a time on one server: a process each there, which takes a processor for half a second and more. */
const OPEN_AT_ONCE = 5;
/** One that takes longer waits for something else than its processor. */
const OPENING_TURN_MS = 10_000;
/** Until a terminal says how large it is. */
const USUAL_SIZE: TerminalSize = { columns: 120, rows: 30 };

export class SessionRegistry {
  readonly shells: ShellDirectory;
  readonly #options: RegistryOptions;
  readonly #places: Places;
  readonly #clock: Clock;
  readonly #wallClock: () => number;
  readonly #keeper: JournalKeeper;
  readonly #sessions = new Map<number, Session>();
  readonly #takeOvers = new Map<number, TakeOver>();
  /** As whom each pool's connection signs in. */
  readonly #signedInAs = new WeakMap<RunspacePool, Credential | undefined>();
  readonly #turns: Turns;
  #nextId = 1;
  /** By server: the id of an opening that failed. Trying again, with the password or the consent that it lacked, opens that same session. */
  readonly #unopened = new Map<string, number>();
  /** How often everything was closed: an opening that began before a closing does not outlive it. */
  #closings = 0;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#places = new Places(options);
    this.#clock = options.clock ?? systemClock;
    this.#turns = new Turns({ clock: this.#clock, most: OPEN_AT_ONCE, longestMs: OPENING_TURN_MS });
    this.#wallClock = options.wallClock ?? Date.now;
    this.#keeper = new JournalKeeper(options.journal, this.#wallClock);
    this.shells = new ShellDirectory({
      places: this.#places,
      keeper: this.#keeper,
      wallClock: this.#wallClock,
      sessions: () => this.#sessions.values(),
      sessionOf: (shellId) => this.#ofShell(shellId),
      besideOf: (shellId) =>
        [...this.#sessions.values()].find(
          (session) => session.completions.besideShellId?.toLowerCase() === shellId.toLowerCase(),
        ),
    });
  }

  list(): SessionRow[] {
    return [...this.#sessions.values()].map((session) => session.row);
  }

  get(id: number): Session {
    const session = this.#sessions.get(id);
    if (!session) throw unknownSession(id);
    return session;
  }

  /** The sessions that earlier runs have left on their servers become rows of this run, Disconnected, to be connected on demand. */
  offerLeft(serverOf: (serverId: string) => Server | undefined): SessionRow[] {
    const offered: SessionRow[] = [];
    for (const left of this.#keeper.left()) {
      const server = serverOf(left.entry.serverId);
      if (server === undefined || this.#ofShell(left.entry.shellId)) continue;
      const session = this.#make({ server }, wishOf(left));
      this.#sessions.set(session.id, session);
      offered.push(session.row);
    }
    return offered;
  }

  /** New-PSSession, and Enter-PSSession to a computer. */
  async create(request: CreateRequest): Promise<SessionRow> {
    const asked = this.#closings;
    const place = await this.#places.signIn(request.serverId, request.credential, request.options?.proxy);
    const { destination, credential } = place;
    const { server } = destination;
    this.#mustStillBeAsked(asked, server);
    const wish = request.options ?? {};
    const session = this.#make(destination, {
      name: request.name,
      endsOnExit: request.enter,
      size: request.size,
      ...wish,
    });
    const started = this.#options.now();
    const pool = this.#options.connect(
      at(destination, session),
      credential,
      {
        host: session.host,
        clock: this.#clock,
        ...(wish.openTimeoutMs === undefined ? {} : { openTimeoutMs: wish.openTimeoutMs }),
      },
      this.#listenerOf(session),
      { ...wish, name: session.row.name },
    );
    session.adopt(pool);
    this.#signedInAs.set(pool, credential);
    this.#besides(session, place, wish);
    this.#sessions.set(session.id, session);
    this.#options.events.changed(session.row);
    const turnIsOver = await this.#turns.take(server.id);
    try {
      // Whoever removed it while it waited asks for nothing any more.
      if (session.isRemoved) throw cancelled(server.name);
      await session.pool?.open();
    } catch (error) {
      await this.#openFailed(session, server, error);
    } finally {
      turnIsOver();
    }
    this.#places.letIn(server.id, place.typed);
    this.#options.log('session.opened', { id: session.id, ms: Math.round(this.#options.now() - started) });
    await this.#keep(session, server);
    learnIdleTimeout(session);
    if (request.enter) session.enter(request.size);
    return session.row;
  }

  /** Connect-PSSession, and Receive-PSSession: one that this run disconnected, or that an earlier one left. */
  async connect(id: number, request: ConnectRequest): Promise<SessionRow> {
    const session = this.get(id);
    const isThere = session.row.state === 'Opened' || this.#takeOvers.has(id);
    const place = isThere
      ? undefined
      : await this.#places.signIn(session.serverId, request.credential, session.proxy);
    // Whoever asked for it meanwhile is ahead, or has removed it.
    this.get(id);
    const underWay = this.#takeOvers.get(id);
    if (underWay) {
      underWay.retryNow();
      await underWay.done;
    } else if (place && session.row.state !== 'Opened') {
      await this.#takeOver(session, place);
      this.#places.letIn(session.serverId, place.typed);
    }
    session.backAgain(request.size, request.enter);
    return session.row;
  }

  /** Takes over a shell that stands on a server, whoever left it. */
  async connectShell(serverId: string, shellId: string, request: ConnectRequest): Promise<SessionRow> {
    const asked = this.#closings;
    const known = this.#ofShell(shellId);
    if (known) return await this.connect(known.id, request);
    const shell = await this.shells.find(serverId, shellId, request.credential);
    if (!shell) throw shellGone();
    const place = await this.#places.signIn(serverId, request.credential);
    this.#mustStillBeAsked(asked, place.destination.server);
    const since = this.#ofShell(shellId);
    if (since) return await this.connect(since.id, request);
    const session = this.#make(place.destination, {
      name: shell.name,
      endsOnExit: false,
      size: request.size,
      configurationName: shell.configurationName,
      left: { by: 'other-client', shellId: shell.shellId },
      ...(shell.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: shell.idleTimeoutMs }),
    });
    this.#sessions.set(session.id, session);
    this.#options.events.changed(session.row);
    try {
      await this.#takeOver(session, place);
    } catch (error) {
      this.#drop(session); // it was not ours before, and is not now
      throw error;
    }
    session.backAgain(request.size, request.enter);
    return session.row;
  }

  /** Disconnect-PSSession. */
  async disconnect(id: number, options: DisconnectOptions): Promise<SessionRow> {
    const session = this.get(id);
    if (session.row.state === 'Opened' && session.pool?.canDisconnect === false)
      throw cannotLeave(session.row);
    try {
      await session.disconnect(options);
    } catch (error) {
      throw error instanceof AppFailure ? error : new AppFailure(explain(error, session.server));
    }
    await this.#keeper.flush();
    return session.row;
  }

  retryNow(id: number): void {
    const session = this.get(id);
    this.#takeOvers.get(id)?.retryNow();
    session.pool?.retryNow();
  }

  /** No more attempts: one that is held stays Disconnected, one that is cut is Disconnected where its server can keep it. */
  async stopRetrying(id: number): Promise<void> {
    const session = this.get(id);
    const { state, retrying } = session.row;
    this.#takeOvers.get(id)?.cancel();
    if (state !== 'Connecting' && retrying?.kind === 'cut') await this.disconnect(id, {});
  }

  /** The computer slept, or the network is another: waits for it are over, and so is waiting for answers that were lost meanwhile. */
  networkChanged(): void {
    for (const { id, pool } of this.#sessions.values()) {
      this.#takeOvers.get(id)?.retryNow();
      pool?.networkChanged();
    }
  }

  /** The wall clock was set forward by so much, or back: what is told by it is told anew. */
  clockSet(byMs: number): void {
    for (const session of this.#sessions.values()) session.clockSet(byMs);
  }

  /** Remove-PSSession. */
  async remove(id: number, given?: Credential): Promise<void> {
    const session = this.get(id);
    const { shellId, row } = session;
    this.#takeOvers.get(id)?.cancel();
    // What was asked of the server last may be done or not.
    const cut = row.retrying?.kind === 'cut' || row.state === 'Connecting';
    // One whose server cannot be reached can be left at any time; that it stands there still is said then.
    if (cut) {
      session.letGo();
      this.#drop(session);
    }
    if ((cut || row.state === 'Disconnected') && shellId !== undefined) {
      // Only the server can end what stands there, and only who signs in can tell it to.
      try {
        const [failed] = await this.shells.remove(session.serverId, [shellId], given, session.proxy);
        if (failed) throw new AppFailure(failed.error);
      } catch (error) {
        throw cut ? stillThere(row, error) : error;
      }
    }
    if (!cut) await session.remove();
    if (shellId !== undefined) await this.#keeper.forget(shellId);
    this.#drop(session);
  }

  /** Out of the list; on the server it stays. */
  async forget(id: number): Promise<void> {
    const session = this.get(id);
    this.#takeOvers.get(id)?.cancel();
    session.letGo();
    if (session.shellId !== undefined) await this.#keeper.forget(session.shellId);
    this.#drop(session);
  }

  /** Every session of a server, before it leaves the list. */
  ofServer(serverId: string): SessionRow[] {
    return this.list().filter((row) => row.serverId === serverId);
  }

  /** Ends or leaves them all, within seconds. What is disconnected stays on its server, and in the journal. */
  async closeAll(mode: CloseMode = 'remove'): Promise<void> {
    this.#closings += 1;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const takeBack = this.#clock.after(CLOSE_ALL_MS, resolve);
    const all = Promise.all([...this.#sessions.values()].map((session) => this.#closeOne(session, mode)));
    await Promise.race([all, late]);
    takeBack();
    await this.#keeper.flush();
  }

  async #closeOne(session: Session, mode: CloseMode): Promise<void> {
    this.#takeOvers.get(session.id)?.cancel();
    const { state, canDisconnect } = session.row;
    try {
      const stays = mode === 'keep' || (mode === 'keep-busy' && session.isBusy);
      const isOnItsWay = session.isLeaving || (state === 'Opened' && canDisconnect === true && stays);
      if (isOnItsWay) await this.disconnect(session.id, {});
      // It stood there before, and stands there still.
      else if (state === 'Connecting') session.letGo();
      else if (state !== 'Disconnected') await this.remove(session.id);
      this.#drop(session);
    } catch {
      // The app ends. What could not be ended its server ends when its idle time is over; until then the journal knows of it.
    }
  }

  #make(
    destination: Destination,
    wish: Pick<SessionOptions, 'endsOnExit' | 'left'> &
      NewSessionOptions & { readonly name: string | undefined; readonly size?: TerminalSize },
  ): Session {
    const { server, banner } = destination;
    const id = this.#unopened.get(server.id) ?? this.#nextId++;
    this.#unopened.delete(server.id);
    const { name, configurationName, idleTimeoutMs, bufferMode, proxy, left, endsOnExit } = wish;
    const { events, log } = this.#options;
    const session: Session = new Session({
      id,
      name: name === undefined || name === '' ? this.#freeName(id) : name,
      serverId: server.id,
      server: factsOf(
        configurationName === undefined ? server : { ...server, configuration: configurationName },
      ),
      endsOnExit,
      size: wish.size ?? USUAL_SIZE,
      events: {
        changed: (row) => {
          this.#keeper.changed(session);
          if (this.#sessions.has(id)) events.changed(row);
        },
        removed: (gone) => events.removed(gone),
        input: (of, request) => events.input(of, request),
        command: (of, command) => events.command(of, command),
        progress: (of, bars) => events.progress(of, bars),
        title: (of, title) => events.title(of, title),
      },
      now: this.#options.now,
      clock: this.#clock,
      wallClock: this.#wallClock,
      running: () => this.#keeper.running(session),
      heard: () => this.#keeper.heard(session),
      finished: () => {
        void this.remove(id).catch(() => undefined);
      },
      refused: (event, state) => log('session.event-refused', { id, event, state }),
      ...(banner === undefined ? {} : { banner }),
      ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
      ...(bufferMode === undefined ? {} : { bufferMode }),
      ...(proxy === undefined ? {} : { proxy }),
      ...(left === undefined ? {} : { left }),
    });
    return session;
  }

  /** Where everything was closed meanwhile, whoever asked is gone: a session that opened now would be nobody's. */
  #mustStillBeAsked(closings: number, server: Server): void {
    if (closings !== this.#closings) throw cancelled(server.name, 'All sessions were closed meanwhile.');
  }

  /** Signed in to as the session was; nobody is asked for anything. */
  #besides(session: Session, { destination, credential }: Place, wish: NewSessionOptions): void {
    session.completions.beside = new BesideShell({
      connect: (listener) =>
        this.#options.connect(
          at(destination, session),
          credential,
          { clock: this.#clock, openTimeoutMs: BESIDE_OPEN_MS },
          listener,
          besideWish(session.row.name, wish),
        ),
      explain: (error) => explain(error, session.server),
      clock: this.#clock,
    });
  }

  async #takeOver(session: Session, place: Place): Promise<void> {
    const { destination, credential } = place;
    this.#besides(session, place, {});
    const takeOver = new TakeOver({
      session,
      clock: this.#clock,
      wallClock: this.#wallClock,
      pool: (shellId, listener) => {
        const pool = this.#options.connect(
          at(destination, session),
          credential,
          { host: session.host, clock: this.#clock, id: shellId.toLowerCase() },
          listener,
          {},
        );
        this.#signedInAs.set(pool, credential);
        return pool;
      },
      // The password may be another since: a connection signs in with the one it was made with.
      ownServes: session.pool !== undefined && isSame(this.#signedInAs.get(session.pool), credential),
      listener: this.#listenerOf(session),
    });
    this.#takeOvers.set(session.id, takeOver);
    try {
      await takeOver.run();
    } catch (error) {
      if (error instanceof ReturnCancelled || !this.#sessions.has(session.id))
        throw cancelled(destination.server.name);
      const failure = this.#places.failure(error, destination.server, place.typed);
      // Where one is gone others may be: the server is asked, without bothering anybody.
      if (shellFaultReason(error) === 'not-found')
        void this.shells.list(session.serverId, undefined).catch(() => undefined);
      throw failure;
    } finally {
      this.#takeOvers.delete(session.id);
    }
    await this.#keep(session, destination.server);
    learnIdleTimeout(session);
    await takeOver.receive();
  }

  /** The practice server ends with us, and its sessions with it. */
  async #keep(session: Session, server: Server): Promise<void> {
    if (server.kind !== 'practice') await this.#keeper.opened(session);
  }

  async #openFailed(session: Session, server: Server, error: unknown): Promise<never> {
    const words = session.row.reason ?? explain(error, factsOf(server));
    const byPerson = session.isRemoved;
    const failure = this.#places.failure(new AppFailure(words), server);
    this.#options.log('session.open-failed', { id: session.id, code: words.code });
    await session.remove();
    this.#drop(session);
    if (!byPerson) this.#unopened.set(server.id, session.id);
    throw byPerson ? cancelled(server.name) : failure;
  }

  /** `Session5`, or the next that none has: one that was taken back brings its name along. */
  #freeName(id: number): string {
    const taken = new Set(this.list().map((row) => row.name));
    for (let number = id; ; number++) {
      const name = `Session${String(number)}`;
      if (!taken.has(name)) return name;
    }
  }

  #listenerOf(session: Session): PoolListener {
    return listenerOf(session, () => {
      // What brought one back brings the others back.
      for (const other of this.#sessions.values()) {
        if (other.serverId === session.serverId) this.retryNow(other.id);
      }
    });
  }

  #ofShell(shellId: string): Session | undefined {
    const key = shellId.toLowerCase();
    return [...this.#sessions.values()].find((session) => session.shellId?.toLowerCase() === key);
  }

  #drop(session: Session): void {
    if (this.#sessions.delete(session.id)) this.#options.events.removed(session.id);
  }
}

/** A password that is kept is one object, sealed; the practice server's is plain. */
function isSame(one: Credential | undefined, other: Credential | undefined): boolean {
  return one?.userName === other?.userName && one?.password === other?.password;
}

/** The endpoint of the session's own configuration. */
function at(destination: Destination, session: Session): Destination {
  return {
    ...destination,
    server: { ...destination.server, configuration: session.server.configuration },
  };
}
