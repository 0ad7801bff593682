/** Signing in: which server, as whom, and what is said where that fails. */
import { proxyId, type Credential, type CredentialKeeper } from '../credentials/credential-keeper.ts';
import { readClientCertificate, type ClientCertificate, type WsmanClient } from '../remoting/index.ts';
import { AppFailure } from '../../shared/error.ts';
import { effectiveSignIn, mayNeedNoPassword, type Server } from '../../shared/server.ts';
import { WsmanFault } from '../protocol/wsman/faults.ts';
import { explain } from './explain.ts';
import { credentialRequired } from './registry-refusals.ts';
import type { ServerFacts } from './server-facts.ts';

/** Where and as whom to connect. For the practice server, what it is today. */
export interface Destination {
  readonly server: Server;
  /** Known without asking: the practice server's own. */
  readonly credential?: Credential;
  /** Certificate authorities to trust besides the system's, PEM. */
  readonly ca?: string;
  /** Who to be at the server's proxy, where it wants to know. */
  readonly proxyCredential?: Credential;
  /** The user's own, where the server is signed in to with it; its password comes as the credential's. */
  readonly certificate?: ClientCertificate;
  readonly banner?: string;
}

export interface Place {
  readonly destination: Destination;
  /** Undefined where a ticket, the system's own log-on or a certificate is to serve. */
  readonly credential: Credential | undefined;
  /** The same where a person typed it just now: worth keeping once the server has let it in. */
  readonly typed: Credential | undefined;
}

export interface PlacesOptions {
  readonly credentials: CredentialKeeper;
  /** May start the practice server. */
  resolve(serverId: string): Promise<Destination>;
  /** For what stands on a server beside our sessions. Nothing is sent yet. */
  client(destination: Destination, credential: Credential | undefined): WsmanClient;
}

export class Places {
  readonly #options: PlacesOptions;

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  /**
   * `proxy`: instead of the server's own; `none` goes without.
   * @throws AppFailure `credential.required` where a password is needed and none is known
   */
  async signIn(serverId: string, given: Credential | undefined, proxy?: string): Promise<Place> {
    const destination = await this.#resolve(serverId, proxy);
    const { credentials } = this.#options;
    const { server } = destination;
    // Sealed at once: a connection holds it for as long as it may have to sign in again.
    const typed = given === undefined ? undefined : credentials.seal(given);
    const credential = typed ?? destination.credential ?? credentials.get(server.id);
    if (!credential && !mayNeedNoPassword(server)) {
      throw credentialRequired(server.name);
    }
    return { destination, credential, typed };
  }

  async #resolve(serverId: string, proxy: string | undefined): Promise<Destination> {
    const found = await this.#options.resolve(serverId);
    const server = proxy === undefined ? found.server : byWay(found.server, proxy);
    const destination = { ...found, server, ...this.#proxy(server) };
    const { auth, certificateFile, certificateKeyFile } = effectiveSignIn(destination.server.signIn);
    if (auth !== 'certificate') return destination;
    try {
      const certificate = await readClientCertificate({
        // Without one the reason is the same as that of a file that is gone.
        certificate: certificateFile ?? '',
        ...(certificateKeyFile === undefined ? {} : { key: certificateKeyFile }),
      });
      return { ...destination, certificate };
    } catch (error) {
      throw this.failure(error, destination.server);
    }
  }

  #proxy(server: Server): Pick<Destination, 'proxyCredential'> {
    const { proxy } = effectiveSignIn(server.signIn);
    const proxyCredential = proxy === undefined ? undefined : this.#options.credentials.get(proxyId(proxy));
    return proxyCredential === undefined ? {} : { proxyCredential };
  }

  /** It was let in: what was typed serves the next time, too. */
  letIn(serverId: string, typed: Credential | undefined): void {
    if (typed) this.#options.credentials.keep(serverId, typed);
  }

  /** Asks what stands on the server, and lets go of the connection. */
  async asking<T>(
    serverId: string,
    given: Credential | undefined,
    ask: (client: WsmanClient, place: Place) => Promise<T>,
    proxy?: string,
  ): Promise<T> {
    const place = await this.signIn(serverId, given, proxy);
    const client = this.#options.client(place.destination, place.credential);
    try {
      const result = await ask(client, place);
      this.letIn(serverId, place.typed);
      return result;
    } catch (error) {
      throw this.failure(error, place.destination.server, place.typed);
    } finally {
      client.close();
    }
  }

  /** In words; a password that was refused is not tried again, and one that was typed now and let in is not asked for again. */
  failure(error: unknown, server: Server, typed?: Credential): AppFailure {
    const failure = error instanceof AppFailure ? error : new AppFailure(explain(error, factsOf(server)));
    if (error instanceof WsmanFault && !failure.error.code.startsWith('signin.'))
      this.letIn(server.id, typed);
    if (failure.error.code === 'signin.rejected') this.#options.credentials.forget(server.id);
    const { proxy } = effectiveSignIn(server.signIn);
    if (failure.error.code === 'proxy.sign-in' && proxy !== undefined) {
      this.#options.credentials.forget(proxyId(proxy));
    }
    return failure;
  }
}

function byWay(server: Server, proxy: string): Server {
  const { proxy: _own, ...signIn } = server.signIn;
  return { ...server, signIn: proxy === 'none' ? signIn : { ...signIn, proxy } };
}

export function factsOf(server: Server): ServerFacts {
  const { name, address, port, https, userName, configuration } = server;
  // The prompt and ComputerName say what was connected to; the practice server's list name is a sentence.
  return {
    name: server.kind === 'practice' ? address : name,
    address,
    port,
    https,
    userName,
    configuration,
    auth: effectiveSignIn(server.signIn).auth,
  };
}
