/** The requests of one PowerShell shell ([MS-PSRP] 3.1.5.3), and how much PSRP fits into each. */
import { randomUUID } from 'node:crypto';
import { encodePipelineRequest } from '../protocol/wsman/command.ts';
import { encodeConnectRequest } from '../protocol/wsman/connect.ts';
import { encodeCreateRequest } from '../protocol/wsman/create.ts';
import { encodeDeleteRequest } from '../protocol/wsman/delete.ts';
import { encodeDisconnectRequest } from '../protocol/wsman/disconnect.ts';
import type { RequestContext } from '../protocol/wsman/envelope.ts';
import { powershellResource } from '../protocol/wsman/names.ts';
import { encodeReceiveRequest } from '../protocol/wsman/receive.ts';
import { encodeReconnectRequest } from '../protocol/wsman/reconnect.ts';
import { encodeSendRequest } from '../protocol/wsman/send.ts';
import { encodeSignalRequest } from '../protocol/wsman/signal.ts';
import { payloadCapacity } from '../protocol/wsman/size.ts';
import type { DisconnectOptions, PsrpStream } from './connection.ts';

export interface ShellRequestOptions {
  /** The endpoint's URL as it stands in `To`. */
  readonly url: string;
  readonly configurationName: string;
  /** Default: the server's own. */
  readonly idleTimeoutMs?: number;
  /** What happens to output while nobody receives, once the server's buffer is full. Default: as the server's configuration has it. */
  readonly bufferMode?: 'Block' | 'Drop';
  /** Shows in a list of shells on the server. */
  readonly name?: string;
  readonly noProfile?: boolean;
  readonly locale?: string;
  readonly newGuid?: () => string;
}

/** 150 KB: what every server takes (Windows Server 2008 R2); raised once the server is known to be newer. */
const ENVELOPE_BYTES_V2 = 150 * 1024;
/** 500 KB: the default of every server since Windows Server 2012. */
const ENVELOPE_BYTES_V3 = 500 * 1024;
/** What the option of Create and Connect says; the messages in them negotiate, and every server since 2012 takes 2.3. */
const PROTOCOL_OPTION = '2.3';
/** For the measure of a request: the time-out's digits. */
const SKELETON_MS = 60_000;

export class ShellRequests {
  readonly #options: ShellRequestOptions;
  readonly #resourceUri: string;
  /** The same in all requests: by it a server knows the client that disconnected ([MS-PSRP] 3.1.4.10.2). */
  readonly #sessionId: string;
  readonly #newGuid: () => string;
  readonly #capacities = new Map<string, number>();
  /** What the server calls each pipeline. */
  readonly #commandIds = new Map<string, string>();
  #envelopeBytes = ENVELOPE_BYTES_V2;
  shellId = '';

  constructor(options: ShellRequestOptions) {
    this.#options = options;
    this.#newGuid = options.newGuid ?? randomUUID;
    this.#resourceUri = powershellResource(options.configurationName);
    this.#sessionId = this.#newGuid().toUpperCase();
  }

  protocolNegotiated(version: string): void {
    // Protocol 2.2 came with WinRM 3, whose envelopes are 500 KB ([MS-PSRP] 3.1.5.4.1; DSP0226 MaxEnvelopeSize).
    if (version !== '2.0' && version !== '2.1') {
      this.#envelopeBytes = ENVELOPE_BYTES_V3;
      this.#capacities.clear();
    }
  }

  capacity(call: 'open' | 'connect' | 'pipeline' | 'send', stream: PsrpStream): number {
    const key = `${call}/${stream}`;
    let bytes = this.#capacities.get(key);
    if (bytes === undefined) {
      bytes = payloadCapacity(this.#envelopeBytes, this.#skeleton(call, stream));
      this.#capacities.set(key, bytes);
    }
    return bytes;
  }

  #skeleton(call: 'open' | 'connect' | 'pipeline' | 'send', stream: PsrpStream): string {
    const empty = new Uint8Array();
    const id = this.#newGuid().toUpperCase();
    const context = this.context(SKELETON_MS);
    switch (call) {
      case 'open':
        return this.create(context, id, empty);
      case 'connect':
        return this.connect(context, empty);
      case 'pipeline':
        return this.pipeline(context, id, empty);
      case 'send':
        return this.send(context, empty, stream, id);
    }
  }

