/** A CredSSP server in memory, for the clock only: Node's TLS, our own SPNEGO and NTLM. What proves the client is test/integration. */
import { createHash } from 'node:crypto';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import * as tls from 'node:tls';
import type { SealedBody } from '../../electron/protocol/auth/authenticator.ts';
import { subjectPublicKey } from '../../electron/protocol/auth/credssp/public-key.ts';
import {
  isRecordStart,
  recordEnd,
  splitRecords,
  trailerLength,
} from '../../electron/protocol/auth/credssp/records.ts';
import { decodeTsRequest, encodeTsRequest } from '../../electron/protocol/auth/credssp/ts-request.ts';
import { decodeSealed, encodeSealed, SESSION_PROTOCOL } from '../../electron/protocol/auth/mime.ts';
import type { AcceptingContext } from '../../electron/protocol/auth/security-context.ts';

const RECORD = 16_384;
const SIGNATURE = 16;

export interface ServerPair {
  readonly key: string;
  readonly cert: string;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export class CredSspServer {
  readonly #inner: AcceptingContext;
  readonly #wire: Duplex;
  readonly #socket: tls.TLSSocket;
  #out: Uint8Array[] = [];
  #in: Uint8Array[] = [];
  #proved = false;
  #signedIn = false;

  constructor(pair: ServerPair, inner: AcceptingContext) {
    this.#inner = inner;
    const take = (chunk: Uint8Array, _encoding: string, done: () => void): void => {
      this.#out.push(chunk);
      done();
    };
    this.#wire = new Duplex({
      read: () => undefined,
      write: take,
      readableHighWaterMark: 2 ** 30,
      writableHighWaterMark: 2 ** 30,
    });
    this.#socket = new tls.TLSSocket(this.#wire, { isServer: true, ...pair });
    this.#socket.on('data', (chunk: Uint8Array) => this.#in.push(chunk));
    this.#socket.on('error', () => undefined);
  }

  get signedIn(): boolean {
    return this.#signedIn;
  }

  async step(token: Uint8Array): Promise<Uint8Array> {
    this.#wire.push(token);
    for (let i = 0; i < 4; i++) {
      // oxlint-disable-next-line no-await-in-loop -- Node's TLS answers within a few turns
      await turn();
    }
    if (this.#in.length > 0) {
      const answer = await this.#answer(Buffer.concat(this.#in.splice(0)));
      if (answer !== undefined) await this.#write(answer);
    }
    return Buffer.concat(this.#out.splice(0));
  }

  unseal(contentType: string, body: Uint8Array): Uint8Array {
    const { parts } = decodeSealed(contentType, body, SESSION_PROTOCOL.credssp, ({ bytes, headerLength }) => {
      let at = 0;
      while (isRecordStart(bytes[at])) at = recordEnd(bytes, at);
      return at - headerLength;
    });
    for (const { header, data } of parts) {
      this.#wire.push(new Uint8Array(header.buffer, header.byteOffset, header.length + data.length));
    }
    return Buffer.concat(this.#in.splice(0));
  }

  async seal(body: Uint8Array): Promise<SealedBody> {
    await this.#write(body);
    let at = 0;
    const parts = splitRecords(Buffer.concat(this.#out.splice(0))).map((record) => {
      const length = Math.min(RECORD, body.length - at);
      at += length;
      const trailer = trailerLength(this.#socket.getProtocol() ?? '', this.#socket.getCipher().name, length);
      return { length, header: record.subarray(0, trailer), data: record.subarray(trailer) };
    });
    return encodeSealed(SESSION_PROTOCOL.credssp, parts);
  }

  close(): void {
    this.#socket.destroy();
  }

  async #answer(said: Uint8Array): Promise<Uint8Array | undefined> {
    const { negoTokens, pubKeyAuth, clientNonce = new Uint8Array() } = decodeTsRequest(said);
    if (this.#proved) {
      this.#signedIn = true;
      return undefined;
    }
    const [token] = negoTokens ?? [];
    const step = token === undefined ? undefined : await this.#inner.step(token);
    const answer = {
      version: 6,
      ...(step?.token === undefined ? {} : { negoTokens: [step.token] }),
    };
    if (pubKeyAuth === undefined) return encodeTsRequest(answer);
    await this.#inner.unseal({
      header: pubKeyAuth.subarray(0, SIGNATURE),
      data: pubKeyAuth.subarray(SIGNATURE),
    });
    const spki = this.#socket.getX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' });
    const proof = createHash('sha256')
      .update('CredSSP Server-To-Client Binding Hash\0')
      .update(clientNonce)
      .update(subjectPublicKey(spki ?? new Uint8Array()))
      .digest();
    const { header, data } = await this.#inner.seal(proof);
    this.#proved = true;
    return encodeTsRequest({ ...answer, pubKeyAuth: Buffer.concat([header, data]) });
  }

  #write(plain: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(plain, (error) => (error ? reject(error) : resolve()));
    });
  }
}

/** Answers with what it was asked. */
export async function serveCredSsp(
  pair: ServerPair,
  createInner: () => AcceptingContext,
): Promise<{ port: number; close(): Promise<void> }> {
  const servers = new WeakMap<object, CredSspServer>();
  const respond = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const [scheme, token = ''] = (request.headers.authorization ?? '').split(' ');
    let server = servers.get(request.socket);
    if (server === undefined || (scheme === 'CredSSP' && server.signedIn)) {
      server = new CredSspServer(pair, createInner());
      servers.set(request.socket, server);
    }
    if (scheme === 'CredSSP') {
      const answer = Buffer.from(await server.step(Buffer.from(token, 'base64'))).toString('base64');
      response.writeHead(server.signedIn ? 200 : 401, {
        ...(server.signedIn ? {} : { 'WWW-Authenticate': `CredSSP ${answer}` }),
        'Content-Length': 0,
      });
      response.end();
      return;
    }
    const plain = server.unseal(request.headers['content-type'] ?? '', Buffer.concat(chunks));
    const sealed = await server.seal(plain);
    response.writeHead(200, { 'Content-Type': sealed.contentType, 'Content-Length': sealed.body.length });
    response.end(sealed.body);
  };
  const server = http.createServer((request, response) => {
    respond(request, response).catch(() => response.destroy());
  });
  server.on('connection', (socket) => socket.setNoDelay(true));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
