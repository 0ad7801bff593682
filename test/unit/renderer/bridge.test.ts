// @vitest-environment node
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { BridgeError, createBridge } from '../../../renderer/bridge/client.ts';
import { createFakeMain, fakeRow, fakeServer, Refusal } from '../../../renderer/bridge/fake.ts';
import { createWebSocketPort, reconnectWait } from '../../../renderer/bridge/websocket-port.ts';
import type { AppError } from '../../../shared/error.ts';

async function refusal(promise: Promise<unknown>): Promise<AppError> {
  const thrown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(thrown instanceof BridgeError)) throw new Error('the call was not refused');
  return thrown.error;
}

describe('the client', () => {
  test('gives the value of an answer, with what the contract fills in', async () => {
    const fake = createFakeMain();
    fake.handlers['servers.list'] = () => [fakeServer()];
    expect(await createBridge(fake.port).call('servers.list', {})).toEqual([fakeServer()]);
  });

  test('refuses with the error main gave, whole', async () => {
    const fake = createFakeMain();
    const error: AppError = {
      code: 'connect.refused',
      title: 'No',
      cure: { text: 'Do', command: 'Enable-PSRemoting' },
    };
    fake.handlers['servers.list'] = () => {
      throw new Refusal(error);
    };
    expect(await refusal(createBridge(fake.port).call('servers.list', {}))).toEqual(error);
  });

  test('sends nothing that does not fit the contract, and names the field', async () => {
    const fake = createFakeMain();
    const draft = { address: 'has space', port: 5985, https: false };
    const error = await refusal(createBridge(fake.port).call('servers.add', draft));
    expect(error.code).toBe('input.invalid');
    expect(error.field).toBe('address');
    expect(fake.log).toEqual([]);
  });

  test('takes nothing that does not fit the contract', async () => {
    const fake = createFakeMain();
    fake.handlers['app.diagnostics'] = () => ({ text: 7 }) as never;
    const reported: AppError[] = [];
    const bridge = createBridge(fake.port, (error) => reported.push(error));
    expect((await refusal(bridge.call('app.diagnostics', {}))).code).toBe('bridge.malformed');
    const rows: unknown[] = [];
    bridge.on('session.changed', (row) => rows.push(row));
    fake.emit('session.changed', { ...fakeRow(), state: 'Sideways' } as never);
    fake.emit('no.such.event' as never, {} as never);
    fake.emit('session.changed', fakeRow());
    expect(rows).toEqual([fakeRow()]);
    expect(reported.map((error) => error.code)).toEqual(['bridge.malformed', 'bridge.malformed']);
  });

  test('a listener that was taken away hears nothing more', () => {
    const fake = createFakeMain();
    const heard: number[] = [];
    const stop = createBridge(fake.port).on('session.removed', ({ sessionId }) => heard.push(sessionId));
    fake.emit('session.removed', { sessionId: 1 });
    stop();
    fake.emit('session.removed', { sessionId: 2 });
    expect(heard).toEqual([1]);
  });
});

