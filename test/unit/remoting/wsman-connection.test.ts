/** PSRP over WSMan where the server answers late, or of something that has ended in between. */
import { expect, test } from 'vitest';
import { encodeCommandResponse } from '../../../electron/protocol/wsman/command.ts';
import { encodeCreateResponse } from '../../../electron/protocol/wsman/create.ts';
import { encodeDeleteResponse } from '../../../electron/protocol/wsman/delete.ts';
import { readEnvelope } from '../../../electron/protocol/wsman/envelope.ts';
import { encodeFault } from '../../../electron/protocol/wsman/faults.ts';
import { ACTION } from '../../../electron/protocol/wsman/names.ts';
import { encodeSignalResponse } from '../../../electron/protocol/wsman/signal.ts';
import {
  WsmanConnection,
  type SoapHttp,
  type WsmanConnectionOptions,
} from '../../../electron/remoting/wsman-connection.ts';

const SHELL = '0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9';
const PIPELINE = '11111111-2222-3333-4444-555555555555';
/** [MS-WSMV] 2.2.4: no such shell or command. */
const UNKNOWN = 2150858843;
/** Nothing came in time. */
const TIMED_OUT = 2150858793;

/** A server that answers as told; Receives wait until they are given up. */
class Server implements SoapHttp {
  readonly asked: string[] = [];
  readonly bodies: string[] = [];
  closed = false;
  /** Codes of the faults that requests of an action are answered with. */
  readonly faults: Record<string, number> = {};
  hold: Promise<void> | undefined;
  /** What it says of the shell it has made. */
  idleTimeoutMs: number | undefined;

  async post(body: string, { signal }: { signal?: AbortSignal }) {
    const { header } = readEnvelope(body);
    const action = header.action ?? '';
    this.asked.push(action);
    this.bodies.push(body);
    const context = { messageId: SHELL, ...(header.messageId ? { relatesTo: header.messageId } : {}) };
    if (action === ACTION.create) await this.hold;
    signal?.throwIfAborted();
    const code = this.faults[action];
    if (code !== undefined) {
      return {
        status: 500,
        body: encodeFault(context, { code, message: 'no', subcode: 'w:InvalidSelectors' }),
      };
    }
    if (action === ACTION.receive) {
      await new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error));
      });
    }
    return { status: 200, body: this.#answer(action, context) };
  }

  close(): void {
    this.closed = true;
  }

  #answer(action: string, context: { messageId: string }): string {
    if (action === ACTION.create) {
      const { idleTimeoutMs } = this;
      const shell = {
        shellId: SHELL,
        inputStreams: ['stdin', 'pr'],
        outputStreams: ['stdout'],
        ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
      };
      return encodeCreateResponse(context, {
        address: 'http://z002:5985/wsman',
        shell: { ...shell, resourceUri: 'r' },
      });
    }
    if (action === ACTION.command) return encodeCommandResponse(context, { commandId: PIPELINE });
    if (action === ACTION.delete) return encodeDeleteResponse(context);
    return encodeSignalResponse(context);
  }
}

function connectionTo(http: Server, more: Partial<WsmanConnectionOptions> = {}) {
  const ended: (Error | undefined)[] = [];
  const pipelines: unknown[] = [];
  const connection = new WsmanConnection({
    http,
    url: 'http://z002:5985/wsman',
    computerName: 'z002',
    configurationName: 'Microsoft.PowerShell',
    ...more,
  });
  const open = () =>
    connection.open(SHELL.toLowerCase(), new Uint8Array(3), {
      onData: () => undefined,
      onPipelineEnded: (_id, error) => void pipelines.push(error),
      onClosed: (error) => void ended.push(error),
    });
  return { connection, open, ended, pipelines };
}

