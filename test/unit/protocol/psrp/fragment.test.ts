import { describe, expect, test } from 'vitest';
import { ProtocolError, UsageError } from '../../../../electron/protocol/errors.ts';
import { Defragmenter, Fragmenter } from '../../../../electron/protocol/psrp/fragment.ts';
import { buildFragments } from '../../../vectors/psrp-vectors.ts';

function counter(): () => bigint {
  let id = 0n;
  return () => ++id;
}

const bytes = (length: number, first = 0): Buffer =>
  Buffer.from(Array.from({ length }, (_, i) => (first + i) % 256));

function all(fragmenter: Fragmenter, maxBytes: number): Buffer[] {
  const payloads: Buffer[] = [];
  for (;;) {
    const payload = fragmenter.take(maxBytes);
    if (payload === undefined) return payloads;
    expect(payload.length).toBeLessThanOrEqual(maxBytes);
    payloads.push(Buffer.from(payload));
  }
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof UsageError) return error.code;
    throw error;
  }
  return 'no error';
}

describe('Fragmenter', () => {
  test.each([1, 5, 21, 40, 100, 1000])('a message of %i bytes at every capacity', (length) => {
    const message = bytes(length);
    for (let capacity = 22; capacity <= length + 30; capacity++) {
      const fragmenter = new Fragmenter(counter());
      fragmenter.add(message);
      expect(Buffer.concat(all(fragmenter, capacity))).toEqual(
        Buffer.concat(buildFragments(1n, message, capacity - 21)),
      );
      expect(fragmenter.isEmpty).toBe(true);
      expect(fragmenter.pendingBytes).toBe(0);
    }
  });

  test('packs whole messages together, and does not begin one it cannot finish', () => {
    const fragmenter = new Fragmenter(counter());
    for (const first of [0, 50, 100]) fragmenter.add(bytes(50, first));
    const [first, second, third] = [0, 50, 100].map(
      (start, i) => buildFragments(BigInt(i + 1), bytes(50, start))[0],
    );
    expect(all(fragmenter, 71 * 2 + 30)).toEqual([
      Buffer.concat([first ?? '', second ?? ''] as Buffer[]),
      third,
    ]);
  });

  test('the end of a long message shares its payload with the next', () => {
    const fragmenter = new Fragmenter(counter());
    fragmenter.add(bytes(100));
    fragmenter.add(bytes(10));
    const payloads = all(fragmenter, 21 + 80);
    expect(payloads).toHaveLength(2);
    expect(payloads[1]).toEqual(
      Buffer.concat([
        buildFragments(1n, bytes(100), 80)[1] ?? '',
        ...buildFragments(2n, bytes(10)),
      ] as Buffer[]),
    );
  });

  test('what is to go alone goes alone', () => {
    const fragmenter = new Fragmenter(counter());
    fragmenter.add(bytes(10), true);
    fragmenter.add(bytes(10));
    fragmenter.add(bytes(10));
    expect(all(fragmenter, 1000).map((payload) => payload.length)).toEqual([31, 62]);
  });

  test('ids rise over several fragmenters in the order of leaving', () => {
    const next = counter();
    const one = new Fragmenter(next);
    const other = new Fragmenter(next);
    one.add(bytes(10));
    other.add(bytes(10));
    one.add(bytes(10));
    const ids = [other.take(31), one.take(31), one.take(31)].map((payload) =>
      Buffer.from(payload ?? []).readBigUInt64BE(0),
    );
    expect(ids).toEqual([1n, 2n, 3n]);
  });

  test('drops what has not begun and keeps what has', () => {
    const fragmenter = new Fragmenter(counter());
    fragmenter.add(bytes(100));
    fragmenter.add(bytes(100));
    const first = fragmenter.take(71);
    fragmenter.dropUnstarted();
    expect(fragmenter.pendingBytes).toBe(50);
    const rest = all(fragmenter, 1000);
    expect(Buffer.concat([first ?? new Uint8Array(), ...rest])).toEqual(
      Buffer.concat(buildFragments(1n, bytes(100), 50)),
    );
  });

  test('a capacity without room for a byte is our mistake', () => {
    const fragmenter = new Fragmenter(counter());
    fragmenter.add(bytes(1));
    expect(codeOf(() => fragmenter.take(21))).toBe('psrp.fragment.capacity');
  });
});

function seen(messages: readonly { message: Uint8Array }[]): unknown {
  return messages.map((each) => ({ ...each, message: Buffer.from(each.message) }));
}

