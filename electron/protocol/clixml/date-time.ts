/** DT and TS: dates and durations in 100-ns ticks ([MS-PSRP] 2.2.5.1.4, 2.2.5.1.5; XML Schema Part 2). */
import type { PsDateTime } from './value.ts';

const ticksPerSecond = 10_000_000;
const ticksPerDay = 864_000_000_000n;
/** The tick after 9999-12-31T23:59:59.9999999, the last that System.DateTime has. */
const ticksEnd = 3_155_378_976_000_000_000n;

const daysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days from 0001-01-01 to a date of the Gregorian calendar. */
function dayNumber(year: number, month: number, day: number): number {
  const y = year - 1;
  const leapDay = month > 2 && isLeap(year) ? 1 : 0;
  return (
    y * 365 +
    Math.floor(y / 4) -
    Math.floor(y / 100) +
    Math.floor(y / 400) +
    daysBefore[month - 1]! +
    leapDay +
    day -
    1
  );
}

/**
 * `2024-01-31`, `2024-01-31T12:00:00`, with a fraction and a zone where there is one. Undefined for what System.Xml's XmlConvert.ToDateTime
 * refuses; its rarer forms (a year, a time alone) are refused too. By hand, as every object of a listing has a date or two.
 */
export function parseDateTime(text: string): PsDateTime | undefined {
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month)))
    return undefined;
  if (text.charCodeAt(4) !== hyphen || text.charCodeAt(7) !== hyphen) return undefined;
  let clock = 0;
  let at = 10;
  if (text.charCodeAt(at) === 0x54) {
    const hour = twoDigits(text, 11);
    const minute = twoDigits(text, 14);
    const second = twoDigits(text, 17);
    if (!(hour <= 23 && minute <= 59 && second <= 59)) return undefined;
    if (text.charCodeAt(13) !== colon || text.charCodeAt(16) !== colon) return undefined;
    clock = (hour * 3600 + minute * 60 + second) * ticksPerSecond;
    at = 19;
    if (text.charCodeAt(at) === 0x2e) {
      const start = at + 1;
      at = endOfDigits(text, start);
      if (at === start) return undefined;
      clock += fractionTicks(text, start, at);
    }
  }
  const ticks = ticksOf(dayNumber(year, month, day), clock);
  if (ticks >= ticksEnd) return undefined;
  if (at === text.length) return { ticks, kind: 'Unspecified' };
  if (at === text.length - 1 && (text.charCodeAt(at) | 0x20) === 0x7a) return { ticks, kind: 'Utc' };
  const offset = parseOffset(text, at);
  return offset === undefined ? undefined : { ticks, kind: 'Local', offset };
}

const hyphen = 0x2d;
const colon = 0x3a;

/** `+hh:mm` to the end of the text, in minutes. */
function parseOffset(text: string, at: number): number | undefined {
  const sign = text.charCodeAt(at);
  const hours = twoDigits(text, at + 1);
  const minutes = twoDigits(text, at + 4);
  if (text.length !== at + 6 || text.charCodeAt(at + 3) !== colon || (sign !== 0x2b && sign !== hyphen)) {
    return undefined;
  }
  if (!(hours >= 0 && minutes <= 59)) return undefined;
  const size = hours * 60 + minutes;
  return sign === hyphen && size > 0 ? -size : size;
}

/** NaN where there are none. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 0x30;
  const ones = text.charCodeAt(at + 1) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function endOfDigits(text: string, from: number): number {
  let i = from;
  for (let c = text.charCodeAt(i); c >= 0x30 && c <= 0x39; c = text.charCodeAt(++i));
  return i;
}

/** Seven digits count; the eighth rounds, as XmlConvert rounds it. */
function fractionTicks(text: string, start: number, end: number): number {
  let ticks = 0;
  for (let i = 0; i < 7; i++) ticks = ticks * 10 + (start + i < end ? text.charCodeAt(start + i) - 0x30 : 0);
  return end > start + 7 && text.charCodeAt(start + 7) >= 0x35 ? ticks + 1 : ticks;
}

/** A day's ticks have fourteen bits of zeros at their end, so that those of any number of days are exact in a double. */
function ticksOf(days: number, clock: number): bigint {
  return BigInt(days * 864_000_000_000) + BigInt(clock);
}

/** ISO 8601 as XmlConvert writes it: the fraction without trailing zeros, `Z` or the offset. */
export function formatDateTime(value: PsDateTime): string {
  const { year, month, day, hour, minute, second, fraction } = splitTicks(value.ticks);
  const tail = fraction === 0 ? '' : `.${String(fraction).padStart(7, '0').replace(/0+$/, '')}`;
  return (
    `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}` +
    tail +
    formatZone(value)
  );
}

function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}