test('a shell that is made while its opening is cancelled is deleted again', async () => {
  const http = new Server();
  let made = (): void => undefined;
  http.hold = new Promise((resolve) => {
    made = resolve;
  });
  const { connection, open, ended } = connectionTo(http);
  const opening = open().catch((error: unknown) => error);
  const closing = connection.close();
  made();
  await closing;
  await opening;
  expect(http.asked).toEqual([ACTION.create, ACTION.delete]);
  expect(ended).toEqual([undefined]);
  expect(http.closed).toBe(true);
});

test('an opening that was refused leaves nothing to delete', async () => {
  const http = new Server();
  http.faults[ACTION.create] = 5;
  const { connection, open } = connectionTo(http);
  await expect(open()).rejects.toMatchObject({ code: 5 });
  await connection.close();
  expect(http.asked).toEqual([ACTION.create]);
  expect(http.closed).toBe(true);
});

test('whoever closes a connection that is being closed waits for the same end', async () => {
  const http = new Server();
  const { connection, open, ended } = connectionTo(http);
  await open();
  const ends: number[] = [];
  await Promise.all([1, 2].map((nth) => connection.close().then(() => ends.push(nth, ended.length))));
  expect(ends).toEqual([1, 1, 2, 1]);
  expect(http.asked.filter((action) => action === ACTION.delete)).toHaveLength(1);
});

test('a command that ended before it could be stopped or told an answer ends as its Receive says', async () => {
  const http = new Server();
  const { connection, open, pipelines } = connectionTo(http);
  await open();
  await connection.createPipeline(PIPELINE, new Uint8Array(3));
  http.faults[ACTION.signal] = UNKNOWN;
  http.faults[ACTION.send] = UNKNOWN;
  await expect(connection.stopPipeline(PIPELINE)).resolves.toBeUndefined();
  await expect(connection.send(new Uint8Array(3), 'promptResponse', PIPELINE)).resolves.toBeUndefined();
  expect(pipelines).toEqual([]);
  // What concerns the pool, or is another fault, is told.
  await expect(connection.send(new Uint8Array(3), 'default', undefined)).rejects.toMatchObject({
    code: UNKNOWN,
  });
  http.faults[ACTION.signal] = 5;
  await expect(connection.stopPipeline(PIPELINE)).rejects.toMatchObject({ code: 5 });
  await connection.close();
});

test('a server that says at once that it has nothing to say is not asked without a pause', async () => {
  const http = new Server();
  http.faults[ACTION.receive] = TIMED_OUT;
  let asked = (): void => undefined;
  const often = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const post = http.post.bind(http);
  let receives = 0;
  http.post = (body, options) => {
    if (body.includes(ACTION.receive) && ++receives === 12) asked();
    return post(body, options);
  };
  const { connection, open, ended } = connectionTo(http);
  const began = performance.now();
  await open();
  await often;
  expect(performance.now() - began).toBeGreaterThan(300);
  expect(ended).toEqual([]);
  await connection.close();
  expect(ended).toEqual([undefined]);
});

test('how long one request may take at the server stands in those that may take long', async () => {
  const http = new Server();
  const { connection, open } = connectionTo(http, { operationTimeoutMs: 7000 });
  await open();
  await connection.createPipeline(PIPELINE, new Uint8Array(3));
  await connection.stopPipeline(PIPELINE);
  for (const action of [ACTION.command, ACTION.signal])
    expect(http.bodies[http.asked.indexOf(action)]).toMatch(/<w:OperationTimeout>PT7(\.000)?S</);
  await connection.close();
});

test('how long the server keeps a shell is what it says, not what was asked for', async () => {
  const http = new Server();
  http.idleTimeoutMs = 900_000;
  const { connection, open } = connectionTo(http, { idleTimeoutMs: 7_200_000 });
  await open();
  expect(connection.idleTimeoutMs).toBe(900_000);
  await connection.close();
  const silent = connectionTo(new Server(), { idleTimeoutMs: 7_200_000 });
  await silent.open();
  expect(silent.connection.idleTimeoutMs).toBeUndefined();
  await silent.connection.close();
});
