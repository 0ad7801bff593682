import type { EventName, EventPayload } from '../../shared/contract.ts';
import type { Peer } from './peer.ts';

/** Tells every connected renderer. */
export interface EventHub {
  /** Returns how to take the peer out again. */
  add(peer: Peer): () => void;
  publish<N extends EventName>(event: N, payload: EventPayload<N>): void;
}

export function createEventHub(): EventHub {
  const peers = new Set<Peer>();
  return {
    add(peer) {
      peers.add(peer);
      return () => void peers.delete(peer);
    },
    publish(event, payload) {
      for (const peer of peers) peer.send(event, payload);
    },
  };
}
