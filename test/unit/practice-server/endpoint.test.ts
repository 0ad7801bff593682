import { describe, expect, test } from 'vitest';
import { encodeCommandRequest } from '../../../electron/protocol/wsman/command.ts';
import { decodeCreateResponse, encodeCreateRequest } from '../../../electron/protocol/wsman/create.ts';
import {
  decodeEnumerateResponse,
  decodePullResponse,
  encodeEnumerateRequest,
  encodePullRequest,
} from '../../../electron/protocol/wsman/enumerate.ts';
import { readEnvelope } from '../../../electron/protocol/wsman/envelope.ts';
import { faultIn } from '../../../electron/protocol/wsman/faults.ts';
import {
  decodeGetConfigResponse,
  decodeGetShellResponse,
  encodeGetRequest,
} from '../../../electron/protocol/wsman/get.ts';
import { encodePutConfigRequest } from '../../../electron/protocol/wsman/put.ts';
import { decodeIdentifyResponse, encodeIdentifyRequest } from '../../../electron/protocol/wsman/identify.ts';
import { RESOURCE } from '../../../electron/protocol/wsman/names.ts';
import { Harness, POWERSHELL } from './wsman-harness.ts';

const A = 'AAAAAAAA-5553-4150-8A78-020057C8772A';
const B = 'BBBBBBBB-5553-4150-8A78-020057C8772A';

