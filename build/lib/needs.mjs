// What some tests need of the system. Each need says how it is noticed, how it is got, and what a person reads where it is missing.
import { createInterface } from 'node:readline/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run, which } from './run.mjs';

const CHROMIUM = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];

/** Where browsers live that are not on PATH. */
const CHROMIUM_FILES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

export function chromium() {
  return process.env.PSDECK_CHROMIUM ?? which(CHROMIUM) ?? CHROMIUM_FILES.find((file) => existsSync(file));
}

async function succeeds(program, args) {
  const { code } = await run(program, args, { stdio: 'pipe', timeoutMs: 60_000 });
  return code === 0;
}

/** Debian keeps the administrator's programs off an ordinary user's PATH. */
const installed = (...programs) =>
  programs.every((program) =>
    ['/usr/sbin', '/usr/bin', '/sbin', '/bin'].some((folder) => existsSync(join(folder, program))),
  );

/** Python's binding for GSS-API, and NTLM as one of the mechanisms it finds. */
const GSSAPI_WITH_NTLM = `
import gssapi
assert gssapi.OID.from_int_seq('1.3.6.1.4.1.311.2.2.10') in gssapi.raw.indicate_mechs()
`;

/**
 * `services`: what a package would run from now on. The tests start programs of their own; the machine is left as it was.
 * @type {readonly {
 *   id: string, name: string, apt: readonly string[], services?: readonly string[], present: () => Promise<boolean>
 * }[]}
 */
export const SYSTEM_NEEDS = [
  {
    id: 'chromium',
    name: 'Chromium, Chrome or Edge (end-to-end tests)',
    apt: ['chromium'],
    present: async () => chromium() !== undefined,
  },
  {
    id: 'pywinrm',
    name: 'python3-winrm (somebody else’s WinRM client against the practice server)',
    apt: ['python3-winrm'],
    // Debian's package is for Debian's Python, which need not be the first on PATH.
    present: async () =>
      (await succeeds('/usr/bin/python3', ['-c', 'import winrm'])) ||
      (await succeeds('python3', ['-c', 'import winrm'])),
  },
  {
    id: 'tinyproxy',
    name: 'tinyproxy (somebody else’s HTTP proxy before a WinRM service)',
    apt: ['tinyproxy-bin'],
    present: async () => (await succeeds('/usr/bin/tinyproxy', ['-v'])) || succeeds('tinyproxy', ['-v']),
  },
  {
    id: 'openssl',
    name: 'openssl 3 (certificates and a TLS service that are nobody’s of ours)',
    apt: ['openssl'],
    present: () => succeeds('openssl', ['version']),
  },
  {
    id: 'auth-lab',
    name: 'MIT and Heimdal Kerberos, gss-ntlmssp, python3-gssapi and libfaketime (somebody else’s sign-in against our client)',
    apt: [
      'krb5-kdc',
      'krb5-admin-server',
      'krb5-user',
      'libgssapi-krb5-2',
      'libgssapi3-heimdal',
      'gss-ntlmssp',
      'python3-gssapi',
      'libfaketime',
    ],
    services: ['krb5-kdc', 'krb5-admin-server'],
    present: async () =>
      installed('krb5kdc', 'kdb5_util', 'kadmin.local', 'kinit') &&
      (await succeeds('/usr/bin/python3', ['-c', GSSAPI_WITH_NTLM])) &&
      (await succeeds('sh', ['-c', 'ls /usr/lib/*/faketime/libfaketime.so.1 /usr/lib/*/libgssapi.so.3'])),
  },
];

/**
 * Gets what is missing, if it may, and returns what is missing still: id and why.
 * @param {{ yes: boolean, say: (line: string) => void }} options
 * @returns {Promise<Record<string, string>>}
 */
export async function ensureSystem({ yes, say }) {
  const missing = [];
  for (const need of SYSTEM_NEEDS) if (!(await need.present())) missing.push(need);
  if (missing.length === 0) return {};
  const packages = missing.flatMap((need) => need.apt);
  const services = missing.flatMap((need) => need.services ?? []);
  const refusal = await mayInstall(packages, yes);
  if (refusal === undefined) {
    say(`Installing ${packages.join(', ')} with apt…`);
    await aptInstall(packages, services, say);
  }
  const still = {};
  for (const need of missing) {
    if (!(await need.present()))
      still[need.id] = `${need.name} is missing: ${refusal ?? 'apt did not install it'}`;
  }
  return still;
}

/** Why nothing is installed, or undefined where it may be. */
async function mayInstall(packages, yes) {
  const command = `apt-get install ${packages.join(' ')}`;
  if (which(['apt-get']) === undefined) return `install it, there is no apt here`;
  const asRoot = process.getuid?.() === 0;
  if (!asRoot && which(['sudo']) === undefined) return `run ${command} as root`;
  if (yes) return undefined;
  if (process.stdin.isTTY && process.stdout.isTTY) {
    const asking = createInterface({ input: process.stdin, output: process.stdout });
    const answer = await asking.question(`Some tests need ${packages.join(', ')}. Install with apt? [Y/n] `);
    asking.close();
    return /^\s*(y(es)?)?\s*$/i.test(answer) ? undefined : `you said no to ${command}`;
  }
  return asRoot ? undefined : `run ${command} as root, or npm test -- --yes`;
}

/**
 * Runs apt-get, and leaves no service behind: while it runs, policy-rc.d forbids the packages to start any, and those that were not there
 * before are not started at the next boot either. $1: the services, then apt's arguments.
 */
const APT_WITHOUT_SERVICES = `
services=$1; shift
policy=/usr/sbin/policy-rc.d
if [ -n "$services" ] && [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' >"$policy" && chmod 755 "$policy"
fi
fresh=
for service in $services; do
  [ -e "/lib/systemd/system/$service.service" ] || fresh="$fresh $service.service"
done
apt-get "$@"
code=$?
[ -z "$fresh" ] || systemctl disable $fresh >/dev/null 2>&1
exit $code
`;

async function aptInstall(packages, services, say) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  // Somebody at a terminal can be asked for a password; nobody else can.
  const terminal = process.stdin.isTTY && process.stdout.isTTY;
  const sudo = process.getuid?.() === 0 ? [] : terminal ? ['sudo'] : ['sudo', '-n'];
  const apt = async (...args) => {
    const script = ['sh', '-c', APT_WITHOUT_SERVICES, 'apt-get', services.join(' ')];
    const [program, ...rest] = [...sudo, ...script, ...args];
    return run(program, rest, { stdio: terminal ? 'inherit' : 'pipe', env, timeoutMs: 10 * 60_000 });
  };
  const install = () =>
    apt('install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', ...packages);
  if ((await install()).code === 0) return;
  // The usual reason on a bare machine: it has no package lists yet, or old ones.
  await apt('update');
  const { code, output } = await install();
  if (code !== 0) say(output.trim().split('\n').slice(-3).join('\n'));
}

/**
 * The engine behind the practice server, built if need be. Needs the right Node and the dependencies.
 * @returns {Promise<string | undefined>} why there is none
 */
export async function ensureEngine(say) {
  const { findEngine } = await import('../../electron/practice-server/engine/find-engine.ts');
  try {
    const engine = await findEngine({ onProgress: say, upgrade: false });
    say(`Engine: PowerShell ${engine.version} (${engine.kind})`);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