describe('the websocket port', () => {
  let server: WebSocketServer;
  let port: ReturnType<typeof createWebSocketPort>;
  let sockets: WebSocket[];
  let retries: { milliseconds: number; run: () => void }[];
  let address: string;
  const received: unknown[] = [];

  function listen(at = 0): Promise<void> {
    server = new WebSocketServer({ host: '127.0.0.1', port: at });
    server.on('connection', (socket) => {
      sockets.push(socket);
      socket.on('message', (data) => {
        const text = Buffer.isBuffer(data) ? data.toString() : '';
        received.push(JSON.parse(text));
        answer(socket, JSON.parse(text) as { id: number; call: string });
      });
    });
    return new Promise((done) => server.once('listening', () => done()));
  }

  let answer: (socket: WebSocket, frame: { id: number; call: string }) => void;

  function states(): { seen: boolean[]; next: (wanted: boolean) => Promise<void> } {
    const seen: boolean[] = [];
    let wake: () => void = () => undefined;
    port.onConnection((connected) => {
      seen.push(connected);
      wake();
    });
    async function next(wanted: boolean): Promise<void> {
      while (seen.at(-1) !== wanted) {
        // Each turn waits for the port to say something new.
        // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
        await new Promise<void>((done) => (wake = done));
      }
    }
    return { seen, next };
  }

  beforeEach(async () => {
    sockets = [];
    retries = [];
    received.length = 0;
    answer = (socket, { id }) => socket.send(JSON.stringify({ id, answer: { ok: true, value: { id } } }));
    await listen();
    address = `ws://127.0.0.1:${String((server.address() as AddressInfo).port)}/bridge`;
    port = createWebSocketPort({
      open: () => new WebSocket(address),
      later: (milliseconds, run) => {
        const retry = { milliseconds, run };
        retries.push(retry);
        return () => void retries.splice(retries.indexOf(retry), 1);
      },
    });
  });

  afterEach(async () => {
    port.close();
    for (const socket of sockets) socket.terminate();
    await new Promise((done) => server.close(done));
  });

  test('carries calls made before it is open, each answered by its own number', async () => {
    answer = (socket, { id }) => {
      // Answered out of order, the way slow and quick calls are.
      if (id === 1) return;
      socket.send(JSON.stringify({ id: 2, answer: { ok: true, value: 'second' } }));
      socket.send(JSON.stringify({ id: 1, answer: { ok: false, error: { code: 'x', title: 'X' } } }));
    };
    const answers = await Promise.all([port.call('app.info', {}), port.call('servers.list', { a: 1 })]);
    expect(answers).toEqual([
      { ok: false, error: { code: 'x', title: 'X' } },
      { ok: true, value: 'second' },
    ]);
    expect(received).toEqual([
      { id: 1, call: 'app.info', input: {} },
      { id: 2, call: 'servers.list', input: { a: 1 } },
    ]);
  });

  test('passes events on and survives frames that are none', async () => {
    const heard: unknown[] = [];
    port.onEvent((name, payload) => heard.push([name, payload]));
    answer = (socket, { id }) => {
      for (const bad of ['not json', '{}', '[]', '{"id":"1"}', '{"id":99,"answer":{"ok":true}}', 'null']) {
        socket.send(bad);
      }
      socket.send(Buffer.from([1, 2, 3]), { binary: true });
      socket.send(JSON.stringify({ event: 'session.removed', payload: { sessionId: 3 } }));
      socket.send(JSON.stringify({ id, answer: { ok: true, value: null } }));
    };
    await port.call('app.info', {});
    expect(heard).toEqual([['session.removed', { sessionId: 3 }]]);
  });

  test('a drop ends what is under way, refuses what comes, and waits longer each time', async () => {
    const { next } = states();
    await next(true);
    answer = (socket) => socket.terminate();
    const inFlight = await port.call('terminal.submit', {});
    expect(inFlight).toMatchObject({ ok: false, error: { code: 'bridge.lost' } });
    await next(false);
    expect(await port.call('app.info', {})).toMatchObject({ ok: false, error: { code: 'bridge.lost' } });

    const { port: number } = server.address() as AddressInfo;
    await new Promise((done) => server.close(done));
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(retries[attempt]?.milliseconds).toBe(reconnectWait(attempt));
      const count = retries.length;
      retries[attempt]?.run();
      // oxlint-disable-next-line no-await-in-loop -- each try follows the one before
      await expect.poll(() => retries.length).toBe(count + 1);
    }
    await listen(number);
    answer = (socket, { id }) => socket.send(JSON.stringify({ id, answer: { ok: true, value: 'back' } }));
    retries.at(-1)?.run();
    await next(true);
    expect(await port.call('app.info', {})).toEqual({ ok: true, value: 'back' });
    sockets.at(-1)?.terminate();
    await next(false);
    expect(retries.at(-1)?.milliseconds).toBe(reconnectWait(0));
  });

  test('waits grow and stay bounded', () => {
    const waits = Array.from({ length: 20 }, (_, attempt) => reconnectWait(attempt));
    expect(waits).toEqual(waits.toSorted((left, right) => left - right));
    expect(waits.at(-1)).toBe(8000);
  });

  test('closed is closed', async () => {
    const { next } = states();
    await next(true);
    port.close();
    await next(false);
    expect(retries).toEqual([]);
    expect(await port.call('app.info', {})).toMatchObject({ ok: false });
  });
});
