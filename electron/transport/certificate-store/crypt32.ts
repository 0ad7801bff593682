/**
 * Windows' certificate stores through koffi: crypt32.dll. Structures are laid out here, in memory of ours, as wincrypt.h declares them for
 * 64 bits. Why a call failed stays on the thread it ran on, so that causes are told apart by asking, not by GetLastError.
 */
import type { TypeObject } from 'koffi';
import { loadKoffi, nativeCall, type NativeCall } from '../gss/native.ts';

type Koffi = Awaited<ReturnType<typeof loadKoffi>>;

export const CRYPT32_FUNCTIONS = [
  'CertOpenStore',
  'CertFindCertificateInStore',
  'CertGetCertificateContextProperty',
  'CertAddCertificateContextToStore',
  'PFXExportCertStoreEx',
  'CertFreeCertificateContext',
  'CertCloseStore',
] as const;

/** Every argument is a number, null, or memory; the result is a handle or a BOOL, 0 where it failed. */
export type Crypt32Functions = Readonly<Record<(typeof CRYPT32_FUNCTIONS)[number], NativeCall>>;

/** Handles are addresses in the lower 47 bits, which a number holds. */
export type Handle = number;

const CERT_STORE_PROV_MEMORY = 2;
const CERT_STORE_PROV_SYSTEM_W = 10;
const CERT_STORE_OPEN_EXISTING_FLAG = 0x4000;
const CERT_STORE_READONLY_FLAG = 0x8000;
const LOCATIONS = { user: 1 << 16, machine: 2 << 16 } as const;
/** X509_ASN_ENCODING | PKCS_7_ASN_ENCODING */
const ENCODINGS = 0x1_0001;
const CERT_FIND_SHA1_HASH = 0x1_0000;
const CERT_KEY_PROV_INFO_PROP_ID = 2;
const CERT_STORE_ADD_ALWAYS = 4;
/** Fails where a key is not there or may not leave, and never asks in a window of its own. */
const EXPORT = {
  reportNoKey: 1,
  reportNotExportable: 2,
  privateKeys: 4,
  silent: 0x40,
  pbes2: 0x80,
} as const;
const EXPORT_FLAGS = EXPORT.reportNoKey | EXPORT.reportNotExportable | EXPORT.privateKeys | EXPORT.silent;
/** PKCS12_PBES2_ALG_AES256_SHA256, since Windows 10 1709 and Server 2019. */
const AES = 'AES256-SHA256';

/** A certificate, its key and those it may bring have some kilobytes. */
const MOST_BYTES = 1024 * 1024;

export interface Crypt32Types {
  readonly blob: TypeObject;
  readonly pbes2: TypeObject;
}

/** wincrypt.h. */
export function crypt32Types(koffi: Koffi): Crypt32Types {
  return {
    // CRYPT_INTEGER_BLOB, of which CRYPT_HASH_BLOB and CRYPT_DATA_BLOB are other names
    blob: koffi.struct({ cbData: 'uint32_t', pbData: 'void *' }),
    // PKCS12_PBES2_EXPORT_PARAMS
    pbes2: koffi.struct({ dwSize: 'uint32_t', hNcryptDescriptor: 'void *', pwszPbes2Alg: 'void *' }),
  };
}

/** The stores with values in place of memory. Handles are 0 where there is none. */
export interface Crypt32 {
  /** The user's or the machine's personal certificates. */
  openPersonal(location: 'user' | 'machine'): Promise<Handle>;
  openMemory(): Promise<Handle>;
  /** By SHA-1. */
  find(store: Handle, hash: Uint8Array): Promise<Handle>;
  hasKey(certificate: Handle): Promise<boolean>;
  add(store: Handle, certificate: Handle): Promise<boolean>;
  /** PKCS#12 of all that is in the store; undefined where a key may not leave. `aes`: not known to older versions. */
  exportPfx(store: Handle, passphrase: string, aes: boolean): Promise<Uint8Array | undefined>;
  freeCertificate(certificate: Handle): Promise<void>;
  closeStore(store: Handle): Promise<void>;
}

/** Rejects where the library cannot be had. */
export async function loadCrypt32(): Promise<Crypt32> {
  const koffi = await loadKoffi();
  return createCrypt32(koffi, declareFunctions(koffi));
}

