/** CredSSP's sealed bodies, whole and maltreated. The log-on is with a server in memory; test/integration/credssp.test.ts has another's. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { HttpAuthenticator } from '../../../../electron/protocol/auth/authenticator.ts';
import { createNtlmAcceptor } from '../../../../electron/protocol/auth/ntlm/acceptor.ts';
import { ntlmFactory } from '../../../../electron/protocol/auth/ntlm/client.ts';
import { ntHash } from '../../../../electron/protocol/auth/ntlm/keys.ts';
import { SignInError } from '../../../../electron/protocol/auth/sign-in-error.ts';
import { createSpnegoAcceptor } from '../../../../electron/protocol/auth/spnego/acceptor.ts';
import { createSpnegoContext } from '../../../../electron/protocol/auth/spnego/client.ts';
import { ProtocolError, UsageError } from '../../../../electron/protocol/errors.ts';
import { nodeAuthCrypto } from '../../../../electron/transport/winrm-http/auth-crypto.ts';
import { createCredSspAuthenticator } from '../../../../electron/transport/winrm-http/credssp.ts';
import { CredSspServer } from '../../../bench/auth-credssp.ts';
import { certificate, type Pair } from './servers.ts';

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
type Version = (typeof VERSIONS)[number];

let pair: Pair;
beforeAll(async () => {
  pair = await certificate([{ dns: 'localhost' }]);
});

function client(version: Version): HttpAuthenticator {
  const create = ntlmFactory({ user: 'ada', domain: '', password: 'Pass1!' }, nodeAuthCrypto);
  return createCredSspAuthenticator({
    context: () => createSpnegoContext([{ name: 'ntlm', create }], { service: 'HTTP', host: 'z002' }),
    credentials: { domain: '', userName: 'ada', password: 'Pass1!' },
    crypto: nodeAuthCrypto,
    tls: { minVersion: version, maxVersion: version },
  });
}

interface Session {
  readonly client: HttpAuthenticator & Required<Pick<HttpAuthenticator, 'wrap' | 'unwrap' | 'finish'>>;
  readonly server: CredSspServer;
}

async function signedIn(version: Version): Promise<Session> {
  const one = client(version);
  const server = new CredSspServer(
    pair,
    createSpnegoAcceptor([
      {
        name: 'ntlm',
        create: () =>
          createNtlmAcceptor({
            lookup: (user) => (user === 'ada' ? ntHash('Pass1!') : undefined),
            names: { computer: 'Z002', domain: 'Z002' },
            crypto: nodeAuthCrypto,
          }),
      },
    ]),
  );
  /* oxlint-disable no-await-in-loop */
  for (let move = await one.start(); move.kind === 'header';) {
    const [, token = ''] = move.value.split(' ');
    const answer = await server.step(Buffer.from(token, 'base64'));
    if (server.signedIn) break;
    move = await one.step(Buffer.from(answer).toString('base64'));
  }
  /* oxlint-enable no-await-in-loop */
  const { wrap, unwrap, finish } = one;
  if (wrap === undefined || unwrap === undefined || finish === undefined) throw new Error('does not seal');
  finish();
  return { client: { ...one, wrap, unwrap, finish }, server };
}

async function refused(act: () => unknown): Promise<void> {
  const error = await Promise.resolve()
    .then(act)
    .then(
      () => undefined,
      (reason: unknown) => reason,
    );
  expect(error instanceof ProtocolError || error instanceof SignInError, String(error)).toBe(true);
}

