/** The peer against a server that the test writes by hand, line by line, as PowerShell's recordings have them. */
import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { OutOfProcessPeer } from '../../../../electron/transport/child-process/out-of-process-peer.ts';

const ZERO = '00000000-0000-0000-0000-000000000000';
const A = '43f6f2cc-275e-41fc-bf36-ba8e815c5b30';
const B = '2b067d45-d6b1-4a32-8c03-78a5dd57c8e6';

class Server {
  /** What it writes, and we read. */
  readonly output = new PassThrough();
  /** What we write. */
  readonly input = new PassThrough();
  readonly log: string[] = [];
  readonly closed: (Error | undefined)[] = [];
  readonly peer: OutOfProcessPeer;
  onData: (data: Uint8Array, psGuid: string | undefined, stream: string) => void = (data, guid, stream) =>
    void this.log.push(`${guid ?? 'pool'} ${stream} ${Buffer.from(data).toString()}`);

  constructor() {
    this.input.setEncoding('utf8');
    this.peer = new OutOfProcessPeer(this.output, this.input, {
      onData: (...all) => this.onData(...all),
      onClosed: (error) => this.closed.push(error),
      onText: (text) => this.log.push(`text ${text}`),
    });
  }

  /** The lines we were sent since the last look, when there is at least one. */
  async received(): Promise<string[]> {
    const chunk = await vi.waitUntil(() => this.input.read() as string | null, { interval: 1 });
    return chunk.trimEnd().split('\n');
  }

  says(...lines: string[]): void {
    this.output.write(lines.map((line) => `${line}\n`).join(''));
  }
}

const data = (guid: string, text: string, stream = 'Default'): string =>
  `<Data Stream='${stream}' PSGuid='${guid}'>${Buffer.from(text).toString('base64')}</Data>`;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: unknown) => (error as { code?: string }).code,
  );

let server: Server;
beforeEach(() => {
  server = new Server();
});

describe('sending', () => {
  test('each call is the packet PowerShell expects, and ends at its acknowledgement', async () => {
    const { peer } = server;
    for (const [call, packet, ack] of [
      [() => peer.sendData(bytes('x'), undefined, 'Default'), data(ZERO, 'x'), 'DataAck'],
      [() => peer.command(A), `<Command PSGuid='${A}' />`, 'CommandAck'],
      [() => peer.sendData(bytes('y'), A, 'PromptResponse'), data(A, 'y', 'PromptResponse'), 'DataAck'],
      [() => peer.signal(A), `<Signal PSGuid='${A}' />`, 'SignalAck'],
      [() => peer.closePipeline(A.toUpperCase()), `<Close PSGuid='${A}' />`, 'CloseAck'],
    ] as const) {
      let ended = false;
      const done = call().then(() => (ended = true));
      expect(await server.received()).toEqual([packet]);
      expect(ended).toBe(false);
      server.says(`<${ack} PSGuid='${/PSGuid='([^']+)'/.exec(packet)?.[1]}' />`);
      await done;
    }
  });

  test('one unacknowledged Data a target at a time, in order; targets do not wait for each other', async () => {
    const sent: string[] = [];
    for (const [text, guid] of [
      ['1', A],
      ['2', A],
      ['3', B],
      ['4', A],
    ] as const) {
      void server.peer.sendData(bytes(text), guid, 'Default').then(() => sent.push(text));
    }
    expect(await server.received()).toEqual([data(A, '1'), data(B, '3')]);
    // Another target's acknowledgement frees nothing here.
    server.says(`<DataAck PSGuid='${B}' />`);
    await turn();
    expect(server.input.read()).toBeNull();
    server.says(`<DataAck PSGuid='${A}' />`);
    expect(await server.received()).toEqual([data(A, '2')]);
    server.says(`<DataAck PSGuid='${A}' />`);
    expect(await server.received()).toEqual([data(A, '4')]);
    server.says(`<DataAck PSGuid='${A}' />`);
    await vi.waitFor(() => expect(sent).toEqual(['3', '1', '2', '4']));
  });

  test('a Signal does not wait for a Data that is not acknowledged', async () => {
    void server.peer.sendData(bytes('1'), A, 'Default');
    void server.peer.signal(A);
    await turn();
    expect(await server.received()).toEqual(
      [`<Signal PSGuid='${A}' />`, data(A, '1')].toSorted().toReversed(),
    );
  });

  test('Data that a closed pipeline never acknowledges is given up at CloseAck', async () => {
    const first = outcome(server.peer.sendData(bytes('1'), A, 'Default'));
    const close = outcome(server.peer.closePipeline(A));
    await server.received();
    server.says(`<CloseAck PSGuid='${A}' />`);
    expect(await first).toBe('oop.pipeline-closed');
    expect(await close).toBe('done');
  });

  test('acknowledgements nobody waits for are no violation', async () => {
    server.says(`<DataAck PSGuid='${A}' />`, `<CloseAck PSGuid='${B}' />`, data(ZERO, 'on'));
    await vi.waitFor(() => expect(server.log).toEqual(['pool Default on']));
    expect(server.closed).toEqual([]);
  });
});

