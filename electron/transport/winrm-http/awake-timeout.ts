/**
 * A time limit that counts only the time in which this process ran. Where it did not (a closed lid, a stopped process, a computer with too much
 * to do), the timer of a plain limit is looked at first when it goes on, and an answer that came long ago is thrown away unread.
 */

/** What of the time between two looks can have been anything else than standing still. */
const LOOK_MS = 250;

export interface AwakeTimeout {
  readonly signal: AbortSignal;
  /** It is not wanted any more. */
  clear(): void;
}

export function awakeTimeout(ms: number): AwakeTimeout {
  const controller = new AbortController();
  let left = ms;
  let looked = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let over: NodeJS.Immediate | undefined;

  function wait(): void {
    timer = setTimeout(look, Math.min(left, LOOK_MS)).unref();
  }

  function look(): void {
    const now = performance.now();
    left -= Math.min(now - looked, LOOK_MS);
    looked = now;
    // What has come meanwhile is read between a timer and an immediate.
    if (left > 0) wait();
    else over = setImmediate(() => controller.abort(new DOMException('The time is up', 'TimeoutError')));
  }

  wait();
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer);
      clearImmediate(over);
    },
  };
}
