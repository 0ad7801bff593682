/**
 * PSRP over a named pipe or a Unix socket, as Enter-PSHostProcess does it: every PowerShell process listens on one of its own, and any can be
 * told to listen on one by name (`RemoteSessionNamedPipeServer.CreateCustomNamedPipeServer`, `pwsh -CustomPipeName`).
 */
import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromSocketError } from '../transport/errors.ts';
import { ProcessConnection } from './process-connection.ts';

/** Where .NET puts a pipe of that name: `\\.\pipe\NAME` on Windows, a Unix socket in the temporary folder elsewhere. */
export function pipePath(
  name: string,
  platform: NodeJS.Platform = process.platform,
  temporary = tmpdir(),
): string {
  return platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(temporary, `CoreFxPipe_${name}`);
}

/**
 * Connects to the pipe at `path` ({@link pipePath}). A PowerShell process serves one client at a time and lets the next wait.
 * @throws TransportError
 */
export async function connectPipe(path: string): Promise<ProcessConnection> {
  const socket: Socket = connectSocket(path);
  try {
    await once(socket, 'connect');
  } catch (error) {
    socket.destroy();
    throw fromSocketError(error, { path });
  }
  return new ProcessConnection({
    kind: 'pipe',
    computerName: 'localhost',
    input: socket,
    output: socket,
    // The process behind the pipe is somebody's own and goes on; only our end is closed.
    kill: () => socket.destroy(),
  });
}