describe('receiving', () => {
  test('data comes in order, with its target and stream; text is for diagnosis', async () => {
    server.says(data(ZERO, 'a'), 'Welcome', data(A, 'b'), data(A, 'c', 'PromptResponse'));
    await vi.waitFor(() =>
      expect(server.log).toEqual([
        'pool Default a',
        'text Welcome',
        `${A} Default b`,
        `${A} PromptResponse c`,
      ]),
    );
  });

  test('paused, nothing is handed on and the pipe fills; resumed, nothing is lost and the order holds', async () => {
    server.onData = (each) => {
      server.log.push(Buffer.from(each).toString());
      if (server.log.length === 2) server.peer.pause();
    };
    server.says(...['1', '2', '3', '4'].map((text) => data(A, text)));
    await turn();
    expect(server.log).toEqual(['1', '2']);
    const filler = data(B, 'x'.repeat(3000));
    let room = true;
    for (let i = 0; i < 100 && room; i++) room = server.output.write(`${filler}\n`);
    expect(room).toBe(false);
    await turn();
    expect(server.log).toEqual(['1', '2']);
    server.peer.resume();
    await vi.waitFor(() => expect(server.log.length).toBeGreaterThan(4));
    expect(server.log.slice(0, 4)).toEqual(['1', '2', '3', '4']);
  });

  test('resuming within onData does not call onData within itself', async () => {
    let depth = 0;
    let deepest = 0;
    server.onData = (each) => {
      deepest = Math.max(deepest, ++depth);
      server.peer.pause();
      server.peer.resume();
      server.log.push(Buffer.from(each).toString());
      depth--;
    };
    server.says(data(A, '1'), data(A, '2'), data(A, '3'));
    await vi.waitFor(() => expect(server.log).toEqual(['1', '2', '3']));
    expect(deepest).toBe(1);
  });
});

describe('the end', () => {
  test('closing closes every pipeline, then the pool, then the pipe', async () => {
    const commands = [server.peer.command(A), server.peer.command(B)];
    await server.received();
    server.says(`<CommandAck PSGuid='${A}' />`, `<CommandAck PSGuid='${B}' />`);
    await Promise.all(commands);
    const closing = server.peer.close();
    expect(await server.received()).toEqual([`<Close PSGuid='${A}' />`, `<Close PSGuid='${B}' />`]);
    server.says(`<CloseAck PSGuid='${A}' />`, `<CloseAck PSGuid='${B}' />`);
    expect(await server.received()).toEqual([`<Close PSGuid='${ZERO}' />`]);
    server.says(`<CloseAck PSGuid='${ZERO}' />`);
    await closing;
    expect(server.closed).toEqual([undefined]);
    expect(server.input.writableEnded).toBe(true);
    expect(await outcome(server.peer.signal(A))).toBe('oop.peer-closed');
    await server.peer.close();
    expect(server.closed).toEqual([undefined]);
  });

  test('a server that does not answer Close is waited for only so long', async () => {
    vi.useFakeTimers();
    try {
      const waiting = outcome(server.peer.signal(A));
      const closing = server.peer.close();
      await vi.advanceTimersByTimeAsync(4_999);
      expect(server.closed).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      await closing;
      expect(server.closed).toEqual([undefined]);
      expect(await waiting).toBe('oop.peer-closed');
    } finally {
      vi.useRealTimers();
    }
  });

  test('closing reads on even when paused', async () => {
    server.peer.pause();
    const closing = server.peer.close();
    await server.received();
    server.says(data(ZERO, 'last'), `<CloseAck PSGuid='${ZERO}' />`);
    await closing;
    expect(server.log).toEqual(['pool Default last']);
  });

  test.each([
    ['its output ends', (each: Server) => each.output.end()],
    ['its output breaks', (each: Server) => each.output.destroy(new Error('EIO'))],
    ['its output is closed', (each: Server) => each.output.destroy()],
    ['it takes no more input', (each: Server) => each.input.destroy(new Error('EPIPE'))],
  ])('every wait ends when %s, and that is said once', async (_how, die) => {
    const waits = [
      server.peer.sendData(bytes('1'), A, 'Default'),
      server.peer.sendData(bytes('2'), A, 'Default'),
      server.peer.command(B),
      server.peer.signal(A),
      server.peer.closePipeline(B),
    ].map(outcome);
    die(server);
    const codes = await Promise.all(waits);
    expect(codes.filter((code) => code === 'oop.peer-gone' || code === 'oop.peer-closed')).toHaveLength(5);
    await turn();
    expect(server.closed).toMatchObject([{ code: 'oop.peer-gone' }]);
    await server.peer.close();
    expect(server.closed).toHaveLength(1);
  });

  test('what arrived before the end is delivered, also when paused', async () => {
    server.peer.pause();
    server.says(data(A, '1'), 'dying words');
    server.output.end('cut off in the mid');
    await turn();
    expect(server.log).toEqual([]);
    server.peer.resume();
    await vi.waitFor(() => expect(server.closed).toHaveLength(1));
    expect(server.log).toEqual([`${A} Default 1`, 'text dying words', 'text cut off in the mid']);
  });

  test.each([
    ['rubbish', '<rubbish', 'oop.malformed'],
    ['a packet that only clients send', `<Signal PSGuid='${A}' />`, 'oop.direction'],
  ])('%s ends it, after what came before', async (_what, line, code) => {
    const wait = outcome(server.peer.command(B));
    server.says(data(A, '1'), line, data(A, '2'));
    await vi.waitFor(() => expect(server.closed).toMatchObject([{ code }]));
    expect(server.log).toEqual([`${A} Default 1`]);
    expect(await wait).toBe(code);
  });

  test('an owner that throws loses this peer and nothing else', async () => {
    server.onData = () => {
      throw new Error('bug');
    };
    server.says(data(A, '1'));
    await vi.waitFor(() => expect(server.closed).toMatchObject([{ message: 'bug' }]));
  });
});
