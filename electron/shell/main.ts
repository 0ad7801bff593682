/** Composition root of the native shell, run by Electron. Nothing else may run it: importing Electron's package starts a download without a runtime. */
import * as electron from 'electron';
import { join } from 'node:path';
import { appPaths } from '../diagnostics/app-paths.ts';
import { createLog } from '../diagnostics/log.ts';
import { createCore } from './core.ts';
import { logUncaught } from './last-wishes.ts';
import { runNativeShell } from './native-shell.ts';

/** `dist/electron/electron/shell` in a build: the sources' own layout below `dist/electron`. */
const dist = join(import.meta.dirname, '..', '..', '..');

const paths = appPaths();
const log = createLog({ file: { folder: paths.log } });
logUncaught(log);

runNativeShell({
  electron,
  createCore,
  dataDir: paths.data,
  log,
  rendererDir: join(dist, 'renderer'),
  preloadFile: join(dist, 'electron', 'preload.cjs'),
  platform: process.platform,
}).catch((error: unknown) => {
  process.stderr.write(`psdeck: ${error instanceof Error ? error.message : String(error)}\n`);
  electron.app.exit(1);
});
