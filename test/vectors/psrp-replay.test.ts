/** Recorded sessions: our client says what the recorded one said, and understands what the server said, message by message. */
import { describe, expect, test } from 'vitest';
import { deserialize } from '../../electron/protocol/clixml/deserialize.ts';
import { PIPELINE_STATES, POOL_STATES } from '../../electron/protocol/psrp/enums.ts';
import type { PsrpEvent } from '../../electron/protocol/psrp/events.ts';
import type { MessageFrame, MessageName } from '../../electron/protocol/psrp/message.ts';
import { meaningOf } from './psrp-meaning.ts';
import { Player, interactiveSteps, outOfProcessSteps, wsmanSteps } from './psrp-replay.ts';
import type { Replay, Step } from './psrp-replay.ts';
import { readSession, sessionFiles } from './psrp-vectors.ts';

const KINDS: { readonly [N in MessageName]?: PsrpEvent['kind'] } = {
  SESSION_CAPABILITY: 'capability',
  APPLICATION_PRIVATE_DATA: 'applicationPrivateData',
  RUNSPACEPOOL_INIT_DATA: 'initData',
  RUNSPACEPOOL_STATE: 'poolState',
  RUNSPACE_AVAILABILITY: 'runspaceAvailability',
  USER_EVENT: 'userEvent',
  ENCRYPTED_SESSION_KEY: 'sessionKeyReady',
  PIPELINE_STATE: 'pipelineState',
  PIPELINE_OUTPUT: 'output',
  ERROR_RECORD: 'error',
  WARNING_RECORD: 'warning',
  VERBOSE_RECORD: 'verbose',
  DEBUG_RECORD: 'debug',
  INFORMATION_RECORD: 'information',
  PROGRESS_RECORD: 'progress',
  PIPELINE_HOST_CALL: 'hostCall',
  RUNSPACEPOOL_HOST_CALL: 'hostCall',
};

const field = (data: string, name: string): string =>
  new RegExp(`N="${name}"[^>]*>([^<]*)<`).exec(data)?.[1] ?? '';

/** What the event should say, read from the recorded text alone. */
function check(event: PsrpEvent, frame: MessageFrame): void {
  const value = frame.data === '' ? null : deserialize(frame.data);
  switch (event.kind) {
    case 'poolState':
      expect(event.state).toBe(POOL_STATES[Number(field(frame.data, 'RunspaceState'))]);
      return;
    case 'pipelineState':
      expect(event.state).toBe(PIPELINE_STATES[Number(field(frame.data, 'PipelineState'))]);
      expect(event.error !== undefined).toBe(frame.data.includes('ExceptionAsErrorRecord'));
      expect(event.pipelineId).toBe(frame.pipelineId);
      return;
    case 'output':
      expect(event.value).toEqual(value);
      expect(event.pipelineId).toBe(frame.pipelineId);
      return;
    case 'error':
    case 'warning':
    case 'verbose':
    case 'debug':
    case 'information':
      expect(meaningOf(event.record.raw)).toEqual(meaningOf(value));
      return;
    case 'progress':
      expect(event.record.activity).toBe(field(frame.data, 'Activity'));
      expect(event.record.percentComplete).toBe(Number(field(frame.data, 'PercentComplete')));
      return;
    case 'hostCall':
      expect(String(event.call.callId)).toBe(field(frame.data, 'ci'));
      expect(frame.data).toContain(`<ToString>${event.call.method}</ToString><I32>${event.call.methodId}</I32>`);
      expect(event.call.void).toBe(event.call.callId === -100n);
      return;
    case 'runspaceAvailability':
      expect(String(event.response)).toBe(field(frame.data, 'SetMinMaxRunspacesResponse'));
      return;
    default:
  }
}

function checkServer(steps: readonly Step[], replay: Replay): void {
  const left = [...replay.events];
  for (const step of steps) {
    if (step.kind !== 'server') continue;
    for (const { objectId, frame } of step.messages) {
      const kind = KINDS[frame.name];
      const at = left.findIndex((e) => e.kind === kind && 'objectId' in e && e.objectId === objectId);
      const event = left[at];
      if (event === undefined) {
        // The answer to a call that our client refused to make.
        if (frame.name === 'RUNSPACE_AVAILABILITY' && frame.data.includes('>false<')) continue;
        // A server repeats that the pool is opened; nothing changes then.
        const repeated = frame.name === 'RUNSPACEPOOL_STATE' || frame.name === 'PIPELINE_STATE';
        const left_aside = replay.events.some((e) => e.kind === 'poolWarning' && e.objectId === objectId);
        expect(repeated || left_aside, `${frame.name} ${objectId} was lost`).toBe(true);
        continue;
      }
      left.splice(at, 1);
      check(event, frame);
    }
  }
}

function play(id: string, steps: readonly Step[]): Replay {
  const replay = new Player(id).play(steps);
  checkServer(steps, replay);
  return replay;
}

describe.each(sessionFiles('oop-'))('%s', (file) => {
  const session = readSession(file);
  test('plays again', () => {
    const replay = play(session.id.replace('psrp-', ''), outOfProcessSteps(session));
    expect(replay.compared).toBeGreaterThan(0);
    expect(replay.pools.map((pool) => pool.state)).toEqual(['Closed']);
    expect(replay.pools.flatMap((pool) => pool.missingObjects)).toEqual([]);
    expect(replay.events.filter((event) => event.kind === 'poolWarning')).toEqual([]);
  });
});

/** Recordings that their authors put together from two: a warning of another pool was pasted in. */
const PASTED = ['wsman-client_copy_file_warning.json'];

describe.each(sessionFiles('wsman-'))('%s', (file) => {
  const session = readSession(file);
  test('plays again', () => {
    const replay = play(session.id.replace('psrp-', ''), wsmanSteps(session));
    expect(replay.compared).toBeGreaterThan(0);
    expect(replay.pools.map((pool) => pool.state)).toEqual(replay.pools.map(() => 'Opened'));
    const warnings = replay.events.filter((event) => event.kind === 'poolWarning').map((event) => event.code);
    expect(warnings).toEqual(PASTED.includes(file) ? ['psrp.pool.unknown'] : []);
  });
});

test("PowerShell 7.6.5's own interactive session plays again", () => {
  const steps = interactiveSteps();
  const replay = play('interactive', steps);
  expect(replay.compared).toBe(
    steps.filter((step) => step.kind === 'client' && step.frame.name !== 'SESSION_CAPABILITY').length,
  );
  expect(replay.compared).toBeGreaterThan(70);
  expect(replay.pools[0]?.missingObjects).toEqual([]);
  const methods = new Set(
    replay.events.flatMap((event) => (event.kind === 'hostCall' ? [event.call.method] : [])),
  );
  expect(methods).toContain('WriteLine2');
  expect(methods).toContain('PopRunspace');
});
