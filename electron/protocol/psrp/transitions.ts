/**
 * The states of runspace pools and pipelines and every legal transition between them: one table for each machine, one function that
 * applies them ([MS-PSRP] 3.1.1, 3.1.5; .NET's RunspacePoolState and PSInvocationState). What a table does not name is illegal.
 *
 * Events that begin with `peer` come from the other side's messages: an illegal one is the peer's violation. All others are calls of
 * ours: an illegal one is our misuse.
 */
import { ProtocolError, UsageError } from '../errors.ts';
import type { PipelineState, PoolState } from './enums.ts';

export type PoolEvent =
  | 'open'
  | 'connect'
  | 'begin-disconnect'
  | 'disconnected'
  | 'reconnecting'
  | 'reconnected'
  | 'begin-close'
  | 'closed'
  | 'broken'
  | 'peer-init-data'
  | 'peer-opening'
  | 'peer-opened'
  | 'peer-disconnecting'
  | 'peer-disconnected'
  | 'peer-connecting'
  | 'peer-closing'
  | 'peer-closed'
  | 'peer-broken';

export type PipelineEvent =
  | 'invoke'
  | 'reconstruct'
  | 'stop'
  | 'withdraw'
  | 'disconnected'
  | 'connected'
  | 'pool-broken'
  | 'pool-closed'
  | 'peer-not-started'
  | 'peer-running'
  | 'peer-stopping'
  | 'peer-stopped'
  | 'peer-completed'
  | 'peer-failed'
  | 'peer-disconnected';

type Table<S extends string, E extends string> = { readonly [State in S]: { readonly [Event in E]?: S } };

/** While a pool is closing or gone, whatever the peer still says of its state is late news. */
const LATE_NEWS = [
  'peer-init-data',
  'peer-opening',
  'peer-opened',
  'peer-disconnecting',
  'peer-disconnected',
  'peer-connecting',
] as const;

function stay<S extends string, E extends string>(state: S, events: readonly E[]): { [Event in E]?: S } {
  return Object.fromEntries(events.map((event) => [event, state])) as { [Event in E]?: S };
}

export const POOL_TRANSITIONS: Table<PoolState, PoolEvent> = {
  BeforeOpen: {
    open: 'Opening',
    connect: 'Connecting',
    'begin-close': 'Closing',
    closed: 'Closed',
    broken: 'Broken',
  },
  Opening: {
    'peer-opening': 'Opening',
    'peer-opened': 'Opened',
    'peer-closing': 'Closing',
    'peer-closed': 'Closed',
    'peer-broken': 'Broken',
    'begin-close': 'Closing',
    closed: 'Closed',
    broken: 'Broken',
  },
  // A new client's connect, or our own reconnect.
  Connecting: {
    'peer-init-data': 'Opened',
    'peer-opened': 'Opened',
    'peer-connecting': 'Connecting',
    'peer-closing': 'Closing',
    'peer-closed': 'Closed',
    'peer-broken': 'Broken',
    reconnected: 'Opened',
    disconnected: 'Disconnected',
    'begin-close': 'Closing',
    closed: 'Closed',
    broken: 'Broken',
  },
  Opened: {
    // A server repeats its last answer when it cannot know that it arrived, and sends its state after a connect.
    'peer-opened': 'Opened',
    'peer-init-data': 'Opened',
    'peer-disconnecting': 'Disconnecting',
    'peer-disconnected': 'Disconnected',
    'peer-closing': 'Closing',
    'peer-closed': 'Closed',
    'peer-broken': 'Broken',
    'begin-disconnect': 'Disconnecting',
    // By the network, by the server's idle rules, or because another client took the pool.
    disconnected: 'Disconnected',
    'begin-close': 'Closing',
    closed: 'Closed',
    broken: 'Broken',
  },
  Disconnecting: {
    'peer-opened': 'Disconnecting',
    'peer-disconnecting': 'Disconnecting',
    'peer-disconnected': 'Disconnected',
    'peer-closing': 'Closing',
    'peer-closed': 'Closed',
    'peer-broken': 'Broken',
    disconnected: 'Disconnected',
    // The server refused: the pool is what it was.
    reconnected: 'Opened',
    'begin-close': 'Closing',
    closed: 'Closed',
    broken: 'Broken',
  },
  Disconnected: {
    'peer-disconnected': 'Disconnected',
    'peer-closed': 'Closed',
    'peer-broken': 'Broken',
    reconnecting: 'Connecting',
    disconnected: 'Disconnected',
    'begin-close': 'Closing',
    closed: 'Closed',
    broken: 'Broken',
  },
  Closing: {
    ...stay('Closing', LATE_NEWS),
    'peer-closing': 'Closing',
    'peer-closed': 'Closed',
    // Closing was what we wanted: a peer or a connection that breaks meanwhile does not make it a failure.
    'peer-broken': 'Closed',
    'begin-close': 'Closing',
    closed: 'Closed',
    broken: 'Closed',
  },
  Closed: {
    ...stay('Closed', LATE_NEWS),
    ...stay('Closed', ['peer-closing', 'peer-closed', 'peer-broken', 'begin-close', 'closed', 'broken']),
  },
  Broken: {
    ...stay('Broken', LATE_NEWS),
    ...stay('Broken', ['peer-closing', 'peer-closed', 'peer-broken', 'begin-close', 'closed', 'broken']),
  },
};

