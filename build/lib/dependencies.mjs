import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRoot, modules } from './paths.mjs';
import { Problem } from './problem.mjs';
import { run } from './run.mjs';

/**
 * Installs what package-lock.json names, if it is not there already. The stamp lies inside node_modules, so it goes when that goes.
 * @param {(line: string) => void} say
 */
export async function ensureDependencies(say) {
  const lock = readFileSync(inRoot('package-lock.json'), 'utf8');
  const wanted = createHash('sha256').update(lock).digest('hex');
  const stamp = join(modules, '.psdeck-stamp');
  if (read(stamp) === wanted) return;
  if (!matches(lock, read(join(modules, '.package-lock.json')))) {
    say(existsSync(modules) ? 'Updating dependencies (npm ci)…' : 'Installing dependencies (npm ci), once…');
    const { code, missing } = await run('npm', ['ci', '--loglevel=error']);
    if (missing) throw new Problem('npm was not found. It comes with Node: https://nodejs.org.');
    if (code !== 0) throw new Problem('npm ci failed; its own message stands above.');
  }
  writeFileSync(stamp, wanted);
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Whether what npm says it installed is what the lock wants. Optional packages may be absent: they are for other
 * platforms. Packages that nobody asked for may be there: somebody tries something.
 * @param {string} lockText
 * @param {string | undefined} installedText
 */
export function matches(lockText, installedText) {
  if (installedText === undefined) return false;
  const wanted = JSON.parse(lockText).packages;
  let installed;
  try {
    installed = JSON.parse(installedText).packages ?? {};
  } catch {
    return false;
  }
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const found = installed[path];
    if (found === undefined ? entry.optional !== true : found.version !== entry.version) return false;
  }
  return true;
}
