/** A server on loopback that answers a request with whatever bytes it is given, and the product's client in front of it. */
import { createServer, type AddressInfo, type Server } from 'node:net';
import { createBasicAuthenticator } from '../../electron/protocol/auth/basic.ts';
import { TransportError } from '../../electron/transport/errors.ts';
import { WinRmHttpClient } from '../../electron/transport/winrm-http/client.ts';

let answer: Uint8Array = new Uint8Array();
let server: Promise<Server> | undefined;

export function isTransportError(error: unknown): boolean {
  return error instanceof TransportError;
}

function hostileServer(): Promise<Server> {
  server ??= new Promise((resolve) => {
    const made = createServer((socket) => {
      socket.on('error', () => undefined);
      // Its own end is what makes an answer without a length end.
      socket.once('data', () => socket.end(answer));
    });
    made.listen(0, '127.0.0.1', () => resolve(made));
  });
  return server;
}

/** Lets go of the port. */
export async function closeHostileServer(): Promise<void> {
  const running = await server;
  server = undefined;
  running?.close();
}

/** @throws TransportError */
export async function askHostileServer(bytes: Uint8Array): Promise<void> {
  const { port } = (await hostileServer()).address() as AddressInfo;
  answer = bytes;
  const client = new WinRmHttpClient({
    host: '127.0.0.1',
    port,
    https: false,
    allowPlainBasic: true,
    auth: () => createBasicAuthenticator('ada', 'x'),
  });
  try {
    await client.post('<a/>', { timeoutMs: 5000 });
  } finally {
    client.close();
  }
}
