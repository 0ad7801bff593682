/** A network that is down for a while, or for good: what is told, what waits, and what is there when it is back. */
import { describe, expect, test } from 'vitest';
import { FaultyLine, type Fate } from './faulty-line.ts';
import { firstOf, opened, reading, ROUTES, started } from './recovering.ts';

describe('a network that is down', () => {
  test('is told of, with when it is tried again, and that it is back; nothing is lost or doubled', async () => {
    const line = new FaultyLine();
    const pool = await opened(line);
    const run = started(pool);
    const { seen, over } = reading(run);
    await line.calm();
    line.engine.outputs(run.id, 1, 2);
    await line.calm();
    line.fate = () => 'unsent';
    line.engine.outputs(run.id, 3, 4);
    await line.until(() => line.told.length >= 3);
    expect(pool.state).toBe('Opened');
    expect(pool.interruption).toMatchObject({
      error: { code: 'connect.refused' },
      attempts: 3,
      retryInMs: 2000,
    });
    line.engine.outputs(run.id, 5, 6);
    line.fate = () => 'arrives';
    await line.until(() => line.told.includes('resumed'));
    expect(pool.interruption).toBeUndefined();
    line.engine.outputs(run.id, 7, 7);
    line.engine.finish(run.id);
    await line.until(over);
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(line.states).toEqual(['Opening', 'Opened']);
  });

  test('for too long leaves the pool disconnected, with the reason; coming back brings everything', async () => {
    const line = new FaultyLine();
    const pool = await opened(line, { retry: { windowMs: 30_000 } });
    const run = started(pool);
    const { seen, over } = reading(run);
    await line.calm();
    line.engine.outputs(run.id, 1, 2);
    await line.calm();
    line.fate = () => 'unsent';
    const began = line.clock.now();
    line.engine.outputs(run.id, 3, 4);
    await line.until(() => pool.state === 'Disconnected');
    expect(line.clock.now() - began).toBeLessThan(61_000);
    expect(line.errors.at(-1)).toMatchObject({ code: 'connect.refused' });
    expect(run.ended).toBe(false);
    await expect(pool.reconnect()).rejects.toMatchObject({ code: 'connect.refused' });
    expect(pool.state).toBe('Disconnected');
    line.fate = () => 'arrives';
    await pool.reconnect();
    expect(pool.state).toBe('Opened');
    line.engine.outputs(run.id, 5, 5);
    line.engine.finish(run.id);
    await line.until(over);
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(line.states.slice(2)).toEqual([
      'Disconnected',
      'Connecting',
      'Disconnected',
      'Connecting',
      'Opened',
    ]);
  });

  test('for too long breaks a pool whose server keeps no shell without its client', async () => {
    const line = new FaultyLine();
    line.version = '2.1';
    const pool = await opened(line, { retry: { windowMs: 5_000 } });
    expect(pool.canDisconnect).toBe(false);
    await expect(pool.disconnect()).rejects.toMatchObject({ reason: 'cannot-disconnect' });
    line.fate = () => 'lost';
    await line.until(() => pool.state === 'Broken');
    expect(line.errors.at(-1)).toMatchObject({ code: 'connect.reset' });
  });

  test('breaks the pool at once where nothing is to be tried again', async () => {
    const line = new FaultyLine();
    const pool = await opened(line, { retry: 'never' });
    line.fate = () => 'unsent';
    line.cut();
    await line.calm();
    expect(pool.state).toBe('Broken');
    expect(line.errors.at(-1)).toMatchObject({ code: 'connect.reset' });
    expect(line.told).toEqual([]);
  });

  test('without a word is noticed when a Receive is not answered in time', async () => {
    const line = new FaultyLine({ missAfterMs: 1_000_000 });
    const pool = await opened(line);
    const run = started(pool);
    const { seen, over } = reading(run);
    await line.calm();
    line.fate = () => 'dead';
    line.engine.outputs(run.id, 1, 1);
    await line.until(() => line.told.length > 0);
    line.fate = () => 'arrives';
    await line.until(() => line.told.includes('resumed'));
    line.engine.outputs(run.id, 2, 2);
    line.engine.finish(run.id);
    await line.until(over);
    expect(seen).toEqual([1, 2]);
  });

  test.each<Fate>(['unavailable', 'no-kdc'])(
    'and answers %s in between is an interruption like any other; what ran goes on, and a command starts once',
    async (fate) => {
      const line = new FaultyLine();
      const pool = await opened(line);
      const run = started(pool);
      const { seen, over } = reading(run);
      await line.calm();
      line.fate = () => fate;
      line.engine.outputs(run.id, 1, 2);
      await line.calm();
      const second = started(pool);
      await line.until(() => line.told.length >= 4);
      expect(pool.state).toBe('Opened');
      line.engine.outputs(run.id, 3, 4);
      line.fate = () => 'arrives';
      await line.until(() => line.told.includes('resumed'));
      line.engine.finish(run.id);
      await line.until(over);
      expect(seen).toEqual([1, 2, 3, 4]);
      await line.until(() => line.engine.count('CREATE_PIPELINE') === 2);
      line.engine.finish(second.id);
      await line.until(() => second.ended);
      expect(line.engine.count('CREATE_PIPELINE')).toBe(2);
      expect(line.states).toEqual(['Opening', 'Opened']);
    },
  );

  test('and lets nobody in any more leaves the pool disconnected, with the reason: the shell stands where it stood', async () => {
    const line = new FaultyLine();
    const pool = await opened(line);
    line.fate = () => 'ticket-expired';
    line.cut();
    await line.until(() => pool.state === 'Disconnected');
    expect(line.errors.at(-1)).toMatchObject({ code: 'kerberos.expired' });
    line.fate = () => 'arrives';
    await pool.reconnect();
    expect(pool.state).toBe('Opened');
  });

  test('may be tried at once by who will not wait', async () => {
    const line = new FaultyLine();
    const pool = await opened(line);
    line.fate = () => 'unsent';
    await line.until(() => line.told.length >= 6);
    line.fate = () => 'arrives';
    const before = line.clock.now();
    pool.retryNow();
    await line.until(() => line.told.includes('resumed'));
    expect(line.clock.now() - before).toBeLessThanOrEqual(1_100);
  });
});

