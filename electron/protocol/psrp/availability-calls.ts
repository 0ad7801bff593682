import { UsageError } from '../errors.ts';
import type { AvailabilityRequest } from './events.ts';

/** A pool's runspaces are counted in 32 bits with a sign ([MS-PSRP] 2.2.2.6). */
const MAX_RUNSPACES = 0x7fffffff;

export interface AvailabilityCall {
  readonly request: AvailabilityRequest;
  /** The number that was asked for. */
  readonly wanted: number | undefined;
}

/** The calls to the pool that RUNSPACE_AVAILABILITY has not answered yet, by their id. */
export class AvailabilityCalls {
  readonly #calls = new Map<bigint, AvailabilityCall>();
  #lastId = 0n;

  start(request: AvailabilityRequest, wanted?: number): bigint {
    if (wanted !== undefined && (!Number.isInteger(wanted) || wanted < 1 || wanted > MAX_RUNSPACES)) {
      throw new UsageError('psrp.pool.limits', 'A number of runspaces is a positive 32-bit number.', {
        wanted,
      });
    }
    const callId = ++this.#lastId;
    this.#calls.set(callId, { request, wanted });
    return callId;
  }

  /** Undefined for an answer to what was not asked. */
  finish(callId: bigint): AvailabilityCall | undefined {
    const call = this.#calls.get(callId);
    this.#calls.delete(callId);
    return call;
  }

  clear(): void {
    this.#calls.clear();
  }
}
