/**
 * The system's GSS-API through koffi: MIT's libgssapi_krb5, Heimdal's libgssapi, Apple's GSS.framework. Nothing else of ours touches the
 * library's memory: what it hands out is copied and given back at once.
 *
 * Only the krb5 mechanism is asked for. SPNEGO is ours, because MIT's changes to NTLM by itself where gss-ntlmssp is installed.
 */
import type { TypeObject } from 'koffi';
import { SignInError } from '../../protocol/auth/sign-in-error.ts';
import type { GssApi, GssStatus } from './gss-api.ts';
import { loadKoffi, nativeCall, type NativeCall, type Pointer } from './native.ts';

type Koffi = Awaited<ReturnType<typeof loadKoffi>>;
type Library = ReturnType<Koffi['load']>;
type Parameter = string | TypeObject | ReturnType<Koffi['out']>;

export interface GssLibrary {
  readonly flavour: GssApi['flavour'];
  readonly file: string;
}

/** Best first. On Linux MIT's before Heimdal's: it is the one that the distributions' own programs use. */
const LIBRARIES: Readonly<Record<string, readonly GssLibrary[]>> = {
  linux: [
    { flavour: 'mit', file: 'libgssapi_krb5.so.2' },
    { flavour: 'heimdal', file: 'libgssapi.so.3' },
  ],
  darwin: [{ flavour: 'macos', file: '/System/Library/Frameworks/GSS.framework/GSS' }],
};

/** DER contents of object identifiers. */
const OID = {
  /** 1.2.840.113554.1.2.2 (RFC 4121 1) */
  krb5: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02],
  /** 1.2.840.113554.1.2.1.4, GSS_C_NT_HOSTBASED_SERVICE (RFC 2744 Appendix A) */
  service: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x01, 0x04],
  /** 1.2.840.113554.1.2.2.1, GSS_KRB5_NT_PRINCIPAL_NAME (RFC 1964 2.1.1) */
  principal: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02, 0x01],
  /** 1.2.840.113554.1.2.2.5.5, GSS_C_INQ_SSPI_SESSION_KEY of MIT and Heimdal */
  sessionKey: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02, 0x05, 0x05],
  /** 1.2.840.113554.1.2.2.4, under which that answer names the key's encryption type */
  keyTypes: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02, 0x04],
} as const;

const INITIATE = 1;
const GSS_CODE = 1;
const MECH_CODE = 2;

/** A status has one text, or two with the mechanism's; whatever goes on for longer is cut. */
const MAX_TEXTS = 4;

export interface GssTypes {
  readonly buffer: TypeObject;
  readonly oid: TypeObject;
  readonly oidSet: TypeObject;
  readonly bindings: TypeObject;
  readonly bufferSet: TypeObject;
  readonly storeElement: TypeObject;
  readonly store: TypeObject;
}

/**
 * The structures of RFC 2744 Appendix A and of MIT's gssapi_ext.h. `packed`: as Apple declares them for Intel, where no member is aligned
 * to more than two bytes (GSS/gssapi.h, "Compatiblity with MIT Kerberos on the Mac").
 */
export function gssTypes(koffi: Koffi, packed: boolean): GssTypes {
  const at = (type: string | TypeObject): string | TypeObject | [number, string | TypeObject] =>
    packed ? [2, type] : type;
  const buffer = koffi.struct({ length: at('size_t'), value: at('void *') });
  return {
    buffer,
    oid: koffi.struct({ length: at('uint32_t'), elements: at('void *') }),
    oidSet: koffi.struct({ count: at('size_t'), elements: at('void *') }),
    bindings: koffi.struct({
      initiatorAddressType: at('uint32_t'),
      initiatorAddress: at(buffer),
      acceptorAddressType: at('uint32_t'),
      acceptorAddress: at(buffer),
      applicationData: at(buffer),
    }),
    bufferSet: koffi.struct({ count: at('size_t'), elements: at('void *') }),
    storeElement: koffi.struct({ key: at('void *'), value: at('void *') }),
    store: koffi.struct({ count: at('uint32_t'), elements: at('void *') }),
  };
}

/**
 * Loads the system's library, or `library` where one is named.
 * @throws SignInError `kerberos.unavailable`
 */
