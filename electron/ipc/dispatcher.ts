import {
  calls,
  type CallAnswer,
  type CallName,
  type CallOutput,
  type CallParsed,
} from '../../shared/contract.ts';
import { AppFailure, type AppError } from '../../shared/error.ts';
import type { Peer } from './peer.ts';

/** One handler a call. It throws `AppFailure` for what a person can act on; whatever else it throws is a bug. */
export type Handlers = {
  [N in CallName]: (input: CallParsed<N>, peer: Peer) => Promise<CallOutput<N>>;
};

export interface Dispatcher {
  /** Name and input are taken as they came from outside. Never rejects: every failure is an answer. */
  handle(call: unknown, input: unknown, peer: Peer): Promise<CallAnswer>;
}

/** Where the unexpected is written down. Returns the id it can be found by. */
export interface FailureLog {
  failure(event: string, thrown: unknown, fields?: Readonly<Record<string, string | number>>): string;
}

export function createDispatcher(handlers: Handlers, log: FailureLog): Dispatcher {
  async function run(call: CallName, input: unknown, peer: Peer): Promise<CallAnswer> {
    const schemas = calls[call];
    const parsed = schemas.input.safeParse(input);
    if (!parsed.success) return refuse(invalid(call, parsed.error.issues[0]));
    // The schema that was just passed is the one the handler's type is made of.
    const handler = handlers[call] as (parsedInput: unknown, from: Peer) => Promise<unknown>;
    const output = await handler(parsed.data, peer);
    const checked = schemas.output.safeParse(output);
    if (checked.success) return { ok: true, value: checked.data };
    const where = checked.error.issues[0]?.path.join('.') ?? '';
    return refuse(internal(log.failure('ipc.output', undefined, { call, where })));
  }

  return {
    async handle(call, input, peer) {
      if (!isCallName(call)) {
        return refuse({
          code: 'input.unknown-call',
          title: 'The window asked for something PSDeck does not know',
        });
      }
      try {
        return await run(call, input, peer);
      } catch (thrown) {
        if (thrown instanceof AppFailure) return refuse(thrown.error);
        return refuse(internal(log.failure('ipc.handler', thrown, { call })));
      }
    },
  };
}

/** `Object.hasOwn`, because `constructor` is a name too. */
function isCallName(name: unknown): name is CallName {
  return typeof name === 'string' && Object.hasOwn(calls, name);
}

function refuse(error: AppError): CallAnswer {
  return { ok: false, error };
}

function invalid(call: CallName, issue: { path: PropertyKey[]; message: string } | undefined): AppError {
  const field = issue?.path.map(String).join('.') ?? '';
  return {
    code: 'input.invalid',
    title: issue?.message ?? 'That cannot be used as it stands',
    details: `${call}${field === '' ? '' : `: ${field}`}`,
    ...(field === '' ? {} : { field }),
  };
}

/** Neither stack nor text: they may hold what the person typed. The id leads to the log's line. */
function internal(id: string): AppError {
  return {
    code: 'internal',
    title: 'PSDeck made a mistake',
    why: 'Something happened that it was not written for. Your sessions go on.',
    cure: { text: 'Try again. If it stays, copy the diagnostics and report it with this id.' },
    details: `Log id ${id}`,
  };
}
