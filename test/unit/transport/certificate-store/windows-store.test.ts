/**
 * Windows' certificate store on a fake of crypt32.dll that reads and writes memory as the real one does. Nothing of this has met Windows:
 * docs/signing-in.md says so.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import {
  createCrypt32,
  CRYPT32_FUNCTIONS,
  crypt32Types,
  type Crypt32Functions,
} from '../../../../electron/transport/certificate-store/crypt32.ts';
import { exportFromStore } from '../../../../electron/transport/certificate-store/windows-store.ts';
import { TransportError } from '../../../../electron/transport/errors.ts';
import { loadKoffi } from '../../../../electron/transport/gss/native.ts';

const THUMB = '0123456789ABCDEF0123456789ABCDEF01234567';
const PFX = Buffer.from('what Windows exports, of whatever bytes it may be');
const koffi = await loadKoffi();
const types = crypt32Types(koffi);

/** wincrypt.h, X64 and ARM64: DWORD and padding, then a pointer. */
test('structures are laid out as Windows has them on 64 bits', () => {
  expect(types.blob.size).toBe(16);
  expect(koffi.offsetof(types.blob, 'pbData')).toBe(8);
  expect(types.pbes2.size).toBe(24);
  expect(koffi.offsetof(types.pbes2, 'hNcryptDescriptor')).toBe(8);
  expect(koffi.offsetof(types.pbes2, 'pwszPbes2Alg')).toBe(16);
});

interface Windows {
  readonly calls: string[];
  readonly passwords: string[];
  readonly open: Set<number>;
  /** Certificates of the personal store by their SHA-1. */
  certificates: Map<string, { key: boolean; exportable: boolean }>;
  /** Versions before 1709 know no PBES2 here. */
  old: boolean;
  locations: number[];
}

function text(address: unknown): string {
  let end = 0;
  const view = Buffer.from(koffi.view(address as never, 256));
  while (view.readUInt16LE(end) !== 0) end += 2;
  return view.toString('utf16le', 0, end);
}

/** What a buffer points to, as C would see it. */
function fake(windows: Windows): Crypt32Functions {
  let next = 0x10;
  const contents = new Map<number, number[]>();
  const hashes = new Map<number, string>();
  const make = (): number => {
    next += 0x10;
    windows.open.add(next);
    return next;
  };
  const answers: Record<(typeof CRYPT32_FUNCTIONS)[number], (...args: never[]) => number> = {
    CertOpenStore(provider: number, _encoding: number, _prov: number, flags: number, name: Buffer | null) {
      const handle = make();
      contents.set(handle, []);
      if (provider === 10) {
        expect(name?.toString('utf16le')).toBe('MY\0');
        // Read only, and never made where it is missing.
        expect(flags & 0xffff).toBe(0xc000);
        windows.locations.push(flags >> 16);
      } else expect([provider, flags, name]).toEqual([2, 0, null]);
      return handle;
    },
    CertFindCertificateInStore(
      _store: number,
      encodings: number,
      flags: number,
      type: number,
      blob: Buffer,
      previous: number,
    ) {
      expect([encodings, flags, type, previous]).toEqual([0x10001, 0, 0x10000, 0]);
      const { cbData, pbData } = koffi.decode(blob, types.blob) as { cbData: number; pbData: unknown };
      const hash = Buffer.from(koffi.view(pbData as never, cbData))
        .toString('hex')
        .toUpperCase();
      if (!windows.certificates.has(hash)) return 0;
      const handle = make();
      hashes.set(handle, hash);
      return handle;
    },
    CertGetCertificateContextProperty(certificate: number, property: number, data: null, size: Buffer) {
      expect([property, data, size.length]).toEqual([2, null, 4]);
      return windows.certificates.get(hashes.get(certificate) ?? '')?.key === true ? 1 : 0;
    },
    CertAddCertificateContextToStore(store: number, certificate: number, disposition: number, added: null) {
      expect([disposition, added]).toEqual([4, null]);
      contents.get(store)?.push(certificate);
      return 1;
    },
    PFXExportCertStoreEx(store: number, blob: Buffer, password: Buffer, how: Buffer | null, flags: number) {
      const inside = contents.get(store) ?? [];
      expect(inside).toHaveLength(1);
      // No window of its own, and a failure where the key stays behind.
      expect(flags & 0x47).toBe(0x47);
      expect(how === null).toBe((flags & 0x80) === 0);
      if (how !== null) {
        const params = koffi.decode(how, types.pbes2) as { dwSize: number; pwszPbes2Alg: unknown };
        expect(params.dwSize).toBe(24);
        expect(text(params.pwszPbes2Alg)).toBe('AES256-SHA256');
        if (windows.old) return 0;
      }
      if (windows.certificates.get(hashes.get(inside[0] ?? 0) ?? '')?.exportable !== true) return 0;
      const { cbData, pbData } = koffi.decode(blob, types.blob) as { cbData: number; pbData: unknown };
      if (pbData !== null) {
        expect(cbData).toBeGreaterThanOrEqual(PFX.length);
        new Uint8Array(koffi.view(pbData, cbData)).set(PFX);
        windows.passwords.push(password.toString('utf16le').replace(/\0$/, ''));
      }
      blob.writeUInt32LE(PFX.length);
      return 1;
    },
    CertFreeCertificateContext(certificate: number) {
      expect(windows.open.delete(certificate)).toBe(true);
      return 1;
    },
    CertCloseStore(store: number, flags: number) {
      expect(flags).toBe(0);
      expect(windows.open.delete(store)).toBe(true);
      return 1;
    },
  };
  const functions: [string, (...args: readonly unknown[]) => Promise<number>][] = CRYPT32_FUNCTIONS.map(
    (name) => [
      name,
      (...args) => {
        windows.calls.push(name);
        return Promise.resolve(answers[name](...(args as never[])));
      },
    ],
  );
  return Object.fromEntries(functions) as Crypt32Functions;
}

