import { describe, expect, test } from 'vitest';
import { SIGNAL } from '../../../electron/protocol/wsman/names.ts';
import { FakeEngine, fragments, Harness, objectIds, received, texts } from './wsman-harness.ts';

const PIPELINE = '17F850F9-52AA-477F-B6EE-868C72E7AB70';
const OTHER = '27F850F9-52AA-477F-B6EE-868C72E7AB70';
const POOL = '908EA449-5553-4150-8A78-020057C8772A';
const low = PIPELINE.toLowerCase();

async function opened(harness = new Harness()): Promise<Harness> {
  await harness.open();
  return harness;
}

async function running(harness = new Harness()): Promise<Harness> {
  await opened(harness);
  await harness.pipeline(PIPELINE);
  return harness;
}

describe('a pipeline', () => {
  test('goes to the engine, its input after it, and its end is told once all output is out', async () => {
    const h = await running();
    expect(await h.code(h.send(fragments('PIPELINE_INPUT', '<S>a</S>', 5n), 'stdin', PIPELINE))).toBe(0);
    expect(await h.code(h.send(fragments('PIPELINE_HOST_RESPONSE', '<S>b</S>', 6n), 'pr', PIPELINE))).toBe(0);
    expect(h.engine.log).toEqual([
      'data pool Default 10002',
      `command ${low}`,
      `data ${low} Default 21006`,
      `data ${low} Default 41002`,
      `data ${low} PromptResponse 41101`,
    ]);
    h.engine.say(PIPELINE, 'PIPELINE_OUTPUT', '<I32>1</I32>');
    h.engine.finish(PIPELINE);
    const answer = await received(h.receive(PIPELINE));
    expect(texts([answer])).toEqual(['<I32>1</I32>', expect.stringContaining('PipelineState')]);
    expect(answer.commandState).toEqual({ commandId: PIPELINE, state: 'Done', exitCode: 0 });
    expect(h.engine.log.at(-1)).toBe(`close ${low}`);
  });

  test('that was received to its end may still be let go of, but not received', async () => {
    const h = await running();
    h.engine.finish(PIPELINE);
    await h.receive(PIPELINE);
    expect(await h.code(h.receive(PIPELINE))).toBe(2150858843);
    expect(await h.code(h.signal(PIPELINE, SIGNAL.terminate))).toBe(0);
    expect(await h.code(h.pipeline(PIPELINE))).toBe(2150859222);
  });

  test('is stopped by the signal PowerShell spells so, and stays until its state is out', async () => {
    const h = await running();
    const waiting = h.receive(PIPELINE);
    expect(await h.code(h.signal(PIPELINE, 'powershell/signal/crtl_c'))).toBe(0);
    expect(h.engine.log.at(-1)).toBe(`signal ${low}`);
    h.engine.finish(PIPELINE, 'Stopped');
    expect((await received(waiting)).commandState?.state).toBe('Done');
  });

  test('that is terminated is closed, and its Receive ends', async () => {
    const h = await running();
    const waiting = h.receive(PIPELINE);
    expect(await h.code(h.signal(PIPELINE, SIGNAL.terminate))).toBe(0);
    expect(await h.code(waiting)).toBe(2150858843);
    expect(h.engine.log.slice(-2)).toEqual([`signal ${low}`, `close ${low}`]);
    // What it still says is not for anybody.
    h.engine.finish(PIPELINE, 'Stopped');
    expect(h.endpoint.shells()).toHaveLength(1);
  });

  test('that asks its host is reported as waiting', async () => {
    const h = await running();
    const call = (ci: number): string =>
      `<Obj RefId="0"><MS><I64 N="ci">${ci}</I64><Obj N="mi" RefId="1"><TN RefId="0"><T>System.Management.Automation.Remoting.RemoteHostMethodId</T></TN><ToString>ReadLine</ToString><I32>11</I32></Obj><Obj N="mp" RefId="2"><TN RefId="1"><T>System.Collections.ArrayList</T></TN><LST /></Obj></MS></Obj>`;
    h.engine.say(PIPELINE, 'PIPELINE_HOST_CALL', call(1));
    expect((await received(h.receive(PIPELINE))).commandState?.state).toBe('Pending');
    await h.send(fragments('PIPELINE_HOST_RESPONSE', '<S>b</S>', 6n), 'pr', PIPELINE);
    h.engine.say(PIPELINE, 'PIPELINE_HOST_CALL', call(-100));
    expect((await received(h.receive(PIPELINE))).commandState).toBeUndefined();
  });
});

