/** What ids prove to be lost when an answer of the server was: told in its place, and nothing else told for lost. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../../../electron/protocol/errors.ts';
import type { PsrpEvent } from '../../../../electron/protocol/psrp/events.ts';
import { Defragmenter } from '../../../../electron/protocol/psrp/fragment.ts';
import type { ClientRunspacePool } from '../../../../electron/protocol/psrp/runspace-pool.ts';
import { buildFragments } from '../../../vectors/psrp-vectors.ts';
import { drain, names, openedPool, PIPELINE_ID, pipelineState, rawMessage } from './endpoint.ts';

const OTHER_ID = '22222222-2222-3333-4444-555555555555';

function output(id: bigint, pid = PIPELINE_ID, size = 1000): Buffer[] {
  return buildFragments(id, rawMessage('PIPELINE_OUTPUT', `<S>${id}</S>`, { pid }), size);
}

/** RUNSPACE_AVAILABILITY, as the answer to the call of that id. */
function available(id: bigint, callId: number): Buffer {
  const data = `<Obj RefId="0"><MS><I64 N="SetMinMaxRunspacesResponse">1</I64><I64 N="ci">${callId}</I64></MS></Obj>`;
  return Buffer.concat(buildFragments(id, rawMessage('RUNSPACE_AVAILABILITY', data)));
}

/** Outputs by their number, gaps by their ranges, in the order told. */
function told(pool: ClientRunspacePool): unknown[] {
  return pool.nextEvents().flatMap((event: PsrpEvent): unknown[] => {
    if (event.kind === 'output') return [Number(event.value)];
    if (event.kind !== 'gap') return [];
    const missing = event.missing.map(([first, last]) => `${first}-${last}`).join(' ');
    return [`${event.certain ? 'lost' : 'perhaps'} ${missing}`];
  });
}

function running(): ClientRunspacePool {
  // Three messages have opened it.
  const { pool } = openedPool();
  pool.createPipeline({ commands: [{ text: 'x' }] }, PIPELINE_ID);
  drain(pool);
  pool.nextEvents();
  return pool;
}

