import { Trash2 } from 'lucide-react';
import { useRef } from 'react';
import type { SessionRow } from '../../../shared/session.ts';
import { useDesk } from '../../ui/desk-context.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { removeSession } from './open-session.ts';

export function RemoveSessionDialog({ row }: { row: SessionRow }) {
  const desk = useDesk();
  const cancel = useRef<HTMLButtonElement>(null);
  const close = (): void => desk.shell.setState({ dialog: null });
  return (
    <Dialog
      icon={<Trash2 aria-hidden />}
      title={`Remove ${row.name} while it is busy?`}
      description={`A command runs in it on ${row.computerName}. It stops, and the session’s variables are gone.`}
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
            void removeSession(desk, row);
          }}
        >
          Remove {row.name}
        </button>
        <button ref={cancel} type="button" className="btn primary" onClick={close}>
          Cancel <kbd>Esc</kbd>
        </button>
      </footer>
    </Dialog>
  );
}
