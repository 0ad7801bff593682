/** A Kerberos realm of its own in a folder: its database, its keytab, and key distribution centres on loopback. */
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { runToEnd, start, type Program } from './process.ts';

export const REALM = 'CONTOSO.TEST';

/** The lab's people. Their passwords are for nothing else. */
export const ALICE = { userName: 'alice', principal: `alice@${REALM}`, password: 'UserPass1!' } as const;
/** Whose password has to be changed first. */
export const OLD = { principal: `old@${REALM}`, password: 'OldPass1!' } as const;
/** Whose account is switched off. */
export const LOCKED = { principal: `locked@${REALM}`, password: 'LockedPass1!' } as const;

/** Hosts that have service principals besides localhost, some for one encryption type only. */
export const HOSTS = {
  named: 'server.contoso.test',
  rc4: 'rc4.contoso.test',
  aes128: 'aes128.contoso.test',
  sha384: 'sha384.contoso.test',
} as const;

export const ENCRYPTION = {
  rc4: 'arcfour-hmac',
  aes128: 'aes128-cts-hmac-sha1-96',
  sha384: 'aes256-cts-hmac-sha384-192',
} as const;

export interface Realm {
  readonly folder: string;
  /** Client keytab of alice. */
  readonly clientKeytab: string;
  /** Keys of the services. */
  readonly serviceKeytab: string;
}

export interface Kdc {
  readonly port: number;
  /** KRB5_CONFIG and what keeps a client away from the system's own tickets and keytabs. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Debian keeps the administrator's programs off an ordinary user's PATH. */
const SBIN = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };

export async function createRealm(folder: string): Promise<Realm> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const realm = {
    folder,
    clientKeytab: join(folder, 'alice.keytab'),
    serviceKeytab: join(folder, 'services.keytab'),
  };
  // Any port will do: the administrator's programs work on the files.
  const env = { ...SBIN, ...(await configure(realm, 0)) };
  await runToEnd('kdb5_util', ['create', '-r', REALM, '-s', '-P', 'MasterPass1!'], env);
  const service = (host: string, type = 'aes256-cts-hmac-sha1-96'): string[] =>
    ['HTTP', 'WSMAN'].flatMap((name) => [
      `addprinc -randkey -e ${type}:normal ${name}/${host}`,
      `ktadd -k ${realm.serviceKeytab} -e ${type}:normal ${name}/${host}`,
      `setstr ${name}/${host} session_enctypes ${type}`,
    ]);
  const commands = [
    // Active Directory asks everybody for pre-authentication.
    `addprinc +requires_preauth -pw ${ALICE.password} ${ALICE.principal}`,
    `ktadd -norandkey -k ${realm.clientKeytab} ${ALICE.principal}`,
    `addprinc +requires_preauth -pw ${OLD.password} -pwexpire 2001-01-01 ${OLD.principal}`,
    `addprinc +requires_preauth -pw ${LOCKED.password} -allow_tix ${LOCKED.principal}`,
    ...service('localhost'),
    ...service(HOSTS.named),
    ...service(HOSTS.rc4, ENCRYPTION.rc4),
    ...service(HOSTS.aes128, ENCRYPTION.aes128),
    ...service(HOSTS.sha384, ENCRYPTION.sha384),
  ];
  await runToEnd('kadmin.local', ['-r', REALM], env, `${commands.join('\n')}\n`);
  return realm;
}

/** Another program may take a port between our looking and its taking; nobody loses it ten times. */
const PORT_ATTEMPTS = 10;

/**
 * What makes a program live at another time: `-2d`, `+10m`. Not through the program faketime, which stays as a parent that passes no signal
 * on. `$LIB` is the dynamic linker's.
 */
export function atTime(clock: string | undefined): Record<string, string> {
  return clock === undefined
    ? {}
    : {
        LD_PRELOAD: '/usr/$LIB/faketime/libfaketime.so.1',
        FAKETIME: clock,
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      };
}

/** A key distribution centre for the realm. `clock` moves its time. */
export async function startKdc(realm: Realm, clock?: string): Promise<Kdc> {
  let last: unknown;
  for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt++) {
    const port = await freePort();
    const env = await configure(realm, port);
    const program: Program = start(
      '/usr/bin/python3',
      [join(import.meta.dirname, 'keep.py'), 'krb5kdc', '-r', REALM, '-n'],
      { ...SBIN, ...env, ...atTime(clock) },
    );
    try {
      await program.line((line) => line.includes('commencing operation'));
      return { port, env, stop: () => program.stop() };
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

async function configure(realm: Realm, port: number): Promise<Record<string, string>> {
  const { folder } = realm;
  const kdcConfigFile = join(folder, `kdc-${port}.conf`);
  const configFile = await clientConfig(realm, port);
  await writeFile(
    kdcConfigFile,
    `[kdcdefaults]
  kdc_listen = 127.0.0.1:${port}
  kdc_tcp_listen = 127.0.0.1:${port}
[realms]
  ${REALM} = {
    database_name = ${join(folder, 'principal')}
    key_stash_file = ${join(folder, 'stash')}
    acl_file = ${join(folder, 'nobody.acl')}
    max_life = 10h
    supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal aes256-cts-hmac-sha384-192:normal
    master_key_type = aes256-cts-hmac-sha1-96
  }
[logging]
  kdc = STDERR
`,
  );
  return {
    KRB5_CONFIG: configFile,
    KRB5_KDC_PROFILE: kdcConfigFile,
    // Where nothing is, unless a test puts it there.
    KRB5CCNAME: `FILE:${join(folder, 'default.ccache')}`,
    KRB5_CLIENT_KTNAME: join(folder, 'none.keytab'),
  };
}

/**
 * Writes a krb5.conf that leads to a key distribution centre. `encryption`: the only type this side takes; nothing is forbidden otherwise,
 * so that a refusal is the client's own.
 */
export async function clientConfig(
  realm: Realm,
  port: number,
  encryption?: keyof typeof ENCRYPTION,
): Promise<string> {
  const file = join(realm.folder, `krb5-${port}-${encryption ?? 'any'}.conf`);
  const types = encryption === undefined ? '' : `\n  permitted_enctypes = ${ENCRYPTION[encryption]}`;
  await writeFile(
    file,
    `[libdefaults]
  default_realm = ${REALM}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  forwardable = true
  udp_preference_limit = 1
  allow_weak_crypto = true
  allow_rc4 = true${types}
[realms]
  ${REALM} = {
    kdc = 127.0.0.1:${port}
  }
[domain_realm]
  .contoso.test = ${REALM}
  localhost = ${REALM}
`,
  );
  return file;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object'
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
}
