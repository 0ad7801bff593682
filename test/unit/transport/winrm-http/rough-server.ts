/** A server of sealed bodies over HTTP that can be told to misbehave; Negotiate with our acceptor, HTTP by Node. */
import * as http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ntHash } from '../../../../electron/protocol/auth/ntlm/keys.ts';
import {
  loginFactory,
  negotiateToken,
  type ConnectionLogin,
} from '../../../../electron/transport/winrm-http/accept-login.ts';

export interface RoughServer {
  readonly port: number;
  /** Bodies as they were unsealed, with the connection's number. */
  readonly seen: { readonly body: string; readonly connection: number }[];
  /** How many log-ons came to their end. */
  logOns(): number;
  close(): Promise<void>;
}

export interface Roughness {
  /** Forget who signed in before this request (counted from 0) is looked at. */
  readonly forgets?: (request: number) => boolean;
  /** Change what is sent back. */
  readonly answers?: (sealed: Buffer, request: number) => Uint8Array;
  /** Change a token on its way to the client. */
  readonly tokens?: (token: string) => string;
}

export async function roughServer(password: string, rough: Roughness): Promise<RoughServer> {
  const seen: { body: string; connection: number }[] = [];
  const logins = new Map<Socket, { login: ConnectionLogin; number: number }>();
  const make = loginFactory({ lookup: () => ntHash(password) }, undefined);
  let requests = 0;
  let logOns = 0;

  async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const known = logins.get(request.socket);
    if (known === undefined) throw new Error('an unknown socket');
    const token = negotiateToken(request.headers.authorization ?? '');
    if (token !== undefined) {
      const step = await known.login.step(token);
      const value = step.kind === 'refused' ? 'Negotiate' : step.value;
      if (step.kind === 'accepted') logOns++;
      response
        .writeHead(
          step.kind === 'accepted' ? 200 : 401,
          value === undefined ? {} : { 'WWW-Authenticate': rough.tokens?.(value) ?? value },
        )
        .end();
      return;
    }
    const number = requests++;
    if (rough.forgets?.(number) === true) known.login.close();
    if (known.login.userName === undefined) {
      response.writeHead(401, { 'WWW-Authenticate': 'Negotiate' }).end();
      return;
    }
    const plain = await known.login.unseal(request.headers['content-type'] ?? '', body);
    seen.push({ body: Buffer.from(plain).toString(), connection: known.number });
    const sealed = await known.login.seal(plain);
    const out = rough.answers?.(Buffer.from(sealed.body), number) ?? sealed.body;
    response.writeHead(200, { 'Content-Type': sealed.contentType }).end(out);
  }

  const server = http.createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.on('connection', (socket: Socket) => {
    logins.set(socket, { login: make(), number: logins.size + 1 });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    logOns: () => logOns,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of logins.keys()) socket.destroy();
      }),
  };
}
