/** TLS without a network, against Node's own server side (and, in test/integration/credssp.test.ts, against Python's). */
import { Duplex } from 'node:stream';
import * as tls from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { SignInError } from '../../../../electron/protocol/auth/sign-in-error.ts';
import { splitRecords } from '../../../../electron/protocol/auth/credssp/records.ts';
import { MemoryTls } from '../../../../electron/transport/winrm-http/credssp-tls.ts';
import { certificate, type Pair } from './servers.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** The server's end, as another program would have it. */
function server(
  pair: Pair,
  options: tls.TLSSocketOptions = {},
): { put(bytes: Uint8Array): void; take(): Promise<Buffer>; socket: tls.TLSSocket; got(): Buffer } {
  let out: Uint8Array[] = [];
  const wire = new Duplex({
    read: () => undefined,
    write(chunk: Uint8Array, _encoding, done) {
      out.push(chunk);
      done();
    },
  });
  const socket = new tls.TLSSocket(wire, { isServer: true, key: pair.key, cert: pair.cert, ...options });
  const got: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => got.push(chunk));
  socket.on('error', () => undefined);
  cleanups.push(() => void socket.destroy());
  return {
    socket,
    put: (bytes) => void wire.push(bytes),
    async take() {
      // Node hands out what it has within a few turns.
      // oxlint-disable-next-line no-await-in-loop
      for (let i = 0; i < 8; i++) await new Promise((resolve) => setImmediate(resolve));
      const all = Buffer.concat(out);
      out = [];
      return all;
    },
    got: () => Buffer.concat(got),
  };
}

function client(options?: ConstructorParameters<typeof MemoryTls>[0]): MemoryTls {
  const made = new MemoryTls(options);
  cleanups.push(() => made.close());
  return made;
}

/** Legs until the client has nothing more to say. */
async function shake(here: MemoryTls, there: ReturnType<typeof server>): Promise<number> {
  let token = await here.handshake(undefined);
  let legs = 0;
  while (token.byteLength > 0) {
    legs++;
    there.put(token);
    // oxlint-disable-next-line no-await-in-loop
    token = await here.handshake(await there.take());
  }
  return legs;
}

async function failure(promise: Promise<unknown>): Promise<SignInError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SignInError);
  return error as SignInError;
}

const pair = await certificate([{ dns: 'z020.corp.example' }]);

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', (version) => {
  const both = { minVersion: version, maxVersion: version };

  test('is agreed on in two legs, whoever signed the certificate', async () => {
    const here = client(both);
    const there = server(pair);
    expect(await shake(here, there)).toBe(2);
    expect(here.secure).toBe(true);
    const { protocol, cipher, publicKey } = here.session();
    expect(protocol).toBe(version);
    expect(cipher).toBe(there.socket.getCipher().name);
    const shown = there.socket.getX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' });
    expect(Buffer.from(publicKey).toString('hex')).toBe(shown?.toString('hex'));
  });

  test.each([1, 16_383, 16_384, 16_385, 300_000])('%i bytes are a record for every 16384', async (length) => {
    const here = client(both);
    const there = server(pair);
    await shake(here, there);
    const plain = Buffer.alloc(length, 'abc');
    const records: Uint8Array[] = [];
    await here.seal(plain, (some) => records.push(...splitRecords(some)));
    expect(records).toHaveLength(Math.ceil(length / 16_384));
    there.put(Buffer.concat(records));
    await there.take();
    expect(there.got().equals(plain)).toBe(true);
    there.socket.write(plain);
    const answer = await here.open(await there.take(), length);
    expect(Buffer.compare(answer, plain)).toBe(0);
  });

  test('a handshake cut anywhere fails, and never waits', async () => {
    const whole = server(pair);
    const first = client(both);
    whole.put(await first.handshake(undefined));
    const flight = await whole.take();
    for (const at of [0, 1, 4, 5, 100, flight.length - 1]) {
      const here = client(both);
      // oxlint-disable-next-line no-await-in-loop
      await here.handshake(undefined);
      // Of another session as well, but nothing before its end says so.
      // oxlint-disable-next-line no-await-in-loop
      const error = await failure(here.handshake(flight.subarray(0, at)));
      expect(error.code).toBe('credssp.tls');
    }
  });

  test('a flipped bit ends it, and it stays ended', async () => {
    const here = client(both);
    const there = server(pair);
    await shake(here, there);
    there.socket.write(Buffer.alloc(1000, 'x'));
    const records = await there.take();
    records[records.length - 1] = (records.at(-1) ?? 0) ^ 1;
    expect((await failure(here.open(records, 1000))).code).toBe('credssp.tls');
    there.socket.write('more');
    expect((await failure(here.open(await there.take(), 4))).code).toBe('credssp.tls');
    expect((await failure(here.seal(Buffer.from('x'), () => undefined))).code).toBe('credssp.tls');
  });

  test('less or more plaintext than was said is refused', async () => {
    for (const said of [3, 5]) {
      const here = client(both);
      const there = server(pair);
      /* oxlint-disable no-await-in-loop */
      await shake(here, there);
      there.socket.write('four');
      expect(await failure(here.open(await there.take(), said))).toMatchObject({
        facts: { reason: 'length' },
      });
      /* oxlint-enable no-await-in-loop */
    }
  });

  test('a server that says goodbye is gone', async () => {
    const here = client(both);
    const there = server(pair);
    await shake(here, there);
    there.socket.end();
    expect((await failure(here.open(await there.take()))).code).toBe('credssp.tls');
  });
});

test('what is no TLS at all is refused', async () => {
  const here = client();
  await here.handshake(undefined);
  expect(
    (await failure(here.handshake(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')))).facts,
  ).toMatchObject({
    reason: expect.stringMatching(/^ERR_SSL_/),
  });
});

test('a server that speaks TLS 1.1 at most is refused', async () => {
  const here = client();
  const there = server(pair, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
  there.put(await here.handshake(undefined));
  expect((await failure(here.handshake(await there.take()))).code).toBe('credssp.tls');
});

test('a closed one does nothing more', async () => {
  const here = client();
  here.close();
  expect((await failure(here.handshake(undefined))).facts).toEqual({ reason: 'closed' });
  expect((await failure(here.open(new Uint8Array()))).facts).toEqual({ reason: 'closed' });
});
