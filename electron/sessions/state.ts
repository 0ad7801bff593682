/**
 * State × Availability of a PSSession: one table, fed by what the protocol reports. The session table, the tab, the badge and the window
 * title all read the result and nothing else.
 */
import type { Availability, SessionState } from '../../shared/session.ts';

export type SessionEvent =
  | 'opening'
  | 'opened'
  | 'commandStarted'
  | 'commandEnded'
  | 'closing'
  | 'closed'
  | 'broken'
  | 'disconnecting'
  | 'disconnected'
  | 'connecting';

export interface SessionStatus {
  readonly state: SessionState;
  /** Commands that the person started and that run. */
  readonly running: number;
}

export const INITIAL_STATUS: SessionStatus = { state: 'BeforeOpen', running: 0 };

/** From which state an event leads where; an event that a state does not name changes nothing, because it came too late to matter. */
const NEXT: Readonly<Record<SessionState, Partial<Record<SessionEvent, SessionState>>>> = {
  BeforeOpen: { opening: 'Opening', closed: 'Closed', broken: 'Broken' },
  Opening: { opened: 'Opened', closing: 'Closing', closed: 'Closed', broken: 'Broken' },
  Opened: {
    commandStarted: 'Opened',
    commandEnded: 'Opened',
    closing: 'Closing',
    closed: 'Closed',
    broken: 'Broken',
    disconnecting: 'Disconnecting',
    disconnected: 'Disconnected',
  },
  Disconnecting: {
    disconnected: 'Disconnected',
    opened: 'Opened',
    closing: 'Closing',
    closed: 'Closed',
    broken: 'Broken',
  },
  Disconnected: { connecting: 'Connecting', closing: 'Closing', closed: 'Closed', broken: 'Broken' },
  Connecting: {
    opened: 'Opened',
    disconnected: 'Disconnected',
    closing: 'Closing',
    closed: 'Closed',
    broken: 'Broken',
  },
  Closing: { closed: 'Closed', broken: 'Broken' },
  Broken: { closing: 'Closing', closed: 'Closed' },
  Closed: {},
};

export function advance(status: SessionStatus, event: SessionEvent): SessionStatus {
  const state = NEXT[status.state][event];
  if (state === undefined) return status;
  if (event === 'commandStarted') return { state, running: status.running + 1 };
  if (event === 'commandEnded') return { state, running: Math.max(0, status.running - 1) };
  return { state, running: state === 'Opened' || state === 'Disconnecting' ? status.running : 0 };
}

export function availabilityOf(status: SessionStatus): Availability {
  if (status.state !== 'Opened') return 'None';
  return status.running > 0 ? 'Busy' : 'Available';
}
