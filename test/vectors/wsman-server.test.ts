/**
 * Every recorded conversation with us as the server: the recorded requests, a scripted engine that says what the recorded server's engine
 * said, and answers that mean what the recorded ones mean.
 */
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createWsmanEndpoint, type EndpointAnswer } from '../../electron/practice-server/wsman/endpoint.ts';
import type { EngineFactory } from '../../electron/practice-server/wsman/powershell-shell.ts';
import type { Program, ProgramStarter } from '../../electron/practice-server/wsman/program.ts';
import { programNotFound } from '../../electron/practice-server/wsman/refusals.ts';
import { deserialize } from '../../electron/protocol/clixml/deserialize.ts';
import { Defragmenter } from '../../electron/protocol/psrp/fragment.ts';
import { decodeMessage } from '../../electron/protocol/psrp/message.ts';
import { ACTION, RESOURCE } from '../../electron/protocol/wsman/names.ts';
import { readEnvelope } from '../../electron/protocol/wsman/envelope.ts';
import { bareId, faultIn, sameId, type WsmanFault } from '../../electron/protocol/wsman/faults.ts';
import { decodeCommandResponse } from '../../electron/protocol/wsman/command.ts';
import { decodeConnectResponse } from '../../electron/protocol/wsman/connect.ts';
import { decodeEnumerateResponse } from '../../electron/protocol/wsman/enumerate.ts';
import { decodeCreateResponse, encodeCreateRequest } from '../../electron/protocol/wsman/create.ts';
import { decodeGetConfigResponse, decodeGetShellResponse } from '../../electron/protocol/wsman/get.ts';
import { decodeReceiveResponse, type ReceiveResponse } from '../../electron/protocol/wsman/receive.ts';
import type { PeerEvents } from '../../electron/transport/child-process/out-of-process-peer.ts';
import { ManualClock } from '../unit/practice-server/manual-clock.ts';
import { meaningOf } from './psrp-meaning.ts';
import { loadRecordings, type RecordedExchange, type Recording } from './wsman-recordings.ts';

interface ScriptedEngine {
  events: PeerEvents;
  /** Messages the shell handed on, by `psGuid stream`. */
  received: Map<string, { reader: Defragmenter; messages: Uint8Array[] }>;
}

interface ScriptedProgram extends Program {
  stdout: PassThrough;
  stderr: PassThrough;
  stdin: PassThrough;
  exit(code: number): void;
}

/** What the recorded answer to each request was; the next request's when one answer is missing. */
function pairs(recording: Recording): { request: RecordedExchange; response: RecordedExchange }[] {
  const found: { request: RecordedExchange; response: RecordedExchange }[] = [];
  for (const [i, request] of recording.exchanges.entries()) {
    const response = recording.exchanges[i + 1];
    if (request.direction === 'request' && response?.direction === 'response')
      found.push({ request, response });
  }
  return found;
}

class Replay {
  readonly clock = new ManualClock();
  readonly engines: ScriptedEngine[] = [];
  readonly programs: ScriptedProgram[] = [];
  /** Recorded ids of the server's choice, and ours. */
  readonly ids = new Map<string, string>();
  /** Engine of a recorded shell id; program of a recorded command id. */
  readonly engineOf = new Map<string, ScriptedEngine>();
  readonly programOf = new Map<string, ScriptedProgram>();
  nextStartFails = false;
  readonly #seen = new Map<string, Set<bigint>>();

  /** Whether the recorded server had handed out these objects before, to another client of the shell. */
  hasSeen(request: string, recorded: ReceiveResponse): boolean {
    if (!request.includes('/powershell/') || recorded.streams.length === 0) return false;
    const shell = /Name="ShellId">([^<]+)</.exec(request)?.[1] ?? '';
    const seen = this.#seen.get(shell) ?? new Set();
    this.#seen.set(shell, seen);
    const ids = recorded.streams.map(({ data }) => Buffer.from(data).readBigUInt64BE(0) * 1000n + Buffer.from(data).readBigUInt64BE(8));
    const before = ids.every((id) => seen.has(id));
    for (const id of ids) seen.add(id);
    return before;
  }

