/** Completion while a command runs: another shell of the same user answers, against the real engine without anything of ours in it. */
import { afterEach, describe, expect, test } from 'vitest';
import { plainText } from '../../electron/console/vt.ts';
import type { SessionRegistry } from '../../electron/sessions/registry.ts';
import type { Session } from '../../electron/sessions/session.ts';
import { noEngine, overWinRm } from './practice.ts';
import { Person, registryFor, serverAt } from './registry.ts';

const SIZE = { columns: 77, rows: 24 };
/** Runs until it is stopped, in steps that a stop gets in between. */
const LONG = '"begun"; while ($true) { [Threading.Thread]::Sleep(20) }';

describe.skipIf(noEngine !== undefined)('completion beside a command that runs', () => {
  let way: Awaited<ReturnType<typeof overWinRm>>;
  let registry: SessionRegistry;
  afterEach(async () => {
    await registry.closeAll();
    await way.close();
  });

  async function busy(mostShells = 30): Promise<{ session: Session; person: Person }> {
    way = await overWinRm(() => undefined, { shellLimits: { maxShellsPerUser: mostShells } });
    const person = new Person();
    registry = registryFor(serverAt(way.port), person).registry;
    const { id } = await registry.create({ serverId: 'z', size: SIZE, enter: true });
    const session = registry.get(id);
    session.attach({ write: (items) => void person.saw(items) }, SIZE);
    const prompt = await person.until(() => person.request);
    session.answer(prompt.requestId, `$onlyHere = 1; ${LONG}`);
    await person.until(() => /^begun/m.test(plainText(person.page)));
    return { session, person };
  }
  const shells = async () => (await registry.shells.list('z', undefined)).shells;

  test('knows commands and parameters, none of the session’s variables, and is told apart on the server', async () => {
    const { session } = await busy();
    expect(await session.completions.complete('Invoke-Com', 10)).toMatchObject({ busy: true, matches: [] });
    expect(await shells()).toHaveLength(1);
    const completion = await session.completions.complete('Invoke-Com', 10, true);
    expect(completion.source).toBe('beside');
    expect(completion.matches.map((match) => match.text)).toContain('Invoke-Command');
    expect((await session.completions.complete('$onlyHe', 7, true)).matches).toEqual([]);
    expect(await session.help('Invoke-Command', undefined, 80)).toMatchObject({
      title: 'Invoke-Command',
      found: true,
    });
    expect(await shells()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'Session1', sessionId: session.id }),
        expect.objectContaining({ name: 'Tab in Session1', completesFor: session.id }),
      ]),
    );
    expect(registry.list()).toHaveLength(1);
    // Ctrl+C, and Tab at once: it waits for the prompt, and the session itself answers.
    session.interrupt('');
    const after = await session.completions.complete('$onlyHe', 7, true);
    expect(after.source).toBeUndefined();
    expect(after).toMatchObject({ matches: [{ text: '$onlyHere' }] });
    await registry.remove(session.id);
    expect(await shells()).toEqual([]);
  });

  test('where the server allows no other shell, that is said and the command runs on', async () => {
    const { session, person } = await busy(1);
    expect(await session.completions.complete('Invoke-Com', 10, true)).toMatchObject({
      matches: [],
      note: 'The server allows you no other shell now: completion waits for the command to end.',
    });
    expect(session.row.availability).toBe('Busy');
    session.interrupt('');
    await person.until(() => person.commands.at(-1)?.state === 'stopped');
  });
});
