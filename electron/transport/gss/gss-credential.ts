/** Tickets for the contexts of one factory: got when the first needs them, kept while log-ons follow each other, given back then. */
import { SignInError } from '../../protocol/auth/sign-in-error.ts';
import type { KerberosCredentials } from './credentials.ts';
import { INDEFINITE, type GssApi, type GssStatus } from './gss-api.ts';
import { isError, signInError } from './gss-status.ts';
import type { Pointer } from './native.ts';
import { principalName } from './principal.ts';

/** The sockets of a session are opened within seconds of each other. Whoever signs in again after longer gets new tickets. */
const KEEP_MS = 60_000;

/** Tickets that end sooner are not used for another log-on: clocks differ by up to this. */
const SPARE_MS = 5 * 60_000;

type Acquired = GssStatus & { readonly credential: Pointer; readonly lifetime: number };

/** One credential of the library, given back with its last user. */
class Tickets {
  readonly credential: Pointer;
  /** When to get others, in milliseconds since 1970. */
  readonly stale: number;
  readonly #api: GssApi;
  /** The first is whoever keeps them for the next. */
  #users = 1;

  constructor(api: GssApi, credential: Pointer, lifetimeSeconds: number) {
    this.#api = api;
    this.credential = credential;
    const lifetime = lifetimeSeconds * 1000;
    this.stale =
      lifetimeSeconds === INDEFINITE ? Infinity : Date.now() + lifetime - Math.min(SPARE_MS, lifetime / 2);
  }

  /** False where they are given back already. */
  retain(): boolean {
    if (this.#users === 0) return false;
    this.#users++;
    return true;
  }

  release(): void {
    this.#users--;
    if (this.#users === 0) this.#api.releaseCredential(this.credential);
  }
}

let keytabCaches = 0;

export class GssCredential {
  readonly #api: GssApi;
  readonly #source: KerberosCredentials;
  #kept: Promise<Tickets> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #keytabCache: string | undefined;

  constructor(api: GssApi, source: KerberosCredentials) {
    this.#api = api;
    this.#source = source;
  }

  /** Runs `work` with the credential; null is the library's default. @throws SignInError */
  async use<T>(work: (credential: Pointer) => Promise<T>): Promise<T> {
    // Looked up by the library each time: its user may log on anew in between.
    if (this.#source.kind === 'default') return work(null);
    const tickets = await this.#fresh();
    try {
      return await work(tickets.credential);
    } catch (error) {
      // They may be what was wrong.
      this.#letGo();
      throw error;
    } finally {
      tickets.release();
    }
  }

  /** Retained for the caller. */
  async #fresh(): Promise<Tickets> {
    for (let attempt = 0; ; attempt++) {
      const kept = this.#keep();
      let tickets: Tickets;
      try {
        // Others are got only after these were found stale.
        // oxlint-disable-next-line no-await-in-loop
        tickets = await kept;
      } catch (error) {
        if (this.#kept === kept) this.#kept = undefined;
        throw error;
      }
      // What was just got is used, however soon it ends.
      const usable = Date.now() < tickets.stale || attempt > 0;
      if (usable && tickets.retain()) return tickets;
      if (this.#kept === kept) this.#letGo();
    }
  }

  #keep(): Promise<Tickets> {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#letGo(), KEEP_MS);
    this.#timer.unref();
    this.#kept ??= this.#acquire();
    return this.#kept;
  }

  #letGo(): void {
    clearTimeout(this.#timer);
    const kept = this.#kept;
    this.#kept = undefined;
    // Where getting them failed, there is nothing to give back, and whoever asked was told.
    kept?.then(
      (tickets) => tickets.release(),
      () => undefined,
    );
  }

  async #acquire(): Promise<Tickets> {
    const source = this.#source;
    switch (source.kind) {
      case 'default':
        return new Tickets(this.#api, null, INDEFINITE);
      case 'cache':
        return this.#tickets(await this.#api.acquire(null, { ccache: source.name }), { cache: source.name });
      case 'keytab':
        return this.#named(await this.#principal(source.userName, true), async (name, principal) => {
          // Tickets that the key gets go where nobody else looks.
          this.#keytabCache ??= `MEMORY:psdeck-${process.pid}-${++keytabCaches}`;
          const store = { client_keytab: source.file, ccache: this.#keytabCache };
          return this.#tickets(await this.#api.acquire(name, store), { principal, keytab: source.file });
        });
      case 'password': {
        const principal = await this.#principal(source.userName, source.assumeRealm ?? false);
        return this.#named(principal, async (name) => {
          const password = Buffer.from(source.password, 'utf8');
          try {
            return this.#tickets(await this.#api.acquireWithPassword(name, password), { principal });
          } finally {
            password.fill(0);
          }
        });
      }
    }
  }

  #tickets(acquired: Acquired | undefined, facts: Readonly<Record<string, string>>): Tickets {
    if (acquired === undefined) {
      throw new SignInError('kerberos.no-credentials', 'This Kerberos library takes no such credentials', {
        ...facts,
        reason: 'not-supported',
      });
    }
    if (isError(acquired)) throw signInError(this.#api, acquired, facts);
    return new Tickets(this.#api, acquired.credential, acquired.lifetime);
  }

  async #named<T>(principal: string, work: (name: Pointer, principal: string) => Promise<T>): Promise<T> {
    const { name, ...status } = await this.#api.importName(principal, 'principal');
    if (isError(status)) throw signInError(this.#api, status, { principal });
    try {
      return await work(name, principal);
    } finally {
      this.#api.releaseName(name);
    }
  }

  async #principal(userName: string, assumeRealm: boolean): Promise<string> {
    const withDomain = /[\\@]/.test(userName);
    if (!withDomain && !assumeRealm) {
      throw new SignInError(
        'kerberos.no-credentials',
        'A user without a domain may be of any realm or of none',
        {
          reason: 'no-realm',
        },
      );
    }
    return principalName(userName, userName.includes('\\') ? await this.#defaultRealm() : undefined);
  }

  /** What the library adds to a name without a realm; undefined where it has none. */
  async #defaultRealm(): Promise<string | undefined> {
    return this.#named('somebody', async (name) => {
      const { text, ...status } = await this.#api.canonicalName(name);
      return isError(status) ? undefined : /@(.+)$/.exec(text)?.[1];
    }).catch(() => undefined);
  }
}