  readonly endpoint = createWsmanEndpoint({
    engineFactory: ((events) => {
      const engine: ScriptedEngine = { events, received: new Map() };
      this.engines.push(engine);
      const done = (): Promise<void> => Promise.resolve();
      return Promise.resolve({
        pid: 1000 + this.engines.length,
        kill: () => undefined,
        peer: {
          sendData: (data: Uint8Array, psGuid: string | undefined, stream: string) => {
            const key = `${psGuid ?? 'pool'} ${stream}`;
            const target = engine.received.get(key) ?? { reader: new Defragmenter(), messages: [] };
            engine.received.set(key, target);
            target.messages.push(...target.reader.push(data).map((d) => d.message.slice()));
            return Promise.resolve();
          },
          command: done,
          signal: done,
          closePipeline: done,
          close: done,
          pause: () => undefined,
          resume: () => undefined,
        },
      });
    }) satisfies EngineFactory,
    startProgram: (() => {
      if (this.nextStartFails) return Promise.reject(programNotFound());
      let exit: (code: number) => void = () => undefined;
      const program: ScriptedProgram = {
        stdin: new PassThrough(),
        stdout: new PassThrough(),
        stderr: new PassThrough(),
        exited: new Promise((resolve) => {
          exit = resolve;
        }),
        exit: (code) => exit(code),
        interrupt: () => undefined,
        kill: () => undefined,
      };
      this.programs.push(program);
      return Promise.resolve(program);
    }) satisfies ProgramStarter,
    clock: this.clock,
  });

  /** A recording that begins in the middle: its shell is there already. */
  async openRecorded(shellId: string): Promise<void> {
    const context = {
      to: '',
      messageId: shellId,
      sessionId: shellId,
      maxEnvelopeSize: 153600,
      operationTimeoutMs: 1,
    };
    const answer = await this.ask(
      encodeCreateRequest(context, {
        resourceUri: RESOURCE.cmd,
        shellId,
        inputStreams: ['stdin'],
        outputStreams: ['stdout', 'stderr'],
      }),
    );
    expect(answer.status).toBe(200);
  }

  ask(recorded: string): Promise<EndpointAnswer> {
    let body = recorded;
    for (const [theirs, ours] of this.ids) body = body.replaceAll(theirs, ours);
    return this.endpoint.handle({
      body,
      userName: 'vagrant',
      url: 'https://127.0.0.1:5986/wsman',
      remoteAddress: '127.0.0.1',
      signal: new AbortController().signal,
    });
  }
}

/** Whole messages of each target, whatever fragments they came in. */
class Collected {
  readonly #readers = new Map<string, Defragmenter>();
  readonly messages = new Map<string, string[]>();

  add(response: ReceiveResponse, target: string): void {
    const reader = this.#readers.get(target) ?? new Defragmenter();
    this.#readers.set(target, reader);
    const list = this.messages.get(target) ?? [];
    this.messages.set(target, list);
    for (const stream of response.streams) {
      list.push(...reader.push(stream.data).map((d) => Buffer.from(d.message).toString('hex')));
    }
  }

  count(target: string): number {
    return this.messages.get(target)?.length ?? 0;
  }
}

/** What fragments hold: ids, names, and what the messages mean. */
function fragmentsOf(
  fragments: Uint8Array | undefined,
): { objectId: bigint; name: string; pool: string; data: unknown }[] {
  return new Defragmenter().push(fragments ?? new Uint8Array()).map(({ objectId, message }) => {
    const { name, runspacePoolId, data } = decodeMessage(message);
    return { objectId, name, pool: runspacePoolId, data: meaningOf(deserialize(data)) };
  });
}

/** The command a Receive is for, as recorded. */
function targetOf(request: RecordedExchange): string {
  return /<rsp:DesiredStream CommandId="([^"]+)"/.exec(request.body ?? '')?.[1] ?? 'pool';
}

