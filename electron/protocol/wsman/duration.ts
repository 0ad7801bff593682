/** Durations on the wire: xs:duration ([MS-WSMV] 2.2.4, XML Schema part 2, 3.2.6), here in milliseconds. */
import { ProtocolError } from '../errors.ts';

const SHAPE =
  /^P(?:(\d{1,9})D)?(?:T(?=\d)(?:(\d{1,12})H)?(?:(\d{1,12})M)?(?:(\d{1,12})(?:\.(\d{1,9}))?S)?)?$/;

/** `PT20S`, `PT0.500S`. Whole seconds have no fraction, as in PowerShell's own requests. */
export function formatDuration(milliseconds: number): string {
  const ms = Math.max(0, Math.round(milliseconds));
  const rest = ms % 1000;
  const seconds = String((ms - rest) / 1000);
  return rest === 0 ? `PT${seconds}S` : `PT${seconds}.${String(rest).padStart(3, '0')}S`;
}

/**
 * Reads `PT7200.000S`, `P0DT0H0M9S`, `PT2147483.647S`. Years and months are refused, as they have no fixed length and no server was seen
 * to send them; so are negative durations.
 */
export function parseDuration(text: string): number {
  const trimmed = text.trim();
  const m = SHAPE.exec(trimmed);
  if (m === null || trimmed === 'P' || trimmed.endsWith('T')) {
    throw new ProtocolError('wsman.duration', 'A duration is not one of days, hours, minutes and seconds', {
      length: text.length,
    });
  }
  const [days, hours, minutes, seconds] = [m[1], m[2], m[3], m[4]].map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  const fraction = m[5] === undefined ? 0 : Math.round(Number(`0.${m[5]}`) * 1000);
  const ms = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + fraction;
  if (!Number.isSafeInteger(ms)) {
    throw new ProtocolError('wsman.duration', 'A duration is too long to count in milliseconds', {
      length: text.length,
    });
  }
  return ms;
}
