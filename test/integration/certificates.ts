/** An authority with certificates for servers and people, made by OpenSSL's own program: nothing of ours or Node's is in them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const OPENSSL = 'openssl';

const version = spawnSync(OPENSSL, ['version']).stdout?.toString() ?? '';

/** Why there are no certificates; undefined where there are. LibreSSL, which macOS calls openssl, has not all that is needed. */
export const noOpenssl = /^OpenSSL [3-9]/.test(version)
  ? undefined
  : 'the program openssl, version 3 or later, is missing';
if (noOpenssl !== undefined) console.warn(`Skipped: ${noOpenssl}`);

export interface Issued {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

export interface IssueOptions {
  /** `CN=ada` and the like. */
  readonly subject: string;
  /** Lines of OpenSSL's extension section. */
  readonly extensions?: readonly string[];
  /** Self-signed where not given. */
  readonly issuer?: Issued;
  /** `20200101000000Z`, both or none; else a month from yesterday. */
  readonly from?: string;
  readonly to?: string;
}

export class Certificates {
  readonly folder = mkdtempSync(join(tmpdir(), 'psdeck-certificates-'));
  #count = 0;

  /** Runs the program; its words where it fails. */
  run(args: readonly string[], input = ''): Buffer {
    const { status, stdout, stderr, error } = spawnSync(OPENSSL, args, { cwd: this.folder, input });
    if (status === 0) return stdout;
    throw error ?? new Error(`openssl ${args.join(' ')}: ${stderr.toString()}`);
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  read(name: string): Buffer {
    return readFileSync(this.file(name));
  }

  issue({ subject, extensions = [], issuer, from, to }: IssueOptions): Issued {
    const name = String(++this.#count);
    const [keyFile, certificateFile, request, config] = ['key', 'pem', 'csr', 'cnf'].map((end) =>
      this.file(`${name}.${end}`),
    ) as [string, string, string, string];
    const database = this.file(`${name}.db`);
    writeFileSync(database, '');
    writeFileSync(
      config,
      [
        `[ca]\ndefault_ca=one\n[one]\ndatabase=${database}\nnew_certs_dir=.\nrand_serial=yes`,
        'default_md=sha256\npolicy=any\nunique_subject=no\nx509_extensions=ext',
        '[any]\ncommonName=supplied\n[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nCN=x\n[ext]',
        ...extensions,
        '',
      ].join('\n'),
    );
    this.run(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', keyFile]);
    this.run(['req', '-new', '-key', keyFile, '-subj', `/${subject}`, '-config', config, '-out', request]);
    const dates =
      from === undefined || to === undefined ? ['-days', '30'] : ['-startdate', from, '-enddate', to];
    const signer =
      issuer === undefined
        ? ['-selfsign', '-keyfile', keyFile]
        : ['-cert', issuer.certificateFile, '-keyfile', issuer.keyFile];
    this.run([
      'ca',
      '-batch',
      '-notext',
      '-config',
      config,
      '-in',
      request,
      '-out',
      certificateFile,
      ...dates,
      ...signer,
    ]);
    return {
      certificateFile,
      keyFile,
      certificate: readFileSync(certificateFile, 'utf8'),
      key: readFileSync(keyFile, 'utf8'),
    };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const AUTHORITY = [
  'basicConstraints=critical,CA:true',
  'keyUsage=keyCertSign,cRLSign',
  'subjectKeyIdentifier=hash',
];
export const PERSON = [
  'basicConstraints=CA:false',
  'extendedKeyUsage=clientAuth',
  'keyUsage=digitalSignature',
];
export const serverFor = (...names: readonly string[]): string[] => [
  'basicConstraints=CA:false',
  'extendedKeyUsage=serverAuth',
  `subjectAltName=${names.join(',')}`,
];