function textOf(response: ReceiveResponse, name: string): string {
  return Buffer.concat(response.streams.filter((s) => s.name === name).map((s) => s.data)).toString('latin1');
}

function faultMeaning(fault: WsmanFault | undefined): unknown {
  return fault && { code: fault.code, subcode: fault.subcode, role: fault.role, detail: fault.faultDetail };
}

/** Before a Receive (or Command) is answered: what happened on the recorded server. */
function play(
  replay: Replay,
  recording: Recording,
  request: RecordedExchange,
  recorded: ReceiveResponse,
): void {
  const shell = /Name="ShellId">([^<]+)</.exec(request.body ?? '')?.[1] ?? '';
  if (recording.shell === 'powershell' && replay.engineOf.has(shell)) {
    const engine = replay.engineOf.get(shell);
    // By the request's command: the authors of one recording put a message of another command in.
    const target = targetOf(request);
    const psGuid = target === 'pool' ? undefined : (replay.ids.get(target) ?? target).toLowerCase();
    for (const stream of recorded.streams) engine?.events.onData(stream.data.slice(), psGuid, 'Default');
    return;
  }
  for (const stream of recorded.streams) {
    const program = replay.programOf.get(stream.commandId ?? '');
    const pipe = stream.name === 'stderr' ? program?.stderr : program?.stdout;
    if (stream.data.byteLength > 0) pipe?.write(stream.data);
    if (stream.end) pipe?.end();
  }
  const state = recorded.commandState;
  const program = replay.programOf.get(state?.commandId ?? '');
  if (state?.state !== 'Done' || program === undefined) return;
  program.stdout.end();
  program.stderr.end();
  program.exit(state.exitCode ?? 0);
}

const recordings = loadRecordings().filter((r) => r.exchanges.some((e) => e.direction === 'request'));

