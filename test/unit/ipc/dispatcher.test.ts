import { describe, expect, test, vi } from 'vitest';
import { createDispatcher, type Handlers } from '../../../electron/ipc/dispatcher.ts';
import type { Peer } from '../../../electron/ipc/peer.ts';
import { AppFailure } from '../../../shared/error.ts';
import { Settings } from '../../../shared/settings.ts';

const peer: Peer = { id: 7, send: () => undefined };

function setUp(some: Partial<Handlers>) {
  const failure = vi.fn<(event: string, thrown: unknown, fields?: object) => string>(() => 'abc-1');
  // A Proxy, so that a call which should not be answered by anybody is seen to reach nobody.
  const handlers = new Proxy(some, {
    get(target, name) {
      const found = Reflect.get(target, name) as unknown;
      if (found === undefined) throw new Error(`nobody handles ${String(name)} in this test`);
      return found;
    },
  }) as Handlers;
  return { failure, dispatcher: createDispatcher(handlers, { failure }) };
}

describe('dispatcher', () => {
  test('answers with what the handler returned, defaults filled in on the way, and names the peer', async () => {
    const seen: unknown[] = [];
    const { dispatcher } = setUp({
      'servers.add': async (input, from) => {
        seen.push(input, from.id);
        return { ...input, id: 's1', kind: 'winrm' };
      },
    });
    const answer = await dispatcher.handle(
      'servers.add',
      { address: ' z002 ', port: 5985, https: false },
      peer,
    );
    expect(seen).toEqual([
      {
        name: '',
        address: 'z002',
        port: 5985,
        https: false,
        userName: '',
        configuration: 'Microsoft.PowerShell',
        signIn: {},
        allowPlainBasic: false,
        allowNtlmOverHttp: false,
      },
      7,
    ]);
    expect(answer).toMatchObject({ ok: true, value: { id: 's1', address: 'z002' } });
  });

  test.each([
    ['sessions.destroyEverything'],
    ['constructor'],
    ['__proto__'],
    [''],
    [undefined],
    [42],
    [{}],
    [null],
  ])('refuses a call it does not know: %j', async (call) => {
    const { dispatcher, failure } = setUp({});
    const answer = await dispatcher.handle(call, {}, peer);
    expect(answer).toMatchObject({ ok: false, error: { code: 'input.unknown-call' } });
    expect(failure).not.toHaveBeenCalled();
  });

  test("refuses input that does not fit, with the field and the schema's own sentence", async () => {
    const { dispatcher } = setUp({});
    expect(
      await dispatcher.handle('servers.add', { address: 'a b', port: 5985, https: false }, peer),
    ).toMatchObject({
      ok: false,
      error: {
        code: 'input.invalid',
        field: 'address',
        title: 'A name or an address only: no spaces, slashes or user name',
      },
    });
    expect(
      await dispatcher.handle(
        'servers.update',
        { id: 'x', draft: { address: '', port: 1, https: true } },
        peer,
      ),
    ).toMatchObject({ ok: false, error: { field: 'draft.address' } });
    for (const input of [undefined, null, 'x', []]) {
      expect(await dispatcher.handle('servers.add', input, peer)).toMatchObject({
        ok: false,
        error: { code: 'input.invalid' },
      });
    }
  });

  test('a password that does not fit is not in the answer', async () => {
    const { dispatcher } = setUp({});
    const password = `hunter2${'x'.repeat(2000)}`;
    const answer = await dispatcher.handle(
      'sessions.create',
      { serverId: 's', credential: { userName: 'u', password }, size: { columns: 80, rows: 24 } },
      peer,
    );
    expect(answer).toMatchObject({ ok: false, error: { field: 'credential.password' } });
    expect(JSON.stringify(answer)).not.toContain('hunter2');
  });

  test('passes on an error that was meant for a person', async () => {
    const error = { code: 'connect.refused', title: 'Reached the machine', details: 'ECONNREFUSED' };
    const { dispatcher, failure } = setUp({
      'sessions.remove': async () => {
        throw new AppFailure(error);
      },
    });
    expect(await dispatcher.handle('sessions.remove', { sessionId: 1 }, peer)).toEqual({ ok: false, error });
    expect(failure).not.toHaveBeenCalled();
  });

  test.each([
    ['rejects', async () => Promise.reject(new Error('the password was hunter2'))],
    [
      'throws',
      () => {
        throw new TypeError('the password was hunter2');
      },
    ],
    // eslint-disable-next-line typescript/prefer-promise-reject-errors
    ['rejects with no error at all', async () => Promise.reject('hunter2')],
  ])('a handler that %s unexpectedly is written down, and only an id crosses', async (_how, handler) => {
    const { dispatcher, failure } = setUp({ 'sessions.remove': handler });
    const answer = await dispatcher.handle('sessions.remove', { sessionId: 1 }, peer);
    expect(answer).toMatchObject({ ok: false, error: { code: 'internal', details: 'Log id abc-1' } });
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(JSON.stringify(answer)).not.toContain('.ts:');
    expect(failure).toHaveBeenCalledOnce();
    expect(failure.mock.calls[0]?.[2]).toEqual({ call: 'sessions.remove' });
  });

  test('output that breaks the contract does not cross, and what the contract does not name is left out', async () => {
    const { dispatcher, failure } = setUp({
      'settings.get': async () => ({ ...Settings.parse({}), fontSize: 900 }),
      'app.diagnostics': async () => ({ text: 'fine', password: 'hunter2' }) as { text: string },
    });
    expect(await dispatcher.handle('settings.get', {}, peer)).toMatchObject({
      ok: false,
      error: { code: 'internal' },
    });
    expect(failure.mock.calls[0]?.[2]).toEqual({ call: 'settings.get', where: 'fontSize' });
    expect(await dispatcher.handle('app.diagnostics', {}, peer)).toEqual({
      ok: true,
      value: { text: 'fine' },
    });
  });
});
