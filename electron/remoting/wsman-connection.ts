/** PSRP over WSMan ([MS-PSRP] 3.1.5.3): the runspace pool is a shell, a pipeline is a command of it. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { decodeCommandResponse, encodePipelineRequest } from '../protocol/wsman/command.ts';
import { decodeCreateResponse, encodeCreateRequest } from '../protocol/wsman/create.ts';
import { encodeDeleteRequest } from '../protocol/wsman/delete.ts';
import type { Envelope, RequestContext } from '../protocol/wsman/envelope.ts';
import { FAULT } from '../protocol/wsman/fault-codes.ts';
import { readAnswer, WsmanFault } from '../protocol/wsman/faults.ts';
import { ACTION, powershellResource, SIGNAL } from '../protocol/wsman/names.ts';
import {
  decodeReceiveResponse,
  encodeReceiveRequest,
  type ReceiveResponse,
} from '../protocol/wsman/receive.ts';
import { encodeSendRequest } from '../protocol/wsman/send.ts';
import { encodeSignalRequest } from '../protocol/wsman/signal.ts';
import { payloadCapacity } from '../protocol/wsman/size.ts';
import type { ConnectionEvents, PsrpStream, RemotingConnection } from './connection.ts';

/** What the connection needs of HTTP: one request, one answer. Implemented by transport/winrm-http. */
export interface SoapHttp {
  post(
    body: string,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal; readonly mayWait?: boolean },
  ): Promise<{ readonly status: number; readonly body: string }>;
  close(): void;
}

export interface WsmanConnectionOptions {
  readonly http: SoapHttp;
  /** The endpoint's URL as it stands in `To`. */
  readonly url: string;
  readonly computerName: string;
  readonly configurationName: string;
  readonly userName?: string;
  readonly security?: string;
  /** Default: the server's own. */
  readonly idleTimeoutMs?: number;
  /** Shows in a list of shells on the server. */
  readonly name?: string;
  readonly noProfile?: boolean;
  readonly locale?: string;
}

/** 150 KB: what every server takes (Windows Server 2008 R2); raised once the server is known to be newer. */
const ENVELOPE_BYTES_V2 = 150 * 1024;
/** 500 KB: the default of every server since Windows Server 2012. */
const ENVELOPE_BYTES_V3 = 500 * 1024;
/** How long a Receive waits at the server before it says that there is nothing yet: well under every proxy's patience. */
const RECEIVE_WAIT_MS = 20_000;
/** Create starts a process on the server. No request may ask for more than the server's MaxTimeoutms, whose default this is. */
const OPEN_MS = 60_000;
/** Every other operation is done at once by a server that is well. */
const OPERATION_MS = 60_000;
/** On top of the operation's own time-out: the way there and back. */
const NETWORK_MS = 10_000;
/** Deleting a shell is a courtesy: it must not keep a person waiting for a dead server. */
const CLOSE_MS = 5_000;
/** A Receive that has nothing to say waits at the server; one that comes back at once, again and again, is asked more slowly. */
const MOST_QUICK = 5;
const QUICK_PAUSE_MS = 100;
/** A shell that is being made when its opening is cancelled can be deleted only once it is there: a server that is well needs a second or two. */
const CREATE_WAIT_MS = 2_000;

export class WsmanConnection implements RemotingConnection {
  readonly kind = 'wsman';
  readonly target: RemotingConnection['target'];
  readonly #options: WsmanConnectionOptions;
  readonly #sessionId = randomUUID().toUpperCase();
  readonly #resourceUri: string;
  /** Aborts every request under way. */
  readonly #over = new AbortController();
  readonly #receiving = new Map<string, AbortController>();
  /** What the server calls each pipeline. */
  readonly #commandIds = new Map<string, string>();
  readonly #capacities = new Map<string, number>();
  #envelopeBytes = ENVELOPE_BYTES_V2;
  #shellId = '';
  #events: ConnectionEvents | undefined;
  /** Whether the shell was made, once the server has answered. */
  #created: Promise<boolean> | undefined;
  #closing: Promise<void> | undefined;
  #state: 'new' | 'open' | 'closing' | 'closed' = 'new';

  constructor(options: WsmanConnectionOptions) {
    this.#options = options;
    this.#resourceUri = powershellResource(options.configurationName);
    this.target = {
      computerName: options.computerName,
      configurationName: options.configurationName,
      ...(options.userName === undefined ? {} : { userName: options.userName }),
      ...(options.security === undefined ? {} : { security: options.security }),
    };
  }

  protocolNegotiated(version: string): void {
    // Protocol 2.2 came with WinRM 3, whose envelopes are 500 KB ([MS-PSRP] 3.1.5.4.1; DSP0226 MaxEnvelopeSize).
    if (version !== '2.0' && version !== '2.1') {
      this.#envelopeBytes = ENVELOPE_BYTES_V3;
      this.#capacities.clear();
    }
  }

