/** Taking over a pool that another client, or an earlier run of this one, left on the server. */
import { createPool, type WinRmTarget } from './connect.ts';
import type { PoolListener, RunspacePool, RunspacePoolOptions } from './runspace-pool.ts';

/**
 * Connects to a disconnected shell ([MS-PSRP] 3.1.4.10); its id is that of its pool, as `enumerateShells` tells it. The pipelines in it are
 * there to be connected one by one: {@link RunspacePool.listPipelines}, {@link RunspacePool.connectPipeline}.
 * @throws ShellFault: `in-use` while another client has it, or one that died and that the server has not missed yet; `not-found`.
 * TransportError, WsmanFault, ProtocolError
 */
export async function connectPool(
  target: WinRmTarget,
  shell: { readonly shellId: string },
  options: Omit<RunspacePoolOptions, 'id'> = {},
  listener: PoolListener = {},
): Promise<RunspacePool> {
  const pool = createPool(target, { ...options, id: shell.shellId.toLowerCase() }, listener);
  await pool.connect();
  return pool;
}
