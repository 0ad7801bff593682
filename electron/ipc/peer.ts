import { events, type EventName, type EventPayload } from '../../shared/contract.ts';

/** One connected renderer: a window, or a page of the browser shell. */
export interface Peer {
  /** Unique within a run of the app, and never reused: a reloaded page is another peer. */
  readonly id: number;
  /** Never throws and never waits. To a peer that is gone it does nothing. */
  send<N extends EventName>(event: N, payload: EventPayload<N>): void;
}

export interface PeerOptions {
  /** Puts a checked event on the way. */
  readonly post: (event: EventName, payload: unknown) => void;
  /** An event that does not fit the contract: a bug of ours, told with the schema's path only. */
  readonly onInvalid: (event: EventName, where: string) => void;
}

let nextPeer = 1;

/** The one gate for what main pushes: only what the contract declares gets through it, whichever shell stands behind. */
export function createPeer({ post, onInvalid }: PeerOptions): Peer {
  const id = nextPeer++;
  return {
    id,
    send(event, payload) {
      const checked = events[event].safeParse(payload);
      if (checked.success) post(event, checked.data);
      else onInvalid(event, checked.error.issues[0]?.path.join('.') ?? '');
    },
  };
}
