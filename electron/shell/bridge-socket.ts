/**
 * The contract over one websocket. Client to server `{id, call, input}`; server to client `{id, answer}` or `{event, payload}`. Each frame
 * is one JSON text.
 */
import { z } from 'zod';
import type { WebSocket } from 'ws';
import type { Log } from '../diagnostics/log.ts';
import { createPeer } from '../ipc/peer.ts';
import type { Core } from './core-interface.ts';

/** The largest call is 8,000,000 characters of `terminal.submit`: 24 MB where each takes three bytes, and some for the rest. */
export const MOST_FRAME_BYTES = 32 * 1024 * 1024;
/** Output that a page has not acknowledged is half a million characters a session at most: what stands at a hundred times that is not being read. */
const MOST_BUFFERED_BYTES = 64 * 1024 * 1024;
/** A page has one call under way for each thing a person does; twenty tabs that load at once have some hundred. */
const MOST_CALLS = 1000;

/** Websocket close codes, RFC 6455 7.4.1. */
const UNSUPPORTED_DATA = 1003;
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;

const Frame = z.object({ id: z.int().nonnegative(), call: z.unknown(), input: z.unknown() });

export function serveBridge(socket: WebSocket, core: Core, log: Log): void {
  let calls = 0;
  const peer = createPeer({
    post: (event, payload) => send({ event, payload }),
    onInvalid: (event, where) => log.error('bridge.invalid-event', { event, where }),
  });
  const connection = core.connect(peer);
  log.info('bridge.open', { peer: peer.id });

  function send(frame: object): void {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > MOST_BUFFERED_BYTES) {
      log.warn('bridge.slow', { peer: peer.id, bytes: socket.bufferedAmount });
      socket.terminate(); // the page connects again and starts from a snapshot
      return;
    }
    socket.send(JSON.stringify(frame));
  }

  function refuse(code: number, why: string): void {
    log.warn('bridge.refused', { peer: peer.id, why });
    socket.close(code, why);
  }

  async function answer(id: number, call: unknown, input: unknown): Promise<void> {
    calls += 1;
    try {
      send({ id, answer: await connection.handle(call, input) });
    } finally {
      calls -= 1;
    }
  }

  socket.on('message', (data, isBinary) => {
    const frame = isBinary ? undefined : readFrame(asText(data));
    if (frame === undefined) refuse(UNSUPPORTED_DATA, 'not a frame');
    else if (calls >= MOST_CALLS) refuse(TRY_AGAIN_LATER, 'too many calls');
    else {
      answer(frame.id, frame.call, frame.input).catch((error: unknown) => {
        log.failure('bridge.answer', error, { peer: peer.id });
        refuse(POLICY_VIOLATION, 'answer could not be sent');
      });
    }
  });
  // `ws` reports a frame that is too large or malformed here, and closes the socket itself.
  socket.on('error', (error) => log.warn('bridge.error', { peer: peer.id, type: error.name }));
  socket.once('close', (code) => {
    log.info('bridge.closed', { peer: peer.id, code });
    connection.gone();
  });
}

function asText(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return (Buffer.isBuffer(data) ? data : Buffer.from(data)).toString('utf8');
}

function readFrame(text: string): z.infer<typeof Frame> | undefined {
  try {
    return Frame.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
