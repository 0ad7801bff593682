/** Host calls, calls to the pool, secure strings. */
import { describe, expect, test } from 'vitest';
import { PsPrimitive } from '../../../../electron/protocol/clixml/value.ts';
import { ProtocolError } from '../../../../electron/protocol/errors.ts';
import { NONE, hostCall, newPool, openedPool, pipelineState, codeOf, drain, names } from './endpoint.ts';

describe('host calls', () => {
  test('the answer goes by promptResponse, before everything else', () => {
    const { pool, server } = openedPool();
    const pipeline = pool.createPipeline({ commands: [{ text: 'x' }], noInput: false });
    drain(pool);
    server.says('PIPELINE_HOST_CALL', hostCall(5, 11), pipeline.id);
    const [event] = pool.nextEvents().slice(-1);
    if (event?.kind !== 'hostCall') throw new Error('no call');
    expect(event.call).toMatchObject({
      method: 'ReadLine',
      callId: 5n,
      void: false,
      pipelineId: pipeline.id,
      args: {},
    });
    pipeline.writeInput('x');
    pool.answerHostCall(event.call, { kind: 'value', value: 'typed' });
    const sent = drain(pool);
    expect(sent.map(({ stream, messages }) => [stream, messages[0]?.name])).toEqual([
      ['promptResponse', 'PIPELINE_HOST_RESPONSE'],
      ['default', 'PIPELINE_INPUT'],
    ]);
    expect(sent[0]?.messages[0]?.data).toContain('<S N="mr">typed</S>');
  });

  test('an error is answered as an error record', () => {
    const { pool, server } = openedPool();
    server.says('RUNSPACEPOOL_HOST_CALL', hostCall(6, 11));
    const [event] = pool.nextEvents();
    if (event?.kind !== 'hostCall') throw new Error('no call');
    pool.answerHostCall(event.call, {
      kind: 'error',
      error: { message: 'no console', category: 'NotImplemented' },
    });
    const [sent] = drain(pool);
    expect(sent?.messages[0]).toMatchObject({ name: 'RUNSPACEPOOL_HOST_RESPONSE', pipelineId: NONE });
    expect(sent?.messages[0]?.data).toMatch(/N="me".*no console.*<I32 N="ErrorCategory_Category">11</s);
    expect(sent?.messages[0]?.data).not.toContain('"mr"');
  });

  test('a void call wants no answer; one of an ended pipeline gets none', () => {
    const { pool, server } = openedPool();
    const pipeline = pool.createPipeline({ commands: [{ text: 'x' }] });
    drain(pool);
    server.says('PIPELINE_HOST_CALL', hostCall(-100, 16, '<S>line</S>'), pipeline.id);
    server.says('PIPELINE_HOST_CALL', hostCall(7, 11), pipeline.id);
    server.says('PIPELINE_STATE', pipelineState(5), pipeline.id);
    const calls = pool.nextEvents().flatMap((event) => (event.kind === 'hostCall' ? [event.call] : []));
    const [written, read] = calls;
    if (written === undefined || read === undefined) throw new Error('no calls');
    expect(written).toMatchObject({ method: 'WriteLine2', void: true, args: { text: 'line' } });
    expect(codeOf(() => pool.answerHostCall(written, { kind: 'value', value: undefined }))).toBe(
      'psrp.host-call.void',
    );
    pool.answerHostCall(read, { kind: 'value', value: 'too late' });
    expect(drain(pool)).toEqual([]);
  });
});

function answer(field: string, callId: bigint): string {
  return `<Obj RefId="0"><MS>${field}<I64 N="ci">${callId}</I64></MS></Obj>`;
}

