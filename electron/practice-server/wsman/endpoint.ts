/**
 * A WS-Management service with PowerShell and winrs shells ([MS-WSMV] 3.1): SOAP requests in, answers out. It knows nothing of HTTP; who asks
 * has been checked already.
 *
 * Departures: one session configuration name is as good as another unless `configurations` lists them; winrs shells cannot be disconnected;
 * `Get` of the configuration answers with the few settings a client acts on.
 */
import { randomUUID } from 'node:crypto';
import { ProtocolError } from '../../protocol/errors.ts';
import { encodeCommandResponse } from '../../protocol/wsman/command.ts';
import { encodeConnectResponse, type ConnectRequest } from '../../protocol/wsman/connect.ts';
import { encodeCreateResponse, type CreateRequest } from '../../protocol/wsman/create.ts';
import { encodeDeleteResponse } from '../../protocol/wsman/delete.ts';
import { encodeDisconnectResponse, type DisconnectRequest } from '../../protocol/wsman/disconnect.ts';
import {
  encodeEnumerateResponse,
  encodePullResponse,
  type EnumerateRequest,
  type EnumerationItems,
  type PullRequest,
} from '../../protocol/wsman/enumerate.ts';
import {
  readEnvelope,
  type Envelope,
  type Header,
  type ResponseContext,
} from '../../protocol/wsman/envelope.ts';
import { bareId, encodeFault, type FaultParts } from '../../protocol/wsman/faults.ts';
import {
  encodeGetConfigResponse,
  encodeGetShellResponse,
  type GetRequest,
} from '../../protocol/wsman/get.ts';
import { encodeIdentifyResponse } from '../../protocol/wsman/identify.ts';
import { RESOURCE } from '../../protocol/wsman/names.ts';
import { encodeReceiveResponse, type ReceiveRequest } from '../../protocol/wsman/receive.ts';
import { encodeReconnectResponse } from '../../protocol/wsman/reconnect.ts';
import { decodeRequest, type WsmanRequest } from '../../protocol/wsman/requests.ts';
import { encodeSendResponse } from '../../protocol/wsman/send.ts';
import type { ShellDescription } from '../../protocol/wsman/shell-description.ts';
import { encodeSignalResponse } from '../../protocol/wsman/signal.ts';
import { DEFAULT_ENVELOPE_SIZE } from '../../protocol/wsman/size.ts';
import { systemClock, type Clock } from './clock.ts';
import { CmdShell } from './cmd-shell.ts';
import { MIN_ENVELOPE_SIZE } from './envelope-budget.ts';
import {
  DEFAULT_LIMITS,
  MISS_AFTER_MS,
  type EndpointAnswer,
  type EndpointRequest,
  type ShellLimits,
  type WsmanEndpoint,
  type WsmanEndpointOptions,
} from './endpoint-options.ts';
import { KeptAnswers } from './kept-answers.ts';
import { PowerShellShell } from './powershell-shell.ts';
import { startProgram } from './program.ts';
import * as refusals from './refusals.ts';
import { Refusal } from './refusals.ts';
import { sameUser, ShellRegistry } from './shell-registry.ts';
import type { Client } from './shell-lease.ts';
import { idKey, type Shell, type ShellBase } from './shell.ts';

/** The least a shell may ask for, as on Windows. */
const MIN_IDLE_TIMEOUT_MS = 60_000;

/** What Windows reads `OperationTimeout` as where there is none ([MS-WSMV] 3.1.4.1). */
const DEFAULT_TIMEOUT_MS = 60_000;

/** Enumerations under way; a client that starts more without pulling loses the oldest. */
const MAX_ENUMERATIONS = 20;

export type {
  EndpointAnswer,
  EndpointEvent,
  WsmanEndpoint,
  WsmanEndpointOptions,
} from './endpoint-options.ts';

export function createWsmanEndpoint(options: WsmanEndpointOptions): WsmanEndpoint {
  return new Endpoint(options);
}

type NewShell = ShellBase & { readonly clock: Clock; readonly maxCommands: number };

/** One request on its way through. */
interface Asked extends EndpointRequest {
  readonly client: Client;
  undelivered?: () => void;
}

