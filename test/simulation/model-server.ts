/**
 * A server as the specifications have it, small enough to be looked through: shells that outlive their clients, pipelines that count, and
 * output that waits until it is received ([MS-WSMV] 3.1.4.10 to 3.1.4.17, [MS-PSRP] 3.2). Its messages are built by hand and not by our
 * encoders; only envelopes are read and written by ours, which have tests of their own.
 */
import { encodeCommandResponse } from '../../electron/protocol/wsman/command.ts';
import { encodeConnectResponse } from '../../electron/protocol/wsman/connect.ts';
import { encodeCreateResponse } from '../../electron/protocol/wsman/create.ts';
import { encodeDeleteResponse } from '../../electron/protocol/wsman/delete.ts';
import { encodeDisconnectResponse } from '../../electron/protocol/wsman/disconnect.ts';
import { encodeEnumerateResponse } from '../../electron/protocol/wsman/enumerate.ts';
import { readEnvelope, type Header, type ResponseContext } from '../../electron/protocol/wsman/envelope.ts';
import { FAULT, type FaultCode } from '../../electron/protocol/wsman/fault-codes.ts';
import { encodeFault } from '../../electron/protocol/wsman/faults.ts';
import { RESOURCE } from '../../electron/protocol/wsman/names.ts';
import { encodeReceiveResponse } from '../../electron/protocol/wsman/receive.ts';
import { encodeReconnectResponse } from '../../electron/protocol/wsman/reconnect.ts';
import { decodeRequest, type WsmanRequest } from '../../electron/protocol/wsman/requests.ts';
import { encodeSendResponse } from '../../electron/protocol/wsman/send.ts';
import { encodeSignalResponse } from '../../electron/protocol/wsman/signal.ts';
import {
  capability,
  NONE,
  pipelineState,
  poolState,
  PRIVATE_DATA,
  rawMessage,
} from '../unit/protocol/psrp/endpoint.ts';
import type { MessageName } from '../../electron/protocol/psrp/message.ts';
import { buildFragments } from '../vectors/psrp-vectors.ts';
import type { Clock } from '../../electron/remoting/index.ts';
import type { Dice } from './chance.ts';
import {
  describe,
  key,
  newTarget,
  targetsOf,
  type ModelAnswer,
  type ModelPipeline,
  type ModelShell,
  type Target,
} from './model-shell.ts';

export interface ModelOptions {
  readonly time: Clock;
  readonly dice: Dice;
  /**
   * What becomes of an answer to a Receive that did not reach the client: sent again to whoever asks next, lost, or kept for who asks by the
   * same OperationID ([MS-WSMV] 3.1.4.1.39).
   */
  readonly inFlight: 'again' | 'lost' | 'kept';
  /** How long a client that is not heard of keeps its shell. */
  readonly missAfterMs: number;
  /** Bytes of blob a fragment. */
  readonly fragmentBytes: number;
}

class Refused extends Error {
  readonly fault: FaultCode;
  constructor(fault: FaultCode) {
    super(fault.name);
    this.fault = fault;
  }
}

/** Without a word: long enough that a world sees shells end, short enough that it does not take for ever. */
const IDLE_TIMEOUT_MS = 7_200_000;

export class ModelServer {
  readonly shells = new Map<string, ModelShell>();
  readonly #options: ModelOptions;
  /** For each label how far it was counted, and whether to its end. */
  readonly counted = new Map<string, { last: number; ended: boolean }>();

  constructor(options: ModelOptions) {
    this.#options = options;
    const watch = (): void => {
      this.#look();
      options.time.after(1000, watch);
    };
    options.time.after(1000, watch);
  }

  /** Everything it had is gone: the service was started again. */
  restart(): void {
    for (const shell of this.shells.values()) this.#end(shell);
  }

