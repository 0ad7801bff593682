import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, test } from 'vitest';
import { fakeServer } from '../../../renderer/bridge/fake.ts';
import type { AppError } from '../../../shared/error.ts';
import { called, desk, fake, refuseCreate, start, user } from './app-page.tsx';

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
