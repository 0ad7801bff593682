/**
 * State × Availability of a PSSession: one table, fed by what the protocol reports. The session table, the tab, the badge and the window
 * title all read the result and nothing else.
 */
import type { Availability, SessionState } from '../../shared/session.ts';

/** What happens to a session. All but the commands' are the runspace pool's word, and where that repeats the server's, the server wins. */
export const SESSION_EVENTS = [
  'opening',
  'opened',
  'commandStarted',
  'commandEnded',
  'closing',
  'closed',
  'broken',
  'disconnecting',
  'disconnected',
  'connecting',
  /** The way to the server is cut, and is being tried again. */
  'interrupted',
  /** The way is there again, and what runs there has not noticed. */
  'resumed',
  /** Another client has the session; it can be connected when that client lets go. */
  'held',
  /** The client that had it has let go. */
  'released',
] as const;
export type SessionEvent = (typeof SESSION_EVENTS)[number];

export interface SessionStatus {
  readonly state: SessionState;
  /** Commands that run in it. They go on where the session is disconnected; how many then, only its server knows. */
  readonly running: number;
  readonly interrupted: boolean;
  /** Another client has it. Only ever so while Disconnected. */
  readonly held: boolean;
}

export const INITIAL_STATUS: SessionStatus = {
  state: 'BeforeOpen',
  running: 0,
  interrupted: false,
  held: false,
};

type Row = Readonly<Partial<Record<SessionEvent, SessionState>>>;

/** The ends, from wherever one is. */
const ENDS = { closing: 'Closing', closed: 'Closed', broken: 'Broken' } as const satisfies Row;

/** While a session is going, what its server or its commands still say is late news: legal, and it changes nothing. */
function late(state: SessionState): Row {
  return Object.fromEntries(SESSION_EVENTS.map((event) => [event, state]));
}

/** From which state an event leads where. What a state does not name is illegal there: it is refused, told to the log, and changes nothing. */
export const SESSION_TRANSITIONS: Readonly<Record<SessionState, Row>> = {
  // `connecting` and `disconnected`: a session that an earlier run, or another client, has left on the server.
  BeforeOpen: { ...ENDS, opening: 'Opening', connecting: 'Connecting', disconnected: 'Disconnected' },
  Opening: {
    ...ENDS,
    opening: 'Opening',
    opened: 'Opened',
    interrupted: 'Opening',
    resumed: 'Opening',
  },
  Opened: {
    ...ENDS,
    opened: 'Opened',
    commandStarted: 'Opened',
    commandEnded: 'Opened',
    disconnecting: 'Disconnecting',
    // By the server's rules, because another client took it, or because the way stayed cut for too long.
    disconnected: 'Disconnected',
    interrupted: 'Opened',
    resumed: 'Opened',
  },
  Disconnecting: {
    ...ENDS,
    commandEnded: 'Disconnecting',
    disconnecting: 'Disconnecting',
    disconnected: 'Disconnected',
    // The server refused.
    opened: 'Opened',
    interrupted: 'Disconnecting',
    resumed: 'Disconnecting',
  },
  Disconnected: {
    ...ENDS,
    commandEnded: 'Disconnected',
    disconnected: 'Disconnected',
    connecting: 'Connecting',
    held: 'Disconnected',
    released: 'Disconnected',
  },
  Connecting: {
    ...ENDS,
    commandEnded: 'Connecting',
    connecting: 'Connecting',
    opened: 'Opened',
    disconnected: 'Disconnected',
    held: 'Disconnected',
    interrupted: 'Connecting',
    resumed: 'Connecting',
  },
  // Closing was what we wanted: that something breaks meanwhile does not make it a failure.
  Closing: { ...late('Closing'), closed: 'Closed', broken: 'Closed' },
  Broken: { ...late('Broken'), closing: 'Closing', closed: 'Closed' },
  Closed: late('Closed'),
};

/** Whether the state takes the event. */
export function allows(state: SessionState, event: SessionEvent): boolean {
  return SESSION_TRANSITIONS[state][event] !== undefined;
}

/** The one function that applies the table. The same object where nothing changed. */
export function advance(status: SessionStatus, event: SessionEvent): SessionStatus {
  const state = SESSION_TRANSITIONS[status.state][event];
  if (state === undefined) return status;
  const next: SessionStatus = {
    state,
    running: runningAfter(status, state, event),
    interrupted:
      isConnected(state) && (event === 'interrupted' || (status.interrupted && !ANSWERS.has(event))),
    held: state === 'Disconnected' && (event === 'held' || (status.held && event === 'commandEnded')),
  };
  return isSame(status, next) ? status : next;
}

/** Events that only an answer of the server brings: the way to it is not cut then. */
const ANSWERS: ReadonlySet<SessionEvent> = new Set(['opened', 'resumed']);

/** States in which there is a way to the server that can be cut. */
function isConnected(state: SessionState): boolean {
  return state === 'Opening' || state === 'Opened' || state === 'Disconnecting' || state === 'Connecting';
}

function runningAfter(status: SessionStatus, state: SessionState, event: SessionEvent): number {
  if (state === 'Closed' || state === 'Broken' || state === 'Closing') return 0;
  if (event === 'commandStarted') return status.running + 1;
  return event === 'commandEnded' ? Math.max(0, status.running - 1) : status.running;
}

function isSame(left: SessionStatus, right: SessionStatus): boolean {
  return (
    left.state === right.state &&
    left.running === right.running &&
    left.interrupted === right.interrupted &&
    left.held === right.held
  );
}

/** As Get-PSSession prints it, relative to this client: Disconnected + None can be connected, Disconnected + Busy is held elsewhere. */
export function availabilityOf(status: SessionStatus): Availability {
  if (status.state === 'Disconnected') return status.held ? 'Busy' : 'None';
  if (status.state !== 'Opened') return 'None';
  return status.running > 0 ? 'Busy' : 'Available';
}
