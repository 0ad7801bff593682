// Counts what vitest's JSON report holds, so that the last line of `npm test` is ours and not another program's.

/**
 * @param {{ numPassedTests?: number, numFailedTests?: number, numPendingTests?: number, numTodoTests?: number,
 *   testResults?: { status?: string,
 *     assertionResults?: { status?: string, fullName?: string, failureMessages?: string[] }[] }[] }} report
 */
export function tally(report) {
  const passed = report.numPassedTests ?? 0;
  const skipped = (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0);
  // A file that could not be loaded has no tests to count, and is a failure all the same.
  const brokenFiles = (report.testResults ?? []).filter(
    (file) => file.status === 'failed' && (file.assertionResults ?? []).length === 0,
  ).length;
  // A test that passed and has failures to tell was run again (see `retry` in vitest.config.ts).
  const secondTry = (report.testResults ?? [])
    .flatMap((file) => file.assertionResults ?? [])
    .filter((test) => test.status === 'passed' && (test.failureMessages ?? []).length > 0)
    .map((test) => `${test.fullName ?? '?'}: ${(test.failureMessages?.[0] ?? '').split('\n', 1)[0]}`);
  return { passed, failed: (report.numFailedTests ?? 0) + brokenFiles, skipped, secondTry };
}

/**
 * @param {{ passed: number, failed: number, skipped: number }} counts
 */
export function tallyLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/**
 * A pass at the second try is a defect that has not been found yet: it is told, each time.
 * @param {{ secondTry: string[] }} counts
 */
export function secondTryLines({ secondTry }) {
  return secondTry.map((test) => `Passed only at the second try: ${test}`);
}

/**
 * Nothing ran is not success: a broken pattern would pass for ever.
 * @param {number} runnerCode
 */
export function exitCodeFor(counts, runnerCode) {
  if (counts.failed > 0 || counts.passed === 0) return 1;
  return runnerCode;
}
