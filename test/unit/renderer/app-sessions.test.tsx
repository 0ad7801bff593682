import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, test } from 'vitest';
import { fakeRow, fakeServer, Refusal } from '../../../renderer/bridge/fake.ts';
import type { AppError } from '../../../shared/error.ts';
import { called, desk, fake, practice, refuseCreate, start, user } from './app-page.tsx';

describe('what goes wrong', () => {
  test('is said in the tab, with its cure, and can be tried again', async () => {
    await start();
    refuseCreate({
      code: 'connect.refused',
      title: 'WinRM isn’t listening',
      why: 'Remoting may be off.',
      cure: { text: 'Run this there.', command: 'Enable-PSRemoting -Force' },
      details: 'ECONNREFUSED',
    });
    await user.dblClick(screen.getByRole('option', { name: /Z002/ }));
    const trouble = await screen.findByRole('alert', { name: 'WinRM isn’t listening' });
    expect(within(trouble).getByText('Enable-PSRemoting -Force')).toBeTruthy();
    expect(within(trouble).getByText('ECONNREFUSED')).toBeTruthy();
    await user.click(within(trouble).getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('button', { name: 'Exit' })).toBeTruthy();
    expect(called('sessions.create')).toHaveLength(2);
  });

  test('a lost background process is said once, and again no more when it is back', async () => {
    await start();
    fake.setConnected(false);
    expect(await screen.findByText(/not answering — reconnecting/)).toBeTruthy();
    fake.setConnected(true);
    await waitFor(() => expect(screen.queryByText(/not answering/)).toBeNull());
  });
});

describe('the table of sessions', () => {
  const rows = [
    fakeRow({ entered: true }),
    fakeRow({ id: 2, name: 'Patching', availability: 'Busy' }),
    fakeRow({ id: 3, name: 'Nightly', state: 'Disconnected', availability: 'Busy' }),
  ];

  test('says state and availability in words, and moves by arrows', async () => {
    await start([fakeServer()], rows);
    await user.dblClick(screen.getByRole('option', { name: /Z002/ }));
    const table = await screen.findByRole('grid', { name: 'Sessions' });
    expect(
      within(table)
        .getAllByRole('row')
        .slice(1)
        .map((row) => row.textContent),
    ).toEqual([
      '1Session1Z002OpenedMicrosoft.PowerShellAvailableInside',
      '2PatchingZ002OpenedMicrosoft.PowerShellBusyNot entered',
      '3NightlyZ002DisconnectedMicrosoft.PowerShellBusy',
    ]);
    within(table).getAllByRole('row')[1]?.focus();
    await user.keyboard('{ArrowDown}');
    expect(within(table).getByRole('row', { selected: true }).textContent).toContain('Patching');
    expect(await screen.findByRole('textbox', { name: /Run a command in Patching/ })).toBeTruthy();
    await user.keyboard('{Enter}');
    await waitFor(() => expect(called('sessions.enter')).toMatchObject([{ sessionId: 2 }]));
    // Patching is busy: what runs in it would stop, so it is asked first.
    within(table).getByRole('row', { selected: true }).focus();
    await user.keyboard('{Delete}');
    await user.click(await screen.findByRole('button', { name: 'Remove Patching' }));
    await waitFor(() => expect(called('sessions.remove')).toEqual([{ sessionId: 2 }]));
  });

  test('runs a command without entering, and keeps it where that fails', async () => {
    await start([fakeServer()], [fakeRow()]);
    fake.handlers['sessions.invoke'] = () => {
      throw new Refusal({ code: 'session.busy', title: 'The session is busy' });
    };
    screen.getByRole('listbox', { name: 'Servers' }).focus();
    await user.keyboard('{Control>}{Enter}{/Control}');
    const line = await screen.findByRole<HTMLInputElement>('textbox', { name: /Run a command/ });
    await user.type(line, 'Get-Service{Enter}');
    expect(await screen.findByText(/The session is busy/)).toBeTruthy();
    expect(line.value).toBe('Get-Service');
    expect(called('sessions.invoke')).toMatchObject([{ sessionId: 1, script: 'Get-Service' }]);
  });
});

describe('a session that broke', () => {
  test('says why above its page, and offers to enter again', async () => {
    const reason: AppError = {
      code: 'connect.reset',
      title: 'The connection was cut',
      why: 'The server ended it.',
      cure: { text: 'Enter it again.' },
    };
    await start([fakeServer()], [fakeRow({ state: 'Broken', availability: 'None', reason })]);
    fake.say(1, { commandId: 0, kind: 'output', vt: 'last words\r\n' });
    await user.keyboard('{Control>}{Shift>}e{/Shift}{/Control}');
    screen.getByRole('listbox', { name: 'Servers' }).focus();
    await user.keyboard('{Control>}{Enter}{/Control}');
    // Nothing live is left, so one was opened beside it; the broken one is still there to be read.
    await user.click(await screen.findByRole('row', { name: /Broken/ }));
    expect(await screen.findByText('The server ended it. Enter it again.')).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Enter' })).toBeNull();
    await waitFor(() => expect(desk.terminals.known(1)?.text()[0]).toBe('last words'));
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(called('sessions.create').at(-1)).toMatchObject({ enter: true }));
  });
});

describe('typed and not sent when a session breaks', () => {
  test('stands in the line of the session entered in its place, and is not run', async () => {
    await start([fakeServer()], [fakeRow({ entered: true })]);
    await screen.findByRole('button', { name: 'Exit' });
    const request = { requestId: 1, kind: 'command', prompt: 'PS> ', afterSeq: 0 } as const;
    fake.emit('terminal.input', { sessionId: 1, request });
    await waitFor(() => expect(desk.terminals.known(1)?.text()[0]).toContain('PS>'));
    desk.terminals.known(1)?.insert('Remove-Item x');
    fake.emit('terminal.input', { sessionId: 1, request: null });
    const reason: AppError = { code: 'connect.reset', title: 'The connection was cut' };
    fake.sessions = [fakeRow({ state: 'Broken', availability: 'None', reason })];
    fake.emit('session.changed', fakeRow({ state: 'Broken', availability: 'None', reason }));
    expect(await screen.findByText(/typed and not sent is kept/)).toBeTruthy();
    expect(screen.getByRole('option', { name: /no answer Z002/ })).toBeTruthy();
    await user.click(await screen.findByRole('button', { name: 'Try again' }));
    await waitFor(() =>
      expect(desk.terminals.known(2)?.text()[0]?.trimEnd()).toBe('[Z002]: PS C:\\> Remove-Item x'),
    );
    expect(called('terminal.submit')).toEqual([]);
  });
});

describe('while the practice server is prepared', () => {
  test('the page says what takes the time', async () => {
    const building = 'Building the PowerShell engine: only this once…';
    await start([fakeServer({ ...practice, practice: { state: 'starting', message: building } })]);
    fake.handlers['sessions.create'] = () => new Promise(() => undefined);
    await user.dblClick(screen.getByRole('option', { name: /Practice server/ }));
    expect(await screen.findByText(building)).toBeTruthy();
    expect(screen.getByText(/^Opening a session on Practice server/)).toBeTruthy();
  });
});
