import { z } from 'zod';
import type { BridgePort, CallAnswer } from '../../shared/contract.ts';
import type { AppError } from '../../shared/error.ts';

/** The little of WebSocket that is used: the browser's, or `ws` in a test. */
export interface SocketLike {
  send(data: string): void;
  close(): void;
  addEventListener(type: 'open' | 'close', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  /** Every failure also closes, so closing is where it is handled; but `ws` throws where nobody listens to the failure. */
  addEventListener(type: 'error', listener: () => void): void;
}

export interface WebSocketPortOptions {
  open: () => SocketLike;
  /** Calls `run` after so many milliseconds and returns how to cancel. */
  later: (milliseconds: number, run: () => void) => () => void;
}

/** Starts below what a person notices, and stays short enough at the end that a restarted PSDeck is found while they look. */
const waits = [250, 500, 1000, 2000, 4000, 8000] as const;

export function reconnectWait(attempt: number): number {
  return waits[Math.min(attempt, waits.length - 1)] ?? 8000;
}

const frame = z.union([
  z.object({
    id: z.int(),
    answer: z.union([
      z.object({ ok: z.literal(true), value: z.unknown() }),
      z.object({ ok: z.literal(false), error: z.unknown() }),
    ]),
  }),
  z.object({ event: z.string(), payload: z.unknown() }),
]);

const lost: AppError = {
  code: 'bridge.lost',
  title: 'PSDeck’s background process stopped answering',
  why: 'The way to it was interrupted while this was under way. It may or may not have been done.',
  cure: { text: 'It reconnects by itself. If it does not, start PSDeck again.' },
};

const away: AppError = {
  code: 'bridge.lost',
  title: 'PSDeck’s background process is not answering',
  why: 'Nothing was sent.',
  cure: { text: 'It reconnects by itself. If it does not, start PSDeck again.' },
};

function nothing(): void {}

interface WaitingCall {
  answer: (answer: CallAnswer) => void;
  frame: string;
}

/**
 * The contract over a websocket, for the browser shell. Calls made before the first connection wait for it; calls in flight when the
 * connection drops end with `bridge.lost`, because nobody knows whether main acted on them; calls made while it is down end at once.
 */
export function createWebSocketPort(options: WebSocketPortOptions): BridgePort & { close(): void } {
  const eventListeners = new Set<(name: string, payload: unknown) => void>();
  const connectionListeners = new Set<(connected: boolean) => void>();
  const waiting = new Map<number, WaitingCall>();
  let nextId = 1;
  let socket: SocketLike | null = null;
  let connected: boolean | null = null;
  let attempt = 0;
  let cancelRetry = nothing;
  let closed = false;

  function announce(now: boolean): void {
    if (connected === now) return;
    connected = now;
    for (const listener of connectionListeners) listener(now);
  }

  function failWaiting(): void {
    const calls = [...waiting.values()];
    waiting.clear();
    for (const call of calls) call.answer({ ok: false, error: lost });
  }

  function connect(): void {
    const mine = options.open();
    socket = mine;
    mine.addEventListener('open', () => {
      attempt = 0;
      for (const call of waiting.values()) mine.send(call.frame);
      announce(true);
    });
    mine.addEventListener('message', ({ data }) => {
      if (typeof data === 'string') receive(data);
    });
    mine.addEventListener('error', nothing);
    mine.addEventListener('close', () => {
      if (socket !== mine) return;
      socket = null;
      announce(false);
      failWaiting();
      if (!closed) cancelRetry = options.later(reconnectWait(attempt++), connect);
    });
  }

  function receive(text: string): void {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      return;
    }
    const checked = frame.safeParse(parsed);
    if (!checked.success) return;
    if ('event' in checked.data) {
      for (const listener of eventListeners) listener(checked.data.event, checked.data.payload);
      return;
    }
    const call = waiting.get(checked.data.id);
    if (call === undefined) return;
    waiting.delete(checked.data.id);
    // The client checks the value against the contract; here only the envelope is known.
    call.answer(checked.data.answer as CallAnswer);
  }

  connect();

  return {
    call(name, input) {
      if (closed || connected === false) return Promise.resolve({ ok: false, error: away });
      const id = nextId++;
      const text = JSON.stringify({ id, call: name, input });
      return new Promise((answer) => {
        waiting.set(id, { answer, frame: text });
        if (connected === true) socket?.send(text);
      });
    },
    onEvent(listener) {
      eventListeners.add(listener);
      return () => void eventListeners.delete(listener);
    },
    onConnection(listener) {
      connectionListeners.add(listener);
      if (connected !== null) listener(connected);
      return () => void connectionListeners.delete(listener);
    },
    close() {
      closed = true;
      cancelRetry();
      socket?.close();
    },
  };
}
