/** What a person must know that no panel of theirs says, above everything else. What concerns sessions offers to connect them, and goes when it is no longer so. */
import { Clock, TriangleAlert, Unplug, X } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import type { SessionRow } from '../../../shared/session.ts';
import { dropNotice, type Notice } from '../../stores/shell.ts';
import { useDesk, useSlice } from '../../ui/desk-context.ts';
import { connectSessions } from './session-verbs.ts';
import { useNow } from './times.ts';

/** News that is no trouble yet, and the sessions that it is about. */
const calm: Readonly<
  Record<string, { icon: LucideIcon; about: (row: SessionRow, notice: Notice, now: number) => boolean }>
> = {
  'session.left': { icon: Unplug, about: (row) => row.left === 'earlier-run' },
  'session.ends-soon': {
    icon: Clock,
    about: (row, { sessionId }, now) =>
      row.id === sessionId && row.state === 'Disconnected' && (row.keptUntil ?? 0) > now,
  },
};

function Line({ notice }: { notice: Notice }) {
  const desk = useDesk();
  const { error, id } = notice;
  const kind = calm[error.code];
  const rows = useSlice(desk.sessions, (state) => state.rows);
  const now = useNow(kind !== undefined);
  const about = kind === undefined ? [] : rows.filter((row) => kind.about(row, notice, now));
  if (kind !== undefined && about.length === 0) return null;
  const Icon = kind?.icon ?? TriangleAlert;
  return (
    <div className={kind === undefined ? 'bad' : ''}>
      <Icon aria-hidden />
      <span className="grow">
        {error.title}
        <span className="dim">{error.cure?.text ?? error.why ?? ''}</span>
      </span>
      {about.length === 0 ? null : (
        <button
          type="button"
          className="btn"
          onClick={() => void connectSessions(desk, about, about.length === 1)}
        >
          {about.length === 1 ? 'Connect' : `Connect ${String(about.length)}`}
        </button>
      )}
      <button
        type="button"
        className="iconbtn small"
        aria-label="Dismiss"
        onClick={() => dropNotice(desk.shell, id)}
      >
        <X className="s" aria-hidden />
      </button>
    </div>
  );
}

export function Alerts() {
  const desk = useDesk();
  const connected = useSlice(desk.shell, (state) => state.connected);
  const notices = useSlice(desk.shell, (state) => state.notices);
  return (
    <div className="alerts" role="status">
      {connected ? null : (
        <div>
          <Unplug aria-hidden />
          <span className="grow">
            PSDeck’s background process is not answering — reconnecting
            <span className="dim">If you closed PSDeck, start it again; this page goes on then.</span>
          </span>
        </div>
      )}
      {notices.map((notice) => (
        <Line key={notice.id} notice={notice} />
      ))}
    </div>
  );
}
