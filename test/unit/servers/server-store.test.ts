import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PRACTICE_SERVER_ID, ServerStore } from '../../../electron/servers/server-store.ts';
import { effectiveSignIn, ServerDraft, type Server } from '../../../shared/server.ts';

let folder: string;
let announced: Server[][];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'psdeck-servers-'));
  announced = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function store(): Promise<ServerStore> {
  const it = new ServerStore(folder, (list) => announced.push(list));
  await it.load();
  return it;
}

const draft = (change: Partial<ServerDraft> = {}) =>
  ServerDraft.parse({ address: 'z002.corp.example', port: 5986, https: true, ...change });
const FINGERPRINT = Array.from({ length: 32 }, () => 'AB').join(':');

test('the first run has the practice server and nothing else', async () => {
  expect((await store()).list().map((server) => server.name)).toEqual(['Practice server (this computer)']);
});

test('a server is kept across a restart; the practice server is never written', async () => {
  const first = await store();
  const added = await first.add(draft());
  first.setPractice({ practice: { state: 'ready' }, port: 40000, userName: 'practice' });
  expect(added.name).toBe('z002.corp.example');
  expect((await store()).list().map((server) => server.name)).toEqual([
    'z002.corp.example',
    'Practice server (this computer)',
  ]);
  expect(await readFile(join(folder, 'servers.json'), 'utf8')).not.toContain('40000');
  expect(announced.at(-1)?.find((server) => server.id === PRACTICE_SERVER_ID)?.port).toBe(40000);
});

test('two servers cannot have the same name, in whatever case', async () => {
  const it = await store();
  await it.add(draft({ name: 'Z002' }));
  await expect(it.add(draft({ name: 'z002' }))).rejects.toMatchObject({
    error: { code: 'server.duplicate-name', field: 'name' },
  });
  expect(it.list()).toHaveLength(2);
});

test('trust is for the address it was given to', async () => {
  const it = await store();
  const { id } = await it.add(draft());
  await it.trustCertificate(id, FINGERPRINT);
  expect((await it.update(id, draft({ name: 'Renamed' }))).trustedFingerprint).toBe(FINGERPRINT);
  expect((await it.update(id, draft({ address: 'other.example' }))).trustedFingerprint).toBeUndefined();
});

test('what is no fingerprint is not trusted', async () => {
  const it = await store();
  const { id } = await it.add(draft());
  await expect(it.trustCertificate(id, 'AB:CD')).rejects.toMatchObject({ error: { code: 'input.invalid' } });
});

test('the practice server cannot be edited or removed, an unknown one is said to be gone', async () => {
  const it = await store();
  await expect(it.remove(PRACTICE_SERVER_ID)).rejects.toMatchObject({ error: { code: 'server.practice' } });
  await expect(it.update(PRACTICE_SERVER_ID, draft())).rejects.toMatchObject({
    error: { code: 'server.practice' },
  });
  expect(() => it.get('nope')).toThrow(/no longer in the list/);
});

test.each([
  ['a URL', 'https://z002/wsman'],
  ['a name with a space', 'my server'],
  ['user@host', 'ada@z002'],
  ['nothing', '   '],
])('%s is not an address', (_name, address) => {
  expect(ServerDraft.safeParse({ address, port: 5986, https: true }).success).toBe(false);
});

test.each(['z002', '10.0.0.1', 'fe80::1', 'z002.corp.example'])('%s is an address', (address) => {
  expect(ServerDraft.safeParse({ address, port: 5986, https: true }).success).toBe(true);
});

test('servers that are added at the same time are all kept, here and on disk', async () => {
  const it = await store();
  const names = ['a', 'b', 'c'];
  const [first] = await Promise.all(names.map((name) => it.add(draft({ name }))));
  await Promise.all([it.remove(first?.id ?? ''), it.add(draft({ name: 'd' }))]);
  const kept = ['b', 'c', 'd', 'Practice server (this computer)'];
  expect(it.list().map((server) => server.name)).toEqual(kept);
  expect((await store()).list().map((server) => server.name)).toEqual(kept);
});

