/** SPNEGO with mechanisms that only count: what is offered, who chooses, when the list is signed, and who may not have touched it. */
import { describe, expect, test } from 'vitest';
import type {
  AcceptingContext,
  ContextStep,
  SecurityContext,
} from '../../../../electron/protocol/auth/security-context.ts';
import { SignInError } from '../../../../electron/protocol/auth/sign-in-error.ts';
import { createSpnegoAcceptor } from '../../../../electron/protocol/auth/spnego/acceptor.ts';
import {
  createSpnegoContext,
  type Mechanism,
  type MechanismName,
} from '../../../../electron/protocol/auth/spnego/client.ts';
import {
  decodeNegTokenInit,
  decodeNegTokenResp,
  encodeNegTokenInit,
  encodeNegTokenResp,
  NEG_STATE,
  OID,
} from '../../../../electron/protocol/auth/spnego/tokens.ts';
import { ProtocolError } from '../../../../electron/protocol/errors.ts';

const TARGET = { service: 'HTTP', host: 'z002' };
const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString('latin1');
const bytes = (value: string): Uint8Array => Uint8Array.from(Buffer.from(value, 'latin1'));

/** Signs by naming itself; verifies by comparing. */
class Counting implements AcceptingContext {
  readonly mechanism: MechanismName;
  readonly log: string[] = [];
  readonly #sends: (string | undefined)[];
  #steps = 0;

  /** What each step answers; complete with the last. */
  constructor(mechanism: MechanismName, sends: (string | undefined)[]) {
    this.mechanism = mechanism;
    this.#sends = sends;
  }

  get identity() {
    return { user: 'ada', domain: 'LAB', channelBound: false };
  }

  step(token: Uint8Array | undefined): ContextStep {
    this.log.push(`step ${text(token) ?? '-'}`);
    const send = this.#sends[this.#steps++];
    const complete = this.#steps >= this.#sends.length;
    return send === undefined ? { complete } : { token: bytes(send), complete };
  }

  sign(message: Uint8Array): Uint8Array {
    this.log.push('sign');
    return bytes(`${this.mechanism}:${Buffer.from(message).toString('hex')}`);
  }

  verify(message: Uint8Array, signature: Uint8Array): void {
    this.log.push('verify');
    if (text(signature) !== text(this.sign(message))) throw new ProtocolError('test.mic', 'Another MIC');
    this.log.pop();
  }

  resetCipher(direction: string): void {
    this.log.push(`reset ${direction}`);
  }

  seal(message: Uint8Array) {
    return { header: new Uint8Array(), data: message };
  }

  unseal({ data }: { data: Uint8Array }): Uint8Array {
    return data;
  }

  close(): void {
    this.log.push('close');
  }
}

const mechanism = (context: SecurityContext): Mechanism => ({
  name: context.mechanism,
  create: () => context,
});

function refusing(why: SignInError): Mechanism {
  return { name: 'kerberos', create: () => Promise.reject(why) };
}

const resp = encodeNegTokenResp;