  /** The connection of a Receive that waits broke, and the service noticed. */
  handle(body: string, gone: (onGone: () => void) => void): Promise<ModelAnswer> {
    const envelope = readEnvelope(body);
    const { header } = envelope;
    return new Promise((resolve) => {
      try {
        const decoded = decodeRequest(envelope);
        if (decoded.kind === 'receive') this.#receive(decoded.request, header, resolve, gone);
        else resolve({ status: 200, body: this.#answer(decoded, header) });
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        resolve(this.#fault(header, error.fault));
      }
    });
  }

  #fault(header: Header, { code, name }: FaultCode): ModelAnswer {
    return {
      status: 500,
      body: encodeFault(this.#context(header), { code, message: name, machine: 'model' }),
    };
  }

  #context(header: Header): ResponseContext {
    const { messageId } = header;
    return {
      messageId: this.#options.dice.guid(),
      ...(messageId === undefined ? {} : { relatesTo: messageId }),
    };
  }

  #answer(decoded: WsmanRequest, header: Header): string {
    const context = this.#context(header);
    const session = header.sessionId ?? '';
    switch (decoded.kind) {
      case 'create': {
        const { shellId = this.#options.dice.guid(), resourceUri, name, idleTimeoutMs } = decoded.request;
        const shell = this.#create(shellId, resourceUri, name, idleTimeoutMs, session);
        return encodeCreateResponse(context, {
          address: 'http://model/wsman',
          shell: describe(shell, this.#options.time.now()),
        });
      }
      case 'command': {
        const shell = this.#owned(decoded.request.shellId, session);
        const commandId = decoded.request.commandId ?? this.#options.dice.guid();
        this.#command(shell, commandId, decoded.request.arguments[0] ?? '');
        return encodeCommandResponse(context, { commandId });
      }
      case 'send': {
        const shell = this.#owned(decoded.request.shellId, session);
        for (const { data, commandId } of decoded.request.streams) {
          // A call to the pool is answered on the pool's own stream ([MS-PSRP] 3.2.5.4.11).
          const callId = /N="ci">(\d+)</.exec(Buffer.from(data).toString('latin1'))?.[1];
          if (commandId === undefined && callId !== undefined) {
            const available = `<Obj RefId="0"><MS><I64 N="SetMinMaxRunspacesResponse">1</I64><I64 N="ci">${callId}</I64></MS></Obj>`;
            this.#say(shell, shell.pool, 'RUNSPACE_AVAILABILITY', available);
          }
        }
        return encodeSendResponse(context);
      }
      case 'signal': {
        const shell = this.#owned(decoded.request.shellId, session);
        this.#signal(shell, decoded.request.commandId ?? '', decoded.request.code);
        return encodeSignalResponse(context);
      }
      case 'delete':
        this.#end(this.#find(decoded.request.shellId));
        return encodeDeleteResponse(context);
      case 'disconnect': {
        const shell = this.#find(decoded.request.shellId);
        if (shell.owner !== session) throw new Refused(FAULT.clientSessionMismatch);
        shell.idleTimeoutMs = decoded.request.idleTimeoutMs ?? shell.idleTimeoutMs;
        this.#disconnect(shell);
        return encodeDisconnectResponse(context);
      }
      case 'reconnect': {
        const shell = this.#find(decoded.request.shellId);
        if (shell.owner !== session) throw new Refused(FAULT.clientSessionMismatch);
        shell.state = 'Connected';
        shell.heardAt = this.#options.time.now();
        return encodeReconnectResponse(context);
      }
      case 'connect':
        return this.#connect(decoded.request.shellId, decoded.request.commandId, session, context);
      case 'enumerate': {
        const { resourceUri, shellId } = decoded.request;
        const now = this.#options.time.now();
        const shells =
          resourceUri === RESOURCE.command
            ? []
            : [...this.shells.values()].map((shell) => describe(shell, now));
        const commands =
          resourceUri === RESOURCE.command
            ? [...this.#find(shellId ?? '').pipelines.values()].map(({ id }) => ({
                commandId: id,
                state: 'Disconnected',
              }))
            : [];
        return encodeEnumerateResponse(context, { shells, commands, endOfSequence: true, context: '' });
      }
      default:
        throw new Refused(FAULT.actionNotSupported);
    }
  }

  // ---- shells

  #create(
    id: string,
    resourceUri: string,
    name: string | undefined,
    idle: number | undefined,
    owner: string,
  ): ModelShell {
    if (this.shells.has(key(id))) throw new Refused(FAULT.shellIdInUse);
    const now = this.#options.time.now();
    const shell: ModelShell = {
      id,
      resourceUri,
      name,
      owner,
      state: 'Connected',
      idleTimeoutMs: idle ?? IDLE_TIMEOUT_MS,
      heardAt: now,
      disconnectedAt: now,
      objectId: 0n,
      pool: newTarget(),
      pipelines: new Map(),
    };
    this.shells.set(key(id), shell);
    this.#say(shell, shell.pool, 'SESSION_CAPABILITY', capability(), undefined, NONE);
    this.#say(shell, shell.pool, 'APPLICATION_PRIVATE_DATA', PRIVATE_DATA);
    this.#say(shell, shell.pool, 'RUNSPACEPOOL_STATE', poolState(2));
    return shell;
  }

