/**
 * Windows' SSPI through koffi: the Kerberos package of secur32.dll. Structures are laid out here, in memory of ours, as sspi.h declares them
 * for 64 bits; nothing is allocated by Windows but the names in {@link SspiApi.keyType}, which are given back at once.
 */
import type { TypeObject } from 'koffi';
import { SignInError } from '../../protocol/auth/sign-in-error.ts';
import { loadKoffi, nativeCall, type NativeCall, type Pointer } from './native.ts';

type Koffi = Awaited<ReturnType<typeof loadKoffi>>;

/** A CredHandle or CtxtHandle: two words that only Windows understands. */
export type SspiHandle = Uint8Array;

/** SECURITY_STATUS (winerror.h). */
export const SEC = {
  ok: 0,
  continueNeeded: 0x0009_0312,
} as const;

/** ISC_REQ_ and ISC_RET_ (sspi.h), which are the same numbers. */
export const ISC = {
  delegate: 1,
  mutual: 2,
  replay: 4,
  sequence: 8,
  confidential: 0x10,
  integrity: 0x1_0000,
} as const;

/** The functions of secur32.dll that we call. */
export const FUNCTIONS = [
  'AcquireCredentialsHandleW',
  'InitializeSecurityContextW',
  'QueryContextAttributesW',
  'EncryptMessage',
  'DecryptMessage',
  'MakeSignature',
  'VerifySignature',
  'DeleteSecurityContext',
  'FreeCredentialsHandle',
  'FreeContextBuffer',
] as const;

/** Every argument is a number, null, or memory; the result is a SECURITY_STATUS. */
export type SspiFunctions = Readonly<Record<(typeof FUNCTIONS)[number], NativeCall>>;

const BUFFER = { data: 1, token: 2, channelBindings: 14 } as const;
const SECPKG_CRED_OUTBOUND = 2;
const SECURITY_NATIVE_DREP = 0x10;
const SEC_WINNT_AUTH_IDENTITY_UNICODE = 2;
const SECPKG_ATTR_SIZES = 0;
const SECPKG_ATTR_KEY_INFO = 5;
/** SECQOP_WRAP_NO_ENCRYPT: the message was signed only. */
const NO_ENCRYPT = 0x8000_0001;

/** MaxTokenSize since Windows 8 is 48,000; nothing makes it larger than 65,535 (KB 327825). */
const MAX_TOKEN = 65_535;

export interface SspiTypes {
  readonly handle: TypeObject;
  readonly timeStamp: TypeObject;
  readonly buffer: TypeObject;
  readonly bufferDesc: TypeObject;
  readonly identity: TypeObject;
  readonly channelBindings: TypeObject;
  readonly sizes: TypeObject;
  readonly keyInfo: TypeObject;
}

/** sspi.h and rpcdce.h. `unsigned long` has four bytes on Windows whatever the processor. */
export function sspiTypes(koffi: Koffi): SspiTypes {
  const ulong = 'uint32_t';
  return {
    // SecHandle
    handle: koffi.struct({ dwLower: 'uintptr_t', dwUpper: 'uintptr_t' }),
    timeStamp: koffi.struct({ QuadPart: 'int64_t' }),
    // SecBuffer
    buffer: koffi.struct({ cbBuffer: ulong, BufferType: ulong, pvBuffer: 'void *' }),
    bufferDesc: koffi.struct({ ulVersion: ulong, cBuffers: ulong, pBuffers: 'void *' }),
    // SEC_WINNT_AUTH_IDENTITY_W
    identity: koffi.struct({
      User: 'void *',
      UserLength: ulong,
      Domain: 'void *',
      DomainLength: ulong,
      Password: 'void *',
      PasswordLength: ulong,
      Flags: ulong,
    }),
    // SEC_CHANNEL_BINDINGS, with the data behind it
    channelBindings: koffi.struct({
      dwInitiatorAddrType: ulong,
      cbInitiatorLength: ulong,
      dwInitiatorOffset: ulong,
      dwAcceptorAddrType: ulong,
      cbAcceptorLength: ulong,
      dwAcceptorOffset: ulong,
      cbApplicationDataLength: ulong,
      dwApplicationDataOffset: ulong,
    }),
    // SecPkgContext_Sizes
    sizes: koffi.struct({
      cbMaxToken: ulong,
      cbMaxSignature: ulong,
      cbBlockSize: ulong,
      cbSecurityTrailer: ulong,
    }),
    // SecPkgContext_KeyInfoW
    keyInfo: koffi.struct({
      sSignatureAlgorithmName: 'void *',
      sEncryptAlgorithmName: 'void *',
      KeySize: ulong,
      SignatureAlgorithm: ulong,
      EncryptAlgorithm: ulong,
    }),
  };
}

