import { expect, test } from 'vitest';
import {
  advance,
  allows,
  availabilityOf,
  INITIAL_STATUS,
  SESSION_EVENTS,
  type SessionEvent,
  type SessionStatus,
} from '../../../electron/sessions/state.ts';
import { SessionState } from '../../../shared/session.ts';

function after(...events: SessionEvent[]): SessionStatus {
  return events.reduce(advance, INITIAL_STATUS);
}

function shown(...events: SessionEvent[]): string {
  const status = after(...events);
  return `${status.state} ${availabilityOf(status)}`;
}

/**
 * The whole table, written a second time and by hand: what each state makes of each event. `=` stays, `-` is illegal, else the next state
 * by its letters.
 */
const NAMES: Readonly<Record<string, SessionState>> = {
  Op: 'Opening',
  Od: 'Opened',
  Dg: 'Disconnecting',
  Dd: 'Disconnected',
  Cg: 'Connecting',
  Cl: 'Closing',
  Cd: 'Closed',
  Br: 'Broken',
};
const TABLE = `
               opening opened commandStarted commandEnded closing closed broken disconnecting disconnected connecting interrupted resumed held released
BeforeOpen     Op      -      -              -            Cl      Cd     Br     -             Dd           Cg         -           -       -    -
Opening        =       Od     -              -            Cl      Cd     Br     -             -            -          =           =       -    -
Opened         -       =      =              =            Cl      Cd     Br     Dg            Dd           -          =           =       -    -
Disconnecting  -       Od     -              =            Cl      Cd     Br     =             Dd           -          =           =       -    -
Disconnected   -       -      -              =            Cl      Cd     Br     -             =            Cg         -           -       =    =
Connecting     -       Od     -              =            Cl      Cd     Br     -             Dd           =          =           =       Dd   -
Closing        =       =      =              =            =       Cd     Cd     =             =            =          =           =       =    =
Broken         =       =      =              =            Cl      Cd     =      =             =            =          =           =       =    =
Closed         =       =      =              =            =       =      =      =             =            =          =           =       =    =
`;
const [head = '', ...lines] = TABLE.trim().split('\n');
const events = head.trim().split(/\s+/) as SessionEvent[];

test('the table written here names every event and every state', () => {
  expect(new Set(events)).toEqual(new Set(SESSION_EVENTS));
  expect(new Set(lines.map((line) => line.split(/\s+/)[0]))).toEqual(new Set(SessionState.options));
});

for (const line of lines) {
  const [state, ...cells] = line.split(/\s+/) as [SessionState, ...string[]];
  test.each(events.map((event, at) => [event, cells[at] ?? '']))(`${state}: %s → %s`, (event, cell) => {
    const before: SessionStatus = { ...INITIAL_STATUS, state };
    expect(allows(state, event)).toBe(cell !== '-');
    const next = advance(before, event);
    if (cell === '-') expect(next).toBe(before);
    else expect(next.state).toBe(cell === '=' ? state : NAMES[cell]);
  });
}

test('the life of a session as Get-PSSession shows it', () => {
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

test('a session that another client has is Disconnected and Busy, as PowerShell says it, until that client lets go', () => {
  expect(shown('disconnected')).toBe('Disconnected None');
  expect(shown('disconnected', 'held')).toBe('Disconnected Busy');
  expect(shown('disconnected', 'connecting', 'held')).toBe('Disconnected Busy');
  expect(shown('disconnected', 'held', 'released')).toBe('Disconnected None');
  expect(shown('disconnected', 'held', 'connecting', 'opened')).toBe('Opened Available');
});

test('a cut line is not a state: the session stays what its server last said, until that says otherwise', () => {
  const cut = after('opening', 'opened', 'commandStarted', 'interrupted');
  expect(cut).toMatchObject({ state: 'Opened', interrupted: true, running: 1 });
  expect(advance(cut, 'resumed')).toMatchObject({ state: 'Opened', interrupted: false, running: 1 });
  expect(advance(cut, 'disconnected')).toMatchObject({ state: 'Disconnected', interrupted: false });
  expect(advance(cut, 'broken')).toMatchObject({ state: 'Broken', interrupted: false, running: 0 });
  // A command that ends by our own doing (given up on) says nothing of the line.
  expect(advance(cut, 'commandEnded')).toMatchObject({ interrupted: true, running: 0 });
});

test('a command goes on while its session is disconnected, and the session is Busy when it is back', () => {
  const away = after('opening', 'opened', 'commandStarted', 'disconnecting', 'disconnected');
  expect(availabilityOf(away)).toBe('None');
  expect(availabilityOf(advance(advance(away, 'connecting'), 'opened'))).toBe('Busy');
});

test('nothing brings a closed session back, and a broken one can only be closed', () => {
  for (const event of SESSION_EVENTS) {
    expect(advance(after('closed'), event)).toEqual(after('closed'));
    expect(['Broken', 'Closing', 'Closed']).toContain(advance(after('opening', 'broken'), event).state);
  }
});

test('from every status that can be reached, every event leads to one that makes sense', () => {
  const seen = new Map<string, SessionStatus>();
  const open = [INITIAL_STATUS];
  for (let status = open.pop(); status !== undefined; status = open.pop()) {
    const key = JSON.stringify(status);
    if (seen.has(key) || status.running > 2) continue;
    seen.set(key, status);
    for (const event of SESSION_EVENTS) {
      const next = advance(status, event);
      const ended = next.state === 'Closed' || next.state === 'Broken' || next.state === 'Closing';
      expect(next.running).toBeGreaterThanOrEqual(0);
      if (ended) expect(next).toMatchObject({ running: 0, interrupted: false, held: false });
      if (next.held) expect(next.state).toBe('Disconnected');
      if (next.state === 'Disconnected' || next.state === 'BeforeOpen') expect(next.interrupted).toBe(false);
      if (next.state !== 'Opened') expect(['None', 'Busy']).toContain(availabilityOf(next));
      if (availabilityOf(next) === 'Available') expect(next).toMatchObject({ state: 'Opened', running: 0 });
      open.push(next);
    }
  }
  expect(new Set([...seen.values()].map((status) => status.state))).toEqual(new Set(SessionState.options));
});

test('a command that ends late does not make a new one look finished', () => {
  const two = after('opening', 'opened', 'commandStarted', 'commandStarted', 'commandEnded');
  expect(availabilityOf(two)).toBe('Busy');
});
