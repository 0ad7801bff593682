/**
 * The client's runspace pool ([MS-PSRP] 3.1): bytes in, events out. It opens no socket and knows no transport; the transport calls
 * `receive` with what arrived, `takeOutgoing` for what is to be sent, and tells of connections lost and regained.
 */
import type { PsObject, PsPrimitive } from '../clixml/value.ts';
import { ProtocolError, UsageError } from '../errors.ts';
import { encodeWhole } from './codecs.ts';
import type { DecodedMessage, MessageBodies } from './codecs.ts';
import type { PoolState } from './enums.ts';
import type { ErrorRecord } from './error-record.ts';
import { Runspaces } from './runspaces.ts';
import type { HostCallOutcome, RunspacePoolOptions } from './pool-options.ts';
import type { AvailabilityRequest, PsrpEvent, StateError } from './events.ts';
import type { Defragmented } from './fragment.ts';
import { EMPTY_GUID, normaliseGuid } from './guid.ts';
import type { HostCall } from './host-call.ts';
import { hostResponse } from './host-response.ts';
import { Inbox } from './inbox.ts';
import type { Arrival } from './inbox.ts';
import { NO_HOST } from './host-info.ts';
import type { MessageName } from './message.ts';
import type { GetCommandMetadata } from './messages/get-command-metadata.ts';
import { OutgoingQueue } from './outgoing.ts';
import type { Outgoing, OutgoingTarget } from './outgoing.ts';
import { ClientPipeline } from './pipeline.ts';
import type { PipelineLink } from './pipeline.ts';
import { plainEvent } from './plain-events.ts';
import { minorOf } from './pipeline-spec.ts';
import type { PipelineSpec, ProtocolVersion } from './pipeline-spec.ts';
import { admit, keyUnavailable, notOpened } from './admit.ts';
import { negotiate } from './negotiate.ts';
import { SecureStrings } from './secure-strings.ts';
import { PEER_PIPELINE_EVENTS, nextPoolState, peerPoolEvent } from './transitions.ts';
import type { PoolEvent } from './transitions.ts';

export class ClientRunspacePool {
  readonly id: string;
  readonly #options: RunspacePoolOptions;
  readonly #announced: ProtocolVersion;
  readonly #outgoing = new OutgoingQueue();
  readonly #inbox: Inbox;
  readonly #pipelines = new Map<string, ClientPipeline>();
  readonly #runspaces: Runspaces;
  readonly #secureStrings: SecureStrings;
  readonly #link: PipelineLink;
  #state: PoolState = 'BeforeOpen';
  #events: PsrpEvent[] = [];
  #protocolVersion: ProtocolVersion | undefined;
  #applicationPrivateData: PsObject | undefined;

