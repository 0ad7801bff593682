/** Signing in: tokens and sealed bodies that others made, damaged on their way to either side. */
import { tlsServerEndPoint } from '../../electron/protocol/auth/channel-binding.ts';
import { CredSspInitiator, type NegotiatedContext } from '../../electron/protocol/auth/credssp/initiator.ts';
import { subjectPublicKey } from '../../electron/protocol/auth/credssp/public-key.ts';
import { splitRecords } from '../../electron/protocol/auth/credssp/records.ts';
import { decodeTsRequest, encodeTsRequest } from '../../electron/protocol/auth/credssp/ts-request.ts';
import type { AuthCrypto } from '../../electron/protocol/auth/crypto.ts';
import { decodeSealed, SESSION_PROTOCOL } from '../../electron/protocol/auth/mime.ts';
import { createNegotiateAuthenticator } from '../../electron/protocol/auth/negotiate.ts';
import { createNtlmAcceptor } from '../../electron/protocol/auth/ntlm/acceptor.ts';
import { decodeAuthenticate } from '../../electron/protocol/auth/ntlm/authenticate.ts';
import { decodeChallenge } from '../../electron/protocol/auth/ntlm/challenge.ts';
import { ntlmFactory } from '../../electron/protocol/auth/ntlm/client.ts';
import { ntHash } from '../../electron/protocol/auth/ntlm/keys.ts';
import { decodeNegotiate } from '../../electron/protocol/auth/ntlm/negotiate.ts';
import { decodeTargetInfo } from '../../electron/protocol/auth/ntlm/target-info.ts';
import { SignInError } from '../../electron/protocol/auth/sign-in-error.ts';
import { createSpnegoAcceptor } from '../../electron/protocol/auth/spnego/acceptor.ts';
import { decodeNegTokenInit, decodeNegTokenResp } from '../../electron/protocol/auth/spnego/tokens.ts';
import { ProtocolError } from '../../electron/protocol/errors.ts';
import { fromHex, ntlmCases, type SessionCase } from '../vectors/ntlm-vectors.ts';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';
import type { Target } from './targets.ts';

/** What both ends may answer with, whatever they are given. */
function isRefusal(error: unknown): boolean {
  return error instanceof ProtocolError || error instanceof SignInError;
}

/** The same at every run; nobody's secrets depend on it here. */
const FIXED: AuthCrypto = {
  randomBytes: (length) => new Uint8Array(length).fill(0x5a),
  now: () => 0,
  hash: () => new Uint8Array(32),
};

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

const tokens = once(() => [
  ...ntlmCases<SessionCase>('sessions').flatMap((c) => c.tokens.map(({ hex }) => fromHex(hex))),
  ...ntlmCases<{ hex: string }>('spnego').map(({ hex }) => fromHex(hex)),
]);

const bodies = once(() =>
  ntlmCases<SessionCase>('sessions').map(({ httpBody }) => fromHex(httpBody.bodyHex)),
);

