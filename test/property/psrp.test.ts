/**
 * Properties of the PSRP core. The one of all fuzzing: whatever bytes arrive, they give events or a ProtocolError, and nothing else.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../electron/protocol/errors.ts';
import { decodeBody } from '../../electron/protocol/psrp/codecs.ts';
import { Defragmenter, Fragmenter } from '../../electron/protocol/psrp/fragment.ts';
import { MessageType, decodeMessage, encodeMessage } from '../../electron/protocol/psrp/message.ts';
import type { MessageName } from '../../electron/protocol/psrp/message.ts';
import { ObjectLedger } from '../../electron/protocol/psrp/object-ledger.ts';
import { openedPool } from '../unit/protocol/psrp/endpoint.ts';
import { buildFragments, readSession, readVectors, sessionFiles } from '../vectors/psrp-vectors.ts';
import type { RecordedMessage } from '../vectors/psrp-vectors.ts';

const recorded = [
  ...(readVectors('messages-by-type.json') as { messages: RecordedMessage[] }).messages,
  ...sessionFiles('oop-').flatMap((file) => readSession(file).messages),
]
  .filter(({ rawHex }) => rawHex !== null && rawHex.length < 20_000)
  .map(({ rawHex }) => Buffer.from(rawHex ?? '', 'hex'));

/** What came of it. Only a ProtocolError may come out, everything else fails the test. */
function outcome(action: () => void): 'done' | 'refused' {
  try {
    action();
  } catch (error) {
    if (error instanceof ProtocolError) return 'refused';
    throw error;
  }
  return 'done';
}

const message = fc.uint8Array({ minLength: 1, maxLength: 400 });

describe('fragments', () => {
  test('whatever is cut comes together again, in any capacity and any cut of the stream', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 12 }),
        fc.array(fc.integer({ min: 22, max: 300 }), { minLength: 1, maxLength: 20 }),
        fc.array(fc.nat(300), { maxLength: 20 }),
        (messages, capacities, cuts) => {
          let id = 0n;
          const fragmenter = new Fragmenter(() => ++id);
          for (const each of messages) fragmenter.add(each);
          const payloads: Uint8Array[] = [];
          for (let i = 0; !fragmenter.isEmpty; i++) {
            const capacity = capacities[i % capacities.length] ?? 22;
            const payload = fragmenter.take(capacity) ?? new Uint8Array();
            expect(payload.length).toBeLessThanOrEqual(capacity);
            // Each payload holds whole fragments.
            payloads.push(payload);
          }
          const packets = new Defragmenter();
          const byPacket = payloads.flatMap((payload) => {
            const whole = packets.push(payload);
            packets.end();
            return whole;
          });
          const stream = Buffer.concat(payloads);
          const streaming = new Defragmenter();
          const byStream = [];
          let at = 0;
          for (const cut of cuts) {
            byStream.push(...streaming.push(stream.subarray(at, at + cut)));
            at += cut;
          }
          byStream.push(...streaming.push(stream.subarray(at)));
          for (const result of [byPacket, byStream]) {
            expect(result.map((each) => Buffer.from(each.message))).toEqual(
              messages.map((each) => Buffer.from(each)),
            );
            expect(result.map((each) => each.objectId)).toEqual(messages.map((_, i) => BigInt(i + 1)));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('random bytes give messages or a ProtocolError', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 6 }), (chunks) => {
        expect(['done', 'refused']).toContain(
          outcome(() => {
            const defragmenter = new Defragmenter(10_000);
            for (const chunk of chunks) defragmenter.push(chunk);
            defragmenter.end();
          }),
        );
      }),
      { numRuns: 500 },
    );
  });
});

