/** Shows an address to the person: in a window of its own where a Chromium browser is installed, else in the default browser. */
import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Whether somebody sits in front of this computer. Over SSH a browser would open on a screen that nobody looks at. */
export function hasDesktop({ platform, env }: Machine): boolean {
  const set = (name: string) => (env[name] ?? '') !== '';
  if (platform === 'win32' || platform === 'darwin') return !set('SSH_CONNECTION');
  return set('DISPLAY') || set('WAYLAND_DISPLAY');
}

/** Where Chrome, Edge and Chromium are found, the likeliest first. */
export function appBrowserPaths({ platform, env }: Machine): string[] {
  if (platform === 'win32') {
    const roots = [env['ProgramFiles'], env['ProgramFiles(x86)'], env['LocalAppData']];
    return ['Google\\Chrome\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe'].flatMap(
      (file) => roots.flatMap((root) => (root === undefined ? [] : [`${root}\\${file}`])),
    );
  }
  if (platform === 'darwin') {
    const roots = [
      '/Applications',
      ...(env['HOME'] === undefined ? [] : [join(env['HOME'], 'Applications')]),
    ];
    return ['Google Chrome', 'Microsoft Edge', 'Chromium'].flatMap((name) =>
      roots.map((root) => join(root, `${name}.app`, 'Contents', 'MacOS', name)),
    );
  }
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return [
    'google-chrome',
    'google-chrome-stable',
    'microsoft-edge',
    'microsoft-edge-stable',
    'chromium',
    'chromium-browser',
  ].flatMap((name) => folders.map((folder) => join(folder, name)));
}

/** Resolves to whether anything was opened. Never rejects: the address stands in the terminal, too. */
export async function showAddress(address: string, machine: Machine): Promise<boolean> {
  for (const path of appBrowserPaths(machine)) {
    if ((await isProgram(path)) && (await startDetached(path, [`--app=${address}`]))) return true;
  }
  try {
    const { default: open } = await import('open');
    const child = await open(address);
    child.on('error', () => undefined);
    return true;
  } catch {
    return false;
  }
}

async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** The browser outlives us: it may be the person's own, running already. */
async function startDetached(path: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(path, args, { detached: true, stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
