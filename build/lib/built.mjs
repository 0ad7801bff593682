// Builds what changed since it was built last: what goes in is hashed by content, so that a checkout back and forth builds nothing.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { cache, inRoot, root } from './paths.mjs';

export const products = {
  renderer: {
    says: 'Building the window…',
    inputs: ['renderer', 'shared', 'build/vite.renderer.config.ts', 'package-lock.json'],
    result: 'dist/renderer/index.html',
    configs: ['build/vite.renderer.config.ts'],
  },
  electron: {
    says: 'Building the native shell…',
    inputs: [
      'electron',
      'shared',
      'build/vite.main.config.ts',
      'build/vite.preload.config.ts',
      'package-lock.json',
    ],
    result: 'dist/electron/electron/shell/main.js',
    configs: ['build/vite.main.config.ts', 'build/vite.preload.config.ts'],
  },
};

/**
 * Needs the right Node and the dependencies.
 * @param {keyof typeof products} name
 * @param {(line: string) => void} say
 */
export async function ensureBuilt(name, say) {
  const product = products[name];
  const stamp = join(cache, `built-${name}`);
  const wanted = hashOf(product.inputs);
  if (existsSync(inRoot(product.result)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted)
    return;
  say(product.says);
  rmSync(stamp, { force: true });
  const mode = process.env.NODE_ENV;
  const { build } = await import('vite');
  for (const configFile of product.configs) await build({ configFile: inRoot(configFile), logLevel: 'warn' });
  // Vite sets it for good; what is started next, tests among it, must not believe it is the product.
  if (mode === undefined) delete process.env.NODE_ENV;
  else process.env.NODE_ENV = mode;
  mkdirSync(cache, { recursive: true });
  writeFileSync(stamp, wanted);
}

/** @param {readonly string[]} inputs */
export function hashOf(inputs, base = root) {
  const hash = createHash('sha256');
  for (const input of inputs) {
    for (const file of filesBelow(join(base, input))) {
      hash.update(relative(base, file).split(sep).join('/'));
      hash.update('\0');
      hash.update(createHash('sha256').update(readFileSync(file)).digest());
    }
  }
  return hash.digest('hex');
}

/** What compilers leave beside their sources. */
const LEFT_OUT = new Set(['bin', 'obj', 'node_modules']);

/** @param {string} path */
function filesBelow(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => !LEFT_OUT.has(entry.name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => filesBelow(join(path, entry.name)));
}
