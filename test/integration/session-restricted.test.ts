/**
 * A session on an endpoint like those of Just Enough Administration, held to its session configuration by the real engine: no language, no
 * prompt function, no TabExpansion2, a handful of commands.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SessionRegistry } from '../../electron/sessions/registry.ts';
import { noEngine, overWinRm } from './practice.ts';
import { Person, registryFor, serverAt } from './registry.ts';

const SIZE = { columns: 120, rows: 30 };

describe.skipIf(noEngine !== undefined)('a session on a restricted endpoint', () => {
  let way: Awaited<ReturnType<typeof overWinRm>>;
  let person: Person;
  let registry: SessionRegistry;

  beforeEach(async () => {
    way = await overWinRm();
    person = new Person();
    ({ registry } = registryFor(serverAt(way.port), person));
  });
  afterEach(async () => {
    await registry.closeAll();
    await way.close();
  });

  async function enter(configurationName?: string): Promise<number> {
    const options = configurationName === undefined ? {} : { options: { configurationName } };
    const { id } = await registry.create({ serverId: 'z', size: SIZE, enter: true, ...options });
    registry.get(id).attach({ write: (items) => void person.saw(items) }, SIZE);
    return id;
  }
  const prompt = () => person.until(() => (person.request?.kind === 'command' ? person.request : undefined));
  async function at(id: number, line: string): Promise<void> {
    const request = await prompt();
    registry.get(id).answer(request.requestId, line);
    await person.until(() => person.request !== null && person.request.requestId !== request.requestId);
  }

  test('says which endpoint it is, has a prompt, runs what it may and says what it may not', async () => {
    const id = await enter('PSDeck.Restricted');
    expect(registry.get(id).row).toMatchObject({
      state: 'Opened',
      configurationName: 'PSDeck.Restricted',
      availability: 'Available',
      entered: true,
    });
    // There is no prompt function to ask.
    expect((await prompt()).prompt).toBe('[Z002]: PS>');
    expect(person.page).toMatch(/^PSDeck\.Restricted is a restricted endpoint: .*Get-Command/m);
    expect(registry.get(id).row.restricted).toBe(true);

    await at(id, 'Get-Room');
    expect(person.page).toContain('\nthe small room\n');
    await at(id, 'Get-Room -Name large');
    expect(person.page).toContain('\nthe large room\n');

    await at(id, 'Get-ChildItem');
    expect(person.commands.at(-1)).toMatchObject({ state: 'failed' });
    expect(person.page).toMatch(/Get-ChildItem/);
    await at(id, '$x = 1 + 1');
    expect(person.commands.at(-1)).toMatchObject({ state: 'failed' });
    expect(person.items.filter((item) => item.kind === 'error').length).toBeGreaterThanOrEqual(2);

    // None of it has harmed the session, and nothing of ours is left in it.
    await at(id, 'Get-Room -Name last');
    expect(person.page).toContain('\nthe last room\n');
    expect(registry.get(id).row).toMatchObject({ state: 'Opened', availability: 'Available' });
  });

  test('completes from Get-Command where TabExpansion2 is missing', async () => {
    const id = await enter('PSDeck.Restricted');
    await prompt();
    const session = registry.get(id);
    const names = await session.completions.complete('Get-', 4);
    expect(names).toMatchObject({ source: 'commands', replacementIndex: 0, replacementLength: 4 });
    const found = names.matches.map(({ text }) => text);
    expect(found).toEqual(expect.arrayContaining(['Get-Command', 'Get-Room']));
    expect(found).not.toContain('Get-ChildItem');
    const parameters = await session.completions.complete('Get-Room -N', 11);
    expect(parameters.matches.map(({ text }) => text)).toEqual(['-Name']);
    expect(registry.get(id).row).toMatchObject({ state: 'Opened', availability: 'Available' });
  });

  test('is left, connected again, exited and removed as any other', async () => {
    const id = await enter('PSDeck.Restricted');
    await at(id, 'Get-Room');
    await registry.disconnect(id, {});
    const { shells } = await registry.shells.list('z', undefined);
    expect(shells).toMatchObject([
      { state: 'Disconnected', configurationName: 'PSDeck.Restricted', isPowerShell: true },
    ]);
    expect(await registry.connect(id, { size: SIZE, enter: false })).toMatchObject({
      state: 'Opened',
      entered: true,
      configurationName: 'PSDeck.Restricted',
    });
    expect((await prompt()).prompt).toBe('[Z002]: PS>');
    // `exit` is Exit-PSSession there, too; the session was made by entering, and ends.
    registry.get(id).answer((await prompt()).requestId, 'exit');
    await person.until(() => person.gone.includes(id));
    expect((await registry.shells.list('z', undefined)).shells).toEqual([]);
  });

  test('the same engine without the configuration has all of it', async () => {
    const id = await enter();
    expect((await prompt()).prompt).toMatch(/^\[Z002\]: PS .+> $/);
    expect(registry.get(id).row.restricted).toBeUndefined();
    expect(person.page).not.toContain('restricted endpoint');
    await at(id, '"two is $(1 + 1)"');
    expect(person.page).toContain('\ntwo is 2\n');
    expect((await registry.get(id).completions.complete('Get-Comm', 8)).source).not.toBe('commands');
  });
});
