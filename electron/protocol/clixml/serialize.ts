/**
 * Values to CLIXML ([MS-PSRP] 2.2.5), after the habits of PowerShell's own writer: names, ToString, the base value or the container,
 * then Props, then MS; an object that comes again as a Ref, type names that come again as a TNRef.
 */
import { UsageError } from '../errors.ts';
import { defaultLimits } from './deserialize.ts';
import { encodeAttribute, encodeText } from './escape.ts';
import { clixmlNamespace } from './scanner.ts';
import type { PsContainer, PsValue } from './value.ts';
import { PsMemberSet, PsObject, PsPrimitive } from './value.ts';
import { writeInt32, writeInt64, writePrimitive, writeProgress } from './write-primitive.ts';

/**
 * One bare element, as the data of a PSRP message holds it. Throws a UsageError: `clixml.value` (a value out of its range),
 * `clixml.depth` (deeper than .NET reads), `clixml.name`, `clixml.dictionary`.
 */
export function serialize(value: PsValue): string {
  const writer = new Writer();
  writer.value(value, '');
  return writer.out;
}

/** An `<Objs>` document; `streams` gives values their S attribute. Throws as {@link serialize} does. */
export function serializeDocument(
  values: readonly PsValue[],
  streams: readonly (string | undefined)[] = [],
): string {
  const writer = new Writer();
  writer.out = `<Objs Version="1.1.0.1" xmlns="${clixmlNamespace}">`;
  for (const [i, value] of values.entries()) {
    const stream = streams[i];
    writer.value(value, stream === undefined ? '' : ` S="${encodeAttribute(stream)}"`);
  }
  return `${writer.out}</Objs>`;
}

class Writer {
  out = '';
  #depth = 0;
  readonly #objects = new Map<PsObject, number>();
  readonly #typeNames = new Map<string, number>();
  /** The same by identity: what was read shares its arrays. */
  readonly #typeNameLists = new Map<readonly string[], number>();

  readonly #nameAttributes = new Map<string, string>();

  /** `attributes` are finished: empty, or with a space in front. */
  value(value: PsValue, attributes: string): void {
    this.#checkDepth();
    this.#anyDepth(value, attributes);
  }

  #anyDepth(value: PsValue, attributes: string): void {
    switch (typeof value) {
      case 'string':
        this.out += `<S${attributes}>${encodeText(value)}</S>`;
        return;
      case 'number':
        this.out += `<I32${attributes}>${writeInt32(value)}</I32>`;
        return;
      case 'boolean':
        this.out += `<B${attributes}>${value ? 'true' : 'false'}</B>`;
        return;
      case 'bigint':
        this.out += `<I64${attributes}>${writeInt64(value)}</I64>`;
        return;
      default:
        if (value === null) this.out += `<Nil${attributes} />`;
        else if (value instanceof PsPrimitive) this.#primitive(value, attributes);
        else this.#object(value, attributes);
    }
  }

  #primitive(primitive: PsPrimitive, attributes: string): void {
    const { tag } = primitive;
    const content = primitive.is('PR')
      ? writeProgress(primitive.value)
      : writePrimitive(tag as Exclude<typeof tag, 'PR'>, primitive.value as never);
    this.out += content === '' ? `<${tag}${attributes} />` : `<${tag}${attributes}>${content}</${tag}>`;
  }

  #object(object: PsObject, attributes: string): void {
    const known = this.#objects.get(object);
    if (known !== undefined) {
      this.out += `<Ref${attributes} RefId="${known}" />`;
      return;
    }
    this.#depth++;
    const id = this.#objects.size;
    this.#objects.set(object, id);
    this.out += `<Obj${attributes} RefId="${id}">`;
    if (object.typeNames.length > 0) this.#names(object.typeNames);
    if (object.text === '') this.out += '<ToString />';
    else if (object.text !== undefined) this.out += `<ToString>${encodeText(object.text)}</ToString>`;
    // The reader does not count it as a value inside the object: it is the object.
    if (object.base === null) throw new UsageError('clixml.value', 'An object cannot be based on null');
    if (object.base !== undefined) this.#anyDepth(object.base, '');
    if (object.container !== undefined) this.#container(object.container);
    if (object.adapted !== undefined) this.#properties('Props', '', object.adapted);
    if (object.extended !== undefined) this.#properties('MS', '', object.extended);
    this.out += '</Obj>';
    this.#depth--;
  }

  /** Before a value: may it stand at this depth? */
  #checkDepth(): void {
    if (this.#depth >= defaultLimits.maxDepth) {
      throw new UsageError('clixml.depth', 'The value is nested deeper than PowerShell reads', {
        limit: defaultLimits.maxDepth,
      });
    }
  }

  #names(names: readonly string[]): void {
    let id = this.#typeNameLists.get(names);
    if (id === undefined) {
      // Not a join: a name may hold any character.
      const key = JSON.stringify(names);
      id = this.#typeNames.get(key);
      if (id === undefined) {
        id = this.#typeNames.size;
        this.#typeNames.set(key, id);
        this.#typeNameLists.set(names, id);
        this.out += `<TN RefId="${id}">`;
        for (const name of names) this.out += `<T>${encodeText(name)}</T>`;
        this.out += '</TN>';
        return;
      }
      this.#typeNameLists.set(names, id);
    }
    this.out += `<TNRef RefId="${id}" />`;
  }

  #container(container: PsContainer): void {
    const { kind } = container;
    const length = container.kind === 'DCT' ? container.entries.length : container.items.length;
    if (length === 0) {
      this.out += `<${kind} />`;
      return;
    }
    this.out += `<${kind}>`;
    if (container.kind === 'DCT') {
      for (const [key, value] of container.entries) {
        if (key === null) throw new UsageError('clixml.dictionary', 'A dictionary key is null');
        this.out += '<En>';
        this.value(key, ' N="Key"');
        this.value(value, ' N="Value"');
        this.out += '</En>';
      }
    } else {
      for (const item of container.items) this.value(item, '');
    }
    this.out += `</${kind}>`;
  }

  /** The N attribute; a list of objects repeats few names many times. */
  #named(name: string): string {
    let attribute = this.#nameAttributes.get(name);
    if (attribute === undefined) {
      attribute = ` N="${encodeAttribute(name)}"`;
      this.#nameAttributes.set(name, attribute);
    }
    return attribute;
  }

  #properties(
    element: 'Props' | 'MS',
    attributes: string,
    properties: readonly (readonly [string, PsValue])[],
  ): void {
    if (properties.length === 0) {
      this.out += `<${element}${attributes} />`;
      return;
    }
    this.out += `<${element}${attributes}>`;
    for (const [name, value] of properties) {
      if (name === '' && element === 'MS') throw new UsageError('clixml.name', 'A property has no name');
      const named = this.#named(name);
      if (element === 'MS' && value instanceof PsMemberSet) {
        this.#checkDepth();
        this.#depth++;
        this.#properties('MS', named, value.extended ?? []);
        this.#depth--;
      } else {
        this.value(value, named);
      }
    }
    this.out += `</${element}>`;
  }
}
