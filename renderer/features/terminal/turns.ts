/**
 * What nobody sees waits for what somebody does: terminals that are not shown draw one piece at a time, all of them together, and behind keys,
 * frames and whatever else the window has to do.
 */
const waiting: (() => void)[] = [];
let asked = false;

/** Behind everything else, and yet not for ever: a session whose page is never drawn would be held up. */
const longestWait = 200;

export function inTurn(work: () => void): void {
  waiting.push(work);
  if (!asked) ask();
}

function ask(): void {
  asked = true;
  let had = false;
  const turn = (): void => {
    if (had) return;
    had = true;
    clearTimeout(timer);
    const work = waiting.shift();
    asked = waiting.length > 0;
    if (asked) ask();
    work?.();
  };
  // Not every browser knows of priorities; those that do not take turns as timers do.
  const known = 'scheduler' in globalThis;
  const timer = setTimeout(turn, known ? longestWait : 0);
  if (known) void scheduler.postTask(turn, { priority: 'background' });
}