const PIPELINE_END = [
  'stop',
  'disconnected',
  'pool-broken',
  'pool-closed',
  'peer-not-started',
  'peer-running',
  'peer-stopping',
  'peer-stopped',
  'peer-completed',
  'peer-failed',
  'peer-disconnected',
] as const;

export const PIPELINE_TRANSITIONS: Table<PipelineState, PipelineEvent> = {
  NotStarted: {
    invoke: 'Running',
    reconstruct: 'Disconnected',
    'pool-broken': 'Failed',
    'pool-closed': 'Stopped',
  },
  Running: {
    'peer-not-started': 'Running',
    'peer-running': 'Running',
    'peer-stopping': 'Stopping',
    'peer-stopped': 'Stopped',
    'peer-completed': 'Completed',
    'peer-failed': 'Failed',
    'peer-disconnected': 'Disconnected',
    stop: 'Stopping',
    // Asked to stop before anything of it had left.
    withdraw: 'Stopped',
    disconnected: 'Disconnected',
    connected: 'Running',
    'pool-broken': 'Failed',
    'pool-closed': 'Stopped',
  },
  Stopping: {
    'peer-not-started': 'Stopping',
    'peer-running': 'Stopping',
    'peer-stopping': 'Stopping',
    'peer-stopped': 'Stopped',
    // It may end by itself before it hears that it should stop.
    'peer-completed': 'Completed',
    'peer-failed': 'Failed',
    'peer-disconnected': 'Disconnected',
    stop: 'Stopping',
    disconnected: 'Disconnected',
    connected: 'Stopping',
    'pool-broken': 'Failed',
    'pool-closed': 'Stopped',
  },
  Disconnected: {
    'peer-not-started': 'Disconnected',
    'peer-running': 'Running',
    'peer-stopping': 'Stopping',
    'peer-stopped': 'Stopped',
    'peer-completed': 'Completed',
    'peer-failed': 'Failed',
    'peer-disconnected': 'Disconnected',
    connected: 'Running',
    disconnected: 'Disconnected',
    'pool-broken': 'Failed',
    'pool-closed': 'Stopped',
  },
  // An ended pipeline stays what it became: the first end wins.
  Stopped: stay('Stopped', PIPELINE_END),
  Completed: stay('Completed', PIPELINE_END),
  Failed: stay('Failed', PIPELINE_END),
};

const PEER_POOL_EVENTS: Readonly<Record<PoolState, PoolEvent | undefined>> = {
  BeforeOpen: undefined,
  Opening: 'peer-opening',
  Opened: 'peer-opened',
  Closed: 'peer-closed',
  Closing: 'peer-closing',
  Broken: 'peer-broken',
  Disconnecting: 'peer-disconnecting',
  Disconnected: 'peer-disconnected',
  Connecting: 'peer-connecting',
};

/** The event that a RUNSPACEPOOL_STATE is ([MS-PSRP] 2.2.2.9). A server whose pool is not open yet has nothing to say. */
export function peerPoolEvent(state: PoolState): PoolEvent {
  const event = PEER_POOL_EVENTS[state];
  if (event === undefined) {
    throw new ProtocolError('psrp.state', 'The server says that the pool it serves is not open yet.', {
      peerState: state,
    });
  }
  return event;
}

export const PEER_PIPELINE_EVENTS: Readonly<Record<PipelineState, PipelineEvent>> = {
  NotStarted: 'peer-not-started',
  Running: 'peer-running',
  Stopping: 'peer-stopping',
  Stopped: 'peer-stopped',
  Completed: 'peer-completed',
  Failed: 'peer-failed',
  Disconnected: 'peer-disconnected',
};

export function hasEnded(state: PipelineState): boolean {
  return state === 'Stopped' || state === 'Completed' || state === 'Failed';
}

type Machine = 'runspace pool' | 'pipeline';

/** The state after `event`. Its one error names machine, event, role and state. */
function apply<S extends string, E extends string>(
  machine: Machine,
  table: Table<S, E>,
  state: S,
  event: E,
  role: 'client' | 'server',
): S {
  const next = table[state][event];
  if (next !== undefined) return next;
  const facts = { machine, event, state, role };
  const what = `A ${role}'s ${machine} that is ${state} does not allow "${event}".`;
  throw event.startsWith('peer-')
    ? new ProtocolError('psrp.state', what, facts)
    : new UsageError('psrp.state', what, facts);
}

export function nextPoolState(
  state: PoolState,
  event: PoolEvent,
  role: 'client' | 'server' = 'client',
): PoolState {
  return apply('runspace pool', POOL_TRANSITIONS, state, event, role);
}

export function nextPipelineState(
  state: PipelineState,
  event: PipelineEvent,
  role: 'client' | 'server' = 'client',
): PipelineState {
  return apply('pipeline', PIPELINE_TRANSITIONS, state, event, role);
}