describe('a client', () => {
  test('offers what it has, best first, and ends with the server’s last word', async () => {
    const kerberos = new Counting('kerberos', ['ap-req', undefined]);
    const client = createSpnegoContext([mechanism(kerberos), mechanism(new Counting('ntlm', ['n']))], TARGET);
    const { token } = await client.step(undefined);
    const init = decodeNegTokenInit(token ?? new Uint8Array());
    expect(init.mechTypes).toEqual([OID.kerberos, OID.ntlm]);
    expect(text(init.mechToken)).toBe('ap-req');
    expect(client.canSeal).toBe(false);
    const last = resp({
      state: NEG_STATE.acceptCompleted,
      // As Windows names it where it was offered so too.
      mechanism: OID.microsoftKerberos,
      token: bytes('ap-rep'),
    });
    expect(await client.step(last)).toEqual({ complete: true });
    expect(kerberos.log).toEqual(['step -', 'step ap-rep']);
    expect(client.canSeal).toBe(true);
    expect(client.describe()).toEqual({ mechanism: 'kerberos', passedOver: [], chosenByServer: false });
    client.finish();
  });

  test('passes over what cannot serve, does not offer it, and remembers why', async () => {
    const why = new SignInError('kerberos.no-kdc', 'Nobody there');
    const client = createSpnegoContext(
      [
        { name: 'kerberos', create: () => Promise.reject(why) },
        mechanism(new Counting('ntlm', ['negotiate', 'authenticate'])),
      ],
      TARGET,
    );
    const init = decodeNegTokenInit((await client.step(undefined)).token ?? new Uint8Array());
    expect(init.mechTypes).toEqual([OID.ntlm]);
    expect(client.describe()).toEqual({
      mechanism: 'ntlm',
      passedOver: [{ mechanism: 'kerberos', error: why }],
      chosenByServer: false,
    });
  });

  test.each<[string, SignInError[], string]>([
    [
      'every mechanism fails: the reason of the best is told',
      [new SignInError('kerberos.no-credentials', 'a'), new SignInError('signin.forbidden', 'b')],
      'kerberos.no-credentials',
    ],
    [
      'the password is wrong: it is not tried again with the next, which would count towards a lockout',
      [new SignInError('kerberos.wrong-password', 'a')],
      'kerberos.wrong-password',
    ],
    ['there is none', [], 'signin.no-mechanism'],
  ])('%s', async (_what, errors, code) => {
    const ntlm = new Counting('ntlm', ['negotiate']);
    const failing = errors.map(refusing);
    const all = code === 'kerberos.wrong-password' ? [...failing, mechanism(ntlm)] : failing;
    await expect(createSpnegoContext(all, TARGET).step(undefined)).rejects.toMatchObject({ code });
    expect(ntlm.log).toEqual([]);
  });

  test('an error that is no refusal is not passed over', async () => {
    const broken: Mechanism = { name: 'kerberos', create: () => Promise.reject(new TypeError('bug')) };
    const client = createSpnegoContext([broken, mechanism(new Counting('ntlm', ['n']))], TARGET);
    await expect(client.step(undefined)).rejects.toThrow('bug');
  });

  async function switched(): Promise<{
    client: ReturnType<typeof createSpnegoContext>;
    kerberos: Counting;
    ntlm: Counting;
    list: Uint8Array;
    next: Uint8Array;
  }> {
    const kerberos = new Counting('kerberos', ['ap-req', undefined]);
    const ntlm = new Counting('ntlm', ['negotiate', 'authenticate']);
    const client = createSpnegoContext([mechanism(kerberos), mechanism(ntlm)], TARGET);
    const init = decodeNegTokenInit((await client.step(undefined)).token ?? new Uint8Array());
    const next = await client.step(resp({ state: NEG_STATE.requestMic, mechanism: OID.ntlm }));
    return { client, kerberos, ntlm, list: init.mechTypesDer, next: next.token ?? new Uint8Array() };
  }

  test('follows the server to another mechanism and signs the list', async () => {
    const { client, kerberos, ntlm, list, next } = await switched();
    expect(kerberos.log).toEqual(['step -', 'close']);
    expect(decodeNegTokenResp(next)).toEqual({
      state: NEG_STATE.acceptIncomplete,
      token: Buffer.from('negotiate'),
    });
    const third = await client.step(resp({ state: NEG_STATE.acceptIncomplete, token: bytes('challenge') }));
    const sent = decodeNegTokenResp(third.token ?? new Uint8Array());
    expect([text(sent.token), text(sent.mechListMic)]).toEqual([
      'authenticate',
      `ntlm:${Buffer.from(list).toString('hex')}`,
    ]);
    expect([third.complete, client.canSeal]).toEqual([false, true]);
    const mic = bytes(`ntlm:${Buffer.from(list).toString('hex')}`);
    expect(await client.step(resp({ state: NEG_STATE.acceptCompleted, mechListMic: mic }))).toEqual({
      complete: true,
    });
    expect(ntlm.log).toEqual([
      'step -',
      'step challenge',
      'sign',
      'reset sending',
      'verify',
      'reset receiving',
    ]);
    expect(client.describe()).toMatchObject({ mechanism: 'ntlm', chosenByServer: true });
  });

  test.each<[string, Uint8Array | undefined]>([
    ['with no token at all', undefined],
    ['with a token without the list’s signature', resp({ state: NEG_STATE.acceptCompleted })],
  ])('does not believe a server that chose another mechanism and ends %s', async (_how, last) => {
    const { client } = await switched();
    await client.step(resp({ state: NEG_STATE.acceptIncomplete, token: bytes('challenge') }));
    const end = async (): Promise<void> => {
      if (last === undefined) client.finish();
      else await client.step(last);
    };
    await expect(end()).rejects.toMatchObject({ code: 'signin.server-not-proved' });
  });

  test('does not believe a signature of another list', async () => {
    const { client, ntlm } = await switched();
    await client.step(resp({ state: NEG_STATE.acceptIncomplete, token: bytes('challenge') }));
    // What a server signs to which somebody showed NTLM alone.
    const other = `ntlm:300c060a2b06010401823702020a`;
    await expect(
      client.step(resp({ state: NEG_STATE.acceptCompleted, mechListMic: bytes(other) })),
    ).rejects.toMatchObject({ code: 'test.mic' });
    expect(ntlm.log).not.toContain('reset receiving');
  });

  test('signs the list for Kerberos where the server asks for it, and only then', async () => {
    const kerberos = new Counting('kerberos', ['ap-req', undefined]);
    const client = createSpnegoContext([mechanism(kerberos)], TARGET);
    await client.step(undefined);
    const { token, complete } = await client.step(
      resp({ state: NEG_STATE.requestMic, mechanism: OID.kerberos, token: bytes('ap-rep') }),
    );
    const sent = decodeNegTokenResp(token ?? new Uint8Array());
    expect([complete, sent.token, text(sent.mechListMic)]).toEqual([
      false,
      undefined,
      'kerberos:300b06092a864886f712010202',
    ]);
    expect(() => client.finish()).toThrow(SignInError);
  });

  test('goes on with NTLM alone where the server does', async () => {
    const ntlm = new Counting('ntlm', ['negotiate', 'authenticate']);
    const client = createSpnegoContext([mechanism(ntlm)], TARGET);
    await client.step(undefined);
    const challenge = bytes('NTLMSSP\0challenge');
    expect(text((await client.step(challenge)).token)).toBe('authenticate');
    expect(client.canSeal).toBe(true);
    client.finish();
    expect(ntlm.log).toEqual(['step -', 'step NTLMSSP\0challenge']);
  });

  test.each<[string, Uint8Array, string]>([
    ['a rejection', resp({ state: NEG_STATE.reject }), 'signin.rejected'],
    [
      'a mechanism that was not offered',
      resp({ state: NEG_STATE.acceptIncomplete, mechanism: '1.2.3' }),
      'spnego.mechanism',
    ],
    [
      'a mechanism with the token of another',
      resp({ state: NEG_STATE.acceptIncomplete, mechanism: OID.ntlm, token: bytes('x') }),
      'spnego.mechanism',
    ],
    ['nothing for the mechanism', resp({ state: NEG_STATE.acceptIncomplete }), 'spnego.stalled'],
    ['an end before the end', resp({ state: NEG_STATE.acceptCompleted }), 'spnego.stalled'],
    ['another NegTokenInit', encodeNegTokenInit({ mechTypes: [OID.ntlm] }), 'der.unexpected'],
    ['NTLM in answer to Kerberos', bytes('NTLMSSP\0challenge'), 'der.length'],
    ['nothing', new Uint8Array(), 'der.cut'],
  ])('takes %s for no answer', async (_what, answer, code) => {
    const client = createSpnegoContext(
      [
        mechanism(new Counting('kerberos', ['ap-req', undefined])),
        mechanism(new Counting('ntlm', ['n', 'a'])),
      ],
      TARGET,
    );
    await client.step(undefined);
    await expect(client.step(answer)).rejects.toMatchObject({ code });
    expect(() => client.finish()).toThrow(SignInError);
  });

  test('takes a server that never ends for none', async () => {
    const client = createSpnegoContext([mechanism(new Counting('ntlm', ['n', 'a']))], TARGET);
    await client.step(undefined);
    await client.step(resp({ state: NEG_STATE.acceptIncomplete, token: bytes('c') }));
    await expect(client.step(resp({ state: NEG_STATE.acceptIncomplete }))).rejects.toMatchObject({
      code: 'spnego.endless',
    });
    await expect(
      client.step(resp({ state: NEG_STATE.acceptIncomplete, token: bytes('c') })),
    ).rejects.toMatchObject({ code: 'spnego.late' });
  });

  test('closes what it opened', async () => {
    const failing = new Counting('kerberos', []);
    failing.step = () => {
      throw new SignInError('kerberos.no-credentials', 'No ticket');
    };
    const ntlm = new Counting('ntlm', ['n', 'a']);
    const client = createSpnegoContext([mechanism(failing), mechanism(ntlm)], TARGET);
    await client.step(undefined);
    client.close();
    expect([failing.log, ntlm.log]).toEqual([['close'], ['step -', 'close']]);
  });
});

