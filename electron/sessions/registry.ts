/** Every PSSession of this run: their ids, how they come and go. One registry an app; what it knows of a server it is told. */
import type { CredentialKeeper, Credential } from '../credentials/credential-keeper.ts';
import type { RunspacePool, PoolListener, RunspacePoolOptions } from '../remoting/index.ts';
import { AppFailure } from '../../shared/error.ts';
import type { Server } from '../../shared/server.ts';
import type { SessionRow } from '../../shared/session.ts';
import type { TerminalSize } from '../../shared/terminal.ts';
import { explain } from './explain.ts';
import type { ServerFacts } from './server-facts.ts';
import { Session } from './session.ts';
import type { SessionEvents } from './session-events.ts';

/** Where and as whom to connect. For the practice server, what it is today. */
export interface Destination {
  readonly server: Server;
  /** Known without asking: the practice server's own. */
  readonly credential?: Credential;
  /** Certificate authorities to trust besides the system's, PEM. */
  readonly ca?: string;
  readonly banner?: string;
}

export interface RegistryOptions {
  readonly credentials: CredentialKeeper;
  readonly events: SessionEvents;
  /** May start the practice server. */
  resolve(serverId: string): Promise<Destination>;
  /** A pool to that place, not yet open. */
  connect(
    destination: Destination,
    credential: Credential,
    options: RunspacePoolOptions,
    listener: PoolListener,
  ): RunspacePool;
  readonly now: () => number;
  /** For the diagnostics log: types, ids and durations only. */
  readonly log: (event: string, fields: Readonly<Record<string, string | number>>) => void;
}

export interface CreateRequest {
  readonly serverId: string;
  readonly name?: string | undefined;
  readonly credential?: Credential | undefined;
  readonly size: TerminalSize;
  readonly enter: boolean;
}

/** A server that is well deletes a shell in a round trip or two. The shells give the whole end of the app four seconds, and more ends after this. */
const CLOSE_ALL_MS = 2500;

export class SessionRegistry {
  readonly #options: RegistryOptions;
  readonly #sessions = new Map<number, Session>();
  #nextId = 1;
  /** How often everything was closed: an opening that began before a closing does not outlive it. */
  #closings = 0;

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  list(): SessionRow[] {
    return [...this.#sessions.values()].map((session) => session.row);
  }

  get(id: number): Session {
    const session = this.#sessions.get(id);
    if (!session) {
      throw new AppFailure({
        code: 'session.unknown',
        title: `There is no session ${String(id)} any more`,
        why: 'It was removed, or ended when it was left.',
        cure: { text: 'Open a new session.' },
      });
    }
    return session;
  }

  /** New-PSSession, and Enter-PSSession to a computer. */
  async create(request: CreateRequest): Promise<SessionRow> {
    const asked = this.#closings;
    const destination = await this.#options.resolve(request.serverId);
    if (asked !== this.#closings) {
      // Whoever asked is gone: a session that opened now would be nobody's.
      throw new AppFailure({
        code: 'session.cancelled',
        title: `Opening a session on ${destination.server.name} was given up`,
        why: 'All sessions were closed meanwhile.',
      });
    }
    const credential = this.#credentialFor(destination, request.credential);
    const session = this.#make(destination, request);
    const started = this.#options.now();
    const pool = this.#options.connect(
      destination,
      credential,
      { host: session.host },
      {
        stateChanged: (state, error) => session.poolChanged(state, error),
      },
    );
    session.adopt(pool);
    this.#sessions.set(session.id, session);
    this.#options.events.changed(session.row);
    try {
      await pool.open();
    } catch (error) {
      await this.#openFailed(session, destination, error);
    }
    if (request.credential) this.#options.credentials.keep(destination.server.id, request.credential);
    this.#options.log('session.opened', { id: session.id, ms: Math.round(this.#options.now() - started) });
    if (request.enter) session.enter(request.size);
    return session.row;
  }

  async remove(id: number): Promise<void> {
    const session = this.get(id);
    await session.remove();
    this.#drop(session);
  }

  /** Every session of a server, before it leaves the list. */
  ofServer(serverId: string): SessionRow[] {
    return this.list().filter((row) => row.serverId === serverId);
  }

  /** Ends them all, within seconds. */
  async closeAll(): Promise<void> {
    this.#closings += 1;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_ALL_MS);
    });
    const all = Promise.all([...this.#sessions.keys()].map((id) => this.remove(id).catch(() => undefined)));
    await Promise.race([all, late]);
    clearTimeout(timer);
  }

  #make(destination: Destination, request: CreateRequest): Session {
    const id = this.#nextId++;
    const { server, banner } = destination;
    const session: Session = new Session({
      id,
      name: request.name === undefined || request.name === '' ? `Session${String(id)}` : request.name,
      serverId: server.id,
      server: factsOf(server),
      endsOnExit: request.enter,
      size: request.size,
      events: this.#options.events,
      now: this.#options.now,
      finished: () => {
        void this.remove(id).catch(() => undefined);
      },
      ...(banner === undefined ? {} : { banner }),
    });
    return session;
  }

  #credentialFor(destination: Destination, given: Credential | undefined): Credential {
    const known = given ?? destination.credential ?? this.#options.credentials.get(destination.server.id);
    if (known) return known;
    throw new AppFailure({
      code: 'credential.required',
      title: `Sign in to ${destination.server.name}`,
      why: 'No password is known for this server.',
      cure: { text: 'Type the user name and the password. They are kept in memory until PSDeck ends.' },
    });
  }

  async #openFailed(session: Session, destination: Destination, error: unknown): Promise<never> {
    const words = session.row.reason ?? explain(error, factsOf(destination.server));
    const cancelled = session.isRemoved;
    if (words.code === 'signin.rejected') this.#options.credentials.forget(destination.server.id);
    this.#options.log('session.open-failed', { id: session.id, code: words.code });
    await session.remove();
    this.#drop(session);
    if (cancelled) {
      throw new AppFailure({
        code: 'session.cancelled',
        title: `Opening the session on ${destination.server.name} was cancelled`,
      });
    }
    throw new AppFailure(words);
  }

  #drop(session: Session): void {
    if (this.#sessions.delete(session.id)) this.#options.events.removed(session.id);
  }
}

function factsOf(server: Server): ServerFacts {
  const { name, address, port, https, userName, configuration } = server;
  // The prompt and ComputerName say what was connected to; the practice server's list name is a sentence.
  return { name: server.kind === 'practice' ? address : name, address, port, https, userName, configuration };
}
