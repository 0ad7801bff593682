/** Our client and our listener with each other: what several sockets, many requests and every length of body do to a sealed session. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import * as net from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { AuthPeer } from '../../../../electron/protocol/auth/authenticator.ts';
import {
  createNegotiateAuthenticator,
  type NegotiateAuthenticator,
  type NegotiateOptions,
} from '../../../../electron/protocol/auth/negotiate.ts';
import { parseUserName } from '../../../../electron/protocol/auth/ntlm/account.ts';
import { ntlmFactory } from '../../../../electron/protocol/auth/ntlm/client.ts';
import { ntHash } from '../../../../electron/protocol/auth/ntlm/keys.ts';
import { SignInError } from '../../../../electron/protocol/auth/sign-in-error.ts';
import type { Mechanism } from '../../../../electron/protocol/auth/spnego/client.ts';
import type { NegotiateLogin } from '../../../../electron/transport/winrm-http/accept-login.ts';
import { ProtocolError } from '../../../../electron/protocol/errors.ts';
import { nodeAuthCrypto } from '../../../../electron/transport/winrm-http/auth-crypto.ts';
import { WinRmHttpClient, type WinRmHttpOptions } from '../../../../electron/transport/winrm-http/client.ts';
import {
  listen,
  type Listener,
  type SoapRequest,
} from '../../../../electron/transport/winrm-http/listener.ts';
import { roughServer, type Roughness, type RoughServer } from './rough-server.ts';
import { certificate, type Pair } from './servers.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) {
    // oxlint-disable-next-line no-await-in-loop
    await cleanup();
  }
});

const PASSWORD = 'pass:wörd';

/** Echoes what it was asked, in capitals where it is short. */
async function server(
  options: { tls?: Pair; negotiate?: Partial<NegotiateLogin> } = {},
): Promise<{ listener: Listener; handled: SoapRequest[] }> {
  const handled: SoapRequest[] = [];
  const listener = await listen({
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    negotiate: {
      lookup: (user, domain) =>
        user.toLowerCase() === 'operator' && domain === 'Lab' ? ntHash(PASSWORD) : undefined,
      ...options.negotiate,
    },
    handle: (request) => {
      handled.push(request);
      return Promise.resolve({ status: 200, body: request.body });
    },
  });
  cleanups.push(() => listener.close());
  return { listener, handled };
}

function mechanisms(name = 'Lab\\Operator', password = PASSWORD): Mechanism[] {
  return [{ name: 'ntlm', create: ntlmFactory({ ...parseUserName(name), password }, nodeAuthCrypto) }];
}

interface Made {
  readonly http: WinRmHttpClient;
  readonly authenticators: NegotiateAuthenticator[];
}

function client(
  listener: Pick<Listener, 'port'>,
  options: Partial<NegotiateOptions> = {},
  more: Partial<WinRmHttpOptions> & { peer?: (peer: AuthPeer) => AuthPeer } = {},
): Made {
  const authenticators: NegotiateAuthenticator[] = [];
  const { peer: change = (peer: AuthPeer) => peer, ...rest } = more;
  const http = new WinRmHttpClient({
    host: '127.0.0.1',
    port: listener.port,
    https: false,
    auth: (peer) => {
      const made = createNegotiateAuthenticator(change(peer), {
        mechanisms: mechanisms(),
        crypto: nodeAuthCrypto,
        ...options,
      });
      authenticators.push(made);
      return made;
    },
    ...rest,
  });
  cleanups.push(() => http.close());
  return { http, authenticators };
}

const QUICK = { timeoutMs: 60_000 };

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