describe.each(VERSIONS)('%s', (version) => {
  test.each([0, 1, 16_383, 16_384, 16_385, 50_000, 1_000_000])(
    '%i bytes go there and back',
    async (length) => {
      const { client: one, server } = await signedIn(version);
      const plain = Uint8Array.from({ length }, (_, i) => i % 251);
      const sealed = await one.wrap(plain);
      const kind = length > 16_384 ? 'multipart/x-multi-encrypted' : 'multipart/encrypted';
      expect(sealed.contentType).toBe(
        `${kind};protocol="application/HTTP-CredSSP-session-encrypted";boundary="Encrypted Boundary"`,
      );
      if (length > 0) {
        expect(Buffer.compare(server.unseal(sealed.contentType, sealed.body), plain)).toBe(0);
        const answer = await server.seal(plain);
        expect(Buffer.compare(await one.unwrap(answer.contentType, answer.body), plain)).toBe(0);
      }
    },
  );

  test('what is done between is done in slices, so that others get their turn', async () => {
    const { client: one } = await signedIn(version);
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns++;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    await one.wrap(new Uint8Array(4_000_000));
    done = true;
    // One at least for each 256 kB.
    expect(turns).toBeGreaterThanOrEqual(15);
  });

  test('an answer that is cut anywhere is refused', async () => {
    const { server, client: first } = await signedIn(version);
    const { body } = await server.seal(new Uint8Array(40_000).fill(120));
    const last = body.length - '--Encrypted Boundary--\r\n'.length;
    await expect(first.unwrap('multipart/x-multi-encrypted', body)).rejects.toThrow(ProtocolError);
    for (let at = 0; at < last; at += Math.ceil(last / 40)) {
      // oxlint-disable-next-line no-await-in-loop
      const session = await signedIn(version);
      // oxlint-disable-next-line no-await-in-loop
      const sealed = await session.server.seal(new Uint8Array(40_000).fill(120));
      // oxlint-disable-next-line no-await-in-loop
      await refused(() => session.client.unwrap(sealed.contentType, sealed.body.subarray(0, at)));
    }
  });

  test('parts that come twice, in another order, or not at all are refused', async () => {
    const orders = [
      [0, 0, 1, 2],
      [1, 0, 2],
      [0, 2],
      [1, 2],
      [0, 2, 1],
    ];
    for (const order of orders) {
      // oxlint-disable-next-line no-await-in-loop
      const session = await signedIn(version);
      // oxlint-disable-next-line no-await-in-loop
      const { contentType, body } = await session.server.seal(new Uint8Array(40_000).fill(120));
      const parts = split(body);
      expect(parts).toHaveLength(3);
      const end = Buffer.from('--Encrypted Boundary--\r\n');
      const other = Buffer.concat([...order.map((i) => parts[i] ?? end), end]);
      // oxlint-disable-next-line no-await-in-loop
      await refused(() => session.client.unwrap(contentType, other));
    }
  });

  test('an answer of another session, or one that came already, is refused', async () => {
    const [one, two] = [await signedIn(version), await signedIn(version)];
    const { contentType, body } = await one.server.seal(new Uint8Array(100));
    await refused(() => two.client.unwrap(contentType, body));
    await one.client.unwrap(contentType, body);
    await refused(() => one.client.unwrap(contentType, body));
  });

  test('a Length that is not that of the plain text is refused', async () => {
    for (const wrong of ['99', '101', '0', '99999999']) {
      // oxlint-disable-next-line no-await-in-loop
      const session = await signedIn(version);
      // oxlint-disable-next-line no-await-in-loop
      const { contentType, body } = await session.server.seal(new Uint8Array(100));
      const other = Buffer.from(
        Buffer.from(body).toString('latin1').replace('Length=100', `Length=${wrong}`),
        'latin1',
      );
      // oxlint-disable-next-line no-await-in-loop
      await refused(() => session.client.unwrap(contentType, other));
    }
  });

  test('nothing is sealed before the log-on is over, nor after it was let go', async () => {
    const early = client(version);
    await early.start();
    await expect(early.wrap?.(new Uint8Array(1))).rejects.toThrow(UsageError);
    expect(() => early.finish?.()).toThrow(SignInError);
    const { client: one } = await signedIn(version);
    one.close?.();
    await expect(one.wrap(new Uint8Array(1))).rejects.toThrow(UsageError);
    one.close?.();
  });
});

test.each(['', '!', 'AAA', '=AAA', 'AAAA AAAA'])('a token %j is refused or too short', async (token) => {
  const one = client('TLSv1.2');
  await one.start();
  await refused(() => one.step(token));
});

/** Each with its delimiters; the ciphertext of these tests holds none by chance, as the count of the parts shows. */
function split(body: Uint8Array): Buffer[] {
  const mark = '--Encrypted Boundary\r\n\tContent-Type: application/HTTP';
  return Buffer.from(body)
    .toString('latin1')
    .split(mark)
    .slice(1)
    .map((part) => Buffer.from(mark + part.replace(/--Encrypted Boundary--\r\n$/, ''), 'latin1'));
}