describe('a shell', () => {
  test('is described as Windows describes one', async () => {
    const h = new Harness();
    const created = decodeCreateResponse(readEnvelope((await h.open(A, { idleTimeoutMs: 90_000 })).body));
    expect(created).toMatchObject({ shellId: A, resourceUri: POWERSHELL });
    expect(created.shell).toMatchObject({
      shellId: A,
      owner: 'ada',
      clientIp: '127.0.0.1',
      processId: 4711,
      idleTimeoutMs: 90_000,
      inputStreams: ['stdin', 'pr'],
      outputStreams: ['stdout'],
      state: 'Connected',
      bufferMode: 'Block',
    });
  });

  test('has an id of its own, in any case', async () => {
    const h = new Harness();
    await h.open(A);
    expect(await h.code(h.open(A.toLowerCase()))).toBe(2150859223);
    expect(await h.code(h.delete(A.toLowerCase()))).toBe(0);
    expect(h.endpoint.shells()).toEqual([]);
  });

  test('made twice at once is made once', async () => {
    const h = new Harness();
    const codes = await Promise.all([h.code(h.open(A)), h.code(h.open(A))]);
    expect(codes.toSorted()).toEqual([0, 2150859223]);
    expect(h.engines).toHaveLength(1);
  });

  test('belongs to its user', async () => {
    const h = new Harness();
    await h.open(A);
    h.userName = 'ADA';
    expect(
      await h.code(h.ask(encodeGetRequest(h.context, { resourceUri: RESOURCE.shell, shellId: A }))),
    ).toBe(0);
    h.userName = 'eve';
    expect(await h.code(h.receive(undefined, undefined, A))).toBe(5);
    expect(await h.code(h.delete(A))).toBe(5);
    expect(
      await h.code(h.ask(encodeGetRequest(h.context, { resourceUri: RESOURCE.shell, shellId: A }))),
    ).toBe(5);
    const listed = await h.ask(encodeEnumerateRequest(h.context, { resourceUri: RESOURCE.shell }));
    expect(decodeEnumerateResponse(readEnvelope(listed.body)).shells).toEqual([]);
  });

  test('counts against its user’s quota until it is gone', async () => {
    const h = new Harness({ shellLimits: { maxShellsPerUser: 1 } });
    const codes = await Promise.all([h.code(h.open(A)), h.code(h.open(B))]);
    expect(codes).toEqual([0, 2150859173]);
    h.userName = 'bob';
    expect(await h.code(h.open(B))).toBe(0);
    h.userName = 'ada';
    await h.delete(A);
    expect(await h.code(h.open(A))).toBe(0);
  });

  test('takes so many commands and no more', async () => {
    const h = new Harness({ shellLimits: { maxCommandsPerShell: 1 } });
    await h.open(A);
    expect(await h.code(h.pipeline(B, A))).toBe(0);
    expect(await h.code(h.pipeline(A, A))).toBe(2150859241);
  });

  test('that is idle for too long ends, and a Receive that waits is not idle', async () => {
    const h = new Harness({ shellLimits: { maxTimeoutMs: 10_000_000 } });
    h.timeoutMs = 100_000;
    await h.open(A, { idleTimeoutMs: 60_000 });
    const waiting = h.receive(undefined, undefined, A);
    h.clock.advance(99_000);
    expect(h.endpoint.shells()).toHaveLength(1);
    h.clock.advance(1_000);
    expect(await h.code(waiting)).toBe(2150858793);
    h.clock.advance(59_000);
    expect(h.endpoint.shells()).toMatchObject([{ inactivityMs: 59_000 }]);
    h.clock.advance(62_000);
    expect(h.endpoint.shells()).toEqual([]);
    expect(h.engine.log.at(-1)).toBe('close');
  });

  test('of a configuration that is not there is refused', async () => {
    const h = new Harness({ configurations: ['Microsoft.PowerShell', 'PowerShell.7'] });
    expect(await h.code(h.open(A, { resourceUri: `${RESOURCE.powershellPrefix}JEA` }))).toBe(2150858811);
    expect(await h.code(h.open(A, { resourceUri: `${RESOURCE.powershellPrefix}powershell.7` }))).toBe(0);
  });

  test('is not to be had with another resource', async () => {
    const h = new Harness({ allowCmd: false });
    const cmd = { resourceUri: RESOURCE.cmd, shellId: A, inputStreams: ['stdin'], outputStreams: ['stdout'] };
    expect(await h.code(h.ask(encodeCreateRequest(h.context, cmd)))).toBe(2150858811);
    await h.open(A);
    const run = { resourceUri: RESOURCE.cmd, shellId: A, command: 'dir', arguments: [] };
    expect(await h.code(h.ask(encodeCommandRequest(h.context, run)))).toBe(2150858811);
  });

  test('without opening messages is refused', async () => {
    const h = new Harness();
    const bare = { resourceUri: POWERSHELL, shellId: A, inputStreams: ['stdin'], outputStreams: ['stdout'] };
    expect(await h.code(h.ask(encodeCreateRequest(h.context, bare)))).toBe(2150858817);
    expect(h.engines).toEqual([]);
  });

  test('whose client hung up while it was made is ended again', async () => {
    const h = new Harness();
    const gone = new AbortController();
    const body = encodeCreateRequest(h.context, {
      resourceUri: RESOURCE.cmd,
      shellId: A,
      inputStreams: ['stdin'],
      outputStreams: ['stdout'],
    });
    gone.abort();
    await h.ask(body, gone.signal);
    expect(h.endpoint.shells()).toEqual([]);
  });

  test('ends with the service', async () => {
    const h = new Harness();
    await h.open(A);
    const waiting = h.receive(undefined, undefined, A);
    await h.endpoint.close();
    expect(await h.code(waiting)).toBe(995);
    expect(h.engine.killed).toBe(true);
    expect(await h.code(h.open(B))).toBe(995);
  });
});

