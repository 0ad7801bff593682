/**
 * How a connection signs in: which mechanisms are tried in what order, what a policy forbids, and afterwards which one it was and why not a
 * better one. The mechanisms themselves are in protocol/auth and transport/gss; nothing here sends anything.
 */
import { isIP } from 'node:net';
import type { AuthenticatorFactory, AuthPeer, HttpAuthenticator } from '../protocol/auth/authenticator.ts';
import { createBasicAuthenticator } from '../protocol/auth/basic.ts';
import { createCertificateAuthenticator } from '../protocol/auth/certificate.ts';
import { createNegotiateAuthenticator } from '../protocol/auth/negotiate.ts';
import { parseUserName } from '../protocol/auth/ntlm/account.ts';
import { createNtlmContext } from '../protocol/auth/ntlm/client.ts';
import type { ContextTarget, SecurityContextFactory } from '../protocol/auth/security-context.ts';
import { SignInError } from '../protocol/auth/sign-in-error.ts';
import {
  createSpnegoContext,
  type Mechanism,
  type NegotiatingContext,
  type Negotiation,
} from '../protocol/auth/spnego/client.ts';
import type { KerberosCredentials } from '../transport/gss/credentials.ts';
import { kerberosContexts } from '../transport/gss/kerberos.ts';
import { TransportError } from '../transport/errors.ts';
import { nodeAuthCrypto } from '../transport/winrm-http/auth-crypto.ts';
import type { ClientCertificate } from '../transport/winrm-http/client-certificate.ts';
import { createCredSspAuthenticator } from '../transport/winrm-http/credssp.ts';
import { passwordText, type Password } from './secret.ts';

/**
 * `negotiate`: Kerberos where it can be had, else NTLM, as Windows does. The others force one. `certificate` is TLS with a certificate of
 * the user's, over HTTPS only.
 */
export type AuthMethod = 'negotiate' | 'kerberos' | 'ntlm' | 'basic' | 'credssp' | 'certificate';

export interface SignInOptions {
  /** Default `negotiate`. */
  readonly auth?: AuthMethod;
  /** `DOMAIN\user`, `user@domain` or `user`. May be left out where a ticket, the system's own log-on or a certificate serves. */
  readonly userName?: string;
  readonly password?: Password;
  /** Negotiate and CredSSP do not go on with NTLM where Kerberos cannot be had. */
  readonly forbidNtlm?: boolean;
  /** NTLM over plain HTTP encrypts the messages but does not prove which server answers; refused unless set. */
  readonly allowNtlmOverHttp?: boolean;
  /** Basic over plain HTTP sends the password readable; refused unless set. */
  readonly allowPlainBasic?: boolean;
  /** The service principal name, where it is not `HTTP` and the server's name. */
  readonly spn?: { readonly service?: string; readonly host?: string };
  /** Kerberos: let the server act for the user on other machines. */
  readonly delegate?: boolean;
  readonly kerberos?: {
    /** Ticket cache, as KRB5CCNAME names it. Default: the system's. */
    readonly cache?: string;
    /** Keytab, by its path, to get tickets with instead of a password; `userName` says whose key in it. */
    readonly keytab?: string;
  };
  /** The user's own, for `certificate`. {@link readClientCertificate} reads one from a file. */
  readonly certificate?: ClientCertificate;
  readonly credssp?: {
    /** Versions 2 to 4, which do not protect the password from whoever stands between (CVE-2018-0886). */
    readonly allowOlderVersions?: boolean;
  };
}

export interface SignInTarget extends SignInOptions {
  readonly server: string;
  readonly https: boolean;
}

/** What came of it, told by the connections that signed in; the newest counts. */
export class SignInOutcome {
  readonly #target: SignInTarget;
  #negotiation: Negotiation | undefined;
  #scheme: 'Negotiate' | 'Kerberos' = 'Negotiate';

  constructor(target: SignInTarget) {
    this.#target = target;
  }

  /** Under which name Kerberos is spoken. A server whose Negotiate is off, to keep NTLM out, may offer it under its own. */
  get scheme(): 'Negotiate' | 'Kerberos' {
    return this.#scheme;
  }

  /** Whether a refused log-on is worth another under that name; the server has not looked at the request. */
  triesOtherScheme(error: unknown): boolean {
    const { auth = DEFAULT_AUTH } = this.#target;
    if (auth !== 'negotiate' && auth !== 'kerberos') return false;
    if (!(error instanceof TransportError) || error.code !== 'signin.no-common-scheme') return false;
    const { scheme, offered } = error.facts;
    const has = Array.isArray(offered) && offered.some((name) => /^kerberos$/i.test(String(name)));
    if (scheme !== 'Negotiate' || !has) return false;
    this.#scheme = 'Kerberos';
    return true;
  }

  note(negotiation: Negotiation | undefined): void {
    this.#negotiation = negotiation;
  }