describe('a computer that slept, or found another network', () => {
  /** A Receive that the network took with it: nobody answers, and nobody says so. */
  async function asleep(line: FaultyLine) {
    const pool = await opened(line);
    const run = started(pool);
    const at = reading(run);
    await line.calm();
    line.fate = () => 'dead';
    // The Receives that wait are answered; those that follow wait for nothing.
    line.engine.outputs(run.id, 1, 1);
    await line.calm();
    return { pool, run, ...at };
  }

  test('does not wait for an answer that does not come', async () => {
    const line = new FaultyLine({ missAfterMs: 1_000_000 });
    const { pool, run, seen, over } = await asleep(line);
    line.fate = () => 'arrives';
    const before = line.clock.now();
    pool.networkChanged();
    line.engine.outputs(run.id, 2, 3);
    await line.until(() => seen.length === 3);
    expect(line.clock.now() - before).toBeLessThan(2_500);
    line.engine.finish(run.id);
    await line.until(over);
    expect(seen).toEqual([1, 2, 3]);
    expect(line.told).toEqual([]);
  });

  test('leaves an answer that comes after all where it is', async () => {
    const line = new FaultyLine({ missAfterMs: 1_000_000, inFlight: 'lost' });
    const pool = await opened(line);
    const run = started(pool);
    const { seen, over } = reading(run);
    await line.calm();
    pool.networkChanged();
    await line.pass(500);
    line.engine.outputs(run.id, 1, 2);
    await line.calm();
    expect(seen).toEqual([1, 2]);
    // It was answered, and the next one asked, which the grace of the first is nothing to.
    await line.pass(1_500);
    expect(line.receives.filter((body) => body.includes(run.id.toUpperCase())).length).toBe(2);
    line.engine.finish(run.id);
    await line.until(over);
  });

  test('starts a command once whose answer it slept through', async () => {
    const line = new FaultyLine({ missAfterMs: 1_000_000 });
    const pool = await opened(line);
    line.fate = firstOf('Command', 'dead');
    const run = started(pool);
    await line.calm();
    const before = line.clock.now();
    pool.networkChanged();
    await line.until(() => line.engine.count('CREATE_PIPELINE') > 0);
    expect(line.clock.now() - before).toBeLessThan(2_500);
    line.engine.finish(run.id);
    await line.until(() => run.ended);
    expect(line.engine.count('CREATE_PIPELINE')).toBe(1);
  });

  test('tries at once where it was waiting for another attempt', async () => {
    const line = new FaultyLine();
    const pool = await opened(line);
    line.fate = () => 'unsent';
    await line.until(() => line.told.length >= 6);
    line.fate = () => 'arrives';
    const before = line.clock.now();
    pool.networkChanged();
    await line.until(() => line.told.includes('resumed'));
    expect(line.clock.now() - before).toBeLessThanOrEqual(1_100);
  });
});

