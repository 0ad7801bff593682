/**
 * Peers that mean harm: bytes from a peer give a value, an event or a ProtocolError, in bounded time and memory. A short run of the fuzzer
 * with fixed seeds (`npm run fuzz` goes on for as long as asked), and the attacks that chance would not find.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { deserialize } from '../../electron/protocol/clixml/deserialize.ts';
import { displayText } from '../../electron/protocol/clixml/display-text.ts';
import { toPlain } from '../../electron/protocol/clixml/plain.ts';
import { ProtocolError } from '../../electron/protocol/errors.ts';
import { Defragmenter } from '../../electron/protocol/psrp/fragment.ts';
import { MessageType } from '../../electron/protocol/psrp/message.ts';
import type { MessageName } from '../../electron/protocol/psrp/message.ts';
import { closeHostileServer } from '../fuzz/http-server.ts';
import { judge } from '../fuzz/judge.ts';
import { ENDED_PIPELINE_ID, feedPool, POOL_NAMES, POOLS } from '../fuzz/pools.ts';
import { Random } from '../fuzz/random.ts';
import { TARGETS } from '../fuzz/targets.ts';
import {
  capability,
  hostCall,
  NONE,
  PIPELINE_ID,
  pipelineState,
  poolState,
  PRIVATE_DATA,
  rawMessage,
} from '../unit/protocol/psrp/endpoint.ts';
import { buildFragments } from '../vectors/psrp-vectors.ts';

afterAll(closeHostileServer);

describe('the fuzzer', () => {
  /** About a second for each target on a slow machine. */
  const RUNS: Readonly<Record<string, number>> = {
    xml: 1200,
    clixml: 1200,
    fragments: 1200,
    soap: 900,
    oop: 1200,
    messages: 400,
    http: 120,
    tokens: 1200,
    sealed: 1200,
  };

  test.each(Object.entries(TARGETS))('%s: $invariant', async (name, target) => {
    for (let run = 0; run < (RUNS[name] ?? 0); run++) {
      const input = target.make(new Random(run));
      // oxlint-disable-next-line no-await-in-loop -- a failure names its run
      const failure = await judge(target, input);
      if (failure) expect.fail(`run ${String(run)}, ${failure.kind}: ${failure.what}`);
    }
  });

  test('makes the same inputs of the same seed', () => {
    for (const target of Object.values(TARGETS)) {
      expect(target.make(new Random(7))).toEqual(target.make(new Random(7)));
    }
  });

  test('sees a foreign exception, a long time and much memory', async () => {
    const base = { invariant: '', make: () => new Uint8Array(), accepts: () => false };
    const held: unknown[] = [];
    const kindOf = async (feed: () => void) => (await judge({ ...base, feed }, new Uint8Array(10)))?.kind;
    expect(await kindOf(() => undefined)).toBeUndefined();
    expect(
      await kindOf(() => {
        throw new TypeError('x');
      }),
    ).toBe('exception');
    expect(
      await kindOf(() => {
        const until = performance.now() + 350;
        while (performance.now() < until);
      }),
    ).toBe('time');
    expect(await kindOf(() => void held.push(Buffer.alloc(80 * 1024 * 1024)))).toBe('memory');
  });
});

const CLIXML = 'http://schemas.microsoft.com/powershell/2004/04';
const SOAP = 'http://www.w3.org/2003/05/soap-envelope';
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

/** An element with an element in it, and so on. */
function nested(open: string, close: string, levels: number): string {
  return open.repeat(levels) + close.repeat(levels);
}

const BOMB = `<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>`;
const ATTRIBUTES = Array.from({ length: 20_000 }, (_, i) => ` a${String(i)}="x"`).join('');
const NAMESPACES = Array.from({ length: 20_000 }, (_, i) => ` xmlns:a${String(i)}="x"`).join('');

