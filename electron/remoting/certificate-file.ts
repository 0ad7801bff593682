/** A person's certificate from a file, PFX or PEM, as the transport takes it. */
import { readFile } from 'node:fs/promises';
import { TransportError } from '../transport/errors.ts';
import type { ClientCertificate } from '../transport/winrm-http/client-certificate.ts';

/** A PFX with a chain has some kilobytes; what is larger is something else. */
const MOST_BYTES = 1024 * 1024;

export interface CertificateFiles {
  /**
   * PFX (PKCS #12), or PEM: told apart by what is in it. `Cert:\CurrentUser\My\` or `Cert:\LocalMachine\My\` and a thumbprint, as
   * PowerShell writes it, is one of Windows' store.
   */
  readonly certificate: string;
  /** PEM of the key, where it is in a file of its own. */
  readonly key?: string;
  readonly passphrase?: string;
}

const STORED = /^cert:[\\/](CurrentUser|LocalMachine)[\\/]My[\\/](\S+)$/i;

/** @throws TransportError `certificate.unreadable`: fact `reason` is `not-found`, `not-allowed`, `folder`, `too-large` or the system's code */
export async function readClientCertificate(files: CertificateFiles): Promise<ClientCertificate> {
  const { passphrase } = files;
  const [, place, thumbprint] = STORED.exec(files.certificate) ?? [];
  if (thumbprint !== undefined) {
    return { kind: 'store', thumbprint, location: /^L/i.test(place ?? '') ? 'machine' : 'user' };
  }
  const data = await read(files.certificate);
  const locked = passphrase === undefined ? {} : { passphrase };
  if (!data.includes('-----BEGIN ')) return { kind: 'pfx', data, ...locked };
  return {
    kind: 'pem',
    certificate: data.toString('utf8'),
    ...(files.key === undefined ? {} : { key: (await read(files.key)).toString('utf8') }),
    ...locked,
  };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'not-found',
  ENOTDIR: 'not-found',
  EACCES: 'not-allowed',
  EPERM: 'not-allowed',
  EISDIR: 'folder',
};

async function read(file: string): Promise<Buffer> {
  let data: Buffer;
  try {
    data = await readFile(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw unreadable(REASONS[code] ?? code);
  }
  if (data.length > MOST_BYTES) throw unreadable('too-large');
  return data;
}

function unreadable(reason: string): TransportError {
  return new TransportError('certificate.unreadable', 'The file of the certificate cannot be read', {
    facts: { reason },
  });
}
