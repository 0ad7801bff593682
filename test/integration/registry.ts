/** A session registry in front of real engines, with what it told kept for looking at. */
import { CredentialKeeper, type Credential } from '../../electron/credentials/credential-keeper.ts';
import {
  createPool,
  wsmanClient,
  type RunspacePool,
  type WinRmTarget,
} from '../../electron/remoting/index.ts';
import { SessionRegistry, type Destination, type RegistryOptions } from '../../electron/sessions/registry.ts';
import type { SessionEvents } from '../../electron/sessions/session-events.ts';
import { targetOf, wishedFor } from '../../electron/shell/target.ts';
import type { Server } from '../../shared/server.ts';
import type { SessionRow } from '../../shared/session.ts';
import type { CommandRecord, InputRequest, OutputItem, ProgressBar } from '../../shared/terminal.ts';
import { plainText } from '../../electron/console/vt.ts';
import { PASSWORD, USER } from './practice.ts';

/** A person at a terminal: sees the page, waits for what happens. */
export class Person implements SessionEvents {
  readonly rows: SessionRow[] = [];
  readonly commands: CommandRecord[] = [];
  readonly bars: ProgressBar[][] = [];
  readonly titles: string[] = [];
  readonly items: OutputItem[] = [];
  readonly gone: number[] = [];
  request: InputRequest | null = null;
  #wake: (() => void)[] = [];

  changed(row: SessionRow): void {
    this.rows.push(row);
    this.noticed();
  }
  removed(id: number): void {
    this.gone.push(id);
    this.noticed();
  }
  input(_id: number, request: InputRequest | null): void {
    this.request = request;
    this.noticed();
  }
  command(_id: number, command: CommandRecord): void {
    this.commands.push(command);
    this.noticed();
  }
  progress(_id: number, bars: ProgressBar[]): void {
    this.bars.push(bars);
    this.noticed();
  }
  title(_id: number, title: string): void {
    this.titles.push(title);
    this.noticed();
  }
  saw(items: readonly OutputItem[]): void {
    this.items.push(...items);
    this.noticed();
  }
  noticed(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  async until<T>(look: () => T | undefined | false | null): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined && found !== false && found !== null) return found;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** The page as plain text. */
  get page(): string {
    return plainText(this.items.map((item) => item.vt).join('')).replaceAll('\r\n', '\n');
  }
}

/** A server entry for what listens on a loopback port. */
export function serverAt(port: number, change: Partial<Server> = {}): Server {
  return {
    id: 'z',
    kind: 'winrm',
    name: 'Z002',
    address: '127.0.0.1',
    port,
    https: false,
    userName: '',
    configuration: 'Microsoft.PowerShell',
    signIn: { auth: 'basic' },
    allowPlainBasic: true,
    allowNtlmOverHttp: false,
    ...change,
  };
}

export function registryFor(
  server: Server,
  person: Person,
  credential: { userName: string; password: string } | null = { userName: USER, password: PASSWORD },
  more: Partial<RegistryOptions> & { readonly target?: Partial<WinRmTarget> } = {},
): { registry: SessionRegistry; credentials: CredentialKeeper; pools: RunspacePool[] } {
  const credentials = new CredentialKeeper();
  const pools: RunspacePool[] = [];
  const target = (destination: Destination, given: Credential | undefined): WinRmTarget => ({
    ...targetOf(destination, given),
    ...more.target,
  });
  const registry = new SessionRegistry({
    credentials,
    events: person,
    now: () => performance.now(),
    log: () => undefined,
    resolve: () => Promise.resolve({ server, ...(credential ? { credential } : {}) }),
    connect: (destination, given, options, listener, wish) => {
      const pool = createPool(
        {
          ...target(destination, given),
          ...wishedFor(wish),
        },
        options,
        listener,
      );
      pools.push(pool);
      return pool;
    },
    client: (destination, given) => wsmanClient(target(destination, given)),
    ...more,
  });
  return { registry, credentials, pools };
}
