/**
 * What a history of 100,000 lines is looked through by: the lines in lower case, made once for each list and carried on when a line is added,
 * and the last answer, because the next key asks nearly the same.
 */

const lowered = new WeakMap<readonly string[], readonly string[]>();

export function lowerCased(lines: readonly string[]): readonly string[] {
  const known = lowered.get(lines);
  if (known !== undefined) return known;
  const made = lines.map((line) => line.toLowerCase());
  lowered.set(lines, made);
  return made;
}

/** White space alone is no command, and the same line again is no news (PSReadLine's rule). */
export function remembered(lines: readonly string[], line: string): readonly string[] {
  if (line.trim() === '' || lines.at(-1) === line) return lines;
  const next = [...lines, line];
  const known = lowered.get(lines);
  if (known !== undefined) lowered.set(next, [...known, line.toLowerCase()]);
  return next;
}

interface Found {
  readonly lines: readonly string[];
  readonly query: string;
  readonly matches: readonly number[];
}

let lastFound: Found | null = null;

/** Places of the lines that hold `query`, in whatever case, newest first; of equal lines the newest. */
export function linesHolding(lines: readonly string[], query: string): readonly number[] {
  const wanted = query.toLowerCase();
  const low = lowerCased(lines);
  if (lastFound?.lines === lines && lastFound.query === wanted) return lastFound.matches;
  const narrower = lastFound?.lines === lines && wanted.startsWith(lastFound.query);
  let matches: number[] = [];
  if (narrower) matches = (lastFound?.matches ?? []).filter((place) => low[place]?.includes(wanted) === true);
  else {
    const seen = new Set<string>();
    for (let place = lines.length - 1; place >= 0; place--) {
      const line = lines[place] ?? '';
      if (low[place]?.includes(wanted) !== true || seen.has(line)) continue;
      seen.add(line);
      matches.push(place);
    }
  }
  lastFound = { lines, query: wanted, matches };
  return matches;
}

let lastPrediction: { lines: readonly string[]; typed: string; line: string | null } | null = null;

/** The newest line that begins with what was typed and goes on after it. */
export function predictedLine(lines: readonly string[], typed: string): string | null {
  if (typed.trim() === '') return null;
  const last = lastPrediction;
  if (last?.lines === lines && last.typed === typed) return last.line;
  const wanted = typed.toLowerCase();
  const low = lowerCased(lines);
  let line: string | null = null;
  // What nothing begins with, nothing longer begins with.
  const hopeless =
    last?.lines === lines &&
    last.line === null &&
    last.typed !== '' &&
    wanted.startsWith(last.typed.toLowerCase());
  for (let place = hopeless ? -1 : lines.length - 1; place >= 0; place--) {
    const candidate = lines[place] ?? '';
    if (
      candidate.length > typed.length &&
      low[place]?.startsWith(wanted) === true &&
      !candidate.includes('\n')
    ) {
      line = candidate;
      break;
    }
  }
  lastPrediction = { lines, typed, line };
  return line;
}

/** As many as PSReadLine's list shows. */
const mostListed = 10;

let lastList: { lines: readonly string[]; typed: string; listed: readonly string[] } | null = null;

/** For the list: lines that begin with what was typed, then lines that hold it elsewhere, newest first, each once. */
export function predictedLines(lines: readonly string[], typed: string): readonly string[] {
  if (typed.trim() === '') return [];
  if (lastList?.lines === lines && lastList.typed === typed) return lastList.listed;
  const wanted = typed.toLowerCase();
  const low = lowerCased(lines);
  const begin = new Set<string>();
  const hold = new Set<string>();
  for (let place = lines.length - 1; place >= 0 && begin.size < mostListed; place--) {
    const line = lines[place] ?? '';
    const found = low[place]?.indexOf(wanted) ?? -1;
    if (found < 0 || line === typed || line.includes('\n')) continue;
    if (found === 0) begin.add(line);
    else if (hold.size < mostListed) hold.add(line);
  }
  const listed = [...begin, ...hold].slice(0, mostListed);
  lastList = { lines, typed, listed };
  return listed;
}
