/**
 * What our writer makes of a value is, to the real engine, the same value: .NET reads the recorded text and ours, and writes both again; the
 * two results must be equal to the letter.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { deserialize, deserializeDocument } from '../../electron/protocol/clixml/deserialize.ts';
import { serializeDocument } from '../../electron/protocol/clixml/serialize.ts';
import { psList } from '../../electron/protocol/clixml/value.ts';
import { PowerShell } from '../../electron/remoting/index.ts';
import { noEngine, overPipes } from './practice.ts';

interface Case {
  readonly id: string;
  readonly clixml: string;
  readonly document: boolean;
  readonly refuse: boolean;
}

const FOLDER = join(import.meta.dirname, '..', 'vectors', 'clixml');

/** Reads each text and writes it again, or says that it is refused. Depth 20 keeps what the recordings hold. */
const SCRIPT = `param($texts)
foreach ($text in $texts) {
  try { [System.Management.Automation.PSSerializer]::Serialize([System.Management.Automation.PSSerializer]::Deserialize($text), 20) }
  catch { 'refused: ' + $_.Exception.Message }
}`;

const OPEN = '<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">';

function cases(): { id: string; original: string; ours: string }[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => {
      const { cases: all } = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as { cases?: Case[] };
      return (all ?? []).flatMap((one) => {
        // Secure strings belong to the session that sealed them, XD must be a whole XML document to .NET, and lone surrogates do not survive
        // the way to the engine as a string argument unescaped: none of them says anything of our writer here.
        if (one.refuse || /<SS[ >/]|<XD[ >/]/.test(one.clixml)) return [];
        // psrpcore writes an enum's number before its type names, and .NET then sees no type: ours, in PowerShell's order, says more.
        if (/<Obj[^>]*>\s*<(\w+)>[^<]*<\/\1>\s*<TN/.test(one.clixml)) return [];
        const original = one.document
          ? one.clixml.replace(/^#< CLIXML\s*/, '')
          : `${OPEN}${one.clixml}</Objs>`;
        const values = one.document ? deserializeDocument(one.clixml).values : [deserialize(one.clixml)];
        return [{ id: `${file} ${one.id}`, original, ours: serializeDocument(values) }];
      });
    });
}

test.skipIf(noEngine !== undefined)(
  'the engine reads from our text what it reads from the recorded one',
  async () => {
    const way = await overPipes();
    try {
      const pool = await way.pool();
      await pool.open();
      const all = cases();
      expect(all.length).toBeGreaterThan(300);
      const rewritten = async (texts: string[]) => {
        const run = new PowerShell(pool).addScript(SCRIPT).addArgument(psList(texts)).invoke();
        return (await run.collect()).output.map((value) => String(value));
      };
      const originals = await rewritten(all.map((one) => one.original));
      const ours = await rewritten(all.map((one) => one.ours));
      expect(ours).toHaveLength(all.length);
      const accepted = all.flatMap((one, index) =>
        originals[index]?.startsWith('refused: ') === false ? [{ ...one, index }] : [],
      );
      expect(accepted.length).toBeGreaterThan(250);
      const different = accepted
        .filter(({ index }) => ours[index] !== originals[index])
        .map(({ id, index }) => ({ id, ours: ours[index], theirs: originals[index] }));
      expect(different).toEqual([]);
      await pool.close();
    } finally {
      await way.close();
    }
  },
);
