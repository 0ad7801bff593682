/** A primitive value to the text of its element; our own values are checked, because a wrong one would only fail on the other side. */
import { UsageError } from '../errors.ts';
import { formatDateTime, formatTimeSpan, isDateTime, isTimeSpan } from './date-time.ts';
import { encodeText } from './escape.ts';
import { formatDouble, formatSingle, parseDecimal, smallRanges } from './numbers.ts';
import {
  int64Max,
  int64Min,
  parseGuid,
  parseSecureString,
  parseVersion,
  uint64Max,
} from './read-primitive.ts';
import type { PrimitiveTag, PrimitiveValues, PsProgress } from './value.ts';

type TextTag = Exclude<PrimitiveTag, 'PR'>;

const writers: { readonly [T in TextTag]: (value: PrimitiveValues[T]) => string } = {
  C: (value) => writeSmall('C', value),
  By: (value) => writeSmall('By', value),
  SB: (value) => writeSmall('SB', value),
  U16: (value) => writeSmall('U16', value),
  I16: (value) => writeSmall('I16', value),
  U32: (value) => writeSmall('U32', value),
  U64: (value) => (value >= 0n && value <= uint64Max ? String(value) : bad('U64')),
  DT: (value) => (isDateTime(value) ? formatDateTime(value) : bad('DT')),
  TS: (value) => (isTimeSpan(value) ? formatTimeSpan(value) : bad('TS')),
  Sg: (value) => formatSingle(Math.fround(value)),
  Db: formatDouble,
  D: (value) => parseDecimal(value) ?? bad('D'),
  BA: writeBytes,
  G: (value) => parseGuid(value) ?? bad('G'),
  Version: (value) => parseVersion(value) ?? bad('Version'),
  SS: (value) => parseSecureString(value) ?? bad('SS'),
  URI: encodeText,
  XD: encodeText,
  SBK: encodeText,
};

/** The text of a primitive's element, escaped. Throws a UsageError `clixml.value`. */
export function writePrimitive<T extends TextTag>(tag: T, value: PrimitiveValues[T]): string {
  return writers[tag](value);
}

export function writeInt32(value: number): string {
  return writeSmall('I32', value);
}

export function writeInt64(value: bigint): string {
  return value >= int64Min && value <= int64Max ? String(value) : bad('I64');
}

/** The eight elements of a PR, [MS-PSRP] 2.2.5.1.25. */
export function writeProgress(value: PsProgress): string {
  if (
    value.activity === '' ||
    value.statusDescription === '' ||
    value.activityId < 0 ||
    value.parentActivityId === value.activityId ||
    value.percentComplete > 100
  ) {
    bad('PR');
  }
  const operation =
    value.currentOperation === null ? '<Nil />' : `<S>${encodeText(value.currentOperation)}</S>`;
  return (
    `<AV>${encodeText(value.activity)}</AV><AI>${writeInt32(value.activityId)}</AI>${operation}` +
    `<PI>${writeInt32(value.parentActivityId)}</PI><PC>${writeInt32(value.percentComplete)}</PC>` +
    `<T>${value.recordType}</T><SR>${writeInt32(value.secondsRemaining)}</SR>` +
    `<SD>${encodeText(value.statusDescription)}</SD>`
  );
}

function writeSmall(tag: string, value: number): string {
  const [min, max] = smallRanges[tag]!;
  return Number.isInteger(value) && value >= min && value <= max ? String(value) : bad(tag);
}

function writeBytes(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
}

function bad(tag: string): never {
  throw new UsageError('clixml.value', `The value of an element ${tag} is out of its range`, { tag });
}