describe('Defragmenter', () => {
  const stream = Buffer.concat([
    ...buildFragments(7n, bytes(100), 30),
    ...buildFragments(8n, bytes(40)),
    ...buildFragments(9n, bytes(90), 45),
  ]);
  const whole = [
    { objectId: 7n, fragmentCount: 4, message: bytes(100) },
    { objectId: 8n, fragmentCount: 1, message: bytes(40) },
    { objectId: 9n, fragmentCount: 2, message: bytes(90) },
  ];

  test('every cut in two, and every cut in three of one place', () => {
    for (let a = 0; a <= stream.length; a++) {
      for (const b of [a, Math.min(a + 1, stream.length), Math.min(a + 22, stream.length)]) {
        const defragmenter = new Defragmenter();
        const messages = [stream.subarray(0, a), stream.subarray(a, b), stream.subarray(b)].flatMap((part) =>
          defragmenter.push(part),
        );
        defragmenter.end();
        expect(seen(messages)).toEqual(whole);
      }
    }
  });

  test('a message in one piece is not copied', () => {
    const chunk = buildFragments(1n, bytes(1000))[0] ?? Buffer.alloc(0);
    const [message] = new Defragmenter().push(chunk);
    expect(message?.message.buffer).toBe(chunk.buffer);
  });

  test('names the object that is under way', () => {
    const defragmenter = new Defragmenter();
    const [first, second] = buildFragments(5n, bytes(10), 5);
    defragmenter.push(first ?? Buffer.alloc(0));
    expect(defragmenter.pendingObjectId).toBe(5n);
    defragmenter.push(second ?? Buffer.alloc(0));
    expect(defragmenter.pendingObjectId).toBeUndefined();
  });

  test('another object in between is refused', () => {
    const [first] = buildFragments(1n, bytes(10), 5);
    const [other] = buildFragments(2n, bytes(10));
    const defragmenter = new Defragmenter();
    defragmenter.push(first ?? Buffer.alloc(0));
    expect(codeOf(() => defragmenter.push(other ?? Buffer.alloc(0)))).toBe('psrp.fragment.interleaved');
  });

  test('an error is final', () => {
    const defragmenter = new Defragmenter();
    expect(codeOf(() => defragmenter.push(buildFragments(1n, bytes(10), 5)[1] ?? Buffer.alloc(0)))).toBe(
      'psrp.fragment.no-start',
    );
    expect(codeOf(() => defragmenter.push(buildFragments(2n, bytes(10))[0] ?? Buffer.alloc(0)))).toBe(
      'psrp.fragment.no-start',
    );
    expect(codeOf(() => defragmenter.end())).toBe('psrp.fragment.no-start');
  });

  test('the bound holds before the bytes have come, and over several fragments', () => {
    const announced = buildFragments(1n, bytes(10))[0] ?? Buffer.alloc(0);
    announced.writeUInt32BE(0xffffffff, 17);
    expect(codeOf(() => new Defragmenter().push(announced.subarray(0, 21)))).toBe('psrp.fragment.too-large');
    const fits = new Defragmenter(100);
    expect(fits.push(Buffer.concat(buildFragments(1n, bytes(100), 30)))).toHaveLength(1);
    expect(fits.push(Buffer.concat(buildFragments(2n, bytes(100), 30)))).toHaveLength(1);
    const tooLarge = new Defragmenter(100);
    expect(codeOf(() => tooLarge.push(Buffer.concat(buildFragments(1n, bytes(101), 30))))).toBe(
      'psrp.fragment.too-large',
    );
  });

  test('memory follows what has come, not what was announced', () => {
    const header = buildFragments(1n, bytes(10))[0]?.subarray(0, 21) ?? Buffer.alloc(0);
    header.writeUInt32BE(190 * 1024 * 1024, 17);
    const before = process.memoryUsage().arrayBuffers;
    const defragmenters = Array.from({ length: 20 }, () => new Defragmenter());
    for (const defragmenter of defragmenters) defragmenter.push(Buffer.concat([header, bytes(100)]));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 * 1024 * 1024);
  });

  describe('after a reconnect', () => {
    const fragments = buildFragments(8n, bytes(100), 30);
    const done = new Set<bigint>();
    /** What came before the line was cut: object 7 whole, two fragments of object 8. */
    function interrupted(): Defragmenter {
      done.clear();
      const defragmenter = new Defragmenter();
      for (const { objectId } of defragmenter.push(Buffer.concat(buildFragments(7n, bytes(50), 20))))
        done.add(objectId);
      defragmenter.push(Buffer.concat(fragments.slice(0, 2)));
      return defragmenter;
    }

    test.each([0, 1, 2])('the server repeats from fragment %i of the object under way', (from) => {
      const defragmenter = interrupted();
      defragmenter.resume((id) => done.has(id));
      expect(seen(defragmenter.push(Buffer.concat(fragments.slice(from))))).toEqual([
        { objectId: 8n, fragmentCount: 4, message: bytes(100) },
      ]);
    });

    test('the server repeats the end of an object that was whole', () => {
      const defragmenter = interrupted();
      defragmenter.resume((id) => done.has(id));
      const again = Buffer.concat([...buildFragments(7n, bytes(50), 20).slice(1), ...fragments]);
      for (const byte of again.subarray(0, again.length - 1)) {
        expect(defragmenter.push(Uint8Array.of(byte))).toEqual([]);
      }
      expect(seen(defragmenter.push(again.subarray(again.length - 1)))).toEqual([
        { objectId: 8n, fragmentCount: 4, message: bytes(100) },
      ]);
    });

    test('an object of which a fragment is lost is given up, and told of with the next', () => {
      const defragmenter = interrupted();
      defragmenter.resume((id) => done.has(id));
      expect(defragmenter.push(fragments[3] ?? Buffer.alloc(0))).toEqual([]);
      expect(defragmenter.pendingObjectId).toBeUndefined();
      const [next] = defragmenter.push(Buffer.concat(buildFragments(9n, bytes(10), 20)));
      expect(next).toMatchObject({ objectId: 9n, lostBefore: [8n] });
    });

    test('once something new has come, repetition is refused again', () => {
      const defragmenter = interrupted();
      defragmenter.resume((id) => done.has(id));
      defragmenter.push(fragments[2] ?? Buffer.alloc(0));
      expect(codeOf(() => defragmenter.push(fragments[1] ?? Buffer.alloc(0)))).toBe('psrp.fragment.order');
    });
  });
});
