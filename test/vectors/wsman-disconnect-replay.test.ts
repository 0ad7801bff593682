/**
 * The recorded conversation with a Windows server about leaving, coming back to and taking over runspace pools, with our client in the place
 * of the recorded one: its requests mean what the recorded ones mean, in their order, and what the server answered brings it where it was.
 */
import { expect, test } from 'vitest';
import { deserialize } from '../../electron/protocol/clixml/deserialize.ts';
import { Defragmenter } from '../../electron/protocol/psrp/fragment.ts';
import { decodeMessage } from '../../electron/protocol/psrp/message.ts';
import { readEnvelope } from '../../electron/protocol/wsman/envelope.ts';
import { encodeFault } from '../../electron/protocol/wsman/faults.ts';
import { ACTION } from '../../electron/protocol/wsman/names.ts';
import { decodeRequest } from '../../electron/protocol/wsman/requests.ts';
import { RunspacePool, type RunspacePoolOptions } from '../../electron/remoting/runspace-pool.ts';
import type { SoapHttp } from '../../electron/remoting/soap-http.ts';
import { WsmanClient } from '../../electron/remoting/wsman-client.ts';
import { WsmanConnection } from '../../electron/remoting/wsman-connection.ts';
import { meaningOf } from './psrp-meaning.ts';
import { loadRecordings } from './wsman-recordings.ts';

const FIRST = 'B6631D8E-65A0-49F2-9053-A1B156C95777';
const SECOND = '01AA3E43-9E21-424B-A7FC-BC16AA34F4CE';

/** What a request asks, without what a client chooses freely: ids of messages, time-outs, sizes, and the settings of a new pool. */
function asked(body: string): unknown {
  const envelope = readEnvelope(body);
  const decoded = decodeRequest(envelope);
  if (!('request' in decoded)) return decoded;
  const request = { ...decoded.request } as Record<string, unknown>;
  for (const name of ['creationXml', 'connectXml'] as const) {
    const data = request[name];
    if (data instanceof Uint8Array) request[name] = messagesIn(data);
  }
  // Its own bound of one answer.
  delete request['maxElements'];
  const { options, selectors } = envelope.header;
  return { kind: decoded.kind, request, options, selectors };
}

function messagesIn(fragments: Uint8Array): unknown[] {
  return new Defragmenter().push(fragments).map(({ objectId, message }) => {
    const { name, data } = decodeMessage(message);
    // A new pool has our host and our arguments.
    return { objectId, name, ...(name === 'INIT_RUNSPACEPOOL' ? {} : { data: meaningOf(deserialize(data)) }) };
  });
}

class RecordedServer implements SoapHttp {
  readonly #exchanges: { request: string; answer: string; status: number }[];
  readonly compared: string[] = [];
  readonly #ids = new Map<string, string>();
  readonly #waiting: (() => void)[] = [];

