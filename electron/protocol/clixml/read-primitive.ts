/** The text of a primitive element to its value ([MS-PSRP] 2.2.5.1). Undefined stands for a text that is no such value. */
import { parseDateTime, parseTimeSpan } from './date-time.ts';
import { parseBigInteger, parseDecimal, parseFloating, trimXml } from './numbers.ts';
import type { PrimitiveValues } from './value.ts';

export const int64Min = -9_223_372_036_854_775_808n;
export const int64Max = 9_223_372_036_854_775_807n;
export const uint64Max = 18_446_744_073_709_551_615n;

/** The primitives that need more than a range check or an un-escaped text. */
export type ParsedTag = 'DT' | 'TS' | 'U64' | 'Sg' | 'Db' | 'D' | 'BA' | 'G' | 'Version' | 'SS';

export const parsers: { readonly [T in ParsedTag]: (text: string) => PrimitiveValues[T] | undefined } = {
  DT: (text) => parseDateTime(trimXml(text)),
  TS: (text) => parseTimeSpan(trimXml(text)),
  U64: (text) => parseBigInteger(text, 0n, uint64Max),
  Sg: parseSingle,
  Db: parseFloating,
  D: parseDecimal,
  BA: parseBytes,
  G: parseGuid,
  Version: parseVersion,
  SS: parseSecureString,
};

export function parseInt64(text: string): bigint | undefined {
  return parseBigInteger(text, int64Min, int64Max);
}

/** XmlConvert.ToBoolean: these four words, in lower case only. */
export function parseBoolean(text: string): boolean | undefined {
  switch (trimXml(text)) {
    case 'true':
    case '1':
      return true;
    case 'false':
    case '0':
      return false;
    default:
      return undefined;
  }
}

function parseSingle(text: string): number | undefined {
  const value = parseFloating(text);
  return value === undefined ? undefined : Math.fround(value);
}

/** Base64 with its padding; white space anywhere is allowed. */
export function parseBytes(text: string): Uint8Array | undefined {
  const dense = /[ \t\r\n]/.test(text) ? text.replace(/[ \t\r\n]+/g, '') : text;
  if (dense.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(dense)) return undefined;
  const bytes = Buffer.from(dense, 'base64');
  // Small buffers share a pool; what leaves here owns its memory.
  return bytes.buffer.byteLength === bytes.byteLength
    ? new Uint8Array(bytes.buffer, 0, bytes.byteLength)
    : new Uint8Array(bytes);
}

/** In a session base64 of cipher text; in a file of Windows hexadecimal digits of whatever protects it there. Either is kept as it is. */
export function parseSecureString(text: string): string | undefined {
  const dense = text.replace(/[ \t\r\n]+/g, '');
  return /^[A-Za-z0-9+/]*={0,2}$/.test(dense) ? dense : undefined;
}

const guid =
  /^(?:([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})|\{([0-9a-f-]{36})\}|\(([0-9a-f-]{36})\)|([0-9a-f]{32}))$/i;

/** The D, B, P and N formats of System.Guid, to D in lower case. */
export function parseGuid(text: string): string | undefined {
  const m = guid.exec(trimXml(text));
  if (!m) return undefined;
  const bare = m[4];
  if (bare !== undefined) {
    const d = `${bare.slice(0, 8)}-${bare.slice(8, 12)}-${bare.slice(12, 16)}-${bare.slice(16, 20)}-${bare.slice(20)}`;
    return d.toLowerCase();
  }
  const inner = m[2] ?? m[3];
  return inner === undefined ? m[1]!.toLowerCase() : parseGuid(inner);
}

/** System.Version: two to four numbers. */
export function parseVersion(text: string): string | undefined {
  // As everybody writes them; nine digits cannot be too many.
  if (/^(?:0|[1-9]\d{0,8})(?:\.(?:0|[1-9]\d{0,8})){1,3}$/.test(text)) return text;
  const parts = trimXml(text).split('.');
  if (parts.length < 2 || parts.length > 4) return undefined;
  const numbers = parts.map((p) => (/^\d{1,15}$/.test(p) ? Number(p) : Number.NaN));
  return numbers.every((n) => n <= 2_147_483_647) ? numbers.join('.') : undefined;
}
