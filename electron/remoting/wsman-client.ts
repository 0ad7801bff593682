/** WS-Management without PSRP: what a service is, whose shells are there, and winrs command shells ([MS-WSMV] 3.1.4). */
import { randomUUID } from 'node:crypto';
import { encodeDeleteRequest } from '../protocol/wsman/delete.ts';
import { decodeGetConfigResponse, encodeGetRequest, type ServiceConfig } from '../protocol/wsman/get.ts';
import {
  decodeEnumerateResponse,
  decodePullResponse,
  encodeEnumerateRequest,
  encodePullRequest,
  type CommandDescription,
  type EnumerateRequest,
  type EnumerationItems,
} from '../protocol/wsman/enumerate.ts';
import { readEnvelope, type Envelope, type RequestContext } from '../protocol/wsman/envelope.ts';
import { faultIn, readAnswer, WsmanFault } from '../protocol/wsman/faults.ts';
import {
  decodeIdentifyResponse,
  encodeIdentifyRequest,
  type IdentifyResponse,
} from '../protocol/wsman/identify.ts';
import { ACTION, RESOURCE } from '../protocol/wsman/names.ts';
import { decodePutConfigResponse, encodePutConfigRequest } from '../protocol/wsman/put.ts';
import type { ShellDescription } from '../protocol/wsman/shell-description.ts';
import { CommandShell, type CommandShellOptions } from './command-shell.ts';
import { asShellFault } from './shell-fault.ts';
import type { SoapHttp } from './soap-http.ts';

export interface WsmanClientOptions {
  readonly http: SoapHttp;
  /** The endpoint's URL as it stands in `To`. */
  readonly url: string;
  readonly locale?: string;
  readonly newGuid?: () => string;
  /** How it is signed in to, known once it is. */
  readonly security?: () => string | undefined;
}

/** Every server takes as much, and no answer of these operations comes near it but a very long list, which then comes in parts. */
const ENVELOPE_BYTES = 150 * 1024;
const OPERATION_MS = 60_000;
/** On top of the operation's own time-out: the way there and back. */
const NETWORK_MS = 10_000;
/** Shells or commands in one answer. */
const BATCH = 50;
/** No server lets its users have as many; a list that goes on beyond this is not a list. */
const MOST_ITEMS = 10_000;

export interface ShellWithCommands extends ShellDescription {
  readonly commands: readonly CommandDescription[];
}

export class WsmanClient {
  readonly #options: WsmanClientOptions;
  readonly #newGuid: () => string;
  readonly #sessionId: string;

  constructor(options: WsmanClientOptions) {
    this.#options = options;
    this.#newGuid = options.newGuid ?? randomUUID;
    this.#sessionId = this.#newGuid().toUpperCase();
  }

