/** Every event in every state: what the specification and .NET allow happens, everything else is refused by name. */
import { describe, expect, test } from 'vitest';
import { ProtocolError, UsageError } from '../../../../electron/protocol/errors.ts';
import { PIPELINE_STATES, POOL_STATES } from '../../../../electron/protocol/psrp/enums.ts';
import type { PipelineState, PoolState } from '../../../../electron/protocol/psrp/enums.ts';
import { nextPipelineState, nextPoolState } from '../../../../electron/protocol/psrp/transitions.ts';
import type { PipelineEvent, PoolEvent } from '../../../../electron/protocol/psrp/transitions.ts';

/** `event: from>to from>to`, written from [MS-PSRP] 3.1.1.2 and .NET's RunspacePoolState, not from the table under test. */
const POOL = `
open: BeforeOpen>Opening
connect: BeforeOpen>Connecting
begin-disconnect: Opened>Disconnecting
disconnected: Connecting>Disconnected Opened>Disconnected Disconnecting>Disconnected Disconnected>Disconnected
reconnecting: Disconnected>Connecting
reconnected: Connecting>Opened Disconnecting>Opened
begin-close: BeforeOpen>Closing Opening>Closing Connecting>Closing Opened>Closing Disconnecting>Closing Disconnected>Closing Closing>Closing Closed>Closed Broken>Broken
closed: BeforeOpen>Closed Opening>Closed Connecting>Closed Opened>Closed Disconnecting>Closed Disconnected>Closed Closing>Closed Closed>Closed Broken>Broken
broken: BeforeOpen>Broken Opening>Broken Connecting>Broken Opened>Broken Disconnecting>Broken Disconnected>Broken Closing>Closed Closed>Closed Broken>Broken
peer-init-data: Connecting>Opened Opened>Opened Closing>Closing Closed>Closed Broken>Broken
peer-opening: Opening>Opening Closing>Closing Closed>Closed Broken>Broken
peer-opened: Opening>Opened Connecting>Opened Opened>Opened Disconnecting>Disconnecting Closing>Closing Closed>Closed Broken>Broken
peer-disconnecting: Opened>Disconnecting Disconnecting>Disconnecting Closing>Closing Closed>Closed Broken>Broken
peer-disconnected: Opened>Disconnected Disconnecting>Disconnected Disconnected>Disconnected Closing>Closing Closed>Closed Broken>Broken
peer-connecting: Connecting>Connecting Closing>Closing Closed>Closed Broken>Broken
peer-closing: Opening>Closing Connecting>Closing Opened>Closing Disconnecting>Closing Closing>Closing Closed>Closed Broken>Broken
peer-closed: Opening>Closed Connecting>Closed Opened>Closed Disconnecting>Closed Disconnected>Closed Closing>Closed Closed>Closed Broken>Broken
peer-broken: Opening>Broken Connecting>Broken Opened>Broken Disconnecting>Broken Disconnected>Broken Closing>Closed Closed>Closed Broken>Broken
`;

const ENDED = 'Stopped>Stopped Completed>Completed Failed>Failed';
const PIPELINE = `
invoke: NotStarted>Running
reconstruct: NotStarted>Disconnected
stop: Running>Stopping Stopping>Stopping ${ENDED}
withdraw: Running>Stopped
disconnected: Running>Disconnected Stopping>Disconnected Disconnected>Disconnected ${ENDED}
connected: Running>Running Stopping>Stopping Disconnected>Running
pool-broken: NotStarted>Failed Running>Failed Stopping>Failed Disconnected>Failed ${ENDED}
pool-closed: NotStarted>Stopped Running>Stopped Stopping>Stopped Disconnected>Stopped ${ENDED}
peer-not-started: Running>Running Stopping>Stopping Disconnected>Disconnected ${ENDED}
peer-running: Running>Running Stopping>Stopping Disconnected>Running ${ENDED}
peer-stopping: Running>Stopping Stopping>Stopping Disconnected>Stopping ${ENDED}
peer-stopped: Running>Stopped Stopping>Stopped Disconnected>Stopped ${ENDED}
peer-completed: Running>Completed Stopping>Completed Disconnected>Completed ${ENDED}
peer-failed: Running>Failed Stopping>Failed Disconnected>Failed ${ENDED}
peer-disconnected: Running>Disconnected Stopping>Disconnected Disconnected>Disconnected ${ENDED}
`;

function parse(text: string): { event: string; to: Map<string, string> }[] {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [event = '', rest = ''] = line.split(': ');
      return { event, to: new Map(rest.split(' ').map((pair) => pair.split('>') as [string, string])) };
    });
}

/** The state that follows, or everything the refusal says. */
function outcome(next: () => string): unknown {
  try {
    return next();
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof UsageError) {
      return { type: error.name, code: error.code, facts: error.facts, message: error.message };
    }
    throw error;
  }
}

function refusal(machine: string, role: string, state: string, event: string): unknown {
  return {
    type: event.startsWith('peer-') ? 'ProtocolError' : 'UsageError',
    code: 'psrp.state',
    facts: { machine, role, state, event },
    message: `A ${role}'s ${machine} that is ${state} does not allow "${event}".`,
  };
}

describe.each(['client', 'server'] as const)("a %s's runspace pool", (role) => {
  describe.each(parse(POOL))('$event', ({ event, to }) => {
    test.each(POOL_STATES)('while %s', (state: PoolState) => {
      expect(outcome(() => nextPoolState(state, event as PoolEvent, role))).toEqual(
        to.get(state) ?? refusal('runspace pool', role, state, event),
      );
    });
  });
});

describe.each(['client', 'server'] as const)("a %s's pipeline", (role) => {
  describe.each(parse(PIPELINE))('$event', ({ event, to }) => {
    test.each(PIPELINE_STATES)('while %s', (state: PipelineState) => {
      expect(outcome(() => nextPipelineState(state, event as PipelineEvent, role))).toEqual(
        to.get(state) ?? refusal('pipeline', role, state, event),
      );
    });
  });
});
