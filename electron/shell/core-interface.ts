import type { CallAnswer } from '../../shared/contract.ts';
import type { Peer } from '../ipc/peer.ts';

/** What a shell may ask of the app core. Both shells see no more of it than this. */
export interface Core {
  /** A renderer appeared. */
  connect(peer: Peer): CoreConnection;
  /** The last page is gone for good: let go of the sessions. */
  pageGone(): void;
  /** Ends everything that was started, engine processes included. Callable twice. */
  shutdown(): Promise<void>;
}

export interface CoreConnection {
  /** Name and input come from outside as they are: both are checked here. Never rejects. */
  handle(call: unknown, input: unknown): Promise<CallAnswer>;
  /** This renderer is gone: stop sending to it, and let what waits for its acknowledgements go on. */
  gone(): void;
}
