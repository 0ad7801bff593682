/**
 * Everything that a sign-in meets, on loopback and independent of our code: a Kerberos realm, a WinRM-like service with MIT Kerberos and
 * gss-ntlmssp, and single contexts of python3-gssapi. Each lab has its own folder, ports and processes; several stand side by side.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import {
  ALICE,
  atTime,
  clientConfig,
  createRealm,
  HOSTS,
  LOCKED,
  OLD,
  startKdc,
  type ENCRYPTION,
  type Kdc,
  type Realm,
} from './kdc.ts';
import { runToEnd, start } from './process.ts';

const MISSING = JSON.parse(process.env['PSDECK_MISSING'] ?? '{}') as Record<string, string>;

/** Why there is no lab here; undefined where there is one. */
export const noAuthLab: string | undefined =
  process.platform === 'linux' ? MISSING['auth-lab'] : 'the lab is for Linux';
if (noAuthLab !== undefined) console.log(`Skipped, there is no sign-in lab: ${noAuthLab}`);

/** As gss-ntlmssp knows them; it minds the case of the domain. */
export const NTLM_USER = { domain: 'CONTOSO', userName: 'alice', password: ALICE.password } as const;
/** Of no domain. */
export const NTLM_LOCAL_USER = { domain: '', userName: 'bob', password: 'BobPass1!' } as const;
export const BASIC_USER = { userName: 'basicuser', password: 'BasicPass1!' } as const;

export { ALICE, HOSTS, LOCKED, OLD };

/** What a service of the lab can do otherwise; acceptor.py's Listener explains each. */
export interface ServiceOptions {
  /** The service's own time, `+10m`. */
  readonly clock?: string;
  readonly tls?: boolean;
  readonly bindings?: 'none' | 'relaxed' | 'strict';
  readonly schemes?: readonly ('Negotiate' | 'Kerberos' | 'CredSSP' | 'Basic')[];
  readonly clientCa?: string;
  readonly tls13?: boolean;
  readonly tickets?: boolean;
  readonly credsspVersion?: number;
  readonly allowUnencrypted?: boolean;
  readonly errorTokens?: boolean;
  readonly forgetAfter?: number;
  readonly forward?: { readonly url: string; readonly user: string; readonly password: string };
}

/** What a service saw: `signed-in`, `refused`, `forgotten`, `request`, `not-unsealed`, `not-encrypted`, `broken`. */
export interface ServiceEvent {
  readonly event: string;
  readonly listener: string;
  readonly connection?: number;
  readonly [fact: string]: unknown;
}

export interface Service {
  readonly port: number;
  /** What came through so far: it may be behind what the service answered. */
  readonly events: readonly ServiceEvent[];
  /** Everything up to now. */
  seen(kind?: string): Promise<readonly ServiceEvent[]>;
  /** The first event of that kind, past or to come. */
  event(kind: string, wanted?: (event: ServiceEvent) => boolean): Promise<ServiceEvent>;
}

