/** The end of a long command, where nobody is looking. */
import { screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { fakeRow, fakeServer } from '../../../renderer/bridge/fake.ts';
import { desk, fake, start } from './app-page.tsx';

const said: { title: string; body: string | undefined; click: () => void }[] = [];

class FakeNotification extends EventTarget {
  static permission = 'granted';
  static requestPermission = (): Promise<string> => Promise.resolve(FakeNotification.permission);
  constructor(title: string, options?: { body?: string }) {
    super();
    said.push({ title, body: options?.body, click: () => this.dispatchEvent(new Event('click')) });
  }
}

const rows = [fakeRow({ name: 'Nightly' }), fakeRow({ id: 2, name: 'Reports' })];
const ended = (duration: number) =>
  fake.emit('terminal.command', {
    sessionId: 2,
    command: { commandId: 1, text: '(runs since 01:00:00)', state: 'completed', duration },
  });

beforeEach(async () => {
  said.length = 0;
  FakeNotification.permission = 'granted';
  vi.stubGlobal('Notification', FakeNotification);
  await start([fakeServer()], rows);
});
afterEach(() => vi.unstubAllGlobals());

describe('with the window behind others', () => {
  beforeEach(() => void vi.spyOn(document, 'hasFocus').mockReturnValue(false));

  test('a long one is told by the system, and a click shows its session', () => {
    ended(34 * 60_000);
    expect(said).toMatchObject([{ title: 'A command on Z002 has ended', body: 'Reports, after 34 min' }]);
    expect(JSON.stringify(said)).not.toContain('runs since');
    said[0]?.click();
    expect(desk.tabs.getState()).toMatchObject({ active: 's1' });
  });

  test('a short one is not', () => {
    ended(5000);
    expect(said).toEqual([]);
  });

  test('nothing is shown where it is not allowed', () => {
    FakeNotification.permission = 'denied';
    ended(60_000);
    expect(said).toEqual([]);
  });
});

test('with the window in front, and another page in it, the window says it', async () => {
  vi.spyOn(document, 'hasFocus').mockReturnValue(true);
  ended(60_000);
  expect(await screen.findByText('A command on Z002 has ended')).toBeTruthy();
  expect(said).toEqual([]);
});
