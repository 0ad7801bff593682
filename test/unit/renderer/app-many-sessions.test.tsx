/** What is done with many sessions at once, from the keyboard. */
import { act, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, test } from 'vitest';
import { fakeRow, fakeServer, Refusal } from '../../../renderer/bridge/fake.ts';
import { filterRows } from '../../../renderer/stores/sessions.ts';
import type { CommandRecord } from '../../../shared/terminal.ts';
import { called, desk, fake, refuseCreate, start, user } from './app-page.tsx';

const servers = [fakeServer(), fakeServer({ id: 'y', name: 'Y001', address: 'y001' })];
const rows = [
  fakeRow({ name: 'Nightly' }),
  fakeRow({ id: 2, name: 'Patching', availability: 'Busy' }),
  fakeRow({ id: 3, name: 'Reports' }),
  fakeRow({ id: 4, serverId: 'y', serverName: 'Y001', computerName: 'y001', name: 'There' }),
];

async function tableOf(server: RegExp): Promise<HTMLElement> {
  await user.click(screen.getByRole('option', { name: server }));
  screen.getByRole('listbox', { name: 'Servers' }).focus();
  await user.keyboard('{Control>}{Enter}{/Control}');
  const table = await screen.findByRole('grid', { name: 'Sessions' });
  within(table).getAllByRole('row')[1]?.focus();
  return table;
}

describe('Invoke-Command in many sessions', () => {
  test('runs one line in each that is chosen and free, on other servers too, and says how it stands with each', async () => {
    await start(servers, rows);
    const ends: ((record: Partial<CommandRecord>) => void)[] = [];
    fake.handlers['sessions.invoke'] = ({ sessionId, script }) => {
      if (sessionId === 4) throw new Refusal({ code: 'session.busy', title: 'There is busy' });
      return new Promise<CommandRecord>((resolve) => {
        ends.push((record) =>
          resolve({ commandId: 1, text: script, state: 'completed', duration: 4000, ...record }),
        );
      });
    };
    await tableOf(/Z002/);
    await user.keyboard('{Control>}a{/Control}{Control>}{Enter}{/Control}');
    const dialog = await screen.findByRole('dialog', { name: 'Invoke-Command in several sessions' });
    const boxes = within(dialog).getAllByRole<HTMLInputElement>('checkbox');
    // Those of the table, the busy one not to be had; then what else is free in this window.
    expect(boxes.map(({ checked, disabled }) => [checked, disabled])).toEqual([
      [true, false],
      [false, true],
      [true, false],
      [false, false],
    ]);
    expect(within(dialog).getByText('Busy')).toBeTruthy();
    if (boxes[3]) await user.click(boxes[3]);
    await user.click(within(dialog).getByRole('textbox', { name: 'Command' }));
    await user.keyboard('Get-Service WinRM{Enter}');
    await waitFor(() =>
      expect(called('sessions.invoke')).toMatchObject([
        { sessionId: 1, script: 'Get-Service WinRM' },
        { sessionId: 3 },
        { sessionId: 4 },
      ]),
    );
    expect(await within(dialog).findByText('There is busy')).toBeTruthy();
    expect(within(dialog).getAllByText('Runs')).toHaveLength(2);
    // Stop all is Ctrl+C in each that runs.
    await user.click(within(dialog).getByRole('button', { name: 'Stop all' }));
    await waitFor(() => expect(called('terminal.interrupt')).toEqual([{ sessionId: 1 }, { sessionId: 3 }]));
    ends[0]?.({});
    ends[1]?.({ state: 'stopped' });
    expect(await within(dialog).findByText('Ended after 4 s')).toBeTruthy();
    expect(await within(dialog).findByText('Stopped after 4 s')).toBeTruthy();
    expect(within(dialog).getByRole('button', { name: /Run/ })).toBeTruthy();
  });
});

describe('Disconnect, Connect and Remove', () => {
  test('mean all that are chosen', async () => {
    await start(servers, [
      fakeRow({ name: 'Nightly', canDisconnect: true }),
      fakeRow({ id: 3, name: 'Reports', canDisconnect: true }),
    ]);
    await tableOf(/Z002/);
    await user.keyboard('{Control>}a{/Control}{Control>}{Shift>}d{/Shift}{/Control}');
    await waitFor(() =>
      expect(called('sessions.disconnect')).toMatchObject([{ sessionId: 1 }, { sessionId: 3 }]),
    );
    await waitFor(() => expect(screen.getAllByText('Disconnected').length).toBeGreaterThan(1));
    await user.keyboard('{Control>}{Shift>}d{/Shift}{/Control}');
    await waitFor(() =>
      expect(called('sessions.connect')).toMatchObject([{ sessionId: 1 }, { sessionId: 3 }]),
    );
    within(await screen.findByRole('grid', { name: 'Sessions' }))
      .getAllByRole('row')[1]
      ?.focus();
    await user.keyboard('{Control>}a{/Control}');
    await user.keyboard('{Delete}');
    await user.click(await screen.findByRole('button', { name: 'Remove 2 sessions' }));
    await waitFor(() => expect(called('sessions.remove')).toEqual([{ sessionId: 1 }, { sessionId: 3 }]));
  });
});

