/** Sessions that do nothing, on an engine that is not there: what one costs in memory. */
import {
  RunspacePool,
  type ConnectionEvents,
  type RemotingConnection,
} from '../../electron/remoting/index.ts';
import { capability, NONE, poolState, PRIVATE_DATA, rawMessage } from '../unit/protocol/psrp/endpoint.ts';
import { buildFragments } from '../vectors/psrp-vectors.ts';
import { heapBytes } from './remoting-measure.ts';

/** Opens at once, and is silent ever after. */
class SilentConnection implements RemotingConnection {
  readonly kind = 'process';
  readonly target = { computerName: 'nowhere', configurationName: 'Microsoft.PowerShell' };
  #events: ConnectionEvents | undefined;

  capacity(): number {
    return 32 * 1024;
  }

  async open(shellId: string, _data: Uint8Array, events: ConnectionEvents): Promise<void> {
    this.#events = events;
    const messages = [
      rawMessage('SESSION_CAPABILITY', capability(), { rpid: NONE }),
      rawMessage('APPLICATION_PRIVATE_DATA', PRIVATE_DATA, { rpid: shellId }),
      rawMessage('RUNSPACEPOOL_STATE', poolState(2), { rpid: shellId }),
    ];
    await Promise.resolve();
    for (const [i, message] of messages.entries()) {
      for (const fragment of buildFragments(BigInt(i + 1), message)) void events.onData(fragment, undefined);
    }
  }

  createPipeline(): Promise<void> {
    return Promise.resolve();
  }
  send(): Promise<void> {
    return Promise.resolve();
  }
  stopPipeline(): Promise<void> {
    return Promise.resolve();
  }
  closePipeline(): Promise<void> {
    return Promise.resolve();
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
  abort(error: Error): void {
    this.#events?.onClosed(error);
  }
}

/** Bytes of heap for each of so many pools that are Opened. */
export async function idleSessions(count: number): Promise<number> {
  const open = async (): Promise<RunspacePool> => {
    const pool = new RunspacePool(new SilentConnection());
    await pool.open();
    return pool;
  };
  // The first ones compile what all use.
  await Promise.all(Array.from({ length: 20 }, open));
  const before = heapBytes();
  const pools = await Promise.all(Array.from({ length: count }, open));
  const each = (heapBytes() - before) / count;
  if (pools.some(({ state }) => state !== 'Opened')) throw new Error('a pool did not open');
  return each;
}
