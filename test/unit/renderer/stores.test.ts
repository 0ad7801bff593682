import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBridge } from '../../../renderer/bridge/client.ts';
import { createFakeMain, fakeRow, fakeServer } from '../../../renderer/bridge/fake.ts';
import { createDesk, startDesk } from '../../../renderer/desk.ts';
import {
  checkForm,
  draftOfAddress,
  formOf,
  withHttps,
} from '../../../renderer/features/servers/server-form.ts';
import { compareFingerprint, fingerprintLines } from '../../../renderer/features/sessions/trust-dialog.tsx';
import { durationText } from '../../../renderer/features/terminal/marks.ts';
import { createOutputSequencer } from '../../../renderer/features/terminal/output-sequencer.ts';
import { progressTree } from '../../../renderer/features/terminal/progress-panel.tsx';
import { createServersStore, filterServers, setServers } from '../../../renderer/stores/servers.ts';
import { createSessionsStore, putSession } from '../../../renderer/stores/sessions.ts';
import type { SystemTheme, Theme } from '../../../renderer/stores/settings.ts';
import { createSettingsStore } from '../../../renderer/stores/settings.ts';
import { addNotice, createShellStore } from '../../../renderer/stores/shell.ts';
import { closeTab, createTabsStore, openTab, stepTab } from '../../../renderer/stores/tabs.ts';
import type { Settings } from '../../../shared/settings.ts';
import type { OutputItem, ProgressBar } from '../../../shared/terminal.ts';

class FakeTheme implements SystemTheme {
  shown: Theme[] = [];
  remembered: string[] = [];
  tell: (theme: Theme) => void = () => undefined;
  watch(listener: (theme: Theme) => void): void {
    this.tell = listener;
    listener('dark');
  }
  recalled: Settings['theme'] = 'system';
  recall(): Settings['theme'] {
    return this.recalled;
  }
  remember(choice: string): void {
    this.remembered.push(choice);
  }
  show(theme: Theme): void {
    this.shown.push(theme);
  }
}

describe('servers', () => {
  test('are sorted as people count, the practice server last, the selection kept', () => {
    const store = createServersStore();
    const list = ['web10', 'WEB9', 'db1'].map((name) => fakeServer({ id: name, name }));
    setServers(store, [fakeServer({ id: 'p', kind: 'practice', name: 'A practice' }), ...list]);
    expect(store.getState().servers.map((server) => server.id)).toEqual(['db1', 'WEB9', 'web10', 'p']);
    store.setState({ selectedId: 'web10' });
    setServers(store, list);
    expect(store.getState().selectedId).toBe('web10');
    setServers(store, list.slice(0, 0));
    expect(store.getState().selectedId).toBeNull();
  });

  test('a filter wants every word, in any of name, address and user', () => {
    const servers = [
      fakeServer({ id: 'a', name: 'WEB01', address: 'web01.corp.example' }),
      fakeServer({ id: 'b', name: 'SQL', address: 'db.corp.example', userName: 'web-admin' }),
    ];
    const ids = (filter: string): string[] => filterServers(servers, filter).map((server) => server.id);
    expect(ids('WEB corp')).toEqual(['a', 'b']);
    expect(ids(' db  web ')).toEqual(['b']);
    expect(ids('nowhere')).toEqual([]);
  });
});

