/**
 * The methods that a server may call on the client's host ([MS-PSRP] 2.2.3.17), all in one table: number, whether an
 * answer is awaited, arguments in their order, result.
 */
import type { PsValue } from '../clixml/value.ts';
import { ProtocolError } from '../errors.ts';
import * as v from './host-values.ts';
import type { ValueCodec } from './host-values.ts';
import { VOID_CALL_ID } from './messages/host-call.ts';
import type { HostCallMessage } from './messages/host-call.ts';

type Arguments = Readonly<Record<string, ValueCodec<never> | ValueCodec<PsValue> | AnyCodec>>;
/** Any codec, whatever it reads. The bivariance of methods is what makes the table's codecs fit. */
interface AnyCodec {
  decode(value: PsValue | undefined): unknown;
  encode(value: never): PsValue;
}

function call<A extends Arguments, R extends AnyCodec>(
  id: number,
  args: A,
  result: R,
): { id: number; args: A; result: R } {
  return { id, args, result };
}

function order<A extends Arguments>(id: number, args: A): { id: number; args: A; result: undefined } {
  return { id, args, result: undefined };
}

/** `call` awaits an answer; `order` does not. */
export const HOST_METHODS = {
  GetName: call(1, {}, v.text),
  GetVersion: call(2, {}, v.version),
  GetInstanceId: call(3, {}, v.guid),
  GetCurrentCulture: call(4, {}, v.text),
  GetCurrentUICulture: call(5, {}, v.text),
  SetShouldExit: order(6, { exitCode: v.int }),
  EnterNestedPrompt: order(7, {}),
  ExitNestedPrompt: order(8, {}),
  NotifyBeginApplication: order(9, {}),
  NotifyEndApplication: order(10, {}),
  ReadLine: call(11, {}, v.text),
  ReadLineAsSecureString: call(12, {}, v.secureString),
  Write1: order(13, { text: v.text }),
  Write2: order(14, { foregroundColor: v.int, backgroundColor: v.int, text: v.text }),
  WriteLine1: order(15, {}),
  WriteLine2: order(16, { text: v.text }),
  WriteLine3: order(17, { foregroundColor: v.int, backgroundColor: v.int, text: v.text }),
  WriteErrorLine: order(18, { text: v.text }),
  WriteDebugLine: order(19, { text: v.text }),
  WriteProgress: order(20, { sourceId: v.long, record: v.progress }),
  WriteVerboseLine: order(21, { text: v.text }),
  WriteWarningLine: order(22, { text: v.text }),
  Prompt: call(23, { caption: v.text, message: v.text, fields: v.list(v.fieldDescription) }, v.answers),
  PromptForCredential1: call(
    24,
    { caption: v.text, message: v.text, userName: v.optionalText, targetName: v.optionalText },
    v.credential,
  ),
  PromptForCredential2: call(
    25,
    {
      caption: v.text,
      message: v.text,
      userName: v.optionalText,
      targetName: v.optionalText,
      allowedCredentialTypes: v.int,
      options: v.int,
    },
    v.credential,
  ),
  PromptForChoice: call(
    26,
    { caption: v.text, message: v.text, choices: v.list(v.choice), defaultChoice: v.int },
    v.int,
  ),
  GetForegroundColor: call(27, {}, v.int),
  SetForegroundColor: order(28, { color: v.int }),
  GetBackgroundColor: call(29, {}, v.int),
  SetBackgroundColor: order(30, { color: v.int }),
  GetCursorPosition: call(31, {}, v.coordinates),
  SetCursorPosition: order(32, { position: v.coordinates }),
  GetWindowPosition: call(33, {}, v.coordinates),
  SetWindowPosition: order(34, { position: v.coordinates }),
  GetCursorSize: call(35, {}, v.int),
  SetCursorSize: order(36, { size: v.int }),
  GetBufferSize: call(37, {}, v.size),
  SetBufferSize: order(38, { size: v.size }),
  GetWindowSize: call(39, {}, v.size),
  SetWindowSize: order(40, { size: v.size }),
  GetWindowTitle: call(41, {}, v.text),
  SetWindowTitle: order(42, { title: v.text }),
  GetMaxWindowSize: call(43, {}, v.size),
  GetMaxPhysicalWindowSize: call(44, {}, v.size),
  GetKeyAvailable: call(45, {}, v.boolean),
  ReadKey: call(46, { options: v.int }, v.keyInfo),
  FlushInputBuffer: order(47, {}),
  SetBufferContents1: order(48, { rectangle: v.rectangle, fill: v.bufferCell }),
  SetBufferContents2: order(49, { origin: v.coordinates, contents: v.bufferCells }),
  GetBufferContents: call(50, { rectangle: v.rectangle }, v.bufferCells),
  ScrollBufferContents: order(51, {
    source: v.rectangle,
    destination: v.coordinates,
    clip: v.rectangle,
    fill: v.bufferCell,
  }),
  PushRunspace: order(52, { runspace: v.raw }),
  PopRunspace: order(53, {}),
  GetIsRunspacePushed: call(54, {}, v.boolean),
  GetRunspace: call(55, {}, v.raw),
  PromptForChoiceMultipleSelection: call(
    56,
    { caption: v.text, message: v.text, choices: v.list(v.choice), defaultChoices: v.list(v.int) },
    v.list(v.int),
  ),
} as const;