function formatZone(value: PsDateTime): string {
  if (value.kind === 'Utc') return 'Z';
  if (value.kind === 'Unspecified') return '';
  const size = Math.abs(value.offset ?? 0);
  const sign = (value.offset ?? 0) < 0 ? '-' : '+';
  return `${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

export interface DateParts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  /** 100-ns ticks within the second. */
  fraction: number;
}

/** The calendar reading of a count of ticks since 0001-01-01. */
export function splitTicks(ticks: bigint): DateParts {
  const days = Number(ticks / ticksPerDay);
  const clock = Number(ticks % ticksPerDay);
  const seconds = Math.floor(clock / ticksPerSecond);
  // Days to a date by way of eras of 400 years that begin in March, when leap days come last.
  const shifted = days + 306;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
    fraction: clock % ticksPerSecond,
  };
}

export function isDateTime(value: PsDateTime): boolean {
  return (
    value.ticks >= 0n &&
    value.ticks < ticksEnd &&
    (value.offset === undefined || (Number.isInteger(value.offset) && Math.abs(value.offset) < 6000))
  );
}

const duration =
  /^(-?)P(?=[\dT])(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?=[\d.])(?:(\d+)H)?(?:(\d+)M)?(?:(\d*)(?:\.(\d*))?S)?)?$/;

const int32Max = 2_147_483_647;
/**
 * .NET's TimeSpan ends one tick earlier on the positive side; this one tick more is accepted because a reference library writes it
 * (psrpcore's largest duration).
 */
const spanLimit = 9_223_372_036_854_775_808n;

/** Ticks of an XML Schema duration; a year is 365 days and a month 30, as .NET has it. Undefined for what is none. */
export function parseTimeSpan(text: string): bigint | undefined {
  const m = duration.exec(text);
  if (!m) return undefined;
  const parts = [m[2], m[3], m[4], m[5], m[6], m[7]].map((p) => Number(p ?? 0));
  if (parts.some((p) => p > int32Max)) return undefined;
  if (m[7] === '' && (m[8] ?? '') === '') return undefined;
  const [years, months, days, hours, minutes, seconds] = parts as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const wholeDays = years * 365 + Math.floor(months / 12) * 365 + (months % 12) * 30 + days;
  // Digits past the seventh are cut, not rounded, unlike those of a date.
  const fraction = Number((m[8] ?? '').slice(0, 7).padEnd(7, '0'));
  const ticks =
    BigInt(wholeDays) * ticksPerDay +
    BigInt(hours * 3600 + minutes * 60 + seconds) * BigInt(ticksPerSecond) +
    BigInt(fraction);
  if (ticks > spanLimit) return undefined;
  return m[1] === '-' ? -ticks : ticks;
}

export function isTimeSpan(ticks: bigint): boolean {
  return ticks >= -spanLimit && ticks <= spanLimit;
}

/** `P1DT2H3M4.5S`, as XmlConvert writes it. */
export function formatTimeSpan(ticks: bigint): string {
  const { days, hours, minutes, seconds, fraction } = splitTimeSpan(ticks);
  let out = ticks < 0n ? '-P' : 'P';
  if (days > 0n) out += `${days}D`;
  let time = '';
  if (hours > 0) time += `${hours}H`;
  if (minutes > 0) time += `${minutes}M`;
  const tail = fraction === 0 ? '' : `.${String(fraction).padStart(7, '0').replace(/0+$/, '')}`;
  if (seconds > 0 || tail !== '' || (time === '' && days === 0n)) time += `${seconds}${tail}S`;
  if (time !== '') out += `T${time}`;
  return out;
}

/** The parts of a duration without its sign. */
export function splitTimeSpan(ticks: bigint): {
  days: bigint;
  hours: number;
  minutes: number;
  seconds: number;
  fraction: number;
} {
  const size = ticks < 0n ? -ticks : ticks;
  const clock = Number(size % ticksPerDay);
  const seconds = Math.floor(clock / ticksPerSecond);
  return {
    days: size / ticksPerDay,
    hours: Math.floor(seconds / 3600),
    minutes: Math.floor(seconds / 60) % 60,
    seconds: seconds % 60,
    fraction: clock % ticksPerSecond,
  };
}

/** `[-][d.]hh:mm:ss[.fffffff]`, as TimeSpan.ToString() shows it. */
export function displayTimeSpan(ticks: bigint): string {
  const { days, hours, minutes, seconds, fraction } = splitTimeSpan(ticks);
  const head = `${ticks < 0n ? '-' : ''}${days > 0n ? `${days}.` : ''}`;
  const tail = fraction === 0 ? '' : `.${String(fraction).padStart(7, '0')}`;
  return `${head}${two(hours)}:${two(minutes)}:${two(seconds)}${tail}`;
}

/** `MM/dd/yyyy HH:mm:ss`, the invariant culture's, which PowerShell uses when it turns a date into text. */
export function displayDateTime(value: PsDateTime): string {
  const { year, month, day, hour, minute, second } = splitTicks(value.ticks);
  return `${two(month)}/${two(day)}/${String(year).padStart(4, '0')} ${two(hour)}:${two(minute)}:${two(second)}`;
}
