import { describe, expect, test } from 'vitest';
import { exitCodeFor, secondTryLines, tally, tallyLine } from '../../../build/lib/tally.mjs';

describe("npm test's last line", () => {
  test('counts what ran, and a file that could not be loaded as a failure', () => {
    const counts = tally({
      numPassedTests: 5,
      numFailedTests: 1,
      numPendingTests: 2,
      numTodoTests: 1,
      testResults: [
        { status: 'failed', assertionResults: [] },
        { status: 'failed', assertionResults: [{}] },
        { status: 'passed', assertionResults: [{}] },
      ],
    });
    expect(tallyLine(counts)).toBe('5 passed, 2 failed, 3 skipped');
    expect(exitCodeFor(counts, 0)).toBe(1);
  });

  test('a test that had to be run again is named, with what went wrong first', () => {
    const counts = tally({
      numPassedTests: 2,
      testResults: [
        {
          status: 'passed',
          assertionResults: [
            { status: 'passed', fullName: 'steady', failureMessages: [] },
            { status: 'passed', fullName: 'shaky', failureMessages: ['Error: too late\n    at x.ts:1'] },
          ],
        },
      ],
    });
    expect(secondTryLines(counts)).toEqual(['Passed only at the second try: shaky: Error: too late']);
    expect(exitCodeFor(counts, 0)).toBe(0);
  });

  test('nothing ran is a failure, whatever the runner says', () => {
    expect(exitCodeFor(tally({}), 0)).toBe(1);
    expect(exitCodeFor(tally({ numPendingTests: 3 }), 0)).toBe(1);
    expect(exitCodeFor(tally({ numPassedTests: 3 }), 0)).toBe(0);
    expect(exitCodeFor(tally({ numPassedTests: 3 }), 1)).toBe(1);
  });
});
