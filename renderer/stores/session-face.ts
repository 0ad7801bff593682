/**
 * What a session looks like: shape and words for table, tab, server list, status bar and window title. Everything that shows a session
 * asks here and nowhere else, so that they cannot disagree.
 */
import type { SessionRow } from '../../shared/session.ts';
import { isLive } from './sessions.ts';

export type SessionGlyph = 'opened' | 'busy' | 'off' | 'held' | 'cut' | 'bad' | 'opening' | 'none';

export interface SessionFace {
  /** Of the State alone. */
  readonly state: { readonly glyph: SessionGlyph; readonly word: string };
  /** Of the Availability alone; no glyph where the word is enough. */
  readonly availability: { readonly glyph: SessionGlyph | null; readonly word: string };
  /** The one that matters most, where there is room for a single mark and a single word. */
  readonly one: { readonly glyph: SessionGlyph; readonly word: string };
}

const stateGlyphs: Readonly<Record<SessionRow['state'], SessionGlyph>> = {
  BeforeOpen: 'opening',
  Opening: 'opening',
  Connecting: 'opening',
  Opened: 'opened',
  Disconnecting: 'off',
  Disconnected: 'off',
  Broken: 'bad',
  Closing: 'none',
  Closed: 'none',
};

export function faceOf(row: SessionRow): SessionFace {
  const cut = row.retrying?.kind === 'cut';
  const held = row.state === 'Disconnected' && row.availability === 'Busy';
  const stateGlyph = cut ? 'cut' : stateGlyphs[row.state];
  const underWay = row.state === 'Opening' || row.state === 'Connecting';
  const state = { glyph: stateGlyph, word: underWay ? `${row.state}…` : row.state } as const;
  const busy = row.availability === 'Available' || row.availability === 'None' ? null : 'busy';
  const availability = { glyph: held ? 'held' : busy, word: row.availability } as const;
  if (cut) return { state, availability, one: { glyph: 'cut', word: 'Interrupted' } };
  if (held) return { state, availability, one: { glyph: 'held', word: 'Held elsewhere' } };
  if (row.state !== 'Opened') return { state, availability, one: state };
  return {
    state,
    availability,
    one: { glyph: availability.glyph ?? 'opened', word: row.availability },
  };
}

/** What a person wants to know first of several sessions. */
const weights: readonly SessionGlyph[] = ['cut', 'busy', 'opening', 'opened', 'bad', 'held', 'off', 'none'];

/** Several sessions in one mark, as the tab, the server list and the window title show them. */
export interface ServerFace {
  readonly glyph: SessionGlyph;
  readonly word: string;
  readonly count: number;
}

export function faceOfAll(rows: readonly SessionRow[]): ServerFace | null {
  let best: { glyph: SessionGlyph; word: string } | null = null;
  for (const row of rows) {
    const { one } = faceOf(row);
    if (best === null || weights.indexOf(one.glyph) < weights.indexOf(best.glyph)) best = one;
  }
  return best === null ? null : { ...best, count: rows.length };
}

/** With what stands in the tab before there is a session, or instead of one. */
export function faceOfTab(
  rows: readonly SessionRow[],
  tab: { readonly opening: boolean; readonly failure: unknown },
): Omit<ServerFace, 'count'> | null {
  if (tab.opening) return { glyph: 'opening', word: 'Opening…' };
  if (tab.failure !== null && !rows.some(isLive)) return { glyph: 'bad', word: 'Not connected' };
  return faceOfAll(rows);
}

/** The session configuration, where it is not the one that everybody gets who says nothing. */
export function endpointOf(row: SessionRow | null): string | null {
  return row === null || row.configurationName.toLowerCase() === 'microsoft.powershell'
    ? null
    : row.configurationName;
}

/** The window title says what is unusual; that a session is there needs no words. */
export function windowTitle(name: string, face: Omit<ServerFace, 'count'> | null): string {
  const quiet = face === null || face.glyph === 'opened' || face.glyph === 'none';
  return quiet ? `${name} · PSDeck` : `${name} · ${face.word} · PSDeck`;
}
