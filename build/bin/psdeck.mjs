#!/usr/bin/env node
// psdeck: the command line, under the right Node, with the dependencies there. Plain JavaScript: it may start under Node 18.
import * as nodeModule from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureDependencies } from '../lib/dependencies.mjs';
import { cache } from '../lib/paths.mjs';
import { runMain } from '../lib/problem.mjs';
import { hasRightNode, runUnderRightNode } from '../lib/right-node.mjs';

await runMain(async () => {
  const args = process.argv.slice(2);
  // Stdout is for what was asked for.
  await ensureDependencies((line) => process.stderr.write(`${line}\n`));
  if (!hasRightNode()) return runUnderRightNode(fileURLToPath(import.meta.url), args);
  nodeModule.enableCompileCache(join(cache, 'compiled'));
  const { runCommandLine } = await import('../../electron/cli/main.ts');
  await runCommandLine(args);
});
