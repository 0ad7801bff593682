/** Tickets by GSS-API: the user's own, a cache's, a keytab's, or got for a typed password. */
import { SignInError } from '../../protocol/auth/sign-in-error.ts';
import type { KerberosCredentials } from './credentials.ts';
import { INDEFINITE, type GssApi, type GssStatus } from './gss-api.ts';
import { isError, signInError } from './gss-status.ts';
import type { Acquired } from './kept-credential.ts';
import type { Pointer } from './native.ts';
import { principalName } from './principal.ts';

type Tickets = Acquired<Pointer>;

let keytabCaches = 0;

/** What gets the tickets of one factory. @throws SignInError */
export function gssTickets(api: GssApi, source: KerberosCredentials): () => Promise<Tickets> {
  // Tickets that a keytab's key gets go where nobody else looks.
  const keytabCache = `MEMORY:psdeck-${process.pid}-${++keytabCaches}`;
  return async () => {
    switch (source.kind) {
      case 'default':
        // Looked up by the library each time: its user may log on anew in between.
        return { handle: null, lifetimeMs: Infinity, release: () => undefined };
      case 'cache':
        return tickets(api, await api.acquire(null, { ccache: source.name }), { cache: source.name });
      case 'keytab': {
        const principal = await principalOf(api, source.userName, true);
        const store = { client_keytab: source.file, ccache: keytabCache };
        return named(api, principal, async (name) =>
          tickets(api, await api.acquire(name, store), { principal, keytab: source.file }),
        );
      }
      case 'password': {
        const principal = await principalOf(api, source.userName, source.assumeRealm ?? false);
        return named(api, principal, async (name) => {
          const password = Buffer.from(source.password, 'utf8');
          try {
            return tickets(api, await api.acquireWithPassword(name, password), { principal });
          } finally {
            password.fill(0);
          }
        });
      }
    }
  };
}

function tickets(
  api: GssApi,
  acquired: (GssStatus & { readonly credential: Pointer; readonly lifetime: number }) | undefined,
  facts: Readonly<Record<string, string>>,
): Tickets {
  if (acquired === undefined) {
    throw new SignInError('kerberos.no-credentials', 'This Kerberos library takes no such credentials', {
      ...facts,
      reason: 'not-supported',
    });
  }
  if (isError(acquired)) throw signInError(api, acquired, facts);
  const { credential, lifetime } = acquired;
  return {
    handle: credential,
    lifetimeMs: lifetime === INDEFINITE ? Infinity : lifetime * 1000,
    release: () => api.releaseCredential(credential),
  };
}

async function named<T>(api: GssApi, principal: string, work: (name: Pointer) => Promise<T>): Promise<T> {
  const { name, ...status } = await api.importName(principal, 'principal');
  if (isError(status)) throw signInError(api, status, { principal });
  try {
    return await work(name);
  } finally {
    api.releaseName(name);
  }
}

async function principalOf(api: GssApi, userName: string, assumeRealm: boolean): Promise<string> {
  const defaultRealm = userName.includes('\\') ? await defaultRealmOf(api) : undefined;
  return principalName(userName, { defaultRealm, assumeRealm });
}

/** What the library adds to a name without a realm; undefined where it has none. */
async function defaultRealmOf(api: GssApi): Promise<string | undefined> {
  return named(api, 'somebody', async (name) => {
    const { text, ...status } = await api.canonicalName(name);
    return isError(status) ? undefined : /@(.+)$/.exec(text)?.[1];
  }).catch(() => undefined);
}
