/** A connection whose other end is the test: what the pool asks of it is kept, what a server would send is said by hand. */
import type {
  ConnectionEvents,
  PsrpStream,
  RemotingConnection,
} from '../../../electron/remoting/connection.ts';
import { RunspacePool, type PoolListener } from '../../../electron/remoting/runspace-pool.ts';
import type { MessageName } from '../../../electron/protocol/psrp/message.ts';
import { buildFragments } from '../../vectors/psrp-vectors.ts';
import { capability, NONE, POOL_ID, poolState, rawMessage } from '../protocol/psrp/endpoint.ts';

export class ScriptedConnection implements RemotingConnection {
  readonly kind = 'wsman';
  readonly target = { computerName: 'z002', configurationName: 'Microsoft.PowerShell' };
  /** What was asked, in order: `open`, `create p`, `send p`, `stop p`, `close p`, `close`, `abort`. */
  readonly calls: string[] = [];
  room = 100_000;
  /** What the next call of that kind does instead of succeeding. */
  readonly script: Partial<Record<'open' | 'create' | 'send' | 'stop' | 'close', () => Promise<void>>> = {};
  #events: ConnectionEvents | undefined;
  #objectId = 0n;

  get events(): ConnectionEvents {
    if (!this.#events) throw new Error('not open');
    return this.#events;
  }

  capacity(): number {
    return this.room;
  }

  async open(_shellId: string, _data: Uint8Array, events: ConnectionEvents): Promise<void> {
    this.calls.push('open');
    this.#events = events;
    await this.script.open?.();
  }

  async createPipeline(id: string): Promise<void> {
    this.calls.push(`create ${id}`);
    await this.script.create?.();
  }

  async send(_data: Uint8Array, _stream: PsrpStream, id: string | undefined): Promise<void> {
    this.calls.push(`send ${id ?? ''}`);
    await this.script.send?.();
  }

  async stopPipeline(id: string): Promise<void> {
    this.calls.push(`stop ${id}`);
    await this.script.stop?.();
  }

  closePipeline(id: string): Promise<void> {
    this.calls.push(`close ${id}`);
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.calls.push('close');
    await this.script.close?.();
  }

  abort(): void {
    this.calls.push('abort');
  }

  /** The bytes of messages, each with the next object id. */
  bytes(
    ...messages: [name: MessageName, data: string, pid?: string | undefined, rpid?: string | undefined][]
  ): Buffer {
    return Buffer.concat(
      messages.flatMap(([name, data, pid, rpid]) =>
        buildFragments(++this.#objectId, rawMessage(name, data, { pid, ...(rpid ? { rpid } : {}) })),
      ),
    );
  }

  says(name: MessageName, data: string, pid?: string, rpid?: string): void | Promise<void> {
    return this.events.onData(this.bytes([name, data, pid, rpid]), pid);
  }
}

export async function openPool(
  listener: PoolListener = {},
): Promise<{ pool: RunspacePool; connection: ScriptedConnection }> {
  const connection = new ScriptedConnection();
  const pool = new RunspacePool(connection, { id: POOL_ID }, listener);
  const opened = pool.open();
  await connection.says('SESSION_CAPABILITY', capability(), undefined, NONE);
  await connection.says('RUNSPACEPOOL_STATE', poolState(2));
  await opened;
  return { pool, connection };
}