export type HostMethodName = keyof typeof HOST_METHODS;

type Decoded<C> = C extends { decode(value: PsValue | undefined): infer T } ? T : never;

export type HostArguments<M extends HostMethodName> = {
  readonly [K in keyof (typeof HOST_METHODS)[M]['args']]: Decoded<(typeof HOST_METHODS)[M]['args'][K]>;
};

/** What a method returns; `undefined` for those that return nothing. */
export type HostResult<M extends HostMethodName> = (typeof HOST_METHODS)[M]['result'] extends undefined
  ? undefined
  : Decoded<(typeof HOST_METHODS)[M]['result']>;

/** A call on the host, told apart by `method`. */
export type HostCall = {
  [M in HostMethodName]: {
    readonly method: M;
    readonly methodId: number;
    readonly callId: bigint;
    /** No answer is awaited, and none may be given. */
    readonly void: boolean;
    readonly args: HostArguments<M>;
    /** Undefined where the pool itself calls. */
    readonly pipelineId: string | undefined;
  };
}[HostMethodName];

const BY_ID: ReadonlyMap<number, HostMethodName> = new Map(
  (Object.keys(HOST_METHODS) as HostMethodName[]).map((name) => [HOST_METHODS[name].id, name]),
);

export function hostMethodName(id: number): HostMethodName {
  const name = BY_ID.get(id);
  if (name === undefined) {
    throw new ProtocolError('psrp.host-call.method', 'The server calls a host method that does not exist.', {
      methodId: id,
    });
  }
  return name;
}

/** [MS-PSRP] 2.2.2.15, 2.2.2.27. Surplus arguments are ignored, as .NET does. */
export function readHostCall(message: HostCallMessage, pipelineId: string | undefined): HostCall {
  const method = hostMethodName(message.methodId);
  const entries = Object.entries(HOST_METHODS[method].args) as [string, AnyCodec][];
  const args: Record<string, unknown> = {};
  entries.forEach(([name, codec], i) => {
    args[name] = codec.decode(message.parameters[i]);
  });
  return {
    method,
    methodId: message.methodId,
    callId: message.callId,
    void: message.callId === VOID_CALL_ID,
    args,
    pipelineId,
    // The table ties names to argument types; the compiler cannot follow an index into it.
  } as HostCall;
}

/** The parameters of a call, as an endpoint writes them. */
export function writeHostCall<M extends HostMethodName>(
  method: M,
  args: HostArguments<M>,
  callId: bigint = VOID_CALL_ID,
): HostCallMessage {
  const entries = Object.entries(HOST_METHODS[method].args) as [keyof HostArguments<M>, AnyCodec][];
  return {
    callId,
    methodId: HOST_METHODS[method].id,
    methodName: method,
    parameters: entries.map(([name, codec]) => codec.encode(args[name] as never)),
  };
}

/** A method's result as it goes back. */
export function encodeHostResult<M extends HostMethodName>(
  method: M,
  result: HostResult<M>,
): PsValue | undefined {
  const codec: AnyCodec | undefined = HOST_METHODS[method].result;
  return codec?.encode(result as never);
}

/** A method's result as an endpoint reads it. */
export function decodeHostResult<M extends HostMethodName>(
  method: M,
  value: PsValue | undefined,
): HostResult<M> {
  const codec: AnyCodec | undefined = HOST_METHODS[method].result;
  return codec?.decode(value) as HostResult<M>;
}
