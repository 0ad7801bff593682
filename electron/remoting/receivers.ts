/**
 * The standing Receives of a connection: one for the pool and one for each pipeline, asked again for as long as something may come.
 *
 * An answer that is lost on its way takes what it held with it: WS-Management acknowledges nothing, and a second Receive gets what comes next.
 * Disconnect and Reconnect bring nothing back either ([MS-WSMV] 3.1.4.15 and 3.1.4.16 speak of output that has not been sent). What does is
 * Robust Connection Support ([MS-WSMV] 3.1.4.1.39): a server that has it names the operation in its answers and keeps the last, and who sends
 * the same request again, with an OperationID that must be understood, gets the same answer. Of a server that does not name operations it is
 * not asked: one that knows nothing of them would have to refuse the header.
 */
import { ProtocolError } from '../protocol/errors.ts';
import { FAULT } from '../protocol/wsman/fault-codes.ts';
import { WsmanFault } from '../protocol/wsman/faults.ts';
import type { RequestContext } from '../protocol/wsman/envelope.ts';
import { ACTION } from '../protocol/wsman/names.ts';
import { decodeReceiveResponse, type ReceiveResponse } from '../protocol/wsman/receive.ts';
import { sleep, type Clock } from './clock.ts';
import type { ConnectionEvents } from './connection.ts';
import type { Courier } from './courier.ts';
import { OutputLostError } from './errors.ts';
import { failedOnTheWay, wasNeverSent, type Link } from './link.ts';
import { shellFaultReason } from './shell-fault.ts';
import type { ShellRequests } from './shell-requests.ts';

/** How long a Receive waits at the server before it says that there is nothing yet: well under every proxy's patience. */
const RECEIVE_WAIT_MS = 20_000;
/** After an interruption: soon enough to say that the server is back although it has nothing to say. Windows takes half a second and more. */
const SETTLING_WAIT_MS = 1_000;
/** A Receive that has nothing to say waits at the server; one that comes back at once, again and again, is asked more slowly. */
const MOST_QUICK = 5;
const QUICK_PAUSE_MS = 100;
/** Answers in a row that are no answers: a gateway's page comes once or twice, another protocol for ever. */
const MOST_DAMAGED = 3;

export interface ReceiversOptions {
  readonly clock: Clock;
  readonly link: Link;
  readonly courier: Courier;
  readonly requests: ShellRequests;
  readonly over: AbortSignal;
  readonly events: () => ConnectionEvents | undefined;
  readonly isOpen: () => boolean;
  readonly comeBack: () => Promise<void>;
  /** A Receive failed for good. Not called while the connection is left or closed. */
  readonly failed: (pipelineId: string | undefined, error: Error) => void;
}

interface Receiving {
  readonly stop: AbortController;
  readonly over: Promise<void>;
}

export class Receivers {
  readonly #options: ReceiversOptions;
  readonly #running = new Map<string, Receiving>();
  /** The pipelines that have output to receive, and the pool, whose key is empty. */
  readonly #targets = new Set<string>();
  /** What was lost of each, as long as it may be had again; also after the connection was given up in between. */
  readonly #lost = new Map<string, LostAnswer>();
  /** The server keeps answers for who asks again. */
  #keepsAnswers = false;

  constructor(options: ReceiversOptions) {
    this.#options = options;
  }

  get pipelines(): string[] {
    return [...this.#targets].filter((key) => key !== '');
  }

  /** Something may come for this target from now on. */
  add(pipelineId: string | undefined): void {
    this.#targets.add(pipelineId ?? '');
    if (this.#options.isOpen()) this.#start(pipelineId, false);
  }

  /** Nothing more is wanted of it. */
  remove(pipelineId: string): void {
    this.#targets.delete(pipelineId);
    this.#lost.delete(pipelineId);
    this.#running.get(pipelineId)?.stop.abort();
  }

  /** We are open again: what was in flight when we were not may be lost. */
  startAll(): void {
    for (const key of this.#targets) {
      if (!this.#running.has(key)) this.#start(key === '' ? undefined : key, true);
    }
  }

  stopAll(): void {
    for (const { stop } of this.#running.values()) stop.abort();
  }

  /** Resolves when none is under way. */
  async ended(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ over }) => over));
  }