/** Each gets the input to itself: one's refusal must not keep the next from it. */
async function each(readers: readonly (() => unknown)[]): Promise<void> {
  for (const read of readers) {
    try {
      // oxlint-disable-next-line no-await-in-loop
      await read();
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }
}

/** A client that has sent its first token gets this as the answer, and once more. */
async function askClient(input: Uint8Array, bare: boolean): Promise<void> {
  const client = createNegotiateAuthenticator(
    { host: 'z002', port: 5985, https: false },
    {
      mechanisms: [{ name: 'ntlm', create: ntlmFactory({ user: 'a', domain: 'b', password: 'c' }, FIXED) }],
      crypto: FIXED,
      bare,
    },
  );
  await client.start();
  const challenge = Buffer.from(input).toString('base64');
  const move = await client.step(challenge);
  if (move.kind === 'header') await client.step(challenge);
}

/** A server gets this after nothing, and after a right first token. */
async function askServer(input: Uint8Array): Promise<void> {
  const make = () =>
    createSpnegoAcceptor([
      {
        name: 'ntlm',
        create: () =>
          createNtlmAcceptor({
            lookup: () => ntHash('c'),
            names: { computer: 'S', domain: 'S' },
            crypto: FIXED,
          }),
      },
    ]);
  const first = ntlmCases<SessionCase>('sessions').map(({ tokens: [token] }) => fromHex(token?.hex ?? ''));
  await each([
    () => make().step(input),
    ...first.map((token) => async () => {
      const server = make();
      await server.step(token);
      const { complete } = await server.step(input);
      if (complete) throw new Error('a damaged token signs in');
    }),
  ]);
}

const requests = once(() =>
  ntlmCases<{ id: string; hex?: string }>('credssp').flatMap(({ hex }) =>
    hex === undefined ? [] : [fromHex(hex)],
  ),
);

/** A client gets this instead of the server's first answer, of its proof, and of its last word. */
async function askCredSsp(input: Uint8Array): Promise<void> {
  const challenge = encodeTsRequest({ version: 6, negoTokens: [Uint8Array.of(1)] });
  const context = (): NegotiatedContext => {
    let canSeal = false;
    return {
      get canSeal() {
        return canSeal;
      },
      step(token) {
        canSeal = token !== undefined;
        return { token: Uint8Array.of(2), complete: canSeal };
      },
      seal: (data) => ({ header: new Uint8Array(16), data }),
      unseal: ({ data }) => data,
      finish: () => undefined,
      close: () => undefined,
    };
  };
  const client = (): CredSspInitiator =>
    new CredSspInitiator({
      context: context(),
      publicKey: Uint8Array.of(3),
      credentials: { domain: '', userName: 'a', password: 'c' },
      crypto: FIXED,
      allowOldVersions: true,
    });
  await each([
    async () => {
      const one = client();
      await one.start();
      await one.receive(input);
      if (one.delivered) throw new Error('the password goes out without a proof');
    },
    async () => {
      const one = client();
      await one.start();
      await one.receive(challenge);
      await one.receive(input);
    },
  ]);
}

export const SIGN_IN_TARGETS: Readonly<Record<string, Target>> = {
  credssp: {
    invariant:
      'Any bytes as a TSRequest, a public key or TLS records give a value, a ProtocolError or a SignInError, and no password goes out before a proof.',
    make: (random: Random) => mutate(random, random.pick(requests()), requests()),
    async feed(input) {
      await each([
        () => decodeTsRequest(input),
        () => subjectPublicKey(input),
        () => splitRecords(input),
        () => askCredSsp(input),
      ]);
    },
    accepts: isRefusal,
  },
  tokens: {
    invariant:
      'Any bytes as a token give a value, a ProtocolError or a SignInError, to every reader and to both sides of a log-on at any step, and nobody is let in by them.',
    make: (random: Random) => mutate(random, random.pick(tokens()), tokens()),
    async feed(input) {
      await each([
        () => decodeNegotiate(input),
        () => decodeChallenge(input),
        () => decodeAuthenticate(input),
        () => decodeTargetInfo(input),
        () => decodeNegTokenInit(input),
        () => decodeNegTokenResp(input),
        () => tlsServerEndPoint(input, FIXED),
        () => askClient(input, true),
        () => askClient(input, false),
        () => askServer(input),
      ]);
    },
    accepts: isRefusal,
  },
  sealed: {
    invariant:
      'Any bytes as a sealed body give parts that lie within them, in their order, or a ProtocolError; any lengths that a part’s data is measured by are borne.',
    make: (random: Random) => mutate(random, random.pick(bodies()), bodies()),
    feed(input) {
      const type = `multipart/encrypted;protocol="${SESSION_PROTOCOL.negotiate}";boundary="Encrypted Boundary"`;
      const { parts } = decodeSealed(type, input, SESSION_PROTOCOL.negotiate, ({ length, bytes }) =>
        input.length % 3 === 0 ? bytes.length - length : length,
      );
      let at = 0;
      for (const { header, data } of parts) {
        if (header.byteOffset < at || data.byteOffset < header.byteOffset) throw new Error('out of order');
        at = data.byteOffset + data.byteLength;
      }
      if (at > input.byteOffset + input.byteLength) throw new Error('beyond the end');
    },
    accepts: isRefusal,
  },
};