describe('while it is down', () => {
  test('what was to be sent waits, also beyond the window, and goes out in order when it is back', async () => {
    const line = new FaultyLine();
    const pool = await opened(line, { retry: { windowMs: 3_000 } });
    line.fate = () => 'unsent';
    const first = started(pool);
    const second = started(pool);
    await line.until(() => pool.state === 'Disconnected');
    expect([first.ended, second.ended]).toEqual([false, false]);
    line.fate = () => 'arrives';
    await pool.reconnect();
    await line.until(() => line.engine.count('CREATE_PIPELINE') === 2);
    for (const run of [first, second]) line.engine.finish(run.id);
    await line.until(() => first.ended && second.ended);
    expect((await first.finished).state).toBe('Completed');
  });

  test('Ctrl+C is kept for the server, and who will not wait lets go', async () => {
    const line = new FaultyLine();
    const pool = await opened(line);
    const [patient, hasty] = [started(pool), started(pool)];
    const { over, failure } = reading(hasty);
    await line.calm();
    line.fate = () => 'unsent';
    await line.until(() => line.told.length > 0);
    const stopping = patient.stop();
    hasty.abandon();
    await line.calm();
    expect(over()).toBe(true);
    expect(failure()).toMatchObject({ message: 'The pipeline was abandoned.' });
    expect(patient.ended).toBe(false);
    line.fate = () => 'arrives';
    await line.until(() => line.engine.log.includes(`signal ${patient.id}`));
    line.engine.finish(patient.id, 'Stopped');
    await line.until(() => patient.ended);
    await stopping;
  });

  test('leaving needs no server, and closing waits no longer than a courtesy', async () => {
    const line = new FaultyLine();
    const pool = await opened(line);
    line.fate = () => 'unsent';
    await line.until(() => line.told.length > 0);
    const before = line.clock.now();
    const leaving = pool.disconnect();
    await line.until(() => pool.state === 'Disconnected');
    await leaving;
    expect(line.clock.now() - before).toBeLessThan(5_000);
    line.fate = () => 'arrives';
    // The server never heard of it, and takes no notice of a client that comes back to where it is ([MS-WSMV] 3.1.4.16).
    await pool.reconnect();
    expect(pool.state).toBe('Opened');
    line.fate = () => 'dead';
    const closing = pool.close();
    await line.until(() => pool.state === 'Closed');
    await closing;
  });
});

describe('a server that noticed first', () => {
  test('and set the shell aside, is reconnected to without a word', async () => {
    const line = new FaultyLine({ missAfterMs: 2_000 });
    const pool = await opened(line);
    const run = started(pool);
    const { seen, over } = reading(run);
    await line.calm();
    line.engine.outputs(run.id, 1, 1);
    await line.calm();
    line.fate = () => 'dead';
    line.cut();
    await line.until(() => line.endpoint.shells()[0]?.state === 'Disconnected');
    line.engine.outputs(run.id, 2, 3);
    line.fate = () => 'arrives';
    await line.until(
      () => line.asked.includes('Reconnect') && line.endpoint.shells()[0]?.state === 'Connected',
    );
    line.engine.finish(run.id);
    await line.until(over);
    expect(seen).toEqual([1, 2, 3]);
    expect(line.states).toEqual(['Opening', 'Opened']);
  });

  test('and gave the shell to somebody else, says so', async () => {
    const line = new FaultyLine({ missAfterMs: 1_000 });
    const pool = await opened(line, { retry: { windowMs: 600_000 } });
    line.fate = () => 'dead';
    line.cut();
    await line.until(() => line.endpoint.shells()[0]?.state === 'Disconnected');
    line.fate = () => 'arrives';
    const other = line.pool({ id: pool.id });
    const taking = other.connect();
    await line.until(() => other.state === 'Opened');
    await taking;
    await line.until(() => pool.state === 'Disconnected');
    expect(line.errors).toContainEqual(expect.objectContaining({ reason: 'in-use' }));
    expect(other.state).toBe('Opened');
  });
});