describe('what a session says of itself', () => {
  test('a restricted endpoint is named in the tab, the window title and the table', async () => {
    await start(servers, [
      fakeRow({ configurationName: 'Contoso.Jea', restricted: true, entered: true }),
      fakeRow({ id: 2, name: 'Plain', idleTimeoutMs: 1_800_000 }),
    ]);
    await tableOf(/Z002/);
    await waitFor(() => expect(document.title).toBe('Z002 · Contoso.Jea · PSDeck'));
    expect(screen.getByRole('tab', { name: /Z002 · Contoso\.Jea/ })).toBeTruthy();
    expect(screen.getByRole('row', { name: /Contoso\.Jea .*Inside, restricted endpoint/ })).toBeTruthy();
    expect(screen.getByRole('row', { name: /Plain.*Not entered, idle timeout 30 min/ })).toBeTruthy();
    await user.click(screen.getByRole('row', { name: /Plain/ }));
    // The default configuration goes without saying.
    await waitFor(() => expect(document.title).toBe('Z002 · PSDeck'));
  });

  test('its idle timeout is set without leaving it: it is disconnected with it, and connected again', async () => {
    await start(servers, [fakeRow({ name: 'Nightly', canDisconnect: true, idleTimeoutMs: 7_200_000 })]);
    await tableOf(/Z002/);
    await user.keyboard('{Shift>}{F10}{/Shift}');
    await user.click(await screen.findByRole('menuitem', { name: /Disconnect with options/ }));
    await user.type(await screen.findByRole('textbox', { name: /Keep it for/ }), '30');
    await user.click(screen.getByRole('checkbox', { name: /Connect again at once/ }));
    await user.click(screen.getByRole('button', { name: /^Set/ }));
    await waitFor(() => expect(called('sessions.connect')).toMatchObject([{ sessionId: 1 }]));
    expect(called('sessions.disconnect')).toEqual([
      { sessionId: 1, options: { bufferMode: 'Block', idleTimeoutMs: 1_800_000 } },
    ]);
  });
});

test.each<[string, number[]]>([
  ['night*', [1]],
  ['*', [1, 2, 3, 4]],
  ['busy', [2]],
  ['name:*s', [3]],
  ['name:report', [3]],
  ['id:4', [4]],
  ['computer:y*', [4]],
  ['state:opened avail:available', [1, 3, 4]],
  ['config:microsoft.powershell name:t*', [4]],
  ['instance:none', []],
  // Not a field: it stands in the row, or does not.
  ['what:ever', []],
])('Get-PSSession filtered by %s', (filter, ids) => {
  expect(filterRows(rows, filter).map((row) => row.id)).toEqual(ids);
});

test('a session’s own proxy is asked in its own name, and comes with the session from then on', async () => {
  await start([fakeServer({ signIn: { proxy: 'proxy.corp.example:3128' } })]);
  refuseCreate({ code: 'proxy.sign-in', title: 'The proxy wants a user name and a password' });
  await user.click(screen.getByRole('option', { name: /Z002/ }));
  screen.getByRole('listbox', { name: 'Servers' }).focus();
  await user.keyboard('{Control>}{Enter}{/Control}');
  await screen.findByRole('dialog', { name: 'Sign in to the proxy of Z002' });
  await user.keyboard('{Escape}');
  act(() => desk.shell.setState({ dialog: { kind: 'new-session', serverId: 's1' } }));
  const proxy = await screen.findByRole('textbox', { name: /HTTP proxy/ });
  await user.type(proxy, 'http://ada:secret@other:1{Enter}');
  expect(await screen.findByText('Type it as host:port, or system, or none')).toBeTruthy();
  await user.clear(proxy);
  refuseCreate({ code: 'proxy.sign-in', title: 'The proxy wants a user name and a password' });
  await user.type(proxy, 'other.example:8080{Enter}');
  const form = await screen.findByRole('dialog', { name: 'Sign in to the proxy of Z002' });
  expect(within(form).getByText(/^other\.example:8080, on the way to/)).toBeTruthy();
  await user.type(within(form).getByRole('textbox', { name: 'User name' }), 'paula');
  await user.type(within(form).getByLabelText('Password'), 'tunnel{Enter}');
  await waitFor(() =>
    expect(called('servers.proxySignIn')).toEqual([
      {
        id: 's1',
        proxy: 'other.example:8080',
        credential: { userName: 'paula', password: 'tunnel' },
      },
    ]),
  );
  expect(called('sessions.create').at(-1)).toMatchObject({ options: { proxy: 'other.example:8080' } });
});

describe('Enter on a session that is still opening', () => {
  const opening = { id: 7, state: 'Opening', availability: 'None' } as const;
  async function pressed(): Promise<HTMLElement> {
    await start(servers, [fakeRow({ name: 'Nightly' }), fakeRow(opening)]);
    const table = await tableOf(/Z002/);
    await user.keyboard('{End}{Enter}{Enter}');
    expect(called('sessions.enter')).toEqual([]);
    return table;
  }

  test('goes inside when it is open, once', async () => {
    await pressed();
    act(() => fake.emit('session.changed', fakeRow({ id: 7 })));
    await waitFor(() => expect(called('sessions.enter')).toMatchObject([{ sessionId: 7 }]));
  });

  test('does nothing any more for who has gone elsewhere', async () => {
    const table = await pressed();
    within(table).getAllByRole('row')[1]?.focus();
    act(() => fake.emit('session.changed', fakeRow({ id: 7 })));
    await waitFor(() => expect(within(table).getAllByText('Available')).toHaveLength(2));
    expect(called('sessions.enter')).toEqual([]);
  });
});
