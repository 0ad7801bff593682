/**
 * Windows' half on a fake of secur32.dll, which reads and writes the memory that it is handed by address, as Windows does. What the real one
 * answers has never been tried here.
 */
import * as koffi from 'koffi';
import { describe, expect, test } from 'vitest';
import type { ContextTarget, SecurityContext } from '../../../../electron/protocol/auth/security-context.ts';
import type { KerberosCredentials } from '../../../../electron/transport/gss/credentials.ts';
import { KeptCredential } from '../../../../electron/transport/gss/kept-credential.ts';
import { createSspi, sspiTypes, type SspiFunctions } from '../../../../electron/transport/gss/sspi.ts';
import { createSspiContext, sspiCredential } from '../../../../electron/transport/gss/sspi-context.ts';

const types = sspiTypes(koffi);
const ALL = 0x1001e;
const TARGET: ContextTarget = { service: 'HTTP', host: 'server.contoso.test' };
const PASSWORD: KerberosCredentials = { kind: 'password', userName: 'CONTOSO\\ada', password: 'sécret' };

interface SecBuffer {
  readonly cbBuffer: number;
  readonly BufferType: number;
  readonly pvBuffer: bigint | null;
}

/** What a SecBufferDesc points at. */
function buffers(desc: unknown): { type: number; bytes: Buffer; write(bytes: Uint8Array): void }[] {
  const { ulVersion, cBuffers, pBuffers } = koffi.decode(desc, types.bufferDesc) as {
    ulVersion: number;
    cBuffers: number;
    pBuffers: bigint;
  };
  expect(ulVersion).toBe(0);
  return Array.from({ length: cBuffers }, (_, i) => {
    const at = i * types.buffer.size;
    const { cbBuffer, BufferType, pvBuffer } = koffi.decode(pBuffers, at, types.buffer) as SecBuffer;
    return {
      type: BufferType,
      bytes:
        cbBuffer === 0
          ? Buffer.alloc(0)
          : Buffer.from(koffi.decode(pvBuffer, 'uint8_t', cbBuffer) as Uint8Array),
      write(bytes) {
        expect(bytes.length).toBeLessThanOrEqual(cbBuffer);
        if (bytes.length > 0) koffi.encode(pvBuffer, 'uint8_t', bytes, bytes.length);
        koffi.encode(pBuffers, at, 'uint32_t', bytes.length);
      },
    };
  });
}

const wideText = (address: bigint | null, length: number): string =>
  address === null
    ? ''
    : Buffer.from(koffi.decode(address, 'uint8_t', length * 2) as Uint8Array).toString('utf16le');

const terminated = (memory: unknown): string => {
  const text = Buffer.from(memory as Buffer).toString('utf16le');
  expect(text.endsWith('\0')).toBe(true);
  return text.slice(0, -1);
};

interface Fake {
  readonly functions: SspiFunctions;
  readonly log: string[];
  readonly identity: { user?: string; domain?: string; password?: string; flags?: number };
  /** Statuses of calls to come, by function. */
  readonly answers: Record<string, number[]>;
  flags: number;
  keyType: number;
  quality: number;
}

