/**
 * A limit on how long an answer is waited for, by one timer, since hundreds of sessions wait at a time. A process that stood still meanwhile (a
 * closed lid, a stopped process) looks at its timers before it reads what came: it gets the time to read first.
 */

/** More than a busy machine is ever late. */
const STOOD_STILL_MS = 1_000;
/** A whole answer, which may be half a megabyte and sealed. */
const READING_MS = 3_000;

/** Calls back once; the returned function takes that back. */
export function answerLimit(ms: number, over: () => void): () => void {
  const due = performance.now() + ms;
  let immediate: NodeJS.Immediate | undefined;
  let timer = setTimeout(look, ms);

  function look(): void {
    if (performance.now() - due > STOOD_STILL_MS) timer = setTimeout(late, READING_MS);
    else late();
  }

  function late(): void {
    // What has come is read between a timer and an immediate.
    immediate = setImmediate(over);
  }

  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
}
