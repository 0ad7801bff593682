/** A pool of ours, the practice server's endpoint with an engine that is told what to say, and between them a network that fails as told. */
import {
  createWsmanEndpoint,
  type WsmanEndpointOptions,
} from '../../../electron/practice-server/wsman/endpoint.ts';
import { Defragmenter } from '../../../electron/protocol/psrp/fragment.ts';
import { decodeMessage, type MessageFrame } from '../../../electron/protocol/psrp/message.ts';
import { readEnvelope } from '../../../electron/protocol/wsman/envelope.ts';
import type { Interruption } from '../../../electron/remoting/connection.ts';
import type { RetryOptions } from '../../../electron/remoting/link.ts';
import { RunspacePool } from '../../../electron/remoting/runspace-pool.ts';
import type { SoapHttp } from '../../../electron/remoting/soap-http.ts';
import { WsmanConnection } from '../../../electron/remoting/wsman-connection.ts';
import { SignInError } from '../../../electron/protocol/auth/sign-in-error.ts';
import { TransportError } from '../../../electron/transport/errors.ts';
import { ManualClock } from '../practice-server/manual-clock.ts';
import { FakeEngine } from '../practice-server/wsman-harness.ts';
import { capability, PRIVATE_DATA, poolState } from '../protocol/psrp/endpoint.ts';

/**
 * What becomes of a request: it never leaves, it is lost on the way there, its answer is lost on the way back, or somebody else answers. `dead`
 * is a line that takes it and brings nothing, until the request times out. Or nobody lets us in.
 */
export type Fate =
  | 'arrives'
  | 'unsent'
  | 'lost'
  | 'answer-lost'
  | 'answer-unwritten'
  | 'garbage'
  | 'unavailable'
  | 'no-kdc'
  | 'ticket-expired'
  | 'dead';

/** Opens by itself, answers calls to the pool, and keeps what it was sent. */
class Engine extends FakeEngine {
  readonly messages: (MessageFrame & { readonly target: string })[] = [];
  readonly #readers = new Map<string, Defragmenter>();
  version = '2.3';

  readonly peerOfTest = this.#listen();

  #listen(): void {
    const sendData = this.peer.sendData.bind(this.peer);
    this.peer.sendData = async (data, psGuid, stream) => {
      await sendData(data, psGuid, stream);
      const key = `${psGuid ?? 'pool'} ${stream}`;
      const reader = this.#readers.get(key) ?? new Defragmenter();
      this.#readers.set(key, reader);
      for (const { message } of reader.push(data)) {
        const frame = decodeMessage(message.slice());
        this.messages.push({ ...frame, target: psGuid ?? 'pool' });
        this.#answer(frame);
      }
    };
  }

  #answer({ name, data, runspacePoolId }: MessageFrame): void {
    this.poolId = runspacePoolId;
    if (name === 'INIT_RUNSPACEPOOL') {
      this.say(undefined, 'SESSION_CAPABILITY', capability(this.version));
      this.say(undefined, 'APPLICATION_PRIVATE_DATA', PRIVATE_DATA);
      this.say(undefined, 'RUNSPACEPOOL_STATE', poolState(2));
    }
    if (name === 'GET_AVAILABLE_RUNSPACES') {
      const ci = /<I64 N="ci">(-?\d+)</.exec(data)?.[1] ?? '0';
      const body = `<I64 N="SetMinMaxRunspacesResponse">1</I64><I64 N="ci">${ci}</I64>`;
      this.say(undefined, 'RUNSPACE_AVAILABILITY', `<Obj RefId="0"><MS>${body}</MS></Obj>`);
    }
  }

  /** Numbers as output of a pipeline. */
  outputs(psGuid: string, from: number, to: number): void {
    for (let n = from; n <= to; n++) this.say(psGuid, 'PIPELINE_OUTPUT', `<I32>${n}</I32>`);
  }

  /** How often messages of that name came. */
  count(name: MessageFrame['name']): number {
    return this.messages.filter((each) => each.name === name).length;
  }
}

/** SOAP 1.2, 5.4.8 */
const NOT_UNDERSTOOD =
  '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body><s:Fault><s:Code>' +
  '<s:Value>s:MustUnderstand</s:Value></s:Code><s:Reason><s:Text xml:lang="en">One or more mandatory headers ' +
  'are not understood.</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>';

export class FaultyLine {
  readonly clock = new ManualClock();
  readonly engines: Engine[] = [];
  readonly asked: string[] = [];
  /** The bodies of all Receives. */
  readonly receives: string[] = [];
  /** As a service that names operations, and has no table of them to look them up in. */
  refusesRetransmission = false;
  readonly states: string[] = [];
  readonly told: (Interruption | 'resumed')[] = [];
  readonly errors: (Error | undefined)[] = [];
  readonly endpoint: ReturnType<typeof createWsmanEndpoint>;
  /** Decides about each request; the last part of its action. */
  fate: (action: string) => Fate = () => 'arrives';
  version = '2.3';
  readonly #underWay = new Set<AbortController>();