describe('output', () => {
  test('larger than an envelope comes in fragments that fit, whatever fragments the engine made', async () => {
    const h = await running();
    h.maxEnvelopeSize = 20_000;
    const long = 'ü'.repeat(50_000);
    h.engine.say(PIPELINE, 'PIPELINE_OUTPUT', `<S>${long}</S>`, 1000);
    h.engine.say(PIPELINE, 'PIPELINE_OUTPUT', '<S>short</S>');
    h.engine.finish(PIPELINE);
    const answers = [];
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop
      const { body } = await h.receive(PIPELINE);
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(20_000);
      // oxlint-disable-next-line no-await-in-loop
      const answer = await received(Promise.resolve({ status: 200, body }));
      answers.push(answer);
      if (answer.commandState?.state === 'Done') break;
    }
    expect(texts(answers).slice(0, 2)).toEqual([`<S>${long}</S>`, '<S>short</S>']);
    // The answers are full but for the last.
    expect(answers.length).toBe(Math.ceil((100_000 * 4) / 3 / 18_300));
  });

  test('of many small objects fills one envelope', async () => {
    const h = await running();
    for (let i = 0; i < 100; i++) h.engine.say(PIPELINE, 'PIPELINE_OUTPUT', `<I32>${i}</I32>`);
    const answer = await received(h.receive(PIPELINE));
    expect(answer.streams).toHaveLength(100);
    expect(objectIds([answer])).toEqual(Array.from({ length: 100 }, (_, i) => BigInt(i + 1)));
  });

  test('of pool and pipelines has object ids that rise by one in the order it is made, as .NET numbers it', async () => {
    const h = await running();
    await h.pipeline(OTHER);
    h.engine.say(undefined, 'RUNSPACEPOOL_STATE', '<S>p</S>');
    h.engine.say(PIPELINE, 'PIPELINE_OUTPUT', '<S>1</S>');
    h.engine.say(OTHER, 'PIPELINE_OUTPUT', '<S>2</S>');
    const order = [
      await received(h.receive(OTHER)),
      await received(h.receive()),
      await received(h.receive(PIPELINE)),
    ];
    expect(objectIds(order)).toEqual([3n, 1n, 2n]);
    expect(order.map((a) => texts([a])[0])).toEqual(['<S>2</S>', '<S>p</S>', '<S>1</S>']);
  });

  test('arrives in a Receive that waits', async () => {
    const h = await running();
    const waiting = h.receive(PIPELINE);
    h.engine.say(PIPELINE, 'PIPELINE_OUTPUT', '<S>late</S>');
    expect(texts([await received(waiting)])).toEqual(['<S>late</S>']);
  });

  test('that does not come in time is a time-out, and nothing is lost by it', async () => {
    const h = await running();
    const waiting = h.receive(PIPELINE);
    h.clock.advance(19_999);
    h.clock.advance(1);
    expect(await h.code(waiting)).toBe(2150858793);
    h.engine.say(PIPELINE, 'PIPELINE_OUTPUT', '<S>late</S>');
    expect(texts([await received(h.receive(PIPELINE))])).toEqual(['<S>late</S>']);
  });

  test('waits no longer than the service allows', async () => {
    const h = await running(new Harness({ shellLimits: { maxTimeoutMs: 5_000 } }));
    const waiting = h.receive();
    h.clock.advance(5_000);
    expect(await h.code(waiting)).toBe(2150858793);
  });

  test('is not lost with a client that hangs up while it waits', async () => {
    const h = await running();
    const client = new AbortController();
    const gone = h.receive(PIPELINE, client.signal);
    client.abort();
    await gone;
    h.engine.say(PIPELINE, 'PIPELINE_OUTPUT', '<S>kept</S>');
    expect(texts([await received(h.receive(PIPELINE))])).toEqual(['<S>kept</S>']);
  });

  test('is for one Receive at a time', async () => {
    const h = await running();
    const first = h.receive(PIPELINE);
    expect(await h.code(h.receive(PIPELINE))).toBe(2150859047);
    h.engine.finish(PIPELINE);
    expect(await h.code(first)).toBe(0);
  });
});