  /** Facts for an error that comes after the log-on was made: who refused what. */
  get facts(): Readonly<Record<string, string | boolean>> {
    const mechanism = this.#negotiation?.mechanism;
    return mechanism === undefined
      ? {}
      : { mechanism, ticket: mechanism === 'kerberos' && this.#target.password === undefined };
  }

  /** For a status bar; undefined as long as nobody has signed in. `Kerberos, encrypted by the message` */
  get text(): string | undefined {
    const { https, auth = DEFAULT_AUTH } = this.#target;
    const over = https ? 'over HTTPS' : 'encrypted by the message';
    const join = https ? ' ' : ', ';
    if (auth === 'basic') return https ? 'Basic over HTTPS' : 'Basic over HTTP, readable';
    if (auth === 'certificate') return 'Certificate over HTTPS';
    const made = this.#negotiation;
    if (made?.mechanism === undefined) return undefined;
    const name = made.mechanism === 'kerberos' ? 'Kerberos' : 'NTLM';
    const way =
      auth === 'credssp' ? `CredSSP with ${name}${https ? ' over HTTPS' : ''}` : `${name}${join}${over}`;
    const why = auth === 'kerberos' || auth === 'ntlm' ? '' : whyNotKerberos(made);
    return `${way}${auth === 'credssp' ? ', the server has the password' : ''}${why === '' ? '' : `; ${why}`}`;
  }
}

/** Where a target does not say. */
export const DEFAULT_AUTH: AuthMethod = 'negotiate';

const REASONS: Readonly<Record<string, string>> = {
  'kerberos.unavailable': 'its library is not here',
  'kerberos.no-credentials': 'no ticket',
  'kerberos.unknown-service': 'the server has no such name there',
  'kerberos.no-kdc': 'no domain controller found',
  'kerberos.expired': 'the ticket has expired',
  'kerberos.clock-skew': 'the clocks are too far apart',
};

function whyNotKerberos({ mechanism, passedOver, chosenByServer }: Negotiation): string {
  if (mechanism !== 'ntlm') return '';
  const failed = passedOver.find((other) => other.mechanism === 'kerberos');
  if (failed !== undefined) return `no Kerberos: ${REASONS[failed.error.code] ?? 'it failed'}`;
  return chosenByServer ? 'no Kerberos: the server chose NTLM' : '';
}

type MakeKerberos = (target: SignInTarget) => SecurityContextFactory;

/** Makes what signs in each connection of a target. Nothing is read or tried before a connection asks. */
export function authenticatorFor(
  target: SignInTarget,
  outcome: SignInOutcome,
  makeKerberos: MakeKerberos = kerberosFor,
): AuthenticatorFactory {
  const mechanisms = mechanismsFor(target, makeKerberos);
  return (peer) => {
    switch (target.auth ?? DEFAULT_AUTH) {
      case 'basic': {
        const { userName, password } = account(target);
        return createBasicAuthenticator(userName, passwordText(password));
      }
      case 'certificate':
        if (target.certificate === undefined) {
          throw new SignInError('signin.no-credentials', 'There is no certificate to sign in with');
        }
        return createCertificateAuthenticator(peer);
      case 'credssp':
        return credSsp(target, peer, mechanisms, outcome);
      default:
        return negotiate(target, peer, mechanisms, outcome);
    }
  };
}

function negotiate(
  target: SignInTarget,
  peer: AuthPeer,
  mechanisms: readonly Mechanism[],
  outcome: SignInOutcome,
): HttpAuthenticator {
  const { spn, delegate, auth } = target;
  const { scheme } = outcome;
  const authenticator = createNegotiateAuthenticator(peer, {
    scheme,
    mechanisms: scheme === 'Kerberos' ? mechanisms.filter(({ name }) => name === 'kerberos') : mechanisms,
    crypto: nodeAuthCrypto,
    ...(spn?.service === undefined ? {} : { service: spn.service }),
    ...(spn?.host === undefined ? {} : { host: spn.host }),
    // Asking for less than Kerberos must not hand the ticket on.
    ...(delegate === undefined || auth === 'ntlm' ? {} : { delegate }),
  });
  return watched(authenticator, outcome, () => authenticator.describe());
}

function credSsp(
  target: SignInTarget,
  peer: AuthPeer,
  mechanisms: readonly Mechanism[],
  outcome: SignInOutcome,
): HttpAuthenticator {
  const { userName, password } = account(target);
  const { user, domain } = parseUserName(userName);
  const wanted: ContextTarget = {
    service: target.spn?.service ?? 'HTTP',
    host: target.spn?.host ?? bareHost(peer.host),
  };
  let context: NegotiatingContext | undefined;
  const authenticator = createCredSspAuthenticator({
    context: () => (context = createSpnegoContext(mechanisms, wanted)),
    credentials: {
      userName: user,
      domain,
      get password() {
        return passwordText(password);
      },
    },
    crypto: nodeAuthCrypto,
    allowOldVersions: target.credssp?.allowOlderVersions ?? false,
  });
  return watched(authenticator, outcome, () => context?.describe());
}

function account(target: SignInTarget): { userName: string; password: Password } {
  const { userName, password } = target;
  if (userName === undefined || userName === '' || password === undefined) {
    throw new SignInError('signin.no-credentials', 'There is no password to sign in with');
  }
  return { userName, password };
}

/** Notes how each step leaves the log-on, and says of one that cannot begin what a person can decide. */
function watched<A extends HttpAuthenticator>(
  authenticator: A,
  outcome: SignInOutcome,
  describe: () => Negotiation | undefined,
): A {
  const start = authenticator.start.bind(authenticator);
  const step = authenticator.step.bind(authenticator);
  const noting = async <T>(move: T | Promise<T>): Promise<T> => {
    try {
      return await move;
    } catch (error) {
      throw lastResort(error, describe()?.passedOver ?? []);
    } finally {
      outcome.note(describe());
    }
  };
  return Object.assign(authenticator, {
    start: () => noting(start()),
    step: (challenge: string) => noting(step(challenge)),
  });
}

/** The system's Kerberos, loaded when the first connection asks for it; tickets are shared by the connections of a target. */
function kerberosFor(target: SignInTarget): SecurityContextFactory {
  return kerberosContexts({ credentials: kerberosCredentials(target) });
}

function kerberosCredentials(target: SignInTarget): KerberosCredentials {
  const { userName, password, auth, kerberos } = target;
  if (userName !== undefined && kerberos?.keytab !== undefined) {
    return { kind: 'keytab', file: kerberos.keytab, userName };
  }
  if (userName !== undefined && password !== undefined) {
    return {
      kind: 'password',
      userName,
      // A bare name may be a local account's, unless somebody asked for Kerberos and nothing else.
      assumeRealm: auth === 'kerberos',
      get password() {
        return passwordText(password);
      },
    };
  }
  return kerberos?.cache === undefined ? { kind: 'default' } : { kind: 'cache', name: kerberos.cache };
}

/** The mechanisms for a log-on, best first, each kept from what may not be. */
function mechanismsFor(target: SignInTarget, makeKerberos: MakeKerberos): Mechanism[] {
  const { auth = DEFAULT_AUTH } = target;
  const kerberos: Mechanism = { name: 'kerberos', create: onlyByName(target, makeKerberos(target)) };
  const ntlm: Mechanism = { name: 'ntlm', create: guardedNtlm(target) };
  if (auth === 'kerberos') return [kerberos];
  return auth === 'ntlm' ? [ntlm] : [kerberos, ntlm];
}

/**
 * Tickets are for names. An address has none, and `localhost` is another machine on each of them: as Windows does, Kerberos is not even
 * tried there, which also spares a search for a domain controller.
 */
function onlyByName(target: SignInTarget, create: SecurityContextFactory): SecurityContextFactory {
  return (wanted: ContextTarget) => {
    const bare = bareHost(wanted.host);
    if (target.spn?.host === undefined && (isIP(bare) !== 0 || /^localhost$/i.test(bare))) {
      throw new SignInError('kerberos.unknown-service', 'Kerberos goes by names, not addresses', {
        principal: `${wanted.service}/${bare}`,
      });
    }
    return create(wanted);
  };
}

function guardedNtlm(target: SignInTarget): SecurityContextFactory {
  return (wanted: ContextTarget) => {
    const { auth, https } = target;
    const { userName, password } = account(target);
    if (target.forbidNtlm === true) {
      throw new SignInError('signin.forbidden', 'NTLM is forbidden for this server');
    }
    // CredSSP runs inside a TLS connection of its own, whose key the server proves with the log-on.
    if (!https && target.allowNtlmOverHttp !== true && auth !== 'credssp') {
      throw new SignInError('signin.ntlm-over-http', 'NTLM over HTTP does not prove which server answers');
    }
    const { user, domain } = parseUserName(userName);
    return createNtlmContext({
      user,
      domain,
      crypto: nodeAuthCrypto,
      target: wanted,
      // Read when the proof is computed, and not kept.
      get password() {
        return passwordText(password);
      },
    });
  };
}

const POLICY: ReadonlySet<string> = new Set([
  'signin.no-credentials',
  'signin.forbidden',
  'signin.ntlm-over-http',
]);

/**
 * Where no mechanism could begin, the last resort's reason is the one to act on, because it is a person's decision; why a better one could
 * not serve goes with it.
 */
function lastResort(error: unknown, passedOver: Negotiation['passedOver']): unknown {
  const refused = passedOver.find((other) => POLICY.has(other.error.code))?.error;
  const policy = refused ?? (error instanceof SignInError && POLICY.has(error.code) ? error : undefined);
  if (policy === undefined) return error;
  const kerberos = passedOver.find((other) => other.mechanism === 'kerberos')?.error;
  return kerberos === undefined
    ? policy
    : new SignInError(policy.code, policy.message, { ...policy.facts, kerberos: kerberos.code });
}

/** Without the brackets and the zone of an IPv6 address. */
function bareHost(host: string): string {
  return host.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
}
