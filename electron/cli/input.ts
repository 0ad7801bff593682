/** Objects from stdin. */
import { deserialize, deserializeDocument } from '../protocol/clixml/deserialize.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { PsObject, type PsValue } from '../protocol/clixml/value.ts';
import { badJson, fromJson } from './from-json.ts';
import type { InputFormat } from './options.ts';
import { EXIT, Problem } from './problem.ts';

interface Lines {
  line(): Promise<string | undefined>;
  rest(): Promise<string>;
}

/** Objects one by one, so that what comes slowly is piped on as it comes; a JSON array is its items. @throws Problem */
export async function* readObjects(stdin: Lines, format: InputFormat): AsyncGenerator<PsValue, void, void> {
  switch (format) {
    case 'text':
      for (let line = await stdin.line(); line !== undefined; line = await stdin.line()) yield line;
      return;
    case 'jsonl':
      for (let line = await stdin.line(); line !== undefined; line = await stdin.line()) {
        if (line.trim() !== '') yield fromJson(line);
      }
      return;
    case 'json':
      yield* itemsOf(fromJson(await stdin.rest()));
      return;
    case 'clixml':
      yield* readClixml(await stdin.rest()).values;
      return;
    case 'auto':
      yield* await guess(stdin);
  }
}

/** What the first line tells: `<` is CLIXML, a line that is JSON by itself begins JSON lines, anything else one JSON document. */
async function guess(stdin: Lines): Promise<AsyncIterable<PsValue> | Iterable<PsValue>> {
  let first = await stdin.line();
  while (first?.trim() === '') first = await stdin.line();
  if (first === undefined) return [];
  if (/^\s*(?:<|#< CLIXML)/.test(first)) return readClixml(`${first}\n${await stdin.rest()}`).values;
  let value: PsValue;
  try {
    value = fromJson(first);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return itemsOf(fromJson(`${first}\n${await stdin.rest()}`));
  }
  const second = await stdin.line();
  if (second === undefined) return itemsOf(value);
  return (async function* () {
    const rest = readObjects(stdin, 'jsonl');
    const next = second.trim() === '' ? await rest.next() : { done: false, value: fromJson(second) };
    // One line alone, whatever blank lines follow.
    if (next.done === true) {
      yield* itemsOf(value);
      return;
    }
    yield value;
    if (next.value !== undefined) yield next.value;
    yield* rest;
  })();
}

function itemsOf(value: PsValue): readonly PsValue[] {
  return value instanceof PsObject && value.items !== undefined ? value.items : [value];
}

/** JSON for `convert`: a document, or one on each line. Here an array is a value like any other. @throws Problem */
export function readJsonValues(text: string): PsValue[] {
  if (text.trim() === '') return [];
  try {
    return [fromJson(text)];
  } catch (whole) {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    if (!(whole instanceof Problem) || lines.length < 2) throw whole;
    return lines.map((line, i) => {
      try {
        return fromJson(line);
      } catch (error) {
        // A document that is broken somewhere is better explained as a whole, unless its first line stands by itself.
        if (i === 0) throw whole;
        throw error instanceof Problem
          ? badJson(`Line ${String(i + 1)}: ${error.why ?? 'It is no JSON.'}`)
          : error;
      }
    });
  }
}

/** A document as Export-Clixml writes it, what PowerShell writes to stderr (`#< CLIXML`), or one bare element. @throws Problem */
export function readClixml(text: string): {
  values: readonly PsValue[];
  streams: readonly (string | undefined)[];
} {
  if (text.trim() === '') return { values: [], streams: [] };
  try {
    if (/^\uFEFF?#< CLIXML|<Objs[\s>/]/.test(text.slice(0, 1000))) return deserializeDocument(text);
    return { values: [deserialize(text.trim())], streams: [undefined] };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new Problem(error.code, 'The input is not CLIXML.', { exit: EXIT.usage, why: error.message });
  }
}
