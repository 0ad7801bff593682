// Runs a script of ours under the right Node, with the dependencies there: node build/with-node.mjs SCRIPT [ARGUMENTS]
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import { ensureDependencies } from './lib/dependencies.mjs';
import { Problem, runMain } from './lib/problem.mjs';
import { hasRightNode, runUnderRightNode } from './lib/right-node.mjs';

await runMain(async () => {
  const [script, ...args] = process.argv.slice(2);
  if (script === undefined) throw new Problem('usage: node build/with-node.mjs SCRIPT [ARGUMENTS]');
  await ensureDependencies((line) => process.stderr.write(`${line}\n`));
  if (!hasRightNode()) return runUnderRightNode(resolve(script), args);
  process.argv.splice(1, 2, resolve(script));
  await import(pathToFileURL(resolve(script)).href);
});
