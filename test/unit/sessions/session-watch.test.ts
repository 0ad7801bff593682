import { expect, test } from 'vitest';
import { watchSessions } from '../../../electron/sessions/session-watch.ts';
import type { SessionRow } from '../../../shared/session.ts';
import { WorldTime } from '../../simulation/chance.ts';

const MINUTE = 60_000;

function watched(rows: SessionRow[]) {
  const time = new WorldTime();
  let asleep = 0;
  let set = 0;
  let addresses = '10.0.0.7';
  const told: string[] = [];
  const stop = watchSessions({
    clock: time,
    wallClock: () => time.now() + asleep + set,
    // Counts while the computer sleeps, in whole seconds as on macOS.
    uptime: () => Math.floor((time.now() + asleep) / 1000) * 1000,
    addresses: () => addresses,
    rows: () => rows,
    woke: () => told.push('woke'),
    clockSet: (byMs) => told.push(`set by ${String(Math.round(byMs / MINUTE))}`),
    endsSoon: (row, at) => told.push(`${row.name} ends at ${String(at / MINUTE)}`),
    over: (row) => told.push(`${row.name} is over`),
  });
  return {
    told,
    stop,
    pass: (ms: number) => {
      const until = time.now() + ms;
      while (time.step(until));
    },
    sleep: (ms: number) => {
      asleep += ms;
    },
    move: (to: string) => {
      addresses = to;
    },
    setClock: (ms: number) => {
      set += ms;
    },
  };
}

function away(name: string, keptUntil: number, idleTimeoutMs?: number): SessionRow {
  return {
    id: 1,
    instanceId: '',
    name,
    serverId: 'z',
    serverName: 'Z002',
    computerName: 'Z002',
    state: 'Disconnected',
    configurationName: 'Microsoft.PowerShell',
    availability: 'None',
    entered: false,
    endsOnExit: false,
    keptUntil,
    ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
  };
}

test('a session that its server is about to end is warned of once, and again when it got a new end', () => {
  const rows = [away('Nightly', 120 * MINUTE)];
  const { told, pass } = watched(rows);
  pass(107 * MINUTE);
  expect(told).toEqual([]);
  pass(5 * MINUTE);
  expect(told).toEqual(['Nightly ends at 120']);
  rows[0] = away('Nightly', 240 * MINUTE);
  pass(128 * MINUTE);
  expect(told).toEqual(['Nightly ends at 120', 'Nightly ends at 240']);
});

test('one that is kept for a short time is warned of in its second half', () => {
  const { told, pass } = watched([away('Short', 5 * MINUTE, 5 * MINUTE)]);
  pass(2.4 * MINUTE);
  expect(told).toEqual([]);
  pass(0.2 * MINUTE);
  expect(told).toEqual(['Short ends at 5']);
});

test('one whose time is over is asked for, again each minute until it is known what became of it', () => {
  const rows = [away('Short', 5 * MINUTE, 5 * MINUTE)];
  const { told, pass } = watched(rows);
  pass(5 * MINUTE);
  expect(told).toEqual(['Short ends at 5']);
  pass(MINUTE / 2);
  expect(told.slice(1)).toEqual(['Short is over']);
  pass(MINUTE);
  expect(told.slice(1)).toEqual(['Short is over', 'Short is over']);
  rows.pop();
  pass(10 * MINUTE);
  expect(told).toHaveLength(3);
});

test('a computer that slept is noticed when it wakes, also where it did so for a short time; a clock that is set right is none of that', () => {
  const { told, pass, sleep, stop } = watched([]);
  pass(MINUTE);
  sleep(4_000);
  pass(MINUTE);
  expect(told).toEqual([]);
  sleep(20_000);
  pass(MINUTE);
  expect(told).toEqual(['woke']);
  sleep(10 * MINUTE);
  pass(MINUTE);
  expect(told).toEqual(['woke', 'woke']);
  stop();
  sleep(10 * MINUTE);
  pass(MINUTE);
  expect(told).toEqual(['woke', 'woke']);
});

test('a wall clock that is set is told apart from sleep, forward and back, and nobody is warned twice for it', () => {
  const rows = [away('Nightly', 120 * MINUTE)];
  const { told, pass, sleep, setClock } = watched(rows);
  pass(109 * MINUTE);
  expect(told).toEqual(['Nightly ends at 120']);
  setClock(-60 * MINUTE);
  rows[0] = away('Nightly', 60 * MINUTE);
  pass(MINUTE);
  expect(told).toEqual(['Nightly ends at 120', 'set by -60']);
  sleep(5 * MINUTE);
  pass(MINUTE);
  expect(told.slice(2)).toEqual(['woke']);
  setClock(90 * MINUTE);
  rows[0] = away('Nightly', 150 * MINUTE);
  pass(MINUTE);
  expect(told.slice(3)).toContain('set by 90');
  expect(told.slice(3)).not.toContain('Nightly ends at 150');
});

test('a computer that is on another network is noticed, one that is on none is not told to try', () => {
  const { told, pass, move } = watched([]);
  pass(MINUTE);
  expect(told).toEqual([]);
  move('192.168.1.4');
  pass(MINUTE);
  expect(told).toEqual(['woke']);
  move('');
  pass(MINUTE);
  expect(told).toEqual(['woke']);
  move('192.168.1.4');
  pass(MINUTE);
  expect(told).toEqual(['woke', 'woke']);
});
