/** Numbers as .NET's XmlConvert reads and writes them. */
import { isSpace } from '../xml/chars.ts';

/** The range of each integer element that fits a JavaScript number. */
export const smallRanges: Readonly<Record<string, readonly [number, number]>> = {
  By: [0, 255],
  SB: [-128, 127],
  U16: [0, 65_535],
  I16: [-32_768, 32_767],
  U32: [0, 4_294_967_295],
  I32: [-2_147_483_648, 2_147_483_647],
  C: [0, 65_535],
};

/** White space of XML, which XmlConvert trims; nothing else. */
export function trimXml(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** An integer in decimal between two bounds; NaN for anything else. An unsigned one takes no sign, not even minus zero. */
export function parseSmallInteger(text: string, min: number, max: number): number {
  // Plain digits, as everybody writes them, without a regular expression.
  const length = text.length;
  const negative = text.charCodeAt(0) === 0x2d;
  let i = negative ? 1 : 0;
  if (length - i > 0 && length - i <= 10 && (!negative || min < 0)) {
    let value = 0;
    for (; i < length; i++) {
      const digit = text.charCodeAt(i) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (i === length) {
      // Zero minus, because a negative zero is no integer.
      const signed = negative ? 0 - value : value;
      return signed >= min && signed <= max ? signed : Number.NaN;
    }
  }
  const odd = trimXml(text);
  if (!(min < 0 ? /^[+-]?\d+$/ : /^\d+$/).test(odd)) return Number.NaN;
  const signed = Number(odd) + 0;
  return signed >= min && signed <= max ? signed : Number.NaN;
}

/** A 64-bit integer; undefined for anything else. */
export function parseBigInteger(text: string, min: bigint, max: bigint): bigint | undefined {
  const trimmed = trimXml(text);
  const m = /^([+-]?)0*(\d{1,20})$/.exec(trimmed);
  if (!m || (m[1] !== '' && min >= 0n)) return undefined;
  const size = BigInt(m[2]!);
  const value = m[1] === '-' ? -size : size;
  return value >= min && value <= max ? value : undefined;
}

/** A floating-point number; undefined for anything that System.Double does not parse. */
export function parseFloating(text: string): number | undefined {
  if (isPlainDecimal(text)) return Number(text);
  const trimmed = trimXml(text);
  if (/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(trimmed)) return Number(trimmed);
  if (trimmed === 'INF') return Number.POSITIVE_INFINITY;
  if (trimmed === '-INF') return Number.NEGATIVE_INFINITY;
  const word = /^([+-]?)(infinity|nan)$/i.exec(trimmed);
  if (!word) return undefined;
  if (word[2]!.toLowerCase() === 'nan') return Number.NaN;
  return word[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** 2^96 - 1, the greatest System.Decimal. */
const decimalMax = 79_228_162_514_264_337_593_543_950_335n;
/** Its digits, and the most a System.Decimal can have after the point. */
const wholeDigits = 29;
const maxScale = 28;
/** As many digits as any decimal has: they need no rounding. */
const exactDigits = 28;

/** Digits, perhaps a minus before and a point among them: what most doubles look like, without a regular expression. */
function isPlainDecimal(text: string): boolean {
  const { length } = text;
  let i = text.charCodeAt(0) === 0x2d ? 1 : 0;
  const first = i;
  let points = 0;
  for (; i < length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x2e) points++;
    else if (c < 0x30 || c > 0x39) return false;
  }
  return points <= 1 && length - first - points > 0;
}

/** The text of a System.Decimal as .NET would write it: without plus sign and needless zeros in front, its scale (`1.10`) kept. Undefined for what is none. */
export function parseDecimal(text: string): string | undefined {
  const m = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(trimXml(text));
  if (!m || (m[2] === '' && (m[3] ?? '') === '')) return undefined;
  const whole = m[2]!.replace(/^0+(?=\d)/, '') || '0';
  const fraction = m[3] ?? '';
  const exact = whole.length + fraction.length <= exactDigits;
  const size = exact ? joinDecimal(whole, fraction) : roundDecimal(whole, fraction);
  // System.Decimal's negative zero shows no sign.
  return size !== undefined && m[1] === '-' && /[1-9]/.test(size) ? `-${size}` : size;
}

function joinDecimal(whole: string, fraction: string): string {
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** As many digits after the point as fit into 96 bits, the last one rounded, half to even. */
function roundDecimal(whole: string, fraction: string): string | undefined {
  if (whole.length > wholeDigits) return undefined;
  // Of what comes far behind only whether it is zero matters.
  const kept = fraction.slice(0, 2 * maxScale) + (/[1-9]/.test(fraction.slice(2 * maxScale)) ? '1' : '');
  const digits = BigInt(whole + kept);
  for (let scale = Math.min(maxScale, kept.length); scale >= 0; scale--) {
    const unit = 10n ** BigInt(kept.length - scale);
    const rest = digits % unit;
    let value = digits / unit;
    if (rest * 2n > unit || (rest * 2n === unit && value % 2n === 1n)) value++;
    if (value > decimalMax) continue;
    const all = String(value).padStart(scale + 1, '0');
    return joinDecimal(all.slice(0, all.length - scale), all.slice(all.length - scale));
  }
  return undefined;
}

/** A double as .NET Core writes it: shortest that reads back, exponent from 1E+17 up and 1E-05 down. */
export function formatDouble(value: number): string {
  if (!Number.isFinite(value)) return nonFinite(value);
  return dotNetForm(value.toExponential(), Object.is(value, -0), 17);
}

/** A single as .NET Core writes it: exponent from 1E+09 up. */
export function formatSingle(value: number): string {
  if (!Number.isFinite(value)) return nonFinite(value);
  for (let digits = 0; digits < 9; digits++) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === value) return dotNetForm(text, Object.is(value, -0), 9);
  }
  return dotNetForm(value.toExponential(), false, 9);
}

function nonFinite(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'INF' : '-INF';
}

/** Rewrite `-1.234e+5`. `precision` is the number of digits before the point from which .NET turns to the exponent. */
function dotNetForm(exponential: string, negativeZero: boolean, precision: number): string {
  const m = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(exponential)!;
  const sign = negativeZero ? '-' : m[1]!;
  const digits = (m[2]! + (m[3] ?? '')).replace(/0+$/, '') || '0';
  const exponent = Number(m[4]);
  if (exponent >= precision || exponent < -4) {
    const size = String(Math.abs(exponent)).padStart(2, '0');
    const tail = digits.length > 1 ? `.${digits.slice(1)}` : '';
    return `${sign}${digits.charAt(0)}${tail}E${exponent < 0 ? '-' : '+'}${size}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}
