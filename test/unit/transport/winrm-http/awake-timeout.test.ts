/** A limit on waiting that a process which stood still has not used up. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { awakeTimeout } from '../../../../electron/transport/winrm-http/awake-timeout.ts';
import { connect } from '../../../../electron/transport/winrm-http/connect.ts';

/** Nothing else runs in this process meanwhile: as on a computer with too much to do, or one that slept. */
function standStill(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe('counted by a clock of the test’s', () => {
  let now = 0;
  beforeEach(() => {
    now = 0;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] });
    vi.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  function pass(ms: number): void {
    now += ms;
    vi.advanceTimersByTime(ms);
  }

  test('it is over after so long, and says that it was time', () => {
    const { signal } = awakeTimeout(1000);
    for (let i = 0; i < 9; i++) pass(100);
    expect(signal.aborted).toBe(false);
    for (let i = 0; i < 4; i++) pass(100);
    vi.runAllTimers();
    expect(signal.aborted).toBe(true);
    expect((signal.reason as Error).name).toBe('TimeoutError');
  });

  test('an hour of standing still is no more than a moment of it', () => {
    const { signal } = awakeTimeout(2000);
    pass(100);
    now += 3_600_000;
    for (let i = 0; i < 15; i++) pass(100);
    expect(signal.aborted).toBe(false);
    for (let i = 0; i < 10; i++) pass(100);
    expect(signal.aborted).toBe(true);
  });

  test('what is not wanted any more is never over', () => {
    const { signal, clear } = awakeTimeout(100);
    clear();
    pass(1000);
    expect(signal.aborted).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});

test('a connection that was made while we stood still is no failure', async () => {
  const server = createServer((socket) => socket.on('error', () => undefined));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  // The system answers for the server: nothing but our own reading of it is missing.
  const connecting = connect({ host: '127.0.0.1', port, https: false, timeoutMs: 1000 });
  standStill(1500);
  const { socket } = await connecting;
  socket.destroy();
  server.close();
  await once(server, 'close');
});