describe('over HTTP', () => {
  test('through a forwarder on another port', async () => {
    const { listener, handled } = await server();
    const forwarder = net.createServer((near) => {
      const far = net.connect(listener.port, '127.0.0.1');
      for (const socket of [near, far]) socket.on('error', () => undefined);
      near.pipe(far).pipe(near);
      near.once('close', () => far.destroy());
      far.once('close', () => near.destroy());
    });
    forwarder.listen(0, '127.0.0.1');
    await once(forwarder, 'listening');
    cleanups.push(() => forwarder.close());
    const { port } = forwarder.address() as AddressInfo;
    const { http } = client({ port });
    expect((await http.post('x', QUICK)).body).toBe('x');
    expect(handled[0]?.url).toBe(`http://127.0.0.1:${String(port)}/wsman`);
  });

  test.each([
    ['in SPNEGO', {}],
    ['as it is', { bare: true }],
  ])('NTLM %s: bodies of every length come back as they went', async (_how, options) => {
    const { listener, handled } = await server();
    const { http, authenticators } = client(listener, options);
    for (const length of [1, 3, 4, 5, 63, 64, 16_383, 16_384, 16_385, 300_000, 5_000_000]) {
      const text = 'ä<&>x'.repeat(length / 5 + 1).slice(0, length);
      // oxlint-disable-next-line no-await-in-loop
      const answer = await http.post(text, QUICK);
      expect(answer.status).toBe(200);
      expect(answer.body === text).toBe(true);
    }
    expect(handled[0]?.userName).toBe('Operator');
    expect(authenticators).toHaveLength(1);
    expect(authenticators[0]?.describe()).toEqual({
      scheme: 'Negotiate',
      mechanism: 'ntlm',
      passedOver: [],
      chosenByServer: false,
      encrypted: true,
      channelBound: false,
    });
  });

  test('two hundred requests in a row, and eight sockets at once', async () => {
    const { listener } = await server();
    const { http, authenticators } = client(listener, {}, { maxConnections: 8 });
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => http.post(`<n>${i}</n>`, QUICK).then(({ body }) => body)),
    );
    expect(answers).toEqual(Array.from({ length: 200 }, (_, i) => `<n>${i}</n>`));
    expect(authenticators).toHaveLength(8);
  });

  test.each([
    ['another password', 'Lab\\Operator', 'pass:word'],
    ['another user', 'Lab\\Administrator', PASSWORD],
    ['the domain in other letters', 'LAB\\Operator', PASSWORD],
    ['nobody', '', ''],
  ])('%s is refused', async (_what, name, password) => {
    const { listener, handled } = await server();
    const { http } = client(listener, { mechanisms: mechanisms(name, password) });
    expect(await failure(http.post('<a/>', QUICK))).toMatchObject({
      code: 'signin.rejected',
      facts: { sent: false, offered: ['Negotiate'] },
    });
    expect(handled).toEqual([]);
  });

  test('says why a better mechanism did not serve', async () => {
    const { listener } = await server();
    const why = new SignInError('kerberos.no-credentials', 'No ticket');
    const { http, authenticators } = client(listener, {
      mechanisms: [{ name: 'kerberos', create: () => Promise.reject(why) }, ...mechanisms()],
    });
    await http.post('<a/>', QUICK);
    expect(authenticators[0]?.describe()).toMatchObject({
      mechanism: 'ntlm',
      passedOver: [{ mechanism: 'kerberos', error: why }],
      chosenByServer: false,
    });
  });

  test('a server that has no Kerberos chooses NTLM, and proves that nobody changed the list', async () => {
    const { listener } = await server();
    let closed = 0;
    const { http, authenticators } = client(listener, {
      mechanisms: [
        {
          name: 'kerberos',
          create: () => ({
            mechanism: 'kerberos',
            step: () => ({ token: Uint8Array.of(1, 2, 3), complete: false }),
            sign: () => new Uint8Array(),
            verify: () => undefined,
            seal: (data) => ({ header: new Uint8Array(), data }),
            unseal: ({ data }) => data,
            close: () => closed++,
          }),
        },
        ...mechanisms(),
      ],
    });
    expect((await http.post('<a/>', QUICK)).body).toBe('<a/>');
    expect(authenticators[0]?.describe()).toMatchObject({ mechanism: 'ntlm', chosenByServer: true });
    expect(closed).toBe(1);
  });

  test('what is not sealed is not taken from who signed in', async () => {
    const { listener, handled } = await server();
    const { http } = client(listener, {}, { peer: (peer) => ({ ...peer, https: true }) });
    expect(await failure(http.post('<a/>', QUICK))).toMatchObject({ code: 'http.status', httpStatus: 403 });
    expect(handled).toEqual([]);
  });
});

