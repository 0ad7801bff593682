/**
 * A certificate of Windows' personal store with its key, as a PFX for this process alone: Node's TLS signs with keys that it holds itself. A
 * key that may not leave the store (most smart cards, TPMs, "not exportable") cannot be used in this way.
 */
import { randomBytes } from 'node:crypto';
import { TransportError } from '../errors.ts';
import { loadCrypt32, type Crypt32 } from './crypt32.ts';

export interface StoredCertificate {
  /** SHA-1 of the certificate in hexadecimal, as `Get-ChildItem Cert:\CurrentUser\My` shows it; other characters do not count. */
  readonly thumbprint: string;
  /** Default `user`. */
  readonly location?: 'user' | 'machine';
}

export interface ExportedCertificate {
  readonly data: Uint8Array;
  readonly passphrase: string;
}

type Reason = 'platform' | 'library' | 'thumbprint' | 'store' | 'not-found' | 'no-key' | 'not-exportable';

const WORDS: Readonly<Record<Reason, string>> = {
  platform: 'Only Windows has a certificate store of this kind',
  library: 'The certificate store of Windows cannot be used',
  thumbprint: 'The thumbprint is none',
  store: 'The certificate store cannot be opened',
  'not-found': 'No certificate in the store has this thumbprint',
  'no-key': 'The certificate in the store has no private key',
  'not-exportable': 'The private key may not leave the store',
};

const SHA1_BYTES = 20;

/** @throws TransportError `certificate.store`: fact `reason` says why */
export async function exportFromStore(
  { thumbprint, location = 'user' }: StoredCertificate,
  load: () => Promise<Crypt32> = loadCrypt32,
  platform: NodeJS.Platform = process.platform,
): Promise<ExportedCertificate> {
  const fail = (reason: Reason): TransportError =>
    new TransportError('certificate.store', WORDS[reason], {
      facts: { reason, location, thumbprint: thumbprint.slice(0, 100) },
    });
  const hash = Buffer.from(thumbprint.replace(/[^0-9a-f]/gi, ''), 'hex');
  if (hash.length !== SHA1_BYTES) throw fail('thumbprint');
  if (platform !== 'win32') throw fail('platform');
  let crypt: Crypt32;
  try {
    crypt = await load();
  } catch {
    throw fail('library');
  }
  const personal = await crypt.openPersonal(location);
  if (personal === 0) throw fail('store');
  try {
    const certificate = await crypt.find(personal, hash);
    if (certificate === 0) throw fail('not-found');
    try {
      if (!(await crypt.hasKey(certificate))) throw fail('no-key');
      const exported = await exportOne(crypt, certificate);
      if (exported === undefined) throw fail('not-exportable');
      return exported;
    } finally {
      await crypt.freeCertificate(certificate);
    }
  } finally {
    await crypt.closeStore(personal);
  }
}

/** Through a store in memory that holds nothing else; undefined where Windows does not give the key. */
async function exportOne(crypt: Crypt32, certificate: number): Promise<ExportedCertificate | undefined> {
  const memory = await crypt.openMemory();
  if (memory === 0) return undefined;
  try {
    if (!(await crypt.add(memory, certificate))) return undefined;
    // It never leaves this process, and seals what does not either.
    const passphrase = randomBytes(24).toString('base64url');
    const data =
      (await crypt.exportPfx(memory, passphrase, true)) ?? (await crypt.exportPfx(memory, passphrase, false));
    return data === undefined ? undefined : { data, passphrase };
  } finally {
    await crypt.closeStore(memory);
  }
}