describe.each(recordings.map((r) => [r.id, r] as const))('%s', (_id, recording) => {
  test('is answered as recorded', async () => {
    const replay = new Replay();
    const collected = { recorded: new Collected(), ours: new Collected() };
    const [first] = recording.exchanges;
    if (first?.action?.trim() !== ACTION.create && first?.body?.includes('"ShellId"')) {
      await replay.openRecorded(/Name="ShellId">([^<]+)</.exec(first.body)?.[1] ?? '');
    }
    for (const { request, response } of pairs(recording)) {
      const action = request.action?.trim();
      // The line was cut: nothing to compare with.
      if (response.body === null || request.body === null) continue;
      const wanted = readEnvelope(response.body);
      const wantedFault = faultIn(wanted);
      replay.nextStartFails = wantedFault?.code === 2147942402;
      const recordedReceive =
        action === ACTION.receive && wantedFault === undefined ? decodeReceiveResponse(wanted) : undefined;

      const target = targetOf(request);
      if (wantedFault?.code === 2150858843 && action === ACTION.get) {
        // The authors ended the process behind the shell.
        for (const engine of replay.engines) engine.events.onClosed(new Error('The process ended'));
      }
      const repeated = recordedReceive !== undefined && replay.hasSeen(request.body, recordedReceive);
      if (recordedReceive !== undefined && !repeated) {
        if (request.body.includes('/powershell/')) collected.recorded.add(recordedReceive, target);
        play(replay, recording, request, recordedReceive);
        // What was written to a pipe comes out at its other end in the next turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
      const answering = replay.ask(request.body);
      const timesOut =
        wantedFault?.code === 2150858793 ||
        // Nothing came in the second the authors waited; they cut the answer down to an empty one.
        (recordedReceive?.streams.length === 0 && recordedReceive.commandState === undefined) ||
        // Fragments that complete no message: our engine's side waits for the rest, and hands it on whole.
        (recordedReceive?.commandState === undefined &&
          !repeated &&
          request.body.includes('/powershell/') &&
          recordedReceive !== undefined &&
          collected.recorded.count(target) === collected.ours.count(target));
      if (timesOut) replay.clock.advance(20_000);
      const answer = await answering;
      const ours = readEnvelope(answer.body);
      const ourFault = faultIn(ours, answer.status);

      if (timesOut) {
        expect(ourFault?.code).toBe(2150858793);
        continue;
      }
      expect(faultMeaning(ourFault)).toEqual(faultMeaning(wantedFault));
      expect(ours.header.action).toBe(wanted.header.action?.trim());
      // One recording has the same made-up id for messages and commands, and the latter is ours by now.
      const asked = readEnvelope(request.body).header.messageId ?? '';
      if (!replay.ids.has(bareId(asked))) expect(sameId(ours.header.relatesTo ?? '', asked)).toBe(true);
      expect(answer.status).toBe(wantedFault === undefined ? 200 : 500);
      if (wantedFault !== undefined) continue;

      if (action === ACTION.connect) {
        expect(fragmentsOf(decodeConnectResponse(ours).connectResponseXml)).toEqual(
          fragmentsOf(decodeConnectResponse(wanted).connectResponseXml),
        );
      } else if (action === ACTION.enumerate) {
        const theirs = decodeEnumerateResponse(wanted);
        const { shells, commands } = decodeEnumerateResponse(ours);
        expect(commands).toEqual(theirs.commands);
        const facts = (list: typeof shells): unknown =>
          list.map((each) => [each.shellId, each.resourceUri, each.state, each.bufferMode, each.idleTimeoutMs]);
        expect(facts(shells)).toEqual(facts(theirs.shells));
      } else if (repeated) {
        // The answer before the shell was left, once more and with its ids; then what a client that connects is told ([MS-PSRP] 3.2.5.4.29).
        const [again, ...rest] = decodeReceiveResponse(ours).streams;
        expect(fragmentsOf(again?.data)).toEqual(fragmentsOf(recordedReceive?.streams[0]?.data));
        expect(rest.flatMap(({ data }) => fragmentsOf(data).map(({ name }) => name))).toEqual([
          'APPLICATION_PRIVATE_DATA',
        ]);
      } else if (action === ACTION.create) {
        const theirs = decodeCreateResponse(wanted);
        const created = decodeCreateResponse(ours);
        expect(created.resourceUri).toBe(theirs.resourceUri);
        const { shell } = theirs;
        if (shell !== undefined) {
          expect(created.shell).toMatchObject({
            resourceUri: shell.resourceUri,
            idleTimeoutMs: shell.idleTimeoutMs,
            inputStreams: shell.inputStreams,
            outputStreams: shell.outputStreams,
            ...(shell.environment === undefined ? {} : { environment: shell.environment }),
            ...(shell.workingDirectory === undefined ? {} : { workingDirectory: shell.workingDirectory }),
            ...(shell.state === undefined ? {} : { state: shell.state, bufferMode: shell.bufferMode }),
          });
        }
        // A PowerShell client chooses the id.
        if (created.resourceUri?.includes('/powershell/')) {
          const chosen = /<rsp:Shell ShellId="([^"]+)"/.exec(request.body)?.[1];
          expect(created.shellId).toBe(chosen);
          // A server of protocol 2.1 did not heed it.
          if (theirs.shellId !== chosen) replay.ids.set(theirs.shellId, created.shellId);
          const engine = replay.engines.at(-1);
          if (engine !== undefined) replay.engineOf.set(theirs.shellId, engine);
        } else replay.ids.set(theirs.shellId, created.shellId);
      } else if (action === ACTION.command) {
        const theirs = decodeCommandResponse(wanted).commandId;
        const started = decodeCommandResponse(ours).commandId;
        if (request.body.includes(`CommandId="${theirs}"`))
          expect(started.toUpperCase()).toBe(theirs.toUpperCase());
        else replay.ids.set(theirs, started);
        const program = replay.programs.at(-1);
        if (program !== undefined && !request.body.includes('/powershell/'))
          replay.programOf.set(theirs, program);
      } else if (recordedReceive !== undefined) {
        let received = decodeReceiveResponse(ours);
        if (request.body.includes('/powershell/')) {
          collected.ours.add(received, target);
          // What came in many recorded answers may be more than one envelope of ours takes.
          while (collected.ours.count(target) < collected.recorded.count(target)) {
            const more = await replay.ask(request.body);
            received = decodeReceiveResponse(readEnvelope(more.body));
            collected.ours.add(received, target);
          }
          expect(collected.ours.messages.get(target)).toEqual(collected.recorded.messages.get(target));
        } else {
          expect(textOf(received, 'stdout')).toBe(textOf(recordedReceive, 'stdout'));
          expect(textOf(received, 'stderr')).toBe(textOf(recordedReceive, 'stderr'));
        }
        expect(received.commandState?.state).toBe(recordedReceive.commandState?.state);
        expect(received.commandState?.exitCode).toBe(recordedReceive.commandState?.exitCode);
      } else if (action === ACTION.get) {
        if (response.body.includes('cfg:Config')) {
          // 150 in one recording, 500 in the other: ours is the newer.
          expect(decodeGetConfigResponse(ours)).toMatchObject({
            maxEnvelopeSizeKb: 500,
            maxTimeoutMs: 60_000,
          });
        } else {
          expect(decodeGetShellResponse(ours)).toMatchObject({
            shellId: decodeGetShellResponse(wanted).shellId,
            state: 'Connected',
            idleTimeoutMs: decodeGetShellResponse(wanted).idleTimeoutMs,
          });
        }
      }
    }
    await replay.endpoint.close();
  });
});