  constructor(options: Partial<WsmanEndpointOptions> = {}) {
    this.endpoint = createWsmanEndpoint({
      clock: this.clock,
      engineFactory: (events) => {
        const engine = new Engine(events);
        engine.version = this.version;
        this.engines.push(engine);
        return Promise.resolve(engine);
      },
      ...options,
    });
  }

  get engine(): Engine {
    const engine = this.engines.at(-1);
    if (!engine) throw new Error('no engine');
    return engine;
  }

  /** A client of its own; with `retry: 'never'` the first failure is the last. */
  pool(more: { retry?: RetryOptions | 'never'; id?: string; openTimeoutMs?: number } = {}): RunspacePool {
    const { retry = {}, ...options } = more;
    const connection = new WsmanConnection({
      http: this.#http(),
      url: 'http://z002:5985/wsman',
      computerName: 'z002',
      configurationName: 'Microsoft.PowerShell',
      clock: this.clock,
      random: () => 0,
      ...(retry === 'never' ? {} : { retry }),
    });
    return new RunspacePool(
      connection,
      { clock: this.clock, protocolVersion: '2.3', ...options },
      {
        stateChanged: (state, error) => {
          this.states.push(state);
          this.errors.push(error);
        },
        interrupted: (interruption) => this.told.push(interruption),
        resumed: () => this.told.push('resumed'),
      },
    );
  }

  #http(): SoapHttp {
    const over = new AbortController();
    return {
      close: () => over.abort(new TransportError('closed', 'closed')),
      post: async (body, { signal, timeoutMs }) => {
        const action = readEnvelope(body).header.action?.split('/').at(-1) ?? '';
        this.asked.push(action);
        if (action === 'Receive') this.receives.push(body);
        const fate = this.fate(action);
        const gone = new AbortController();
        this.#underWay.add(gone);
        const ends = [over.signal, ...(signal ? [signal] : [])];
        const onEnd = (): void => gone.abort(ends.find(({ aborted }) => aborted)?.reason);
        for (const end of ends) end.addEventListener('abort', onEnd);
        if (ends.some(({ aborted }) => aborted)) onEnd();
        const cancel = this.clock.after(timeoutMs, () =>
          gone.abort(new TransportError('timeout', 'too late')),
        );
        try {
          return await this.#carry(body, fate, gone.signal);
        } finally {
          this.#underWay.delete(gone);
          cancel();
          for (const end of ends) end.removeEventListener('abort', onEnd);
        }
      },
    };
  }

  async #carry(body: string, fate: Fate, gone: AbortSignal): Promise<{ status: number; body: string }> {
    gone.throwIfAborted();
    const cut = new TransportError('connect.reset', 'The connection was cut');
    if (fate === 'unsent') {
      throw new TransportError('connect.refused', 'Nothing listens', { facts: { sent: false } });
    }
    if (fate === 'lost') throw cut;
    // As the transport says what a gateway answers in the server's place.
    if (fate === 'unavailable')
      throw new TransportError('http.status', 'The service answers with an error', {
        facts: { status: 503 },
        httpStatus: 503,
      });
    if (fate === 'no-kdc') throw new SignInError('kerberos.no-kdc', 'No domain controller answers');
    if (fate === 'ticket-expired') throw new SignInError('kerberos.expired', 'The ticket has run out');
    if (fate === 'garbage')
      return { status: 200, body: '<html><body>Sign in to the guest network</body></html>' };
    const aborted = new Promise<never>((_resolve, reject) => {
      const onAbort = (): void => reject(gone.reason as Error);
      if (gone.aborted) onAbort();
      else gone.addEventListener('abort', onAbort, { once: true });
    });
    aborted.catch(() => undefined);
    if (fate === 'dead') return aborted;
    const { header } = readEnvelope(body);
    if (this.refusesRetransmission && header.isRetransmission) return { status: 500, body: NOT_UNDERSTOOD };
    const answering = this.endpoint.handle({
      body,
      userName: 'ada',
      url: 'http://z002:5985/wsman',
      remoteAddress: '127.0.0.1',
      signal: gone,
    });
    const answer = await Promise.race([answering, aborted]);
    if (fate === 'answer-unwritten') answer.undelivered?.();
    if (fate === 'answer-lost' || fate === 'answer-unwritten') throw cut;
    return answer;
  }

  /** Every connection is reset, those on which a Receive waits, too. */
  cut(): void {
    for (const each of this.#underWay)
      each.abort(new TransportError('connect.reset', 'The connection was cut'));
  }

  /** Lets everything happen that needs no time. */
  async calm(): Promise<void> {
    for (let i = 0; i < 12; i++) {
      // oxlint-disable-next-line no-await-in-loop -- turn after turn
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Lets time pass, in steps, until something is so. */
  async until(isSo: () => boolean, mostMs = 600_000): Promise<void> {
    await this.calm();
    for (let passed = 0; !isSo(); passed += 100) {
      if (passed > mostMs) throw new Error('It does not come to be so');
      this.clock.advance(100);
      // oxlint-disable-next-line no-await-in-loop
      await this.calm();
    }
  }

  async pass(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    await this.until(() => this.clock.now() >= end);
  }
}
