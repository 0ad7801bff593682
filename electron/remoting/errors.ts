/** The library's own errors. What the wire or the protocol did wrong arrives as TransportError, WsmanFaultError or ProtocolError. */
import type { PsValue } from '../protocol/clixml/value.ts';

/** The pool is not open (any more), so the call cannot be made. */
export class PoolStateError extends Error {
  override readonly name = 'PoolStateError';
  readonly code = 'pool.state';
  readonly state: string;

  constructor(state: string, wanted: string) {
    super(`The runspace pool is ${state}; ${wanted}.`);
    this.state = state;
  }
}

/** A pipeline ended with a terminating error (`throw`, a parse error, -ErrorAction Stop). */
export class PipelineFailedError extends Error {
  override readonly name = 'PipelineFailedError';
  readonly code = 'pipeline.failed';
  /** The ErrorRecord as it came; undefined where the server gave none. */
  readonly record: PsValue | undefined;

  constructor(message: string, record: PsValue | undefined) {
    super(message);
    this.record = record;
  }
}

/** Nothing of it was sent: the connection was given up before. It may be sent when there is another. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError';
  readonly code = 'send.not-sent';

  constructor() {
    super('The connection was lost before this was sent.');
  }
}

/** The connection failed while this was sent, and nobody can say whether it arrived. It was not sent a second time, lest it be done twice. */
export class SendUncertainError extends Error {
  override readonly name = 'SendUncertainError';
  readonly code = 'send.uncertain';
  override readonly cause: Error;

  constructor(cause: Error) {
    super(
      'The connection failed while input was sent; whether it arrived is not known, and it was not sent again.',
    );
    this.cause = cause;
  }
}

/** The end of a pipeline's output, with its state, was lost with the connection: the server has handed it out, and knows the pipeline no more. */
export class OutputLostError extends Error {
  override readonly name = 'OutputLostError';
  readonly code = 'pipeline.output-lost';
  override readonly cause: Error;

  constructor(cause: Error) {
    super('The end of the output was lost with the connection; whether the command succeeded is not known.');
    this.cause = cause;
  }
}

/** The shell was made, but its runspace pool did not open in time. */
export class OpenTimeoutError extends Error {
  override readonly name = 'OpenTimeoutError';
  readonly code = 'pool.open-timeout';
  readonly seconds: number;

  constructor(ms: number) {
    super(`The runspace pool did not open within ${ms / 1000} seconds.`);
    this.seconds = ms / 1000;
  }
}
