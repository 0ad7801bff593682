import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, test } from 'vitest';
import { fakeRow, fakeServer, Refusal } from '../../../renderer/bridge/fake.ts';
import { machineName } from '../../../renderer/features/sessions/sign-in-dialog.tsx';
import { called, desk, fake, practice, start, user } from './app-page.tsx';

describe('the list of servers', () => {
  test('double-click goes inside, Ctrl+Enter opens without entering', async () => {
    await start();
    await user.dblClick(screen.getByRole('option', { name: /Z002/ }));
    await waitFor(() => expect(called('sessions.create')).toMatchObject([{ serverId: 's1', enter: true }]));
    expect(await screen.findByRole('tab', { name: /Z002/, selected: true })).toBeTruthy();
    expect(await screen.findByRole('button', { name: 'Exit' })).toBeTruthy();

    screen.getByRole('listbox', { name: 'Servers' }).focus();
    await user.keyboard('{ArrowDown}{Control>}{Enter}{/Control}');
    await waitFor(() => expect(called('sessions.create')[1]).toMatchObject({ serverId: 'p', enter: false }));
  });

  test('a server somebody is inside of is not entered twice', async () => {
    await start([fakeServer()], [fakeRow({ entered: true })]);
    await user.dblClick(screen.getByRole('option', { name: /Z002/ }));
    await screen.findByRole('button', { name: 'Exit' });
    expect(called('sessions.create')).toEqual([]);
  });

  test('the filter narrows it and the selection follows', async () => {
    await start([fakeServer(), fakeServer({ id: 's2', name: 'SQL02', address: 'sql02' }), practice]);
    await user.type(screen.getByRole('textbox', { name: 'Filter servers' }), 'sql');
    expect(screen.getAllByRole('option').map((option) => option.id)).toEqual(['server-s2']);
    expect(screen.getByText('1 of 3 servers')).toBeTruthy();
    await user.keyboard('{Enter}{Enter}');
    await waitFor(() => expect(called('sessions.create')).toMatchObject([{ serverId: 's2' }]));
  });

  test('Shift+F10 opens the menu of the selected server', async () => {
    await start();
    screen.getByRole('listbox', { name: 'Servers' }).focus();
    await user.keyboard('{Shift>}{F10}{/Shift}');
    await user.click(await screen.findByRole('menuitem', { name: /Edit/ }));
    expect(await screen.findByRole('dialog', { name: 'Edit Z002' })).toBeTruthy();
  });

  test('Delete asks first, and Escape does no harm', async () => {
    await start();
    screen.getByRole('listbox', { name: 'Servers' }).focus();
    await user.keyboard('{Delete}');
    await screen.findByRole('dialog', { name: 'Remove Z002 from the list?' });
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(called('servers.remove')).toEqual([]);
    screen.getByRole('listbox', { name: 'Servers' }).focus();
    await user.keyboard('{Delete}');
    await user.click(await screen.findByRole('button', { name: 'Remove Z002' }));
    await waitFor(() => expect(called('servers.remove')).toEqual([{ id: 's1' }]));
    expect(screen.queryByRole('option', { name: /Z002/ })).toBeNull();
  });

  test('a server goes with its sessions, once the dialog has said so', async () => {
    await start([fakeServer()], [fakeRow(), fakeRow({ id: 2, state: 'Broken', availability: 'None' })]);
    fake.handlers['servers.remove'] = () => {
      if (fake.sessions.length > 0) throw new Refusal({ code: 'server.in-use', title: 'It has sessions' });
      return {};
    };
    screen.getByRole('listbox', { name: 'Servers' }).focus();
    await user.keyboard('{Delete}');
    expect(await screen.findByText(/Its open session is removed too/)).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Remove Z002' }));
    await waitFor(() => expect(screen.queryByRole('option', { name: /Z002/ })).toBeNull());
    expect(called('sessions.remove')).toEqual([{ sessionId: 1 }, { sessionId: 2 }]);
  });

  test('the practice server can be neither edited nor removed', async () => {
    await start([practice]);
    screen.getByRole('listbox', { name: 'Servers' }).focus();
    await user.keyboard('{Delete}{F2}');
    expect(screen.queryByRole('dialog')).toBeNull();
  });
});