describe('a server', () => {
  const ntlmOnly = (context: AcceptingContext) =>
    createSpnegoAcceptor([{ name: context.mechanism, create: () => context }]);

  test('asks for the signature where it takes another than the first', async () => {
    const server = ntlmOnly(new Counting('ntlm', ['challenge', undefined]));
    const init = encodeNegTokenInit({ mechTypes: [OID.kerberos, OID.ntlm], mechToken: bytes('ap-req') });
    const { token } = await server.step(init);
    expect(decodeNegTokenResp(token ?? new Uint8Array())).toEqual({
      state: NEG_STATE.requestMic,
      mechanism: OID.ntlm,
    });
    await server.step(resp({ token: bytes('negotiate') }));
    expect(server.identity).toBeUndefined();
    await expect(server.step(resp({ token: bytes('authenticate') }))).rejects.toMatchObject({
      code: 'spnego.mic',
    });
    expect(server.identity).toBeUndefined();
  });

  test.each<[string, Uint8Array, string]>([
    [
      'mechanisms it has not',
      encodeNegTokenInit({ mechTypes: ['1.2.3', OID.kerberos] }),
      'signin.no-mechanism',
    ],
    ['no mechanism', encodeNegTokenInit({ mechTypes: [] }), 'signin.no-mechanism'],
    ['a second token first', resp({ token: bytes('x') }), 'der.unexpected'],
    [
      'a token of another kind',
      bytes('\x60\x0b\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02'),
      'spnego.token',
    ],
    ['nothing', new Uint8Array(), 'der.cut'],
    [
      'more mechanisms than there are',
      encodeNegTokenInit({ mechTypes: Array.from({ length: 33 }, () => '1.2.3') }),
      'spnego.mechanisms',
    ],
  ])('refuses %s', async (_what, token, code) => {
    await expect(ntlmOnly(new Counting('ntlm', ['c', undefined])).step(token)).rejects.toMatchObject({
      code,
    });
  });

  test('does not change between SPNEGO and NTLM alone', async () => {
    const init = encodeNegTokenInit({ mechTypes: [OID.ntlm], mechToken: bytes('n') });
    const first = ntlmOnly(new Counting('ntlm', ['c', undefined]));
    await first.step(init);
    await expect(first.step(bytes('NTLMSSP\0a'))).rejects.toMatchObject({ code: 'spnego.token' });
    const second = ntlmOnly(new Counting('ntlm', ['c', undefined]));
    await second.step(bytes('NTLMSSP\0n'));
    await expect(second.step(resp({ token: bytes('a') }))).rejects.toMatchObject({ code: 'spnego.token' });
  });

  test('lets a client give up', async () => {
    const server = ntlmOnly(new Counting('ntlm', ['c', undefined]));
    await server.step(encodeNegTokenInit({ mechTypes: [OID.ntlm], mechToken: bytes('n') }));
    await expect(server.step(resp({ state: NEG_STATE.reject, token: bytes('a') }))).rejects.toMatchObject({
      code: 'signin.rejected',
    });
  });
});
