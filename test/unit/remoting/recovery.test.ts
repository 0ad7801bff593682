/** Answers and requests that are lost on their way: what is done twice, what is not, and what is there in the end. */
import { describe, expect, test } from 'vitest';
import type { PipelineRun } from '../../../electron/remoting/pipeline-run.ts';
import { FaultyLine } from './faulty-line.ts';
import { firstOf, opened, reading, started } from './recovering.ts';

describe('an answer with output in it', () => {
  test('that the server could not write comes again, once', async () => {
    const line = new FaultyLine();
    const pool = await opened(line);
    const run = started(pool);
    const { seen, over } = reading(run);
    await line.calm();
    let cut = 0;
    line.fate = (action) => (action === 'Receive' && cut++ === 0 ? 'answer-unwritten' : 'arrives');
    // The Receive that waits was sent before: the one after it is the one that is cut.
    line.engine.outputs(run.id, 1, 3);
    await line.calm();
    line.engine.outputs(run.id, 4, 6);
    await line.calm();
    line.engine.outputs(run.id, 7, 9);
    line.engine.finish(run.id);
    await line.until(over);
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(cut).toBeGreaterThan(0);
    // It was mended at the first attempt, and that is no interruption.
    expect(line.told).toEqual([]);
    expect(pool.state).toBe('Opened');
  });

  test('that is lost leaves a gap where it was', async () => {
    const line = new FaultyLine({ inFlight: 'lost' });
    const pool = await opened(line);
    const run = started(pool);
    const { seen, over } = reading(run);
    await line.calm();
    line.fate = firstOf('Receive', 'answer-lost');
    // The Receive that waits takes the first, the next one, which is lost, the second.
    for (const n of [1, 2]) {
      line.engine.outputs(run.id, n, n);
      // oxlint-disable-next-line no-await-in-loop -- one answer each
      await line.calm();
    }
    line.engine.outputs(run.id, 3, 6);
    line.engine.finish(run.id);
    await line.until(over);
    expect(seen).toEqual([1, 'lost 1', 3, 4, 5, 6]);
    expect((await run.finished).state).toBe('Completed');
  });

  test('that is the last one, with the state in it, ends the run with what is known', async () => {
    const line = new FaultyLine({ inFlight: 'lost' });
    const pool = await opened(line);
    const run = started(pool);
    const { seen, over, failure } = reading(run);
    await line.calm();
    line.fate = firstOf('Receive', 'answer-lost');
    line.engine.outputs(run.id, 1, 1);
    await line.calm();
    line.engine.finish(run.id);
    await line.until(over);
    expect(seen).toEqual([1]);
    expect(failure()).toMatchObject({ code: 'pipeline.output-lost' });
    // The pool is not hurt.
    expect(pool.state).toBe('Opened');
    expect(await Promise.race([pool.availableRunspaces(), line.pass(1000)])).toBe(1);
  });

  describe('from a server that keeps it for who asks again ([MS-WSMV] 3.1.4.1.39)', () => {
    async function losing(line: FaultyLine): Promise<{ run: PipelineRun; at: ReturnType<typeof reading> }> {
      const pool = await opened(line);
      const run = started(pool);
      const at = reading(run);
      await line.calm();
      return { run, at };
    }

    test('is the same again, and nothing is missing', async () => {
      const line = new FaultyLine({ inFlight: 'kept' });
      const { run, at } = await losing(line);
      line.fate = firstOf('Receive', 'answer-lost', 2);
      for (const n of [1, 2, 3]) {
        line.engine.outputs(run.id, n, n);
        // oxlint-disable-next-line no-await-in-loop -- one answer each
        await line.pass(700);
      }
      line.engine.outputs(run.id, 4, 6);
      line.engine.finish(run.id);
      await line.until(at.over);
      expect(at.seen).toEqual([1, 2, 3, 4, 5, 6]);
      // As the example of 4.11.3: the same operation, which must be understood the second time.
      const ids = line.receives.map((body) => /<p:OperationID s:mustUnderstand="(\w+)">([^<]+)</.exec(body));
      const again = ids.filter((found) => found?.[1] === 'true');
      expect(again.length).toBeGreaterThan(0);
      for (const found of again)
        expect(ids.find((other) => other?.[1] === 'false' && other[2] === found?.[2])).toBeDefined();
      expect(line.receives.every((body) => body.includes('<p:SequenceId s:mustUnderstand="false">1<'))).toBe(
        true,
      );
    });

    test('is the last one, with the state in it, and the run completes', async () => {
      const line = new FaultyLine({ inFlight: 'kept' });
      const { run, at } = await losing(line);
      line.fate = firstOf('Receive', 'answer-lost');
      line.engine.outputs(run.id, 1, 1);
      await line.calm();
      line.engine.finish(run.id);
      await line.until(at.over);
      expect(at.seen).toEqual([1]);
      expect((await run.finished).state).toBe('Completed');
    });

    test('is had after the server set the shell aside, and after the connection was given up', async () => {
      const line = new FaultyLine({ inFlight: 'kept', missAfterMs: 2_000 });
      const pool = await opened(line, { retry: { windowMs: 20_000 } });
      const run = started(pool);
      const { seen, over } = reading(run);
      await line.calm();
      for (const windowMs of [4_000, 60_000]) {
        const next = seen.length + 1;
        line.fate = (action) => (action === 'Receive' ? 'answer-lost' : 'unsent');
        line.engine.outputs(run.id, next, next + 1);
        // oxlint-disable-next-line no-await-in-loop -- one loss after the other
        await line.calm();
        line.fate = () => 'unsent';
        line.cut();
        // oxlint-disable-next-line no-await-in-loop
        await line.pass(windowMs);
        line.fate = () => 'arrives';
        // oxlint-disable-next-line no-await-in-loop
        if (pool.state === 'Disconnected') await pool.reconnect();
        // oxlint-disable-next-line no-await-in-loop
        await line.until(() => seen.length >= next + 1);
      }
      line.engine.finish(run.id);
      await line.until(over);
      expect(seen).toEqual([1, 2, 3, 4]);
      expect(line.states).toContain('Disconnected');
    });

    test('leaves a gap where the server names operations and does not know them', async () => {
      const line = new FaultyLine({ inFlight: 'kept' });
      line.refusesRetransmission = true;
      const { run, at } = await losing(line);
      line.fate = firstOf('Receive', 'answer-lost');
      for (const n of [1, 2]) {
        line.engine.outputs(run.id, n, n);
        // oxlint-disable-next-line no-await-in-loop -- one answer each
        await line.calm();
      }
      line.engine.outputs(run.id, 3, 6);
      line.engine.finish(run.id);
      await line.until(at.over);
      expect(at.seen).toEqual([1, 'lost 1', 3, 4, 5, 6]);
    });

    test('that it is back is said although the operation waits on', async () => {
      const line = new FaultyLine({ inFlight: 'kept', missAfterMs: 1_000_000 });
      const pool = await opened(line);
      const run = started(pool);
      reading(run);
      await line.calm();
      line.engine.outputs(run.id, 1, 1);
      await line.calm();
      line.fate = () => 'lost';
      line.cut();
      await line.until(() => line.told.length > 1);
      line.fate = () => 'arrives';
      const before = line.clock.now();
      pool.retryNow();
      await line.until(() => line.told.includes('resumed'));
      expect(line.clock.now() - before).toBeLessThan(3_000);
    });
  });

  test("that is a gateway's page is asked for again; three in a row are too many", async () => {
    const line = new FaultyLine();
    const pool = await opened(line);
    const run = started(pool);
    const { seen, over } = reading(run);
    await line.calm();
    line.fate = firstOf('Receive', 'garbage', 2);
    line.engine.outputs(run.id, 1, 1);
    await line.until(() => line.told.includes('resumed'));
    line.engine.outputs(run.id, 2, 2);
    line.engine.finish(run.id);
    await line.until(over);
    expect(seen).toEqual([1, 2]);
    line.fate = (action) => (action === 'Receive' ? 'garbage' : 'arrives');
    await line.until(() => pool.state === 'Disconnected');
  });
});