describe('an answer that was lost', () => {
  test('and comes again, loses nothing', () => {
    const pool = running();
    pool.receive(Buffer.concat([...output(4n), ...output(5n)]), PIPELINE_ID);
    pool.answerLost(PIPELINE_ID);
    pool.receive(Buffer.concat([...output(4n), ...output(5n), ...output(6n)]), PIPELINE_ID);
    expect(told(pool)).toEqual([4, 5, 6]);
  });

  test('and was empty, loses nothing', () => {
    const pool = running();
    pool.receive(Buffer.concat(output(4n)), PIPELINE_ID);
    pool.answerLost(PIPELINE_ID);
    pool.receive(Buffer.concat(output(5n)), PIPELINE_ID);
    expect(told(pool)).toEqual([4, 5]);
  });

  test('leaves a gap where it was, once the pool has shown that it was not its', () => {
    const pool = running();
    pool.receive(Buffer.concat(output(4n)), PIPELINE_ID);
    pool.answerLost(PIPELINE_ID);
    pool.receive(Buffer.concat([...output(8n), ...output(9n)]), PIPELINE_ID);
    // What comes behind it waits for the pool to say something, and the pool is asked.
    expect(told(pool)).toEqual([4]);
    expect(names(drain(pool))).toEqual(['GET_AVAILABLE_RUNSPACES']);
    pool.receive(Buffer.concat(output(10n)), PIPELINE_ID);
    expect(told(pool)).toEqual([]);
    pool.receive(available(11n, 1), undefined);
    expect(told(pool)).toEqual(['lost 5-7', 8, 9, 10]);
    pool.receive(Buffer.concat(output(12n)), PIPELINE_ID);
    expect(told(pool)).toEqual([12]);
  });

  test('while what came waits for the pool is told in its own place, and the pool is asked once more', () => {
    const pool = running();
    pool.receive(Buffer.concat(output(4n)), PIPELINE_ID);
    pool.answerLost(PIPELINE_ID);
    pool.receive(Buffer.concat(output(6n)), PIPELINE_ID);
    pool.answerLost(PIPELINE_ID);
    pool.receive(Buffer.concat([...output(7n), ...output(9n), ...output(10n)]), PIPELINE_ID);
    expect(told(pool)).toEqual([4]);
    expect(names(drain(pool))).toEqual(['GET_AVAILABLE_RUNSPACES', 'GET_AVAILABLE_RUNSPACES']);
    pool.receive(available(11n, 1), undefined);
    expect(told(pool)).toEqual(['lost 5-5', 6, 7, 'lost 8-8', 9, 10]);
  });

  test('was the one that the pool was asked for: it is asked again', () => {
    const pool = running();
    pool.receive(Buffer.concat(output(4n)), PIPELINE_ID);
    pool.answerLost(PIPELINE_ID);
    pool.receive(Buffer.concat(output(6n)), PIPELINE_ID);
    expect(names(drain(pool))).toEqual(['GET_AVAILABLE_RUNSPACES']);
    pool.answerLost(undefined);
    expect(names(drain(pool))).toEqual(['GET_AVAILABLE_RUNSPACES']);
    pool.receive(available(8n, 2), undefined);
    expect(told(pool)).toEqual([4, 'lost 5-5', 6]);
  });

  test('of the pool does not make what a pipeline is still to bring look lost, nor what that loses go untold', () => {
    const pool = running();
    pool.receive(Buffer.concat(output(4n)), PIPELINE_ID);
    pool.answerLost(undefined);
    pool.answerLost(PIPELINE_ID);
    // The pool is ahead of the pipeline by far.
    pool.receive(available(20n, 1), undefined);
    expect(told(pool)).toEqual([4]);
    pool.receive(Buffer.concat([...output(5n), ...output(6n)]), PIPELINE_ID);
    pool.answerLost(PIPELINE_ID);
    pool.receive(Buffer.concat([...output(9n), ...output(10n)]), PIPELINE_ID);
    expect(told(pool)).toEqual([5, 6, 'lost 7-8', 9, 10]);
  });

  test('is no gap where the pool brings what was missing', () => {
    const pool = running();
    pool.receive(Buffer.concat(output(4n)), PIPELINE_ID);
    pool.answerLost(PIPELINE_ID);
    pool.receive(Buffer.concat(output(6n)), PIPELINE_ID);
    pool.receive(available(5n, 1), undefined);
    expect(told(pool)).toEqual([4, 6]);
  });

  test('that was the beginning of the output leaves a gap, too', () => {
    const pool = running();
    pool.answerLost(PIPELINE_ID);
    pool.receive(Buffer.concat(output(6n)), PIPELINE_ID);
    pool.receive(available(7n, 1), undefined);
    expect(told(pool)).toEqual(['lost 4-5', 6]);
  });

  test('takes with it the object of which it held a part', () => {
    const five = output(5n, PIPELINE_ID, 15);
    expect(five.length).toBe(4);
    // So many came before, and from this one on they come again; what is between is lost.
    for (const [kept, from] of [
      [0, 1],
      [0, 4],
      [1, 2],
      [1, 4],
      [2, 3],
      [3, 4],
    ] as const) {
      const pool = running();
      pool.receive(Buffer.concat([...output(4n), ...five.slice(0, kept)]), PIPELINE_ID);
      pool.answerLost(PIPELINE_ID);
      pool.receive(Buffer.concat([...five.slice(from), ...output(6n)]), PIPELINE_ID);
      pool.receive(available(7n, 1), undefined);
      expect(told(pool)).toEqual([4, 'lost 5-5', 6]);
    }
  });

  test('in the middle of a fragment: what comes again from its beginning is whole', () => {
    const five = Buffer.concat(output(5n, PIPELINE_ID, 30));
    for (let cut = 0; cut < five.length; cut++) {
      const pool = running();
      pool.receive(Buffer.concat([...output(4n), five.subarray(0, cut)]), PIPELINE_ID);
      pool.answerLost(PIPELINE_ID);
      pool.receive(Buffer.concat([five, ...output(6n)]), PIPELINE_ID);
      expect(told(pool)).toEqual([4, 5, 6]);
    }
  });

  test('is told at once, and as no more than possible, where another pipeline may bring it', () => {
    const pool = running();
    pool.createPipeline({ commands: [{ text: 'y' }] }, OTHER_ID);
    pool.nextEvents();
    pool.receive(Buffer.concat(output(4n)), PIPELINE_ID);
    pool.answerLost(PIPELINE_ID);
    pool.receive(Buffer.concat(output(7n)), PIPELINE_ID);
    expect(told(pool)).toEqual([4, 'perhaps 5-6', 7]);
    pool.receive(Buffer.concat([...output(5n, OTHER_ID), ...output(6n, OTHER_ID)]), OTHER_ID);
    expect(told(pool)).toEqual([5, 6]);
  });

  test('is certain where every other pipeline has got further', () => {
    const pool = running();
    pool.createPipeline({ commands: [{ text: 'y' }] }, OTHER_ID);
    pool.nextEvents();
    pool.receive(Buffer.concat(output(4n)), PIPELINE_ID);
    pool.answerLost(PIPELINE_ID);
    pool.receive(Buffer.concat(output(8n, OTHER_ID)), OTHER_ID);
    pool.receive(available(9n, 1), undefined);
    pool.receive(Buffer.concat(output(10n)), PIPELINE_ID);
    expect(told(pool)).toEqual([4, 8, 'lost 5-7', 10]);
  });

  test('is not to be told by ids where the server leaves some out anyway', () => {
    const pool = running();
    pool.receive(Buffer.concat([...output(40n), ...output(50n)]), PIPELINE_ID);
    pool.receive(available(60n, 1), undefined);
    pool.answerLost(PIPELINE_ID);
    pool.receive(Buffer.concat(output(70n)), PIPELINE_ID);
    expect(told(pool)).toEqual([40, 50, 70]);
  });

  test('is handed out as possible where the connection goes before the pool has answered', () => {
    const pool = running();
    pool.receive(Buffer.concat(output(4n)), PIPELINE_ID);
    pool.answerLost(PIPELINE_ID);
    pool.receive(Buffer.concat(output(6n)), PIPELINE_ID);
    pool.disconnected();
    expect(told(pool)).toEqual([4, 'perhaps 5-5', 6]);
  });

  test("with the pipeline's end in it still brings the end", () => {
    const pool = running();
    pool.receive(Buffer.concat(output(4n)), PIPELINE_ID);
    pool.answerLost(PIPELINE_ID);
    const end = rawMessage('PIPELINE_STATE', pipelineState(4), { pid: PIPELINE_ID });
    pool.receive(Buffer.concat(buildFragments(6n, end)), PIPELINE_ID);
    pool.receive(available(7n, 1), undefined);
    expect(pool.nextEvents().map(({ kind }) => kind)).toEqual([
      'output',
      'runspaceAvailability',
      'gap',
      'pipelineState',
    ]);
    expect(pool.pipelines).toEqual([]);
  });
});