describe('texts', () => {
  test.each<[string, string, string]>([
    ['clixml', 'an entity bomb', `${BOMB}<Objs Version="1.1.0.1" xmlns="${CLIXML}"><S>&c;</S></Objs>`],
    ['soap', 'an entity bomb', `${BOMB}<s:Envelope xmlns:s="${SOAP}"><s:Body>&c;</s:Body></s:Envelope>`],
    ['clixml', 'a hundred thousand levels', nested('<Obj><LST>', '</LST></Obj>', 100_000)],
    ['clixml', 'as many that never end', '<Obj><LST>'.repeat(100_000)],
    ['clixml', 'a hundred thousand levels of members', nested('<Obj><MS>', '</MS></Obj>', 100_000)],
    ['soap', 'a hundred thousand levels', nested('<a>', '</a>', 100_000)],
    ['soap', 'twenty thousand attributes', `<a${ATTRIBUTES}/>`],
    ['soap', 'twenty thousand namespaces', `<a${NAMESPACES}/>`],
    ['clixml', 'twenty thousand attributes', `<S${ATTRIBUTES}>x</S>`],
    ['clixml', 'a text that is one reference', `<S>&${'a'.repeat(1_000_000)};</S>`],
    ['clixml', 'ampersands only', `<S>${'&'.repeat(1_000_000)}</S>`],
    ['clixml', 'escapes only', `<S>${'_x'.repeat(250_000)}</S>`],
    ['clixml', 'a comment that never ends, very often begun', `<S>${'<!-'.repeat(300_000)}</S>`],
    ['clixml', 'base64 that is none', `<BA>${'='.repeat(1_000_000)}</BA>`],
    ['clixml', 'base64 with white space between all', `<BA>${'A '.repeat(500_000)}</BA>`],
    ['clixml', 'a million digits', `<D>${'9'.repeat(1_000_000)}</D>`],
    ['clixml', 'a million digits of an integer', `<I64>${'0'.repeat(1_000_000)}1</I64>`],
    ['clixml', 'a long exponent', `<Db>1e${'9'.repeat(1_000_000)}</Db>`],
    ['clixml', 'a long duration', `<TS>P${'1'.repeat(1_000_000)}D</TS>`],
    ['clixml', 'a document that only opens', `<XD>${'&lt;a'.repeat(200_000)}</XD>`],
    ['clixml', 'a document of quotation marks', `<XD>${'&lt;a "'.repeat(150_000)}</XD>`],
    ['clixml', 'a document of brackets', `<XD>${'&lt;!DOCTYPE ['.repeat(80_000)}</XD>`],
    ['clixml', 'references to nothing', `<Obj><LST>${'<Ref RefId="7"/>'.repeat(50_000)}</LST></Obj>`],
    [
      'clixml',
      'a name that comes again and again',
      `<Obj><MS>${'<S N="__proto__">x</S>'.repeat(40_000)}</MS></Obj>`,
    ],
    ['oop', 'a line that never ends', `<Data Stream='Default' PSGuid='${NONE}'>${'A'.repeat(1_200_000)}`],
    ['oop', 'a tag of spaces', `<Data${' '.repeat(900_000)}\n`],
    ['oop', 'a tag of attributes', `<Data${" a='b'".repeat(150_000)}/>\n`],
    ['oop', 'a tag of quotation marks', `<Data ${"a='".repeat(300_000)}\n`],
    [
      'oop',
      'base64 that is none',
      `<Data Stream='Default' PSGuid='${NONE}'>${'-_'.repeat(400_000)}</Data>\n`,
    ],
    ['oop', 'half a million lines of nothing', '\n'.repeat(500_000)],
    ['http', 'a challenge of commas', `HTTP/1.1 401 \r\nWWW-Authenticate: ${','.repeat(60_000)}\r\n\r\n`],
    [
      'http',
      'a challenge that is one quotation',
      `HTTP/1.1 401 \r\nWWW-Authenticate: a b="${'\\'.repeat(60_000)}\r\n\r\n`,
    ],
    ['http', 'headers without end', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(100_000)}`],
    ['http', 'a length that lies', 'HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nx'],
    ['http', 'a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx'],
    [
      'http',
      'endless interim answers',
      `${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000)}HTTP/1.1 200 OK\r\n\r\n`,
    ],
    ['http', 'no HTTP at all', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['http', 'nothing', ''],
  ])('%s: %s', async (name, _what, text) => {
    const target = TARGETS[name];
    if (target === undefined) throw new Error(`no target ${name}`);
    expect(await judge(target, bytes(text))).toBeUndefined();
  });

  test('references multiply neither objects nor text', () => {
    // Each level holds the one below it twice: 2^48 leaves in three kilobytes.
    let tree = '<Obj RefId="48"><LST><S>x</S></LST></Obj>';
    for (let i = 47; i >= 24; i--) {
      tree = `<Obj RefId="${String(i)}"><LST>${tree}<Ref RefId="${String(i + 1)}"/></LST></Obj>`;
    }
    const value = deserialize(tree);
    expect(displayText(value).length).toBeLessThan(200);
    toPlain(value);
    // One long text that is named five thousand times: a gigabyte out of three hundred kilobytes.
    const long = 'x'.repeat(200_000);
    const named = '<Ref RefId="1"/>'.repeat(5000);
    const list = `<Obj RefId="0"><LST><Obj RefId="1"><ToString>${long}</ToString></Obj>${named}</LST></Obj>`;
    const shown = displayText(deserialize(list));
    expect(shown.startsWith(`${long} ${long} `)).toBe(true);
    expect(shown.length).toBeLessThan(20_000_000);
    const properties = Array.from({ length: 5000 }, (_, i) => `<Ref N="p${String(i)}" RefId="1"/>`).join('');
    const bag = `<Obj RefId="0"><MS><Obj N="p" RefId="1"><ToString>${long}</ToString></Obj>${properties}</MS></Obj>`;
    const text = displayText(deserialize(bag));
    expect(text.startsWith(`@{p=${long}; p0=${long}`)).toBe(true);
    expect(text.length).toBeLessThan(20_000_000);
  });
});

/** [MS-PSRP] 2.2.4 by hand. */
function fragment(objectId: bigint, fragmentId: bigint, flags: number, length: number, blob = 'x'): Buffer {
  const header = Buffer.alloc(21);
  header.writeBigUInt64BE(objectId, 0);
  header.writeBigUInt64BE(fragmentId, 8);
  header.writeUInt8(flags, 16);
  header.writeUInt32BE(length, 17);
  return Buffer.concat([header, Buffer.from(blob)]);
}

describe('fragments', () => {
  test.each<[string, string | undefined, Buffer[]]>([
    ['a length of 4 GB', 'psrp.fragment.too-large', [fragment(1n, 0n, 3, 0xffff_ffff)]],
    [
      'a length just over what is accepted',
      'psrp.fragment.too-large',
      [fragment(1n, 0n, 3, 200 * 1024 * 1024 + 1)],
    ],
    ['a length of almost that, never followed', undefined, [fragment(1n, 0n, 3, 190 * 1024 * 1024)]],
    ['one inside another', 'psrp.fragment.interleaved', [fragment(1n, 0n, 1, 1), fragment(2n, 0n, 3, 1)]],
    ['one twice', 'psrp.fragment.restart', [fragment(1n, 0n, 1, 1), fragment(1n, 0n, 1, 1)]],
    ['a gap', 'psrp.fragment.order', [fragment(1n, 0n, 1, 1), fragment(1n, 2n, 2, 1)]],
    ['backwards', 'psrp.fragment.no-start', [fragment(1n, 1n, 2, 1), fragment(1n, 0n, 1, 1)]],
    ['an end without a start', 'psrp.fragment.no-start', [fragment(1n, 0n, 2, 1)]],
    ['the highest ids', undefined, [fragment(2n ** 64n - 1n, 0n, 1, 1), fragment(2n ** 64n - 1n, 1n, 2, 1)]],
  ])('%s: %s', (_what, code, parts) => {
    const before = process.memoryUsage();
    const defragmenter = new Defragmenter();
    let refused: unknown;
    try {
      for (const part of parts) defragmenter.push(part);
    } catch (error) {
      refused = error;
    }
    if (code === undefined) expect(refused).toBeUndefined();
    else {
      expect(refused).toBeInstanceOf(ProtocolError);
      expect((refused as ProtocolError).code).toBe(code);
    }
    // No memory is set aside for what a header announces.
    expect(process.memoryUsage().arrayBuffers - before.arrayBuffers).toBeLessThan(10_000_000);
  });

  test('a quarter of a million empty fragments of one message hold no memory', () => {
    const defragmenter = new Defragmenter();
    const before = process.memoryUsage();
    defragmenter.push(fragment(1n, 0n, 1, 0, ''));
    for (let from = 1; from < 250_000; from += 1000) {
      defragmenter.push(
        Buffer.concat(Array.from({ length: 1000 }, (_, i) => fragment(1n, BigInt(from + i), 0, 0, ''))),
      );
    }
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(20_000_000);
  });
});

/** Bodies that are right, so that what is wrong with a message is when it comes and for whom. */
const BODIES: { readonly [N in MessageName]?: string } = {
  SESSION_CAPABILITY: capability(),
  RUNSPACEPOOL_STATE: poolState(2),
  PIPELINE_STATE: pipelineState(1),
  APPLICATION_PRIVATE_DATA: PRIVATE_DATA,
  RUNSPACEPOOL_INIT_DATA:
    '<Obj RefId="0"><MS><I32 N="MinRunspaces">1</I32><I32 N="MaxRunspaces">1</I32></MS></Obj>',
  RUNSPACE_AVAILABILITY:
    '<Obj RefId="0"><MS><B N="SetMinMaxRunspacesResponse">true</B><I64 N="ci">99</I64></MS></Obj>',
  ENCRYPTED_SESSION_KEY: '<Obj RefId="0"><MS><S N="EncryptedSessionKey">AAAA</S></MS></Obj>',
  PUBLIC_KEY_REQUEST: '',
  RUNSPACEPOOL_HOST_CALL: hostCall(1, 11),
  PIPELINE_HOST_CALL: hostCall(1, 11),
  PIPELINE_OUTPUT: '<S>x</S>',
  WARNING_RECORD: '<Obj RefId="0"><MS><S N="InformationalRecord_Message">x</S></MS></Obj>',
};

describe.each(POOL_NAMES)('a pool that is %s', (state) => {
  const STRANGER = 'deadbeef-0000-0000-0000-000000000000';

  test.each(Object.keys(MessageType) as MessageName[])(
    '%s, for anybody, gives events or a ProtocolError',
    (name) => {
      const data = BODIES[name] ?? '<S>rubbish</S>';
      for (const pid of [NONE, PIPELINE_ID, ENDED_PIPELINE_ID, STRANGER]) {
        for (const wrong of [{}, { rpid: NONE }, { rpid: STRANGER }, { destination: 2 }]) {
          const pool = POOLS[state]?.();
          if (pool === undefined) throw new Error(`no pool ${state}`);
          const message = rawMessage(name, data, { pid, ...wrong });
          // Twice with one object id: the second is a repetition, or the pool is over.
          const stream = Buffer.concat([
            ...buildFragments(50n, message),
            ...buildFragments(50n, message, 30),
          ]);
          const wasOver = pool.state === 'Closed' || pool.state === 'Broken';
          let refused: unknown;
          try {
            feedPool(pool, stream, 3, pid === NONE ? undefined : pid);
          } catch (error) {
            refused = error;
          }
          if (refused !== undefined) expect(refused).toBeInstanceOf(ProtocolError);
          if (wasOver) expect(refused).toBeUndefined();
        }
      }
    },
  );
});