describe('messages', () => {
  test('a frame is what it was', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('client' as const, 'server' as const),
        fc.constantFrom(...(Object.keys(MessageType) as MessageName[])),
        fc.uuid(),
        fc.uuid(),
        // A text that begins with the mark itself would lose it: CLIXML begins with "<".
        fc.string({ unit: 'grapheme' }).filter((data) => !data.startsWith('\uFEFF')),
        (destination, name, runspacePoolId, pipelineId, data) => {
          const frame = { destination, name, runspacePoolId, pipelineId, data };
          expect(decodeMessage(encodeMessage(frame))).toEqual(frame);
        },
      ),
    );
  });

  const mutation = fc.record({
    which: fc.nat(recorded.length - 1),
    at: fc.nat(),
    byte: fc.nat(255),
    kind: fc.constantFrom('change', 'cut', 'insert', 'remove', 'splice', 'type'),
    other: fc.nat(recorded.length - 1),
  });

  function mutate(change: { which: number; at: number; byte: number; kind: string; other: number }): Buffer {
    const bytes = Buffer.from(recorded[change.which] ?? Buffer.alloc(0));
    const at = change.at % bytes.length;
    const other = recorded[change.other] ?? Buffer.alloc(0);
    switch (change.kind) {
      case 'change':
        bytes[at] = change.byte;
        return bytes;
      case 'cut':
        return bytes.subarray(0, at);
      case 'insert':
        return Buffer.concat([bytes.subarray(0, at), Buffer.from([change.byte]), bytes.subarray(at)]);
      case 'remove':
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + (change.byte % 40))]);
      case 'splice':
        return Buffer.concat([bytes.subarray(0, at), other.subarray(at)]);
      default:
        // The body of one message under the type of another.
        return Buffer.concat([other.subarray(0, 40), bytes.subarray(40)]);
    }
  }

  test('a damaged message gives a body or a ProtocolError', () => {
    fc.assert(
      fc.property(mutation, (change) => {
        expect(['done', 'refused']).toContain(outcome(() => void decodeBody(decodeMessage(mutate(change)))));
      }),
      { numRuns: 4000 },
    );
  });

  test('a pool that is fed damaged messages gives events or a ProtocolError, and breaks at the latter', () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 8 }), (changes) => {
        const { pool } = openedPool();
        pool.createPipeline({ commands: [{ text: 'x' }] }, '11111111-2222-3333-4444-555555555555');
        let broke = false;
        changes.forEach((change, i) => {
          const bytes = mutate(change);
          if (bytes.length >= 40) {
            // Addressed to this pool and pipeline, so that it is looked at.
            Buffer.from('3d2c1b0a5f4e71608293a4b5c6d7e8f9', 'hex').copy(bytes, 8);
            const pid = bytes.subarray(24, 40);
            if (!pid.equals(Buffer.alloc(16)))
              Buffer.from('11111111222233334444555555555555', 'hex').copy(pid);
            bytes.writeUInt32LE(1, 0);
          }
          const fragments = Buffer.concat(buildFragments(BigInt(i + 10), bytes, 500));
          const result = outcome(() => {
            pool.receive(fragments, undefined);
          });
          broke ||= result === 'refused';
        });
        expect(pool.nextEvents().length).toBeGreaterThan(0);
        expect(!broke || pool.state === 'Broken' || pool.state === 'Closed').toBe(true);
      }),
      { numRuns: 1500 },
    );
  });
});

test('the ledger knows what a set knows', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt({ min: 1n, max: 60n }), { maxLength: 80 }), (ids) => {
      const ledger = new ObjectLedger();
      const set = new Set<bigint>();
      for (const id of ids) {
        expect(ledger.add(id)).toBe(!set.has(id));
        set.add(id);
      }
      for (let id = 0n; id <= 61n; id++) expect(ledger.has(id)).toBe(set.has(id));
      const sorted = [...set].toSorted((a, b) => Number(a - b));
      expect(ledger.highest).toBe(sorted.at(-1));
      const missing = ledger.missing.flatMap(([from, to]) =>
        Array.from({ length: Number(to - from) + 1 }, (_, i) => from + BigInt(i)),
      );
      const expected: bigint[] = [];
      for (let id = sorted[0] ?? 0n; id < (sorted.at(-1) ?? 0n); id++) if (!set.has(id)) expected.push(id);
      expect(missing).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test('a ledger of endless gaps forgets the oldest and never takes a new object for a repeated one', () => {
  const ledger = new ObjectLedger();
  const count = 20_000n;
  for (let i = 1n; i <= count; i++) expect(ledger.add(i * 2n)).toBe(true);
  expect(ledger.missing.length).toBeLessThan(16_384);
  for (let i = 1n; i <= 200n; i++) expect(ledger.add(i * 2n + 1n)).toBe(true);
  expect(ledger.add(count * 2n)).toBe(false);
});