describe('asking about shells', () => {
  test('Enumerate lists shells, and commands of one', async () => {
    const h = new Harness();
    await h.open(A);
    await h.open(B);
    await h.pipeline(A, B);
    const shells = await h.ask(encodeEnumerateRequest(h.context, { resourceUri: RESOURCE.shell }));
    expect(decodeEnumerateResponse(readEnvelope(shells.body)).shells.map((s) => s.shellId)).toEqual([A, B]);
    const commands = await h.ask(
      encodeEnumerateRequest(h.context, { resourceUri: RESOURCE.command, shellId: B }),
    );
    expect(decodeEnumerateResponse(readEnvelope(commands.body))).toMatchObject({
      commands: [{ shellId: B, commandId: A, state: 'Connected' }],
      endOfSequence: true,
    });
  });

  test('Enumerate without items is followed by Pull, once', async () => {
    const h = new Harness();
    await h.open(A);
    const first = await h.ask(
      encodeEnumerateRequest(h.context, { resourceUri: RESOURCE.shell, optimize: false }),
    );
    const { context, shells, endOfSequence } = decodeEnumerateResponse(readEnvelope(first.body));
    expect([shells, endOfSequence]).toEqual([[], false]);
    const pull = (): string => encodePullRequest(h.context, { resourceUri: RESOURCE.shell, context });
    const items = decodePullResponse(readEnvelope((await h.ask(pull())).body));
    expect(items.shells.map((s) => s.shellId)).toEqual([A]);
    expect(items.endOfSequence).toBe(true);
    expect(await h.code(h.ask(pull()))).toBe(2150858779);
  });

  test.each<[string, Parameters<typeof encodeEnumerateRequest>[1], number]>([
    ['commands of no shell', { resourceUri: RESOURCE.command }, 2150859200],
    ['commands of an unknown shell', { resourceUri: RESOURCE.command, shellId: B }, 2150858843],
    ['something else', { resourceUri: 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root' }, 2150858811],
  ])('Enumerate of %s is refused', async (_what, request, code) => {
    const h = new Harness();
    expect(await h.code(h.ask(encodeEnumerateRequest(h.context, request)))).toBe(code);
  });

  test('Get has the configuration and one shell', async () => {
    const h = new Harness({ shellLimits: { maxEnvelopeSizeKb: 150 } });
    const config = await h.ask(encodeGetRequest(h.context, { resourceUri: RESOURCE.config }));
    expect(decodeGetConfigResponse(readEnvelope(config.body))).toMatchObject({
      maxEnvelopeSizeKb: 150,
      maxTimeoutMs: 60_000,
    });
    const change = encodePutConfigRequest(h.context, readEnvelope(config.body), { maxBatchItems: 10 });
    expect(await h.code(h.ask(change))).toBe(5);
    await h.open(A);
    const one = await h.ask(encodeGetRequest(h.context, { resourceUri: RESOURCE.shell, shellId: A }));
    expect(decodeGetShellResponse(readEnvelope(one.body)).shellId).toBe(A);
    const other = encodeGetRequest(h.context, { resourceUri: RESOURCE.shell, shellId: B });
    expect(await h.code(h.ask(other))).toBe(2150858843);
  });

  test('Identify is answered before log-on, without the version, and nothing else is', async () => {
    const h = new Harness({ product: { vendor: 'PSDeck', version: '7.6.9' } });
    const known = decodeIdentifyResponse(readEnvelope((await h.ask(encodeIdentifyRequest())).body));
    expect(known.productVersion).toBe('OS: 7.6.9 SP: 0.0 Stack: 3.0');
    h.userName = undefined;
    const unknown = decodeIdentifyResponse(readEnvelope((await h.ask(encodeIdentifyRequest())).body));
    expect(unknown.productVersion).toBe('OS: 0.0.0 SP: 0.0 Stack: 3.0');
    expect(await h.code(h.open(A))).toBe(5);
    expect(await h.code(h.ask(encodeGetRequest(h.context, { resourceUri: RESOURCE.config })))).toBe(5);
  });
});

describe('a request that is none', () => {
  const wrap = (header: string, body = ''): string =>
    `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><s:Header>${header}</s:Header><s:Body>${body}</s:Body></s:Envelope>`;

  test.each<[string, string, number]>([
    ['is not XML', 'hello', 2150858817],
    ['has a DTD', '<!DOCTYPE a><a/>', 2150858817],
    ['has no action', wrap(''), 2150858771],
    ['has an unknown action', wrap('<a:Action>urn:x</a:Action>'), 2150858771],
    ['has a duration that is none', wrap('<w:OperationTimeout>soon</w:OperationTimeout>'), 2150858881],
    ['wants an answer too small', wrap('<w:MaxEnvelopeSize>100</w:MaxEnvelopeSize>'), 2150858823],
  ])('%s', async (_what, body, code) => {
    const h = new Harness();
    expect(await h.code(h.ask(body))).toBe(code);
  });

  test('has a header that must be understood and is not', async () => {
    const h = new Harness();
    const { body, status } = await h.ask(
      wrap('<x xmlns="urn:x" s:mustUnderstand="true"/><a:MessageID>uuid:1</a:MessageID>'),
    );
    expect(status).toBe(500);
    expect(faultIn(readEnvelope(body))?.role).toBe('MustUnderstand');
    expect(readEnvelope(body).header.relatesTo).toBe('uuid:1');
  });

  test('is larger than the service takes', async () => {
    const h = new Harness({ shellLimits: { maxEnvelopeSizeKb: 1 } });
    expect(await h.ask('x'.repeat(1025))).toEqual({ status: 413, body: '' });
  });
});