export async function loadGssApi(library?: GssLibrary): Promise<GssApi> {
  const candidates = library === undefined ? (LIBRARIES[process.platform] ?? []) : [library];
  const reasons: string[] = [];
  try {
    const koffi = await loadKoffi();
    for (const { flavour, file } of candidates) {
      try {
        pin(koffi, file);
        return bind(koffi, koffi.load(file), flavour);
      } catch (error) {
        reasons.push(error instanceof Error ? error.message : String(error));
      }
    }
  } catch (error) {
    reasons.push(error instanceof Error ? error.message : String(error));
  }
  throw new SignInError('kerberos.unavailable', 'This system has no Kerberos library that can be used', {
    libraries: candidates.map(({ file }) => file),
    reasons: reasons.map((reason) => reason.slice(0, 300)),
  });
}

/** RTLD_NOW | RTLD_NODELETE, as each system's dlfcn.h numbers them. */
const KEEP_LOADED: Readonly<Record<string, number>> = { linux: 0x1002, darwin: 0x82 };

/**
 * Keeps the library in memory for good. When the process ends koffi unloads what it loaded, while its threads still live; Heimdal has left
 * each of them something to run at their end, which would then be gone: a crash on the way out.
 */
function pin(koffi: Koffi, file: string): void {
  const flags = KEEP_LOADED[process.platform];
  if (flags !== undefined) koffi.load(null).func('void *dlopen(const char *file, int flags)')(file, flags);
}

/** What an `_Out_ gss_buffer_t` becomes. */
interface OutBuffer {
  length?: number | bigint;
  value?: Pointer;
}

function given(data: Uint8Array): { readonly length: number; readonly value: Uint8Array | null } {
  return { length: data.length, value: data.length === 0 ? null : data };
}

function status(major: number, minor: readonly number[]): GssStatus {
  return { major: major >>> 0, minor: (minor[0] ?? 0) | 0 };
}

async function acquired(
  call: NativeCall,
  before: readonly unknown[],
): Promise<GssStatus & { credential: Pointer; lifetime: number }> {
  const minor = [0];
  const credential: Pointer[] = [null];
  const lifetime = [0];
  const major = await call(minor, ...before, credential, null, lifetime);
  return { ...status(major, minor), credential: credential[0] ?? null, lifetime: lifetime[0] ?? 0 };
}

