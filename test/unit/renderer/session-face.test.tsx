/** Table, tab, server list, status bar and window title of the same sessions say the same. */
import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { fakeRow, fakeServer, Refusal } from '../../../renderer/bridge/fake.ts';
import { openSession } from '../../../renderer/features/sessions/open-session.ts';
import { faceOf, faceOfAll, windowTitle } from '../../../renderer/stores/session-face.ts';
import { filterRows } from '../../../renderer/stores/sessions.ts';
import { Availability, SessionState, type SessionRow } from '../../../shared/session.ts';
import { desk, fake, start, user } from './app-page.tsx';

const retrying = {
  kind: 'cut',
  since: 0,
  attempts: 1,
  nextTryAt: 1,
  givesUpAt: 2,
  why: 'no answer',
} as const;

async function deskWith(...rows: SessionRow[]) {
  await start([fakeServer()], rows);
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
    await deskWith(row);
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
  await deskWith(fakeRow({ id: 1, retrying }));
  expect(screen.getByRole('img', { name: 'no answer' })).toBeDefined();
  fake.emit('session.changed', fakeRow({ id: 2 }));
  expect(await screen.findByRole('img', { name: 'answers' })).toBeDefined();
});

test('an opening that did not come to be is not announced as a closed session', async () => {
  await deskWith(fakeRow({ state: 'Opening' }), fakeRow({ id: 2 }));
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
  await deskWith(fakeRow({ missed }));
  desk.tabs.setState({ order: ['s1'], active: 's1' });
  expect(await screen.findByText(words)).toBeDefined();
});