describe('a server that is not itself', () => {
  async function rough(roughness: Roughness): Promise<{ server: RoughServer; made: Made }> {
    const started = await roughServer(PASSWORD, roughness);
    cleanups.push(() => started.close());
    return { server: started, made: client(started, {}, { maxConnections: 3 }) };
  }

  test('forgets who signed in: every request comes once, and in order', async () => {
    const { server: started, made } = await rough({ forgets: (request) => request % 3 === 1 });
    const bodies = Array.from({ length: 20 }, (_, i) => `<n>${i}</n>`);
    for (const body of bodies) {
      // oxlint-disable-next-line no-await-in-loop
      expect(await made.http.post(body, QUICK)).toEqual({ status: 200, body });
    }
    expect(started.seen.map(({ body }) => body)).toEqual(bodies);
    expect(new Set(started.seen.map(({ connection }) => connection))).toEqual(new Set([1]));
    expect(started.logOns()).toBeGreaterThan(5);
  });

  test('forgets everybody, always: it is given up as refused', async () => {
    const { server: started, made } = await rough({ forgets: () => true });
    expect(await failure(made.http.post('<a/>', QUICK))).toMatchObject({ code: 'signin.rejected' });
    expect(started.seen).toEqual([]);
  });

  test.each<[string, (sealed: Buffer) => Uint8Array]>([
    ['with a bit changed in the signature', (sealed) => flip(sealed, sealed.indexOf('octet-stream') + 20)],
    ['with a bit changed in the text', (sealed) => flip(sealed, sealed.length - 26)],
    ['with a bit changed in the length', (sealed) => flip(sealed, sealed.indexOf('Length=') + 7)],
    ['cut short', (sealed) => sealed.subarray(0, -30)],
    ['empty', () => Buffer.alloc(0)],
  ])('an answer %s is refused, and the next request has a connection of its own', async (_how, change) => {
    const { server: started, made } = await rough({
      answers: (sealed, request) => (request === 1 ? change(sealed) : sealed),
    });
    await made.http.post('<first/>', QUICK);
    expect(await failure(made.http.post('<changed/>', QUICK))).toBeInstanceOf(ProtocolError);
    expect((await made.http.post('<third/>', QUICK)).body).toBe('<third/>');
    expect(started.seen).toEqual([
      { body: '<first/>', connection: 1 },
      { body: '<changed/>', connection: 1 },
      { body: '<third/>', connection: 2 },
    ]);
  });

  test('an answer that is one of another connection is refused', async () => {
    let kept: Buffer | undefined;
    const { made } = await rough({
      answers: (sealed, request) => {
        if (request === 0) kept = sealed;
        return request === 1 && kept !== undefined ? kept : sealed;
      },
    });
    await made.http.post('<a/>', QUICK);
    expect(await failure(made.http.post('<a/>', QUICK))).toBeInstanceOf(ProtocolError);
  });

  test.each<[string, (token: string) => string, string]>([
    ['no token', () => 'Negotiate !!!', 'signin.server-not-proved'],
    ['another structure', () => 'Negotiate MAA=', 'signin.server-not-proved'],
    ['half a token', (token) => token.slice(0, token.length / 2), 'signin.server-not-proved'],
    ['another message of NTLM', otherMessage, 'signin.server-not-proved'],
  ])('that sends %s proves nothing, and is told so', async (_what, tokens, code) => {
    const { server: started, made } = await rough({ tokens });
    const error = await failure(made.http.post('<a/>', QUICK));
    expect(error).toBeInstanceOf(SignInError);
    expect(error).toMatchObject({ code });
    expect(started.seen).toEqual([]);
  });
});

/** The type of the NTLM message within says AUTHENTICATE. */
function otherMessage(header: string): string {
  const token = Buffer.from(header.slice('Negotiate '.length), 'base64');
  const at = token.indexOf('NTLMSSP\0');
  if (at >= 0) token[at + 8] = 3;
  return `Negotiate ${token.toString('base64')}`;
}

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const out = Uint8Array.from(bytes);
  out[at] = (out[at] ?? 0) ^ 1;
  return out;
}

describe('over HTTPS', () => {
  const wrong = (peer: AuthPeer, other: Pair): AuthPeer => ({
    ...peer,
    certificate: new X509Certificate(other.cert).raw,
  });

  test.each([
    ['plain inside TLS, as Windows does', {}, false],
    ['sealed as well', { encrypt: true }, true],
  ])('%s, bound to the certificate', async (_how, options, encrypted) => {
    const tls = await certificate([{ ip: '127.0.0.1' }]);
    const { listener } = await server({ tls, negotiate: { requireChannelBinding: true } });
    const { http, authenticators } = client(listener, options, { https: true, tls: { ca: tls.cert } });
    expect((await http.post('<größe/>', QUICK)).body).toBe('<größe/>');
    expect((await http.post('<b/>', QUICK)).body).toBe('<b/>');
    expect(authenticators).toHaveLength(1);
    expect(authenticators[0]?.describe()).toMatchObject({ encrypted, channelBound: true });
  });

  test('a log-on that was bound to another certificate is refused, one bound to none where it must be', async () => {
    const tls = await certificate([{ ip: '127.0.0.1' }]);
    const other = await certificate([{ ip: '127.0.0.1' }]);
    const rejected = { code: 'signin.rejected' };
    const more = { https: true, tls: { ca: tls.cert } };
    const relaxed = (await server({ tls })).listener;
    const strict = (await server({ tls, negotiate: { requireChannelBinding: true } })).listener;
    const passedOn = { ...more, peer: (peer: AuthPeer) => wrong(peer, other) };
    const unbound = {
      ...more,
      peer: ({ certificate: _certificate, ...peer }: AuthPeer): AuthPeer => peer,
    };
    expect(await failure(client(relaxed, {}, passedOn).http.post('x', QUICK))).toMatchObject(rejected);
    expect(await failure(client(strict, {}, passedOn).http.post('x', QUICK))).toMatchObject(rejected);
    expect(await failure(client(strict, {}, unbound).http.post('x', QUICK))).toMatchObject(rejected);
    expect((await client(relaxed, {}, unbound).http.post('x', QUICK)).status).toBe(200);
  });
});
