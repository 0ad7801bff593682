/** What a session is told of its pool. */
import type { PoolListener } from '../remoting/index.ts';
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
      const count = missing.reduce((sum, [first, last]) => sum + Number(last - first + 1n), 0);
      session.missed(count, certain);
    },
  };
}
