/** The network between a client and the model: it is slow, it is cut, it loses requests and answers, and something else answers at times. */
import { TransportError } from '../../electron/transport/errors.ts';
import type { Clock, SoapHttp } from '../../electron/remoting/index.ts';
import type { Dice, WorldTime } from './chance.ts';
import type { ModelServer } from './model-server.ts';
import type { ModelAnswer } from './model-shell.ts';

export interface WireOptions {
  readonly time: WorldTime;
  readonly dice: Dice;
  readonly server: ModelServer;
  readonly trace: (line: string) => void;
}

/** How often a request or an answer meets harm while there is trouble. */
const HARM_IN = 6;

type Post = Parameters<SoapHttp['post']>;

export class Wire {
  readonly #options: WireOptions;
  /** No request gets through, and what is on its way is lost. */
  #cut = false;
  #asleep = false;
  /** Requests and answers are harmed now and then. */
  trouble = false;
  readonly #underWay = new Set<() => void>();

  constructor(options: WireOptions) {
    this.#options = options;
  }

  get isCut(): boolean {
    return this.#cut;
  }

  cut(): void {
    this.#cut = true;
    const lost = [...this.#underWay];
    for (const lose of lost) lose();
  }

  mend(): void {
    this.#cut = false;
  }

  /**
   * The client's computer sleeps: what comes for it now is lost, and nothing tells it so. Requests that were under way wait for nothing until
   * they time out or are given up.
   */
  sleep(): void {
    this.#asleep = true;
  }

  wake(): void {
    this.#asleep = false;
  }

  /** The way of one client: when that is dead, nothing of it arrives or is heard of any more. `clock`: that of its computer. */
  http(name: string, isDead: () => boolean, clock: Clock): SoapHttp {
    const closed = new Set<() => void>();
    return {
      post: (...post) => this.#post(name, isDead, clock, closed, ...post),
      close: () => {
        const open = [...closed];
        for (const end of open) end();
      },
    };
  }

  #post(
    name: string,
    isDead: () => boolean,
    clock: Clock,
    closed: Set<() => void>,
    body: Post[0],
    { signal, timeoutMs }: Post[1],
  ): ReturnType<SoapHttp['post']> {
    const { time, dice, server, trace } = this.#options;
    const action = /[^/]+(?=<\/a:Action>)/.exec(body)?.[0] ?? 'Identify';
    return new Promise((resolve, reject) => {
      let over = false;
      let arrivedThere = false;
      let onGone: (() => void) | undefined;
      let told: ModelAnswer['arrived'];
      const settle = (how: string, end: () => void): void => {
        if (over) return;
        over = true;
        takeBack();
        this.#underWay.delete(lose);
        closed.delete(close);
        signal?.removeEventListener('abort', onAbort);
        trace(`${name} ${action} ${how}`);
        // A dead client hears nothing.
        if (!isDead()) end();
      };
      const fail = (code: 'connect.reset' | 'timeout' | 'closed', sent: boolean): void => {
        settle(`${code} sent=${String(sent)}`, () =>
          reject(new TransportError(code, code, { facts: { sent } })),
        );
        told?.(false);
        if (arrivedThere) onGone?.();
      };
      const lose = (): void => fail('connect.reset', arrivedThere || dice.once(2));
      const close = (): void => fail('closed', arrivedThere);
      const onAbort = (): void => {
        settle('aborted', () => reject(signal?.reason as Error));
        told?.(false);
        if (arrivedThere) onGone?.();
      };
      const takeBack = clock.after(timeoutMs, () => fail('timeout', true));
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#underWay.add(lose);
      closed.add(close);
      const harmed = (): boolean => this.trouble && dice.once(HARM_IN);

      time.after(dice.between(1, 30), () => {
        if (over) return;
        // It never left.
        if (this.#asleep) return;
        if (this.#cut || harmed()) {
          lose();
          return;
        }
        // From here on the service has it, whatever becomes of the client.
        arrivedThere = true;
        void server
          .handle(body, (gone) => {
            onGone = gone;
            if (isDead()) time.after(dice.between(1, 5000), gone);
          })
          .then((answer) => {
            if (over || isDead()) {
              answer.arrived?.(false);
              return;
            }
            if (this.#asleep) {
              trace(`${name} ${action} comes to a computer that sleeps`);
              answer.arrived?.(false);
              return;
            }
            told = answer.arrived;
            time.after(dice.between(1, 30), () =>
              this.#back(answer, harmed(), isDead, { settle, lose, resolve }),
            );
          });
      });
    });
  }

  #back(
    answer: ModelAnswer,
    harmed: boolean,
    isDead: () => boolean,
    client: {
      settle: (how: string, end: () => void) => void;
      lose: () => void;
      resolve: (answer: { status: number; body: string }) => void;
    },
  ): void {
    const { dice } = this.#options;
    if (isDead()) {
      answer.arrived?.(false);
    } else if (harmed) {
      const body = dice.pick([
        '',
        '<html><body>Service Unavailable</body></html>',
        answer.body.slice(0, answer.body.length >> 1),
      ]);
      if (dice.once(2)) client.lose();
      else {
        client.settle(`damaged ${String(body.length)}`, () =>
          client.resolve({ status: body.startsWith('<html') ? 503 : answer.status, body }),
        );
        answer.arrived?.(false);
      }
    } else {
      client.settle(`${String(answer.status)} ${String(answer.body.length)}`, () =>
        client.resolve({ status: answer.status, body: answer.body }),
      );
      // At times the service cannot know that it arrived.
      answer.arrived?.(!(this.trouble && dice.once(HARM_IN)));
    }
  }
}
