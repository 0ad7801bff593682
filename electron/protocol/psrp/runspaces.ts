import { UsageError } from '../errors.ts';
import { poolWarning } from './admit.ts';
import type { AvailabilityRequest, PsrpEvent } from './events.ts';
import type { RunspaceAvailability } from './messages/runspace-availability.ts';
import type { RunspacePoolInitData } from './messages/runspacepool-init-data.ts';

/** A pool's runspaces are counted in 32 bits with a sign ([MS-PSRP] 2.2.2.6). */
const MAX_RUNSPACES = 0x7fffffff;

/** How many runspaces a pool has, and the calls about them that RUNSPACE_AVAILABILITY has not answered yet. */
export class Runspaces {
  readonly #calls = new Map<bigint, { request: AvailabilityRequest; wanted: number | undefined }>();
  #lastId = 0n;
  #limits: RunspacePoolInitData;

  constructor(limits: RunspacePoolInitData) {
    if (limits.minRunspaces < 1 || limits.maxRunspaces < limits.minRunspaces) {
      throw new UsageError('psrp.pool.limits', 'A pool needs 1 ≤ minimum ≤ maximum runspaces.', {
        ...limits,
      });
    }
    this.#limits = limits;
  }

  get limits(): RunspacePoolInitData {
    return this.#limits;
  }

  /** The server says what they are. */
  set limits(limits: RunspacePoolInitData) {
    this.#limits = limits;
  }

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

  /** [MS-PSRP] 2.2.2.8 */
  answer(body: RunspaceAvailability, objectId: bigint): PsrpEvent {
    const call = this.#calls.get(body.callId);
    if (call === undefined) {
      return poolWarning(
        'psrp.call.unknown',
        'The server answers a call that was not made.',
        undefined,
        objectId,
      );
    }
    this.#calls.delete(body.callId);
    if (body.response === true && call.wanted !== undefined) {
      if (call.request === 'set-min') this.#limits = { ...this.#limits, minRunspaces: call.wanted };
      if (call.request === 'set-max') this.#limits = { ...this.#limits, maxRunspaces: call.wanted };
    }
    return { kind: 'runspaceAvailability', ...body, request: call.request, objectId };
  }

  clear(): void {
    this.#calls.clear();
  }
}
