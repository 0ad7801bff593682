/** A session whose server is the test: every pipeline it starts waits for what the test makes of it. */
import { PipelineRun, type RunspacePool } from '../../../electron/remoting/index.ts';
import type { PipelineSpec } from '../../../electron/protocol/psrp/pipeline-spec.ts';
import type { PsValue } from '../../../electron/protocol/clixml/value.ts';
import { Session } from '../../../electron/sessions/session.ts';
import type { SessionOptions } from '../../../electron/sessions/session-options.ts';
import { Person } from '../../integration/registry.ts';

export const SIZE = { columns: 80, rows: 24 };

/** A pipeline as the server has it. */
export interface ServerPipeline {
  readonly spec: PipelineSpec;
  readonly run: PipelineRun;
  /** How often the client asked to stop it. */
  stops: number;
  output(value: PsValue): void;
  /** Messages of it that never came. */
  lost(first: bigint, last: bigint): void;
  complete(): void;
  stopped(): void;
}

export class ScriptedPool {
  readonly id = '00000000-0000-0000-0000-000000000001';
  readonly connection = { target: { computerName: 'z002', configurationName: 'Microsoft.PowerShell' } };
  readonly applicationPrivateData = undefined;
  readonly pipelines: ServerPipeline[] = [];
  readonly received = { lowest: undefined, highest: undefined, missing: [] };
  canDisconnect = true;
  /** How it was disconnected, each time. */
  readonly disconnects: object[] = [];
  /** Tells the session what a pool of that state would. */
  stateChanged: (state: string, error?: Error) => void = () => undefined;
  closed = 0;
  readonly #person: Person;

  constructor(person: Person) {
    this.#person = person;
  }

  run(spec: PipelineSpec, options: { signal?: AbortSignal } = {}): PipelineRun {
    const run = new PipelineRun(`p${String(this.pipelines.length)}`, {
      stop: () => {
        pipeline.stops += 1;
        this.#person.noticed();
        return Promise.resolve();
      },
      abandon: (error) => run.fail(error),
      writeInput: () => Promise.resolve(),
      endInput: () => undefined,
      hostCall: () => Promise.resolve(),
    });
    const ended = { error: undefined, errorText: undefined };
    const pipeline: ServerPipeline = {
      spec,
      run,
      stops: 0,
      output: (value) => void run.deliver({ kind: 'output', value, pipelineId: run.id, objectId: 1n }, 1),
      lost: (first, last) =>
        void run.deliver(
          { kind: 'gap', pipelineId: run.id, missing: [[first, last]], objectId: last, certain: true },
          1,
        ),
      complete: () => run.end({ state: 'Completed', ...ended }),
      stopped: () => run.end({ state: 'Stopped', ...ended }),
    };
    options.signal?.addEventListener('abort', () => void run.stop());
    this.pipelines.push(pipeline);
    this.#person.noticed();
    return run;
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  abort(error: Error): void {
    for (const { run } of this.pipelines) run.fail(error);
  }

  disconnect(options: object): Promise<void> {
    this.disconnects.push(options);
    this.stateChanged('Disconnecting');
    this.stateChanged('Disconnected');
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.closed += 1;
    for (const { run } of this.pipelines) run.fail(new Error('closed'));
    return Promise.resolve();
  }

  /** The pipeline of that command, once it is there. */
  async pipeline(text: string, nth = 0): Promise<ServerPipeline> {
    return await this.#person.until(
      () => this.pipelines.filter((each) => each.spec.commands[0]?.text === text)[nth],
    );
  }
}

export function openSession(change: Pick<Partial<SessionOptions>, 'endsOnExit' | 'left' | 'clock'> = {}) {
  const person = new Person();
  const pool = new ScriptedPool(person);
  const finished: number[] = [];
  const refused: string[] = [];
  const session = new Session({
    id: 1,
    name: 'Session1',
    serverId: 'z',
    server: {
      name: 'Z002',
      address: 'z002',
      port: 5986,
      https: true,
      userName: 'ada',
      configuration: 'Microsoft.PowerShell',
    },
    endsOnExit: false,
    ...change,
    size: SIZE,
    events: person,
    finished: () => void finished.push(1),
    now: () => 0,
    wallClock: () => 1_000_000,
    refused: (event, state) => void refused.push(`${event} while ${state}`),
  });
  pool.stateChanged = (state, error) => session.poolChanged(state, error);
  // What a session asks of its pool, and no more.
  session.adopt(pool as unknown as RunspacePool);
  session.poolChanged('Opening', undefined);
  session.poolChanged('Opened', undefined);
  session.attach({ write: (items) => void person.saw(items) }, SIZE);
  return { person, pool, session, finished, refused };
}