  constructor() {
    const recording = loadRecordings().find(({ id }) => id === 'pypsrp-psrp_disconnect_runspaces');
    const bodies = recording?.exchanges.map(({ body, status }) => ({ body: body ?? '', status: status ?? 0 })) ?? [];
    this.#exchanges = bodies.flatMap(({ body }, i) => {
      const answer = bodies[i + 1];
      return i % 2 === 0 && answer ? [{ request: body, answer: answer.body, status: answer.status }] : [];
    });
  }

  get left(): number {
    return this.#exchanges.length;
  }

  async post(
    sent: string,
    { signal, mayWait }: { readonly signal?: AbortSignal; readonly mayWait?: boolean },
  ): Promise<{ status: number; body: string }> {
    // The recorded client wrote a pool's id with its bytes in another order than the shell's; ours takes them to be one.
    let body = sent;
    for (const id of [FIRST, SECOND]) body = body.replaceAll(swapped(id).toUpperCase(), id);
    const action = readEnvelope(body).header.action ?? '';
    const next = this.#exchanges[0];
    const isNext = next !== undefined && readEnvelope(next.request).header.action?.trim() === action;
    if (mayWait && !isNext) {
      // The recorded client sent no Receive here. Ours keeps one waiting; it ends when the shell is left ([MS-WSMV] 3.1.4.15).
      return new Promise((resolve, reject) => {
        const relatesTo = readEnvelope(body).header.messageId ?? '';
        const fault = { code: 2150859204, message: 'The shell is disconnected.', subcode: 'InternalError' };
        this.#waiting.push(() => resolve({ status: 500, body: encodeFault({ messageId: FIRST, relatesTo }, fault) }));
        signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
    }
    if (!next) throw new Error(`The recording is over: ${action}`);
    expect(action).toBe(readEnvelope(next.request).header.action?.trim());
    expect(asked(body)).toEqual(asked(next.request));
    this.compared.push(action.split('/').at(-1) ?? '');
    this.#exchanges.shift();
    if (action === ACTION.disconnect) for (const end of this.#waiting.splice(0)) end();
    const recordedId = readEnvelope(next.request).header.messageId ?? '';
    const ourId = readEnvelope(body).header.messageId ?? '';
    this.#ids.set(recordedId, ourId);
    let text = next.answer;
    for (const id of [FIRST, SECOND]) text = text.replaceAll(id, swapped(id).toUpperCase());
    for (const [theirs, ours] of this.#ids) text = text.replaceAll(theirs, ours);
    return { status: next.status, body: text };
  }

  close(): void {
    // Every pool of the conversation goes by it.
  }
}

function poolOf(server: RecordedServer, shellId: string, more: RunspacePoolOptions = {}): RunspacePool {
  const connection = new WsmanConnection({
    http: server,
    url: 'https://127.0.0.1:55986/wsman',
    computerName: '127.0.0.1',
    configurationName: 'Microsoft.PowerShell',
  });
  return new RunspacePool(connection, { id: swapped(shellId), protocolVersion: '2.3', ...more });
}

/** The id by which the recorded client's fragments name a pool, as .NET reads them. */
function swapped(id: string): string {
  const [a = '', b = '', c = '', ...rest] = id.toLowerCase().split('-');
  const swap = (hex: string): string => Buffer.from(Buffer.from(hex, 'hex').toReversed()).toString('hex');
  return [swap(a), swap(b), swap(c), ...rest].join('-');
}

test('leaving, coming back, listing, taking over and removing, as recorded', async () => {
  const server = new RecordedServer();
  const first = poolOf(server, FIRST);
  await first.open();
  expect(first.protocolVersion).toBe('2.3');
  await first.disconnect();
  await first.reconnect();
  expect(first.state).toBe('Opened');
  await first.disconnect();

  const second = poolOf(server, SECOND);
  await second.open();
  await second.disconnect();
  expect([first.state, second.state]).toEqual(['Disconnected', 'Disconnected']);

  const client = new WsmanClient({ http: server, url: 'https://127.0.0.1:55986/wsman' });
  const shells = await client.enumerateShellsWithCommands();
  expect(shells.map(({ shellId, state, commands }) => [shellId, state, commands])).toEqual([
    [swapped(FIRST).toUpperCase(), 'Disconnected', []],
    [swapped(SECOND).toUpperCase(), 'Disconnected', []],
  ]);

  const taken: RunspacePool[] = [];
  for (const id of [FIRST, SECOND]) {
    const pool = poolOf(server, id);
    // oxlint-disable-next-line no-await-in-loop -- in the order of the recording
    await pool.connect();
    expect(pool.state).toBe('Opened');
    // The server hands out once more what it handed out last, and that is no harm.
    // oxlint-disable-next-line no-await-in-loop
    while (pool.received.lowest !== 3n) await new Promise((resolve) => setImmediate(resolve));
    expect(pool.received).toEqual({ lowest: 3n, highest: 5n, missing: [] });
    taken.push(pool);
  }
  for (const pool of taken) {
    // oxlint-disable-next-line no-await-in-loop
    await pool.close();
  }
  expect(server.left).toBe(0);
  expect(server.compared).toEqual([
    ...['Create', 'Receive', 'Receive', 'Receive', 'Disconnect', 'Reconnect', 'Disconnect'],
    ...['Create', 'Receive', 'Receive', 'Disconnect'],
    ...['Enumerate', 'Enumerate', 'Enumerate'],
    ...['Connect', 'Receive', 'Connect', 'Receive', 'Delete', 'Delete'],
  ]);
});
