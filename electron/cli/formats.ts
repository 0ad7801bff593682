/** Objects as text for other programs. */
import { EOL } from 'node:os';
import { displayText, displayInside, shownProperties } from '../protocol/clixml/display-text.ts';
import { toPlain } from '../protocol/clixml/plain.ts';
import { serializeDocument } from '../protocol/clixml/serialize.ts';
import { PsObject, type PsValue } from '../protocol/clixml/value.ts';
import type { Format } from './options.ts';

/** Turns objects into text as they come. */
export interface Formatter {
  /** The text of one more object, line end included. */
  add(value: PsValue): string;
  /** What comes after the last. */
  end(): string;
}

export function formatterOf(format: Exclude<Format, 'table'>): Formatter {
  switch (format) {
    case 'json':
      return { add: (value) => `${jsonLine(value)}\n`, end: () => '' };
    case 'csv':
      return new Csv();
    case 'clixml': {
      // One document, in which an object that comes twice is written once: nothing can leave before all of it is there.
      const values: PsValue[] = [];
      return {
        add: (value) => {
          values.push(value);
          return '';
        },
        end: () => `${serializeDocument(values)}\n`,
      };
    }
  }
}

export function jsonLine(value: PsValue): string {
  return JSON.stringify(toPlain(value));
}

/** As Export-Csv: the first object says which columns there are; everything is quoted but null, which is nothing at all. */
class Csv implements Formatter {
  #columns: string[] | undefined;

  add(value: PsValue): string {
    const cells = cellsOf(value);
    let head = '';
    if (this.#columns === undefined) {
      this.#columns = [...cells.values()].map(([name]) => name);
      head = line(this.#columns.map(quoted));
    }
    return (
      head +
      line(
        this.#columns.map((name) => {
          const cell = cells.get(name.toLowerCase())?.[1] ?? null;
          return cell === null ? '' : quoted(cellText(cell));
        }),
      )
    );
  }

  end(): string {
    return '';
  }
}

/** Properties, or the entries of a dictionary; a value that has none is a column of its own. Keys are in lower case: names have none. */
function cellsOf(value: PsValue): Map<string, [string, PsValue]> {
  const pairs: [string, PsValue][] = [];
  if (value instanceof PsObject) {
    if (value.container?.kind === 'DCT') {
      for (const [key, each] of value.container.entries) pairs.push([displayInside(key), each]);
    } else {
      pairs.push(...shownProperties(value));
    }
  }
  if (pairs.length === 0) pairs.push(['Value', value === null ? null : displayText(value)]);
  return new Map(pairs.map(([name, each]) => [name.toLowerCase(), [name, each]]));
}

/** A list is its items, as ConvertTo-Csv of PowerShell 7.6 has it; what is inside of them shows no further. */
function cellText(cell: PsValue): string {
  return cell instanceof PsObject && cell.items !== undefined ? displayText(cell) : displayInside(cell);
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

function line(cells: readonly string[]): string {
  return cells.join(',') + EOL;
}

/** Rows under headings, as wide as their widest cell. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, i) =>
    Math.max(heading.length, ...rows.map((row) => (row[i] ?? '').length)),
  );
  const text = (cells: readonly string[]): string =>
    `${cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()}\n`;
  return [headings, widths.map((width) => '-'.repeat(width)), ...rows].map(text).join('');
}
