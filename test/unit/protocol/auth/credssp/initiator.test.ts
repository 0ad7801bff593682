/** The client's steps against a server that says what a test wants, with a log-on inside whose sealing can be seen through. */
import { describe, expect, test } from 'vitest';
import {
  CredSspInitiator,
  type CredSspOptions,
  type NegotiatedContext,
} from '../../../../../electron/protocol/auth/credssp/initiator.ts';
import { publicKeyProof } from '../../../../../electron/protocol/auth/credssp/public-key.ts';
import {
  decodeTsRequest,
  encodeTsRequest,
  type TsRequest,
} from '../../../../../electron/protocol/auth/credssp/ts-request.ts';
import { SignInError } from '../../../../../electron/protocol/auth/sign-in-error.ts';
import { ProtocolError, UsageError } from '../../../../../electron/protocol/errors.ts';
import { nodeAuthCrypto } from '../../../../../electron/transport/winrm-http/auth-crypto.ts';

const KEY = Buffer.from('the public key');
const NONCE = Buffer.alloc(32, 7);
const SEAL = Buffer.from('signature: 16 by');

interface Script {
  /** What each step after the first gives: a token or none, whether it is complete, whether it seals. */
  readonly steps?: readonly { token?: string; complete: boolean; canSeal?: boolean }[];
  readonly owes?: boolean;
}

function scripted({
  steps = [{ token: 'two', complete: true }],
  owes = false,
}: Script = {}): NegotiatedContext & {
  readonly log: string[];
} {
  const log: string[] = [];
  const left = [...steps];
  let canSeal = false;
  return {
    log,
    get canSeal() {
      return canSeal;
    },
    step(token) {
      log.push(`step ${token === undefined ? '-' : Buffer.from(token).toString()}`);
      if (token === undefined) return { token: Buffer.from('one'), complete: false };
      const next = left.shift();
      if (next === undefined) throw new ProtocolError('test.over', 'no more steps');
      canSeal = next.complete || next.canSeal === true;
      return {
        complete: next.complete,
        ...(next.token === undefined ? {} : { token: Buffer.from(next.token) }),
      };
    },
    seal: (message) => ({ header: SEAL, data: Buffer.from(message).toReversed() }),
    unseal({ header, data }) {
      if (Buffer.compare(header, SEAL) !== 0) throw new ProtocolError('test.seal', 'damaged');
      return Buffer.from(data).toReversed();
    },
    finish() {
      log.push('finish');
      if (owes) throw new SignInError('signin.server-not-proved', 'a MIC is owed');
    },
    close: () => void log.push('close'),
  };
}

function initiator(context: NegotiatedContext, more: Partial<CredSspOptions> = {}): CredSspInitiator {
  return new CredSspInitiator({
    context,
    publicKey: KEY,
    credentials: { domain: 'CORP', userName: 'ada', password: 'Pässw0rd!' },
    crypto: { hash: nodeAuthCrypto.hash, randomBytes: (length) => NONCE.subarray(0, length) },
    ...more,
  });
}

function says(request: Partial<TsRequest>): Uint8Array {
  return encodeTsRequest({ version: 6, ...request });
}

const tokens = (text: string): Partial<TsRequest> => ({ negoTokens: [Buffer.from(text)] });

function sealed(message: Uint8Array): Uint8Array {
  return Buffer.concat([SEAL, Buffer.from(message).toReversed()]);
}

/** The server's proof, by the specification's formula. */
const PROOF = sealed(publicKeyProof(nodeAuthCrypto, 'Server-To-Client', KEY, NONCE));

const UTF16 = Buffer.from('Pässw0rd!', 'utf16le').toString('hex');

function hex(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('hex');
}

