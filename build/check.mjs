// npm run check: everything that can be said of the sources without a server. npm run check -- [--no-unit]
import { fileURLToPath } from 'node:url';
import { ensureDependencies } from './lib/dependencies.mjs';
import { runMain } from './lib/problem.mjs';
import { hasRightNode, runUnderRightNode } from './lib/right-node.mjs';
import { run } from './lib/run.mjs';

/** Given by name: without paths oxlint walks node_modules, too. */
const SOURCES = ['build', 'electron', 'renderer', 'shared', 'test', 'vitest.config.ts'];

const CHECKS = [
  {
    name: 'format',
    program: 'prettier',
    args: ['--check', '--cache', '--cache-location=.cache/prettier', '--log-level', 'warn', '.'],
  },
  { name: 'lint', program: 'oxlint', args: ['--type-aware', '--deny-warnings', ...SOURCES] },
  { name: 'types', program: 'tsc', args: ['-b'] },
  { name: 'imports', program: 'node', args: ['build/check-imports.mjs'] },
  { name: 'dead code', program: 'knip', args: [] },
  { name: 'unit tests', program: 'vitest', args: ['run', '--project', 'unit', '--project', 'renderer'] },
];

await runMain(async () => {
  const args = process.argv.slice(2);
  await ensureDependencies((line) => process.stdout.write(`${line}\n`));
  if (!hasRightNode()) return runUnderRightNode(fileURLToPath(import.meta.url), args);

  const failed = [];
  for (const { name, program, args: given } of CHECKS) {
    if (name === 'unit tests' && args.includes('--no-unit')) continue;
    const began = performance.now();
    const { code, output } = await run(program, given, { stdio: 'pipe' });
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    process.stdout.write(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
    if (code === 0) continue;
    failed.push(name);
    process.stdout.write(`${output.trim()}\n\n`);
  }
  if (failed.length > 0) process.stdout.write(`Failed: ${failed.join(', ')}\n`);
  return failed.length === 0 ? 0 : 1;
});
