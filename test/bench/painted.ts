/**
 * From a key to what it draws on the screen, in Chromium. Two clocks that know nothing of each other: when the frame with the changed row was
 * presented, and what the browser itself takes for the time from the key to the next paint (Event Timing, as "Interaction to Next Paint" is made
 * of). Both come from Chromium's trace, which has them to the microsecond; in the page Event Timing is rounded to 8 ms and leaves out what
 * is quicker than 16.
 *
 * xterm draws its rows inside of an animation frame, and a MutationObserver is told of it in that frame. Asking for another frame from there, as is
 * usually done to wait for the paint, counts a frame of 17 ms too many.
 */
import type { CDPSession } from 'playwright-core';
import type { App } from '../e2e/app.ts';

export interface Painted {
  /** Milliseconds from each key to its echo on the screen. */
  readonly echoes: readonly number[];
  /** The same by the browser's own Event Timing. */
  readonly eventTiming: readonly number[];
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  /** Microseconds. */
  readonly ts: number;
  readonly pid: number;
  readonly id?: string;
  readonly id2?: { readonly local?: string };
  readonly args: { readonly data?: { readonly type?: string }; readonly id?: string };
}

const mark = 'psdeck-echo';
/** The page's clock is rounded to a tenth of a millisecond, in microseconds. */
const sameKey = 500;

/** Marks in the trace from when to when each key was on its way to the row that shows it. */
async function markEchoes(app: App): Promise<void> {
  await app.page.evaluate((name) => {
    if (name in window) return;
    Object.assign(window, { [name]: true });
    let pressed: number | null = null;
    window.addEventListener(
      'keydown',
      (event) => {
        if (event.key.length === 1) pressed ??= event.timeStamp;
      },
      { capture: true },
    );
    const rows = [...document.querySelectorAll('.xterm-rows')].find((each) => each.checkVisibility());
    if (rows === undefined) throw new Error('The terminal draws no rows.');
    new MutationObserver(() => {
      if (pressed === null) return;
      performance.measure(name, { start: pressed, end: performance.now() });
      pressed = null;
    }).observe(rows, { childList: true, subtree: true, characterData: true });
  }, mark);
}

export async function whilePainting(app: App, work: () => Promise<void>): Promise<Painted> {
  await markEchoes(app);
  const session: CDPSession = await app.page.context().newCDPSession(app.page);
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['devtools.timeline', 'blink.user_timing'] },
  });
  await work();
  const complete = new Promise<void>((resolve) => session.once('Tracing.tracingComplete', () => resolve()));
  await session.send('Tracing.end');
  await complete;
  await session.detach();
  const keys = spans(events, mark);
  // Of the same keys: not of those that end a line.
  const timed = spans(events, 'EventTiming', 'keydown').filter(({ from }) =>
    keys.some((key) => Math.abs(key.from - from) < sameKey),
  );
  return { echoes: echoesOf(events, keys), eventTiming: timed.map(lasting) };
}

interface Span {
  readonly begin: TraceEvent;
  readonly from: number;
  readonly to: number;
}

function lasting({ from, to }: Span): number {
  return (to - from) / 1000;
}

function idOf({ pid, id, id2 }: TraceEvent): string {
  return `${String(pid)} ${id ?? id2?.local ?? ''}`;
}

function spans(events: readonly TraceEvent[], name: string, type?: string): Span[] {
  const begun = new Map<string, TraceEvent>();
  const found: Span[] = [];
  for (const event of events.filter((each) => each.name === name).toSorted((a, b) => a.ts - b.ts)) {
    const id = idOf(event);
    if (event.ph === 'b') begun.set(id, event);
    const begin = begun.get(id);
    if (event.ph !== 'e' || begin === undefined) continue;
    begun.delete(id);
    if (type === undefined || begin.args.data?.type === type)
      found.push({ begin, from: begin.ts, to: event.ts });
  }
  return found;
}

function echoesOf(events: readonly TraceEvent[], keys: readonly Span[]): number[] {
  const frames = spans(events, 'AnimationFrame');
  // All frames of a page share an id in the trace, and have one of their own besides.
  const presented = new Map<string | undefined, number>();
  for (const { name, args, ts } of events)
    if (name === 'AnimationFrame::Presentation') presented.set(args.id, ts);
  return keys.flatMap(({ from, to }) => {
    const frame = frames.find((each) => each.from <= to && to <= each.to);
    const shown = frame === undefined ? undefined : presented.get(frame.begin.args.id);
    return shown === undefined ? [] : [(shown - from) / 1000];
  });
}
