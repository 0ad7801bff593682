/** Order within a target, none between targets, and what waits for another connection. */
import { expect, test } from 'vitest';
import { NotSentError } from '../../../electron/remoting/errors.ts';
import { Outbox } from '../../../electron/remoting/outbox.ts';
import type { Outgoing } from '../../../electron/protocol/psrp/outgoing.ts';

function out(text: string, pipelineId?: string, stream: Outgoing['stream'] = 'default'): Outgoing {
  return { data: Buffer.from(text), pipelineId, stream, opensPool: false, opensPipeline: false };
}

class Post {
  readonly sent: string[] = [];
  readonly failures: string[] = [];
  readonly gates = new Map<string, { open: () => void; fail: (error: Error) => void }>();
  readonly outbox = new Outbox({
    send: (each) =>
      new Promise<void>((resolve, reject) => {
        const text = Buffer.from(each.data).toString();
        this.sent.push(text);
        this.gates.set(text, { open: resolve, fail: reject });
      }),
    mayStay: (error) => error instanceof NotSentError,
    failed: (each, error) => this.failures.push(`${Buffer.from(each.data).toString()}: ${error.message}`),
  });

  async open(text: string): Promise<void> {
    this.gates.get(text)?.open();
    await new Promise((resolve) => setImmediate(resolve));
  }

  async fail(text: string, error: Error): Promise<void> {
    this.gates.get(text)?.fail(error);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('one after the other to a target, and targets beside one another', async () => {
  const { sent, outbox, ...post } = new Post();
  for (const text of ['a1', 'a2']) outbox.add(out(text, 'a'));
  outbox.add(out('b1', 'b'));
  outbox.add(out('answer', 'a', 'promptResponse'));
  outbox.add(out('p1'));
  expect(sent).toEqual(['a1', 'b1', 'answer', 'p1']);
  expect(outbox.bytes('a')).toBe(4);
  post.gates.get('a1')?.open();
  await new Promise((resolve) => setImmediate(resolve));
  expect(sent.at(-1)).toBe('a2');
  expect(outbox.bytes('a')).toBe(2);
});

test('who waits for a target waits for all that was to go there, sent or failed', async () => {
  const post = new Post();
  post.outbox.add(out('a1', 'a'));
  post.outbox.add(out('a2', 'a'));
  let drained = false;
  const waiting = post.outbox.drained('default', 'a').then(() => {
    drained = true;
  });
  await post.fail('a1', new Error('refused'));
  expect(drained).toBe(false);
  await post.open('a2');
  await waiting;
  expect(post.failures).toEqual(['a1: refused']);
  await post.outbox.drained('default', 'nobody');
  await post.outbox.allDrained();
});

test('what never left stays at the head of its target, and goes first when there is a connection again', async () => {
  const post = new Post();
  for (const text of ['a1', 'a2', 'a3']) post.outbox.add(out(text, 'a'));
  post.outbox.add(out('b1', 'b'));
  await post.open('a1');
  await post.fail('a2', new NotSentError());
  // All wait now, those of other targets, too, but for what is on its way.
  post.outbox.add(out('c1', 'c'));
  await post.open('b1');
  expect(post.sent).toEqual(['a1', 'b1', 'a2']);
  post.outbox.resume();
  expect(post.sent.slice(3)).toEqual(['a2', 'c1']);
  await post.open('a2');
  expect(post.sent.at(-1)).toBe('a3');
  expect(post.failures).toEqual([]);
});

test('nothing is begun while it is paused, and nobody waits for what is forgotten', async () => {
  const post = new Post();
  post.outbox.pause();
  post.outbox.add(out('a1', 'a'));
  post.outbox.add(out('p1'));
  expect(post.sent).toEqual([]);
  const one = post.outbox.drained('default', 'a');
  post.outbox.forget('a');
  await one;
  const all = post.outbox.allDrained();
  post.outbox.clear();
  await all;
  post.outbox.resume();
  expect(post.sent).toEqual([]);
});