function declareFunctions(koffi: Koffi): Crypt32Functions {
  const library = koffi.load('crypt32.dll');
  const [handle, memory, dword, bool] = ['uintptr_t', 'void *', 'uint32_t', 'int32_t'];
  const declare = (name: string, result: string, parameters: string[]): NativeCall =>
    nativeCall(library.func('__stdcall', name, result, parameters));
  return {
    // The first is a small number in the place of a text.
    CertOpenStore: declare('CertOpenStore', handle, [handle, dword, handle, dword, memory]),
    CertFindCertificateInStore: declare('CertFindCertificateInStore', handle, [
      handle,
      dword,
      dword,
      dword,
      memory,
      handle,
    ]),
    CertGetCertificateContextProperty: declare('CertGetCertificateContextProperty', bool, [
      handle,
      dword,
      memory,
      memory,
    ]),
    CertAddCertificateContextToStore: declare('CertAddCertificateContextToStore', bool, [
      handle,
      handle,
      dword,
      memory,
    ]),
    PFXExportCertStoreEx: declare('PFXExportCertStoreEx', bool, [handle, memory, memory, memory, dword]),
    CertFreeCertificateContext: declare('CertFreeCertificateContext', bool, [handle]),
    CertCloseStore: declare('CertCloseStore', bool, [handle, dword]),
  };
}

export function createCrypt32(koffi: Koffi, functions: Crypt32Functions): Crypt32 {
  const types = crypt32Types(koffi);
  const memory = (type: TypeObject, value: unknown): Buffer => {
    const bytes = Buffer.alloc(type.size);
    koffi.encode(bytes, type, value);
    return bytes;
  };
  return {
    openPersonal: (location) =>
      functions.CertOpenStore(
        CERT_STORE_PROV_SYSTEM_W,
        0,
        0,
        LOCATIONS[location] | CERT_STORE_OPEN_EXISTING_FLAG | CERT_STORE_READONLY_FLAG,
        wide('MY'),
      ),
    openMemory: () => functions.CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, 0, null),
    async find(store, hash) {
      const bytes = Buffer.from(hash);
      const blob = memory(types.blob, { cbData: bytes.length, pbData: bytes });
      const found = await functions.CertFindCertificateInStore(
        store,
        ENCODINGS,
        0,
        CERT_FIND_SHA1_HASH,
        blob,
        0,
      );
      hold(bytes);
      return found;
    },
    async hasKey(certificate) {
      const size = Buffer.alloc(4);
      const { CertGetCertificateContextProperty: get } = functions;
      return (await get(certificate, CERT_KEY_PROV_INFO_PROP_ID, null, size)) !== 0;
    },
    add: async (store, certificate) =>
      (await functions.CertAddCertificateContextToStore(store, certificate, CERT_STORE_ADD_ALWAYS, null)) !==
      0,
    async exportPfx(store, passphrase, aes) {
      const password = wide(passphrase);
      const algorithm = wide(AES);
      const how = aes
        ? memory(types.pbes2, {
            dwSize: types.pbes2.size,
            hNcryptDescriptor: null,
            pwszPbes2Alg: algorithm,
          })
        : null;
      const flags = EXPORT_FLAGS | (aes ? EXPORT.pbes2 : 0);
      const blob = memory(types.blob, { cbData: 0, pbData: null });
      try {
        // How long it is, and then what it is: both make it anew, and need not agree to the byte.
        if ((await functions.PFXExportCertStoreEx(store, blob, password, how, flags)) === 0) return undefined;
        const length = blob.readUInt32LE();
        if (length === 0 || length > MOST_BYTES) return undefined;
        const data = Buffer.alloc(length + SPARE_BYTES);
        koffi.encode(blob, types.blob, { cbData: data.length, pbData: data });
        const done = await functions.PFXExportCertStoreEx(store, blob, password, how, flags);
        hold(algorithm, data);
        return done === 0 ? undefined : data.subarray(0, Math.min(blob.readUInt32LE(), data.length));
      } finally {
        password.fill(0);
      }
    },
    async freeCertificate(certificate) {
      await functions.CertFreeCertificateContext(certificate);
    },
    async closeStore(store) {
      await functions.CertCloseStore(store, 0);
    },
  };
}

/** Integers of DER lose their leading zeros: two exports may differ by some bytes. */
const SPARE_BYTES = 64;

/** UTF-16 with its end. */
function wide(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'utf16le');
}

/** Windows knows these by their address only: they must not be collected before the call is over. */
function hold(...kept: readonly unknown[]): void {
  kept.at(0);
}
