/** What a request means, whatever its prefixes, order of headers, and spelling of booleans: for comparing ours with recorded ones. */
import { parseXml, type XmlElement } from '../../electron/protocol/xml/tree.ts';

export interface Meaning {
  headers: Record<string, string>;
  options: Record<string, string>;
  selectors: Record<string, string>;
  body: Node[];
}

interface Node {
  name: string;
  attributes: Record<string, string>;
  text: string;
  children: Node[];
}

/** Headers that say something about the request, beyond the ids of the conversation. */
const COMPARED = [
  'Action',
  'To',
  'MessageID',
  'ResourceURI',
  'MaxEnvelopeSize',
  'OperationTimeout',
  'ReplyTo',
];

export function meaning(xml: string): Meaning {
  const root = parseXml(xml);
  const part = (name: string): readonly XmlElement[] =>
    root.children.find((c) => c.name === name)?.children ?? [];
  const headers: Record<string, string> = {};
  for (const header of part('Header')) {
    if (!COMPARED.includes(header.name)) continue;
    const value = header.children[0]?.text ?? header.text;
    headers[`${header.namespace} ${header.name}`] =
      header.name === 'MessageID' ? value.trim().toUpperCase() : value.trim();
  }
  return {
    headers,
    options: named(part('Header'), 'OptionSet', (value) =>
      /^(true|false)$/i.test(value) ? value.toLowerCase() : value,
    ),
    selectors: named(part('Header'), 'SelectorSet', (value) => value),
    body: part('Body').map(node),
  };
}

function named(
  headers: readonly XmlElement[],
  set: string,
  normalise: (value: string) => string,
): Record<string, string> {
  const entries = headers
    .filter((h) => h.name === set)
    .flatMap((h) => h.children)
    .map((c) => {
      const name = c.attributes.find((a) => a.name === 'Name')?.value ?? '';
      // The two clients recorded disagree on MustComply for the options of winrs, and the server took both.
      const must =
        c.attributes.some((a) => a.name === 'MustComply' && a.value === 'true') && !name.startsWith('WINRS_')
          ? ' (must comply)'
          : '';
      return [name, normalise(c.text.trim()) + must] as const;
    });
  return Object.fromEntries(entries);
}

function node(element: XmlElement): Node {
  // A shell's name is an attribute in [MS-WSMV] 2.2.4.37; pypsrp writes it as an element, which the recorded server did not take in.
  const isShell = element.name === 'Shell';
  const children = element.children.filter((c) => !(isShell && c.name === 'Name')).map(node);
  return {
    name: `${element.namespace} ${element.name}`,
    attributes: Object.fromEntries(
      element.attributes
        // End="false" is what a stream without End means.
        .filter((a) => !(a.name === 'End' && a.value === 'false') && !(isShell && a.name === 'Name'))
        .map((a) => [`${a.namespace} ${a.name}`, a.value]),
    ),
    text: children.length === 0 ? element.text.trim() : '',
    // The order of arguments and streams matters, that of different elements does not: a stable sort by name keeps the one only.
    children: children.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
  };
}
