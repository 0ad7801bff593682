import type { AppError } from '../../shared/error.ts';
import type { Server } from '../../shared/server.ts';
import type { SessionRow, ShellList } from '../../shared/session.ts';
import { Settings } from '../../shared/settings.ts';
import type { FakeMain } from '../bridge/fake.ts';
import { createFakeMain, fakeRow, fakeServer, Refusal } from '../bridge/fake.ts';

const practice: Server = fakeServer({
  id: 'practice',
  kind: 'practice',
  name: 'Practice server (this computer)',
  address: '127.0.0.1',
  port: 49_823,
  https: false,
  userName: '',
  practice: { state: 'ready' },
});

const names = ['WEB01', 'WEB02', 'WEB03', 'SQL01', 'SQL02', 'DC01', 'FS07', 'HV01', 'HV02', 'BUILD3'];

function manyServers(): Server[] {
  const others = names.map((name, index) =>
    fakeServer({ id: `o${String(index)}`, name, address: `${name.toLowerCase()}.corp.example` }),
  );
  return [fakeServer(), ...others, practice];
}

const table = [
  '',
  '\u001b[32;1mHandles  NPM(K)    PM(K)      WS(K)     CPU(s)     Id  SI ProcessName\u001b[0m',
  '\u001b[32;1m-------  ------    -----      -----     ------     --  -- -----------\u001b[0m',
  '   1214     148   812440     796212   1,904.30   2216   0 MsMpEng',
  '   3071      96   402118     388904     611.77   4120   0 w3wp',
  '    988      71   216702     204460      88.02   5532   0 spoolsv',
  '    641      44   171330     160008      41.55   1180   0 svchost',
  '    702      38   128996     131224      12.91   7708   0 wsmprovhost',
  '',
  '',
].join('\r\n');

const errorText =
  "\u001b[31;1mGet-Service: Cannot find any service with service name 'Spoler'.\u001b[0m\r\n" +
  '\u001b[31;1m    + CategoryInfo          : ObjectNotFound: (Spoler:String) [Get-Service], ServiceCommandException\u001b[0m\r\n\r\n';

const prompt = '[Z002]: PS C:\\> ';

function page(fake: FakeMain): void {
  const snapshot = fake.snapshot(1);
  const first = 'Get-Process | Sort-Object WS -Descending | Select-Object -First 5';
  snapshot.items = [
    { seq: 1, commandId: 1, kind: 'echo', vt: `${prompt}${first}\r\n` },
    { seq: 2, commandId: 1, kind: 'output', vt: table },
    { seq: 3, commandId: 2, kind: 'echo', vt: `${prompt}Get-Service Spoler\r\n` },
    { seq: 4, commandId: 2, kind: 'error', vt: errorText },
  ];
  snapshot.seq = 4;
  snapshot.commands = [
    { commandId: 1, text: first, state: 'completed', duration: 412 },
    { commandId: 2, text: 'Get-Service Spoler', state: 'failed', duration: 86 },
  ];
  snapshot.history = [first, 'Get-Service Spoler'];
  snapshot.request = { requestId: 3, kind: 'command', afterSeq: 0, prompt };
  fake.handlers['terminal.complete'] = ({ text, cursor }) => {
    const at = text.lastIndexOf(' ', cursor - 1) + 1;
    const options: [string, string][] = [
      ['-DisplayName', '[string[]] DisplayName'],
      ['-Exclude', '[string[]] Exclude'],
      ['-Force', '[switch] Force'],
      ['-Include', '[string[]] Include'],
      ['-InputObject', '[ServiceController[]] InputObject'],
      ['-PassThru', '[switch] PassThru'],
      ['-WhatIf', '[switch] WhatIf'],
    ];
    return {
      replacementIndex: at,
      replacementLength: cursor - at,
      matches: options.map(([name, toolTip]) => ({
        text: name,
        label: name.slice(1),
        kind: 'ParameterName',
        toolTip,
      })),
    };
  };
  let requestId = 3;
  let commandId = 2;
  fake.handlers['terminal.submit'] = ({ sessionId, text }) => {
    const id = ++commandId;
    queueMicrotask(() => {
      fake.emit('terminal.input', { sessionId, request: null });
      fake.emit('terminal.command', { sessionId, command: { commandId: id, text, state: 'running' } });
      fake.say(
        sessionId,
        { commandId: id, kind: 'echo', vt: `${prompt}${text.replaceAll('\n', '\r\n>> ')}\r\n` },
        { commandId: id, kind: 'output', vt: `you said ${text.replaceAll('\n', '\r\n')}\r\n` },
      );
      fake.emit('terminal.command', {
        sessionId,
        command: { commandId: id, text, state: 'completed', duration: 12 },
      });
      snapshot.request = { requestId: ++requestId, kind: 'command', afterSeq: 0, prompt };
      fake.emit('terminal.input', { sessionId, request: snapshot.request });
    });
    return {};
  };
}