test('opening has an end: a pool that does not come to be open in time is broken, and its shell removed', async () => {
  const line = new FaultyLine();
  const pool = line.pool({ openTimeoutMs: 90_000 });
  const opening = pool.open();
  opening.catch(() => undefined);
  line.fate = (action) => (action === 'Receive' ? 'unsent' : 'arrives');
  await line.until(() => pool.state === 'Broken');
  await expect(opening).rejects.toMatchObject({ code: 'pool.open-timeout', seconds: 90 });
  await line.until(() => line.endpoint.shells().length === 0);
});

test('a shell that could not be taken over in time is not removed: it is not ours', async () => {
  const line = new FaultyLine();
  const owner = await opened(line);
  await owner.disconnect();
  const other = line.pool({ id: owner.id, openTimeoutMs: 10_000 });
  line.fate = (action) => (action === 'Connect' ? 'dead' : 'arrives');
  const taking = other.connect();
  taking.catch(() => undefined);
  await line.until(() => other.state === 'Broken');
  await expect(taking).rejects.toMatchObject({ code: 'pool.open-timeout' });
  await line.pass(10_000);
  expect(line.asked).not.toContain('Delete');
  await owner.reconnect();
  expect(owner.state).toBe('Opened');
});

test('a pipeline that writes on after Ctrl+C fills no memory, and still ends', async () => {
  const line = new FaultyLine();
  const pool = await opened(line);
  const run = started(pool);
  await line.calm();
  const stopping = run.stop();
  await line.until(() => line.engine.log.includes(`signal ${run.id}`));
  const megabyte = 'x'.repeat(1_000_000);
  for (let n = 0; n < 12; n++) {
    line.engine.say(run.id, 'PIPELINE_OUTPUT', `<S>${n}${megabyte}</S>`);
    // oxlint-disable-next-line no-await-in-loop -- as it is received
    await line.calm();
  }
  line.engine.finish(run.id, 'Stopped');
  await line.until(() => run.ended);
  await stopping;
  const { output, result } = await run.collect();
  expect(result.state).toBe('Stopped');
  // What fits into the bound was kept, the rest counted.
  expect(output.length).toBeGreaterThan(3);
  expect(output.length + run.discarded).toBe(12);
  expect(run.discarded).toBeGreaterThan(5);
});

test('a server that grants no more shells says so by its reason', async () => {
  const line = new FaultyLine({ shellLimits: { maxShellsPerUser: 1 } });
  await opened(line);
  await expect(line.pool().open()).rejects.toMatchObject({
    reason: 'quota',
    code: 2150859173,
    codeName: 'WSMAN_QUOTA_MAX_SHELLS',
  });
});

test('a shell whose Create was answered to nobody is removed again', async () => {
  const line = new FaultyLine();
  line.fate = firstOf('Create', 'answer-lost');
  const pool = line.pool();
  await expect(pool.open()).rejects.toMatchObject({ code: 'connect.reset' });
  await line.until(() => line.asked.includes('Delete'));
  expect(line.endpoint.shells()).toEqual([]);
});

test('no wait outlives its pool', async () => {
  for (const route of ROUTES) {
    const line = new FaultyLine();
    const pool = await opened(line);
    const run = started(pool);
    const { over } = reading(run);
    const calling = pool.availableRunspaces();
    calling.catch(() => undefined);
    await line.calm();
    line.fate = (action) => (action === route ? 'unsent' : 'arrives');
    await line.pass(1000);
    const stopping = run.stop();
    await line.calm();
    await pool.close();
    await line.until(over);
    await stopping;
    expect(pool.state).toBe('Closed');
    // Nor does a timer of it.
    await line.endpoint.close();
    expect(line.clock.waiting).toBe(0);
  }
});
