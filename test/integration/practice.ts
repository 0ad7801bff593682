/** Real engines for integration tests, bare: nothing of ours is loaded into them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { findEngine } from '../../electron/practice-server/engine/find-engine.ts';
import { startEngine } from '../../electron/practice-server/engine/engine-process.ts';
import {
  createWsmanEndpoint,
  type EndpointEvent,
  type WsmanEndpointOptions,
} from '../../electron/practice-server/wsman/endpoint.ts';
import {
  createPool,
  ProcessConnection,
  RunspacePool,
  type PoolListener,
  type RunspacePoolOptions,
  type WinRmTarget,
} from '../../electron/remoting/index.ts';
import { listen } from '../../electron/transport/winrm-http/listener.ts';

const MISSING = JSON.parse(process.env['PSDECK_MISSING'] ?? '{}') as Record<string, string>;

/** Why there is no engine here; undefined where there is one. Building it is the set-up's work. */
export const noEngine: string | undefined = MISSING['engine'];
if (noEngine !== undefined) console.log(`Skipped, there is no PowerShell engine: ${noEngine}`);

export const USER = 'ada';
export const PASSWORD = 'correct horse';

export interface Way {
  pool(options?: RunspacePoolOptions, listener?: PoolListener): Promise<RunspacePool>;
  /** Ends the engine behind the newest pool, as a crash would. */
  killEngine(): void;
  close(): Promise<void>;
}

/** The engine as a child, over its pipes. */
export async function overPipes(): Promise<Way> {
  const command = await findEngine({ reducedModule: false });
  const children: ReturnType<typeof spawn>[] = [];
  return {
    pool(options, listener) {
      const child = spawn(command.file, command.args, { stdio: ['pipe', 'pipe', 'ignore'] });
      children.push(child);
      const connection = new ProcessConnection({
        kind: 'process',
        computerName: 'localhost',
        input: child.stdout,
        output: child.stdin,
        kill: () => child.kill(),
      });
      return Promise.resolve(new RunspacePool(connection, options, listener));
    },
    killEngine: () => void children.at(-1)?.kill('SIGKILL'),
    async close() {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
      }
    },
  };
}

/** The engine behind our WSMan endpoint, over HTTP. */
export async function overWinRm(
  onEvent: (event: EndpointEvent) => void = () => undefined,
  more: Partial<WsmanEndpointOptions> = {},
): Promise<Way & { port: number; target: WinRmTarget }> {
  const command = await findEngine({ reducedModule: false });
  const kills: (() => void)[] = [];
  const endpoint = createWsmanEndpoint({
    ...more,
    onEvent,
    configurations: ['Microsoft.PowerShell', 'PSDeck.Restricted'],
    engineFactory: async (events, configurationName) => {
      const engine = await startEngine({ command, configurationName }, events);
      kills.push(() => engine.kill());
      return engine;
    },
  });
  const listener = await listen({
    verify: (user, password) => user === USER && password === PASSWORD,
    handle: (request) => endpoint.handle(request),
  });
  const target: WinRmTarget = {
    server: '127.0.0.1',
    port: listener.port,
    https: false,
    auth: 'basic',
    allowPlainBasic: true,
    userName: USER,
    password: PASSWORD,
  };
  return {
    port: listener.port,
    target,
    pool: (options, poolListener) => Promise.resolve(createPool(target, options, poolListener)),
    killEngine: () => kills.at(-1)?.(),
    async close() {
      await listener.close();
      await endpoint.close();
    },
  };
}