const certificate: NonNullable<AppError['certificate']> = {
  subject: 'CN=web01.corp.example',
  names: ['web01.corp.example'],
  issuer: 'CN=web01.corp.example',
  validFrom: '2026-08-30T00:00:00Z',
  validTo: '2027-08-30T00:00:00Z',
  fingerprint:
    '9F:3C:41:D0:7A:18:E2:55:0B:6D:93:2E:C4:F1:08:7B:52:AE:10:64:DD:39:8F:C2:71:05:B8:4A:E6:2F:97:13',
  problem: 'Its certificate is signed by itself, so nothing vouches for it',
};

const failures: Readonly<Record<string, AppError>> = {
  credential: { code: 'credential.required', title: 'A password is needed' },
  trust: { code: 'tls.untrusted', title: 'The certificate isn’t accepted', certificate },
  changed: { code: 'tls.changed', title: 'The certificate has changed', certificate },
  ntlm: {
    code: 'signin.ntlm-over-http',
    title: 'NTLM over HTTP does not prove that this is WEB01',
    why: 'What you do there is encrypted, and your password does not cross the network. But whoever answers in place of WEB01 could try out passwords on what they get. Nothing was sent.',
    cure: { text: 'Better: HTTPS, or Kerberos by the server’s name in its domain.' },
  },
  readable: {
    code: 'signin.plain-text',
    title: 'Signing in to WEB01 over HTTP would send the password readable',
    why: 'Basic over plain HTTP is not encrypted. Nothing has been sent.',
    cure: { text: 'Use HTTPS, or sign in with Negotiate.' },
  },
  refused: {
    code: 'connect.refused',
    title: 'Reached web01.corp.example, but WinRM isn’t listening on port 5986',
    why: 'The machine answered and refused the connection. Remoting may be off, or it listens on another port.',
    cure: {
      text: 'Run this on WEB01 as an administrator, or edit the port.',
      command: 'Enable-PSRemoting -Force',
    },
    details: 'connect ECONNREFUSED 10.20.4.11:5986',
  },
};

export function playScene(show: string, theme: string): FakeMain {
  if (show === 'welcome') return themed(createFakeMain([practice]), theme);
  const fake = createFakeMain(manyServers(), [
    fakeRow({
      entered: true,
      endsOnExit: true,
      psVersion: '5.1.20348.2849',
      os: 'Windows Server 2022',
      userName: 'CORP\\adm-ops',
      security: 'NTLM, encrypted',
    }),
    fakeRow({ id: 2, name: 'Patching', availability: 'Busy' }),
    fakeRow({ id: 4, name: 'Nightly', state: 'Disconnected', availability: 'None' }),
    fakeRow({ id: 7, name: 'Print', state: 'Broken', availability: 'None', reason: failures.refused }),
    fakeRow({ id: 8, name: 'Session8', serverId: 'o4', computerName: 'SQL02' }),
  ]);
  page(fake);
  const failure = failures[show];
  if (failure !== undefined) {
    fake.handlers['sessions.create'] = () => {
      throw new Refusal(failure);
    };
  }
  if (show === 'changed') {
    fake.servers = fake.servers.map((server) =>
      server.name === 'WEB01'
        ? { ...server, trustedFingerprint: certificate.fingerprint.replaceAll('9', '3') }
        : server,
    );
  }
  if (show === 'progress') {
    fake.snapshot(1).request = null;
    fake.snapshot(1).commands.push({ commandId: 2, text: 'Get-Service Spoler', state: 'running' });
    fake.snapshot(1).progress = [
      {
        activityId: 1,
        parentId: -1,
        activity: 'Installing updates',
        status: '2 of 3',
        operation: '',
        percent: 58,
        secondsRemaining: 240,
      },
      {
        activityId: 2,
        parentId: 1,
        activity: 'KB5066131',
        status: 'applying',
        operation: '',
        percent: 31,
        secondsRemaining: -1,
      },
    ];
  }
  sessionScene(fake, show);
  return themed(fake, theme);
}

