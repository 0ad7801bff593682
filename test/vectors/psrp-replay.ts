/** Plays a recorded session again: drives our client to do what the recorded client did, and feeds it what the recorded server said. */
import { createHash, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { decodeBody } from '../../electron/protocol/psrp/codecs.ts';
import type { DecodedMessage } from '../../electron/protocol/psrp/codecs.ts';
import { deserialize } from '../../electron/protocol/clixml/deserialize.ts';
import type { PsrpEvent } from '../../electron/protocol/psrp/events.ts';
import { Defragmenter } from '../../electron/protocol/psrp/fragment.ts';
import type { HostCall } from '../../electron/protocol/psrp/host-call.ts';
import { decodeMessage } from '../../electron/protocol/psrp/message.ts';
import type { MessageFrame } from '../../electron/protocol/psrp/message.ts';
import type { ProtocolVersion } from '../../electron/protocol/psrp/pipeline-spec.ts';
import { ClientRunspacePool } from '../../electron/protocol/psrp/runspace-pool.ts';
import type { SessionKeyCrypto } from '../../electron/protocol/psrp/session-key.ts';
import { NodeSessionKeyCrypto, sessionKeyPair } from '../../electron/remoting/session-key-crypto.ts';
import { meaningOf, without } from './psrp-meaning.ts';
import type { Meaning } from './psrp-meaning.ts';
import { buildFragments, readVectors } from './psrp-vectors.ts';
import type { RecordedMessage, RecordedSession } from './psrp-vectors.ts';

export type Step =
  | { kind: 'client'; frame: MessageFrame; stream: 'default' | 'promptResponse' }
  | {
      kind: 'server';
      bytes: Uint8Array;
      target: string | undefined;
      messages: { objectId: bigint; frame: MessageFrame }[];
    }
  | { kind: 'signal'; pipelineId: string }
  | { kind: 'close-pool' };

const NONE = '00000000-0000-0000-0000-000000000000';
const targetOf = (pid: string): string | undefined => (pid === NONE ? undefined : pid);

function frameOf(
  message: Pick<RecordedMessage, 'destination' | 'messageTypeName' | 'rpid' | 'pid' | 'data'>,
): MessageFrame {
  return {
    destination: message.destination === 1 ? 'client' : 'server',
    name: message.messageTypeName,
    runspacePoolId: message.rpid.toLowerCase(),
    pipelineId: message.pid.toLowerCase(),
    data: message.data ?? '',
  };
}

/** Recorded over WSMan. The fragments are cut anew, small, to go through many of them. Messages the vectors keep only the hash of are left out. */
export function wsmanSteps(session: RecordedSession): Step[] {
  return session.messages.flatMap((message): Step[] => {
    if (message.rawHex === null) return [];
    const frame = frameOf(message);
    if (message.sender === 'client') {
      return [{ kind: 'client', frame, stream: message.stream === 'pr' ? 'promptResponse' : 'default' }];
    }
    const objectId = BigInt(message.objectId);
    return [
      {
        kind: 'server',
        bytes: Buffer.concat(buildFragments(objectId, Buffer.from(message.rawHex, 'hex'), 333)),
        target: targetOf(frame.pipelineId),
        messages: [{ objectId, frame }],
      },
    ];
  });
}

/** Recorded packet by packet, with the bytes as they were. */
export function outOfProcessSteps(session: RecordedSession): Step[] {
  const inputs = new Map<string, Defragmenter>();
  return (session.packets ?? []).flatMap((packet): Step[] => {
    const pid = packet.psGuid ?? NONE;
    if (packet.action === 'Signal' && packet.sender === 'client') return [{ kind: 'signal', pipelineId: pid }];
    if (packet.action === 'Close' && packet.sender === 'client' && pid === NONE) return [{ kind: 'close-pool' }];
    if (packet.action !== 'Data') return [];
    const bytes = Buffer.from(packet.data ?? '', 'base64');
    if (packet.sender === 'server') {
      const messages = session.messages
        .filter((m) => m.sender === 'server' && m.packet === packet.index && m.rawHex !== null)
        .map((m) => ({ objectId: BigInt(m.objectId), frame: frameOf(m) }));
      return [{ kind: 'server', bytes, target: targetOf(pid), messages }];
    }
    // Of large messages the vectors hold the hash only: what the recorded client sent is put together here, and held against it.
    const key = `${packet.stream ?? ''} ${pid}`;
    const input = inputs.get(key) ?? new Defragmenter();
    inputs.set(key, input);
    return input.push(bytes).map(({ objectId, message }) => {
      const recorded = session.messages.find((m) => m.sender === 'client' && m.objectId === String(objectId));
      expect(createHash('sha256').update(message).digest('hex')).toBe(recorded?.sha256);
      return {
        kind: 'client',
        frame: decodeMessage(message),
        stream: packet.stream === 'PromptResponse' ? 'promptResponse' : 'default',
      };
    });
  });
}

interface InteractiveEvent {
  typed?: string;
  sender: 'client' | 'server';
  packet: string;
  psGuid: string;
  stream?: string;
  messages?: (Omit<RecordedMessage, 'messageType' | 'objectId'> & { messageType: string; objectId: number })[];
}

/** PowerShell's own client in an interactive session. The recording has no raw bytes: the server's messages are built from its fields. */
export function interactiveSteps(): Step[] {
  const file = join(import.meta.dirname, 'interactive', 'enter-pssession-7.6.5.json');
  const { events } = JSON.parse(readFileSync(file, 'utf8')) as { events: InteractiveEvent[] };
  return events.flatMap((event): Step[] => {
    if (event.typed !== undefined) return [];
    if (event.packet === 'Signal' && event.sender === 'client') {
      return [{ kind: 'signal', pipelineId: event.psGuid }];
    }
    if (event.packet === 'Close' && event.sender === 'client' && event.psGuid === NONE) {
      return [{ kind: 'close-pool' }];
    }
    return (event.messages ?? []).map((message): Step => {
      const frame = frameOf(message);
      if (event.sender === 'client') {
        return { kind: 'client', frame, stream: event.stream === 'PromptResponse' ? 'promptResponse' : 'default' };
      }
      const objectId = BigInt(message.objectId);
      const raw = Buffer.concat([
        u32(message.destination),
        u32(Number(message.messageType)),
        guid(message.rpid),
        guid(message.pid),
        message.bom ? Buffer.from([0xef, 0xbb, 0xbf]) : Buffer.alloc(0),
        Buffer.from(message.data ?? '', 'utf8'),
      ]);
      return {
        kind: 'server',
        bytes: Buffer.concat(buildFragments(objectId, raw)),
        target: targetOf(frame.pipelineId),
        messages: [{ objectId, frame }],
      };
    });
  });
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function guid(text: string): Buffer {
  const [a = '', b = '', c = '', d = '', e = ''] = text.split('-');
  return Buffer.concat([
    Buffer.from(a, 'hex').toReversed(),
    Buffer.from(b, 'hex').toReversed(),
    Buffer.from(c, 'hex').toReversed(),
    Buffer.from(d + e, 'hex'),
  ]);
}

/** The recorded client's key, so that what was sealed for it opens again; where it was not kept, its public part, read from what was sent. */
function recordedCrypto(sessionId: string, publicKey: () => string): SessionKeyCrypto {
  const { cases } = readVectors('key-exchange.json') as { cases: { id: string; rsaPrivateKeyPem: string }[] };
  const found = cases.find(({ id }) => id === `keyexchange-${sessionId}`);
  const key = found && createPrivateKey(found.rsaPrivateKeyPem);
  const node = new NodeSessionKeyCrypto();
  return {
    generateKeyPair: () => {
      if (key !== undefined) return sessionKeyPair(key);
      const blob = Buffer.from(publicKey(), 'base64');
      return {
        exponent: blob.readUInt32LE(16),
        publicModulus: blob.subarray(20).toReversed(),
        decryptNoPadding: () => {
          throw new Error('the recording has no session key');
        },
      };
    },
    aes256CbcEncrypt: (aes, iv, data) => node.aes256CbcEncrypt(aes, iv, data),
    aes256CbcDecrypt: (aes, iv, data) => node.aes256CbcDecrypt(aes, iv, data),
  };
}

export interface Replay {
  /** Every event, by pool id. */
  events: PsrpEvent[];
  pools: ClientRunspacePool[];
  compared: number;
}

export class Player {
  readonly #crypto: SessionKeyCrypto;
  #publicKey = '';
  readonly #pools = new Map<string, ClientRunspacePool>();
  #current: ClientRunspacePool | undefined;
  #capability: { version: ProtocolVersion } = { version: '2.4' };
  readonly #calls = new Map<string, HostCall>();
  readonly #callIds = new Map<bigint, bigint>();
  readonly #outbound = new Map<string, Defragmenter>();
  #sent: { frame: MessageFrame; stream: string; objectId: bigint }[] = [];
  readonly replay: Replay = { events: [], pools: [], compared: 0 };

  constructor(sessionId: string) {
    this.#crypto = recordedCrypto(sessionId, () => this.#publicKey);
  }

  play(steps: readonly Step[]): Replay {
    for (const step of steps) {
      if (step.kind === 'client') this.#client(step);
      else if (step.kind === 'server') this.#server(step);
      else if (step.kind === 'signal') this.#current?.pipeline(step.pipelineId)?.stopping();
      else this.#current?.beginClose();
      this.#drain();
    }
    expect(this.#sent.map(({ frame }) => frame.name)).toEqual([]);
    return this.replay;
  }

  #client(step: Step & { kind: 'client' }): void {
    const message = decodeBody(step.frame);
    if (isRefusedByUs(message)) {
      expect(() => {
        this.#drive(message);
      }).toThrow('positive 32-bit number');
      return;
    }
    this.#drive(message);
    if (message.name === 'SESSION_CAPABILITY') {
      this.#capability = { version: message.body.protocolVersion as ProtocolVersion };
      return;
    }
    this.#pump();
    if (message.name === 'INIT_RUNSPACEPOOL' || message.name === 'CONNECT_RUNSPACEPOOL') {
      const capability = this.#sent.shift();
      expect(capability?.frame.name).toBe('SESSION_CAPABILITY');
    }
    const sent = this.#sent.shift();
    expect(sent?.frame.name).toBe(step.frame.name);
    expect(sent?.stream).toBe(step.stream);
    expect(sent?.frame.runspacePoolId).toBe(step.frame.runspacePoolId);
    expect(sent?.frame.pipelineId).toBe(step.frame.pipelineId);
    expect(said(sent?.frame)).toEqual(said(step.frame));
    this.replay.compared++;
  }

  /** Does with our client what makes it send this message. */
  #drive(message: DecodedMessage): void {
    const pool = this.#current;
    const pipeline = pool?.pipeline(message.pipelineId);
    switch (message.name) {
      case 'SESSION_CAPABILITY':
        return;
      case 'INIT_RUNSPACEPOOL':
        this.#newPool(message.runspacePoolId, {
          minRunspaces: message.body.minRunspaces,
          maxRunspaces: message.body.maxRunspaces,
          hostInfo: message.body.hostInfo,
          apartmentState: message.body.apartmentState,
          threadOptions: message.body.threadOptions,
          ...(message.body.applicationArguments
            ? { applicationArguments: message.body.applicationArguments }
            : {}),
        }).open();
        return;
      case 'CONNECT_RUNSPACEPOOL':
        this.#newPool(message.runspacePoolId, {}).connect();
        return;
      case 'CREATE_PIPELINE':
        pool?.createPipeline(message.body, message.pipelineId);
        return;
      case 'GET_COMMAND_METADATA':
        pool?.getCommandMetadata(message.body, message.pipelineId);
        return;
      case 'PIPELINE_INPUT':
        pipeline?.writeInput(message.body.value);
        return;
      case 'END_OF_PIPELINE_INPUT':
        pipeline?.endInput();
        return;
      case 'SET_MIN_RUNSPACES':
        this.#callIds.set(message.body.callId, pool?.setMinRunspaces(message.body.minRunspaces) ?? 0n);
        return;
      case 'SET_MAX_RUNSPACES':
        this.#callIds.set(message.body.callId, pool?.setMaxRunspaces(message.body.maxRunspaces) ?? 0n);
        return;
      case 'GET_AVAILABLE_RUNSPACES':
        this.#callIds.set(message.body.callId, pool?.getAvailableRunspaces() ?? 0n);
        return;
      case 'RESET_RUNSPACE_STATE':
        this.#callIds.set(message.body.callId, pool?.resetRunspaceState() ?? 0n);
        return;
      case 'PUBLIC_KEY':
        this.#publicKey = message.body.publicKey;
        pool?.requestSessionKey();
        return;
      case 'RUNSPACEPOOL_HOST_RESPONSE':
      case 'PIPELINE_HOST_RESPONSE': {
        const call = this.#calls.get(`${message.pipelineId} ${message.body.callId}`);
        if (call === undefined) throw new Error('an answer to a call that was not seen');
        const { error, result } = message.body;
        pool?.answerHostCall(
          call,
          error
            ? { kind: 'error', error: { message: error.message, fullyQualifiedErrorId: error.fullyQualifiedErrorId ?? '' } }
            : { kind: 'value', value: result },
        );
        return;
      }
      default:
        throw new Error(`a client does not send ${message.name}`);
    }
  }

  #newPool(id: string, options: Partial<ConstructorParameters<typeof ClientRunspacePool>[0]>): ClientRunspacePool {
    const pool = new ClientRunspacePool({
      ...options,
      id,
      newGuid: () => {
        throw new Error('the recording names every id');
      },
      protocolVersion: this.#capability.version,
      crypto: this.#crypto,
    });
    this.#pools.set(id, pool);
    this.replay.pools.push(pool);
    this.#current = pool;
    this.#outbound.clear();
    return pool;
  }

  #pump(): void {
    for (;;) {
      const outgoing = this.#current?.takeOutgoing(() => 4096);
      if (outgoing === undefined) return;
      const key = `${outgoing.stream} ${outgoing.pipelineId ?? ''}`;
      const defragmenter = this.#outbound.get(key) ?? new Defragmenter();
      this.#outbound.set(key, defragmenter);
      for (const { objectId, message } of defragmenter.push(outgoing.data)) {
        this.#sent.push({ frame: decodeMessage(message), stream: outgoing.stream, objectId });
      }
      defragmenter.end();
    }
  }

  #server(step: Step & { kind: 'server' }): void {
    const [first] = step.messages;
    if (first?.frame.name === 'RUNSPACE_AVAILABILITY' && !this.#callIds.has(recordedCallId(first.frame))) return;
    const rpid = first?.frame.runspacePoolId ?? NONE;
    const pool = this.#pools.get(rpid) ?? this.#current;
    pool?.receive(this.#withOurCallIds(step), step.target);
  }

  /** Answers name the call by its recorded id, and ours may have counted otherwise. */
  #withOurCallIds(step: Step & { kind: 'server' }): Uint8Array {
    const [only] = step.messages;
    if (step.messages.length !== 1 || only?.frame.name !== 'RUNSPACE_AVAILABILITY') return step.bytes;
    const recorded = recordedCallId(only.frame);
    const ours = this.#callIds.get(recorded) ?? 0n;
    const whole = new Defragmenter().push(step.bytes)[0]?.message ?? new Uint8Array();
    const text = Buffer.from(whole).toString('latin1');
    const changed = text.replace(`<I64 N="ci">${recorded}<`, `<I64 N="ci">${ours}<`);
    return Buffer.concat(buildFragments(only.objectId, Buffer.from(changed, 'latin1')));
  }

  #drain(): void {
    for (const pool of this.#pools.values()) {
      for (const event of pool.nextEvents()) {
        this.replay.events.push(event);
        if (event.kind === 'hostCall') {
          this.#calls.set(`${event.pipelineId ?? NONE} ${event.call.callId}`, event.call);
        }
      }
    }
  }
}