test('the engine is handed exactly the messages the recorded client sent', async () => {
  const recording = recordings.find((r) => r.id === 'pypsrp-client_copy_file_really_large');
  if (recording === undefined) throw new Error('The recording is missing');
  const replay = new Replay();
  const sent = new Map<string, { reader: Defragmenter; messages: string[] }>();
  for (const { request, response } of pairs(recording)) {
    if (request.body === null || response.body === null) continue;
    const pattern =
      /<(?:rsp:)?(?:Stream Name="(\w+)"(?: CommandId="([^"]+)")?|creationXml|Arguments)[^>]*>([A-Za-z0-9+/=]+)</g;
    const isPowerShell = request.body.includes('/powershell/');
    for (const [, stream, id, data] of isPowerShell ? request.body.matchAll(pattern) : []) {
      const command = id ?? /<rsp:CommandLine CommandId="([^"]+)"/.exec(request.body)?.[1];
      const key = `${command?.toLowerCase() ?? 'pool'} ${stream === 'pr' ? 'PromptResponse' : 'Default'}`;
      const target = sent.get(key) ?? { reader: new Defragmenter(), messages: [] };
      sent.set(key, target);
      target.messages.push(
        ...target.reader
          .push(Buffer.from(data ?? '', 'base64'))
          .map((d) => Buffer.from(d.message).toString('base64')),
      );
    }
    if (request.action === ACTION.receive) {
      const wanted = readEnvelope(response.body);
      if (isPowerShell) play(replay, recording, request, decodeReceiveResponse(wanted));
      const answering = replay.ask(request.body);
      replay.clock.advance(20_000);
      await answering;
      continue;
    }
    const answer = await replay.ask(request.body);
    if (request.action === ACTION.create && isPowerShell) {
      const engine = replay.engines.at(-1);
      if (engine !== undefined)
        replay.engineOf.set(decodeCreateResponse(readEnvelope(answer.body)).shellId, engine);
    }
  }
  const received = new Map(
    replay.engines.flatMap((engine) =>
      [...engine.received].map(
        ([key, { messages }]) => [key, messages.map((m) => Buffer.from(m).toString('base64'))] as const,
      ),
    ),
  );
  expect([...received.keys()].toSorted()).toEqual([...sent.keys()].toSorted());
  for (const [key, { messages }] of sent) {
    expect(messages.length).toBeGreaterThan(0);
    expect(received.get(key)).toEqual(messages);
  }
  await replay.endpoint.close();
});
