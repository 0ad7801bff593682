/**
 * Shells that clients leave, come back to and take over ([MS-WSMV] 3.1.4.15 to 3.1.4.17, [MS-PSRP] 3.1.4.10): with the opening and connecting
 * messages as they were recorded, and codes of wsmerror.h.
 */
import { describe, expect, test } from 'vitest';
import type { WsmanEndpointOptions } from '../../../electron/practice-server/wsman/endpoint.ts';
import { decodeConnectRequest, encodeConnectRequest } from '../../../electron/protocol/wsman/connect.ts';
import { decodeCreateRequest } from '../../../electron/protocol/wsman/create.ts';
import { encodeDisconnectRequest } from '../../../electron/protocol/wsman/disconnect.ts';
import {
  decodeEnumerateResponse,
  encodeEnumerateRequest,
} from '../../../electron/protocol/wsman/enumerate.ts';
import { readEnvelope } from '../../../electron/protocol/wsman/envelope.ts';
import { ACTION, RESOURCE, SIGNAL } from '../../../electron/protocol/wsman/names.ts';
import { encodeSendRequest } from '../../../electron/protocol/wsman/send.ts';
import { encodeReconnectRequest } from '../../../electron/protocol/wsman/reconnect.ts';
import { loadRecordings } from '../../vectors/wsman-recordings.ts';
import { capability } from '../protocol/psrp/endpoint.ts';
import { fragments, Harness, objectIds, POWERSHELL, received, texts } from './wsman-harness.ts';

const SHELL = 'B6631D8E-65A0-49F2-9053-A1B156C95777';
/** Its client wrote the id's bytes in another order. */
const POOL = '8e1d63b6-a065-f249-9053-a1b156c95777';
const PIPELINE = '17F850F9-52AA-477F-B6EE-868C72E7AB70';
const OTHER_CLIENT = '00000000-1111-2222-3333-444444444444';
const LEFT = 2150859204;
const IN_USE = 2150859213;
const UNKNOWN = 2150858843;

function recorded(action: string): string {
  const recording = loadRecordings().find(({ id }) => id === 'pypsrp-psrp_disconnect_runspaces');
  const exchange = recording?.exchanges.find(
    ({ direction, body }) => direction === 'request' && body?.includes(`${action}<`) && body.includes(SHELL),
  );
  return exchange?.body ?? '';
}

const creationXml =
  decodeCreateRequest(readEnvelope(recorded(ACTION.create))).creationXml ?? new Uint8Array();
const connectXml =
  decodeConnectRequest(readEnvelope(recorded(ACTION.connect))).connectXml ?? new Uint8Array();

class Clients extends Harness {
  disconnect(
    more: { idleTimeoutMs?: number; bufferMode?: 'Block' | 'Drop' } = {},
  ): Promise<number | undefined> {
    const request = { resourceUri: POWERSHELL, shellId: SHELL, ...more };
    return this.code(this.ask(encodeDisconnectRequest(this.context, request)));
  }

  reconnect(commandId?: string): Promise<number | undefined> {
    const request = { resourceUri: POWERSHELL, shellId: SHELL, ...(commandId ? { commandId } : {}) };
    return this.code(this.ask(encodeReconnectRequest(this.context, request)));
  }

  connect(
    more: { commandId?: string; connectXml?: Uint8Array; shellId?: string } = { connectXml },
  ): Promise<number | undefined> {
    const request = { resourceUri: POWERSHELL, shellId: SHELL, protocolVersion: '2.3', ...more };
    return this.code(this.ask(encodeConnectRequest(this.context, request)));
  }

  /** Input, which the engine may take its time to take. */
  input(): Promise<number | undefined> {
    const data = fragments('PIPELINE_INPUT', '<S>a</S>');
    const streams = [{ name: 'stdin', commandId: PIPELINE, data }];
    return this.code(
      this.ask(encodeSendRequest(this.context, { resourceUri: POWERSHELL, shellId: SHELL, streams })),
    );
  }

