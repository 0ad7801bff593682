import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test, vi } from 'vitest';
import { answerLimit } from '../../../../electron/transport/winrm-http/answer-limit.ts';
import { client } from './client-harness.ts';

/** A server in a thread of its own, which goes on while this one stands still. */
const ANSWERS_LATER = `
  const { createServer } = require('node:http');
  const { parentPort } = require('node:worker_threads');
  const server = createServer((request, response) => {
    request.resume();
    setTimeout(() => {
      response.setHeader('Content-Type', 'application/soap+xml;charset=UTF-8');
      response.end('<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"/>', () => parentPort.postMessage('said'));
    }, 300);
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

test('an answer that came while we stood still is read, and is no lost one', async () => {
  const worker = new Worker(ANSWERS_LATER, { eval: true });
  onTestFinished(async () => void (await worker.terminate()));
  const [port] = (await once(worker, 'message')) as [number];
  const http = client({ port });
  onTestFinished(() => http.abort());
  await http.post('warm', { timeoutMs: 20_000 });
  const answer = http.post('x', { timeoutMs: 1_500 });
  // Sent, before we stand still for longer than the limit and what a busy machine is late.
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_000);
  expect(await answer).toMatchObject({ status: 200 });
});

test('who did not stand still waits for as long as was said, and nothing that was taken back comes', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const over: string[] = [];
  answerLimit(1_000, () => over.push('first'));
  answerLimit(1_000, () => over.push('second'))();
  vi.advanceTimersByTime(999);
  expect(over).toEqual([]);
  vi.advanceTimersByTime(2);
  expect(over).toEqual(['first']);
  vi.advanceTimersByTime(60_000);
  expect(over).toEqual(['first']);
  expect(vi.getTimerCount()).toBe(0);
});