describe('a pipeline that is taken over', () => {
  test('may begin in the middle of an object, which is lost', () => {
    const { pool } = openedPool();
    pool.reconstructPipeline(PIPELINE_ID);
    pool.nextEvents();
    pool.receive(Buffer.concat([...output(50n, PIPELINE_ID, 30).slice(1), ...output(51n)]), PIPELINE_ID);
    expect(told(pool)).toEqual(['lost 50-50', 51]);
  });

  test('brings nothing a second time of what is known to be read, and tells what is missing behind', () => {
    for (const [first, expected] of [
      [48n, [51]],
      [51n, [51]],
      [53n, ['lost 51-52', 53]],
    ] as const) {
      const { pool } = openedPool();
      pool.receive(available(50n, 1), undefined);
      pool.reconstructPipeline(PIPELINE_ID, 50n);
      pool.nextEvents();
      const outputs = Array.from({ length: Number((first === 53n ? 53n : 51n) - first) + 1 }, (_, i) =>
        output(first + BigInt(i)),
      );
      pool.receive(Buffer.concat(outputs.flat()), PIPELINE_ID);
      pool.receive(available(60n, 1), undefined);
      expect(told(pool)).toEqual(expected);
    }
  });
});

test('whatever is lost and repeated, nothing is doubled, reordered or lost without a word', () => {
  const schedule = fc.array(
    fc.record({
      objects: fc.integer({ min: 0, max: 4 }),
      fate: fc.constantFrom('comes', 'lost', 'again'),
      size: fc.integer({ min: 22, max: 90 }),
    }),
    { minLength: 1, maxLength: 12 },
  );
  fc.assert(
    fc.property(schedule, (answers) => {
      const pool = running();
      let id = 3n;
      let calls = 0;
      let pending: Buffer[] = [];
      const produced: bigint[] = [];
      const seen: unknown[] = [];
      const produce = (size: number): Buffer[] => {
        produced.push((id += 1n));
        return output(id, PIPELINE_ID, size);
      };
      const answerCalls = (): void => {
        for (const sent of names(drain(pool))) {
          expect(sent).toBe('GET_AVAILABLE_RUNSPACES');
          pool.receive(available((id += 1n), (calls += 1)), undefined);
        }
        seen.push(...told(pool));
      };
      for (const { objects, fate, size } of answers) {
        const answer = [...pending, ...Array.from({ length: objects }, () => produce(size)).flat()];
        pending = [];
        if (fate === 'comes') pool.receive(Buffer.concat(answer), PIPELINE_ID);
        else pool.answerLost(PIPELINE_ID);
        if (fate === 'again') pending = answer;
        answerCalls();
      }
      // A last one that comes for certain.
      pool.receive(Buffer.concat([...pending, ...produce(50)]), PIPELINE_ID);
      answerCalls();
      // Each is there or told of, once and in its place.
      const covered = seen.flatMap((each) =>
        typeof each === 'number' ? [BigInt(each)] : lostIn(String(each)),
      );
      expect(covered).toEqual(produced);
    }),
  );
});

