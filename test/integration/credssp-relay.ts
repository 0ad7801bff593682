/**
 * Somebody between a CredSSP client and its server: ends the client's TLS with a key of his own, speaks TLS of his own to the server, and
 * carries the requests inside over. Without [MS-CSSP]'s proof of the key he would be handed the password.
 */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import * as tls from 'node:tls';
import { decodeTsRequest, encodeTsRequest } from '../../electron/protocol/auth/credssp/ts-request.ts';
import { MemoryTls } from '../../electron/transport/winrm-http/credssp-tls.ts';
import type { Pair } from '../unit/transport/winrm-http/servers.ts';

export interface Relay {
  readonly port: number;
  /** What the client said inside TLS, by the names of the fields. */
  readonly carried: readonly string[];
  close(): Promise<void>;
}

/** `carry`: hand everything over. `reflect`: show the client its own proof instead of asking the server. */
export async function startRelay(servicePort: number, pair: Pair, how: 'carry' | 'reflect'): Promise<Relay> {
  const carried: string[] = [];
  const between = new Between(servicePort, pair, how, carried);
  const server = http.createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      const token = Buffer.from((request.headers.authorization ?? '').replace(/^CredSSP /, ''), 'base64');
      between.leg(token).then(
        (answer) => {
          const value =
            answer === undefined ? 'CredSSP' : `CredSSP ${Buffer.from(answer).toString('base64')}`;
          response.writeHead(401, { 'WWW-Authenticate': value, 'Content-Length': 0 }).end();
        },
        () => response.writeHead(401, { 'WWW-Authenticate': 'CredSSP', 'Content-Length': 0 }).end(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    carried,
    close: () =>
      new Promise<void>((resolve) => {
        between.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

class Between {
  readonly #servicePort: number;
  readonly #how: 'carry' | 'reflect';
  readonly #carried: string[];
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  readonly #wire: Duplex;
  readonly #client: tls.TLSSocket;
  readonly #service = new MemoryTls();
  #forClient: Uint8Array[] = [];
  #plain: Buffer[] = [];
  #serviceReady = false;

  constructor(servicePort: number, pair: Pair, how: 'carry' | 'reflect', carried: string[]) {
    this.#servicePort = servicePort;
    this.#how = how;
    this.#carried = carried;
    this.#wire = new Duplex({
      read: () => undefined,
      write: (chunk: Uint8Array, _encoding, done) => {
        this.#forClient.push(chunk);
        done();
      },
    });
    this.#client = new tls.TLSSocket(this.#wire, { isServer: true, key: pair.key, cert: pair.cert });
    this.#client.on('error', () => undefined);
    this.#client.on('data', (chunk: Buffer) => this.#plain.push(chunk));
  }

  async leg(token: Uint8Array): Promise<Uint8Array | undefined> {
    this.#wire.push(token);
    await turns();
    if (this.#plain.length > 0) {
      const said = Buffer.concat(this.#plain.splice(0));
      const request = decodeTsRequest(said);
      this.#carried.push(
        Object.keys(request)
          .filter((field) => field !== 'version')
          .join(' '),
      );
      const answer =
        this.#how === 'reflect' && request.pubKeyAuth !== undefined
          ? encodeTsRequest({ version: 6, pubKeyAuth: request.pubKeyAuth })
          : await this.#ask(said);
      if (answer === undefined) return undefined;
      this.#client.write(answer);
      await turns();
    }
    return Buffer.concat(this.#forClient.splice(0));
  }

  close(): void {
    this.#agent.destroy();
    this.#client.destroy();
    this.#service.close();
  }

  async #ask(request: Uint8Array): Promise<Uint8Array | undefined> {
    if (!this.#serviceReady) {
      let token = await this.#service.handshake(undefined);
      while (token.byteLength > 0) {
        // oxlint-disable-next-line no-await-in-loop -- one leg after the other
        token = await this.#service.handshake(await this.#post(token));
      }
      this.#serviceReady = true;
    }
    const records: Uint8Array[] = [];
    await this.#service.seal(request, (some) => records.push(some));
    const answer = await this.#post(Buffer.concat(records));
    return answer.byteLength === 0 ? undefined : this.#service.open(answer);
  }

  #post(token: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const request = http.request({
        host: '127.0.0.1',
        port: this.#servicePort,
        path: '/wsman',
        method: 'POST',
        agent: this.#agent,
        headers: { Authorization: `CredSSP ${Buffer.from(token).toString('base64')}`, 'Content-Length': 0 },
      });
      request.on('error', reject);
      request.on('response', (response) => {
        response.resume();
        response.on('end', () => {
          const [, value = ''] = (response.headers['www-authenticate'] ?? '').split(' ');
          resolve(Buffer.from(value, 'base64'));
        });
      });
      request.end();
    });
  }
}

/** Node's TLS hands out what it has within a few turns of the event loop. */
async function turns(): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop
  for (let i = 0; i < 8; i++) await new Promise((resolve) => setImmediate(resolve));
}