export interface SspiStep {
  readonly status: number;
  readonly context: SspiHandle | null;
  readonly token: Uint8Array;
  readonly flags: number;
}

export interface SspiIdentity {
  /** `user` or `user@domain`. */
  readonly user: string;
  /** Empty for a user principal name. */
  readonly domain: string;
  readonly password: string;
}

/** SSPI with values in place of memory. */
export interface SspiApi {
  /** Undefined `identity`: whoever is logged on. */
  acquire(identity: SspiIdentity | undefined): Promise<{ status: number; credential: SspiHandle }>;
  initContext(step: {
    readonly credential: SspiHandle;
    readonly context: SspiHandle | null;
    /** `HTTP/host` */
    readonly target: string;
    readonly flags: number;
    readonly bindings: Uint8Array | undefined;
    readonly token: Uint8Array | undefined;
  }): Promise<SspiStep>;
  sizes(context: SspiHandle): Promise<{ status: number; signature: number; trailer: number }>;
  /** Encryption type (RFC 3961 8); undefined where Windows does not tell. */
  keyType(context: SspiHandle): Promise<number | undefined>;
  encrypt(
    context: SspiHandle,
    message: Uint8Array,
    trailer: number,
  ): Promise<{ status: number; header: Uint8Array; data: Uint8Array }>;
  decrypt(
    context: SspiHandle,
    header: Uint8Array,
    data: Uint8Array,
  ): Promise<{ status: number; message: Uint8Array; sealed: boolean }>;
  sign(
    context: SspiHandle,
    message: Uint8Array,
    maxSignature: number,
  ): Promise<{ status: number; signature: Uint8Array }>;
  verify(context: SspiHandle, message: Uint8Array, signature: Uint8Array): Promise<number>;
  freeCredential(credential: SspiHandle): void;
  deleteContext(context: SspiHandle): void;
}

/** @throws SignInError `kerberos.unavailable` */
export async function loadSspi(): Promise<SspiApi> {
  try {
    const koffi = await loadKoffi();
    return createSspi(koffi, declareFunctions(koffi));
  } catch (error) {
    throw new SignInError('kerberos.unavailable', 'Windows’ SSPI cannot be used', {
      libraries: ['secur32.dll'],
      reasons: [error instanceof Error ? error.message.slice(0, 300) : 'unknown'],
    });
  }
}

function declareFunctions(koffi: Koffi): SspiFunctions {
  const library = koffi.load('secur32.dll');
  const ulong = 'uint32_t';
  const memory = 'void *';
  const declare = (name: string, parameters: string[], pace?: 'slow'): NativeCall =>
    nativeCall(library.func('__stdcall', name, 'int32_t', parameters), pace);
  return {
    AcquireCredentialsHandleW: declare(
      'AcquireCredentialsHandleW',
      [memory, memory, ulong, memory, memory, memory, memory, memory, memory],
      'slow',
    ),
    InitializeSecurityContextW: declare(
      'InitializeSecurityContextW',
      [memory, memory, memory, ulong, ulong, ulong, memory, ulong, memory, memory, memory, memory],
      'slow',
    ),
    QueryContextAttributesW: declare('QueryContextAttributesW', [memory, ulong, memory]),
    EncryptMessage: declare('EncryptMessage', [memory, ulong, memory, ulong]),
    DecryptMessage: declare('DecryptMessage', [memory, memory, ulong, memory]),
    MakeSignature: declare('MakeSignature', [memory, ulong, memory, ulong]),
    VerifySignature: declare('VerifySignature', [memory, memory, ulong, memory]),
    DeleteSecurityContext: declare('DeleteSecurityContext', [memory]),
    FreeCredentialsHandle: declare('FreeCredentialsHandle', [memory]),
    FreeContextBuffer: declare('FreeContextBuffer', [memory]),
  };
}

