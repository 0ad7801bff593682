/** What a session is told of its pool. */
import type { PoolListener } from '../remoting/index.ts';
import { missingIn } from './session-words.ts';
import type { Session } from './session.ts';

/** `resumed`: after the session knows it. */
export function listenerOf(session: Session, resumed: () => void): PoolListener {
  return {
    stateChanged: (state, error) => session.poolChanged(state, error),
    interrupted: (interruption) => session.interrupted(interruption),
    resumed: () => {
      session.resumed();
      resumed();
    },
    gap: ({ missing, certain }) => {
      session.missed(missingIn(missing), certain);
    },
  };
}