/** One accepting context (python3-gssapi). Its failures are GSS-API's words. */
export interface PeerContext {
  step(token: Uint8Array): Promise<{ token: Uint8Array; complete: boolean }>;
  info(): Promise<{ mechanism: string; user: string; bound: boolean; delegated: boolean }>;
  seal(message: Uint8Array): Promise<{ header: Uint8Array; data: Uint8Array }>;
  unseal(header: Uint8Array, data: Uint8Array): Promise<Uint8Array>;
  sign(message: Uint8Array): Promise<Uint8Array>;
  verify(message: Uint8Array, signature: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export class PeerError extends Error {
  override readonly name = 'PeerError';
  /** What the other end should be told; may be empty. */
  readonly token: Uint8Array;

  constructor(what: string, token: Uint8Array) {
    super(what);
    this.token = token;
  }
}

export interface AuthLab {
  readonly folder: string;
  readonly realm: Realm;
  /** For the process that signs in: put into process.env before the first use of Kerberos. */
  readonly env: Readonly<Record<string, string>>;
  /** The services' certificate, for localhost and 127.0.0.1: an authority to trust. */
  readonly certificate: string;
  /** Plain HTTP, every scheme. */
  readonly http: Service;
  /** HTTPS that takes sign-ins with and without channel bindings. */
  readonly https: Service;
  /** HTTPS that demands them. */
  readonly strict: Service;
  service(name: string, options: ServiceOptions): Promise<Service>;
  /** A krb5.conf for a client that takes one type of encryption only. */
  config(encryption: keyof typeof ENCRYPTION): Promise<string>;
  /** A file with a ticket-granting ticket for alice; `FILE:` names it to Kerberos. `clock`: got at another time (`-2d`). */
  ticket(options?: { readonly clock?: string; readonly lifetime?: string }): Promise<string>;
  peer(options?: {
    readonly mechanisms?: 'kerberos' | 'ntlm' | 'spnego';
    readonly bindings?: Uint8Array;
    /** The peer's own time, `+10m`. */
    readonly clock?: string;
    /** The only type of encryption that the peer takes. */
    readonly encryption?: keyof typeof ENCRYPTION;
  }): Promise<PeerContext>;
  stop(): Promise<void>;
}

export async function startAuthLab(): Promise<AuthLab> {
  const folder = await mkdtemp(join(tmpdir(), 'psdeck-auth-'));
  const running: { stop(): Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(running.splice(0).map((one) => one.stop()));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const [realm, certificate] = await Promise.all([
      createRealm(join(folder, 'realm')),
      makeCertificate(folder),
    ]);
    const kdc = await startKdc(realm);
    running.push(kdc);
    const usersFile = join(folder, 'ntlm-users');
    const users = [NTLM_USER, NTLM_LOCAL_USER].map((u) => `${u.domain}:${u.userName}:${u.password}\n`);
    await writeFile(usersFile, users.join(''), { mode: 0o600 });
    const serverEnv = {
      ...kdc.env,
      KRB5_KTNAME: realm.serviceKeytab,
      // A replay cache is a file in a place shared by all; every test's tickets are new.
      KRB5RCACHENAME: 'none:',
      NTLM_USER_FILE: usersFile,
      PYTHONDONTWRITEBYTECODE: '1',
    };
    let services = 0;
    const programs = new Map<string, ReturnType<typeof startServices>>();
    const service = (name: string, { clock, ...options }: ServiceOptions): Promise<Service> => {
      let program = programs.get(clock ?? '');
      if (program === undefined) {
        program = startServices(certificate.pemFile, { ...serverEnv, ...atTime(clock) });
        programs.set(clock ?? '', program);
        running.push(program);
      }
      // A test that is run once more asks for the same name again.
      return program.listen(`${name} (${++services})`, options);
    };
    const [http, https, strict] = await Promise.all([
      service('http', {}),
      service('https', { tls: true }),
      service('strict', { tls: true, bindings: 'strict' }),
    ]);
    const peers = new Map<string, ReturnType<typeof startPeer>>();
    let tickets = 0;
    return {
      folder,
      realm,
      env: kdc.env,
      certificate: certificate.pem,
      http,
      https,
      strict,
      service,
      config: (encryption) => clientConfig(realm, kdc.port, encryption),
      ticket: (options = {}) => getTicket(realm, kdc, join(folder, `ticket-${++tickets}`), options),
      async peer({ mechanisms = 'kerberos', bindings, clock, encryption } = {}) {
        const kind = `${clock ?? ''} ${encryption ?? ''}`;
        // Others are reading the usual one.
        const config =
          encryption === undefined ? {} : { KRB5_CONFIG: await clientConfig(realm, kdc.port, encryption) };
        let peer = peers.get(kind);
        if (peer === undefined) {
          peer = startPeer({ ...serverEnv, ...config, ...atTime(clock) });
          peers.set(kind, peer);
          running.push(peer);
        }
        return peer.open(mechanisms, bindings);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function makeCertificate(folder: string): Promise<{ pem: string; pemFile: string }> {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  const pemFile = join(folder, 'server.pem');
  await writeFile(pemFile, `${made.cert}\n${made.private}\n`, { mode: 0o600 });
  return { pem: made.cert, pemFile };
}

function startServices(
  pemFile: string,
  env: Readonly<Record<string, string>>,
): { listen(name: string, options: Omit<ServiceOptions, 'clock'>): Promise<Service>; stop(): Promise<void> } {
  const program = start(
    '/usr/bin/python3',
    [join(import.meta.dirname, 'acceptor.py'), '--certificate', pemFile],
    env,
  );
  let marks = 0;
  return {
    async listen(name, options) {
      program.write(`${JSON.stringify({ listen: { name, ...options } })}\n`);
      const port = (line: string): number | undefined => {
        const said = parsed(line)?.['listening'];
        if (typeof said !== 'object' || said === null || !('name' in said) || !('port' in said))
          return undefined;
        return said.name === name ? Number(said.port) : undefined;
      };
      const found = port(await program.line((line) => port(line) !== undefined)) ?? 0;
      const event = (line: string): ServiceEvent | undefined => {
        const said = parsed(line);
        return said?.['listener'] === name && typeof said['event'] === 'string'
          ? (said as ServiceEvent)
          : undefined;
      };
      const events = (): readonly ServiceEvent[] =>
        program.lines.map(event).filter((one) => one !== undefined);
      return {
        port: found,
        get events() {
          return events();
        },
        async seen(kind) {
          const mark = ++marks;
          program.write(`${JSON.stringify({ mark })}\n`);
          await program.line((line) => parsed(line)?.['marked'] === mark);
          return events().filter((one) => kind === undefined || one.event === kind);
        },
        async event(kind, wanted = () => true) {
          const is = (one: ServiceEvent | undefined): one is ServiceEvent =>
            one !== undefined && one.event === kind && wanted(one);
          const said = event(await program.line((line) => is(event(line))));
          if (said === undefined) throw new Error(`no event ${kind}`);
          return said;
        },
      };
    },
    stop: () => program.stop(),
  };
}

function parsed(line: string): Record<string, unknown> | undefined {
  // Python's own complaints are lines as well.
  if (!line.startsWith('{')) return undefined;
  return JSON.parse(line) as Record<string, unknown>;
}

async function getTicket(
  realm: Realm,
  kdc: Kdc,
  file: string,
  options: { readonly clock?: string; readonly lifetime?: string },
): Promise<string> {
  // At another time the key distribution centre has to live at that time as well.
  const then = options.clock === undefined ? kdc : await startKdc(realm, options.clock);
  try {
    const lifetime = options.lifetime === undefined ? [] : ['-l', options.lifetime];
    const args = [...lifetime, '-f', '-c', `FILE:${file}`, ALICE.principal];
    await runToEnd('kinit', args, { ...then.env, ...atTime(options.clock) }, `${ALICE.password}\n`);
  } finally {
    if (then !== kdc) await then.stop();
  }
  return file;
}

function startPeer(env: Readonly<Record<string, string>>): {
  open(mechanisms: string, bindings: Uint8Array | undefined): Promise<PeerContext>;
  stop(): Promise<void>;
} {
  // It answers one question after the other.
  const asked: ((answer: Record<string, unknown>) => void)[] = [];
  const program = start('/usr/bin/python3', [join(import.meta.dirname, 'peer.py')], env, (line) => {
    const answer = parsed(line);
    if (answer === undefined) return false;
    asked.shift()?.(answer);
    return true;
  });
  let opened = 0;
  const ask = async (question: Record<string, unknown>): Promise<Record<string, unknown>> => {
    const answered = new Promise<Record<string, unknown>>((resolve) => asked.push(resolve));
    program.write(`${JSON.stringify(question)}\n`);
    const answer = await Promise.race([answered, program.ended]);
    if (typeof answer['error'] === 'string') throw new PeerError(answer['error'], bytes(answer['token']));
    return answer;
  };
  return {
    async open(mechanisms, bindings) {
      const id = opened++;
      await ask({ open: id, mechanisms, bindings: bindings === undefined ? null : text(bindings) });
      return {
        async step(token) {
          const answer = await ask({ step: id, token: text(token) });
          return { token: bytes(answer['token']), complete: answer['complete'] === true };
        },
        async info() {
          const { mechanism, user, bound, delegated } = await ask({ info: id });
          return {
            mechanism: String(mechanism),
            user: String(user),
            bound: bound === true,
            delegated: delegated === true,
          };
        },
        async seal(message) {
          const answer = await ask({ seal: id, message: text(message) });
          return { header: bytes(answer['header']), data: bytes(answer['data']) };
        },
        async unseal(header, data) {
          return bytes((await ask({ unseal: id, header: text(header), data: text(data) }))['message']);
        },
        async sign(message) {
          return bytes((await ask({ sign: id, message: text(message) }))['signature']);
        },
        async verify(message, signature) {
          await ask({ verify: id, message: text(message), signature: text(signature) });
        },
        async close() {
          await ask({ close: id });
        },
      };
    },
    stop: () => program.stop(),
  };
}

function text(data: Uint8Array): string {
  return Buffer.from(data).toString('base64');
}

function bytes(value: unknown): Uint8Array {
  return new Uint8Array(Buffer.from(String(value), 'base64'));
}