interface Part {
  readonly type: number;
  readonly memory: Uint8Array;
}

export function createSspi(koffi: Koffi, functions: SspiFunctions): SspiApi {
  const types = sspiTypes(koffi);
  const memory = (type: TypeObject, value?: unknown): Buffer => {
    const bytes = Buffer.alloc(type.size);
    if (value !== undefined) koffi.encode(bytes, type, value);
    return bytes;
  };

  /** A SecBufferDesc; `lengths` reads how much of each part Windows used. */
  const describe = (
    parts: readonly Part[],
  ): { desc: Buffer; lengths: () => number[]; held: readonly unknown[] } => {
    const buffers = Buffer.alloc(types.buffer.size * parts.length);
    for (const [i, part] of parts.entries()) {
      koffi.encode(buffers, i * types.buffer.size, types.buffer, {
        cbBuffer: part.memory.length,
        BufferType: part.type,
        pvBuffer: part.memory.length === 0 ? null : part.memory,
      });
    }
    const desc = memory(types.bufferDesc, { ulVersion: 0, cBuffers: parts.length, pBuffers: buffers });
    return {
      desc,
      lengths: () =>
        parts.map((part, i) => Math.min(buffers.readUInt32LE(i * types.buffer.size), part.memory.length)),
      // Known to Windows by their addresses only.
      held: [buffers, parts],
    };
  };

  return {
    async acquire(identity) {
      const credential = memory(types.handle);
      const words = identityWords(identity);
      const auth =
        identity === undefined || words === undefined
          ? null
          : memory(types.identity, {
              User: words.user,
              UserLength: identity.user.length,
              Domain: identity.domain === '' ? null : words.domain,
              DomainLength: identity.domain.length,
              Password: words.password,
              PasswordLength: identity.password.length,
              Flags: SEC_WINNT_AUTH_IDENTITY_UNICODE,
            });
      try {
        const status = await functions.AcquireCredentialsHandleW(
          null,
          wide('Kerberos'),
          SECPKG_CRED_OUTBOUND,
          null,
          auth,
          null,
          null,
          credential,
          memory(types.timeStamp),
        );
        return { status: status >>> 0, credential };
      } finally {
        words?.password.fill(0);
      }
    },

    async initContext({ credential, context, target, flags, bindings, token }) {
      const incoming: Part[] = [];
      if (token !== undefined) incoming.push({ type: BUFFER.token, memory: Buffer.from(token) });
      if (bindings !== undefined) {
        const head = memory(types.channelBindings, {
          dwInitiatorAddrType: 0,
          cbInitiatorLength: 0,
          dwInitiatorOffset: 0,
          dwAcceptorAddrType: 0,
          cbAcceptorLength: 0,
          dwAcceptorOffset: 0,
          cbApplicationDataLength: bindings.length,
          dwApplicationDataOffset: types.channelBindings.size,
        });
        incoming.push({ type: BUFFER.channelBindings, memory: Buffer.concat([head, bindings]) });
      }
      const input = incoming.length === 0 ? undefined : describe(incoming);
      const answer = Buffer.alloc(MAX_TOKEN);
      const output = describe([{ type: BUFFER.token, memory: answer }]);
      const made = context ?? memory(types.handle);
      const attributes = word();
      const status = await functions.InitializeSecurityContextW(
        credential,
        context,
        wide(target),
        flags,
        0,
        SECURITY_NATIVE_DREP,
        input?.desc ?? null,
        0,
        made,
        output.desc,
        attributes,
        memory(types.timeStamp),
      );
      // No handle is made where the first call fails.
      const failed = (status & 0x8000_0000) !== 0;
      const [length = 0] = output.lengths();
      release(input?.held, output.held);
      return {
        status: status >>> 0,
        context: failed && context === null ? null : made,
        token: Uint8Array.from(answer.subarray(0, failed ? 0 : length)),
        flags: attributes.readUInt32LE(),
      };
    },

    async sizes(context) {
      const sizes = memory(types.sizes);
      const status = await functions.QueryContextAttributesW(context, SECPKG_ATTR_SIZES, sizes);
      return { status: status >>> 0, signature: sizes.readUInt32LE(4), trailer: sizes.readUInt32LE(12) };
    },

    async keyType(context) {
      const info = memory(types.keyInfo);
      const status = await functions.QueryContextAttributesW(context, SECPKG_ATTR_KEY_INFO, info);
      if (status !== 0) return undefined;
      const { sSignatureAlgorithmName, sEncryptAlgorithmName, EncryptAlgorithm } = koffi.decode(
        info,
        types.keyInfo,
      ) as { sSignatureAlgorithmName: Pointer; sEncryptAlgorithmName: Pointer; EncryptAlgorithm: number };
      for (const name of [sSignatureAlgorithmName, sEncryptAlgorithmName]) {
        // oxlint-disable-next-line no-await-in-loop -- two at the most
        if (name !== null) await functions.FreeContextBuffer(name);
      }
      return EncryptAlgorithm;
    },

    async encrypt(context, message, trailer) {
      const header = Buffer.alloc(trailer);
      const data = Buffer.from(message);
      const parts = describe([
        { type: BUFFER.token, memory: header },
        { type: BUFFER.data, memory: data },
      ]);
      const status = await functions.EncryptMessage(context, 0, parts.desc, 0);
      const [headerLength = 0, dataLength = 0] = parts.lengths();
      release(parts.held);
      return {
        status: status >>> 0,
        header: header.subarray(0, headerLength),
        data: data.subarray(0, dataLength),
      };
    },

    async decrypt(context, header, data) {
      const message = Buffer.from(data);
      const parts = describe([
        { type: BUFFER.token, memory: Buffer.from(header) },
        { type: BUFFER.data, memory: message },
      ]);
      const quality = word();
      const status = await functions.DecryptMessage(context, parts.desc, 0, quality);
      const [, length = 0] = parts.lengths();
      release(parts.held);
      return {
        status: status >>> 0,
        message: message.subarray(0, length),
        sealed: quality.readUInt32LE() !== NO_ENCRYPT,
      };
    },

    async sign(context, message, maxSignature) {
      const signature = Buffer.alloc(maxSignature);
      const parts = describe([
        { type: BUFFER.data, memory: Buffer.from(message) },
        { type: BUFFER.token, memory: signature },
      ]);
      const status = await functions.MakeSignature(context, 0, parts.desc, 0);
      const [, length = 0] = parts.lengths();
      release(parts.held);
      return { status: status >>> 0, signature: signature.subarray(0, length) };
    },

    async verify(context, message, signature) {
      const parts = describe([
        { type: BUFFER.data, memory: Buffer.from(message) },
        { type: BUFFER.token, memory: Buffer.from(signature) },
      ]);
      const status = await functions.VerifySignature(context, parts.desc, 0, word());
      release(parts.held);
      return status >>> 0;
    },

    freeCredential(credential) {
      void functions.FreeCredentialsHandle(credential).catch(() => undefined);
    },
    deleteContext(context) {
      void functions.DeleteSecurityContext(context).catch(() => undefined);
    },
  };
}

/** Memory for an unsigned long. */
function word(): Buffer {
  return Buffer.alloc(4);
}

/** Zero-terminated UTF-16. */
function wide(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'utf16le');
}

function identityWords(
  identity: SspiIdentity | undefined,
): { user: Buffer; domain: Buffer; password: Buffer } | undefined {
  if (identity === undefined) return undefined;
  return { user: wide(identity.user), domain: wide(identity.domain), password: wide(identity.password) };
}

/** Marks the end of the time for which memory had to live. */
function release(...held: readonly unknown[]): void {
  held.at(0);
}