function bind(koffi: Koffi, library: Library, flavour: GssApi['flavour']): GssApi {
  const types = gssTypes(koffi, flavour === 'macos' && process.arch === 'x64');
  const { out, inout, pointer } = koffi;
  const handle = 'void *';
  const outHandle = out(pointer(handle));
  const inoutHandle = inout(pointer(handle));
  const outNumber = out(pointer('uint32_t'));
  const inBuffer = pointer(types.buffer);
  const outBuffer = out(pointer(types.buffer));
  const declare = (name: string, parameters: readonly Parameter[]): ReturnType<Library['func']> =>
    library.func(`gss_${name}`, 'uint32_t', [outNumber, ...parameters]);
  const optional = (
    name: string,
    parameters: readonly Parameter[],
  ): ReturnType<Library['func']> | undefined => {
    try {
      return declare(name, parameters);
    } catch {
      return undefined;
    }
  };

  const importName = nativeCall(declare('import_name', [inBuffer, handle, outHandle]));
  const canonicalize = nativeCall(declare('canonicalize_name', [handle, handle, outHandle]));
  const display = nativeCall(declare('display_name', [handle, outBuffer, handle]));
  const acquire = declare('acquire_cred', [handle, 'uint32_t', handle, 'int', outHandle, handle, outNumber]);
  const acquireFrom = optional('acquire_cred_from', [
    handle,
    'uint32_t',
    handle,
    'int',
    pointer(types.store),
    outHandle,
    handle,
    outNumber,
  ]);
  const acquireWithPassword = declare('acquire_cred_with_password', [
    handle,
    inBuffer,
    'uint32_t',
    handle,
    'int',
    outHandle,
    handle,
    outNumber,
  ]);
  const init = declare('init_sec_context', [
    handle,
    inoutHandle,
    handle,
    handle,
    'uint32_t',
    'uint32_t',
    pointer(types.bindings),
    inBuffer,
    handle,
    outBuffer,
    outNumber,
    handle,
  ]);
  const slowAcquire = nativeCall(acquire, 'slow');
  const slowAcquireFrom = acquireFrom === undefined ? undefined : nativeCall(acquireFrom, 'slow');
  const slowAcquireWithPassword = nativeCall(acquireWithPassword, 'slow');
  // The first call asks the key distribution centre for the service's ticket; later ones compute.
  const firstInit = nativeCall(init, 'slow');
  const laterInit = nativeCall(init);
  const wrap = nativeCall(
    declare('wrap', [handle, 'int', 'uint32_t', inBuffer, out(pointer('int')), outBuffer]),
  );
  const unwrap = nativeCall(declare('unwrap', [handle, inBuffer, outBuffer, out(pointer('int')), outNumber]));
  const getMic = nativeCall(declare('get_mic', [handle, 'uint32_t', inBuffer, outBuffer]));
  const verifyMic = nativeCall(declare('verify_mic', [handle, inBuffer, inBuffer, outNumber]));
  const inquireByOid = optional('inquire_sec_context_by_oid', [handle, handle, outHandle]);
  const inquire = inquireByOid === undefined ? undefined : nativeCall(inquireByOid);
  // These free memory or look up a text, and are called where they are needed.
  const releaseBuffer = declare('release_buffer', [inout(pointer(types.buffer))]);
  const releaseBufferSet = optional('release_buffer_set', [inoutHandle]);
  const releaseName = declare('release_name', [inoutHandle]);
  const releaseCred = declare('release_cred', [inoutHandle]);
  const deleteContext = declare('delete_sec_context', [inoutHandle, handle]);
  const displayStatus = declare('display_status', [
    'uint32_t',
    'int',
    handle,
    inout(pointer('uint32_t')),
    outBuffer,
  ]);

  /** Memory for as long as the program runs. */
  const constant = (type: TypeObject, value: unknown): Pointer => {
    const memory: Pointer = koffi.alloc(type, 1);
    koffi.encode(memory, type, value);
    return memory;
  };
  const oid = (der: readonly number[]): Pointer => {
    const elements: Pointer = koffi.alloc('uint8_t', der.length);
    koffi.encode(elements, 'uint8_t', Uint8Array.from(der), der.length);
    return constant(types.oid, { length: der.length, elements });
  };
  const krb5 = oid(OID.krb5);
  const onlyKrb5 = constant(types.oidSet, { count: 1, elements: krb5 });
  const nameTypes = { service: oid(OID.service), principal: oid(OID.principal) };
  const sessionKey = oid(OID.sessionKey);

  const copy = (buffer: OutBuffer): Uint8Array => {
    const length = Number(buffer.length ?? 0);
    if (length === 0 || (buffer.value ?? null) === null) return new Uint8Array();
    return koffi.decode(buffer.value, 'uint8_t', length) as Uint8Array;
  };
  const take = (buffer: OutBuffer): Uint8Array => {
    try {
      return copy(buffer);
    } finally {
      if ((buffer.value ?? null) !== null) releaseBuffer([0], buffer);
    }
  };
  function text(code: number, kind: number): string[] {
    const texts: string[] = [];
    const more = [0];
    do {
      const buffer: OutBuffer = {};
      const major = Number(displayStatus([0], code >>> 0, kind, krb5, more, buffer)) >>> 0;
      if (major !== 0) break;
      texts.push(Buffer.from(take(buffer)).toString('utf8'));
    } while (more[0] !== 0 && texts.length < MAX_TEXTS);
    return texts;
  }

  return {
    flavour,
    async importName(name, type) {
      const minor = [0];
      const result: Pointer[] = [null];
      const major = await importName(minor, given(Buffer.from(name, 'utf8')), nameTypes[type], result);
      return { ...status(major, minor), name: result[0] ?? null };
    },
    async canonicalName(name) {
      const minor = [0];
      const result: Pointer[] = [null];
      const major = await canonicalize(minor, name, krb5, result);
      if (result[0] === null || result[0] === undefined) return { ...status(major, minor), text: '' };
      try {
        const buffer: OutBuffer = {};
        const shown = await display(minor, result[0], buffer, null);
        return { ...status(shown, minor), text: Buffer.from(take(buffer)).toString('utf8') };
      } finally {
        releaseName([0], result);
      }
    },
    async acquire(name, store) {
      const entries = Object.entries(store);
      if (entries.length === 0) return acquired(slowAcquire, [name, 0, onlyKrb5, INITIATE]);
      if (slowAcquireFrom === undefined) return undefined;
      const strings = entries.flat().map((value) => Buffer.from(`${value}\0`, 'utf8'));
      const elements: Pointer = koffi.alloc(types.storeElement, entries.length);
      try {
        for (let i = 0; i < entries.length; i++) {
          const element = { key: strings[2 * i], value: strings[2 * i + 1] };
          koffi.encode(elements, i * koffi.sizeof(types.storeElement), types.storeElement, element);
        }
        const set = { count: entries.length, elements };
        return await acquired(slowAcquireFrom, [name, 0, onlyKrb5, INITIATE, set]);
      } finally {
        koffi.free(elements);
        // Used up to here by the addresses alone.
        strings.length = 0;
      }
    },
    acquireWithPassword: (name, password) =>
      acquired(slowAcquireWithPassword, [name, given(password), 0, onlyKrb5, INITIATE]),
    async initContext({ credential, context, target, flags, bindings, token }) {
      const minor = [0];
      const handles: Pointer[] = [context];
      const buffer: OutBuffer = {};
      const got = [0];
      const nothing = given(new Uint8Array());
      const channel =
        bindings === undefined
          ? null
          : {
              initiatorAddressType: 0,
              initiatorAddress: nothing,
              acceptorAddressType: 0,
              acceptorAddress: nothing,
              applicationData: given(bindings),
            };
      const major = await (context === null ? firstInit : laterInit)(
        minor,
        credential,
        handles,
        target,
        krb5,
        flags,
        0,
        channel,
        given(token ?? new Uint8Array()),
        null,
        buffer,
        got,
        null,
      );
      return {
        ...status(major, minor),
        context: handles[0] ?? null,
        token: take(buffer),
        flags: got[0] ?? 0,
      };
    },
    async keyType(context) {
      if (inquire === undefined || releaseBufferSet === undefined) return undefined;
      const set: Pointer[] = [null];
      const major = await inquire([0], context, sessionKey, set);
      if (set[0] === null || set[0] === undefined) return undefined;
      try {
        if (major >>> 0 !== 0) return undefined;
        const { count, elements } = koffi.decode(set[0], types.bufferSet) as {
          count: number | bigint;
          elements: Pointer;
        };
        // The key, and the object identifier of its type.
        if (Number(count) < 2) return undefined;
        const size = koffi.sizeof(types.buffer);
        const key = koffi.decode(elements, types.buffer) as OutBuffer;
        koffi.encode(key.value, 'uint8_t', new Uint8Array(Number(key.length)), Number(key.length));
        return keyTypeOf(copy(koffi.decode(elements, size, types.buffer) as OutBuffer));
      } finally {
        releaseBufferSet([0], set);
      }
    },
    async wrap(context, message) {
      const minor = [0];
      const sealed = [0];
      const buffer: OutBuffer = {};
      const major = await wrap(minor, context, 1, 0, given(message), sealed, buffer);
      return { ...status(major, minor), token: take(buffer), sealed: sealed[0] !== 0 };
    },
    async unwrap(context, token) {
      const minor = [0];
      const sealed = [0];
      const buffer: OutBuffer = {};
      const major = await unwrap(minor, context, given(token), buffer, sealed, [0]);
      return { ...status(major, minor), message: take(buffer), sealed: sealed[0] !== 0 };
    },
    async getMic(context, message) {
      const minor = [0];
      const buffer: OutBuffer = {};
      const major = await getMic(minor, context, 0, given(message), buffer);
      return { ...status(major, minor), token: take(buffer) };
    },
    async verifyMic(context, message, token) {
      const minor = [0];
      return status(await verifyMic(minor, context, given(message), given(token), [0]), minor);
    },
    describe: ({ major, minor }) => [...text(major, GSS_CODE), ...text(minor, MECH_CODE)].join(' / '),
    releaseName: (name) => void (name === null || releaseName([0], [name])),
    releaseCredential: (credential) => void (credential === null || releaseCred([0], [credential])),
    deleteContext: (context) => void (context === null || deleteContext([0], [context], null)),
  };
}

/** The last arc of the identifier, base 128. */
function keyTypeOf(oid: Uint8Array): number | undefined {
  const { keyTypes } = OID;
  if (oid.length <= keyTypes.length || keyTypes.some((byte, i) => oid[i] !== byte)) return undefined;
  return oid.subarray(keyTypes.length).reduce((value, byte) => value * 128 + (byte & 0x7f), 0);
}
