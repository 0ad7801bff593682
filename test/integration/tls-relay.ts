/** Somebody in the middle of TLS: takes connections with a certificate of his own and passes on what he reads. */
import { once } from 'node:events';
import * as tls from 'node:tls';
import { generate } from 'selfsigned';

export interface TlsRelay {
  readonly port: number;
  /** PEM; also the authority to trust it by. */
  readonly certificate: string;
  readonly connections: number;
  close(): Promise<void>;
}

/** Made once: a key takes longer than a test. */
let pair: ReturnType<typeof generate> | undefined;

export async function startTlsRelay(target: number): Promise<TlsRelay> {
  pair ??= generate([{ name: 'commonName', value: 'localhost' }], {
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  });
  const { private: key, cert } = await pair;
  const sockets = new Set<tls.TLSSocket>();
  let connections = 0;
  const server = tls.createServer({ key, cert }, (near) => {
    connections++;
    // He believes any certificate: whom he deceives is on the other side.
    const far = tls.connect({ host: '127.0.0.1', port: target, rejectUnauthorized: false });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    certificate: cert,
    get connections() {
      return connections;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