interface Enumeration {
  readonly owner: string;
  readonly items: Pick<EnumerationItems, 'shells' | 'commands'>;
}

class Endpoint implements WsmanEndpoint {
  readonly #options: WsmanEndpointOptions;
  readonly #limits: ShellLimits;
  readonly #clock: Clock;
  readonly #shells: ShellRegistry;
  readonly #enumerations = new Map<string, Enumeration>();
  readonly #answers = new KeptAnswers();

  constructor(options: WsmanEndpointOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.shellLimits };
    this.#clock = options.clock ?? systemClock;
    this.#shells = new ShellRegistry({
      clock: this.#clock,
      maxShellsPerUser: this.#limits.maxShellsPerUser,
      maxShellUsers: this.#limits.maxShellUsers,
      maxOperationsPerUser: this.#limits.maxOperationsPerUser,
      missAfterMs: options.missAfterMs ?? MISS_AFTER_MS,
      defaultIdleTimeoutMs: this.#limits.idleTimeoutMs,
      onChange: (kind, { id, resourceUri }) => this.#options.onEvent?.({ kind, shellId: id, resourceUri }),
    });
  }

  async handle(request: EndpointRequest): Promise<EndpointAnswer> {
    // HTTP.sys refuses what is larger than the service's MaxEnvelopeSizekb before WinRM sees it.
    if (Buffer.byteLength(request.body, 'utf8') > this.#limits.maxEnvelopeSizeKb * 1024) {
      return { status: 413, body: '' };
    }
    let header: Header | undefined;
    try {
      const envelope = readEnvelope(request.body);
      ({ header } = envelope);
      const asked: Asked = {
        ...request,
        client: {
          id: header.sessionId === undefined ? undefined : bareId(header.sessionId),
          address: request.remoteAddress,
        },
      };
      const body = await this.#answer(envelope, asked);
      return {
        status: 200,
        body,
        ...(asked.undelivered === undefined ? {} : { undelivered: asked.undelivered }),
      };
    } catch (error) {
      // Nobody reads the answer.
      if (request.signal.aborted) return { status: 500, body: '' };
      return this.#refuse(error, header);
    }
  }

  shells(): ShellDescription[] {
    return this.#shells.all().map((entry) => this.#shells.describe(entry));
  }

  close(): Promise<void> {
    return this.#shells.close();
  }

  #refuse(error: unknown, header: Header | undefined): EndpointAnswer {
    const action = header?.action?.slice(0, 200) ?? '';
    let fault: FaultParts;
    if (error instanceof Refusal) ({ fault } = error);
    else if (error instanceof ProtocolError) ({ fault } = refusalFor(error));
    else {
      this.#options.onEvent?.({ kind: 'failure', action, error });
      ({ fault } = refusals.operationAborted('The service failed'));
    }
    this.#options.onEvent?.({ kind: 'fault', action, code: fault.code });
    const machine = this.#options.machine ?? 'localhost';
    return { status: 500, body: encodeFault(responseContext(header), { machine, ...fault }) };
  }

  async #answer(envelope: Envelope, asked: Asked): Promise<string> {
    const { header } = envelope;
    const decoded = decodeRequest(envelope);
    if (decoded.kind === 'identify') return this.#identify(asked);
    if (asked.userName === undefined) throw refusals.accessDenied();
    const [unknown] = header.notUnderstood;
    if (unknown !== undefined) throw refusals.notUnderstood(unknown);
    if ((header.maxEnvelopeSize ?? DEFAULT_ENVELOPE_SIZE) < MIN_ENVELOPE_SIZE) {
      throw refusals.envelopeTooSmall(MIN_ENVELOPE_SIZE);
    }
    if (this.#shells.isClosed) throw refusals.operationAborted('The service is ending');
    return this.#dispatch(decoded, header, asked, asked.userName);
  }

  async #dispatch(
    decoded: Exclude<WsmanRequest, { kind: 'identify' }>,
    header: Header,
    asked: Asked,
    userName: string,
  ): Promise<string> {
    const context = responseContext(header);
    switch (decoded.kind) {
      case 'create':
        return this.#create(decoded.request, header, asked, userName);
      case 'command':
        return this.#work(decoded.request, userName, asked, async (shell) =>
          encodeCommandResponse(context, { commandId: await shell.command(decoded.request) }),
        );
      case 'send':
        return this.#work(decoded.request, userName, asked, async (shell) => {
          await shell.send(decoded.request);
          return encodeSendResponse(context);
        });
      case 'receive':
        return this.#receive(decoded.request, header, asked, userName);
      case 'signal':
        return this.#work(decoded.request, userName, asked, async (shell) => {
          await shell.signal(decoded.request);
          return encodeSignalResponse(context);
        });
      case 'delete': {
        const entry = this.#shells.find(decoded.request.shellId, userName, decoded.request.resourceUri);
        await this.#shells.remove(entry, 'The shell was deleted');
        return encodeDeleteResponse(context);
      }
      case 'disconnect':
        return this.#disconnect(decoded.request, header, userName);
      case 'reconnect': {
        const { shellId, resourceUri, commandId } = decoded.request;
        this.#shells.find(shellId, userName, resourceUri).lease.reconnect(asked.client, commandId);
        return encodeReconnectResponse(context);
      }
      case 'connect':
        return this.#connect(decoded.request, header, asked, userName);
      case 'get':
        return this.#get(decoded.request, context, userName);
      case 'put':
        // Its limits are those it was started with: nobody is an administrator here.
        throw decoded.request.resourceUri === RESOURCE.config
          ? refusals.accessDenied()
          : refusals.actionNotSupported();
      case 'enumerate':
        return this.#enumerate(decoded.request, context, userName);
      case 'pull':
        return this.#pull(decoded.request, context, userName);
      case 'unknown':
        throw refusals.actionNotSupported();
    }
  }

  #work(
    request: { readonly shellId: string; readonly resourceUri: string },
    userName: string,
    asked: Asked,
    act: (shell: Shell) => Promise<string>,
  ): Promise<string> {
    return this.#shells.use(request, userName, asked.client, 'work', async (shell) => {
      const { lease } = this.#shells.find(request.shellId, userName);
      const onGone = (): void => lease.lostConnection();
      // Nobody tells of what has happened already.
      if (asked.signal.aborted) onGone();
      asked.signal.addEventListener('abort', onGone);
      asked.undelivered = onGone;
      try {
        return await act(shell);
      } finally {
        asked.signal.removeEventListener('abort', onGone);
      }
    });
  }

  #receive(request: ReceiveRequest, header: Header, asked: Asked, userName: string): Promise<string> {
    return this.#shells.use(request, userName, asked.client, 'receive', async (shell) => {
      const keeps = this.#options.inFlight === 'kept';
      const before = keeps ? this.#answers.of(request, header) : undefined;
      if (before !== undefined) return before;
      const { lease } = this.#shells.find(request.shellId, userName);
      const onGone = (): void => lease.lostConnection();
      // Nobody tells of what has happened already.
      if (asked.signal.aborted) onGone();
      asked.signal.addEventListener('abort', onGone);
      try {
        const received = await shell.receive(request, {
          maxEnvelopeSize: this.#envelopeSize(header),
          timeoutMs: this.#timeout(header),
          signal: asked.signal,
        });
        asked.undelivered = () => {
          received.undelivered?.();
          lease.lostConnection();
        };
        const { operationId } = header;
        const context = {
          ...responseContext(header),
          ...(keeps && operationId !== undefined ? { operationId } : {}),
        };
        const answer = encodeReceiveResponse(context, received.response);
        if (keeps) this.#answers.keep(request, header, answer);
        return answer;
      } finally {
        asked.signal.removeEventListener('abort', onGone);
      }
    });
  }

  #envelopeSize(header: Header): number {
    return Math.min(header.maxEnvelopeSize ?? DEFAULT_ENVELOPE_SIZE, this.#limits.maxEnvelopeSizeKb * 1024);
  }

  #timeout(header: Header): number {
    return Math.min(header.operationTimeoutMs ?? DEFAULT_TIMEOUT_MS, this.#limits.maxTimeoutMs);
  }

  /** [MS-WSMV] 3.1.4.15 */
  async #disconnect(request: DisconnectRequest, header: Header, userName: string): Promise<string> {
    const entry = this.#shells.find(request.shellId, userName, request.resourceUri);
    const { idleTimeoutMs, bufferMode } = request;
    if (idleTimeoutMs !== undefined) this.#checkIdleTimeout(idleTimeoutMs);
    await entry.lease.disconnect(
      {
        ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
        ...(bufferMode === undefined ? {} : { bufferMode }),
      },
      this.#shells.quiet(entry, this.#timeout(header)),
    );
    return encodeDisconnectResponse(responseContext(header));
  }

  /** [MS-WSMV] 3.1.4.17 */
  #connect(request: ConnectRequest, header: Header, asked: Asked, userName: string): string {
    const { lease, shell } = this.#shells.find(request.shellId, userName, request.resourceUri);
    const { inputStreams, outputStreams } = shell.describe();
    if (request.commandId !== undefined) {
      lease.connectCommand(asked.client, request.commandId);
      return encodeConnectResponse(responseContext(header), { inputStreams, outputStreams });
    }
    const connectResponseXml = lease.connect(asked.client, request.connectXml, this.#envelopeSize(header));
    return encodeConnectResponse(responseContext(header), {
      inputStreams,
      outputStreams,
      connectResponseXml,
    });
  }

  #checkIdleTimeout(ms: number): void {
    const { maxIdleTimeoutMs } = this.#limits;
    if (ms < MIN_IDLE_TIMEOUT_MS || ms > maxIdleTimeoutMs) {
      throw refusals.idleTimeoutOutOfBounds(MIN_IDLE_TIMEOUT_MS, maxIdleTimeoutMs);
    }
  }

  /** Before log-on the version is zeros, as on Windows. */
  #identify(asked: EndpointRequest): string {
    const { vendor, version } = this.#options.product ?? {
      vendor: 'PSDeck practice server',
      version: '1.0.0',
    };
    return encodeIdentifyResponse({
      productVendor: vendor,
      productVersion: `OS: ${asked.userName === undefined ? '0.0.0' : version} SP: 0.0 Stack: 3.0`,
    });
  }

  async #create(request: CreateRequest, header: Header, asked: Asked, userName: string): Promise<string> {
    const { maxCommandsPerShell, idleTimeoutMs } = this.#limits;
    if ((request.idleTimeoutMs ?? 0) > this.#limits.maxIdleTimeoutMs)
      this.#checkIdleTimeout(request.idleTimeoutMs ?? 0);
    const base: NewShell = {
      id: request.shellId ?? randomUUID().toUpperCase(),
      resourceUri: request.resourceUri,
      owner: userName,
      clientIp: asked.remoteAddress,
      ...(request.name === undefined ? {} : { name: request.name }),
      ...(request.bufferMode === undefined ? {} : { bufferMode: request.bufferMode }),
      idleTimeoutMs: Math.max(request.idleTimeoutMs ?? idleTimeoutMs, MIN_IDLE_TIMEOUT_MS),
      maxIdleTimeoutMs: this.#limits.maxIdleTimeoutMs,
      locale: header.locale ?? 'en-US',
      clock: this.#clock,
      maxCommands: maxCommandsPerShell,
    };
    const { shell } = await this.#shells.add(base.id, userName, asked.client, asked.signal, () =>
      this.#open(request, base, asked.signal),
    );
    return encodeCreateResponse(responseContext(header), { address: asked.url, shell: shell.describe() });
  }

  #open(request: CreateRequest, base: NewShell, signal: AbortSignal): Promise<Shell> {
    const { resourceUri } = request;
    if (resourceUri.startsWith(RESOURCE.powershellPrefix)) {
      const name = resourceUri.slice(RESOURCE.powershellPrefix.length).toLowerCase();
      const known = this.#options.configurations;
      if (name === '' || (known !== undefined && !known.some((k) => k.toLowerCase() === name))) {
        throw refusals.unknownConfiguration();
      }
      if (request.creationXml === undefined) throw refusals.invalidRequest('creationXml is missing');
      const onGone = (): void => this.#shells.forget(base.id);
      return PowerShellShell.open(
        { ...base, inFlight: this.#options.inFlight ?? 'again', onGone },
        this.#options.engineFactory,
        request.creationXml,
        signal,
      );
    }
    if (resourceUri !== RESOURCE.cmd || !(this.#options.allowCmd ?? true)) throw refusals.unknownResource();
    return Promise.resolve(
      new CmdShell({
        ...base,
        startProgram: this.#options.startProgram ?? startProgram,
        inputStreams: request.inputStreams,
        outputStreams: request.outputStreams,
        ...(request.workingDirectory === undefined ? {} : { workingDirectory: request.workingDirectory }),
        ...(request.environment === undefined ? {} : { environment: request.environment }),
      }),
    );
  }

  #get(request: GetRequest, context: ResponseContext, userName: string): string {
    if (request.resourceUri === RESOURCE.config) {
      return encodeGetConfigResponse(context, {
        maxEnvelopeSizeKb: this.#limits.maxEnvelopeSizeKb,
        maxTimeoutMs: this.#limits.maxTimeoutMs,
        maxBatchItems: 32_000,
        maxShellsPerUser: this.#limits.maxShellsPerUser,
        idleTimeoutMs: this.#limits.idleTimeoutMs,
      });
    }
    if (request.resourceUri !== RESOURCE.shell) throw refusals.unknownResource();
    const entry = this.#shells.find(request.shellId ?? '', userName);
    return encodeGetShellResponse(context, this.#shells.describe(entry));
  }

  #enumerate(request: EnumerateRequest, context: ResponseContext, userName: string): string {
    if (request.filterDialect !== undefined) throw refusals.filterUnsupported();
    const items = this.#items(request, userName);
    if (request.optimize === true) {
      return encodeEnumerateResponse(context, { ...items, context: '', endOfSequence: true });
    }
    const id = `uuid:${randomUUID().toUpperCase()}`;
    const [oldest] = this.#enumerations.keys();
    if (this.#enumerations.size >= MAX_ENUMERATIONS && oldest !== undefined)
      this.#enumerations.delete(oldest);
    this.#enumerations.set(id, { owner: userName, items });
    return encodeEnumerateResponse(context, { context: id, shells: [], commands: [], endOfSequence: false });
  }

  /** Everything that is left comes at once: shells are few. */
  #pull(request: PullRequest, context: ResponseContext, userName: string): string {
    const enumeration = this.#enumerations.get(request.context);
    if (enumeration === undefined || !sameUser(enumeration.owner, userName))
      throw refusals.invalidEnumeration();
    this.#enumerations.delete(request.context);
    return encodePullResponse(context, { ...enumeration.items, context: '', endOfSequence: true });
  }

  #items(request: EnumerateRequest, userName: string): Enumeration['items'] {
    const mine = this.#shells.of(userName);
    if (request.resourceUri === RESOURCE.shell) {
      const chosen =
        request.shellId === undefined
          ? mine
          : mine.filter(({ shell }) => idKey(shell.id) === idKey(request.shellId ?? ''));
      return { shells: chosen.map((entry) => this.#shells.describe(entry)), commands: [] };
    }
    if (request.resourceUri !== RESOURCE.command) throw refusals.unknownResource();
    if (request.shellId === undefined) throw refusals.filterExpected();
    const entry = mine.find(({ shell }) => idKey(shell.id) === idKey(request.shellId ?? ''));
    if (entry === undefined) throw refusals.unknownShell();
    return { shells: [], commands: entry.shell.commands() };
  }
}

function responseContext(header: Header | undefined): ResponseContext {
  const relatesTo = header?.messageId;
  return { messageId: randomUUID().toUpperCase(), ...(relatesTo === undefined ? {} : { relatesTo }) };
}

/** What a malformed request is refused with. The text of the error names parts, never contents. */
function refusalFor(error: ProtocolError): Refusal {
  switch (error.code) {
    case 'wsman.duration':
      return refusals.invalidTimeout();
    case 'wsman.envelope.missing-shell':
      return refusals.unknownShell();
    case 'wsman.envelope.missing-resource':
      return refusals.unknownResource();
    default:
      return refusals.invalidRequest(error.message);
  }
}