function fakeWindows(): Fake {
  const log: string[] = [];
  const names: bigint[] = [];
  const fake: Fake = {
    log,
    identity: {},
    answers: {},
    flags: ALL,
    keyType: 18,
    quality: 0,
    functions: undefined as never,
  };
  const say = (name: string, usual = 0): number => {
    log.push(name);
    return fake.answers[name]?.shift() ?? usual;
  };
  let legs = 0;
  const functions: SspiFunctions = {
    AcquireCredentialsHandleW(...args) {
      const [principal, pack, use, , auth, , , handle] = args;
      expect([principal, use, terminated(pack)]).toEqual([null, 2, 'Kerberos']);
      if (auth !== null) {
        const read = koffi.decode(auth, types.identity) as Record<string, bigint | null> &
          Record<string, number>;
        fake.identity.user = wideText(read['User'] as never, Number(read['UserLength']));
        fake.identity.domain = wideText(read['Domain'] as never, Number(read['DomainLength']));
        fake.identity.password = wideText(read['Password'] as never, Number(read['PasswordLength']));
        fake.identity.flags = Number(read['Flags']);
      }
      koffi.encode(handle, types.handle, { dwLower: 7, dwUpper: 8 });
      return Promise.resolve(say('AcquireCredentialsHandleW'));
    },
    InitializeSecurityContextW(...args) {
      const [credential, context, target, flags, , drep, input, , made, output, attributes] = args;
      const first = context === null;
      expect(koffi.decode(credential, types.handle)).toEqual({ dwLower: 7, dwUpper: 8 });
      const given = input === null ? [] : buffers(input);
      log.push(`${terminated(target)} flags ${Number(flags).toString(16)} drep ${Number(drep)}`);
      for (const { type, bytes } of given) log.push(`in ${type}: ${bytes.toString('hex')}`);
      koffi.encode(made, types.handle, { dwLower: 1, dwUpper: 2 });
      const [out] = buffers(output);
      expect([out?.type, out?.bytes.length]).toEqual([2, 65_535]);
      const status = say('InitializeSecurityContextW', first ? 0x90312 : 0);
      out?.write(first ? Buffer.from('first token') : Buffer.alloc(0));
      koffi.encode(attributes, 'uint32_t', fake.flags);
      legs++;
      return Promise.resolve(status);
    },
    QueryContextAttributesW(...args) {
      const [, attribute, memory] = args;
      if (attribute === 0) {
        koffi.encode(memory, types.sizes, {
          cbMaxToken: 48_000,
          cbMaxSignature: 28,
          cbBlockSize: 1,
          cbSecurityTrailer: 60,
        });
      } else {
        names.push(koffi.alloc('uint16_t', 4) as bigint, koffi.alloc('uint16_t', 4) as bigint);
        koffi.encode(memory, types.keyInfo, {
          sSignatureAlgorithmName: names[0],
          sEncryptAlgorithmName: names[1],
          KeySize: 256,
          SignatureAlgorithm: 16,
          EncryptAlgorithm: fake.keyType,
        });
      }
      return Promise.resolve(say(`QueryContextAttributesW ${String(attribute)}`));
    },
    EncryptMessage(...args) {
      const [header, data] = buffers(args[2]);
      expect([header?.type, data?.type, args[1], args[3]]).toEqual([2, 1, 0, 0]);
      const head = Buffer.alloc(60, 0xee);
      Buffer.from('050407ff0000001c', 'hex').copy(head);
      header?.write(head);
      data?.write(data.bytes.map((byte) => byte ^ 0x55));
      return Promise.resolve(say('EncryptMessage'));
    },
    DecryptMessage(...args) {
      const [header, data] = buffers(args[1]);
      expect([header?.type, header?.bytes.length, data?.type]).toEqual([2, 60, 1]);
      data?.write(data.bytes.map((byte) => byte ^ 0x55));
      koffi.encode(args[3], 'uint32_t', fake.quality);
      return Promise.resolve(say('DecryptMessage'));
    },
    MakeSignature(...args) {
      const [data, token] = buffers(args[2]);
      expect([data?.type, token?.type, token?.bytes.length]).toEqual([1, 2, 28]);
      token?.write(Buffer.from(`signed ${data?.bytes.toString() ?? ''}`));
      return Promise.resolve(say('MakeSignature'));
    },
    VerifySignature(...args) {
      const [data, token] = buffers(args[1]);
      const right = token?.bytes.toString() === `signed ${data?.bytes.toString() ?? ''}`;
      return Promise.resolve(say('VerifySignature', right ? 0 : 0x8009030f | 0));
    },
    DeleteSecurityContext: () => Promise.resolve(say(`DeleteSecurityContext after ${legs}`)),
    FreeCredentialsHandle: () => Promise.resolve(say('FreeCredentialsHandle')),
    FreeContextBuffer(memory) {
      koffi.free(memory);
      return Promise.resolve(say('FreeContextBuffer'));
    },
  };
  return Object.assign(fake, { functions });
}

async function begin(
  fake: Fake,
  target = TARGET,
  credentials: KerberosCredentials = { kind: 'default' },
): Promise<SecurityContext> {
  const api = createSspi(koffi, fake.functions);
  return createSspiContext(api, new KeptCredential(sspiCredential(api, credentials)), target);
}

async function signedIn(fake: Fake, target = TARGET): Promise<SecurityContext> {
  const context = await begin(fake, target);
  expect(Buffer.from((await context.step(undefined)).token ?? []).toString()).toBe('first token');
  expect(await context.step(Buffer.from('answer'))).toEqual({ complete: true });
  return context;
}

