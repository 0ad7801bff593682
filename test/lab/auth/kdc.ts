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

export interface Realm {
  readonly folder: string;
  /** Client keytab of alice. */
  readonly clientKeytab: string;
  /** Keys of the services. */
  readonly serviceKeytab: string;
}

export interface Kdc {
  readonly port: number;
  /** A krb5.conf that leads to it. */
  readonly configFile: string;
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
  const env = { ...SBIN, ...(await configure(realm, 0)).env };
  await runToEnd('kdb5_util', ['create', '-r', REALM, '-s', '-P', 'MasterPass1!'], env);
  const service = (host: string, type?: string): string[] =>
    ['HTTP', 'WSMAN'].flatMap((name) => [
      `addprinc -randkey ${name}/${host}`,
      `ktadd -k ${realm.serviceKeytab} ${name}/${host}`,
      ...(type === undefined ? [] : [`setstr ${name}/${host} session_enctypes ${type}`]),
    ]);
  const commands = [
    // Active Directory asks everybody for pre-authentication.
    `addprinc +requires_preauth -pw ${ALICE.password} ${ALICE.principal}`,
    `ktadd -norandkey -k ${realm.clientKeytab} ${ALICE.principal}`,
    `addprinc +requires_preauth -pw ${OLD.password} -pwexpire 2001-01-01 ${OLD.principal}`,
    `addprinc +requires_preauth -pw ${LOCKED.password} -allow_tix ${LOCKED.principal}`,
    ...service('localhost'),
    ...service(HOSTS.named),
    ...service(HOSTS.rc4, 'arcfour-hmac'),
    ...service(HOSTS.aes128, 'aes128-cts-hmac-sha1-96'),
    ...service(HOSTS.sha384, 'aes256-cts-hmac-sha384-192'),
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
    const { env, configFile } = await configure(realm, port);
    const program: Program = start(
      '/usr/bin/python3',
      [join(import.meta.dirname, 'keep.py'), 'krb5kdc', '-r', REALM, '-n'],
      { ...SBIN, ...env, ...atTime(clock) },
    );
    try {
      await program.line((line) => line.includes('commencing operation'));
      return { port, configFile, env, stop: () => program.stop() };
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

async function configure(
  realm: Realm,
  port: number,
): Promise<{ configFile: string; env: Record<string, string> }> {
  const { folder } = realm;
  const configFile = join(folder, `krb5-${port}.conf`);
  const kdcConfigFile = join(folder, `kdc-${port}.conf`);
  await writeFile(
    configFile,
    `[libdefaults]
  default_realm = ${REALM}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  forwardable = true
  udp_preference_limit = 1
[realms]
  ${REALM} = {
    kdc = 127.0.0.1:${port}
  }
[domain_realm]
  .contoso.test = ${REALM}
  localhost = ${REALM}
`,
  );
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
    supported_enctypes = aes256-cts-hmac-sha1-96:normal
    master_key_type = aes256-cts-hmac-sha1-96
  }
[logging]
  kdc = STDERR
`,
  );
  const env = {
    KRB5_CONFIG: configFile,
    KRB5_KDC_PROFILE: kdcConfigFile,
    // Where nothing is, unless a test puts it there.
    KRB5CCNAME: `FILE:${join(folder, 'default.ccache')}`,
    KRB5_CLIENT_KTNAME: join(folder, 'none.keytab'),
  };
  return { configFile, env };
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
