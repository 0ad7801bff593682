// The native window needs Electron's runtime, which its npm package does not carry: install-electron fetches it from GitHub.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cache, modules } from './paths.mjs';
import { run } from './run.mjs';

const HOW = 'npm start -- --install-electron';
/** 120 MB over a slow line; a try that hangs must not keep a person from the app for longer. */
const MOST_INSTALL_MS = 5 * 60_000;

/** The runtime's program, or undefined. */
export function electronProgram(folder = join(modules, 'electron')) {
  try {
    const program = join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8').trim());
    return existsSync(program) ? program : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Why a window could not be shown here even with the runtime, and what to do; undefined where it could.
 * @param {{ platform: string, env: Record<string, string | undefined>, uid: number | undefined }} machine
 */
export function noWindowHere({ platform, env, uid }) {
  if (platform !== 'linux') return undefined;
  if (!env.DISPLAY && !env.WAYLAND_DISPLAY) {
    return 'No window of its own: there is no desktop here (DISPLAY is not set). Start PSDeck on one to get it.';
  }
  if (uid === 0) {
    return "No window of its own: Electron's sandbox does not run as root. Start PSDeck as another user to get it.";
  }
  return undefined;
}

/**
 * The runtime's program, fetched if need be: once, and after a failure only when asked.
 * @param {{ ask: boolean, say: (line: string) => void }} options
 * @returns {Promise<{ program: string } | { program?: undefined, note: string }>}
 */
export async function ensureElectron({ ask, say }) {
  const there = electronProgram();
  if (there !== undefined) return { program: there };
  const { version } = JSON.parse(readFileSync(join(modules, 'electron', 'package.json'), 'utf8'));
  const memory = join(cache, 'electron-install-failed');
  const failedBefore = existsSync(memory) && readFileSync(memory, 'utf8') === version;
  if (failedBefore && !ask) {
    return { note: `No window of its own: Electron's runtime could not be fetched. To try again: ${HOW}` };
  }
  say(`Fetching Electron's runtime (about 120 MB), once…`);
  const { output } = await run('install-electron', [], { stdio: 'pipe', timeoutMs: MOST_INSTALL_MS });
  const program = electronProgram();
  if (program !== undefined) {
    rmSync(memory, { force: true });
    return { program };
  }
  mkdirSync(dirname(memory), { recursive: true });
  writeFileSync(memory, version);
  return {
    note: `No window of its own: Electron's runtime could not be fetched (${reasonIn(output)}). To try again: ${HOW}`,
  };
}

/**
 * The one telling line of what the installer printed.
 * @param {string} output
 */
export function reasonIn(output) {
  const lines = output.split('\n').map((line) => line.trim());
  const telling = [/\bE[A-Z]{4,}\b/, /Error\b/, /./]
    .map((sign) => lines.find((line) => sign.test(line)))
    .find((line) => line !== undefined);
  return (telling ?? 'no reason given').replace(/^\w*Error: /, '').slice(0, 120);
}
