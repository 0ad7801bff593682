import { expect, test } from 'vitest';
import { WsmanFault } from '../../../electron/protocol/wsman/faults.ts';
import { asShellFault, ShellFault, shellFaultReason } from '../../../electron/remoting/shell-fault.ts';
import { isWholeMessages } from '../../../electron/remoting/whole-messages.ts';
import { buildFragments } from '../../vectors/psrp-vectors.ts';

/** Codes of wsmerror.h, as Microsoft publishes them. */
test.each([
  [2150859213, 'in-use'],
  [2150859206, 'in-use'],
  [2150858843, 'not-found'],
  [2150859082, 'not-found'],
  [2150859205, 'cannot-disconnect'],
  [2150859215, 'cannot-disconnect'],
  [2150859204, 'disconnected'],
  [2150859173, 'quota'],
  [2150859174, 'quota'],
  [2150859241, 'quota'],
  [2150859250, 'idle-timeout'],
  [5, undefined],
  [2150858793, undefined],
])('fault %i is %s', (code, reason) => {
  const fault = new WsmanFault({ code, message: 'as the server says', machine: 'Z002', role: 'Sender' });
  expect(shellFaultReason(fault)).toBe(reason);
  const typed = asShellFault(fault);
  expect(typed instanceof ShellFault).toBe(reason !== undefined);
  // Whatever it is, it is the fault that it was.
  expect(typed).toBeInstanceOf(WsmanFault);
  expect(typed).toMatchObject({ code, message: 'as the server says', machine: 'Z002', role: 'Sender' });
});

test('what is no fault has no reason', () => {
  const error = new Error('x');
  expect(asShellFault(error)).toBe(error);
  expect(shellFaultReason(undefined)).toBeUndefined();
  expect(shellFaultReason(new WsmanFault({ message: 'without a code' }))).toBeUndefined();
});

test('a payload is told to hold whole messages, or parts', () => {
  const [one, two] = [buildFragments(1n, Buffer.alloc(30), 100), buildFragments(2n, Buffer.alloc(100), 40)];
  const whole = [one, two, [...one, ...two]];
  for (const fragments of whole) expect(isWholeMessages(Buffer.concat(fragments))).toBe(true);
  const parts = [
    two.slice(0, 2),
    two.slice(1),
    [...one, ...two.slice(0, 1)],
    [...two.slice(2), ...one],
    [...two.slice(0, 1), ...one],
  ];
  for (const fragments of parts) expect(isWholeMessages(Buffer.concat(fragments))).toBe(false);
  const all = Buffer.concat(one);
  for (let cut = 1; cut < all.length; cut++) expect(isWholeMessages(all.subarray(0, cut))).toBe(false);
});
