import type { OutputItem } from '../../shared/terminal.ts';

/**
 * Joins a session's output for one renderer and counts what that renderer has not drawn yet. Pure: the clock is passed in.
 *
 * Nothing is lost, doubled or reordered between `write` and `send`. What is held is bounded by the high-water mark plus what the writers
 * wrote before they waited, so a writer that honours the promise bounds it all.
 */
export interface OutputFlow {
  /** A promise when the writer must wait before it writes more; it always resolves: also on `reset` and `close`, and where the renderer is left behind. */
  write(items: readonly OutputItem[]): Promise<void> | undefined;
  /** The renderer has drawn so many characters (UTF-16 units of `vt`). */
  ack(chars: number): void;
  /** The renderer starts again from a snapshot: what was held is in that snapshot, and what was sent will not be acknowledged. */
  reset(): void;
  close(): void;
}

export interface OutputFlowOptions {
  /** Hands a batch to the renderer. Items that stood side by side with the same command and kind come as one, with the last `seq` of them. */
  send(items: OutputItem[]): void;
  /** Calls `fire` once after `ms`; returns how to call that off. */
  setTimer(fire: () => void, ms: number): () => void;
  /** Characters sent or held, not acknowledged, from which on writers wait and nothing more is sent. */
  highWater?: number;
  /** Characters at or below which writers go on. */
  lowWater?: number;
  /** How long the first piece of a batch waits for others. */
  flushMs?: number;
  /** What is done about a renderer that draws nothing while writers wait for it: without it they wait for as long as that lasts. */
  patience?: {
    /** Calls `fire` once when it is at its end; returns how to call that off. */
    readonly after: (fire: () => void) => () => void;
    /** Nothing more is sent or held: what comes from now on the renderer gets by starting again from a snapshot. */
    readonly leftBehind: () => void;
  };
}

/**
 * xterm.js parses some 5–35 MB/s: half a million characters are 15–100 ms of its work, enough to keep it busy over a round trip and few
 * enough that Ctrl+C is seen at once.
 */
export const HIGH_WATER = 512 * 1024;
export const LOW_WATER = 128 * 1024;
/** Half a frame at 120 Hz: not seen by a person, and long enough to join the many small writes of a table. */
export const FLUSH_MS = 4;
/** Of the wait, while what was sent before is not drawn: two frames at 60 Hz. */
const BUSY_FACTOR = 8;
/** One message to the renderer: small enough to serialise in well under the 8 ms a slice may last. */
const BATCH_CHARS = 128 * 1024;
/** Pieces in one message, so that very many empty pieces do not make a long slice either. */
const BATCH_ITEMS = 4096;

export function createOutputFlow(options: OutputFlowOptions): OutputFlow {
  const highWater = options.highWater ?? HIGH_WATER;
  const lowWater = options.lowWater ?? LOW_WATER;
  const flushMs = options.flushMs ?? FLUSH_MS;
  let held: OutputItem[] = [];
  let heldChars = 0;
  let unacked = 0;
  let paused = false;
  let cancelTimer: (() => void) | undefined;
  let wait: { promise: Promise<void>; resolve: () => void } | undefined;
  let callOff: (() => void) | undefined;
  /** Closed, or left behind. */
  let closed = false;

  function release(): void {
    callOff?.();
    callOff = undefined;
    const released = wait;
    wait = undefined;
    released?.resolve();
  }

  /** Somebody waits for the renderer, from now on so long. */
  function beginPatience(): void {
    callOff?.();
    callOff = options.patience?.after(() => {
      callOff = undefined;
      close();
      options.patience?.leftBehind();
    });
  }

  function forget(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    held = [];
    heldChars = 0;
    unacked = 0;
    paused = false;
    release();
  }

  function hold(item: OutputItem): void {
    heldChars += item.vt.length;
    const last = held.at(-1);
    if (
      last !== undefined &&
      last.commandId === item.commandId &&
      last.kind === item.kind &&
      last.vt.length + item.vt.length <= BATCH_CHARS
    ) {
      held[held.length - 1] = { ...item, vt: last.vt + item.vt };
    } else {
      held.push(item);
    }
  }

  function nextBatch(): OutputItem[] {
    let chars = 0;
    let count = 0;
    for (const item of held) {
      if (count > 0 && (chars + item.vt.length > BATCH_CHARS || count === BATCH_ITEMS)) break;
      chars += item.vt.length;
      count += 1;
    }
    heldChars -= chars;
    unacked += chars;
    return held.splice(0, count);
  }

  function flush(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    while (held.length > 0 && !paused) {
      const batch = nextBatch();
      if (unacked >= highWater) paused = true;
      options.send(batch);
    }
  }

  function write(items: readonly OutputItem[]): Promise<void> | undefined {
    if (closed || items.length === 0) return undefined;
    for (const item of items) hold(item);
    // While the renderer still draws, more joins the next batch: it would only be drawn in pieces that nobody sees.
    if (!paused) cancelTimer ??= options.setTimer(flush, unacked > 0 ? flushMs * BUSY_FACTOR : flushMs);
    if (wait === undefined && unacked + heldChars >= highWater) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wait = { promise, resolve };
      beginPatience();
    }
    return wait?.promise;
  }

  function ack(chars: number): void {
    if (closed) return;
    // A late acknowledgement from before a reset must not open an allowance below zero.
    unacked = Math.max(0, unacked - chars);
    if (paused && unacked <= lowWater) {
      paused = false;
      flush();
    }
    if (!paused && unacked + heldChars <= lowWater) release();
    // It is slow, and it draws.
    else if (wait !== undefined) beginPatience();
  }

  function close(): void {
    closed = true;
    forget();
  }

  return { write, ack, reset: forget, close };
}