describe('a certificate of the store', () => {
  let windows: Windows;
  const get = (
    thumbprint: string,
    location?: 'user' | 'machine',
  ): Promise<{ data: Uint8Array; passphrase: string }> =>
    exportFromStore(
      location === undefined ? { thumbprint } : { thumbprint, location },
      () => Promise.resolve(createCrypt32(koffi, fake(windows))),
      'win32',
    );

  beforeEach(() => {
    windows = {
      calls: [],
      passwords: [],
      open: new Set(),
      certificates: new Map([[THUMB, { key: true, exportable: true }]]),
      old: false,
      locations: [],
    };
  });

  async function refusal(promise: Promise<unknown>): Promise<TransportError> {
    const error = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(TransportError);
    expect((error as TransportError).code).toBe('certificate.store');
    expect([...windows.open], 'everything is given back').toEqual([]);
    return error as TransportError;
  }

  test('comes with its key, under a passphrase of its own each time', async () => {
    const one = await get(THUMB);
    const two = await get(THUMB);
    expect(Buffer.from(one.data).equals(PFX)).toBe(true);
    expect(windows.passwords).toEqual([one.passphrase, two.passphrase]);
    expect(one.passphrase).toMatch(/^[\w-]{32}$/);
    expect(one.passphrase).not.toBe(two.passphrase);
    expect([...windows.open]).toEqual([]);
  });

  test('is the user’s, or the machine’s where that is asked for', async () => {
    await get(THUMB);
    await get(THUMB, 'machine');
    // CERT_SYSTEM_STORE_CURRENT_USER_ID, CERT_SYSTEM_STORE_LOCAL_MACHINE_ID
    expect(windows.locations).toEqual([1, 2]);
  });

  test('is found however its thumbprint is spelt', async () => {
    for (const spelt of [
      THUMB.toLowerCase(),
      THUMB.replace(/../g, '$& '),
      `\u200e${THUMB.replace(/../g, '$&:')}`,
    ]) {
      // oxlint-disable-next-line no-await-in-loop
      expect((await get(spelt)).data.length).toBe(PFX.length);
    }
  });

  test('comes from older versions of Windows, too', async () => {
    windows.old = true;
    expect((await get(THUMB)).data.length).toBe(PFX.length);
  });

  test('that is not there, has no key, or does not give it is told apart', async () => {
    expect((await refusal(get('FF'.repeat(20)))).facts).toEqual({
      reason: 'not-found',
      location: 'user',
      thumbprint: 'FF'.repeat(20),
    });
    windows.certificates.set(THUMB, { key: false, exportable: false });
    expect((await refusal(get(THUMB, 'machine'))).facts).toMatchObject({
      reason: 'no-key',
      location: 'machine',
    });
    windows.certificates.set(THUMB, { key: true, exportable: false });
    expect((await refusal(get(THUMB))).facts).toMatchObject({ reason: 'not-exportable' });
  });

  test('with a thumbprint that is none, or elsewhere than on Windows, is asked of nobody', async () => {
    for (const thumbprint of ['', 'AB', 'nonsense', `${THUMB}00`]) {
      // oxlint-disable-next-line no-await-in-loop
      expect((await refusal(get(thumbprint))).facts).toMatchObject({ reason: 'thumbprint' });
    }
    const never = (): Promise<never> => Promise.reject(new Error('it was loaded'));
    const other = await refusal(exportFromStore({ thumbprint: THUMB }, never, 'linux'));
    expect(other.facts).toMatchObject({ reason: 'platform' });
    const broken = await refusal(exportFromStore({ thumbprint: THUMB }, never, 'win32'));
    expect(broken.facts).toMatchObject({ reason: 'library' });
    expect(windows.calls).toEqual([]);
  });
});
