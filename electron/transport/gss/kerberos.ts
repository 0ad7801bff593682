/** Kerberos of the system, for whoever signs in: GSS-API on Linux and macOS, SSPI on Windows. */
import type { SecurityContextFactory } from '../../protocol/auth/security-context.ts';
import type { KerberosCredentials } from './credentials.ts';
import { loadGssApi, type GssLibrary } from './gssapi.ts';
import { createGssContext } from './gss-context.ts';
import type { Pointer } from './native.ts';
import { loadSspi, type SspiApi, type SspiHandle } from './sspi.ts';
import { createSspiContext, sspiCredential } from './sspi-context.ts';
import { gssTickets } from './gss-credential.ts';
import { KeptCredential } from './kept-credential.ts';
import type { GssApi } from './gss-api.ts';

export interface KerberosOptions {
  /** Default: tickets of whoever is logged on to this machine. */
  readonly credentials?: KerberosCredentials;
  /** Another library than the system's usual one. */
  readonly library?: GssLibrary;
}

let usual: Promise<GssApi> | undefined;

function gssApi(library: GssLibrary | undefined): Promise<GssApi> {
  if (library !== undefined) return loadGssApi(library);
  // A library that was missing may be installed by the next time.
  usual ??= loadGssApi().catch((error: unknown) => {
    usual = undefined;
    throw error;
  });
  return usual;
}

/**
 * Makes contexts with one person's tickets. A context is made when the service's ticket is there: without library, ticket, password or key
 * distribution centre it rejects with a SignInError, `kerberos.…`. Nothing is loaded before the first.
 */
export function kerberosContexts(options: KerberosOptions = {}): SecurityContextFactory {
  const { credentials = { kind: 'default' }, library } = options;
  if (process.platform === 'win32') return sspiContexts(credentials);
  let tickets: KeptCredential<Pointer> | undefined;
  return async (target) => {
    const api = await gssApi(library);
    tickets ??= new KeptCredential(gssTickets(api, credentials));
    return createGssContext(api, tickets, target);
  };
}

let sspi: Promise<SspiApi> | undefined;

function sspiContexts(credentials: KerberosCredentials): SecurityContextFactory {
  let handles: KeptCredential<SspiHandle> | undefined;
  return async (target) => {
    sspi ??= loadSspi().catch((error: unknown) => {
      sspi = undefined;
      throw error;
    });
    const api = await sspi;
    handles ??= new KeptCredential(sspiCredential(api, credentials));
    return createSspiContext(api, handles, target);
  };
}
