/** Clients of servers that a test makes; both are closed when it ends. */
import type * as http from 'node:http';
import { afterEach, expect } from 'vitest';
import type { HttpAuthenticator } from '../../../../electron/protocol/auth/authenticator.ts';
import { createBasicAuthenticator } from '../../../../electron/protocol/auth/basic.ts';
import { TransportError, type TransportErrorCode } from '../../../../electron/transport/errors.ts';
import { WinRmHttpClient, type WinRmHttpOptions } from '../../../../electron/transport/winrm-http/client.ts';
import { startServer, type Seen, type TestServer } from './servers.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) {
    // oxlint-disable-next-line no-await-in-loop
    await cleanup();
  }
});

export async function started<T extends { close(): Promise<void> }>(server: Promise<T>): Promise<T> {
  const ready = await server;
  cleanups.push(() => ready.close());
  return ready;
}

export function client(options: Partial<WinRmHttpOptions> & { port: number }): WinRmHttpClient {
  const made = new WinRmHttpClient({
    host: '127.0.0.1',
    https: false,
    allowPlainBasic: true,
    auth: () => createBasicAuthenticator('test', '123£'),
    ...options,
  });
  cleanups.push(() => made.close());
  return made;
}

export const QUICK = { timeoutMs: 10_000 };

export async function failure(promise: Promise<unknown>): Promise<TransportError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TransportError);
  return error as TransportError;
}

export async function failsWith(
  promise: Promise<unknown>,
  code: TransportErrorCode,
): Promise<TransportError> {
  const error = await failure(promise);
  expect(error.code).toBe(code);
  return error;
}

/** Three legs as NTLM has them, and a seal that turns the body around. */
export function legged(log: string[]): HttpAuthenticator {
  return {
    scheme: 'Negotiate',
    scope: 'connection',
    revealsSecret: false,
    start: () => ({ kind: 'header', value: 'Negotiate one', complete: false }),
    step: (challenge) => {
      log.push(challenge);
      if (challenge === 'final') return { kind: 'done' };
      return { kind: 'header', value: `Negotiate two-${challenge}`, complete: true };
    },
    wrap: (body) => ({ contentType: 'multipart/encrypted;test', body: body.toReversed() }),
    unwrap: (_type, body) => body.toReversed(),
  };
}

/** A server of one sealed protocol; what it does with a body that is no leg of a log-on is the test's. */
export function sealing(
  answer: (request: Seen, response: http.ServerResponse, index: number) => void,
): Promise<TestServer> {
  let bodies = 0;
  return startServer((request, response) => {
    const header = request.headers.authorization;
    if (header === 'Negotiate one') {
      response.writeHead(401, { 'WWW-Authenticate': 'Negotiate challenge' }).end();
    } else if (header === undefined) answer(request, response, bodies++);
    else response.writeHead(200).end();
  });
}

export const sealedAnswer = (response: http.ServerResponse): void => {
  response.writeHead(200, { 'Content-Type': 'multipart/encrypted' }).end('ko');
};
