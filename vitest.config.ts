import { defineConfig } from 'vitest/config';

/** What the tests of one folder need. Files run side by side, but those of a project marked serial. */
function project(name: string, include: string[], more: object = {}) {
  return { extends: true as const, test: { name, include, ...more } };
}

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two engines and a browser at a time are what a small machine bears.
    maxWorkers: 2,
    projects: [
      project('unit', ['test/unit/**/*.test.ts'], { exclude: ['test/unit/renderer/**'] }),
      project('renderer', ['test/unit/renderer/**/*.test.{ts,tsx}'], { environment: 'happy-dom' }),
      project('property', ['test/property/**/*.test.ts']),
      project('vectors', ['test/vectors/**/*.test.ts']),
      project('integration', ['test/integration/**/*.test.ts'], {
        testTimeout: 60_000,
        hookTimeout: 180_000,
        sequence: { groupOrder: 1 },
      }),
      // One browser after the other, and after everything else: what is timed in them must not compete.
      project('e2e', ['test/e2e/**/*.test.ts'], {
        testTimeout: 120_000,
        hookTimeout: 300_000,
        fileParallelism: false,
        sequence: { groupOrder: 2 },
      }),
    ],
  },
});