describe('the form of a server', () => {
  test('switching the protocol moves a usual port and leaves a chosen one', () => {
    const form = formOf({});
    // As Enable-PSRemoting sets it up, and as PowerShell connects unless it is told otherwise.
    expect(form).toMatchObject({ https: false, port: '5985', auth: 'negotiate' });
    expect(withHttps(form, true).port).toBe('5986');
    expect(withHttps({ ...form, port: '8080' }, false).port).toBe('8080');
  });

  test('each wrong field has its own words', () => {
    const checked = checkForm({ ...formOf({}), address: ' ', port: '70000', configuration: 'a b' });
    expect(checked).toEqual({
      ok: false,
      errors: {
        address: 'Type the name or the address of the server',
        port: 'A number from 1 to 65535',
        configuration: 'A session configuration name has no spaces or slashes',
      },
    });
  });

  test('a leave that was given for HTTP, or for one way to sign in, does not outlive it', () => {
    const form = { ...formOf({ address: 'z' }), allowPlainBasic: true, allowNtlmOverHttp: true };
    const kept = (patch: object) => {
      const checked = checkForm({ ...form, ...patch });
      if (!checked.ok) throw new Error('refused');
      return [checked.draft.allowPlainBasic, checked.draft.allowNtlmOverHttp];
    };
    expect(kept({ auth: 'basic', https: false })).toEqual([true, false]);
    expect(kept({ auth: 'basic', https: true })).toEqual([false, false]);
    expect(kept({ auth: 'negotiate', https: false })).toEqual([false, true]);
    expect(kept({ auth: 'negotiate', https: true })).toEqual([false, false]);
    expect(kept({ auth: 'kerberos', https: false })).toEqual([false, false]);
  });

  test('only what was chosen is kept, and of that what the way to sign in asks for', () => {
    const form = {
      ...formOf({ address: 'z' }),
      delegate: true,
      credSspOlder: true,
      spnHost: ' alias.corp.example ',
      certificateFile: '/home/ada/ada.pfx',
    };
    const signIn = (patch: object) => {
      const checked = checkForm({ ...form, ...patch });
      return checked.ok ? checked.draft.signIn : checked.errors;
    };
    expect(signIn({})).toEqual({ delegate: true, spnHost: 'alias.corp.example' });
    expect(signIn({ auth: 'credssp' })).toEqual({
      auth: 'credssp',
      credSspOlder: true,
      spnHost: 'alias.corp.example',
    });
    expect(signIn({ auth: 'certificate', https: true })).toEqual({
      auth: 'certificate',
      certificateFile: '/home/ada/ada.pfx',
    });
    expect(signIn({ auth: 'certificate', https: false })).toMatchObject({
      auth: expect.stringContaining('HTTPS') as string,
    });
    expect(signIn({ auth: 'certificate', https: true, certificateFile: ' ' })).toMatchObject({
      certificateFile: expect.stringContaining('path') as string,
    });
    expect(signIn({ proxy: 'ada:secret@proxy:1' })).toMatchObject({
      proxy: expect.stringContaining('without user') as string,
    });
    // What was chosen stands in the form again.
    expect(formOf({ signIn: { auth: 'credssp', credSspOlder: true } })).toMatchObject({
      auth: 'credssp',
      credSspOlder: true,
      forbidNtlm: false,
    });
  });

  test.each([
    ['Z002', { address: 'Z002', https: false }],
    ['z002:5985', { address: 'z002', https: false, port: 5985 }],
    [' z002.corp.example ', { address: 'z002.corp.example', https: false }],
    ['z002:5986', { address: 'z002', https: true, port: 5986 }],
    ['http://z002:8080/wsman', { address: 'z002', https: false, port: 8080 }],
    ['https://z002/wsman', { address: 'z002', https: true }],
    ['[fe80::1]:5985', { address: 'fe80::1', https: false, port: 5985 }],
    ['fe80::1', { address: 'fe80::1' }],
  ])('%s is understood', (typed, draft) => {
    expect(draftOfAddress(typed)).toEqual(draft);
  });
});

describe('sessions', () => {
  test('only the changed row is a new one', () => {
    const store = createSessionsStore();
    putSession(store, fakeRow({ id: 2 }));
    putSession(store, fakeRow({ id: 1 }));
    const [first, second] = store.getState().rows;
    putSession(store, fakeRow({ id: 2, availability: 'Busy' }));
    const { rows } = store.getState();
    expect(rows.map((row) => row.id)).toEqual([1, 2]);
    expect(rows[0]).toBe(first);
    expect(rows[1]).not.toBe(second);
  });
});

describe('tabs', () => {
  test('closing the active one shows its neighbour', () => {
    const store = createTabsStore();
    for (const id of ['a', 'b', 'c']) openTab(store, id);
    openTab(store, 'b');
    expect(store.getState().order).toEqual(['welcome', 'a', 'b', 'c']);
    closeTab(store, 'b');
    expect(store.getState().active).toBe('c');
    closeTab(store, 'c');
    expect(store.getState().active).toBe('a');
    stepTab(store, 1);
    expect(store.getState().active).toBe('welcome');
    closeTab(store, 'a');
    closeTab(store, 'welcome');
    expect(store.getState()).toMatchObject({ order: [], active: null });
  });
});

describe('the theme', () => {
  test('is the one chosen last from the first moment, before the settings have come', () => {
    const system = new FakeTheme();
    system.recalled = 'light';
    const store = createSettingsStore(system);
    expect(system.shown).toEqual(['light']);
    expect(store.getState().shown).toBe('light');
    store.setState({ theme: 'system' });
    expect(system.shown.at(-1)).toBe('dark');
  });

  test('follows the system until one is chosen', () => {
    const system = new FakeTheme();
    const store = createSettingsStore(system);
    system.tell('light');
    expect(store.getState().shown).toBe('light');
    store.setState({ theme: 'contrast' });
    system.tell('dark');
    expect(system.shown.at(-1)).toBe('contrast');
    store.setState({ theme: 'system' });
    expect(system.shown.at(-1)).toBe('dark');
    expect(system.remembered).toEqual(['contrast', 'system']);
  });
});

