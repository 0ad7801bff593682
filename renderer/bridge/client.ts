import type { AppError } from '../../shared/error.ts';
import { AppError as AppErrorSchema } from '../../shared/error.ts';
import type {
  BridgePort,
  CallInput,
  CallName,
  CallOutput,
  EventName,
  EventPayload,
} from '../../shared/contract.ts';
import { calls, events } from '../../shared/contract.ts';

/** A call that was refused. It carries what a person is told; main made it, or this file where main was not reached. */
export class BridgeError extends Error {
  readonly error: AppError;
  constructor(error: AppError) {
    super(`${error.code}: ${error.title}`);
    this.name = 'BridgeError';
    this.error = error;
  }
}

export interface Bridge {
  call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>>;
  /** Returns how to stop listening. */
  on<N extends EventName>(name: N, listener: (payload: EventPayload<N>) => void): () => void;
  onConnection(listener: (connected: boolean) => void): () => void;
}

/** What a failed call says, whatever was thrown. */
export function appErrorOf(thrown: unknown): AppError {
  if (thrown instanceof BridgeError) return thrown.error;
  return {
    code: 'app.unexpected',
    title: 'Something went wrong inside PSDeck',
    details: thrown instanceof Error ? thrown.message : String(thrown),
  };
}

function malformed(what: string, details: string): BridgeError {
  return new BridgeError({
    code: 'bridge.malformed',
    title: `PSDeck’s background process sent something that this window does not understand`,
    why: 'The window and the background process are of different versions.',
    cure: { text: 'Close PSDeck and start it again.' },
    details: `${what}: ${details}`,
  });
}

/**
 * The typed way to main. Everything that arrives is checked against the contract: an answer that does not fit rejects its call, an event
 * that does not fit is dropped and reported to `onMalformed`.
 */
export function createBridge(
  port: BridgePort,
  onMalformed: (error: AppError) => void = () => undefined,
): Bridge {
  const listeners = new Map<string, Set<(payload: never) => void>>();

  port.onEvent((name, payload) => {
    const heard = listeners.get(name);
    if (!(name in events)) {
      onMalformed(malformed(`event ${name}`, 'not in the contract').error);
      return;
    }
    if (heard === undefined || heard.size === 0) return;
    const parsed = events[name as EventName].safeParse(payload);
    if (!parsed.success) {
      onMalformed(malformed(`event ${name}`, parsed.error.message).error);
      return;
    }
    for (const listener of heard) listener(parsed.data as never);
  });

  return {
    async call(name, input) {
      const checked = calls[name].input.safeParse(input);
      if (!checked.success) {
        const issue = checked.error.issues[0];
        const field = issue?.path.map(String).join('.');
        throw new BridgeError({
          code: 'input.invalid',
          title: issue?.message ?? 'That value cannot be used',
          ...(field === undefined || field === '' ? {} : { field }),
        });
      }
      const answer = await port.call(name, checked.data);
      if (!answer.ok) {
        const error = AppErrorSchema.safeParse(answer.error);
        throw error.success
          ? new BridgeError(error.data)
          : malformed(`error of ${name}`, error.error.message);
      }
      const value = calls[name].output.safeParse(answer.value);
      if (!value.success) throw malformed(`answer of ${name}`, value.error.message);
      return value.data as CallOutput<typeof name>;
    },
    on(name, listener) {
      const heard = listeners.get(name) ?? new Set();
      listeners.set(name, heard);
      heard.add(listener);
      return () => void heard.delete(listener);
    },
    onConnection: (listener) => port.onConnection(listener),
  };
}