describe('a request whose answer is lost', () => {
  test('starts its command once', async () => {
    const line = new FaultyLine();
    const pool = await opened(line);
    line.fate = firstOf('Command', 'answer-lost', 2);
    const run = started(pool);
    const { seen, over } = reading(run);
    await line.until(() => line.engine.count('CREATE_PIPELINE') > 0);
    await line.pass(2000);
    expect(line.engine.count('CREATE_PIPELINE')).toBe(1);
    expect(line.asked.filter((action) => action === 'Command').length).toBeGreaterThan(1);
    line.engine.outputs(run.id, 1, 2);
    line.engine.finish(run.id);
    await line.until(over);
    expect(seen).toEqual([1, 2]);
  });

  test('is not sent again where it brings input, and the run says so', async () => {
    const line = new FaultyLine();
    const pool = await opened(line);
    async function* input(): AsyncGenerator<number> {
      yield await Promise.resolve(1);
    }
    line.fate = firstOf('Send', 'answer-lost');
    const run = started(pool, { input: input() });
    const { over, failure } = reading(run);
    await line.until(over);
    expect(failure()).toMatchObject({ code: 'send.uncertain' });
    expect(line.engine.count('PIPELINE_INPUT')).toBe(1);
    expect(pool.state).toBe('Opened');
  });

  test('is sent again where it never left, once and in order', async () => {
    const line = new FaultyLine();
    const pool = await opened(line);
    async function* input(): AsyncGenerator<number> {
      for (let n = 1; n <= 5; n++) yield await Promise.resolve(n);
    }
    line.fate = firstOf('Send', 'unsent', 3);
    const run = started(pool, { input: input() });
    const { over } = reading(run);
    await line.until(() => line.engine.count('END_OF_PIPELINE_INPUT') > 0);
    const sent = line.engine.messages.filter(({ name }) => name === 'PIPELINE_INPUT').map(({ data }) => data);
    expect(sent.map((data) => />(\d)</.exec(data)?.[1])).toEqual(['1', '2', '3', '4', '5']);
    line.engine.finish(run.id);
    await line.until(over);
    expect((await run.finished).state).toBe('Completed');
  });

  test('that calls the pool is sent again, and the call answered once', async () => {
    const line = new FaultyLine();
    const pool = await opened(line);
    line.fate = firstOf('Send', 'answer-lost');
    const answered = pool.availableRunspaces();
    await line.pass(2000);
    expect(await answered).toBe(1);
    expect(line.engine.count('GET_AVAILABLE_RUNSPACES')).toBe(2);
    expect(pool.state).toBe('Opened');
  });

  test('that stops a pipeline is sent again', async () => {
    const line = new FaultyLine();
    const pool = await opened(line);
    const run = started(pool);
    await line.calm();
    line.fate = firstOf('Signal', 'lost');
    const stopping = run.stop();
    await line.until(() => line.engine.log.some((entry) => entry.startsWith('signal')));
    line.engine.finish(run.id, 'Stopped');
    await line.until(() => run.ended);
    await stopping;
    expect((await run.finished).state).toBe('Stopped');
  });

  test('that disconnects leaves the pool disconnected', async () => {
    const line = new FaultyLine();
    const pool = await opened(line);
    line.fate = firstOf('Disconnect', 'answer-lost');
    const leaving = pool.disconnect();
    await line.until(() => pool.state === 'Disconnected');
    await leaving;
    expect(line.endpoint.shells()[0]?.state).toBe('Disconnected');
    await pool.reconnect();
    expect(pool.state).toBe('Opened');
  });
});
