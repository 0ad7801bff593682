/** What System.Management.Automation 7.6.9 answered about some four hundred odd texts, and where we differ from it, each with the reason. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { deserializeDocument } from '../../../../electron/protocol/clixml/deserialize.ts';
import { displayText } from '../../../../electron/protocol/clixml/display-text.ts';
import { ProtocolError } from '../../../../electron/protocol/errors.ts';

interface AskedCase {
  id: string;
  clixml: string;
  accepted: boolean;
  text?: string;
}

const { cases } = JSON.parse(
  readFileSync(new URL('../../../vectors/clixml-asked.json', import.meta.url), 'utf8'),
) as { cases: AskedCase[] };

/** .NET reads these and we refuse them, with this code. */
const stricter = new Map([
  // References to what XML 1.0 does not allow: .NET does not check them, and writes `_xHHHH_` instead itself.
  ['I32 trail nul', 'clixml.entity'],
  ['I32 vt', 'clixml.entity'],
  ['S &#1;', 'clixml.entity'],
  ['S &#xD800;', 'clixml.entity'],
  ['S &#xFFFF;', 'clixml.entity'],
  // Processing instructions, and prefixed names: no writer of CLIXML uses them.
  ['I32 pi', 'clixml.processing-instruction'],
  ['pi between', 'clixml.processing-instruction'],
  ['prefix', 'clixml.element'],
  ['Nil child', 'clixml.content'],
  // Parts of dates, which .NET fills up from today or 1904; GUIDs and versions in forms that nothing prints.
  ['DT 2024', 'clixml.value'],
  ['DT 2024-01', 'clixml.value'],
  ['DT 03:04:05', 'clixml.value'],
  ['DT --01-02', 'clixml.value'],
  ['G {0xf5853fa8,0xa3d8,0x438c,{0xbf,0x94,0x72,0x3d,0x3f,0xef,0x89,0x34}}', 'clixml.value'],
  ['G 0xf5853f-a3d8-438c-bf94-723d3fef8934', 'clixml.value'],
  ['G +5853fa8-a3d8-438c-bf94-723d3fef8934', 'clixml.value'],
  ['V 1. 2', 'clixml.value'],
  ['V +1.2', 'clixml.value'],
]);

/** .NET refuses these and we read them. */
const laxer = new Set([
  // A URI and an XML document stay text here.
  'U http://',
  'U http://[',
  'U http://x:99999/',
  'XD text',
  'XD ns',
  'XD frag',
  // What stands around a document on an error stream; PSSerializer wants it removed before.
  'bom',
  'header crlf',
]);

/** Where .NET's own ToString is not what PowerShell shows, or depends on the machine that was asked. */
const otherText = /^(?:text )?(?:BA|ba$|XD|DT .*[+-]\d\d:\d\d$|C$)|^S _x0000D83D_$|^props emptyname$|^Nil/;

function outcome(clixml: string): string {
  try {
    deserializeDocument(clixml);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return error.code;
  }
}

describe('accepted', () => {
  test.each(cases.filter((c) => c.accepted && !stricter.has(c.id)).map((c) => [c.id, c] as const))(
    '%s',
    (_id, c) => {
      expect(outcome(c.clixml)).toBe('accepted');
    },
  );
});

describe('refused', () => {
  test.each(cases.filter((c) => !c.accepted && !laxer.has(c.id)).map((c) => [c.id, c] as const))(
    '%s',
    (_id, c) => {
      expect(outcome(c.clixml)).toMatch(/^clixml\./);
    },
  );
});

describe('refused by us alone', () => {
  test.each([...stricter])('%s: %s', (id, code) => {
    const asked = cases.find((c) => c.id === id)!;
    expect(asked.accepted).toBe(true);
    expect(outcome(asked.clixml)).toBe(code);
  });
});

describe('accepted by us alone', () => {
  test.each([...laxer])('%s', (id) => {
    const asked = cases.find((c) => c.id === id)!;
    expect(asked.accepted).toBe(false);
    expect(outcome(asked.clixml)).toBe('accepted');
  });
});

describe('shown as PowerShell shows it', () => {
  const shown = cases.filter((c) => c.accepted && !stricter.has(c.id) && !otherText.test(c.id));
  const single = shown.flatMap((c) => {
    const { values } = deserializeDocument(c.clixml);
    return values.length === 1 ? [[c.id, values[0]!, c.text] as const] : [];
  });
  test.each(single)('%s', (_id, value, text) => {
    expect(displayText(value)).toBe(text);
  });
  test('most of them', () => expect(single.length).toBeGreaterThan(180));
});
