import { describe, expect, test } from 'vitest';
import { readCompletion } from '../../../electron/cli/enter.ts';
import { explain } from '../../../electron/cli/explain.ts';
import { Interrupts } from '../../../electron/cli/interrupts.ts';
import { parseCommandLine } from '../../../electron/cli/options.ts';
import { describe as describeProblem } from '../../../electron/cli/problem.ts';
import { ProtocolError } from '../../../electron/protocol/errors.ts';
import { psList, psRecord } from '../../../electron/protocol/clixml/value.ts';
import { TransportError } from '../../../electron/transport/errors.ts';
import { WsmanFault } from '../../../electron/protocol/wsman/faults.ts';

describe('Ctrl+C', () => {
  function pressed() {
    const log: string[] = [];
    let now = 1000;
    const interrupts = new Interrupts(
      (code) => log.push(`end ${String(code)}`),
      () => now,
    );
    return { log, interrupts, later: (ms: number) => (now += ms) };
  }

  test('stops once, and ends at the second', () => {
    const { log, interrupts, later } = pressed();
    interrupts.on(() => log.push('stop'));
    interrupts.press();
    expect(log).toEqual(['stop']);
    later(500);
    interrupts.press();
    expect(log).toEqual(['stop', 'end 130']);
  });

  test('that arrives twice, passed on by whoever started us, is one', () => {
    const { log, interrupts, later } = pressed();
    interrupts.on(() => log.push('stop'));
    interrupts.press();
    later(20);
    interrupts.press();
    expect(log).toEqual(['stop']);
  });

  test('ends where nothing runs', () => {
    const { log, interrupts } = pressed();
    const off = interrupts.on(() => log.push('stop'));
    off();
    interrupts.press();
    expect(log).toEqual(['end 130']);
  });

  test('stops the next command anew', () => {
    const { log, interrupts, later } = pressed();
    for (const name of ['a', 'b']) {
      const off = interrupts.on(() => log.push(name));
      interrupts.press();
      off();
      later(500);
    }
    expect(log).toEqual(['a', 'b']);
  });
});

describe('completion', () => {
  const answer = (index: number, length: number, ...texts: string[]) =>
    psRecord({
      ReplacementIndex: index,
      ReplacementLength: length,
      CompletionMatches: psList(texts.map((text) => psRecord({ CompletionText: text }))),
    });

  test('replaces the end of what was typed', () => {
    expect(readCompletion([answer(5, 3, 'Get-Item', 'Get-Help')], '1 + (get')).toEqual([
      ['Get-Item', 'Get-Help'],
      'get',
    ]);
  });

  test('of several lines is that of the last', () => {
    expect(readCompletion([answer(2, 2, 'ls')], '{\nls')).toEqual([['ls'], 'ls']);
  });

  test.each([
    ['not at the end', [answer(0, 2, 'x')]],
    ['out of bounds', [answer(-1, 5, 'x')]],
    ['nothing', []],
    ['something else', ['text', psRecord({ a: 1 })]],
  ])('%s is none', (_name, output) => {
    expect(readCompletion(output, 'text')).toEqual([[], 'text']);
  });

  test('cannot run anything: a line break becomes a space, control sequences go', () => {
    expect(readCompletion([answer(0, 1, 'a\r\nb\x1b[31mc')], 'a')[0]).toEqual(['a  bc']);
  });
});

describe('errors', () => {
  const { invocation } = parseCommandLine(['test', '--server', 'srv', '--port', '99']);
  const server = 'server' in invocation ? invocation.server : undefined;

  test('say what, why and what to do, and exit as connections that failed', () => {
    const problem = explain(new TransportError('connect.refused', 'Nothing listens on that port'), server);
    expect(problem.exit).toBe(3);
    const text = describeProblem(problem, false);
    expect(text).toMatch(/^psdeck: srv:99 refuses the connection\. \[connect\.refused\]\n/);
    expect(text).toContain('Enable-PSRemoting');
    expect(text).not.toContain('Nothing listens');
    expect(describeProblem(problem, true)).toContain('  | Nothing listens on that port');
  });

  test('a fault keeps its code, machine and provider text for the details', () => {
    const problem = explain(
      new WsmanFault({
        code: 5,
        machine: 'z002',
        message: 'Zugriff verweigert',
        providerFault: { text: 'inner' },
      }),
      server,
    );
    expect(problem.code).toBe('fault.5');
    const text = describeProblem(problem, true);
    for (const part of ['access is denied', '0x5', 'z002', 'Zugriff verweigert', 'inner'])
      expect(text).toContain(part);
  });

  test('never a stack', () => {
    const errors = [new ProtocolError('psrp.x', 'bad'), new Error('odd'), 'text', undefined];
    for (const error of errors) {
      const text = describeProblem(explain(error, server), true);
      expect(text).toMatch(/^psdeck: /);
      expect(text).not.toMatch(/\n\s+at /);
    }
  });
});
