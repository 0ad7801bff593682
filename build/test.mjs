// npm test: everything from a fresh clone to the counted result. npm test -- [--yes] [arguments for vitest]
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './lib/built.mjs';
import { ensureDependencies } from './lib/dependencies.mjs';
import { chromium, ensureEngine, ensureSystem } from './lib/needs.mjs';
import { cache } from './lib/paths.mjs';
import { runMain, say } from './lib/problem.mjs';
import { hasRightNode, runUnderRightNode } from './lib/right-node.mjs';
import { run } from './lib/run.mjs';
import { exitCodeFor, secondTryLines, tally, tallyLine } from './lib/tally.mjs';

await runMain(async () => {
  const args = process.argv.slice(2);
  await ensureDependencies(say);
  if (!hasRightNode()) return runUnderRightNode(fileURLToPath(import.meta.url), args);

  const missing = await ensureSystem({ yes: args.includes('--yes'), say });
  const noEngine = await ensureEngine(say);
  if (noEngine !== undefined) missing.engine = noEngine;
  for (const why of Object.values(missing)) say(`Skipping the tests that need it: ${why}`);
  await ensureBuilt('renderer', say);

  mkdirSync(cache, { recursive: true });
  const reportFile = join(cache, 'test-report.json');
  rmSync(reportFile, { force: true });
  const browser = chromium();
  const { code } = await run(
    'vitest',
    [
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${reportFile}`,
      ...args.filter((argument) => argument !== '--yes'),
    ],
    {
      env: {
        PSDECK_MISSING: JSON.stringify(missing),
        ...(browser === undefined ? {} : { PSDECK_CHROMIUM: browser }),
      },
    },
  );
  const counts = tally(existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, 'utf8')) : {});
  if (counts.passed + counts.failed + counts.skipped === 0) say('No test ran.');
  for (const line of secondTryLines(counts)) say(line);
  say(tallyLine(counts));
  return exitCodeFor(counts, code);
});
