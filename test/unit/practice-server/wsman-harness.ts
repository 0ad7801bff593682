/** A client of a few lines and an engine that is told what to say, for tests of the endpoint. */
import { randomUUID } from 'node:crypto';
import {
  createWsmanEndpoint,
  type EndpointAnswer,
  type WsmanEndpoint,
  type WsmanEndpointOptions,
} from '../../../electron/practice-server/wsman/endpoint.ts';
import type { Engine } from '../../../electron/practice-server/wsman/powershell-shell.ts';
import { Defragmenter, Fragmenter } from '../../../electron/protocol/psrp/fragment.ts';
import { encodeMessage, type MessageName } from '../../../electron/protocol/psrp/message.ts';
import { encodePipelineRequest } from '../../../electron/protocol/wsman/command.ts';
import { encodeCreateRequest } from '../../../electron/protocol/wsman/create.ts';
import { encodeDeleteRequest } from '../../../electron/protocol/wsman/delete.ts';
import { readEnvelope, type RequestContext } from '../../../electron/protocol/wsman/envelope.ts';
import { faultIn } from '../../../electron/protocol/wsman/faults.ts';
import { powershellResource } from '../../../electron/protocol/wsman/names.ts';
import {
  decodeReceiveResponse,
  encodeReceiveRequest,
  type ReceiveResponse,
} from '../../../electron/protocol/wsman/receive.ts';
import { encodeSendRequest } from '../../../electron/protocol/wsman/send.ts';
import { encodeSignalRequest } from '../../../electron/protocol/wsman/signal.ts';
import type { PeerEvents } from '../../../electron/transport/child-process/out-of-process-peer.ts';
import { ManualClock } from './manual-clock.ts';

export const POWERSHELL = powershellResource('Microsoft.PowerShell');
const POOL = '908EA449-5553-4150-8A78-020057C8772A';
const STATE = (n: number): string => `<Obj RefId="0"><MS><I32 N="PipelineState">${n}</I32></MS></Obj>`;

/** What the endpoint did with its engine, and a voice for it. */
export class FakeEngine implements Engine {
  readonly events: PeerEvents;
  readonly log: string[] = [];
  readonly pid = 4711;
  paused = false;
  killed = false;
  /** Of the pool it speaks for. */
  poolId = POOL.toLowerCase();
  /** Set, sendData waits for it. */
  hold: Promise<void> | undefined;
  readonly #failed = Promise.withResolvers<never>();
  #objectId = 100n;

  constructor(events: PeerEvents) {
    this.events = events;
    this.#failed.promise.catch(() => undefined);
  }

  /** Whoever waits for an acknowledgement waits no longer. */
  fail(error: Error): void {
    this.#failed.reject(error);
  }