function seen(bytes: Uint8Array): Record<string, unknown> {
  const { version, negoTokens, pubKeyAuth, authInfo, clientNonce, errorCode } = decodeTsRequest(bytes);
  const opened = (one: Uint8Array | undefined): Uint8Array | undefined =>
    one === undefined ? undefined : Buffer.from(one.subarray(SEAL.length)).toReversed();
  return {
    version,
    tokens: negoTokens?.map((t) => Buffer.from(t).toString()),
    proof: hex(opened(pubKeyAuth)),
    password: authInfo === undefined ? undefined : hex(opened(authInfo))?.includes(UTF16),
    nonce: clientNonce === undefined ? undefined : Buffer.compare(clientNonce, NONCE),
    errorCode,
  };
}

const NOTHING = {
  version: 6,
  tokens: undefined,
  proof: undefined,
  password: undefined,
  nonce: undefined,
  errorCode: undefined,
};

async function failure(act: () => Promise<unknown>): Promise<unknown> {
  try {
    await act();
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

const CLIENT_PROOF = hex(publicKeyProof(nodeAuthCrypto, 'Client-To-Server', KEY, NONCE));

describe('a log-on', () => {
  test('gives tokens, then token and proof together, then the password', async () => {
    const context = scripted();
    const made = initiator(context);
    expect(seen(await made.start())).toEqual({ ...NOTHING, tokens: ['one'] });
    expect(made.version).toBeUndefined();
    expect(seen(await made.receive(says(tokens('challenge'))))).toEqual({
      ...NOTHING,
      tokens: ['two'],
      proof: CLIENT_PROOF,
      nonce: 0,
    });
    expect(made.version).toBe(6);
    expect(made.delivered).toBe(false);
    expect(seen(await made.receive(says({ pubKeyAuth: PROOF })))).toEqual({ ...NOTHING, password: true });
    expect(made.delivered).toBe(true);
    expect(context.log).toEqual(['step -', 'step challenge']);
    made.close();
    expect(context.log.at(-1)).toBe('close');
  });

  test('with a MIC to come sends token and proof all the same, and takes MIC and proof together', async () => {
    const context = scripted({
      steps: [{ token: 'two', complete: false, canSeal: true }, { complete: true }],
    });
    const made = initiator(context);
    await made.start();
    expect(seen(await made.receive(says(tokens('challenge'))))).toMatchObject({ tokens: ['two'], nonce: 0 });
    const last = await made.receive(says({ ...tokens('mic'), pubKeyAuth: PROOF }));
    expect(seen(last)).toMatchObject({ password: true });
    expect(context.log).toEqual(['step -', 'step challenge', 'step mic']);
  });

  test('with a MIC that never comes ends as SPNEGO sees it', async () => {
    const steps = [{ token: 'two', complete: false, canSeal: true }];
    const content = scripted({ steps });
    const made = initiator(content);
    await made.start();
    await made.receive(says(tokens('challenge')));
    expect(seen(await made.receive(says({ pubKeyAuth: PROOF })))).toMatchObject({ password: true });
    expect(content.log.at(-1)).toBe('finish');
    const owing = initiator(scripted({ steps, owes: true }));
    await owing.start();
    await owing.receive(says(tokens('challenge')));
    expect(await failure(() => owing.receive(says({ pubKeyAuth: PROOF })))).toMatchObject({
      code: 'signin.server-not-proved',
    });
    expect(owing.delivered).toBe(false);
  });

  test('of several legs, the last without a token', async () => {
    const made = initiator(
      scripted({
        steps: [{ token: 'two', complete: false }, { token: 'three', complete: false }, { complete: true }],
      }),
    );
    await made.start();
    expect(seen(await made.receive(says(tokens('a'))))).toEqual({ ...NOTHING, tokens: ['two'] });
    expect(seen(await made.receive(says(tokens('b'))))).toEqual({ ...NOTHING, tokens: ['three'] });
    expect(seen(await made.receive(says(tokens('c'))))).toEqual({
      ...NOTHING,
      proof: CLIENT_PROOF,
      nonce: 0,
    });
  });

  test('with a newer server is one of our version', async () => {
    const made = initiator(scripted());
    await made.start();
    await made.receive(says({ ...tokens('challenge'), version: 9 }));
    expect(made.version).toBe(6);
    expect(seen(await made.receive(says({ pubKeyAuth: PROOF, version: 9 })))).toMatchObject({ version: 6 });
  });
});

describe('versions', () => {
  test.each([0, 1, 2, 3, 4])('%i is refused, and nothing is proved or sent', async (version) => {
    const context = scripted();
    const made = initiator(context);
    await made.start();
    const error = await failure(() => made.receive(says({ ...tokens('challenge'), version })));
    expect(error).toBeInstanceOf(SignInError);
    expect(error).toMatchObject({ code: 'credssp.version', facts: { version, oldest: 5 } });
    expect(context.log).toEqual(['step -']);
  });

  test.each([2, 3, 4])('%i goes with the key itself where somebody wants it so', async (version) => {
    const made = initiator(scripted(), { allowOldVersions: true });
    await made.start();
    expect(seen(await made.receive(says({ ...tokens('challenge'), version })))).toEqual({
      ...NOTHING,
      tokens: ['two'],
      proof: KEY.toString('hex'),
    });
    const plusOne = Buffer.from(KEY);
    plusOne[0] = (plusOne[0] ?? 0) + 1;
    expect(seen(await made.receive(says({ pubKeyAuth: sealed(plusOne), version })))).toMatchObject({
      password: true,
    });
  });

  test('5 has the nonce', async () => {
    const made = initiator(scripted());
    await made.start();
    expect(seen(await made.receive(says({ ...tokens('challenge'), version: 5 })))).toMatchObject({
      nonce: 0,
    });
  });

  test('may not change on the way', async () => {
    const made = initiator(scripted(), { allowOldVersions: true });
    await made.start();
    await made.receive(says(tokens('challenge')));
    expect(await failure(() => made.receive(says({ pubKeyAuth: PROOF, version: 4 })))).toBeInstanceOf(
      ProtocolError,
    );
  });
});

describe('somebody between', () => {
  test.each<[string, () => Uint8Array]>([
    [
      'who shows another key',
      () => sealed(publicKeyProof(nodeAuthCrypto, 'Server-To-Client', Buffer.from('other key'), NONCE)),
    ],
    [
      'who sends our proof back',
      () => sealed(publicKeyProof(nodeAuthCrypto, 'Client-To-Server', KEY, NONCE)),
    ],
    [
      'who has another nonce',
      () => sealed(publicKeyProof(nodeAuthCrypto, 'Server-To-Client', KEY, Buffer.alloc(32))),
    ],
    [
      'who answers as old versions do',
      () => sealed(publicKeyProof(nodeAuthCrypto, 'Server-To-Client', KEY, undefined)),
    ],
    ['who proves nothing', () => sealed(new Uint8Array())],
    ['who cannot seal', () => Buffer.from('not sealed by the log-on at all')],
    ['who has no bytes', () => new Uint8Array()],
  ])('%s gets no password', async (_who, proof) => {
    const made = initiator(scripted());
    await made.start();
    await made.receive(says(tokens('challenge')));
    const error = await failure(() => made.receive(says({ pubKeyAuth: proof() })));
    expect(error).toBeInstanceOf(SignInError);
    expect(error).toMatchObject({ code: 'signin.server-not-proved', facts: { mechanism: 'credssp' } });
    // Nor at the second try.
    expect(await failure(() => made.receive(says({ pubKeyAuth: PROOF })))).toBeInstanceOf(UsageError);
  });
});

describe('a refusal', () => {
  const named: readonly [number, string | undefined][] = [
    [0xc000006d, 'STATUS_LOGON_FAILURE'],
    [0xc0000234, 'STATUS_ACCOUNT_LOCKED_OUT'],
    [0xc0000071, 'STATUS_PASSWORD_EXPIRED'],
    [0xc0009999, undefined],
  ];

  test.each(named)('with %i is told in every state', async (status, name) => {
    const facts = name === undefined ? { status } : { status, name };
    for (const steps of [0, 1, 2]) {
      const made = initiator(scripted());
      /* oxlint-disable no-await-in-loop */
      await made.start();
      if (steps > 0) await made.receive(says(tokens('challenge')));
      if (steps > 1) await made.receive(says({ pubKeyAuth: PROOF }));
      const error = await failure(() => made.receive(says({ errorCode: status })));
      /* oxlint-enable no-await-in-loop */
      expect(error).toBeInstanceOf(SignInError);
      expect(error).toMatchObject({ code: 'credssp.refused', facts });
      expect(JSON.stringify(error)).not.toContain('Pässw0rd');
      expect(made.delivered).toBe(false);
    }
  });

  test('of 0 is none', async () => {
    const made = initiator(scripted());
    await made.start();
    expect(seen(await made.receive(says({ ...tokens('challenge'), errorCode: 0 })))).toMatchObject({
      nonce: 0,
    });
  });
});

describe('what comes at the wrong time', () => {
  /** How far each state is. */
  const reach: Readonly<Record<string, (made: CredSspInitiator) => Promise<unknown>>> = {
    negotiating: (made) => made.start(),
    proving: async (made) => {
      await made.start();
      await made.receive(says(tokens('challenge')));
    },
    delivered: async (made) => {
      await made.start();
      await made.receive(says(tokens('challenge')));
      await made.receive(says({ pubKeyAuth: PROOF }));
    },
  };

  test.each<[string, string, Partial<TsRequest>]>([
    ['negotiating', 'nothing', {}],
    ['negotiating', 'a proof', { pubKeyAuth: PROOF }],
    ['negotiating', 'a token and a proof', { ...tokens('x'), pubKeyAuth: PROOF }],
    ['proving', 'nothing', {}],
    ['proving', 'a token alone', tokens('x')],
    ['proving', 'a token too many', { ...tokens('x'), pubKeyAuth: PROOF }],
    ['delivered', 'nothing', {}],
    ['delivered', 'a token', tokens('x')],
    ['delivered', 'a proof', { pubKeyAuth: PROOF }],
  ])('%s: %s', async (state, _what, request) => {
    const made = initiator(scripted());
    await reach[state]?.(made);
    expect(await failure(() => made.receive(says(request)))).toBeInstanceOf(ProtocolError);
    // It is over for good.
    expect(await failure(() => made.receive(says(tokens('x'))))).toBeInstanceOf(UsageError);
    expect(await failure(() => made.start())).toBeInstanceOf(UsageError);
  });

  test('bytes that are no TSRequest end it in every state', async () => {
    for (const go of Object.values(reach)) {
      const made = initiator(scripted());
      // oxlint-disable-next-line no-await-in-loop
      await go(made);
      // oxlint-disable-next-line no-await-in-loop
      expect(await failure(() => made.receive(Buffer.from('nonsense')))).toBeInstanceOf(ProtocolError);
    }
  });

  test('our own misuse is called that', async () => {
    const made = initiator(scripted());
    expect(await failure(() => made.receive(says(tokens('x'))))).toBeInstanceOf(UsageError);
    const twice = initiator(scripted());
    await twice.start();
    expect(await failure(() => twice.start())).toBeInstanceOf(UsageError);
    const closed = initiator(scripted());
    closed.close();
    expect(await failure(() => closed.start())).toBeInstanceOf(UsageError);
  });

  test('tokens without end are cut off', async () => {
    const steps = Array.from({ length: 100 }, () => ({ token: 'more', complete: false }));
    const made = initiator(scripted({ steps }));
    await made.start();
    const endless = async (): Promise<void> => {
      // oxlint-disable-next-line no-await-in-loop
      for (let i = 0; i < 100; i++) await made.receive(says(tokens('x')));
    };
    expect(await failure(endless)).toMatchObject({ facts: { reason: 'no end of tokens' } });
  });
});