describe('notices', () => {
  test('the same one is shown once, and never more than three', () => {
    const store = createShellStore();
    for (const title of ['a', 'a', 'b', 'c', 'd']) addNotice(store, { code: 'x', title });
    expect(store.getState().notices.map((notice) => notice.error.title)).toEqual(['b', 'c', 'd']);
  });
});

describe('the desk', () => {
  test('shows what main has, follows its events, and fetches again after the way was lost', async () => {
    const fake = createFakeMain([fakeServer()], [fakeRow()]);
    const desk = createDesk(createBridge(fake.port), new FakeTheme());
    startDesk(desk);
    await expect.poll(() => desk.shell.getState().info?.version).toBe('0.1.0');
    expect(desk.sessions.getState().rows).toHaveLength(1);

    fake.emit('session.changed', fakeRow({ state: 'Broken', availability: 'None' }));
    expect(desk.shell.getState().announcement).toContain('Broken');
    fake.emit('session.removed', { sessionId: 1 });
    expect(desk.sessions.getState().rows).toEqual([]);

    fake.setConnected(false);
    expect(desk.shell.getState().connected).toBe(false);
    fake.sessions = [fakeRow({ id: 9 })];
    fake.setConnected(true);
    await expect.poll(() => desk.sessions.getState().rows.map((row) => row.id)).toEqual([9]);
  });
});

const piece = (seq: number): OutputItem => ({ seq, commandId: 0, kind: 'output', vt: `${String(seq)};` });

const bar = (activityId: number, parentId: number): ProgressBar => ({
  activityId,
  parentId,
  activity: `a${String(activityId)}`,
  status: '',
  operation: '',
  percent: 1,
  secondsRemaining: -1,
});

describe('a session’s page', () => {
  test('every piece comes once and in order, whatever came before the snapshot', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 30 }),
        fc.nat(30),
        fc.nat(30),
        (steps, snapshotAt, cut) => {
          let seq = 0;
          const all = steps.map((step) => piece((seq += step)));
          const sequencer = createOutputSequencer();
          const snapshot = all[snapshotAt % all.length]?.seq ?? 0;
          const before = all.slice(0, cut % all.length);
          const after = all.slice(cut % all.length);
          expect(sequencer.push(before)).toEqual([]);
          const got = [...sequencer.start(snapshot), ...sequencer.push(after), ...sequencer.push(after)];
          expect(got).toEqual(all.filter((item) => item.seq > snapshot));
          expect(sequencer.last).toBe(Math.max(snapshot, seq));
        },
      ),
    );
  });
});

describe('figures', () => {
  test.each([
    [3.4, '3 ms'],
    [412, '412 ms'],
    [1234, '1.2 s'],
    [59_900, '59 s'],
    [372_000, '6 min 12 s'],
    [240_000, '4 min'],
    [7_380_000, '2 h 3 min'],
  ])('%d ms is written %s', (milliseconds, text) => {
    expect(durationText(milliseconds)).toBe(text);
  });

  test('a fingerprint is grouped, and compared with whatever the command printed', () => {
    const print = Array.from({ length: 32 }, (_, at) => at.toString(16).toUpperCase().padStart(2, '0')).join(
      ':',
    );
    expect(fingerprintLines(print).split('\n')).toHaveLength(2);
    expect(fingerprintLines(print).replaceAll(/\s/g, '')).toContain('00:01:02:03');
    const bare = print.replaceAll(':', '').toLowerCase();
    expect(compareFingerprint('', print)).toBeNull();
    expect(compareFingerprint('AB', print)).toBeNull();
    expect(compareFingerprint(`${'0'.repeat(64)}\r\n${bare}\r\n`, print)).toBe(true);
    expect(compareFingerprint(print, print)).toBe(true);
    expect(compareFingerprint('0'.repeat(64), print)).toBe(false);
  });
});

describe('progress', () => {
  test('children stand under their parents; a loop of parents loses nobody', () => {
    const tree = progressTree([bar(2, 1), bar(1, -1), bar(3, 2), bar(7, 8), bar(8, 7)]);
    expect(tree.map(({ bar: { activityId }, depth }) => [activityId, depth])).toEqual([
      [1, 0],
      [2, 1],
      [3, 2],
      [7, 0],
      [8, 1],
    ]);
  });
});
