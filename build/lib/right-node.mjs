// PSDeck runs on Node 24: the one that Electron 45 embeds, and the first that runs its TypeScript as it stands.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { modules } from './paths.mjs';
import { Problem } from './problem.mjs';
import { environment } from './run.mjs';

export const NEEDED = 24;

/**
 * V8 collects its young generation in one go, and lets it grow to 32 MB. While a session floods, each such pause holds up every other
 * session's keys for 15 to 100 ms on a small machine; at 4 MB for 3 to 6 ms, and 50 MB come through faster (npm run bench -- remoting).
 * It can be set only as a process starts: here, and in package.json's scripts.
 */
export const SHORT_PAUSES = '--max-semi-space-size=4';

export function hasRightNode(version = process.versions.node) {
  return Number.parseInt(version, 10) >= NEEDED;
}

/** The Node that npm installed with the dependencies. */
function ownNode() {
  return join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

/**
 * npm that is told to end leaves behind what it started, without a word.
 * @param {() => void} react
 */
export function onParentGone(react) {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && react(), 1000).unref();
}

/** @type {NodeJS.Signals[]} */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * What asks us to end asks the child, and we wait for it. On Windows Ctrl+C reaches every program of a console by itself, and a signal
 * sent by a program is a plain kill: there we only wait. Returns how to stop.
 * @param {import('node:child_process').ChildProcess} child
 */
export function passSignals(child) {
  const pass = (signal) => {
    if (process.platform !== 'win32') child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, pass);
  onParentGone(() => child.kill('SIGTERM'));
  return () => {
    for (const signal of SIGNALS) process.off(signal, pass);
  };
}

/**
 * Runs a script under the right Node and resolves to its exit code. What ends us ends it: signals are passed on, and the IPC channel
 * tells it even of a parent that was killed.
 * @param {string} script
 * @param {readonly string[]} args
 */
export async function runUnderRightNode(script, args) {
  const found = `Node ${process.versions.node} is running, PSDeck needs Node ${NEEDED} or newer`;
  if (process.env.PSDECK_OWN_NODE !== undefined) {
    throw new Problem(`${found}, and the one in node_modules is not. Run npm ci, or install Node ${NEEDED}.`);
  }
  const node = ownNode();
  if (!existsSync(node)) {
    throw new Problem(
      `${found}, and the npm package "node" brought none for ${process.platform}-${process.arch}. Install Node ${NEEDED} from https://nodejs.org.`,
    );
  }
  return new Promise((resolve, reject) => {
    const child = spawn(node, [SHORT_PAUSES, script, ...args], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env: environment({ PSDECK_OWN_NODE: '1' }),
    });
    passSignals(child);
    child.once('error', (error) =>
      reject(new Problem(`${found}, and ${node} does not start: ${error.message}`)),
    );
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
