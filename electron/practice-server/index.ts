/**
 * The practice server: a WinRM endpoint on loopback in front of a real PowerShell engine, for trying PSDeck without a server. It serves
 * whoever knows its password, which is new at every start.
 */
import { randomBytes } from 'node:crypto';
import { ntHash } from '../protocol/auth/ntlm/keys.ts';
import { listen, sameSecret, type Listener, type ListenerOptions } from '../transport/winrm-http/listener.ts';
import { makeCertificate } from './certificate.ts';
import { EngineSupply } from './engine/engine-supply.ts';
import { findEngine, type FindOptions } from './engine/find-engine.ts';
import { createWsmanEndpoint, type EndpointEvent, type WsmanEndpointOptions } from './wsman/endpoint.ts';

export { EngineUnavailableError } from './engine/engine-command.ts';
export type { EndpointEvent } from './wsman/endpoint.ts';

export interface PracticeServerOptions {
  /** Which engine; see {@link FindOptions}. */
  readonly engine?: FindOptions;
  /** 0, the default, chooses one. */
  readonly httpPort?: number;
  readonly httpsPort?: number;
  /** Take Basic over plain HTTP, too, where everybody on the way can read the password. False by default: Negotiate alone. */
  readonly plainBasic?: boolean;
  /** Keep one engine started ahead, so that a session opens at once. True by default. */
  readonly spare?: boolean;
  /** How it treats clients that leave or die, and what it grants; for trying what servers may do. */
  readonly behaviour?: Pick<WsmanEndpointOptions, 'inFlight' | 'missAfterMs' | 'shellLimits'>;
  /** What happened, never what was said. */
  readonly onEvent?: (event: EndpointEvent) => void;
}

export interface PracticeServer {
  readonly httpPort: number;
  readonly httpUrl: string;
  readonly httpsPort: number;
  readonly httpsUrl: string;
  readonly userName: string;
  readonly password: string;
  /** PEM of the authority that the server's certificate is to be checked against. */
  readonly certificatePem: string;
  /** SHA-256 of the server's certificate, upper-case hex with colons. */
  readonly fingerprint: string;
  readonly engine: {
    readonly kind: 'pwsh' | 'reduced';
    readonly version: string;
    /** What a person must be told on entering a session: that the engine is a reduced one. */
    readonly banner: string | undefined;
  };
  /** Ends every session and every engine. */
  close(): Promise<void>;
}

const USER_NAME = 'practice';

/** 192 bits, 32 characters of base64url: nothing that could be guessed, and no character that a shell or an URL would mangle. */
const PASSWORD_BYTES = 24;

/** Windows does not mind the case of a user name. */
function isUser(userName: string): boolean {
  return userName.toLowerCase() === USER_NAME;
}

/** @throws EngineUnavailableError that says what to install. */
export async function startPracticeServer(options: PracticeServerOptions = {}): Promise<PracticeServer> {
  const [command, certificate] = await Promise.all([
    findEngine({ upgrade: true, ...options.engine }),
    makeCertificate(Date.now()),
  ]);
  const supply = new EngineSupply({ command }, options.spare ?? true);
  const endpoint = createWsmanEndpoint({
    ...options.behaviour,
    engineFactory: (events, configurationName) => supply.take(events, configurationName),
    ...(options.onEvent === undefined ? {} : { onEvent: options.onEvent }),
  });
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  const hash = ntHash(password);
  const basic = {
    verify: (userName: string, given: string) => sameSecret(given, password) && isUser(userName),
  };
  const common = {
    // Whatever the domain: there is one account, and none of a domain.
    negotiate: { lookup: (userName: string) => (isUser(userName) ? hash : undefined) },
    handle: endpoint.handle.bind(endpoint),
  };
  const listeners: Listener[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(listeners.map((listener) => listener.close()));
    // The engines first: a session whose command hangs would keep its shell waiting.
    await Promise.all([supply.close(), endpoint.close()]);
  };
  try {
    const tls = { key: certificate.keyPem, cert: certificate.certificatePem };
    const plain = { ...common, ...((options.plainBasic ?? false) ? basic : {}) };
    const http = await listenBoth({ ...plain, port: options.httpPort ?? 0 }, listeners);
    const https = await listenBoth({ ...common, ...basic, port: options.httpsPort ?? 0, tls }, listeners);
    let closing: Promise<void> | undefined;
    return {
      httpPort: http.port,
      httpUrl: http.url,
      httpsPort: https.port,
      httpsUrl: https.url,
      userName: USER_NAME,
      password,
      certificatePem: certificate.caPem,
      fingerprint: certificate.fingerprint,
      engine: { kind: command.kind, version: command.version, banner: command.banner },
      close: () => (closing ??= close()),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** On 127.0.0.1, and on ::1 at the same port where the machine has it: `localhost` may mean either. */
async function listenBoth(options: ListenerOptions, listeners: Listener[]): Promise<Listener> {
  const v4 = await listen({ ...options, host: '127.0.0.1' });
  listeners.push(v4);
  await listen({ ...options, host: '::1', port: v4.port }).then(
    (v6) => listeners.push(v6),
    // No IPv6 here, or somebody has the port there: clients fall back to the other address.
    () => undefined,
  );
  return v4;
}