  /** Test-WSMan: what answers there. @throws TransportError, WsmanFault, ProtocolError */
  async identify(): Promise<IdentifyResponse> {
    const answer = await this.#options.http.post(encodeIdentifyRequest(), {
      timeoutMs: OPERATION_MS,
      idempotent: true,
    });
    const envelope = readEnvelope(answer.body);
    const fault = faultIn(envelope, answer.status);
    if (fault) throw fault;
    return decodeIdentifyResponse(envelope);
  }

  /** The limits of the service; users that are no administrators may not ask. */
  async serviceConfig(): Promise<ServiceConfig> {
    const context = this.context();
    const body = encodeGetRequest(context, { resourceUri: RESOURCE.config });
    return decodeGetConfigResponse(await this.ask(body, ACTION.get, context));
  }

  /**
   * Changes limits of the service, which only administrators of the server may, and returns what they are afterwards. What is not named
   * stays; two who change at the same moment overwrite each other, as the protocol has it.
   */
  async changeServiceConfig(change: ServiceConfig): Promise<ServiceConfig> {
    const reading = this.context();
    const get = encodeGetRequest(reading, { resourceUri: RESOURCE.config });
    const current = await this.ask(get, ACTION.get, reading);
    const context = this.context();
    const body = encodePutConfigRequest(context, current, change);
    return decodePutConfigResponse(await this.ask(body, ACTION.put, context));
  }

  /** Every shell of this user on the server, those of other clients too. */
  enumerateShells(): Promise<ShellDescription[]> {
    return this.#enumerate({ resourceUri: RESOURCE.shell }, (items) => items.shells);
  }

  /** What runs, or has ended and was not received to its end, in one shell ([MS-PSRP] 3.1.4.10.1). @throws ShellFault */
  enumerateCommands(shellId: string): Promise<CommandDescription[]> {
    return this.#enumerate({ resourceUri: RESOURCE.command, shellId }, (items) => items.commands);
  }

  /** Every shell with its commands. One that ends meanwhile is left out. */
  async enumerateShellsWithCommands(): Promise<ShellWithCommands[]> {
    const shells = await this.enumerateShells();
    const withCommands = await Promise.all(
      shells.map(async (shell) => {
        try {
          return { ...shell, commands: await this.enumerateCommands(shell.shellId) };
        } catch (error) {
          if (error instanceof WsmanFault) return undefined;
          throw error;
        }
      }),
    );
    return withCommands.filter((shell) => shell !== undefined);
  }

  async #enumerate<T>(
    request: Pick<EnumerateRequest, 'resourceUri' | 'shellId'>,
    pick: (items: EnumerationItems) => readonly T[],
  ): Promise<T[]> {
    const context = this.context();
    const first = encodeEnumerateRequest(context, { ...request, maxElements: BATCH });
    let items = decodeEnumerateResponse(await this.ask(first, ACTION.enumerate, context));
    const found = [...pick(items)];
    while (!items.endOfSequence && items.context !== '' && found.length < MOST_ITEMS) {
      const next = this.context();
      const body = encodePullRequest(next, {
        resourceUri: request.resourceUri,
        context: items.context,
        maxElements: BATCH,
      });
      items = decodePullResponse(await this.ask(body, ACTION.pull, next));
      found.push(...pick(items));
    }
    return found;
  }

  /** Ends a shell and all that runs in it, whoever made it. */
  async removeShell(shell: Pick<ShellDescription, 'shellId' | 'resourceUri'>): Promise<void> {
    const context = this.context();
    const body = encodeDeleteRequest(context, {
      resourceUri: shell.resourceUri ?? RESOURCE.cmd,
      shellId: shell.shellId,
    });
    await this.ask(body, ACTION.delete, context);
  }

  /** winrs: a shell for commands of the operating system. */
  openCommandShell(options: CommandShellOptions = {}): Promise<CommandShell> {
    return CommandShell.open(this, options);
  }

  /** How it is signed in to, for people: `Kerberos over HTTPS`; undefined before the first answer. */
  get security(): string | undefined {
    return this.#options.security?.();
  }

  close(): void {
    this.#options.http.close();
  }

  context(operationTimeoutMs = OPERATION_MS): RequestContext {
    return {
      to: this.#options.url,
      messageId: this.#newGuid().toUpperCase(),
      sessionId: this.#sessionId,
      operationId: this.#newGuid().toUpperCase(),
      maxEnvelopeSize: ENVELOPE_BYTES,
      operationTimeoutMs,
      ...(this.#options.locale === undefined ? {} : { locale: this.#options.locale }),
    };
  }

  async ask(body: string, action: string, context: RequestContext, signal?: AbortSignal): Promise<Envelope> {
    const answer = await this.#options.http.post(body, {
      timeoutMs: context.operationTimeoutMs + NETWORK_MS,
      mayWait: action === ACTION.receive,
      idempotent: action === ACTION.get || action === ACTION.enumerate,
      ...(signal === undefined ? {} : { signal }),
    });
    try {
      return readAnswer(answer.body, { action, messageId: context.messageId }, answer.status);
    } catch (error) {
      throw asShellFault(error);
    }
  }
}
