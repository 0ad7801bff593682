/** Composition root of the browser shell: the same core as in the native window, served on loopback for a browser. */
import { join } from 'node:path';
import { appPaths } from '../diagnostics/app-paths.ts';
import { createLog } from '../diagnostics/log.ts';
import { endOnSignals, logUncaught } from './last-wishes.ts';
import { runBrowserShell, type BrowserShellChoices } from './run-browser-shell.ts';

/**
 * Resolves when it runs; the process then lives until it is asked to end, or ends where another one runs on the same data already. Rejects
 * with a sentence for the person.
 */
export async function startBrowserShell(choices: BrowserShellChoices): Promise<void> {
  // Whoever read what we print may have left (`npm start | head`): that is no reason to end.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const paths = appPaths();
  const log = createLog({ file: { folder: paths.log } });
  logUncaught(log);
  const starting = runBrowserShell({
    ...choices,
    dataDir: paths.data,
    log,
    rendererDir: join(import.meta.dirname, '..', '..', 'dist', 'renderer'),
    createCore: async (options) => (await import('./core.ts')).createCore(options),
    print: (line) => process.stdout.write(`${line}\n`),
  });
  // From the first moment: what was begun while starting is ended, too.
  endOnSignals(async () => (await starting).end());
  const { port } = await starting;
  if (port === undefined) process.stdout.write('', () => process.exit(0));
}