  output(commandId?: string, signal?: AbortSignal): ReturnType<Harness['receive']> {
    return this.receive(commandId, signal, SHELL);
  }

  async states(): Promise<string[]> {
    const list = async (resourceUri: string, shellId?: string): Promise<string[]> => {
      const request = encodeEnumerateRequest(this.context, { resourceUri, ...(shellId ? { shellId } : {}) });
      const { shells, commands } = decodeEnumerateResponse(readEnvelope((await this.ask(request)).body));
      return [...shells, ...commands].map(({ state }) => state ?? '');
    };
    return [...(await list(RESOURCE.shell)), ...(await list(RESOURCE.command, SHELL))];
  }

  someoneElse(): void {
    this.sessionId = OTHER_CLIENT;
    this.remoteAddress = '127.0.0.2';
  }

  /** Lets promises go on. */
  async calm(): Promise<void> {
    // oxlint-disable-next-line no-await-in-loop -- turn after turn
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function running(options: Partial<WsmanEndpointOptions> = {}): Promise<Clients> {
  const clients = new Clients(options);
  expect(await clients.code(clients.open(SHELL, { creationXml }))).toBe(0);
  clients.engine.poolId = POOL;
  clients.engine.say(undefined, 'SESSION_CAPABILITY', capability('2.3'));
  expect(await clients.code(clients.pipeline(PIPELINE, SHELL))).toBe(0);
  await received(clients.output());
  return clients;
}

describe('a shell that its client has left', () => {
  test('does nothing for anybody, but to be ended', async () => {
    const c = await running();
    expect(await c.disconnect()).toBe(0);
    expect(await c.states()).toEqual(['Disconnected', 'Disconnected']);
    expect(await c.code(c.output())).toBe(LEFT);
    expect(await c.code(c.output(PIPELINE))).toBe(LEFT);
    expect(await c.code(c.pipeline('27F850F9-52AA-477F-B6EE-868C72E7AB70', SHELL))).toBe(LEFT);
    expect(await c.disconnect()).toBe(LEFT);
    expect(await c.connect({ commandId: PIPELINE })).toBe(LEFT);
    expect(await c.code(c.delete(SHELL))).toBe(0);
  });

  test('hands out first what it has; Receives that wait end', async () => {
    const c = await running();
    const waiting = c.output(PIPELINE);
    c.engine.say(PIPELINE, 'PIPELINE_OUTPUT', '<S>before</S>');
    expect(texts([await received(waiting)])).toEqual(['<S>before</S>']);
    const idle = c.output(PIPELINE);
    expect(await c.disconnect()).toBe(0);
    expect(await c.code(idle)).toBe(LEFT);
  });

  test('is left when what was under way is done', async () => {
    const c = await running();
    const { promise, resolve } = Promise.withResolvers<void>();
    c.engine.hold = promise;
    const sent = c.input();
    await c.calm();
    let left: number | undefined;
    const leaving = c.disconnect().then((code) => {
      left = code;
    });
    await c.calm();
    expect(left).toBeUndefined();
    resolve();
    expect(await sent).toBe(0);
    await leaving;
    expect(left).toBe(0);
  });

  test('is not left where what is under way does not end in time', async () => {
    const c = await running();
    c.engine.hold = new Promise(() => undefined);
    void c.input();
    await c.calm();
    const leaving = c.disconnect();
    await c.calm();
    c.clock.advance(20_000);
    expect(await leaving).toBe(2150858793);
    expect((await c.states())[0]).toBe('Connected');
  });

  test('is for its client to come back to, command by command', async () => {
    const c = await running();
    await c.disconnect();
    c.engine.say(PIPELINE, 'PIPELINE_OUTPUT', '<S>meanwhile</S>');
    expect(await c.reconnect(PIPELINE)).toBe(LEFT);
    expect(await c.reconnect()).toBe(0);
    expect(await c.states()).toEqual(['Connected', 'Disconnected']);
    expect(await c.code(c.output(PIPELINE))).toBe(LEFT);
    expect(await c.reconnect(PIPELINE)).toBe(0);
    expect(texts([await received(c.output(PIPELINE))])).toEqual(['<S>meanwhile</S>']);
    // [MS-WSMV] 3.1.4.16: of no effect where it is connected.
    expect(await c.reconnect()).toBe(0);
  });

  test('is not for others to come back to, but to take over', async () => {
    const c = await running();
    expect(c.endpoint.shells()[0]).toMatchObject({ clientIp: '127.0.0.1' });
    c.someoneElse();
    expect(await c.reconnect()).toBe(IN_USE);
    expect(await c.connect()).toBe(IN_USE);
    c.sessionId = '908EA449-5553-4150-8A78-020057C8772A';
    await c.disconnect();
    c.someoneElse();
    expect(await c.reconnect()).toBe(2150859206);
    expect(await c.connect({ connectXml: fragments('SESSION_CAPABILITY', capability()) })).not.toBe(0);
    expect(await c.connect({})).not.toBe(0);
    expect(await c.connect({ connectXml, shellId: 'AAAAAAAA-5553-4150-8A78-020057C8772A' })).toBe(UNKNOWN);
    expect(await c.connect()).toBe(0);
    expect(c.endpoint.shells()[0]).toMatchObject({ clientIp: '127.0.0.2', state: 'Connected' });
    expect(await c.connect()).toBe(IN_USE);
    expect(await c.connect({ commandId: '27F850F9-52AA-477F-B6EE-868C72E7AB70' })).toBe(UNKNOWN);
    expect(await c.connect({ commandId: PIPELINE })).toBe(0);
    expect(await c.states()).toEqual(['Connected', 'Connected']);
    // The one before has lost it.
    c.sessionId = '908EA449-5553-4150-8A78-020057C8772A';
    expect(await c.code(c.output(PIPELINE))).toBe(IN_USE);
    expect(await c.reconnect()).toBe(IN_USE);
  });
});

describe('an answer that was on its way', () => {
  test.each([
    ['again', ['<S>1</S>', '<S>2</S>']],
    ['lost', ['<S>2</S>']],
  ] as const)('comes %s', async (inFlight, expected) => {
    const c = await running({ inFlight });
    c.engine.say(PIPELINE, 'PIPELINE_OUTPUT', '<S>1</S>');
    const first = await received(c.output(PIPELINE));
    await c.disconnect();
    await c.reconnect();
    await c.reconnect(PIPELINE);
    c.engine.say(PIPELINE, 'PIPELINE_OUTPUT', '<S>2</S>');
    const second = await received(c.output(PIPELINE));
    expect(texts([second])).toEqual(expected);
    // With the ids it had.
    const [id = 0n] = objectIds([first]);
    expect(objectIds([second])).toEqual(inFlight === 'again' ? [id, id + 1n] : [id + 1n]);
  });

  test('and could not be written is in front again at once, the end of a pipeline, too', async () => {
    const c = await running();
    c.engine.say(PIPELINE, 'PIPELINE_OUTPUT', '<S>1</S>');
    c.engine.finish(PIPELINE);
    const answer = await c.output(PIPELINE);
    expect(await c.code(c.output(PIPELINE))).toBe(UNKNOWN);
    answer.undelivered?.();
    const again = await received(c.output(PIPELINE));
    expect(again.commandState?.state).toBe('Done');
    expect(again.streams).toHaveLength(2);
  });

  test('is kept with the pipeline it ended, until its client has let go of it', async () => {
    const c = await running();
    c.engine.finish(PIPELINE);
    await received(c.output(PIPELINE));
    await c.disconnect();
    expect(await c.states()).toEqual(['Disconnected', 'Disconnected']);
    await c.reconnect();
    await c.reconnect(PIPELINE);
    expect((await received(c.output(PIPELINE))).commandState?.state).toBe('Done');
    await c.signal(PIPELINE, SIGNAL.terminate);
  });
});

describe('a client that is gone', () => {
  test('is missed after a while, and the shell may be had then', async () => {
    const c = await running({ missAfterMs: 5_000 });
    const gone = new AbortController();
    const waiting = c.output(undefined, gone.signal);
    gone.abort();
    await waiting;
    c.someoneElse();
    c.clock.advance(4_999);
    expect(await c.connect()).toBe(IN_USE);
    c.clock.advance(1);
    expect((await c.states())[0]).toBe('Disconnected');
    expect(await c.connect()).toBe(0);
  });

  test('and back in time was not missed', async () => {
    const c = await running({ missAfterMs: 5_000 });
    const gone = new AbortController();
    const waiting = c.output(undefined, gone.signal);
    gone.abort();
    await waiting;
    c.clock.advance(3_000);
    const again = c.output();
    await c.calm();
    c.clock.advance(10_000);
    expect((await c.states())[0]).toBe('Connected');
    c.clock.advance(10_000);
    expect(await c.code(again)).toBe(2150858793);
    c.clock.advance(100_000);
    expect((await c.states())[0]).toBe('Connected');
  });

  test('is missed also where its way was lost while something was under way for it', async () => {
    const c = await running({ missAfterMs: 5_000 });
    const [first, second] = [new AbortController(), new AbortController()];
    const output = c.output(undefined, first.signal);
    const more = c.output(PIPELINE, second.signal);
    await c.calm();
    first.abort();
    await output;
    c.clock.advance(5_000);
    expect((await c.states())[0]).toBe('Connected');
    second.abort();
    await more;
    c.clock.advance(5_000);
    expect((await c.states())[0]).toBe('Disconnected');
  });

  test('that came back and was never heard of again, because it never got the answer, is missed', async () => {
    const c = await running({ missAfterMs: 0 });
    expect(await c.disconnect()).toBe(0);
    expect(await c.reconnect()).toBe(0);
    c.clock.advance(9_999);
    expect((await c.states())[0]).toBe('Connected');
    c.clock.advance(1);
    expect((await c.states())[0]).toBe('Disconnected');
    expect(await c.reconnect()).toBe(0);
    const output = c.output();
    await c.calm();
    c.clock.advance(30_000);
    expect((await c.states())[0]).toBe('Connected');
    c.clock.advance(30_000);
    await output;
  });

  test('is missed though its last word came after its way was lost', async () => {
    const c = await running({ missAfterMs: 5_000 });
    const gone = new AbortController();
    const output = c.output(undefined, gone.signal);
    await c.calm();
    gone.abort();
    await output;
    c.clock.advance(4_000);
    expect(await c.input()).toBe(0);
    c.clock.advance(4_000);
    expect((await c.states())[0]).toBe('Connected');
    c.clock.advance(1_000);
    expect((await c.states())[0]).toBe('Disconnected');
  });

  test('of a protocol that knows no leaving keeps its shell', async () => {
    const c = new Clients({ missAfterMs: 0 });
    await c.open(SHELL, { creationXml: fragments('SESSION_CAPABILITY', capability('2.1')) });
    const gone = new AbortController();
    const waiting = c.output(undefined, gone.signal);
    gone.abort();
    await waiting;
    c.clock.advance(60_000);
    expect((await c.states())[0]).toBe('Connected');
    expect(await c.disconnect()).toBe(2150859205);
    expect(await c.connect()).toBe(2150859205);
  });
});

describe('a shell nobody comes back to', () => {
  test('ends when its time is over, counted from when it was left', async () => {
    const c = await running();
    c.clock.advance(50_000);
    expect(await c.disconnect({ idleTimeoutMs: 60_000 })).toBe(0);
    c.clock.advance(59_000);
    expect(c.endpoint.shells()[0]).toMatchObject({
      idleTimeoutMs: 60_000,
      inactivityMs: 59_000,
      runTimeMs: 109_000,
    });
    c.clock.advance(1_000);
    await c.calm();
    expect(c.endpoint.shells()).toEqual([]);
    expect(c.engine.killed).toBe(true);
    expect(await c.reconnect()).toBe(UNKNOWN);
  });

  test('has no time that the server does not grant', async () => {
    const c = await running({ shellLimits: { maxIdleTimeoutMs: 100_000 } });
    for (const idleTimeoutMs of [59_999, 100_001])
      expect(await c.disconnect({ idleTimeoutMs })).toBe(2150859250);
    expect((await c.states())[0]).toBe('Connected');
    expect(await c.disconnect({ idleTimeoutMs: 100_000 })).toBe(0);
    const greedy = c.open('AAAAAAAA-5553-4150-8A78-020057C8772A', { idleTimeoutMs: 100_001 });
    expect(await c.code(greedy)).toBe(2150859250);
  });
});

describe('output that nobody receives', () => {
  const long = 'x'.repeat(1_000_000);
  const sayMuch = (c: Clients): void => {
    for (let i = 0; i < 20; i++) c.engine.say(PIPELINE, 'PIPELINE_OUTPUT', `<S>${i} ${long}</S>`, 2_000_000);
  };

  test('makes the command wait', async () => {
    const c = await running();
    await c.disconnect({ bufferMode: 'Block' });
    sayMuch(c);
    expect(c.engine.paused).toBe(true);
  });

  test('goes, the oldest first, where its client wants the command to go on; its end never goes', async () => {
    const c = await running();
    c.engine.say(PIPELINE, 'PIPELINE_OUTPUT', '<S>first</S>');
    const [before = 0n] = objectIds([await received(c.output(PIPELINE))]);
    await c.disconnect({ bufferMode: 'Drop' });
    expect(c.endpoint.shells()[0]).toMatchObject({ bufferMode: 'Drop' });
    sayMuch(c);
    c.engine.finish(PIPELINE);
    expect(c.engine.paused).toBe(false);
    await c.reconnect();
    await c.reconnect(PIPELINE);
    c.maxEnvelopeSize = 500 * 1024;
    const answers = [];
    do answers.push(await received(c.output(PIPELINE)));
    while (answers.at(-1)?.commandState?.state !== 'Done');
    const ids = [...new Set(objectIds(answers))];
    // What was handed out before, then the end of what was said, with ids that show how much is missing.
    expect(ids[0]).toBe(before);
    expect(ids.at(-1)).toBe(before + 21n);
    expect(ids.length).toBeLessThan(10);
    expect(ids.slice(1)).toEqual(ids.slice(1).map((_, i) => (ids[1] ?? 0n) + BigInt(i)));
  });
});

test('winrs shells are not left', async () => {
  const c = new Clients();
  await c.open(SHELL, { resourceUri: RESOURCE.cmd });
  const request = encodeDisconnectRequest(c.context, { resourceUri: RESOURCE.cmd, shellId: SHELL });
  expect(await c.code(c.ask(request))).toBe(2150859205);
});

describe('the service has limits for its users', () => {
  test('for operations at a time', async () => {
    const c = await running({ shellLimits: { maxOperationsPerUser: 2 } });
    const waiting = [c.output(), c.output(PIPELINE)];
    await c.calm();
    expect(await c.code(c.pipeline('27F850F9-52AA-477F-B6EE-868C72E7AB70', SHELL))).toBe(2150859174);
    c.clock.advance(20_000);
    await Promise.all(waiting);
    expect(await c.code(c.pipeline('27F850F9-52AA-477F-B6EE-868C72E7AB70', SHELL))).toBe(0);
  });

  test('for users with shells at a time', async () => {
    const c = await running({ shellLimits: { maxShellUsers: 1 } });
    const another = 'AAAAAAAA-5553-4150-8A78-020057C8772A';
    c.userName = 'grace';
    expect(await c.code(c.open(another))).toBe(2150859179);
    c.userName = 'ADA';
    expect(await c.code(c.open(another))).toBe(0);
  });
});
