import { Trash2 } from 'lucide-react';
import { useRef } from 'react';
import type { SessionRow } from '../../../shared/session.ts';
import { useDesk } from '../../ui/desk-context.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { canDisconnect, disconnectSessions, removeSessions } from './session-verbs.ts';

/** What is lost with them. */
function loss(rows: readonly SessionRow[]): string {
  const [row] = rows;
  const busy = rows.filter((each) => each.availability === 'Busy' && each.state === 'Opened').length;
  const away = rows.filter((each) => each.state === 'Disconnected').length;
  if (rows.length === 1 && row !== undefined) {
    if (away > 0)
      return `It is deleted on ${row.serverName}: what runs in it stops, and the session’s variables are gone.`;
    return `A command runs in it on ${row.serverName}. It stops, and the session’s variables are gone.`;
  }
  const parts = [
    ...(busy === 0 ? [] : [`${String(busy)} run a command, which stops`]),
    ...(away === 0 ? [] : [`${String(away)} stand on their servers and are deleted there`]),
    'the variables of all of them are gone',
  ];
  const text = parts.join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

export function RemoveSessionDialog({ rows }: { rows: readonly SessionRow[] }) {
  const desk = useDesk();
  const cancel = useRef<HTMLButtonElement>(null);
  const close = (): void => desk.shell.setState({ dialog: null });
  const [row] = rows;
  const name = rows.length === 1 && row !== undefined ? row.name : `${String(rows.length)} sessions`;
  const busy = rows.length === 1 && row?.state === 'Opened' && row.availability === 'Busy';
  return (
    <Dialog
      icon={<Trash2 aria-hidden />}
      title={busy ? `Remove ${name} while it is busy?` : `Remove ${name}?`}
      description={loss(rows)}
      width="narrow"
      initialFocus={cancel}
      onClose={close}
    >
      <footer style={{ marginTop: 20 }}>
        <button
          type="button"
          className="btn"
          onClick={() => {
            close();
            void removeSessions(desk, rows);
          }}
        >
          Remove {name}
        </button>
        {busy && canDisconnect(row) ? (
          <button
            type="button"
            className="btn"
            onClick={() => {
              close();
              void disconnectSessions(desk, rows);
            }}
          >
            Leave it running
          </button>
        ) : null}
        <button ref={cancel} type="button" className="btn primary" onClick={close}>
          Cancel <kbd>Esc</kbd>
        </button>
      </footer>
    </Dialog>
  );
}
