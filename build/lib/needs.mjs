// What some tests need of the system. Each need says how it is noticed, how it is got, and what a person reads where it is missing.
import { createInterface } from 'node:readline/promises';
import { existsSync } from 'node:fs';
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

/** @type {readonly { id: string, name: string, apt: readonly string[], present: () => Promise<boolean> }[]} */
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
  const refusal = await mayInstall(packages, yes);
  if (refusal === undefined) {
    say(`Installing ${packages.join(', ')} with apt…`);
    await aptInstall(packages, say);
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

async function aptInstall(packages, say) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  // Somebody at a terminal can be asked for a password; nobody else can.
  const terminal = process.stdin.isTTY && process.stdout.isTTY;
  const sudo = process.getuid?.() === 0 ? [] : terminal ? ['sudo'] : ['sudo', '-n'];
  const apt = async (...args) => {
    const [program, ...rest] = [...sudo, 'apt-get', ...args];
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
