/**
 * What an endpoint that stands in front of an engine must know of a pool whose messages pass through it: the engine cannot be asked
 * to connect another client, so the endpoint answers for it ([MS-PSRP] 3.2.5.4.29).
 */
import type { PsObject } from '../clixml/value.ts';
import { ProtocolError, UsageError } from '../errors.ts';
import { decodeBody, encodeWhole } from './codecs.ts';
import type { DecodedMessage } from './codecs.ts';
import type { PipelineState, PoolState } from './enums.ts';
import { Defragmenter, Fragmenter } from './fragment.ts';
import { EMPTY_GUID } from './guid.ts';
import { decodeHeader, decodeMessage } from './message.ts';
import type { MessageHeader, MessageName } from './message.ts';
import type { ConnectRunspacePool } from './messages/connect-runspacepool.ts';
import type { RunspacePoolInitData } from './messages/runspacepool-init-data.ts';
import type { SessionCapability } from './messages/session-capability.ts';
import type { OutgoingStream } from './outgoing.ts';
import {
  PEER_PIPELINE_EVENTS,
  hasEnded,
  nextPipelineState,
  nextPoolState,
  peerPoolEvent,
} from './transitions.ts';
import type { PoolEvent } from './transitions.ts';

/** The messages whose bodies are read. All others are counted by their header: they may be large, and hold what is none of our business. */
const READ: ReadonlySet<MessageName> = new Set<MessageName>([
  'SESSION_CAPABILITY',
  'INIT_RUNSPACEPOOL',
  'APPLICATION_PRIVATE_DATA',
  'RUNSPACEPOOL_STATE',
  'RUNSPACE_AVAILABILITY',
  'SET_MIN_RUNSPACES',
  'SET_MAX_RUNSPACES',
  'PIPELINE_STATE',
]);

/** A message that passed. */
export interface Observed extends MessageHeader {
  readonly objectId: bigint;
}

/** Follows one pool from the messages of both sides. Feed it the fragments as they pass; it changes nothing. */
export class PoolObserver {
  readonly #maxMessageBytes: number | undefined;
  readonly #defragmenters = new Map<string, Defragmenter>();
  readonly #pipelines = new Map<string, PipelineState>();
  readonly #limitCalls = new Map<bigint, Partial<RunspacePoolInitData>>();
  #state: PoolState = 'BeforeOpen';
  #poolId: string | undefined;
  #serverCapability: SessionCapability | undefined;
  #clientCapability: SessionCapability | undefined;
  #limits: RunspacePoolInitData | undefined;
  #privateData: PsObject | undefined;

  constructor(options: { readonly maxMessageBytes?: number } = {}) {
    this.#maxMessageBytes = options.maxMessageBytes;
  }

  get state(): PoolState {
    return this.#state;
  }

  /** The id the client gave the pool. */
  get poolId(): string | undefined {
    return this.#poolId;
  }

  get clientCapability(): SessionCapability | undefined {
    return this.#clientCapability;
  }

  get limits(): RunspacePoolInitData | undefined {
    return this.#limits;
  }

  get applicationPrivateData(): PsObject | undefined {
    return this.#privateData;
  }

  /** Every pipeline that was not forgotten, with its state. */
  get pipelines(): ReadonlyMap<string, PipelineState> {
    return this.#pipelines;
  }

  /** The endpoint's own news: the client disconnected, reconnected, closed. */
  apply(event: PoolEvent): void {
    this.#state = nextPoolState(this.#state, event, 'server');
  }

  /** The endpoint has let go of a pipeline. */
  forget(pipelineId: string): void {
    const id = pipelineId.toLowerCase();
    this.#pipelines.delete(id);
    for (const side of ['client default', 'client promptResponse', 'server']) {
      this.#defragmenters.delete(`${side} ${id}`);
    }
  }

