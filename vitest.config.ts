import { defineConfig } from 'vitest/config';

/** What the tests of one folder need. Files run side by side, but those of a project marked serial. */
function project(name: string, include: string[], more: object = {}) {
  return { extends: true as const, test: { name, include, ...more } };
}

/**
 * Of what drives processes and a browser, a change is not refused for one race on a machine that nobody can look at: it is run once more,
 * and `npm test` names it. Never on a developer's own machine, where the first failure is the one to find.
 */
const retry = process.env['CI'] === 'true' ? 1 : 0;

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // What is waited for comes within milliseconds, or on a machine that is busy with something else when it can: never a reason to fail.
    expect: { poll: { timeout: 20_000 } },
    // A failure that nobody can repeat is told once: with all that was there, not with its first forty characters.
    chaiConfig: { truncateThreshold: 1000 },
    // Two engines and a browser at a time are what a small machine bears.
    maxWorkers: 2,
    projects: [
      project('unit', ['test/unit/**/*.test.ts'], { exclude: ['test/unit/renderer/**'] }),
      project('renderer', ['test/unit/renderer/**/*.test.{ts,tsx}'], { environment: 'happy-dom' }),
      project('property', ['test/property/**/*.test.ts']),
      project('vectors', ['test/vectors/**/*.test.ts']),
      project('simulation', ['test/simulation/**/*.test.ts']),
      project('integration', ['test/integration/**/*.test.ts'], {
        testTimeout: 60_000,
        hookTimeout: 180_000,
        retry,
        sequence: { groupOrder: 1 },
      }),
      // Fifty engines: alone.
      project('soak', ['test/soak/**/*.test.ts'], { retry, sequence: { groupOrder: 3 } }),
      // One browser after the other, and after everything else: what is timed in them must not compete.
      project('e2e', ['test/e2e/**/*.test.ts'], {
        testTimeout: 120_000,
        hookTimeout: 300_000,
        retry,
        fileParallelism: false,
        sequence: { groupOrder: 2 },
      }),
    ],
  },
});