  constructor(options: RunspacePoolOptions) {
    this.#options = options;
    this.id = normaliseGuid(options.id);
    this.#announced = options.protocolVersion ?? '2.4';
    this.#runspaces = new Runspaces({
      minRunspaces: options.minRunspaces ?? 1,
      maxRunspaces: options.maxRunspaces ?? 1,
    });
    this.#inbox = new Inbox(options.maxMessageBytes);
    this.#secureStrings = new SecureStrings(options.crypto);
    this.#link = {
      send: (name, body, pipelineId) => this.#send(name, body, pipelineId),
      emit: (event) => void this.#events.push(event),
      hasOpened: (pipelineId) => this.#outgoing.hasOpened(pipelineId),
      pendingBytes: (pipelineId) => this.#outgoing.pendingBytes(pipelineId),
      dropUnsent: (pipelineId) => this.#outgoing.dropUnstarted(pipelineId),
      ended: (pipelineId) => {
        this.#outgoing.forget(pipelineId);
        this.#pipelines.delete(pipelineId);
        this.#inbox.forget(pipelineId);
      },
    };
  }

  get state(): PoolState {
    return this.#state;
  }

  /** Negotiated; undefined until the server's capability has arrived. */
  get protocolVersion(): ProtocolVersion | undefined {
    return this.#protocolVersion;
  }

  get applicationPrivateData(): PsObject | undefined {
    return this.#applicationPrivateData;
  }

  get minRunspaces(): number {
    return this.#runspaces.limits.minRunspaces;
  }

  get maxRunspaces(): number {
    return this.#runspaces.limits.maxRunspaces;
  }

  /** Object ids between those received that have not come: on a pool that is read evenly, messages that were lost. */
  get missingObjects(): readonly (readonly [bigint, bigint])[] {
    return this.#inbox.ledger.missing;
  }

  get highestObjectId(): bigint | undefined {
    return this.#inbox.ledger.highest;
  }

  get lowestObjectId(): bigint | undefined {
    return this.#inbox.ledger.lowest;
  }

  /** The pipelines that have not ended. */
  get pipelines(): readonly ClientPipeline[] {
    return [...this.#pipelines.values()];
  }

  pipeline(id: string): ClientPipeline | undefined {
    return this.#pipelines.get(id.toLowerCase());
  }

  // ---- life

  /** Queues the opening messages. [MS-PSRP] 3.1.4.1 */
  open(): void {
    this.#apply('open');
    this.#sendCapability();
    this.#send('INIT_RUNSPACEPOOL', {
      ...this.#runspaces.limits,
      threadOptions: this.#options.threadOptions ?? 'Default',
      apartmentState: this.#options.apartmentState ?? 'Unknown',
      hostInfo: this.#options.hostInfo ?? NO_HOST,
      applicationArguments: this.#options.applicationArguments,
    });
  }

  /** Queues the messages by which another client takes a disconnected pool over. Without limits it keeps those it has. [MS-PSRP] 3.1.4.10 */
  connect(limits: { minRunspaces?: number; maxRunspaces?: number } = {}): void {
    this.#apply('connect');
    this.#sendCapability();
    this.#send('CONNECT_RUNSPACEPOOL', limits);
  }

  #sendCapability(): void {
    this.#send('SESSION_CAPABILITY', {
      protocolVersion: this.#announced,
      psVersion: '2.0',
      serializationVersion: '1.1.0.1',
    });
  }

  beginDisconnect(): void {
    this.#apply('begin-disconnect');
  }

  /** The transport has disconnected, or found itself disconnected. Pipelines go with the pool. */
  disconnected(): void {
    this.#take(this.#inbox.flush());
    this.#apply('disconnected');
    for (const pipeline of this.pipelines) pipeline.poolDisconnected();
  }

  /** From here on the server may repeat what it cannot know to have arrived. */
  reconnecting(): void {
    this.#apply('reconnecting');
    this.#inbox.resume();
  }

  /** The same client is back on the same shell. Pipelines that were disconnected with the pool run on. */
  reconnected(): void {
    this.#apply('reconnected');
    this.#inbox.resume();
    this.#probe();
    for (const pipeline of this.pipelines) pipeline.poolReconnected();
  }

  beginClose(): void {
    this.#apply('begin-close');
  }

  closed(): void {
    this.#apply('closed');
  }

  /** The transport failed for good. */
  broken(error: Error): void {
    this.#apply('broken', { kind: 'exception', exception: error });
  }

  #apply(event: PoolEvent, error?: StateError, objectId?: bigint): void {
    const previous = this.#state;
    const state = nextPoolState(previous, event);
    if (state === previous) return;
    this.#state = state;
    this.#events.push({
      kind: 'poolState',
      state,
      previous,
      ...(error ? { error } : {}),
      ...(objectId === undefined ? {} : { objectId }),
    });
    if (state === 'Closed' || state === 'Broken') this.#over(state, error);
  }

  #over(state: 'Closed' | 'Broken', error: StateError | undefined): void {
    for (const pipeline of this.pipelines) {
      pipeline.apply(state === 'Closed' ? 'pool-closed' : 'pool-broken', error);
    }
    this.#outgoing.clear();
    this.#inbox.clear();
    this.#runspaces.clear();
    this.#secureStrings.forget();
  }

  #requireOpened(what: string): void {
    if (this.#state === 'Opened') return;
    throw notOpened(what, this.#state);
  }

  // ---- pipelines

  /** [MS-PSRP] 2.2.2.10 */
  createPipeline(spec: PipelineSpec, id: string = this.#options.newGuid()): ClientPipeline {
    return this.#startPipeline('CREATE_PIPELINE', spec, id, spec.noInput === false);
  }

  /** [MS-PSRP] 2.2.2.14 */
  getCommandMetadata(query: GetCommandMetadata, id: string = this.#options.newGuid()): ClientPipeline {
    return this.#startPipeline('GET_COMMAND_METADATA', query, id, false);
  }

  #startPipeline<N extends 'CREATE_PIPELINE' | 'GET_COMMAND_METADATA'>(
    name: N,
    body: MessageBodies[N],
    id: string,
    takesInput: boolean,
  ): ClientPipeline {
    this.#requireOpened('start a pipeline');
    const pipeline = this.#newPipeline(id, takesInput);
    // First this, for it throws where the body cannot be written.
    this.#send(name, body, pipeline.id, true);
    this.#inbox.begin(pipeline.id);
    this.#pipelines.set(pipeline.id, pipeline);
    pipeline.apply('invoke');
    return pipeline;
  }

  /**
   * A pipeline that another client, or an earlier run, has started: to be connected by the transport. Of what that run is known to have read,
   * up to an object id, nothing comes a second time. [MS-PSRP] 3.1.4.10.1
   */
  reconstructPipeline(id: string, readUpTo?: bigint): ClientPipeline {
    if (this.#isOver) this.#requireOpened('connect to a pipeline');
    const pipeline = this.#newPipeline(id, true);
    this.#outgoing.markOpened(pipeline.id);
    this.#pipelines.set(pipeline.id, pipeline);
    this.#inbox.takeOver(pipeline.id, readUpTo);
    pipeline.apply('reconstruct');
    return pipeline;
  }

  #newPipeline(id: string, takesInput: boolean): ClientPipeline {
    const pipelineId = normaliseGuid(id);
    if (pipelineId === EMPTY_GUID || this.#pipelines.has(pipelineId)) {
      throw new UsageError('psrp.pipeline.id', 'A pipeline needs an id of its own.', { pipelineId });
    }
    return new ClientPipeline(this.#link, pipelineId, takesInput);
  }

  // ---- calls to the pool, answered by the event runspaceAvailability

  /** [MS-PSRP] 2.2.2.7 */
  setMinRunspaces(count: number): bigint {
    return this.#call('set-min', count, (callId) => {
      this.#send('SET_MIN_RUNSPACES', { minRunspaces: count, callId });
    });
  }

  /** [MS-PSRP] 2.2.2.6 */
  setMaxRunspaces(count: number): bigint {
    return this.#call('set-max', count, (callId) => {
      this.#send('SET_MAX_RUNSPACES', { maxRunspaces: count, callId });
    });
  }

  /** [MS-PSRP] 2.2.2.11 */
  getAvailableRunspaces(): bigint {
    return this.#call('get-available', undefined, (callId) => {
      this.#send('GET_AVAILABLE_RUNSPACES', { callId });
    });
  }

  /** Needs protocol 2.3. [MS-PSRP] 2.2.2.31 */
  resetRunspaceState(): bigint {
    this.#requireOpened('reset the runspace');
    const protocolVersion = this.#protocolVersion ?? '2.1';
    if (minorOf(protocolVersion) < 3) {
      const what = 'The server cannot reset a runspace: that needs protocol 2.3.';
      throw new UsageError('psrp.pool.reset', what, { protocolVersion });
    }
    return this.#call('reset', undefined, (callId) => {
      this.#send('RESET_RUNSPACE_STATE', { callId });
    });
  }

  #call(request: AvailabilityRequest, wanted: number | undefined, send: (callId: bigint) => void): bigint {
    this.#requireOpened('ask the pool');
    const callId = this.#runspaces.start(request, wanted);
    send(callId);
    return callId;
  }

  // ---- secure strings

  /** Whether encryptSecureString can be called. */
  get canEncrypt(): boolean {
    return this.#secureStrings.isReady(this.#protocolVersion);
  }

  /** Starts the exchange where the server's protocol needs one; `sessionKeyReady` follows, at once where `canEncrypt` is true already. [MS-PSRP] 3.1.5.4.3 */
  requestSessionKey(): void {
    this.#requireOpened('exchange a session key');
    if (this.canEncrypt) {
      this.#events.push({ kind: 'sessionKeyReady' });
      return;
    }
    this.#sendPublicKey();
  }

  #sendPublicKey(): void {
    const publicKey = this.#secureStrings.publicKey();
    if (publicKey !== undefined) this.#send('PUBLIC_KEY', { publicKey });
  }

  encryptSecureString(text: string): PsPrimitive<'SS'> {
    return this.#secureStrings.encrypt(text, this.#protocolVersion);
  }

  decryptSecureString(value: PsPrimitive<'SS'>): string {
    return this.#secureStrings.decrypt(value, this.#protocolVersion);
  }

  // ---- host calls

  /** [MS-PSRP] 2.2.2.16, 2.2.2.28. An answer for a pipeline that has ended meanwhile is dropped: nobody waits for it. */
  answerHostCall(call: HostCall, outcome: HostCallOutcome): void {
    if (call.void) {
      throw new UsageError('psrp.host-call.void', `The server awaits no answer to ${call.method}.`, {
        method: call.method,
      });
    }
    if (call.pipelineId !== undefined && !this.#pipelines.has(call.pipelineId)) return;
    const { name, body } = hostResponse(call, outcome);
    const message = encodeWhole('server', name, body, {
      runspacePoolId: this.id,
      pipelineId: call.pipelineId,
    });
    this.#outgoing.add(message, call.pipelineId, 'promptResponse');
  }

  get #isOver(): boolean {
    return this.#state === 'Closed' || this.#state === 'Broken';
  }

  // ---- bytes out

  #send<N extends MessageName>(name: N, body: MessageBodies[N], pipelineId?: string, opens = false): void {
    const ids = { runspacePoolId: this.id, pipelineId };
    const message = encodeWhole('server', name, body, ids, this.#protocolVersion ?? this.#announced);
    this.#outgoing.add(message, pipelineId, 'default', opens);
  }

  /**
   * The next payload to send: whole fragments, no more bytes than `capacity` says for its target. A capacity of 0 means "not now" and
   * lets another target go first. Undefined where there is nothing to send, and while the pool is disconnected.
   */
  takeOutgoing(capacity: (target: OutgoingTarget) => number): Outgoing | undefined {
    const maySend =
      this.#state === 'Opening' ||
      this.#state === 'Opened' ||
      // The connecting messages themselves; on the way back to a pool of our own, what was queued waits.
      (this.#state === 'Connecting' && !this.#outgoing.hasOpened(undefined));
    return maySend ? this.#outgoing.take(capacity) : undefined;
  }

  // ---- bytes in

  /**
   * Feeds bytes that arrived for a pipeline, or for the pool, in any cut. Throws a ProtocolError, and is Broken then, where the server
   * breaks the protocol; what was read before stands in the events. The buffer must not be reused by the caller.
   */
  receive(bytes: Uint8Array, pipelineId: string | undefined): void {
    if (this.#isOver) return;
    try {
      this.#take(this.#inbox.push(bytes, pipelineId));
      this.#probe();
    } catch (error) {
      if (error instanceof ProtocolError) this.broken(error);
      throw error;
    }
  }

  /** Any answer of the pool's says whether what is missing was its. */
  #probe(): void {
    if (!this.#inbox.takeProbe()) return;
    if (this.#state === 'Opened') this.getAvailableRunspaces();
    else this.#take(this.#inbox.flush());
  }

  #take(arrivals: readonly Arrival[]): void {
    for (const arrival of arrivals) {
      // What follows the end of a pool is nobody's.
      if (this.#isOver) return;
      if (arrival.kind === 'gap') this.#events.push(arrival);
      else this.#message(arrival.whole);
    }
  }

  /** An answer of the server for this pipeline, or for the pool, may have been lost on the way. What it held may come again, or never. */
  answerLost(pipelineId: string | undefined): void {
    if (this.#isOver) return;
    this.#inbox.answerLost(pipelineId);
    this.#probe();
  }

  /** Whether messages of the pipeline have come that wait for an answer of the pool's, because something may be missing before them. */
  isHolding(pipelineId: string): boolean {
    return this.#inbox.isHolding(pipelineId);
  }

  /** What has happened since the last call. */
  nextEvents(): PsrpEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #message(whole: Defragmented): void {
    const admitted = admit(whole, this.#inbox, {
      id: this.id,
      state: this.#state,
      negotiated: this.#protocolVersion !== undefined,
      hasPipeline: (id) => this.#pipelines.has(id),
    });
    if (admitted.kind === 'poolWarning') this.#events.push(admitted);
    else this.#dispatch(admitted.message, admitted.pipelineId, whole.objectId);
  }

  #dispatch(message: DecodedMessage, pipelineId: string | undefined, objectId: bigint): void {
    const plain = plainEvent(message, pipelineId, objectId);
    if (plain) {
      this.#events.push(plain);
      return;
    }
    switch (message.name) {
      case 'SESSION_CAPABILITY':
        this.#protocolVersion = negotiate(this.#announced, message.body);
        this.#events.push({ kind: 'capability', protocolVersion: this.#protocolVersion, objectId });
        return;
      case 'APPLICATION_PRIVATE_DATA':
        this.#applicationPrivateData = message.body.data;
        this.#events.push({ kind: 'applicationPrivateData', data: message.body.data, objectId });
        return;
      case 'RUNSPACEPOOL_INIT_DATA':
        this.#runspaces.limits = message.body;
        this.#events.push({ kind: 'initData', ...message.body, objectId });
        this.#apply('peer-init-data', undefined, objectId);
        return;
      case 'RUNSPACEPOOL_STATE':
        this.#apply(peerPoolEvent(message.body.state), recordOf(message.body.error), objectId);
        return;
      case 'RUNSPACE_AVAILABILITY':
        this.#events.push(this.#runspaces.answer(message.body, objectId));
        return;
      case 'PUBLIC_KEY_REQUEST':
        this.#publicKeyRequest(objectId);
        return;
      case 'ENCRYPTED_SESSION_KEY':
        this.#secureStrings.accept(message.body.encryptedSessionKey);
        this.#events.push({ kind: 'sessionKeyReady', objectId });
        return;
      case 'PIPELINE_STATE':
        this.#pipelines
          .get(pipelineId ?? EMPTY_GUID)
          ?.apply(PEER_PIPELINE_EVENTS[message.body.state], recordOf(message.body.error), objectId);
        return;
      default:
        // `admit` has refused everything that only clients send.
        throw new ProtocolError('psrp.message.unexpected', `A server does not send ${message.name}.`, {
          message: message.name,
        });
    }
  }

  /** [MS-PSRP] 3.1.5.4.5: the server wants to send or receive a secure string. */
  #publicKeyRequest(objectId: bigint): void {
    if (this.#options.crypto === undefined) this.#events.push(keyUnavailable(objectId));
    else this.#sendPublicKey();
  }
}

function recordOf(error: ErrorRecord | undefined): StateError | undefined {
  return error && { kind: 'record', record: error };
}
