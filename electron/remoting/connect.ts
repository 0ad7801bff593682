/** Where to connect and as whom, and the pool or connection made of it. */
import { TransportError } from '../transport/errors.ts';
import type { Authorities, RevocationLists } from '../transport/winrm-http/certificate.ts';
import { WinRmHttpClient } from '../transport/winrm-http/client.ts';
import type { VerifyCertificate } from '../transport/winrm-http/tls.ts';
import type { ProxyChoice } from '../transport/winrm-http/proxy.ts';
import type { RetryOptions } from './link.ts';
import { RunspacePool, type PoolListener, type RunspacePoolOptions } from './runspace-pool.ts';
import { authenticatorFor, SignInOutcome, type SignInOptions } from './sign-in.ts';
import type { SoapHttp } from './soap-http.ts';
import { WsmanClient } from './wsman-client.ts';
import { WsmanConnection } from './wsman-connection.ts';

export interface WinRmTarget extends SignInOptions {
  /** Name or address; IPv6 with or without brackets. */
  readonly server: string;
  /** Default 5986 with https, else 5985. */
  readonly port?: number;
  /** Default true. */
  readonly https?: boolean;
  /** Default `/wsman`. */
  readonly path?: string;
  /** Session configuration; default `Microsoft.PowerShell`. */
  readonly configurationName?: string;
  /** Certificate authorities to trust besides the system's: PEM, one or many in a text, or DER. */
  readonly ca?: Authorities;
  /** Lists of revoked certificates, PEM or DER: with them, each authority on the way to the root must have one that is not too old. */
  readonly revocationLists?: RevocationLists;
  /** SHA-256 fingerprint of the one certificate to accept for this server, whether it verifies or not. */
  readonly trustedFingerprint?: string;
  /** Decides on the server's certificate in place of the authorities, before anything is sent; not asked where one is pinned. */
  readonly verifyCertificate?: VerifyCertificate;
  /** An HTTP proxy to the server, or `system` for the one that the environment names. Default: directly. */
  readonly proxy?: ProxyChoice;
  readonly connectTimeoutMs?: number;
  /** How long the server keeps the shell without a client; default: the server's own. */
  readonly idleTimeoutMs?: number;
  /** What happens to output while the shell is without a client and the server's buffer is full; default: as its configuration has it. */
  readonly bufferMode?: 'Block' | 'Drop';
  /** Shows in a list of shells on the server. */
  readonly shellName?: string;
  /** How long one request may take at the server; default one minute. */
  readonly operationTimeoutMs?: number;
  readonly noProfile?: boolean;
  /** RFC 4646 tag of the language that faults should come in. */
  readonly locale?: string;
  /**
   * How long and how often a server that cannot be reached is tried again; `{}` for four minutes. Where it is not given, the first failure
   * breaks the pool.
   */
  readonly retry?: RetryOptions;
  /** What the server is called in messages; default: `server`. */
  readonly computerName?: string;
}

/** HTTP to a target, and how signing in to it went. */
export interface TargetHttp extends SoapHttp {
  /** The URL for `wsa:To`. */
  readonly url: string;
  /** `Kerberos, encrypted by the message`; undefined before the first connection has signed in. */
  readonly security: string | undefined;
}

/** The HTTP client for a target; nothing is sent yet. */
export function httpClient(target: WinRmTarget): TargetHttp {
  const https = target.https ?? true;
  const { ca, revocationLists, trustedFingerprint, verifyCertificate, certificate } = target;
  const signIn = { ...target, https };
  const outcome = new SignInOutcome(signIn);
  const client = new WinRmHttpClient({
    host: target.server,
    port: target.port ?? (https ? 5986 : 5985),
    https,
    auth: authenticatorFor(signIn, outcome),
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(revocationLists === undefined ? {} : { revocationLists }),
      ...(trustedFingerprint === undefined ? {} : { trustedFingerprint }),
      ...(verifyCertificate === undefined ? {} : { verify: verifyCertificate }),
      // Shown to no server that is signed in to in another way: it says who somebody is.
      ...(certificate === undefined || target.auth !== 'certificate' ? {} : { certificate }),
    },
    allowPlainBasic: target.allowPlainBasic ?? false,
    ...(target.proxy === undefined ? {} : { proxy: target.proxy }),
    ...(target.path === undefined ? {} : { path: target.path }),
    ...(target.connectTimeoutMs === undefined ? {} : { connectTimeoutMs: target.connectTimeoutMs }),
  });
  return {
    url: client.url,
    get security() {
      return outcome.text;
    },
    async post(body, options) {
      try {
        return await client.post(body, options).catch((error: unknown) => {
          if (outcome.triesOtherScheme(error)) return client.post(body, options);
          throw error;
        });
      } catch (error) {
        throw withOutcome(error, outcome);
      }
    },
    refresh: () => client.refresh(),
    close: () => client.close(),
  };
}

/** A refusal says which mechanism was refused. */
function withOutcome(error: unknown, { facts }: SignInOutcome): unknown {
  if (!(error instanceof TransportError) || error.code !== 'signin.rejected') return error;
  const { httpStatus, details } = error;
  return new TransportError(error.code, error.message, {
    facts: { ...error.facts, ...facts },
    cause: error,
    ...(httpStatus === undefined ? {} : { httpStatus }),
    ...(details === undefined ? {} : { details }),
  });
}

/** WS-Management without PSRP: Identify, shells, winrs. Nothing is sent yet. */
export function wsmanClient(target: WinRmTarget): WsmanClient {
  const http = httpClient(target);
  return new WsmanClient({
    http,
    url: http.url,
    security: () => http.security,
    ...(target.locale === undefined ? {} : { locale: target.locale }),
  });
}

/** A pool to a WinRM endpoint, not yet open. */
export function createPool(
  target: WinRmTarget,
  options: RunspacePoolOptions = {},
  listener: PoolListener = {},
): RunspacePool {
  const http = httpClient(target);
  const connection = new WsmanConnection({
    http,
    url: http.url,
    computerName: target.computerName ?? target.server,
    configurationName: target.configurationName ?? 'Microsoft.PowerShell',
    ...(target.userName === undefined ? {} : { userName: target.userName }),
    security: () => http.security,
    ...(target.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: target.idleTimeoutMs }),
    ...(target.bufferMode === undefined ? {} : { bufferMode: target.bufferMode }),
    ...(target.shellName === undefined ? {} : { name: target.shellName }),
    ...(target.operationTimeoutMs === undefined ? {} : { operationTimeoutMs: target.operationTimeoutMs }),
    ...(target.noProfile === undefined ? {} : { noProfile: target.noProfile }),
    ...(target.retry === undefined ? {} : { retry: target.retry }),
    ...(target.locale === undefined ? {} : { locale: target.locale }),
  });
  return new RunspacePool(connection, options, listener);
}

/**
 * Connects and opens a runspace pool.
 * @throws TransportError, SignInError, WsmanFault, ProtocolError
 */
export async function connect(
  target: WinRmTarget,
  options: RunspacePoolOptions = {},
  listener: PoolListener = {},
): Promise<RunspacePool> {
  const pool = createPool(target, options, listener);
  await pool.open();
  return pool;
}