describe('back-pressure', () => {
  const MEGABYTE = `<S>${'x'.repeat(1024 * 1024)}</S>`;

  test('holds the engine while nobody receives, and lets it go on when half is out', async () => {
    const h = await running();
    h.maxEnvelopeSize = 512_000;
    let said = 0;
    while (!h.engine.paused && said < 100) {
      h.engine.say(PIPELINE, 'PIPELINE_OUTPUT', MEGABYTE);
      said++;
    }
    expect(said).toBe(5);
    let answers = 0;
    while (h.engine.paused && answers < 100) {
      // oxlint-disable-next-line no-await-in-loop
      await h.receive(PIPELINE);
      answers++;
    }
    expect(answers).toBeGreaterThan(4);
    expect(answers).toBeLessThan(14);
  });

  test('does not starve another pipeline whose Receive waits', async () => {
    const h = await running();
    await h.pipeline(OTHER);
    while (!h.engine.paused) h.engine.say(PIPELINE, 'PIPELINE_OUTPUT', MEGABYTE);
    const hungry = h.receive(OTHER);
    expect(h.engine.paused).toBe(false);
    h.engine.say(OTHER, 'PIPELINE_OUTPUT', '<S>fed</S>');
    expect(texts([await received(hungry)])).toEqual(['<S>fed</S>']);
    expect(h.engine.paused).toBe(true);
  });

  test('lets acknowledgements through while one is awaited', async () => {
    const h = await running();
    while (!h.engine.paused) h.engine.say(PIPELINE, 'PIPELINE_OUTPUT', MEGABYTE);
    const { promise, resolve } = Promise.withResolvers<void>();
    h.engine.hold = promise;
    const sending = h.send(fragments('PIPELINE_INPUT', '<S>a</S>', 5n), 'stdin', PIPELINE);
    await new Promise((r) => setImmediate(r));
    expect(h.engine.paused).toBe(false);
    resolve();
    expect(await h.code(sending)).toBe(0);
    expect(h.engine.paused).toBe(true);
  });
});

describe('an engine', () => {
  test('that dies fails what waits, and the shell is gone', async () => {
    const h = await running();
    const waiting = [h.receive(), h.receive(PIPELINE)];
    h.engine.events.onClosed(new Error('killed'));
    expect(await Promise.all(waiting.map((w) => h.code(w)))).toEqual([995, 995]);
    expect(h.endpoint.shells()).toEqual([]);
    expect(await h.code(h.receive())).toBe(2150858843);
    expect(await h.code(h.pipeline(OTHER))).toBe(2150858843);
  });

  test('that sends no PSRP is ended', async () => {
    const h = await running();
    const waiting = h.receive();
    h.engine.events.onData(new Uint8Array(100).fill(7), undefined, 'Default');
    expect(await h.code(waiting)).toBe(995);
    expect(h.engine.killed).toBe(true);
    expect(h.endpoint.shells()).toEqual([]);
  });

  test('that does not start is a fault, and there is no shell', async () => {
    const h = new Harness({ engineFactory: () => Promise.reject(new Error('no dotnet here')) });
    const { body, status } = await h.open();
    expect(status).toBe(500);
    expect(body).toContain('no dotnet here');
    expect(h.endpoint.shells()).toEqual([]);
  });

  test('that starts and says nothing is given up in time', async () => {
    const h = new Harness();
    const opening = h.open(POOL, { heldBy: new Promise(() => undefined) });
    await expect.poll(() => h.engines.length).toBe(1);
    h.clock.advance(180_000);
    // The peer, once closed, answers whoever waits for it.
    h.engine.fail(new Error('closed'));
    expect(await h.code(opening)).toBe(2150858883);
    expect(h.engine.killed).toBe(true);
    expect(h.endpoint.shells()).toEqual([]);
    expect(await h.code(h.open(POOL))).toBe(0);
  });

  test('whose client hangs up before it has started is ended when it has', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const engines: FakeEngine[] = [];
    const h = new Harness({
      engineFactory: async (events) => {
        await promise;
        const engine = new FakeEngine(events);
        engines.push(engine);
        return engine;
      },
    });
    const client = new AbortController();
    const opening = h.open(POOL, { signal: client.signal });
    client.abort();
    resolve();
    await opening;
    expect(engines.map((e) => e.killed)).toEqual([true]);
    expect(h.endpoint.shells()).toEqual([]);
  });

  test('that ends with its first acknowledgement leaves no shell behind', async () => {
    const h = new Harness();
    const { promise, resolve } = Promise.withResolvers<void>();
    const opening = h.open(POOL, { heldBy: promise });
    await expect.poll(() => h.engines.length).toBe(1);
    resolve();
    h.engine.events.onClosed(new Error('gone'));
    expect(await h.code(opening)).toBe(2150858883);
    expect(h.endpoint.shells()).toEqual([]);
  });

  test('is not started for fragments that are none', async () => {
    const h = new Harness();
    expect(await h.code(h.open(POOL, { creationXml: new Uint8Array(30).fill(9) }))).toBe(2150858817);
    expect(h.engines).toEqual([]);
  });

  test('never sees fragments that are none', async () => {
    const h = await opened();
    expect(await h.code(h.send(new Uint8Array(30).fill(9), 'stdin'))).toBe(2150858817);
    expect(h.engine.log).toEqual(['data pool Default 10002']);
  });

  test('is closed and ended with its shell', async () => {
    const h = await running();
    const waiting = h.receive();
    expect(await h.code(h.delete())).toBe(0);
    expect(await h.code(waiting)).toBe(995);
    expect(h.engine.log.at(-1)).toBe('close');
    expect(h.engine.killed).toBe(true);
    expect(await h.code(h.delete())).toBe(2150858843);
  });
});