test('of two servers with the same name that are added at the same time, one is refused', async () => {
  const it = await store();
  const both = await Promise.allSettled([it.add(draft({ name: 'z' })), it.add(draft({ name: 'Z' }))]);
  expect(both.map((each) => each.status)).toEqual(['fulfilled', 'rejected']);
  expect(it.list()).toHaveLength(2);
});

test('a file from before there was a choice is read: what was turned on stays on, the rest gets the default', async () => {
  const before = {
    id: 'one',
    kind: 'winrm',
    name: 'Z002',
    address: 'z002.corp.example',
    port: 5986,
    https: true,
    userName: 'CORP\\ada',
    configuration: 'PowerShell.7',
    allowPlainBasic: false,
    trustedFingerprint: FINGERPRINT,
  };
  const plain = { ...before, id: 'two', name: 'Lab', port: 5985, https: false, allowPlainBasic: true };
  const path = join(folder, 'servers.json');
  await writeFile(path, JSON.stringify({ version: 1, servers: [before, plain] }));
  const it = new ServerStore(folder, () => undefined);
  expect(await it.load()).toBeUndefined();
  const [first, second] = it.list();
  expect(first).toEqual({ ...before, signIn: {}, allowNtlmOverHttp: false });
  expect(second).toMatchObject({ ...plain, signIn: { auth: 'basic' } });
  expect(effectiveSignIn(first?.signIn).auth).toBe('negotiate');
  // Written anew it reads the same: the second reading takes nothing for old.
  await it.add(draft({ name: 'third', signIn: { auth: 'kerberos', delegate: true } }));
  const again = (await store()).list();
  expect(again.slice(0, 2)).toEqual([first, second]);
  expect(again[2]?.signIn).toEqual({ auth: 'kerberos', delegate: true });
});

test('what the person allowed is remembered for that address and port, and can be taken back', async () => {
  const it = await store();
  const { id } = await it.add(draft({ port: 5985, https: false }));
  expect((await it.allow(id, 'ntlm-over-http')).allowNtlmOverHttp).toBe(true);
  expect((await it.allow(id, 'plain-basic')).allowPlainBasic).toBe(true);
  expect((await store()).get(id)).toMatchObject({ allowNtlmOverHttp: true, allowPlainBasic: true });
  const kept = { port: 5985, https: false, allowNtlmOverHttp: true };
  expect((await it.update(id, draft({ ...kept, name: 'Renamed' }))).allowNtlmOverHttp).toBe(true);
  expect((await it.update(id, draft({ ...kept, port: 5987 }))).allowNtlmOverHttp).toBe(false);
  await it.allow(id, 'ntlm-over-http');
  const back = draft({ port: 5987, https: false, allowNtlmOverHttp: false });
  expect((await it.update(id, back)).allowNtlmOverHttp).toBe(false);
  await expect(it.allow(PRACTICE_SERVER_ID, 'plain-basic')).rejects.toMatchObject({
    error: { code: 'server.practice' },
  });
});

test('the nearest choice of how to sign in wins, but a policy that forbids NTLM is not lifted from inside', () => {
  expect(effectiveSignIn()).toEqual({
    auth: 'negotiate',
    forbidNtlm: false,
    delegate: false,
    credSspOlder: false,
  });
  const outside = { auth: 'kerberos', spnService: 'WSMAN', forbidNtlm: true } as const;
  expect(effectiveSignIn({ spnService: 'HOST', forbidNtlm: false, auth: undefined }, outside)).toMatchObject({
    auth: 'kerberos',
    spnService: 'HOST',
    forbidNtlm: true,
  });
});

test.each([
  ['a proxy with a password in it', { proxy: 'http://ada:secret@proxy:8080' }],
  ['a proxy without a port', { proxy: 'proxy.corp.example' }],
  ['a principal where the host belongs', { spnHost: 'HTTP/z002' }],
])('%s is refused', (_what, signIn) => {
  expect(ServerDraft.safeParse({ address: 'z', port: 5985, https: false, signIn }).success).toBe(false);
});
