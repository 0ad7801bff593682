/** JSON as PowerShell values. */
import { psList, PsObject, PsPrimitive, type PsValue } from '../protocol/clixml/value.ts';
import { Problem, EXIT } from './problem.ts';

const CUSTOM_OBJECT = ['System.Management.Automation.PSCustomObject', 'System.Object'] as const;
const DICTIONARY = ['System.Collections.Hashtable', 'System.Object'] as const;
const ARRAY = ['System.Object[]', 'System.Array', 'System.Object'] as const;

const INT32 = 0x8000_0000n;
const INT64 = 0x8000_0000_0000_0000n;
/** The largest System.Decimal: 2^96 - 1. */
const DECIMAL = 0x1_0000_0000_0000_0000_0000_0000n;

/**
 * As ConvertFrom-Json has it: objects are PSCustomObject, whole numbers the smallest of Int32, Int64 and Decimal that holds them, others
 * Double. Text stays text, also where it looks like a date.
 * @throws Problem
 */
export function fromJson(text: string): PsValue {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text, (_name, value: unknown, context?: { source?: string }) =>
      typeof value === 'number' && context?.source !== undefined ? numberOf(value, context.source) : value,
    );
    return valueOf(parsed);
  } catch (error) {
    if (error instanceof RangeError) throw badJson('It is nested too deeply.');
    if (error instanceof SyntaxError) throw badJson(error.message);
    throw error;
  }
}

export function badJson(why: string): Problem {
  return new Problem('input.json', 'The input is not JSON.', { exit: EXIT.usage, why });
}

/** A number beyond 2^53 must be read from its digits: as a double it is another one. */
function numberOf(value: number, source: string): number | bigint | PsPrimitive {
  if (!/^-?\d+$/.test(source) || source === '-0') return new PsPrimitive('Db', value);
  const whole = BigInt(source);
  if (whole >= -INT32 && whole < INT32) return value;
  if (whole >= -INT64 && whole < INT64) return whole;
  if (whole > -DECIMAL && whole < DECIMAL) return new PsPrimitive('D', source);
  return new PsPrimitive('Db', value);
}

function valueOf(value: unknown): PsValue {
  if (Array.isArray(value)) return psList(value.map(valueOf), ARRAY);
  if (typeof value === 'object' && value !== null && !(value instanceof PsPrimitive)) {
    const entries = Object.entries(value).map(([name, each]): [string, PsValue] => [name, valueOf(each)]);
    // An object cannot have two properties whose names differ in case alone, nor one without a name; a dictionary can.
    return new Set(entries.map(([name]) => name.toLowerCase())).size < entries.length || '' in value
      ? new PsObject({ typeNames: DICTIONARY, container: { kind: 'DCT', entries } })
      : new PsObject({ typeNames: CUSTOM_OBJECT, extended: entries });
  }
  return value as PsValue;
}