describe('calls to the pool', () => {
  test('are matched by their id', () => {
    const { pool, server } = openedPool({ maxRunspaces: 4 });
    const min = pool.setMinRunspaces(2);
    const max = pool.setMaxRunspaces(9);
    const free = pool.getAvailableRunspaces();
    const reset = pool.resetRunspaceState();
    expect(names(drain(pool))).toEqual([
      'SET_MIN_RUNSPACES',
      'SET_MAX_RUNSPACES',
      'GET_AVAILABLE_RUNSPACES',
      'RESET_RUNSPACE_STATE',
    ]);
    server.says('RUNSPACE_AVAILABILITY', answer('<B N="SetMinMaxRunspacesResponse">false</B>', max));
    server.says('RUNSPACE_AVAILABILITY', answer('<B N="SetMinMaxRunspacesResponse">true</B>', min));
    server.says('RUNSPACE_AVAILABILITY', answer('<I64 N="SetMinMaxRunspacesResponse">3</I64>', free));
    server.says('RUNSPACE_AVAILABILITY', answer('<B N="SetMinMaxRunspacesResponse">true</B>', reset));
    expect(pool.nextEvents()).toMatchObject([
      { kind: 'runspaceAvailability', callId: max, request: 'set-max', response: false },
      { kind: 'runspaceAvailability', callId: min, request: 'set-min', response: true },
      { kind: 'runspaceAvailability', callId: free, request: 'get-available', response: 3n },
      { kind: 'runspaceAvailability', callId: reset, request: 'reset', response: true },
    ]);
    expect([pool.minRunspaces, pool.maxRunspaces]).toEqual([2, 4]);
  });

  test('reset needs protocol 2.3; limits are sane', () => {
    const { pool } = openedPool({}, '2.2');
    expect(codeOf(() => pool.resetRunspaceState())).toBe('psrp.pool.reset');
    for (const count of [0, -1, 1.5, 2 ** 31, Number.NaN]) {
      expect(codeOf(() => pool.setMaxRunspaces(count))).toBe('psrp.pool.limits');
    }
    expect(codeOf(() => newPool({ minRunspaces: 3, maxRunspaces: 2 }))).toBe('psrp.pool.limits');
    expect(drain(pool)).toEqual([]);
  });
});

describe('secure strings', () => {
  test('from 2.4 on they are plain, and no key is exchanged', () => {
    const { pool } = openedPool();
    expect(pool.canEncrypt).toBe(true);
    pool.requestSessionKey();
    expect(drain(pool)).toEqual([]);
    expect(pool.nextEvents()).toEqual([{ kind: 'sessionKeyReady' }]);
    // psrp/oop-host_input.json, message of ReadLineAsSecureString.
    const sealed = new PsPrimitive('SS', 'cwAzAGMAcgBlAHQA');
    expect(pool.encryptSecureString('s3cret')).toEqual(sealed);
    expect(pool.decryptSecureString(sealed)).toBe('s3cret');
    expect(codeOf(() => pool.decryptSecureString(new PsPrimitive('SS', 'AAAA')), ProtocolError)).toBe(
      'psrp.secure-string.plain',
    );
  });

  test('below they need the key, and cryptography', () => {
    const { pool } = openedPool({}, '2.3');
    expect(pool.canEncrypt).toBe(false);
    expect(codeOf(() => pool.encryptSecureString('x'))).toBe('psrp.session-key.missing');
    expect(codeOf(() => pool.requestSessionKey())).toBe('psrp.session-key.crypto');
  });

  test('the server asks for the exchange; asked twice, one key goes out', () => {
    const crypto = {
      generateKeyPair: () => ({
        publicModulus: new Uint8Array(256).fill(7),
        exponent: 65537,
        decryptNoPadding: (bytes: Uint8Array) => bytes,
      }),
      aes256CbcEncrypt: (_key: Uint8Array, _iv: Uint8Array, data: Uint8Array) => data,
      aes256CbcDecrypt: (_key: Uint8Array, _iv: Uint8Array, data: Uint8Array) => data,
    };
    const { pool, server } = openedPool({ crypto }, '2.1');
    server.says('PUBLIC_KEY_REQUEST', '<S />');
    server.says('PUBLIC_KEY_REQUEST', '<S />');
    pool.requestSessionKey();
    expect(names(drain(pool))).toEqual(['PUBLIC_KEY']);
  });
});
