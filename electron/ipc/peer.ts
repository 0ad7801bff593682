import type { EventName, EventPayload } from '../../shared/contract.ts';

/** One connected renderer: a window, or a page of the browser shell. */
export interface Peer {
  /** Unique within a run of the app, and never reused: a reloaded page is another peer. */
  readonly id: number;
  /** Never throws and never waits. To a peer that is gone it does nothing. */
  send<N extends EventName>(event: N, payload: EventPayload<N>): void;
}