test('Disconnect, Connect and Remove work on several at once, by the keyboard', async () => {
  await deskWith(
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

test('what failed with one session is said in its place and in no other', async () => {
  await deskWith(
    fakeRow({ id: 1, entered: true }),
    fakeRow({ id: 2, name: 'Nightly', state: 'Disconnected', availability: 'None' }),
  );
  desk.tabs.setState({ order: ['s1'], active: 's1' });
  fake.handlers['sessions.connect'] = () => {
    throw new Refusal({ code: 'session.expired', title: 'Nightly is not there any more' });
  };
  const grid = await screen.findByRole('grid', { name: 'Sessions' });
  within(grid).getByText('Nightly').closest('tr')?.focus();
  await user.click(within(grid).getByText('Nightly'));
  await user.keyboard('{Enter}');
  await screen.findByRole('alert', { name: 'Nightly is not there any more' });
  expect(screen.getByTitle('Z002, Available')).toBeDefined();
  await user.keyboard('{ArrowUp}');
  await waitFor(() => expect(screen.queryByRole('alert')).toBeNull());
  await user.keyboard('{ArrowDown}');
  await screen.findByRole('alert', { name: 'Nightly is not there any more' });
  fake.handlers['sessions.connect'] = ({ sessionId }) =>
    fakeRow({ id: sessionId, name: 'Nightly', entered: true });
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  await waitFor(() => expect(screen.queryByRole('alert')).toBeNull());
});

test('an opening that failed says so until another session is looked at, and is tried again with all that was wished', async () => {
  await deskWith(fakeRow({ id: 1 }));
  desk.tabs.setState({ order: ['s1'], active: 's1' });
  const create = fake.handlers['sessions.create'];
  fake.handlers['sessions.create'] = () => {
    throw new Refusal({ code: 'connect.refused', title: 'Nothing listens there' });
  };
  await user.click(await screen.findByRole('button', { name: /^New session/ }));
  await screen.findByRole('alert', { name: 'Nothing listens there' });
  const grid = screen.getByRole('grid', { name: 'Sessions' });
  await user.click(within(grid).getByText('Session1'));
  expect(screen.queryByRole('alert')).toBeNull();

  const wish = { enter: false, name: 'Nightly', options: { idleTimeoutMs: 600_000 } };
  await openSession(desk, 's1', wish);
  fake.handlers['sessions.create'] = create;
  await user.click(await screen.findByRole('button', { name: 'Try again' }));
  await within(grid).findByText('Nightly');
  expect(fake.log.findLast((call) => call.name === 'sessions.create')?.input).toMatchObject(wish);
});

test('an opening brings the person to its line at once, and whoever goes elsewhere stays there when it is open', async () => {
  await deskWith(fakeRow({ id: 1 }), fakeRow({ id: 2 }));
  desk.tabs.setState({ order: ['s1'], active: 's1' });
  const opened = Promise.withResolvers<SessionRow>();
  fake.handlers['sessions.create'] = () => {
    fake.sessions = [...fake.sessions, fakeRow({ id: 3, state: 'Opening', availability: 'None' })];
    fake.emit('session.changed', fakeRow({ id: 3, state: 'Opening', availability: 'None' }));
    return opened.promise;
  };
  const grid = await screen.findByRole('grid', { name: 'Sessions' });
  const chosen = () => within(grid).getByRole('row', { selected: true }).dataset['session'];
  await user.click(screen.getByRole('button', { name: /^New session/ }));
  await waitFor(() => expect(chosen()).toBe('3'));
  await user.click(within(grid).getByText('Session1'));
  expect(chosen()).toBe('1');
  // The row is told of before the call is answered.
  fake.emit('session.changed', fakeRow({ id: 3 }));
  await waitFor(() => expect(within(grid).getAllByText('Available')).toHaveLength(3));
  opened.resolve(fakeRow({ id: 3 }));
  await waitFor(() => expect(desk.tabs.getState().servers['s1']?.opening).toBe(false));
  expect(chosen()).toBe('1');
  expect(document.activeElement?.closest('[data-session]')?.getAttribute('data-session')).toBe('1');
});

test('a question on the way does not lose the person, who is brought to the session after it', async () => {
  await deskWith(fakeRow({ id: 1 }), fakeRow({ id: 2 }));
  desk.tabs.setState({ order: ['s1'], active: 's1' });
  let asked = false;
  fake.handlers['sessions.create'] = () => {
    fake.sessions = [...fake.sessions, fakeRow({ id: 3, state: 'Opening', availability: 'None' })];
    fake.emit('session.changed', fakeRow({ id: 3, state: 'Opening', availability: 'None' }));
    if (asked) return fakeRow({ id: 3 });
    asked = true;
    fake.emit('session.removed', { sessionId: 3 });
    throw new Refusal({ code: 'signin.ntlm-over-http', title: 'NTLM over HTTP' });
  };
  const grid = await screen.findByRole('grid', { name: 'Sessions' });
  await user.click(within(grid).getByText('Session1'));
  await user.click(screen.getByRole('button', { name: /^New session/ }));
  await waitFor(() => expect(desk.shell.getState().allow).not.toBeNull());
  desk.shell.getState().allow?.answer(true);
  await waitFor(() => expect(desk.tabs.getState().servers['s1']?.opening).toBe(false));
  expect(within(grid).getByRole('row', { selected: true }).dataset['session']).toBe('3');
});

test('Delete leaves the keyboard on the next line, and at the end on the one before', async () => {
  await deskWith(...[1, 2, 3, 4].map((id) => fakeRow({ id, entered: id === 1, availability: 'Available' })));
  desk.tabs.setState({ order: ['s1'], active: 's1' });
  const grid = await screen.findByRole('grid', { name: 'Sessions' });
  const chosen = () => within(grid).getByRole('row', { selected: true }).dataset['session'];
  await user.click(within(grid).getByText('Session3'));
  await user.keyboard('{Delete}');
  await waitFor(() => expect(within(grid).queryByText('Session3')).toBeNull());
  expect(chosen()).toBe('4');
  within(grid).getByRole('row', { selected: true }).focus();
  await user.keyboard('{Delete}');
  await waitFor(() => expect(within(grid).queryByText('Session4')).toBeNull());
  expect(chosen()).toBe('2');
});

test('what an earlier run left is offered with a button, until it is connected', async () => {
  await deskWith(
    fakeRow({ id: 1, name: 'Nightly', state: 'Disconnected', availability: 'None', left: 'earlier-run' }),
  );
  fake.handlers['sessions.connect'] = ({ sessionId }) => fakeRow({ id: sessionId, name: 'Nightly' });
  fake.emit('app.notice', { error: { code: 'session.left', title: 'Nightly was left on Z002' } });
  const told = (await screen.findByText('Nightly was left on Z002')).parentElement ?? document.body;
  await user.click(within(told).getByText('Connect'));
  await waitFor(() => expect(screen.queryByText('Nightly was left on Z002')).toBeNull());
});

test('a warning that a session ends soon is gone when it was connected', async () => {
  const ends = { code: 'session.ends-soon', title: 'Z002 ends Nightly at 12:13' };
  const away = fakeRow({ state: 'Disconnected', availability: 'None', keptUntil: Date.now() + 3_600_000 });
  await deskWith(away);
  fake.emit('app.notice', { error: ends, sessionId: 1 });
  await screen.findByText(ends.title);
  fake.emit('session.changed', fakeRow());
  await waitFor(() => expect(screen.queryByText(ends.title)).toBeNull());
});
