/** Table, tab, server list, status bar and window title of the same sessions say the same. */
import { cleanup, configure, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { App } from '../../../renderer/app.tsx';
import { createBridge } from '../../../renderer/bridge/client.ts';
import { createFakeMain, fakeRow, fakeServer } from '../../../renderer/bridge/fake.ts';
import { createDesk, startDesk } from '../../../renderer/desk.ts';
import { faceOf, faceOfAll, windowTitle } from '../../../renderer/stores/session-face.ts';
import { filterRows } from '../../../renderer/stores/sessions.ts';
import { DeskContext } from '../../../renderer/ui/desk-context.ts';
import { Availability, SessionState, type SessionRow } from '../../../shared/session.ts';
import { givePageSizes } from './page-without-layout.ts';

configure({ getElementError: (message) => new Error(message?.split('\n')[0] ?? '') });

const quietTheme = {
  watch: () => undefined,
  recall: () => 'system' as const,
  remember: () => undefined,
  show: () => undefined,
};

beforeEach(() => {
  givePageSizes();
  globalThis.ResizeObserver ??= class {
    observe(): void {}
    unobserve(): void {}
    disconnect(): void {}
  };
});
afterEach(cleanup);

const retrying = {
  kind: 'cut',
  since: 0,
  attempts: 1,
  nextTryAt: 1,
  givesUpAt: 2,
  why: 'no answer',
} as const;

async function deskWith(...rows: SessionRow[]) {
  const fake = createFakeMain([fakeServer()], rows);
  const desk = createDesk(createBridge(fake.port), quietTheme);
  startDesk(desk);
  render(
    <DeskContext value={desk}>
      <App />
    </DeskContext>,
  );
  const user = userEvent.setup();
  await screen.findByText(/^\d+ servers?$/);
  return { fake, desk, user };
}

test('every state and availability has a face, and the one that matters most is said by all of them', () => {
  for (const state of SessionState.options) {
    for (const availability of Availability.options) {
      for (const cut of [undefined, retrying]) {
        const row = fakeRow({ state, availability, ...(cut === undefined ? {} : { retrying: cut }) });
        const { one } = faceOf(row);
        expect(faceOfAll([row])).toEqual({ ...one, count: 1 });
        expect(windowTitle('Z002', one)).toContain('Z002');
        if (one.glyph !== 'opened' && one.glyph !== 'none')
          expect(windowTitle('Z002', one)).toContain(one.word);
        if (cut) expect(one.word).toBe('Interrupted');
      }
    }
  }
});

test.each([
  ['interrupted', fakeRow({ availability: 'Busy', retrying }), 'Interrupted'],
  ['held elsewhere', fakeRow({ state: 'Disconnected', availability: 'Busy' }), 'Held elsewhere'],
  ['disconnected', fakeRow({ state: 'Disconnected', availability: 'None' }), 'Disconnected'],
  ['busy', fakeRow({ availability: 'Busy' }), 'Busy'],
  ['broken', fakeRow({ state: 'Broken', availability: 'None' }), 'Broken'],
])(
  'one that is %s is so in the table, the tab, the list, the status bar and the title',
  async (_name, row, word) => {
    const { desk } = await deskWith(row);
    desk.tabs.setState({ order: ['s1'], active: 's1' });
    const grid = await screen.findByRole('grid', { name: 'Sessions' });
    const { state, availability } = faceOf(row);
    expect(within(grid).getByText(state.word)).toBeDefined();
    expect(within(grid).getByText(availability.word)).toBeDefined();
    expect(screen.getByTitle(`Z002, ${word}`)).toBeDefined();
    expect(screen.getByTitle(`${word}, 1 session`)).toBeDefined();
    expect(within(screen.getByLabelText('Status')).getByText(new RegExp(word))).toBeDefined();
    expect(document.title).toBe(`Z002 · ${word} · PSDeck`);
  },
);

test('a server whose only session is cut does not answer; one that has another does', async () => {
  const { fake } = await deskWith(fakeRow({ id: 1, retrying }));
  expect(screen.getByRole('img', { name: 'no answer' })).toBeDefined();
  fake.emit('session.changed', fakeRow({ id: 2 }));
  expect(await screen.findByRole('img', { name: 'answers' })).toBeDefined();
});

test('an opening that did not come to be is not announced as a closed session', async () => {
  const { desk, fake } = await deskWith(fakeRow({ state: 'Opening' }), fakeRow({ id: 2 }));
  fake.emit('session.changed', fakeRow({ state: 'Closed' }));
  fake.emit(
    'session.changed',
    fakeRow({ id: 2, state: 'Broken', computerName: '127.0.0.1', serverName: 'LAB1' }),
  );
  await waitFor(() => expect(desk.shell.getState().announcement).toBe('Session2 on LAB1: Broken'));
  fake.emit('session.changed', fakeRow({ id: 1, state: 'Opening' }));
  fake.emit('session.changed', fakeRow({ id: 1, state: 'Closed' }));
  expect(desk.shell.getState().announcement).not.toContain('Closed');
});

test.each([
  [1, '1 message missing'],
  [2, '2 messages missing'],
])('a row of which %i messages were lost says so', async (missed, words) => {
  const { desk } = await deskWith(fakeRow({ missed }));
  desk.tabs.setState({ order: ['s1'], active: 's1' });
  expect(await screen.findByText(words)).toBeDefined();
});

test('Disconnect, Connect and Remove work on several at once, by the keyboard', async () => {
  const { fake, desk, user } = await deskWith(
    fakeRow({ id: 1, canDisconnect: true }),
    fakeRow({ id: 2, canDisconnect: true }),
    fakeRow({ id: 3, canDisconnect: true }),
  );
  desk.tabs.setState({ order: ['s1'], active: 's1' });
  const grid = await screen.findByRole('grid', { name: 'Sessions' });
  within(grid).getByText('Session3').closest('tr')?.focus();
  await user.keyboard('{Shift>}{ArrowUp}{/Shift}{Control>}{Shift>}d{/Shift}{/Control}');
  const asked = (name: string) =>
    fake.log
      .filter((call) => call.name === name)
      .map((call) => (call.input as { sessionId: number }).sessionId);
  await waitFor(() => expect(asked('sessions.disconnect')).toEqual([2, 3]));
  await within(grid).findAllByText('Disconnected');
  await user.keyboard('{Delete}');
  await user.click(await screen.findByRole('button', { name: 'Remove 2 sessions' }));
  await waitFor(() => expect(asked('sessions.remove')).toEqual([2, 3]));
});

test('a filter finds by name, state and configuration, with wildcards as PowerShell has them', () => {
  const rows = [
    fakeRow({ id: 1, name: 'Nightly', state: 'Disconnected', availability: 'None' }),
    fakeRow({ id: 2, name: 'Patching', configurationName: 'PowerShell.7' }),
    fakeRow({ id: 12, name: 'Night shift' }),
  ];
  const found = (filter: string): number[] => filterRows(rows, filter).map((row) => row.id);
  expect(found('')).toEqual([1, 2, 12]);
  expect(found('night')).toEqual([1, 12]);
  expect(found('night opened')).toEqual([12]);
  expect(found('night*ly')).toEqual([1]);
  expect(found('powershell.?')).toEqual([2]);
  expect(found('(')).toEqual([]);
});