  readonly peer: Engine['peer'] = {
    sendData: async (data, psGuid, stream) => {
      const types = new Defragmenter()
        .push(data)
        .map((d) => Buffer.from(d.message).readUInt32LE(4).toString(16));
      this.log.push(`data ${psGuid ?? 'pool'} ${stream} ${types.join(' ')}`.trim());
      await Promise.race([this.hold, this.#failed.promise]);
    },
    command: (psGuid) => this.#note(`command ${psGuid}`),
    signal: (psGuid) => this.#note(`signal ${psGuid}`),
    closePipeline: (psGuid) => this.#note(`close ${psGuid}`),
    close: () => this.#note('close'),
    pause: () => {
      this.paused = true;
    },
    resume: () => {
      this.paused = false;
    },
  };

  kill(): void {
    this.killed = true;
  }

  /** One message, in fragments of at most so many bytes. */
  say(psGuid: string | undefined, name: MessageName, data: string, fragmentBytes = 32_768): void {
    const out = new Fragmenter(() => ++this.#objectId);
    out.add(
      encodeMessage({
        destination: 'client',
        name,
        runspacePoolId: this.poolId,
        pipelineId: psGuid?.toLowerCase() ?? '00000000-0000-0000-0000-000000000000',
        data,
      }),
    );
    for (let packet = out.take(fragmentBytes); packet !== undefined; packet = out.take(fragmentBytes)) {
      this.events.onData(packet, psGuid?.toLowerCase(), 'Default');
    }
  }

  /** The pipeline's last word. */
  finish(psGuid: string, state: 'Stopped' | 'Completed' | 'Failed' = 'Completed'): void {
    this.say(psGuid, 'PIPELINE_STATE', STATE({ Stopped: 3, Completed: 4, Failed: 5 }[state]));
  }

  #note(text: string): Promise<void> {
    this.log.push(text);
    return Promise.resolve();
  }
}

/** Bytes of one whole message of the client. */
export function fragments(name: MessageName, data = '<S>x</S>', objectId = 1n): Uint8Array {
  let next = objectId;
  const out = new Fragmenter(() => next++);
  out.add(
    encodeMessage({
      destination: 'server',
      name,
      runspacePoolId: POOL.toLowerCase(),
      pipelineId: '00000000-0000-0000-0000-000000000000',
      data,
    }),
  );
  return out.take(1_000_000) ?? new Uint8Array();
}

export class Harness {
  readonly clock = new ManualClock();
  readonly engines: FakeEngine[] = [];
  readonly endpoint: WsmanEndpoint;
  userName: string | undefined = 'ada';
  maxEnvelopeSize = 153_600;
  timeoutMs = 20_000;
  /** Who asks: one client is told from another by its session and its address. */
  sessionId = POOL;
  remoteAddress = '127.0.0.1';
  #heldBy: Promise<void> | undefined;

  constructor(options: Partial<WsmanEndpointOptions> = {}) {
    this.endpoint = createWsmanEndpoint({
      engineFactory: (events) => {
        const engine = new FakeEngine(events);
        engine.hold = this.#heldBy;
        this.engines.push(engine);
        return Promise.resolve(engine);
      },
      clock: this.clock,
      ...options,
    });
  }

  get engine(): FakeEngine {
    const engine = this.engines.at(-1);
    if (engine === undefined) throw new Error('No engine was started');
    return engine;
  }

  get context(): RequestContext {
    return {
      to: 'http://localhost:5985/wsman',
      messageId: randomUUID().toUpperCase(),
      sessionId: this.sessionId,
      maxEnvelopeSize: this.maxEnvelopeSize,
      operationTimeoutMs: this.timeoutMs,
    };
  }

  ask(body: string, signal: AbortSignal = new AbortController().signal): Promise<EndpointAnswer> {
    return this.endpoint.handle({
      body,
      userName: this.userName,
      url: 'http://localhost:5985/wsman',
      remoteAddress: this.remoteAddress,
      signal,
    });
  }

  /** The code of the fault, or 0 where the request was carried out. */
  async code(answer: Promise<EndpointAnswer>): Promise<number | undefined> {
    const { body, status } = await answer;
    if (body === '') return status;
    const fault = faultIn(readEnvelope(body), status);
    return fault === undefined ? 0 : fault.code;
  }

  open(
    shellId: string = POOL,
    more: {
      idleTimeoutMs?: number;
      resourceUri?: string;
      creationXml?: Uint8Array;
      signal?: AbortSignal;
      /** The engine acknowledges nothing before this. */
      heldBy?: Promise<void>;
    } = {},
  ): Promise<EndpointAnswer> {
    const { signal, heldBy, ...request } = more;
    this.#heldBy = heldBy;
    return this.ask(
      encodeCreateRequest(this.context, {
        resourceUri: POWERSHELL,
        shellId,
        inputStreams: ['stdin', 'pr'],
        outputStreams: ['stdout'],
        creationXml: fragments('SESSION_CAPABILITY'),
        protocolVersion: '2.3',
        ...request,
      }),
      signal,
    );
  }

  pipeline(commandId: string, shellId: string = POOL): Promise<EndpointAnswer> {
    return this.ask(
      encodePipelineRequest(this.context, {
        resourceUri: POWERSHELL,
        shellId,
        commandId,
        data: fragments('CREATE_PIPELINE'),
      }),
    );
  }

  receive(commandId?: string, signal?: AbortSignal, shellId: string = POOL): Promise<EndpointAnswer> {
    return this.ask(
      encodeReceiveRequest(this.context, {
        resourceUri: POWERSHELL,
        shellId,
        streams: ['stdout'],
        keepAlive: true,
        ...(commandId === undefined ? {} : { commandId }),
      }),
      signal,
    );
  }

  send(data: Uint8Array, stream: string, commandId?: string): Promise<EndpointAnswer> {
    return this.ask(
      encodeSendRequest(this.context, {
        resourceUri: POWERSHELL,
        shellId: POOL,
        streams: [{ name: stream, data, ...(commandId === undefined ? {} : { commandId }) }],
      }),
    );
  }

  signal(commandId: string, code: string): Promise<EndpointAnswer> {
    return this.ask(
      encodeSignalRequest(this.context, { resourceUri: POWERSHELL, shellId: POOL, commandId, code }),
    );
  }

  delete(shellId: string = POOL): Promise<EndpointAnswer> {
    return this.ask(encodeDeleteRequest(this.context, { resourceUri: POWERSHELL, shellId }));
  }
}

export async function received(answer: Promise<EndpointAnswer>): Promise<ReceiveResponse> {
  return decodeReceiveResponse(readEnvelope((await answer).body));
}

/** Texts of the whole messages in answers; throws where fragments do not follow one another. */
export function texts(answers: readonly ReceiveResponse[]): string[] {
  const reader = new Defragmenter();
  return answers
    .flatMap((a) => a.streams)
    .flatMap((s) => reader.push(s.data))
    .map((d) => Buffer.from(d.message.subarray(43)).toString('utf8'));
}

/** Object ids of the fragments in answers. */
export function objectIds(answers: readonly ReceiveResponse[]): bigint[] {
  return answers.flatMap((a) => a.streams).map((s) => Buffer.from(s.data).readBigUInt64BE(0));
}
