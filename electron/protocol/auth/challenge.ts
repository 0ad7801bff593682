/** `WWW-Authenticate` (RFC 9110 11.6.1) as WinRM services send it: one header per scheme, or several schemes in one, apart by commas. */

export interface Challenge {
  readonly scheme: string;
  /** A token68, or the parameters; empty where the scheme stands alone. */
  readonly value: string;
}

/** Far more than any service offers; a longer list is cut. */
const MAX_CHALLENGES = 32;

export function parseChallenges(headers: readonly string[]): Challenge[] {
  const challenges: Challenge[] = [];
  for (const header of headers) {
    for (const part of splitList(header)) {
      if (challenges.length >= MAX_CHALLENGES) return challenges;
      const m = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[ \t]+(.*))?$/.exec(part);
      const last = challenges.at(-1);
      if (m?.[1] !== undefined) challenges.push({ scheme: m[1], value: m[2]?.trim() ?? '' });
      // A parameter of the scheme before it: name=value after a comma.
      else if (last !== undefined)
        challenges[challenges.length - 1] = { ...last, value: `${last.value}, ${part}` };
    }
  }
  return challenges;
}

/** Splits at commas outside quotes. */
function splitList(header: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i <= header.length; i++) {
    const c = header[i];
    if (c === '"') quoted = !quoted;
    else if (c === '\\' && quoted) i++;
    else if (c === undefined || (c === ',' && !quoted)) {
      const part = header.slice(start, i).trim();
      if (part !== '') parts.push(part);
      start = i + 1;
    }
  }
  return parts;
}

/** The value for a scheme, compared without case; undefined where it is not offered. */
export function challengeFor(challenges: readonly Challenge[], scheme: string): string | undefined {
  const wanted = scheme.toLowerCase();
  return challenges.find((c) => c.scheme.toLowerCase() === wanted)?.value;
}
