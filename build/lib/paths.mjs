// Plain JavaScript without dependencies, like everything that start.mjs needs before the dependencies are there. Runs under Node 18.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const cache = join(root, '.cache');
export const modules = join(root, 'node_modules');

/** @param {string[]} parts */
export function inRoot(...parts) {
  return join(root, ...parts);
}