  context(operationTimeoutMs: number): RequestContext {
    return {
      to: this.#options.url,
      messageId: this.#newGuid().toUpperCase(),
      sessionId: this.#sessionId,
      operationId: this.#newGuid().toUpperCase(),
      maxEnvelopeSize: this.#envelopeBytes,
      operationTimeoutMs,
      ...(this.#options.locale === undefined ? {} : { locale: this.#options.locale }),
    };
  }

  commandId(pipelineId: string): string {
    return this.#commandIds.get(pipelineId) ?? pipelineId.toUpperCase();
  }

  /** Windows Server 2008 R2 chooses an id of its own. */
  named(pipelineId: string, commandId: string): void {
    this.#commandIds.set(pipelineId, commandId);
  }

  forget(pipelineId: string): void {
    this.#commandIds.delete(pipelineId);
  }

  create(context: RequestContext, shellId: string, data: Uint8Array): string {
    const { idleTimeoutMs, bufferMode, name, noProfile } = this.#options;
    return encodeCreateRequest(context, {
      resourceUri: this.#resourceUri,
      shellId,
      inputStreams: ['stdin', 'pr'],
      outputStreams: ['stdout'],
      protocolVersion: PROTOCOL_OPTION,
      creationXml: data,
      ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
      ...(bufferMode === undefined ? {} : { bufferMode }),
      ...(name === undefined ? {} : { name }),
      ...(noProfile === undefined ? {} : { noProfile }),
    });
  }

  connect(context: RequestContext, data: Uint8Array): string {
    return encodeConnectRequest(context, {
      ...this.#shell(),
      protocolVersion: PROTOCOL_OPTION,
      connectXml: data,
    });
  }

  connectPipeline(context: RequestContext, pipelineId: string): string {
    return encodeConnectRequest(context, { ...this.#shell(), commandId: this.commandId(pipelineId) });
  }

  disconnect(context: RequestContext, options: DisconnectOptions): string {
    const { idleTimeoutMs, bufferMode } = options;
    return encodeDisconnectRequest(context, {
      ...this.#shell(),
      ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
      ...(bufferMode === undefined ? {} : { bufferMode }),
    });
  }

  /** Of the shell, or of one of its pipelines. */
  reconnect(context: RequestContext, pipelineId?: string): string {
    return encodeReconnectRequest(context, {
      ...this.#shell(),
      ...(pipelineId === undefined ? {} : { commandId: this.commandId(pipelineId) }),
    });
  }

  pipeline(context: RequestContext, commandId: string, data: Uint8Array): string {
    return encodePipelineRequest(context, { ...this.#shell(), commandId, data });
  }

  send(
    context: RequestContext,
    data: Uint8Array,
    stream: PsrpStream,
    pipelineId: string | undefined,
  ): string {
    const name = stream === 'default' ? 'stdin' : 'pr';
    return encodeSendRequest(context, {
      ...this.#shell(),
      streams: [
        { name, data, ...(pipelineId === undefined ? {} : { commandId: this.commandId(pipelineId) }) },
      ],
    });
  }

  receive(context: RequestContext, pipelineId: string | undefined): string {
    return encodeReceiveRequest(context, {
      ...this.#shell(),
      streams: ['stdout'],
      keepAlive: true,
      ...(pipelineId === undefined ? {} : { commandId: this.commandId(pipelineId) }),
    });
  }

  signal(context: RequestContext, pipelineId: string, code: string): string {
    return encodeSignalRequest(context, { ...this.#shell(), commandId: this.commandId(pipelineId), code });
  }

  delete(context: RequestContext): string {
    return encodeDeleteRequest(context, this.#shell());
  }

  #shell(): { readonly resourceUri: string; readonly shellId: string } {
    return { resourceUri: this.#resourceUri, shellId: this.shellId };
  }
}
