/** A shell of the model server ({@link ModelServer}): what it has, and how a list tells of it. */
import type { Header } from '../../electron/protocol/wsman/envelope.ts';

/** An answer on its way. `arrived` is told once, with whether it did. */
export interface ModelAnswer {
  readonly status: number;
  readonly body: string;
  readonly arrived?: (did: boolean) => void;
}

export interface Target {
  /** Fragments that wait, in order. */
  waiting: Buffer[];
  /** The client's Receive that waits, if any. */
  asking:
    | { readonly answer: (answer: ModelAnswer) => void; readonly header: Header; readonly cancel: () => void }
    | undefined;
  /** The command has ended, and this is its last output. */
  done: boolean;
  /** The last answer, and to which operation. */
  kept: { readonly operationId: string; readonly body: string } | undefined;
}

export interface ModelPipeline {
  readonly id: string;
  readonly target: Target;
  /** Counts up to here, then it is Completed. */
  readonly last: number;
  readonly label: string;
  counted: number;
  state: 'Running' | 'Ended';
  stopTicking: () => void;
}

export interface ModelShell {
  readonly id: string;
  readonly resourceUri: string;
  readonly name: string | undefined;
  /** The WSMan SessionId of the client that has it. */
  owner: string;
  state: 'Connected' | 'Disconnected';
  idleTimeoutMs: number;
  heardAt: number;
  disconnectedAt: number;
  objectId: bigint;
  readonly pool: Target;
  readonly pipelines: Map<string, ModelPipeline>;
}

export function newTarget(): Target {
  return { waiting: [], asking: undefined, done: false, kept: undefined };
}

export function targetsOf(shell: ModelShell): Target[] {
  return [shell.pool, ...[...shell.pipelines.values()].map((pipeline) => pipeline.target)];
}

export function describe(shell: ModelShell, now: number) {
  const { id, resourceUri, name, state, idleTimeoutMs } = shell;
  return {
    shellId: id,
    resourceUri,
    state,
    idleTimeoutMs,
    inactivityMs: now - shell.heardAt,
    inputStreams: ['stdin', 'pr'],
    outputStreams: ['stdout'],
    ...(name === undefined ? {} : { name }),
  };
}

export function key(id: string): string {
  return id.toLowerCase();
}
