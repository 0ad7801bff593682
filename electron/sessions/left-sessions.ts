/** Sessions that an earlier run of the app left on their servers, as the journal remembers them. */
import type { LeftSession } from './journal.ts';
import { keptUntil } from './session-words.ts';

/** What a session of this run is made of, to stand for that one. */
export function wishOf({ entry }: LeftSession) {
  const { name, shellId, userName, configurationName, heardAt, idleTimeoutMs, bufferMode, proxy } = entry;
  const pipelines = new Map(
    entry.pipelines.map(({ id, startedAt, readUpTo }) => [
      id.toLowerCase(),
      { startedAt, ...(readUpTo === undefined ? {} : { readUpTo: BigInt(readUpTo) }) },
    ]),
  );
  return {
    name,
    endsOnExit: false,
    configurationName,
    ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    ...(bufferMode === undefined ? {} : { bufferMode }),
    ...(proxy === undefined ? {} : { proxy }),
    left: {
      by: 'earlier-run',
      shellId,
      keptUntil: keptUntil(heardAt, idleTimeoutMs),
      pipelines,
      ...(userName === undefined ? {} : { userName }),
      ...(entry.lastObjectId === undefined ? {} : { lastObjectId: BigInt(entry.lastObjectId) }),
    },
  } as const;
}