  #find(id: string): ModelShell {
    const shell = this.shells.get(key(id));
    if (!shell) throw new Refused(FAULT.unexpectedSelectors);
    return shell;
  }

  /** For work in it: whoever asks must have it, and it must be connected. */
  #owned(id: string, session: string): ModelShell {
    const shell = this.#find(id);
    if (shell.owner !== session) throw new Refused(FAULT.connectedToDifferentClient);
    if (shell.state === 'Disconnected') throw new Refused(FAULT.shellDisconnected);
    shell.heardAt = this.#options.time.now();
    return shell;
  }

  #disconnect(shell: ModelShell): void {
    if (shell.state === 'Disconnected') return;
    shell.state = 'Disconnected';
    shell.disconnectedAt = this.#options.time.now();
    for (const target of targetsOf(shell)) {
      const { asking } = target;
      target.asking = undefined;
      asking?.cancel();
      asking?.answer(this.#fault(asking.header, FAULT.serviceStreamDisconnected));
    }
  }

  #connect(
    shellId: string,
    commandId: string | undefined,
    session: string,
    context: ResponseContext,
  ): string {
    const shell = this.#find(shellId);
    const streams = { inputStreams: ['stdin', 'pr'], outputStreams: ['stdout'] };
    if (commandId !== undefined) {
      if (shell.owner !== session) throw new Refused(FAULT.connectedToDifferentClient);
      if (!shell.pipelines.has(key(commandId))) throw new Refused(FAULT.unexpectedSelectors);
      return encodeConnectResponse(context, streams);
    }
    // Asked a second time by whoever got it and did not hear so.
    if (shell.owner !== session) {
      if (shell.state === 'Connected') throw new Refused(FAULT.connectedToDifferentClient);
      shell.owner = session;
    }
    shell.state = 'Connected';
    shell.heardAt = this.#options.time.now();
    const answer = newTarget();
    this.#say(shell, answer, 'SESSION_CAPABILITY', capability(), undefined, NONE);
    this.#say(
      shell,
      answer,
      'RUNSPACEPOOL_INIT_DATA',
      '<Obj RefId="0"><MS><I32 N="MinRunspaces">1</I32><I32 N="MaxRunspaces">1</I32></MS></Obj>',
    );
    this.#say(shell, answer, 'APPLICATION_PRIVATE_DATA', PRIVATE_DATA);
    return encodeConnectResponse(context, { ...streams, connectResponseXml: Buffer.concat(answer.waiting) });
  }

  #end(shell: ModelShell): void {
    this.shells.delete(key(shell.id));
    for (const pipeline of shell.pipelines.values()) pipeline.stopTicking();
    for (const target of targetsOf(shell)) {
      const { asking } = target;
      target.asking = undefined;
      asking?.cancel();
      asking?.answer(this.#fault(asking.header, FAULT.unexpectedSelectors));
    }
  }

  /** Clients that are not heard of any more, and shells that nobody wants. */
  #look(): void {
    const now = this.#options.time.now();
    for (const shell of this.shells.values()) {
      const asked = targetsOf(shell).some((target) => target.asking !== undefined);
      if (asked) shell.heardAt = now;
      if (shell.state === 'Connected' && now - shell.heardAt > this.#options.missAfterMs)
        this.#disconnect(shell);
      if (shell.state === 'Disconnected' && now - shell.disconnectedAt > shell.idleTimeoutMs)
        this.#end(shell);
    }
  }

  // ---- pipelines

  /** The command's text is in the first message, readable: `count LABEL LAST MS`, or the prompt. */
  #command(shell: ModelShell, id: string, base64: string): void {
    if (shell.pipelines.has(key(id))) throw new Refused(FAULT.commandIdInUse);
    const text = Buffer.from(base64, 'base64').toString('utf8');
    const [, label = '', last = '0', ms = '0'] = /count (\w+) (\d+) (\d+)/.exec(text) ?? [];
    const pipeline: ModelPipeline = {
      id,
      target: newTarget(),
      last: Number(last),
      label,
      counted: 0,
      state: 'Running',
      stopTicking: () => undefined,
    };
    shell.pipelines.set(key(id), pipeline);
    if (label === '') {
      this.#say(shell, pipeline.target, 'PIPELINE_OUTPUT', '<S>PS M:\\&gt; </S>', id);
      this.#endPipeline(shell, pipeline, 4);
      return;
    }
    this.counted.set(label, { last: 0, ended: false });
    const tick = (): void => {
      // A slow reader holds the command up, as the buffer mode Block has it.
      if (pipeline.target.waiting.length < MOST_WAITING) {
        pipeline.counted += 1;
        this.#say(
          shell,
          pipeline.target,
          'PIPELINE_OUTPUT',
          `<S>${label}.${String(pipeline.counted)}</S>`,
          id,
        );
        this.counted.set(label, { last: pipeline.counted, ended: false });
      }
      if (pipeline.counted < pipeline.last) pipeline.stopTicking = this.#options.time.after(Number(ms), tick);
      else this.#endPipeline(shell, pipeline, 4);
    };
    pipeline.stopTicking = this.#options.time.after(Number(ms), tick);
  }

  #signal(shell: ModelShell, id: string, code: string): void {
    const pipeline = shell.pipelines.get(key(id));
    if (!pipeline) throw new Refused(FAULT.unexpectedSelectors);
    pipeline.stopTicking();
    if (/crtl_c/.test(code)) {
      if (pipeline.state === 'Running') this.#endPipeline(shell, pipeline, 3);
      return;
    }
    shell.pipelines.delete(key(id));
    const { asking } = pipeline.target;
    pipeline.target.asking = undefined;
    asking?.cancel();
    asking?.answer(this.#fault(asking.header, FAULT.unexpectedSelectors));
  }

  #endPipeline(shell: ModelShell, pipeline: ModelPipeline, state: number): void {
    pipeline.state = 'Ended';
    pipeline.target.done = true;
    if (pipeline.label !== '') this.counted.set(pipeline.label, { last: pipeline.counted, ended: true });
    this.#say(shell, pipeline.target, 'PIPELINE_STATE', pipelineState(state), pipeline.id);
  }

  // ---- output

  #say(
    shell: ModelShell,
    target: Target,
    name: MessageName,
    data: string,
    pid?: string,
    rpid = shell.id,
  ): void {
    const message = rawMessage(name, data, { rpid: rpid.toLowerCase(), pid: pid?.toLowerCase() });
    target.waiting.push(...buildFragments(++shell.objectId, message, this.#options.fragmentBytes));
    this.#serve(target);
  }

  #receive(
    request: { readonly shellId: string; readonly commandId?: string },
    header: Header,
    answer: (answer: ModelAnswer) => void,
    gone: (onGone: () => void) => void,
  ): void {
    const shell = this.#owned(request.shellId, header.sessionId ?? '');
    const target =
      request.commandId === undefined ? shell.pool : shell.pipelines.get(key(request.commandId))?.target;
    if (!target) throw new Refused(FAULT.unexpectedSelectors);
    if (target.kept !== undefined && target.kept.operationId === header.operationId) {
      if (!header.isRetransmission) throw new Error('One OperationID for two requests.');
      answer({ status: 200, body: target.kept.body });
      return;
    }
    if (target.asking) throw new Refused(FAULT.receiveInProgress);
    const cancel = this.#options.time.after(header.operationTimeoutMs ?? 20_000, () => {
      target.asking = undefined;
      answer(this.#fault(header, FAULT.operationTimedOut));
    });
    target.asking = { answer, header, cancel };
    gone(() => {
      if (target.asking?.answer !== answer) return;
      target.asking = undefined;
      cancel();
    });
    this.#serve(target);
  }

  /** Hands what waits to the Receive that waits: some of it, as one answer holds. */
  #serve(target: Target): void {
    const { asking } = target;
    if (!asking || (target.waiting.length === 0 && !target.done)) return;
    target.asking = undefined;
    asking.cancel();
    const given = target.waiting.splice(0, this.#options.dice.between(1, 8));
    const done = target.done && target.waiting.length === 0;
    const { operationId } = asking.header;
    const names = this.#options.inFlight === 'kept' && operationId !== undefined ? { operationId } : {};
    const body = encodeReceiveResponse(
      { ...this.#context(asking.header), ...names },
      {
        streams: given.map((data) => ({ name: 'stdout', data })),
        ...(done ? { commandState: { commandId: NONE, state: 'Done' as const } } : {}),
      },
    );
    if (names.operationId !== undefined) target.kept = { operationId: names.operationId, body };
    asking.answer({
      status: 200,
      body,
      arrived: (did) => {
        if (!did && this.#options.inFlight === 'again') target.waiting.unshift(...given);
      },
    });
  }
}

/** Fragments for a reader that does not come, until the command has to wait. */
const MOST_WAITING = 400;