/** Sessions that are cut, held elsewhere, left, or stand on the server; the time in them is now. */
function sessionScene(fake: FakeMain, show: string): void {
  const now = Date.now();
  const first = (patch: Partial<SessionRow>): void => {
    fake.sessions = fake.sessions.map((row) => (row.id === 1 ? { ...row, ...patch } : row));
  };
  if (show === 'interrupted') {
    const retrying = {
      kind: 'cut',
      since: now - 72_000,
      attempts: 5,
      nextTryAt: now + 8_000,
      givesUpAt: now + 168_000,
      why: 'No answer: firewall, or the machine is off',
    } as const;
    first({ availability: 'Busy', retrying });
    fake.sessions = fake.sessions.map((row) => (row.id === 2 ? { ...row, retrying } : row));
    fake.snapshot(1).request = null;
    fake.snapshot(1).commands.push({ commandId: 3, text: 'Watch-PrintLog', state: 'running' });
  }
  if (show === 'held') {
    first({
      state: 'Disconnected',
      availability: 'Busy',
      entered: false,
      left: 'other-client',
      retrying: {
        kind: 'held',
        since: now - 20_000,
        attempts: 3,
        nextTryAt: now + 7_000,
        givesUpAt: now + 280_000,
        why: 'Another client has it, or one that died and that the server has not missed yet',
      },
    });
  }
  if (show === 'left') {
    first({
      state: 'Disconnected',
      availability: 'None',
      entered: false,
      name: 'Reporting',
      left: 'earlier-run',
      keptUntil: now + 5_000_000,
    });
  }
  if (show === 'shells') {
    fake.handlers['shells.list'] = () => ({ ...shells, listedAt: now });
    const asDisconnected = {
      state: 'Disconnected',
      isPowerShell: true,
      bufferMode: 'Block',
      owner: 'CORP\\adm-ops',
    };
    shells.shells = [
      {
        ...asDisconnected,
        shellId: 'A1',
        name: 'Reporting',
        configurationName: 'PowerShell.7',
        clientIp: '10.20.4.7',
        idleMs: 2_040_000,
        ageMs: 10_260_000,
        memory: '212MB',
        idleTimeoutMs: 7_200_000,
        fromEarlierRun: true,
      },
      {
        ...asDisconnected,
        shellId: 'A2',
        name: 'IndexJob',
        configurationName: 'PowerShell.7',
        clientIp: '10.20.4.7',
        idleMs: 2_040_000,
        ageMs: 2_880_000,
        memory: '148MB',
        idleTimeoutMs: 7_200_000,
        fromEarlierRun: true,
      },
      {
        ...asDisconnected,
        shellId: 'B1',
        name: 'Inventory',
        state: 'Connected',
        configurationName: 'PowerShell.7',
        clientIp: '10.20.9.31',
        idleMs: 120_000,
        ageMs: 18_720_000,
        memory: '96MB',
        idleTimeoutMs: 7_200_000,
        fromEarlierRun: false,
      },
      {
        ...asDisconnected,
        shellId: 'B2',
        name: 'Session3',
        configurationName: 'Microsoft.PowerShell',
        clientIp: '10.20.9.31',
        idleMs: 13_200_000,
        ageMs: 32_580_000,
        memory: '88MB',
        idleTimeoutMs: 43_200_000,
        fromEarlierRun: false,
      },
      {
        ...asDisconnected,
        shellId: 'C1',
        name: 'WinRM4',
        configurationName: 'Microsoft.PowerShell',
        clientIp: '10.20.9.31',
        idleMs: 518_400_000,
        ageMs: 518_400_000,
        memory: '71MB',
        fromEarlierRun: false,
      },
      {
        ...asDisconnected,
        shellId: 'C2',
        name: 'WinRM9',
        configurationName: 'Microsoft.PowerShell',
        clientIp: '10.20.9.31',
        idleMs: 518_400_000,
        ageMs: 518_400_000,
        memory: '71MB',
        fromEarlierRun: false,
      },
      {
        ...asDisconnected,
        shellId: 'D1',
        name: 'Session1',
        state: 'Connected',
        configurationName: 'Microsoft.PowerShell',
        clientIp: '10.20.4.7',
        idleMs: 0,
        ageMs: 900_000,
        memory: '90MB',
        sessionId: 1,
        fromEarlierRun: false,
      },
    ];
  }
}

const shells: ShellList = { shells: [], userName: 'CORP\\adm-ops', mostShells: 30, listedAt: 0 };

function themed(fake: FakeMain, theme: string): FakeMain {
  const parsed = Settings.shape.theme.safeParse(theme);
  if (parsed.success) {
    fake.handlers['settings.get'] = () => ({ ...Settings.parse({}), theme: parsed.data });
  }
  return fake;
}