  #start(pipelineId: string | undefined, mayHaveLost: boolean): void {
    const key = pipelineId ?? '';
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.#options.over]);
    const entry: Receiving = {
      stop,
      over: this.#receive(pipelineId, signal, mayHaveLost).finally(() => {
        if (this.#running.get(key) !== entry) return;
        this.#running.delete(key);
        // One that ended because we were leaving, while leaving was refused.
        const goesOn = this.#options.isOpen() && this.#targets.has(key) && !stop.signal.aborted;
        if (goesOn) this.#start(pipelineId, true);
      }),
    };
    this.#running.set(key, entry);
  }

  /** Asks, hands on, asks again, until the command is done or the connection over. */
  async #receive(pipelineId: string | undefined, signal: AbortSignal, mayHaveLost: boolean): Promise<void> {
    const { clock, link, requests } = this.#options;
    let uncertain = mayHaveLost;
    let settling = mayHaveLost;
    let damaged = 0;
    let quick = 0;
    const lost = this.#lost.get(pipelineId ?? '') ?? new LostAnswer();
    this.#lost.set(pipelineId ?? '', lost);
    while (!signal.aborted && this.#options.isOpen()) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one Receive after the other
        if (quick > MOST_QUICK) await sleep(clock, QUICK_PAUSE_MS, signal);
        const asked = clock.now();
        const context = lost.request ?? requests.context(settling ? SETTLING_WAIT_MS : RECEIVE_WAIT_MS);
        lost.sent = context;
        // oxlint-disable-next-line no-await-in-loop
        const response = await this.#ask(pipelineId, context, signal);
        link.succeeded();
        lost.found();
        damaged = 0;
        settling = false;
        if (response.streams.length > 0) uncertain = false;
        const idle = response.streams.length === 0 && clock.now() - asked < QUICK_PAUSE_MS;
        quick = idle ? quick + 1 : 0;
        // oxlint-disable-next-line no-await-in-loop -- in order, and no faster than it is taken
        await this.#handOn(response, pipelineId);
        if (response.commandState?.state === 'Done') {
          this.#targets.delete(pipelineId ?? '');
          this.#lost.delete(pipelineId ?? '');
          if (pipelineId !== undefined && !signal.aborted)
            this.#options.events()?.onPipelineEnded(pipelineId);
          return;
        }
      } catch (error) {
        if (signal.aborted) return;
        damaged = error instanceof ProtocolError ? damaged + 1 : 0;
        uncertain ||= failedOnTheWay(error) && !wasNeverSent(error);
        if (lost.request !== undefined && isNotHeardOf(error)) {
          // A server that names operations and takes none: what is lost is told by what comes next.
          this.#keepsAnswers = false;
          lost.found();
          continue;
        }
        lost.failed(error, this.#keepsAnswers);
        try {
          if (damaged >= MOST_DAMAGED) throw error;
          // oxlint-disable-next-line no-await-in-loop
          await this.#mend(error, pipelineId, signal);
          settling = true;
        } catch (fatal) {
          if (!signal.aborted && this.#options.isOpen()) this.#fail(pipelineId, asError(fatal), uncertain);
          return;
        }
      }
    }
  }

  async #ask(
    pipelineId: string | undefined,
    context: RequestContext,
    signal: AbortSignal,
  ): Promise<ReceiveResponse> {
    const { requests, courier, link, clock } = this.#options;
    // An operation that goes on there is answered in its own time, which may be long; that the server is back is known sooner.
    const cancel =
      context.isRetransmission === true && link.isInterrupted
        ? clock.after(SETTLING_WAIT_MS, () => void courier.isThere().catch(() => undefined))
        : undefined;
    try {
      const body = requests.receive(context, pipelineId);
      const answer = await courier.askRepeatable(body, ACTION.receive, context, signal);
      this.#keepsAnswers ||= answer.header.operationId !== undefined;
      return decodeReceiveResponse(answer);
    } catch (error) {
      // 2150858793: the server had nothing to say in time, which is no error.
      if (error instanceof WsmanFault && error.is(FAULT.operationTimedOut)) return NOTHING;
      throw error;
    } finally {
      cancel?.();
    }
  }

  async #handOn(response: ReceiveResponse, pipelineId: string | undefined): Promise<void> {
    for (const stream of response.streams) {
      if (stream.data.length > 0 && !this.#options.over.aborted) {
        // oxlint-disable-next-line no-await-in-loop
        await this.#options.events()?.onData(stream.data, pipelineId);
      }
    }
  }

  /** After a Receive that failed: resolves when it may be asked again. Throws where it may not. */
  async #mend(error: unknown, pipelineId: string | undefined, signal: AbortSignal): Promise<void> {
    const { link } = this.#options;
    if (failedOnTheWay(error)) {
      if (!wasNeverSent(error)) this.#options.events()?.onAnswerLost?.(pipelineId);
      await link.failed(error, signal);
      return;
    }
    if (error instanceof WsmanFault && this.#options.isOpen()) {
      if (shellFaultReason(error) === 'disconnected') {
        await this.#options.comeBack();
        return;
      }
      // The server has not noticed yet that the one who asked before is gone.
      if (error.is(FAULT.receiveInProgress)) {
        await link.failed(error, signal);
        return;
      }
    }
    throw error;
  }

  #fail(pipelineId: string | undefined, error: Error, uncertain: boolean): void {
    if (pipelineId !== undefined) {
      if (shellFaultReason(error) === 'not-found' && uncertain) {
        this.#targets.delete(pipelineId);
        this.#options.events()?.onPipelineEnded(pipelineId, new OutputLostError(error));
        return;
      }
      if (error instanceof WsmanFault && shellFaultReason(error) !== 'in-use')
        this.#targets.delete(pipelineId);
    }
    this.#options.failed(pipelineId, error);
  }
}

/** An answer that was lost, and the request by which it may be had again. */
class LostAnswer {
  /** What was asked last. */
  sent: RequestContext | undefined;
  /** To be asked again; undefined where there is nothing to be had again. */
  request: RequestContext | undefined;
  #cameBack = false;

  /** There was an answer. */
  found(): void {
    this.request = undefined;
    this.#cameBack = false;
  }

  failed(error: unknown, isKept: boolean): void {
    if (failedOnTheWay(error)) {
      if (isKept && this.sent !== undefined && !wasNeverSent(error))
        this.request = { ...this.sent, isRetransmission: true };
      return;
    }
    // Its own client still asks there, as far as the server knows.
    if (error instanceof WsmanFault && error.is(FAULT.receiveInProgress)) return;
    // The shell was set aside: perhaps before the operation was answered, or that is its answer, and it would come for ever.
    if (shellFaultReason(error) === 'disconnected' && !this.#cameBack) this.#cameBack = true;
    else this.found();
  }
}

/** [MS-WSMV] 3.1.4.1.39; a server that knows no operations refuses a header that it must understand (SOAP 1.2, 5.4.8). */
function isNotHeardOf(error: unknown): boolean {
  return (
    error instanceof WsmanFault &&
    (error.role === 'MustUnderstand' || error.subcode === 'InvalidMessageInformationHeader')
  );
}

const NOTHING: ReceiveResponse = { streams: [] };

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