function recordedCallId(frame: MessageFrame): bigint {
  return BigInt(/<I64 N="ci">(-?\d+)</.exec(frame.data)?.[1] ?? '-1');
}

/** The recorded client let a negative number of runspaces through for the server to refuse; ours refuses it itself. */
function isRefusedByUs(message: DecodedMessage): boolean {
  return (
    (message.name === 'SET_MIN_RUNSPACES' && message.body.minRunspaces < 1) ||
    (message.name === 'SET_MAX_RUNSPACES' && message.body.maxRunspaces < 1)
  );
}

/** What a message says, apart from the counting of calls (kept for host calls) and from an exception's inner life. */
function said(frame: MessageFrame | undefined): Meaning {
  if (frame === undefined) return null;
  const meaning = frame.data === '' ? null : meaningOf(deserialize(frame.data));
  if (/^(SET_|GET_AVAILABLE|RESET_)/.test(frame.name)) return without(meaning, ['ci']);
  if (frame.name === 'SESSION_CAPABILITY') return without(meaning, ['timezone']);
  if (frame.name.endsWith('_HOST_RESPONSE')) {
    const error = decodeBody(frame).body as { error?: { message: string } };
    return error.error ? { ...(without(meaning, ['me']) as object), me: error.error.message } : meaning;
  }
  return meaning;
}
