/** Programs that are run to their end, and what becomes of them when we are killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runTool } from '../../../../electron/practice-server/engine/tools.ts';

const TOOLS = join(import.meta.dirname, '../../../../electron/practice-server/engine/tools.ts');
const env = process.env;

/** A program that calls us, starts another that does, and goes on for ever. Whoever ends lets go of the line. */
const CALLS = `
  const { spawn } = require('node:child_process');
  require('node:net').connect(Number(process.argv[1]), '127.0.0.1').resume();
  if (process.argv[2] === 'parent') spawn(process.execPath, ['-e', process.argv[3], process.argv[1], 'child'], { stdio: 'inherit' });
  setInterval(() => undefined, 1000);
`;

async function callers(): Promise<{ port: number; take(): Promise<Socket>; close(): void }> {
  const waiting: Socket[] = [];
  const wanted: ((socket: Socket) => void)[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    const next = wanted.shift();
    if (next) next(socket);
    else waiting.push(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    take: () =>
      new Promise((resolve) => {
        const socket = waiting.shift();
        if (socket) resolve(socket);
        else wanted.push(resolve);
      }),
    close: () => server.close(),
  };
}

describe('a program that is run to its end', () => {
  test('its output and errors come together, its exit code beside them', async () => {
    const script = 'console.log("said"); console.error("moaned"); process.exitCode = 7';
    const result = await runTool(process.execPath, ['-e', script], { env, timeoutMs: 60_000 });
    expect(result.exitCode).toBe(7);
    expect(result.output).toContain('said');
    expect(result.output).toContain('moaned');
  });

  test('arguments arrive as they are, and its input is at its end', async () => {
    const script =
      'process.stdin.resume().on("end", () => console.log(JSON.stringify(process.argv.slice(1))))';
    const given = ['a b', '"quoted"', '$HOME', "it's", '', '*', '-x'];
    const result = await runTool(process.execPath, ['-e', script, '--', ...given], {
      env,
      timeoutMs: 60_000,
      background: true,
    });
    expect(JSON.parse(result.output)).toEqual(given);
  });

  test.skipIf(process.platform === 'win32')('one that a signal ended has no exit code', async () => {
    const result = await runTool(process.execPath, ['-e', 'process.kill(process.pid, "SIGKILL")'], {
      env,
      timeoutMs: 60_000,
    });
    expect(result.exitCode).toBeNull();
  });

  test('where its time is up, it is ended and has no exit code', async () => {
    const result = await runTool(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      env,
      timeoutMs: 200,
    });
    expect(result.exitCode).toBeNull();
  });

  // Windows has no shell that could hold the other end.
  test.skipIf(process.platform === 'win32')(
    'where we are killed without a word, it and what it started end as well',
    async () => {
      const line = await callers();
      const us = spawn(
        process.execPath,
        [
          '--input-type=module',
          '-e',
          `const { runTool } = await import(process.argv[1]);
           await runTool(process.execPath, ['-e', process.argv[2], process.argv[3], 'parent', process.argv[2]],
             { env: process.env, timeoutMs: 600_000, background: true });`,
          TOOLS,
          CALLS,
          String(line.port),
        ],
        { stdio: 'ignore' },
      );
      const ends = [await line.take(), await line.take()].map((socket) => once(socket.resume(), 'close'));
      us.kill('SIGKILL');
      // Nothing but the end of the processes lets go of their lines.
      await Promise.all(ends);
      line.close();
    },
  );
});