describe('Kerberos through SSPI, on a fake', () => {
  test('signs in as whoever is logged on', async () => {
    const fake = fakeWindows();
    const context = await signedIn(fake, {
      ...TARGET,
      channelBinding: Buffer.from('tls-server-end-point:x'),
    });
    const bindings = `${'00'.repeat(24)}1600000020000000${Buffer.from('tls-server-end-point:x').toString('hex')}`;
    expect(fake.log).toEqual([
      'AcquireCredentialsHandleW',
      'HTTP/server.contoso.test flags 1001e drep 16',
      `in 14: ${bindings}`,
      'InitializeSecurityContextW',
      'HTTP/server.contoso.test flags 1001e drep 16',
      `in 2: ${Buffer.from('answer').toString('hex')}`,
      `in 14: ${bindings}`,
      'InitializeSecurityContextW',
      'QueryContextAttributesW 5',
      'FreeContextBuffer',
      'FreeContextBuffer',
      'QueryContextAttributesW 0',
    ]);
    expect(fake.identity).toEqual({});
    context.close();
    context.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(fake.log.filter((line) => line.startsWith('DeleteSecurityContext'))).toHaveLength(1);
  });

  test.each([
    ['CONTOSO\\ada', 'ada', 'CONTOSO'],
    ['ada@contoso.test', 'ada@contoso.test', ''],
  ])('hands over a typed account: %s', async (userName, user, domain) => {
    const fake = fakeWindows();
    await begin(fake, TARGET, { ...PASSWORD, userName });
    expect(fake.identity).toEqual({ user, domain, password: 'sécret', flags: 2 });
  });

  test('delegates where told', async () => {
    const fake = fakeWindows();
    await begin(fake, { ...TARGET, delegate: true });
    expect(fake.log).toContain('HTTP/server.contoso.test flags 1001f drep 16');
  });

  test('seals, unseals, signs and verifies', async () => {
    const fake = fakeWindows();
    const context = await signedIn(fake);
    const message = Buffer.from('<s:Envelope/>');
    const sealed = await context.seal(message);
    expect([sealed.header.length, sealed.data.length]).toEqual([60, message.length]);
    expect(Buffer.from(sealed.data)).toEqual(Buffer.from(message.map((byte) => byte ^ 0x55)));
    expect(Buffer.from(await context.unseal(sealed)).toString()).toBe('<s:Envelope/>');
    expect((await context.unseal(await context.seal(new Uint8Array()))).length).toBe(0);
    const signature = await context.sign(Buffer.from('list'));
    expect(Buffer.from(signature).toString()).toBe('signed list');
    await context.verify(Buffer.from('list'), signature);
    await expect(context.verify(Buffer.from('other'), signature)).rejects.toThrow(/does not hold/);
  });

  test.each([
    [0x8009030c, 'kerberos.wrong-password'],
    [0x8009030e, 'kerberos.no-credentials'],
    [0x80090303, 'kerberos.unknown-service'],
    [0x80090311, 'kerberos.no-kdc'],
    [0x80090324, 'kerberos.clock-skew'],
    [0x80090317, 'kerberos.expired'],
    [0x80090304, 'kerberos.failed'],
  ])('status %i is %s', async (status, code) => {
    const fake = fakeWindows();
    // As koffi hands it over: a signed number.
    fake.answers['InitializeSecurityContextW'] = [status | 0];
    await expect(begin(fake)).rejects.toMatchObject({
      code,
      facts: { principal: 'HTTP/server.contoso.test' },
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(fake.log).toContain('FreeCredentialsHandle');
    expect(fake.log.some((line) => line.startsWith('DeleteSecurityContext'))).toBe(false);
  });

  test.each([
    ['no mutual proof', ALL & ~2, 18, 'signin.server-not-proved'],
    ['no encryption', ALL & ~0x10, 18, 'signin.not-encrypted'],
    ['no integrity', ALL & ~0x10000, 18, 'signin.not-encrypted'],
    ['RC4', ALL, 23, 'kerberos.failed'],
  ])('refuses a context with %s', async (_what, flags, keyType, code) => {
    const fake = Object.assign(fakeWindows(), { flags, keyType });
    const context = await begin(fake);
    await context.step(undefined);
    await expect(context.step(Buffer.from('answer'))).rejects.toMatchObject({ code });
    await expect(context.seal(Buffer.from('x'))).rejects.toThrow(/failed before/);
  });

  test('believes no damaged token, no altered message and none that is only signed', async () => {
    const damaged = fakeWindows();
    damaged.answers['InitializeSecurityContextW'] = [0x90312, 0x80090308 | 0];
    const early = await begin(damaged);
    await early.step(undefined);
    await expect(early.step(Buffer.from('answer'))).rejects.toMatchObject({ name: 'ProtocolError' });
    for (const [status, quality] of [
      [0x8009030f | 0, 0],
      [0x80090310 | 0, 0],
      [0, 0x80000001],
    ] as const) {
      const fake = Object.assign(fakeWindows(), { quality });
      fake.answers['DecryptMessage'] = [status];
      // oxlint-disable-next-line no-await-in-loop
      const context = await signedIn(fake);
      // oxlint-disable-next-line no-await-in-loop
      const sealed = await context.seal(Buffer.from('text'));
      // oxlint-disable-next-line no-await-in-loop
      await expect(context.unseal(sealed)).rejects.toMatchObject({ name: 'ProtocolError' });
    }
  });

  test('has no use for ticket caches and keytabs', async () => {
    const cache: KerberosCredentials = { kind: 'cache', name: 'FILE:/tmp/x' };
    await expect(begin(fakeWindows(), TARGET, cache)).rejects.toMatchObject({
      code: 'kerberos.no-credentials',
      facts: { reason: 'not-supported' },
    });
  });
});
