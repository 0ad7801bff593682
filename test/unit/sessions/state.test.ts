import { expect, test } from 'vitest';
import {
  advance,
  availabilityOf,
  INITIAL_STATUS,
  type SessionEvent,
  type SessionStatus,
} from '../../../electron/sessions/state.ts';
import { SessionState } from '../../../shared/session.ts';

const EVENTS: SessionEvent[] = [
  'opening',
  'opened',
  'commandStarted',
  'commandEnded',
  'closing',
  'closed',
  'broken',
  'disconnecting',
  'disconnected',
  'connecting',
];

function after(...events: SessionEvent[]): SessionStatus {
  return events.reduce(advance, INITIAL_STATUS);
}

test('the life of a session as Get-PSSession shows it', () => {
  const shown = (...events: SessionEvent[]): string => {
    const status = after(...events);
    return `${status.state} ${availabilityOf(status)}`;
  };
  expect(shown()).toBe('BeforeOpen None');
  expect(shown('opening')).toBe('Opening None');
  expect(shown('opening', 'opened')).toBe('Opened Available');
  expect(shown('opening', 'opened', 'commandStarted')).toBe('Opened Busy');
  expect(shown('opening', 'opened', 'commandStarted', 'commandEnded')).toBe('Opened Available');
  expect(shown('opening', 'opened', 'commandStarted', 'broken')).toBe('Broken None');
  expect(shown('opening', 'opened', 'closing')).toBe('Closing None');
  expect(shown('opening', 'opened', 'closing', 'closed')).toBe('Closed None');
  expect(shown('opening', 'opened', 'disconnecting', 'disconnected')).toBe('Disconnected None');
  expect(shown('opening', 'opened', 'disconnecting', 'disconnected', 'connecting', 'opened')).toBe(
    'Opened Available',
  );
});

test('nothing brings a closed session back, and a broken one can only be closed', () => {
  for (const event of EVENTS) {
    expect(advance(after('closed'), event)).toEqual(after('closed'));
    expect(['Broken', 'Closing', 'Closed']).toContain(advance(after('opening', 'broken'), event).state);
  }
});

test('every event in every state gives a state of the list, and only Opened is ever available', () => {
  for (const state of SessionState.options) {
    for (const event of EVENTS) {
      const next = advance({ state, running: 0 }, event);
      expect(SessionState.options).toContain(next.state);
      expect(next.running).toBeGreaterThanOrEqual(0);
      if (next.state !== 'Opened') expect(availabilityOf(next)).toBe('None');
    }
  }
});

test('a command that ends late does not make a new one look finished', () => {
  const two = after('opening', 'opened', 'commandStarted', 'commandStarted', 'commandEnded');
  expect(availabilityOf(two)).toBe('Busy');
});