  capacity(call: 'open' | 'pipeline' | 'send', stream: PsrpStream = 'default'): number {
    const key = `${call}/${stream}`;
    let bytes = this.#capacities.get(key);
    if (bytes === undefined) {
      const empty = new Uint8Array();
      const id = randomUUID().toUpperCase();
      const skeleton =
        call === 'open'
          ? this.#createRequest(this.#context(OPEN_MS), id, empty)
          : call === 'pipeline'
            ? this.#pipelineRequest(this.#context(OPERATION_MS), id, empty)
            : this.#sendRequest(this.#context(OPERATION_MS), empty, stream, id);
      bytes = payloadCapacity(this.#envelopeBytes, skeleton);
      this.#capacities.set(key, bytes);
    }
    return bytes;
  }

  async open(shellId: string, data: Uint8Array, events: ConnectionEvents): Promise<void> {
    this.#events = events;
    this.#shellId = shellId.toUpperCase();
    const created = this.#create(data);
    this.#created = created.then(
      () => true,
      () => false,
    );
    await created;
    if (this.#state !== 'new') return; // closed or aborted meanwhile
    this.#state = 'open';
    void this.#receive(undefined);
  }

  async #create(data: Uint8Array): Promise<void> {
    const context = this.#context(OPEN_MS);
    const answer = await this.#ask(this.#createRequest(context, this.#shellId, data), ACTION.create, context);
    this.#shellId = decodeCreateResponse(answer).shellId;
  }

  async createPipeline(pipelineId: string, data: Uint8Array): Promise<void> {
    const context = this.#context(OPERATION_MS);
    const body = this.#pipelineRequest(context, pipelineId.toUpperCase(), data);
    const answer = await this.#ask(body, ACTION.command, context);
    // Windows Server 2008 R2 chooses an id of its own.
    this.#commandIds.set(pipelineId, decodeCommandResponse(answer).commandId);
    void this.#receive(pipelineId);
  }

  async send(data: Uint8Array, stream: PsrpStream, pipelineId: string | undefined): Promise<void> {
    const context = this.#context(OPERATION_MS);
    const sent = this.#ask(this.#sendRequest(context, data, stream, pipelineId), ACTION.send, context);
    await (pipelineId === undefined ? sent : unlessEnded(sent));
  }

