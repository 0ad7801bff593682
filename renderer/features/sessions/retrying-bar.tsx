import type { Retrying, SessionRow } from '../../../shared/session.ts';
import { faceOf } from '../../stores/session-face.ts';
import { useDesk } from '../../ui/desk-context.ts';
import { Glyph } from '../../ui/glyphs.tsx';
import { exitSession } from './open-session.ts';
import {
  askRemoveSessions,
  connectSessions,
  disconnectSessions,
  forgetSession,
  retryNow,
  stopRetrying,
} from './session-verbs.ts';
import { clockTime, countdown, shortTime, span, useNow } from './times.ts';

/** Marks on the scale between its ends. */
const TICKS = [1 / 3, 2 / 3];

function Scale({ retrying, now, then }: { retrying: Retrying; now: number; then: string }) {
  const { since, givesUpAt } = retrying;
  const share = Math.min(1, Math.max(0, (now - since) / Math.max(1, givesUpAt - since)));
  return (
    <>
      <span
        className="left"
        role="progressbar"
        aria-label="Time passed of the time it is tried again"
        aria-valuenow={Math.round(share * 100)}
      >
        <i style={{ width: `${String(share * 100)}%` }} />
      </span>
      <span className="tick num" aria-hidden>
        <span>{clockTime(since)}</span>
        {TICKS.map((part) => (
          <span key={part}>{clockTime(since + part * (givesUpAt - since))}</span>
        ))}
        <span>
          {then} at {clockTime(givesUpAt)}
        </span>
      </span>
    </>
  );
}

function Cut({ row, retrying }: { row: SessionRow; retrying: Retrying }) {
  const desk = useDesk();
  const now = useNow(true);
  const { attempts, nextTryAt, givesUpAt, since } = retrying;
  return (
    <div className="broken" role="status" aria-label={`${row.name} is interrupted`}>
      <Glyph name="cut" />
      <span className="strong">The connection to {row.serverName} was interrupted</span>
      <p title={retrying.why}>
        Trying again for up to {span(givesUpAt - since)}. Attempt {attempts + 1} in{' '}
        {countdown(nextTryAt - now)}. Commands run on there, and what you type is kept.
      </p>
      <div className="acts">
        <button type="button" className="btn" onClick={() => void retryNow(desk, row)}>
          Try now <kbd>F5</kbd>
        </button>
        <button type="button" className="btn" onClick={() => void disconnectSessions(desk, [row])}>
          Disconnect
        </button>
        {row.entered ? (
          <button type="button" className="btn" onClick={() => void exitSession(desk, row)}>
            Leave <kbd>Ctrl+C</kbd>
          </button>
        ) : null}
      </div>
      <Scale retrying={retrying} now={now} then="then disconnected" />
    </div>
  );
}

function Held({ row, retrying }: { row: SessionRow; retrying: Retrying }) {
  const desk = useDesk();
  const now = useNow(true);
  return (
    <div className="broken" role="status" aria-label={`${row.name} is held by another client`}>
      <Glyph name="held" />
      <span className="strong">
        {row.name} on {row.serverName} is in use
      </span>
      <p>
        {retrying.why}. Asking again in {countdown(retrying.nextTryAt - now)}, for up to{' '}
        {span(retrying.givesUpAt - retrying.since)}.
      </p>
      <div className="acts">
        <button type="button" className="btn" onClick={() => void retryNow(desk, row)}>
          Try now <kbd>F5</kbd>
        </button>
        <button type="button" className="btn" onClick={() => void stopRetrying(desk, row)}>
          Stop asking
        </button>
      </div>
      <Scale retrying={retrying} now={now} then="given up" />
    </div>
  );
}

const origins = {
  'earlier-run': 'An earlier run of PSDeck left it on its server.',
  'other-client': 'Another client left it on the server.',
} as const;

function Away({ row }: { row: SessionRow }) {
  const desk = useDesk();
  const now = useNow(row.keptUntil !== undefined);
  const { keptUntil, left, reason } = row;
  const kept =
    keptUntil === undefined
      ? ''
      : keptUntil > now
        ? ` Kept until ${shortTime(keptUntil, now)}, for another ${span(keptUntil - now)}.`
        : ` Its idle time was over at ${shortTime(keptUntil, now)}: the server may have ended it.`;
  const told = reason?.why ?? (left === undefined ? 'What runs there runs on.' : origins[left]);
  return (
    <div className="broken away" role="status" aria-label={`${row.name} is disconnected`}>
      <Glyph name={faceOf(row).one.glyph} />
      <span className="strong">{reason?.title ?? `${row.name} is disconnected`}</span>
      <p>
        {told}
        {kept}
      </p>
      <div className="acts">
        <button type="button" className="btn primary" onClick={() => void connectSessions(desk, [row], true)}>
          Connect <kbd>Enter</kbd>
        </button>
        <button type="button" className="btn" onClick={() => void connectSessions(desk, [row], false)}>
          Receive output only
        </button>
        {row.left === undefined ? null : (
          <button type="button" className="btn quiet" onClick={() => void forgetSession(desk, row)}>
            Leave it there
          </button>
        )}
        <button type="button" className="btn quiet" onClick={() => void askRemoveSessions(desk, [row])}>
          Remove
        </button>
      </div>
    </div>
  );
}

/** Below a session's page, while its server cannot be had: what is certain, how long, and the ways out. */
export function RetryingBar({ row }: { row: SessionRow }) {
  const { retrying } = row;
  if (retrying?.kind === 'cut') return <Cut row={row} retrying={retrying} />;
  if (retrying?.kind === 'held') return <Held row={row} retrying={retrying} />;
  return row.state === 'Disconnected' ? <Away row={row} /> : null;
}
