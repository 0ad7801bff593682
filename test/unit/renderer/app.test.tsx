import { cleanup, configure, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { App } from '../../../renderer/app.tsx';
import { createBridge } from '../../../renderer/bridge/client.ts';
import type { FakeMain } from '../../../renderer/bridge/fake.ts';
import { createFakeMain, fakeRow, fakeServer, Refusal } from '../../../renderer/bridge/fake.ts';
import type { Desk } from '../../../renderer/desk.ts';
import { createDesk, startDesk } from '../../../renderer/desk.ts';
import { machineName } from '../../../renderer/features/sessions/sign-in-dialog.tsx';
import { DeskContext } from '../../../renderer/ui/desk-context.ts';
import type { AppError } from '../../../shared/error.ts';
import { givePageSizes } from './page-without-layout.ts';

// The whole page in every message tells nobody anything.
configure({ getElementError: (message) => new Error(message?.split('\n')[0] ?? '') });

const quietTheme = {
  watch: () => undefined,
  recall: () => 'system' as const,
  remember: () => undefined,
  show: () => undefined,
};
const practice = fakeServer({
  id: 'p',
  kind: 'practice',
  name: 'Practice server (this computer)',
  address: '127.0.0.1',
  practice: { state: 'ready' },
});

let fake: FakeMain;
let desk: Desk;
const user = userEvent.setup();

async function start(servers = [fakeServer(), practice], rows = [] as ReturnType<typeof fakeRow>[]) {
  fake = createFakeMain(servers, rows);
  desk = createDesk(createBridge(fake.port), quietTheme);
  startDesk(desk);
  render(
    <DeskContext value={desk}>
      <App />
    </DeskContext>,
  );
  await screen.findByText(/^\d+ servers?$/);
}

function called(name: string): unknown[] {
  return fake.log.filter((call) => call.name === name).map((call) => call.input);
}

function refuseCreate(...errors: AppError[]): void {
  const create = fake.handlers['sessions.create'];
  fake.handlers['sessions.create'] = (input) => {
    const error = errors.shift();
    if (error !== undefined) throw new Refusal(error);
    return create(input);
  };
}

beforeEach(() => {
  givePageSizes();
  globalThis.ResizeObserver ??= class {
    observe(): void {}
    unobserve(): void {}
    disconnect(): void {}
  };
});
afterEach(cleanup);

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

describe('signing in', () => {
  const required: AppError = { code: 'credential.required', title: 'A password is needed' };
  const rejected: AppError = { code: 'signin.rejected', title: 'User name or password rejected' };

  test('asks, keeps what was typed when refused, never sends it again by itself', async () => {
    await start();
    refuseCreate(required, rejected);
    await user.dblClick(screen.getByRole('option', { name: /Z002/ }));
    const dialog = await screen.findByRole('dialog', { name: 'Sign in to Z002' });
    const password = within(dialog).getByLabelText<HTMLInputElement>('Password');
    await user.type(password, 'hunter2{Enter}');
    expect(await screen.findByText(/User name or password rejected/)).toBeTruthy();
    expect(called('sessions.create')).toHaveLength(2);
    expect(password.value).toBe('hunter2');
    expect(
      JSON.stringify([desk.shell.getState(), desk.tabs.getState(), desk.servers.getState()]),
    ).not.toContain('hunter2');
    await user.clear(password);
    await user.type(password, 'hunter3{Enter}');
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(called('sessions.create').at(-1)).toMatchObject({
      credential: { userName: 'CORP\\adm-ops', password: 'hunter3' },
    });
  });

  test('Escape gives up without a word', async () => {
    await start();
    refuseCreate(required);
    await user.dblClick(screen.getByRole('option', { name: /Z002/ }));
    await screen.findByRole('dialog', { name: 'Sign in to Z002' });
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(called('sessions.create')).toHaveLength(1);
    expect(await screen.findByText('No session on Z002.')).toBeTruthy();
  });
});

describe('a way to sign in that protects less', () => {
  const ntlm: AppError = {
    code: 'signin.ntlm-over-http',
    title: 'NTLM over HTTP does not prove that this is Z002',
    why: 'Nothing was sent.',
  };

  test('is asked about once, and the answer is kept by main for that server', async () => {
    await start([fakeServer({ https: false, port: 5985 })]);
    refuseCreate(ntlm);
    await user.dblClick(screen.getByRole('option', { name: /Z002/ }));
    await user.click(await screen.findByRole('button', { name: 'Use NTLM' }));
    expect(await screen.findByRole('button', { name: 'Exit' })).toBeTruthy();
    expect(called('servers.allow')).toEqual([{ id: 's1', what: 'ntlm-over-http' }]);
    expect(fake.servers[0]?.allowNtlmOverHttp).toBe(true);
  });

  test('Enter and Escape allow nothing, and the tab says why there is no session', async () => {
    await start([fakeServer({ https: false, port: 5985, signIn: { auth: 'basic' } })]);
    const plain = { code: 'signin.plain-text', title: 'The password would be readable' };
    refuseCreate(plain, plain);
    await user.dblClick(screen.getByRole('option', { name: /Z002/ }));
    await screen.findByRole('dialog', { name: plain.title });
    await user.keyboard('{Enter}');
    const told = await screen.findByRole('alert', { name: plain.title });
    await user.click(within(told).getByRole('button', { name: 'Try again' }));
    await screen.findByRole('button', { name: 'Send the password readable' });
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(called('servers.allow')).toEqual([]);
  });
});

describe('a proxy that asks who somebody is', () => {
  test('is told in a form of its own, and the server is tried again', async () => {
    await start([fakeServer({ signIn: { proxy: 'proxy.corp.example:3128' } })]);
    refuseCreate({ code: 'proxy.sign-in', title: 'The proxy wants a user name and a password' });
    await user.dblClick(screen.getByRole('option', { name: /Z002/ }));
    const form = await screen.findByRole('dialog', { name: 'Sign in to the proxy of Z002' });
    await user.type(within(form).getByRole('textbox', { name: 'User name' }), 'out');
    await user.type(within(form).getByLabelText('Password'), 'through{Enter}');
    expect(await screen.findByRole('button', { name: 'Exit' })).toBeTruthy();
    expect(called('servers.proxySignIn')).toEqual([
      { id: 's1', credential: { userName: 'out', password: 'through' } },
    ]);
    // The server's own password is another matter.
    expect(called('sessions.create').at(-1)).not.toHaveProperty('credential');
  });
});

describe('a certificate nobody vouches for', () => {
  const certificate = {
    subject: 'CN=z002.corp.example',
    names: ['z002.corp.example'],
    issuer: 'CN=z002.corp.example',
    validFrom: '2020-01-01T00:00:00Z',
    validTo: '2099-01-01T00:00:00Z',
    fingerprint: Array.from({ length: 32 }, () => 'AB').join(':'),
    problem: 'It is signed by itself',
  };

  test('is trusted only by the button that says so; then the session opens', async () => {
    await start();
    refuseCreate({ code: 'tls.untrusted', title: 'Not accepted', certificate });
    await user.dblClick(screen.getByRole('option', { name: /Z002/ }));
    await screen.findByRole('dialog', { name: 'Is this really Z002?' });
    await user.keyboard('{Enter}');
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(called('servers.trustCertificate')).toEqual([]);

    refuseCreate({ code: 'tls.untrusted', title: 'Not accepted', certificate });
    await user.click(await screen.findByRole('button', { name: /Enter Z002/ }));
    await user.click(await screen.findByRole('button', { name: 'It matches, trust it' }));
    await waitFor(() =>
      expect(called('servers.trustCertificate')).toEqual([
        { id: 's1', fingerprint: certificate.fingerprint },
      ]),
    );
    expect(await screen.findByRole('button', { name: 'Exit' })).toBeTruthy();
  });

  test('a fingerprint that does not match cannot be trusted', async () => {
    await start([fakeServer({ trustedFingerprint: 'CD:EF' })]);
    refuseCreate({ code: 'tls.changed', title: 'Changed', certificate });
    await user.dblClick(screen.getByRole('option', { name: /Z002/ }));
    await screen.findByRole('dialog', { name: 'The certificate of Z002 has changed' });
    expect(screen.getByText(/CD:EF/)).toBeTruthy();
    await user.type(screen.getByRole('textbox', { name: 'What the command printed' }), '0'.repeat(64));
    expect(screen.getByText('It does not match')).toBeTruthy();
    const trust = screen.getByRole<HTMLButtonElement>('button', { name: 'It matches, trust it' });
    expect(trust.disabled).toBe(true);
  });
});

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