  async stopPipeline(pipelineId: string): Promise<void> {
    await unlessEnded(this.#signal(pipelineId, SIGNAL.powershellStop, OPERATION_MS));
  }

  async closePipeline(pipelineId: string): Promise<void> {
    if (this.#state !== 'open') return;
    this.#receiving.get(pipelineId)?.abort();
    // The command is over for us whatever the server answers, and a server that cannot answer is noticed by the standing Receive.
    await this.#signal(pipelineId, SIGNAL.terminate, CLOSE_MS).catch(() => undefined);
    this.#commandIds.delete(pipelineId);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#state === 'closed') return;
    const opening = this.#state === 'new' ? this.#created : undefined;
    let made = this.#state === 'open';
    this.#state = 'closing';
    for (const receiving of this.#receiving.values()) receiving.abort();
    if (opening) made = await Promise.race([opening, delay(CREATE_WAIT_MS, false, { ref: false })]);
    if (made) {
      const context = this.#context(CLOSE_MS);
      const body = encodeDeleteRequest(context, { resourceUri: this.#resourceUri, shellId: this.#shellId });
      await this.#ask(body, ACTION.delete, context, CLOSE_MS).catch(() => undefined);
    }
    this.#end(undefined);
  }

  abort(error: Error): void {
    this.#end(error);
  }

  /** The standing Receive of the pool or of one pipeline: asks, hands on, asks again, until the command is done or the connection over. */
  async #receive(pipelineId: string | undefined): Promise<void> {
    const key = pipelineId ?? '';
    const stop = new AbortController();
    this.#receiving.set(key, stop);
    const signal = AbortSignal.any([stop.signal, this.#over.signal]);
    const commandId = pipelineId === undefined ? undefined : this.#commandId(pipelineId);
    let quick = 0;
    try {
      while (!signal.aborted) {
        if (quick > MOST_QUICK) await delay(QUICK_PAUSE_MS, undefined, { signal });
        const asked = performance.now();
        const context = this.#context(RECEIVE_WAIT_MS);
        const body = encodeReceiveRequest(context, {
          resourceUri: this.#resourceUri,
          shellId: this.#shellId,
          streams: ['stdout'],
          keepAlive: true,
          ...(commandId === undefined ? {} : { commandId }),
        });
        const answer = await this.#askAgainOnTimeout(body, context, signal);
        const { streams, commandState } = answer === undefined ? NOTHING : decodeReceiveResponse(answer);
        const idle = streams.length === 0 && performance.now() - asked < QUICK_PAUSE_MS;
        quick = idle ? quick + 1 : 0;
        for (const stream of streams) {
          if (stream.data.length > 0 && !this.#over.signal.aborted) {
            await this.#events?.onData(stream.data, pipelineId);
          }
        }
        if (commandState?.state === 'Done') {
          if (pipelineId !== undefined && !signal.aborted) this.#events?.onPipelineEnded(pipelineId);
          return;
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#receiveFailed(pipelineId, error instanceof Error ? error : new Error(String(error)));
    } finally {
      if (this.#receiving.get(key) === stop) this.#receiving.delete(key);
    }
  }

  /** Undefined where the server had nothing to say in time (2150858793), which is no error. */
  async #askAgainOnTimeout(
    body: string,
    context: RequestContext,
    signal: AbortSignal,
  ): Promise<Envelope | undefined> {
    try {
      return await this.#ask(body, ACTION.receive, context, undefined, signal);
    } catch (error) {
      if (error instanceof WsmanFault && error.is(FAULT.operationTimedOut)) return undefined;
      throw error;
    }
  }

  #receiveFailed(pipelineId: string | undefined, error: Error): void {
    if (pipelineId !== undefined && error instanceof WsmanFault) {
      // The command alone is gone; if the whole shell is, the pool's own Receive says so.
      this.#events?.onPipelineEnded(pipelineId, error);
      return;
    }
    this.#end(error);
  }

  #end(error: Error | undefined): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#over.abort();
    this.#options.http.close();
    this.#events?.onClosed(error);
  }

  async #signal(pipelineId: string, code: string, timeoutMs: number): Promise<void> {
    const context = this.#context(timeoutMs);
    const body = encodeSignalRequest(context, {
      resourceUri: this.#resourceUri,
      shellId: this.#shellId,
      commandId: this.#commandId(pipelineId),
      code,
    });
    await this.#ask(body, ACTION.signal, context, timeoutMs);
  }

  async #ask(
    body: string,
    action: string,
    context: RequestContext,
    timeoutMs = context.operationTimeoutMs + NETWORK_MS,
    signal: AbortSignal = this.#over.signal,
  ): Promise<Envelope> {
    const answer = await this.#options.http.post(body, {
      timeoutMs,
      signal,
      mayWait: action === ACTION.receive,
    });
    return readAnswer(answer.body, { action, messageId: context.messageId }, answer.status);
  }

  #createRequest(context: RequestContext, shellId: string, data: Uint8Array): string {
    const { idleTimeoutMs, name, noProfile } = this.#options;
    return encodeCreateRequest(context, {
      resourceUri: this.#resourceUri,
      shellId,
      inputStreams: ['stdin', 'pr'],
      outputStreams: ['stdout'],
      protocolVersion: '2.3',
      creationXml: data,
      ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
      ...(name === undefined ? {} : { name }),
      ...(noProfile === undefined ? {} : { noProfile }),
    });
  }

  #pipelineRequest(context: RequestContext, commandId: string, data: Uint8Array): string {
    return encodePipelineRequest(context, {
      resourceUri: this.#resourceUri,
      shellId: this.#shellId,
      commandId,
      data,
    });
  }

  #sendRequest(
    context: RequestContext,
    data: Uint8Array,
    stream: PsrpStream,
    pipelineId: string | undefined,
  ): string {
    return encodeSendRequest(context, {
      resourceUri: this.#resourceUri,
      shellId: this.#shellId,
      streams: [
        {
          name: stream === 'default' ? 'stdin' : 'pr',
          data,
          ...(pipelineId === undefined ? {} : { commandId: this.#commandId(pipelineId) }),
        },
      ],
    });
  }

  #commandId(pipelineId: string): string {
    return this.#commandIds.get(pipelineId) ?? pipelineId.toUpperCase();
  }

  #context(operationTimeoutMs: number): RequestContext {
    return {
      to: this.#options.url,
      messageId: randomUUID().toUpperCase(),
      sessionId: this.#sessionId,
      operationId: randomUUID().toUpperCase(),
      maxEnvelopeSize: this.#envelopeBytes,
      operationTimeoutMs,
      ...(this.#options.locale === undefined ? {} : { locale: this.#options.locale }),
    };
  }
}

const NOTHING: ReceiveResponse = { streams: [] };

/** A command that has ended meanwhile can be neither told nor stopped: how it ended, its Receive says. */
async function unlessEnded(asked: Promise<unknown>): Promise<void> {
  try {
    await asked;
  } catch (error) {
    if (!(error instanceof WsmanFault && error.code === UNKNOWN_COMMAND)) throw error;
  }
}

/** WSMAN_UNEXPECTED_SELECTORS (wsmerror.h): no such shell or command. */
const UNKNOWN_COMMAND = 2150858843;
