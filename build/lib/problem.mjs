/** Something a person can act on: shown as one line, without a stack. */
export class Problem extends Error {}

/**
 * Runs a script's main function; a failure is one line and an exit code.
 * @param {() => Promise<number | void>} main
 */
export async function runMain(main) {
  try {
    const code = await main();
    if (typeof code === 'number') process.exitCode = code;
  } catch (error) {
    process.stderr.write(`psdeck: ${error instanceof Error ? oneLine(error) : String(error)}\n`);
    process.exit(1);
  }
}

/** @param {Error} error */
function oneLine(error) {
  if (error instanceof Problem || process.env.PSDECK_DEBUG === undefined) return error.message;
  return error.stack ?? error.message;
}

/**
 * A line for the person.
 * @param {string} line
 */
export function say(line) {
  process.stdout.write(`${line}\n`);
}
