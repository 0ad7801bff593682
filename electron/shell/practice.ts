/** The practice server as the app keeps it: started once, on demand or ahead of it, and what the list says of it meanwhile. */
import type { ServerStore } from '../servers/server-store.ts';
import type { Destination } from '../sessions/registry.ts';
import type { PracticeServer } from '../practice-server/index.ts';
import { AppFailure } from '../../shared/error.ts';
import { PRACTICE_SERVER_ID } from '../servers/server-store.ts';
import type { Log } from '../diagnostics/log.ts';

export class Practice {
  readonly #servers: ServerStore;
  readonly #log: Log;
  readonly #start: () => Promise<PracticeServer>;
  #running: Promise<PracticeServer> | undefined;
  #closed = false;

  constructor(servers: ServerStore, log: Log, start: () => Promise<PracticeServer>) {
    this.#servers = servers;
    this.#log = log;
    this.#start = start;
  }

  /** Starts it if it does not run. A failure is told in the list and tried again at the next call. */
  async ensure(): Promise<PracticeServer> {
    if (this.#closed) throw new Error('PSDeck is ending.');
    this.#running ??= this.#launch();
    return await this.#running;
  }

  async destination(): Promise<Destination> {
    const practice = await this.ensure();
    return {
      server: this.#servers.get(PRACTICE_SERVER_ID),
      credential: { userName: practice.userName, password: practice.password },
      ...(practice.engine.banner === undefined ? {} : { banner: practice.engine.banner }),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    const running = await this.#running?.catch(() => undefined);
    await running?.close();
  }

  async #launch(): Promise<PracticeServer> {
    this.#servers.setPractice({ practice: { state: 'starting' } });
    try {
      const practice = await this.#start();
      this.#servers.setPractice({
        practice: { state: 'ready', message: `PowerShell ${practice.engine.version}` },
        port: practice.httpPort,
        userName: practice.userName,
      });
      return practice;
    } catch (error) {
      this.#running = undefined;
      const id = this.#log.failure('practice.start', error);
      const message = error instanceof Error ? error.message : 'It could not be started.';
      this.#servers.setPractice({ practice: { state: 'unavailable', message } });
      throw new AppFailure(
        {
          code: 'practice.unavailable',
          title: 'The practice server could not be started',
          why: message,
          cure: {
            text: 'Install PowerShell 7 or the .NET 10 SDK, then try again. Your own servers need neither.',
          },
          details: `Log entry ${id}`,
        },
        { cause: error },
      );
    }
  }
}
