// npm start: everything from a fresh clone to the open app. Plain JavaScript, without dependencies: it may run under Node 18, before anything
// is installed.
import { spawn } from 'node:child_process';
import * as nodeModule from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './lib/built.mjs';
import { readChoices, USAGE } from './lib/choices.mjs';
import { ensureDependencies } from './lib/dependencies.mjs';
import { ensureElectron, noWindowHere } from './lib/electron-runtime.mjs';
import { cache, root } from './lib/paths.mjs';
import { runMain, say } from './lib/problem.mjs';
import { hasRightNode, passSignals, runUnderRightNode, SHORT_PAUSES } from './lib/right-node.mjs';

/** A window that could not be opened is gone within this time; one that a person closed was open longer, or ended well. */
const WINDOW_FAILS_WITHIN_MS = 5000;

await runMain(async () => {
  const args = process.argv.slice(2);
  const choices = readChoices(args);
  if (choices.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  await ensureDependencies(say);
  if (!hasRightNode()) return runUnderRightNode(fileURLToPath(import.meta.url), args);
  // Our sources are TypeScript, and Node keeps what it made of them: a start takes a third of the time (measured: 0.3 s instead of 0.85).
  nodeModule.enableCompileCache(join(cache, 'compiled'));
  await ensureBuilt('renderer', say);

  let note;
  if (!choices.browser) {
    const window = await openWindow(choices);
    if (window.code !== undefined) return window.code;
    note = window.note;
  }
  const { startBrowserShell } = await import('../electron/shell/browser.ts');
  await startBrowserShell({
    open: choices.open,
    ...(choices.port === undefined ? {} : { port: choices.port }),
    ...(note === undefined ? {} : { windowNote: note }),
  });
});

/**
 * The native window, to its end; or why there is none.
 * @returns {Promise<{ code: number, note?: undefined } | { code?: undefined, note: string }>}
 */
async function openWindow({ installElectron }) {
  const note = noWindowHere({ platform: process.platform, env: process.env, uid: process.getuid?.() });
  if (note !== undefined && !installElectron) return { note };
  const runtime = await ensureElectron({ ask: installElectron, say });
  if (runtime.program === undefined) return { note: runtime.note };
  if (note !== undefined) return { note };
  await ensureBuilt('electron', say);
  const began = Date.now();
  const code = await runElectron(runtime.program);
  if (code !== 0 && Date.now() - began < WINDOW_FAILS_WITHIN_MS) {
    return {
      note: `No window of its own: Electron ended at once (code ${code}), its own message stands above. Running in the browser instead.`,
    };
  }
  return { code };
}

/** @param {string} program */
function runElectron(program) {
  return new Promise((resolve) => {
    const child = spawn(program, [`--js-flags=${SHORT_PAUSES}`, root], {
      cwd: root,
      stdio: 'inherit',
    });
    const stopPassing = passSignals(child);
    const ended = (code) => {
      stopPassing();
      resolve(code);
    };
    child.once('error', () => ended(1));
    child.once('exit', (code) => ended(code ?? 1));
  });
}
