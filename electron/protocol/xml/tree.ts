/** A small element tree, for SOAP: whole texts of some kilobytes, looked into by name. */
import { ProtocolError } from '../errors.ts';
import type { XmlLimits } from './limits.ts';
import type { XmlAttribute } from './reader.ts';
import { XmlReader } from './reader.ts';

export interface XmlElement {
  readonly prefix: string;
  /** Local name. */
  readonly name: string;
  /** Namespace URI; empty for none. */
  readonly namespace: string;
  /** Namespace declarations left out. */
  readonly attributes: readonly XmlAttribute[];
  /** Child elements, in order. */
  readonly children: readonly XmlElement[];
  /** The element's own text, that of its children left out. Not trimmed. */
  readonly text: string;
  /** Where it begins in the input. */
  readonly offset: number;
}

type Growing = Omit<XmlElement, 'children' | 'text'> & { children: XmlElement[]; text: string };

/** Read a whole text. Throws a ProtocolError `xml.*`. */
export function parseXml(text: string, limits?: Partial<XmlLimits>): XmlElement {
  const reader = new XmlReader(text, limits);
  const open: Growing[] = [];
  let root: Growing | undefined;
  for (;;) {
    switch (reader.next()) {
      case 'start': {
        const element: Growing = {
          prefix: reader.prefix,
          name: reader.name,
          namespace: reader.namespace,
          attributes: reader.attributes,
          children: [],
          text: '',
          offset: reader.offset,
        };
        open.at(-1)?.children.push(element);
        root ??= element;
        open.push(element);
        break;
      }
      case 'text': {
        const top = open.at(-1);
        if (top) top.text += reader.text;
        break;
      }
      case 'end':
        open.pop();
        break;
      case 'eof':
        if (root === undefined) throw new ProtocolError('xml.truncated', 'There is no root element');
        return root;
    }
  }
}

/** Whether an element has this local name and, where given, this namespace. */
export function isElement(element: XmlElement, name: string, namespace?: string): boolean {
  return element.name === name && (namespace === undefined || element.namespace === namespace);
}

/** The first child of that name. Without a namespace any will do. */
export function find(element: XmlElement, name: string, namespace?: string): XmlElement | undefined {
  return element.children.find((child) => isElement(child, name, namespace));
}

/** Every child of that name, in order. */
export function findAll(element: XmlElement, name: string, namespace?: string): XmlElement[] {
  return element.children.filter((child) => isElement(child, name, namespace));
}

/** The first element of that name anywhere below, in document order. */
export function findDeep(element: XmlElement, name: string, namespace?: string): XmlElement | undefined {
  const waiting = element.children.toReversed();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (isElement(next, name, namespace)) return next;
    for (let i = next.children.length - 1; i >= 0; i--) waiting.push(next.children[i]!);
  }
  return undefined;
}

/** The own text of the first child of that name; undefined where there is no such child. */
export function textOf(element: XmlElement, name: string, namespace?: string): string | undefined {
  return find(element, name, namespace)?.text;
}

/** The value of an attribute; `namespace` empty (the default) means one without prefix. */
export function attributeOf(element: XmlElement, name: string, namespace = ''): string | undefined {
  return element.attributes.find((a) => a.name === name && a.namespace === namespace)?.value;
}