function lostIn(text: string): bigint[] {
  expect(text).toMatch(/^lost /);
  return text
    .slice('lost '.length)
    .split(' ')
    .flatMap((range) => {
      const [first = 0n, last = 0n] = range.split('-').map(BigInt);
      return Array.from({ length: Number(last - first) + 1 }, (_, i) => first + BigInt(i));
    });
}

test('any bytes in any cut, with losses between, give messages and gaps, or a ProtocolError', () => {
  const step = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((bytes) => ({ bytes })),
    // Headers that look like some: small ids, lengths and flags.
    fc
      .tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(8), fc.uint8Array({ maxLength: 8 }))
      .map(([object, fragment, flags, length, blob]) => {
        const header = Buffer.alloc(21);
        header.writeBigUInt64BE(BigInt(object), 0);
        header.writeBigUInt64BE(BigInt(fragment), 8);
        header.writeUInt8(flags, 16);
        header.writeUInt32BE(length, 17);
        return { bytes: Buffer.concat([header, blob]) };
      }),
    fc.constant('lost' as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const defragmenter = new Defragmenter(1000);
      let arrived = 0;
      let given = 0;
      try {
        for (const each of steps) {
          if (each === 'lost') defragmenter.resume((id) => id % 2n === 0n);
          else {
            arrived += each.bytes.length;
            for (const { message } of defragmenter.push(each.bytes)) given += message.length;
          }
        }
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
      expect(given).toBeLessThanOrEqual(arrived);
    }),
    { numRuns: 500 },
  );
});

test('a server that sends nothing but ends of objects is not listened to for ever', () => {
  const defragmenter = new Defragmenter();
  defragmenter.resume(() => false);
  const push = (): void => {
    for (let id = 1n; id < 2000n; id += 1n)
      defragmenter.push(Buffer.concat(output(id, PIPELINE_ID, 15).slice(1)));
  };
  expect(push).toThrow(expect.objectContaining({ code: 'psrp.fragment.lost' }));
});