  /** Fragments on their way to the engine. */
  fromClient(bytes: Uint8Array, pipelineId: string | undefined, stream: OutgoingStream): Observed[] {
    return this.#feed(`client ${stream}`, bytes, pipelineId, 'server', (message) => {
      this.#clientMessage(message);
    });
  }

  /** Fragments on their way to the client. */
  fromServer(bytes: Uint8Array, pipelineId: string | undefined): Observed[] {
    return this.#feed('server', bytes, pipelineId, 'client', (message) => {
      this.#serverMessage(message);
    });
  }

  #feed(
    side: string,
    bytes: Uint8Array,
    pipelineId: string | undefined,
    destination: 'client' | 'server',
    read: (message: DecodedMessage) => void,
  ): Observed[] {
    const key = `${side} ${pipelineId?.toLowerCase() ?? EMPTY_GUID}`;
    let defragmenter = this.#defragmenters.get(key);
    if (defragmenter === undefined) {
      defragmenter = new Defragmenter(this.#maxMessageBytes);
      this.#defragmenters.set(key, defragmenter);
    }
    return defragmenter.push(bytes).map(({ objectId, message }) => ({
      ...this.#see(message, destination, read),
      objectId,
    }));
  }

  /** One whole message on its way to the engine, for who puts them together anyway. */
  clientMessage(message: Uint8Array): MessageHeader {
    return this.#see(message, 'server', (decoded) => {
      this.#clientMessage(decoded);
    });
  }

  /** One whole message on its way to the client. */
  serverMessage(message: Uint8Array): MessageHeader {
    return this.#see(message, 'client', (decoded) => {
      this.#serverMessage(decoded);
    });
  }

  #see(
    message: Uint8Array,
    destination: 'client' | 'server',
    read: (message: DecodedMessage) => void,
  ): MessageHeader {
    const header = decodeHeader(message);
    if (header.destination !== destination) {
      throw new ProtocolError('psrp.message.unexpected', `${header.name} goes the wrong way.`, {
        message: header.name,
      });
    }
    if (header.name === 'CREATE_PIPELINE' || header.name === 'GET_COMMAND_METADATA') {
      this.#pipelines.set(header.pipelineId, nextPipelineState('NotStarted', 'invoke', 'server'));
    } else if (READ.has(header.name)) {
      read(decodeBody(decodeMessage(message)));
    }
    return header;
  }

  #clientMessage(message: DecodedMessage): void {
    switch (message.name) {
      case 'SESSION_CAPABILITY':
        this.#clientCapability = message.body;
        this.#poolId = message.runspacePoolId;
        return;
      case 'INIT_RUNSPACEPOOL':
        this.apply('open');
        this.#limits = { minRunspaces: message.body.minRunspaces, maxRunspaces: message.body.maxRunspaces };
        return;
      case 'SET_MIN_RUNSPACES':
        this.#limitCalls.set(message.body.callId, { minRunspaces: message.body.minRunspaces });
        return;
      case 'SET_MAX_RUNSPACES':
        this.#limitCalls.set(message.body.callId, { maxRunspaces: message.body.maxRunspaces });
        return;
      default:
    }
  }

  #serverMessage(message: DecodedMessage): void {
    switch (message.name) {
      case 'SESSION_CAPABILITY':
        this.#serverCapability = message.body;
        return;
      case 'APPLICATION_PRIVATE_DATA':
        this.#privateData = message.body.data;
        return;
      case 'RUNSPACE_AVAILABILITY': {
        const wanted = this.#limitCalls.get(message.body.callId);
        this.#limitCalls.delete(message.body.callId);
        if (wanted && this.#limits && message.body.response === true)
          this.#limits = { ...this.#limits, ...wanted };
        return;
      }
      case 'RUNSPACEPOOL_STATE':
        this.apply(peerPoolEvent(message.body.state));
        return;
      case 'PIPELINE_STATE': {
        const state = this.#pipelines.get(message.pipelineId);
        if (state !== undefined) {
          this.#pipelines.set(
            message.pipelineId,
            nextPipelineState(state, PEER_PIPELINE_EVENTS[message.body.state], 'server'),
          );
        }
        return;
      }
      default:
    }
  }

  /** Pipelines that another client can connect to. */
  get runningPipelines(): readonly string[] {
    return [...this.#pipelines].filter(([, state]) => !hasEnded(state)).map(([id]) => id);
  }

  /** What a connecting client says in its connectXml. [MS-PSRP] 3.2.5.4.29 */
  static readConnect(bytes: Uint8Array): {
    capability: SessionCapability;
    poolId: string;
    limits: ConnectRunspacePool;
  } {
    const defragmenter = new Defragmenter(MAX_CONNECT_BYTES);
    const messages = defragmenter.push(bytes).map(({ message }) => decodeBody(decodeMessage(message)));
    defragmenter.end();
    const [capability, connect] = messages;
    if (capability?.name !== 'SESSION_CAPABILITY' || connect?.name !== 'CONNECT_RUNSPACEPOOL') {
      throw new ProtocolError(
        'psrp.connect.messages',
        'A connecting client sends SESSION_CAPABILITY and CONNECT_RUNSPACEPOOL.',
        {
          first: capability?.name ?? '',
          second: connect?.name ?? '',
        },
      );
    }
    return { capability: capability.body, poolId: capability.runspacePoolId, limits: connect.body };
  }

  /**
   * What a connecting client is answered: SESSION_CAPABILITY and RUNSPACEPOOL_INIT_DATA as the connectResponseXml, APPLICATION_PRIVATE_DATA as the
   * payloads of the pool's first Receives. `nextObjectId` counts what the endpoint sends to this client. [MS-PSRP] 3.2.5.4.29
   */
  connectAnswer(
    nextObjectId: () => bigint,
    maxBytes: number,
  ): { connectResponse: Uint8Array; receive: Uint8Array[] } {
    if (this.#poolId === undefined || this.#serverCapability === undefined || this.#limits === undefined) {
      throw new UsageError(
        'psrp.connect.not-open',
        'A pool that has not been opened cannot be connected to.',
        {
          state: this.#state,
        },
      );
    }
    const ids = { runspacePoolId: this.#poolId };
    const answer = new Fragmenter(nextObjectId);
    const protocolVersion = this.#spoken(this.#serverCapability);
    const capability = { ...this.#serverCapability, protocolVersion };
    answer.add(encodeWhole('client', 'SESSION_CAPABILITY', capability, ids));
    answer.add(encodeWhole('client', 'RUNSPACEPOOL_INIT_DATA', this.#limits, ids));
    const connectResponse = answer.take(maxBytes);
    if (connectResponse === undefined || !answer.isEmpty) {
      throw new UsageError(
        'psrp.connect.capacity',
        'The answer to a connect does not fit into one envelope.',
        {
          maxBytes,
          missing: answer.pendingBytes,
        },
      );
    }
    const later = new Fragmenter(nextObjectId);
    later.add(encodeWhole('client', 'APPLICATION_PRIVATE_DATA', { data: this.#privateData }, ids));
    const receive: Uint8Array[] = [];
    for (let payload = later.take(maxBytes); payload; payload = later.take(maxBytes)) receive.push(payload);
    return { connectResponse, receive };
  }

  /** The engine goes on with what it agreed on with the first client: what secrets look like depends on it. */
  #spoken(server: SessionCapability): string {
    const client = this.#clientCapability?.protocolVersion;
    return client !== undefined && minor(client) < minor(server.protocolVersion)
      ? client
      : server.protocolVersion;
  }
}

/** SESSION_CAPABILITY and CONNECT_RUNSPACEPOOL are some 300 bytes; a time zone may be among them. */
const MAX_CONNECT_BYTES = 64 * 1024;

/** NaN for another major version, which is never the lower one. */
function minor(version: string): number {
  return Number(/^2\.(\d{1,9})/.exec(version)?.[1] ?? Number.NaN);
}
