import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isOurOwn, ownerOf, type Ends, type OwnerSystem } from '../../../electron/shell/peer-owner.ts';

/** A system that says what it is told to. */
function system(platform: NodeJS.Platform, files: Record<string, string>, lsof?: string): OwnerSystem {
  return {
    platform,
    pid: 4711,
    user: 1000,
    read: (path) => {
      const text = files[path];
      return text === undefined ? Promise.reject(new Error('ENOENT')) : Promise.resolve(text);
    },
    run: () => (lsof === undefined ? Promise.reject(new Error('ENOENT')) : Promise.resolve(lsof)),
  };
}

const ENDS: Ends = { client: 0xd431, server: 0x1f90 };
// As a Linux 6.1 wrote them, ports and users changed.
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 28103 1 ffff
   1: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 28105 1 ffff
   2: 0100007F:D431 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 28104 2 ffff
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid
   0: 0000000000000000FFFF00000100007F:D431 0000000000000000FFFF00000100007F:1F90 01 00000000:00000000 00:00000000 00000000  1002
`;

describe('whose the other end is', () => {
  test('stands in the table of connections', async () => {
    expect(await ownerOf(ENDS, system('linux', { '/proc/net/tcp': TCP }))).toBe(1001);
    const six = system('linux', { '/proc/net/tcp': '', '/proc/net/tcp6': TCP6 });
    expect(await ownerOf(ENDS, six)).toBe(1002);
    expect(await ownerOf({ ...ENDS, client: 1 }, system('linux', { '/proc/net/tcp': TCP }))).toBeUndefined();
    expect(await ownerOf(ENDS, system('linux', {}))).toBeUndefined();
  });

  test('is nobody who only had the same ports before, or has them at another address', async () => {
    const [head, ...lines] = TCP.split('\n');
    const table = (before: string) => [head, before, ...lines].join('\n');
    const asked = (before: string) => ownerOf(ENDS, system('linux', { '/proc/net/tcp': table(before) }));
    // As a Linux 6.1 wrote it of a connection from 127.0.0.2 that was closed: the administrator's, by its table.
    expect(
      await asked(
        '  12: 0200007F:D431 0100007F:1F90 06 00000000:00000000 03:0000176F 00000000     0        0 0 3 591e6fd2',
      ),
    ).toBe(1001);
    expect(
      await asked(
        '  12: 0200007F:D431 0200007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 28107 1 ffff',
      ),
    ).toBe(1001);
  });

  test('is what lsof lists beside ourselves; what it may not list is somebody else’s', async () => {
    const darwin = (text?: string) => ownerOf(ENDS, system('darwin', {}, text));
    expect(await darwin('p4711\nu501\nf20\np812\nu501\nf33\n')).toBe(501);
    expect(await darwin('p4711\nu501\nf20\n')).toBe('other');
    expect(await darwin('')).toBeUndefined();
    expect(await darwin()).toBeUndefined();
  });

  test('is not asked where nobody reads other users’ command lines', async () => {
    expect(await ownerOf(ENDS, system('win32', { '/proc/net/tcp': TCP }))).toBeUndefined();
  });
});

describe.skipIf(process.platform === 'win32')('on this computer', () => {
  let near: Socket;
  let far: Socket;
  let ends: Ends;
  let close: () => void;

  beforeEach(async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    far = connect(port, '127.0.0.1');
    [near] = (await once(server, 'connection')) as [Socket];
    ends = { client: near.remotePort ?? 0, server: port };
    close = () => server.close();
  });
  afterEach(() => {
    near.destroy();
    far.destroy();
    close();
  });

  test('a connection of ours is ours', async () => {
    const owner = await ownerOf(ends);
    // macOS: both ends are held by this very process, and so the other is nobody that is listed.
    if (process.platform === 'linux') expect(owner).toBe(process.getuid?.());
    if (process.platform === 'linux') expect(await isOurOwn(ends)).toBe(true);
  });

  const noLsof = spawnSync('lsof', ['-v']).error === undefined ? undefined : 'there is no lsof';
  if (noLsof !== undefined) console.log(`Skipped: ${noLsof}`);
  test.skipIf(noLsof !== undefined)('lsof lists it in the form that is read', async () => {
    // Seen from another process: then the one that holds both ends is the other.
    const seen: OwnerSystem = {
      platform: 'darwin',
      pid: process.pid,
      user: process.getuid?.(),
      read: () => Promise.reject(new Error('not read')),
      run: async (file, args) => {
        const { stdout } = await promisify(execFile)(file, [...args]);
        expect(stdout).toMatch(new RegExp(`^p${String(process.pid)}\nu${String(process.getuid?.())}\n`, 'm'));
        return `p${String(process.pid)}\nu1\nf1\n${stdout.replaceAll(`p${String(process.pid)}\n`, 'p1\n')}`;
      },
    };
    expect(await ownerOf(ends, seen)).toBe(process.getuid?.());
  });
});