describe('adding a server', () => {
  test('a wrong field says so beside it and nothing typed is lost', async () => {
    await start();
    await user.click(screen.getByRole('button', { name: 'Add server' }));
    const address = await screen.findByRole('textbox', { name: 'Address' });
    await user.type(address, 'has space');
    await user.type(screen.getByRole('textbox', { name: 'User name' }), 'CORP\\me');
    await user.click(screen.getByRole('radio', { name: 'HTTPS' }));
    expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Port' }).value).toBe('5986');
    await user.keyboard('{Enter}');
    expect(await screen.findByText(/no spaces, slashes or user name/)).toBeTruthy();
    expect(called('servers.add')).toEqual([]);
    expect(document.activeElement).toBe(address);
    expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'User name' }).value).toBe('CORP\\me');

    await user.clear(address);
    await user.type(address, 'z003{Enter}');
    await waitFor(() =>
      expect(called('servers.add')).toMatchObject([
        { address: 'z003', https: true, port: 5986, userName: 'CORP\\me' },
      ]),
    );
    expect(await screen.findByRole('option', { name: /z003/ })).toBeTruthy();
  });

  test('a refusal of main stands at its field', async () => {
    await start();
    fake.handlers['servers.add'] = () => {
      throw new Refusal({ code: 'server.duplicate-name', title: 'There is one of that name', field: 'name' });
    };
    await user.click(screen.getByRole('button', { name: 'Add server' }));
    await user.type(await screen.findByRole('textbox', { name: 'Address' }), 'z003{Enter}');
    expect(await screen.findByText('There is one of that name')).toBeTruthy();
    expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Address' }).value).toBe('z003');
  });

  test('how to sign in is folded away until somebody wants it; Basic over HTTP says what it means', async () => {
    await start();
    await user.click(screen.getByRole('button', { name: 'Add server' }));
    await screen.findByRole('radio', { name: 'HTTP', checked: true });
    expect(screen.queryByRole('combobox')).toBeNull();
    expect(screen.getByText('Negotiate')).toBeTruthy();
    await user.click(screen.getByText('Signing in and proxy'));
    const auth = await screen.findByRole('combobox', { name: 'Sign in with' });
    expect(screen.queryByRole('checkbox', { name: /readable/ })).toBeNull();
    await user.selectOptions(auth, 'Basic');
    await user.click(await screen.findByRole('checkbox', { name: /readable/ }));
    expect(await screen.findByText(/Everyone on the way can read/)).toBeTruthy();
    await user.click(screen.getByRole('radio', { name: 'HTTPS' }));
    await waitFor(() => expect(screen.queryByRole('checkbox', { name: /readable/ })).toBeNull());
    await user.click(screen.getByRole('radio', { name: 'HTTP' }));
    await user.selectOptions(auth, 'Certificate');
    await screen.findByRole('radio', { name: 'HTTPS', checked: true });
    expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Port' }).value).toBe('5986');
    await user.selectOptions(auth, 'CredSSP');
    expect(await screen.findByText(/The server gets your password/)).toBeTruthy();
    await user.type(screen.getByRole('textbox', { name: 'Address' }), 'z003{Enter}');
    await waitFor(() =>
      expect(called('servers.add')).toMatchObject([{ signIn: { auth: 'credssp' }, allowPlainBasic: false }]),
    );
  });

  test('what was chosen stands open, and something wrong in it is shown', async () => {
    await start([fakeServer({ https: false, port: 5985, signIn: { auth: 'certificate' } })]);
    screen.getByRole('listbox', { name: 'Servers' }).focus();
    await user.keyboard('{F2}');
    expect((await screen.findByRole<HTMLSelectElement>('combobox')).value).toBe('certificate');
    await user.keyboard('{Enter}');
    expect(await screen.findByText(/over HTTPS only/)).toBeTruthy();
    expect(called('servers.update')).toEqual([]);
  });

  test('Connect on the welcome page fills the form in and enters after', async () => {
    await start([practice]);
    await user.type(
      screen.getByRole('textbox', { name: 'Name or address of a server' }),
      'https://z009:5986/wsman{Enter}',
    );
    expect((await screen.findByRole<HTMLInputElement>('textbox', { name: 'Address' })).value).toBe('z009');
    await user.click(screen.getByRole('button', { name: /Add and enter/ }));
    await waitFor(() => expect(called('sessions.create')).toMatchObject([{ enter: true }]));
  });
});

test.each([
  ['z002.corp.example', 'Z002'],
  ['web-01', 'WEB-01'],
  ['10.20.4.11', 'SERVER'],
  ['fe80::1', 'SERVER'],
])('a local account of %s is written with %s', (address, machine) => {
  expect(machineName(address)).toBe(machine);
});

describe('tabs', () => {
  test('closing one leaves its sessions alone and stops their pages', async () => {
    await start([fakeServer()], [fakeRow({ entered: true })]);
    expect(await screen.findByRole('tab', { name: /Z002/, selected: true })).toBeTruthy();
    await waitFor(() => expect(called('terminal.attach')).toHaveLength(1));
    await user.click(screen.getByTitle(/^Close Z002/));
    await waitFor(() => expect(called('terminal.detach')).toEqual([{ sessionId: 1 }]));
    expect(called('sessions.remove')).toEqual([]);
    await user.dblClick(screen.getByRole('option', { name: /Z002/ }));
    await waitFor(() => expect(called('terminal.attach')).toHaveLength(2));
    expect(called('sessions.create')).toEqual([]);
  });
});

describe('settings', () => {
  test('open by Ctrl+comma, are kept at once, and refuse what cannot be', async () => {
    await start();
    desk.settings.setState({ scrollback: 5000 });
    await user.keyboard('{Control>},{/Control}');
    const dialog = await screen.findByRole('dialog', { name: 'Settings' });
    await user.click(within(dialog).getByRole('radio', { name: 'Light' }));
    // The others may have changed in another window: only what changed here is sent.
    await waitFor(() => expect(called('settings.update')).toEqual([{ theme: 'light' }]));
    const size = within(dialog).getByRole('textbox', { name: 'Terminal text' });
    await user.clear(size);
    await user.type(size, '99{Enter}');
    expect(within(dialog).getByRole('alert').textContent).toContain('From 9 to 32.');
    expect(called('settings.update')).toHaveLength(1);
    await user.clear(size);
    await user.type(size, '16{Enter}');
    await waitFor(() => expect(desk.settings.getState().fontSize).toBe(16));
  });

  test('a refusal of main puts the old value back', async () => {
    await start();
    fake.handlers['settings.update'] = () => {
      throw new Refusal({ code: 'store.damaged', title: 'The settings could not be written' });
    };
    await user.click(screen.getByRole('button', { name: 'Hide servers' }));
    expect(await screen.findByText('The settings could not be written')).toBeTruthy();
    expect(desk.settings.getState().sidebar).toBe(true);
  });
});
