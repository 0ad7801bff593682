/** Which renderer shows which session's page, each with its own flow control. */
import type { PageSink } from '../sessions/page.ts';
import type { TerminalSize, TerminalSnapshot } from '../../shared/terminal.ts';
import { createOutputFlow, type OutputFlow } from './output-flow.ts';
import type { Peer } from './peer.ts';

/** What of a session is needed to show it. */
export interface ShownSession {
  readonly id: number;
  readonly page: { detach(sink: PageSink): void };
  attach(sink: PageSink, size: TerminalSize): TerminalSnapshot;
}

/**
 * A page that draws anything at all says so many times a second; a tab in the background, whose timers the browser holds back, once a second
 * to once a minute. Nobody looks at it, and whoever looks at the same session elsewhere, and what runs in it, shall not wait longer than this.
 */
const PATIENCE_MS = 10_000;

function tenSeconds(fire: () => void): () => void {
  const timer = setTimeout(fire, PATIENCE_MS).unref();
  return () => clearTimeout(timer);
}

interface Showing {
  readonly flow: OutputFlow;
  readonly stop: () => void;
}

export class TerminalPeers {
  /** By peer id, then session id. */
  readonly #showing = new Map<number, Map<number, Showing>>();
  readonly #patience: (fire: () => void) => () => void;

  /** `patience` calls back once when a page that draws nothing has been waited for long enough; returns how to call that off. */
  constructor(patience: (fire: () => void) => () => void = tenSeconds) {
    this.#patience = patience;
  }

  attach(peer: Peer, session: ShownSession, size: TerminalSize): TerminalSnapshot {
    this.detach(peer, session.id);
    const flow = createOutputFlow({
      send: (items) => peer.send('terminal.output', { sessionId: session.id, items }),
      setTimer: (fire, ms) => {
        const timer = setTimeout(fire, ms);
        return () => clearTimeout(timer);
      },
      patience: {
        after: this.#patience,
        // Behind what was sent: when the page gets there, it draws again.
        leftBehind: () => peer.send('terminal.behind', { sessionId: session.id }),
      },
    });
    const snapshot = session.attach(flow, size);
    const ofPeer = this.#showing.get(peer.id) ?? new Map<number, Showing>();
    this.#showing.set(peer.id, ofPeer);
    ofPeer.set(session.id, {
      flow,
      stop: () => {
        session.page.detach(flow);
        flow.close();
      },
    });
    return snapshot;
  }

  detach(peer: Peer, sessionId: number): void {
    const showing = this.#showing.get(peer.id)?.get(sessionId);
    if (!showing) return;
    this.#showing.get(peer.id)?.delete(sessionId);
    showing.stop();
  }

  ack(peer: Peer, sessionId: number, chars: number): void {
    this.#showing.get(peer.id)?.get(sessionId)?.flow.ack(chars);
  }

  /** The renderer is gone: whoever waited for it goes on. */
  gone(peer: Peer): void {
    for (const showing of this.#showing.get(peer.id)?.values() ?? []) showing.stop();
    this.#showing.delete(peer.id);
  }

  /** The session is gone. */
  removed(sessionId: number): void {
    for (const ofPeer of this.#showing.values()) {
      ofPeer.get(sessionId)?.stop();
      ofPeer.delete(sessionId);
    }
  }
}
