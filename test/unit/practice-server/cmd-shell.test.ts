import { afterEach, describe, expect, test } from 'vitest';
import { createWsmanEndpoint } from '../../../electron/practice-server/wsman/endpoint.ts';
import { decodeCommandResponse, encodeCommandRequest } from '../../../electron/protocol/wsman/command.ts';
import { encodeCreateRequest, type CreateRequest } from '../../../electron/protocol/wsman/create.ts';
import { encodeDeleteRequest } from '../../../electron/protocol/wsman/delete.ts';
import { readEnvelope, type RequestContext } from '../../../electron/protocol/wsman/envelope.ts';
import { faultIn } from '../../../electron/protocol/wsman/faults.ts';
import { RESOURCE, SIGNAL } from '../../../electron/protocol/wsman/names.ts';
import { decodeReceiveResponse, encodeReceiveRequest } from '../../../electron/protocol/wsman/receive.ts';
import { encodeSendRequest } from '../../../electron/protocol/wsman/send.ts';
import { encodeSignalRequest } from '../../../electron/protocol/wsman/signal.ts';

/** Real programs of a POSIX system; Windows' own shell is driven by pywinrm's users, not here. */
const posix = process.platform !== 'win32';
if (!posix) console.warn('Skipped: these tests run programs of /bin/sh.');

const SHELL = 'CCCCCCCC-5553-4150-8A78-020057C8772A';
const context: RequestContext = {
  to: 'http://localhost:5985/wsman',
  messageId: SHELL,
  sessionId: SHELL,
  maxEnvelopeSize: 153_600,
  operationTimeoutMs: 20_000,
};

const endpoints: { close(): Promise<void> }[] = [];
afterEach(() => Promise.all(endpoints.splice(0).map((endpoint) => endpoint.close())));

async function open(more: Partial<CreateRequest> = {}) {
  const endpoint = createWsmanEndpoint({ engineFactory: () => Promise.reject(new Error('no engine')) });
  endpoints.push(endpoint);
  const ask = async (body: string): Promise<string> => {
    const answer = await endpoint.handle({
      body,
      userName: 'ada',
      url: context.to,
      remoteAddress: '127.0.0.1',
      signal: new AbortController().signal,
    });
    return answer.body;
  };
  const base = { resourceUri: RESOURCE.cmd, shellId: SHELL };
  await ask(
    encodeCreateRequest(context, {
      ...base,
      inputStreams: ['stdin'],
      outputStreams: ['stdout', 'stderr'],
      ...more,
    }),
  );
  return {
    run: async (command: string, args: string[] = [], skipCmdShell = false): Promise<string> =>
      decodeCommandResponse(
        readEnvelope(
          await ask(encodeCommandRequest(context, { ...base, command, arguments: args, skipCmdShell })),
        ),
      ).commandId,
    refusal: async (command: string, skipCmdShell = false): Promise<number | undefined> =>
      faultIn(
        readEnvelope(
          await ask(encodeCommandRequest(context, { ...base, command, arguments: [], skipCmdShell })),
        ),
      )?.code,
    input: (commandId: string, text: string, end = false): Promise<string> =>
      ask(
        encodeSendRequest(context, {
          ...base,
          streams: [{ name: 'stdin', commandId, data: Buffer.from(text), end }],
        }),
      ),
    signal: async (commandId: string, code: string): Promise<number | undefined> =>
      faultIn(readEnvelope(await ask(encodeSignalRequest(context, { ...base, commandId, code }))))?.code,
    receive: async (commandId: string) =>
      decodeReceiveResponse(
        readEnvelope(
          await ask(encodeReceiveRequest(context, { ...base, commandId, streams: ['stdout', 'stderr'] })),
        ),
      ),
    delete: (): Promise<string> => ask(encodeDeleteRequest(context, base)),
  };
}

type Opened = Awaited<ReturnType<typeof open>>;

async function toEnd(
  shell: Opened,
  commandId: string,
): Promise<{ out: string; err: string; code: number | undefined }> {
  let out = '';
  let err = '';
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop
    const answer = await shell.receive(commandId);
    for (const stream of answer.streams) {
      const text = Buffer.from(stream.data).toString('utf8');
      if (stream.name === 'stdout') out += text;
      else err += text;
    }
    if (answer.commandState?.state === 'Done') return { out, err, code: answer.commandState.exitCode };
  }
}

describe.skipIf(!posix)('a winrs shell', () => {
  test('runs a command line as it stands, with both streams and the exit code', async () => {
    const shell = await open();
    const id = await shell.run('echo one; echo two >&2;', ['exit', '3']);
    expect(await toEnd(shell, id)).toEqual({ out: 'one\n', err: 'two\n', code: 3 });
  });

  test('has the directory and the variables it was made with', async () => {
    const shell = await open({
      workingDirectory: '/usr',
      environment: [{ name: 'GREETING', value: 'ä "b" <c>' }],
    });
    const id = await shell.run('pwd; printf %s "$GREETING"');
    expect(await toEnd(shell, id)).toMatchObject({ out: '/usr\nä "b" <c>', code: 0 });
  });

  test('hands input on, and its end', async () => {
    const shell = await open();
    const id = await shell.run('cat');
    await shell.input(id, 'line one\n');
    await shell.input(id, 'line two\n', true);
    expect(await toEnd(shell, id)).toEqual({ out: 'line one\nline two\n', err: '', code: 0 });
  });

  test('interrupts with Ctrl+C what the line started', async () => {
    const shell = await open();
    const id = await shell.run("trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 0.05; done");
    const first = await shell.receive(id);
    expect(Buffer.from(first.streams[0]?.data ?? []).toString()).toBe('ready\n');
    expect(await shell.signal(id, SIGNAL.ctrlC)).toBeUndefined();
    expect(await toEnd(shell, id)).toMatchObject({ out: 'caught\n', code: 5 });
  });

  test('ends a command that is terminated, and knows it no more', async () => {
    const shell = await open();
    const id = await shell.run('echo ready; sleep 600');
    await shell.receive(id);
    expect(await shell.signal(id, SIGNAL.terminate.replace('Terminate', 'terminate'))).toBeUndefined();
    expect(await shell.signal(id, SIGNAL.ctrlC)).toBe(2150858843);
  });

  test('starts a program without a shell where asked, and says when there is none', async () => {
    const shell = await open();
    const id = await shell.run('/bin/echo', ['$HOME', 'a b'], true);
    expect(await toEnd(shell, id)).toMatchObject({ out: '$HOME a b\n', code: 0 });
    expect(await shell.refusal('/no/such/program', true)).toBe(2147942402);
    expect(await shell.refusal('  ')).toBe(87);
  });

  test('holds a program back that writes more than is received, and loses nothing', async () => {
    const shell = await open();
    const id = await shell.run('head -c 5000000 /dev/zero | tr "\\0" x; echo end');
    const { out, code } = await toEnd(shell, id);
    expect(out.length).toBe(5_000_004);
    expect(out.endsWith('xend\n')).toBe(true);
    expect(code).toBe(0);
  });

  test('ends its programs when it is deleted', async () => {
    const shell = await open();
    const id = await shell.run('echo $$; exec sleep 600');
    const pid = Number(Buffer.from((await shell.receive(id)).streams[0]?.data ?? []).toString());
    expect(() => process.kill(pid, 0)).not.toThrow();
    await shell.delete();
    await expect
      .poll(() => {
        try {
          process.kill(pid, 0);
          return true;
        } catch {
          return false;
        }
      })
      .toBe(false);
  });
});
