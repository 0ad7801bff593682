import { Trash2 } from 'lucide-react';
import { useRef } from 'react';
import type { Dialog as DialogState } from '../../stores/shell.ts';
import { viewOf } from '../../stores/sessions.ts';
import { useDesk, useSlice } from '../../ui/desk-context.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { removeShells } from './session-verbs.ts';

/** What stands on a server is somebody's work: of this user, perhaps on another machine. */
export function RemoveShellsDialog({ ask }: { ask: Extract<DialogState, { kind: 'remove-shells' }> }) {
  const desk = useDesk();
  const cancel = useRef<HTMLButtonElement>(null);
  const list = useSlice(desk.sessions, (state) => viewOf(state, ask.serverId).list);
  const close = (): void => desk.shell.setState({ dialog: null });
  const shells = (list?.shells ?? []).filter((shell) => ask.shellIds.includes(shell.shellId));
  const [only] = shells;
  const name =
    shells.length === 1 && only !== undefined && only.name !== ''
      ? only.name
      : `${String(shells.length)} ${shells.length === 1 ? 'shell' : 'shells'}`;
  const used = shells.filter((shell) => shell.state === 'Connected').length;
  return (
    <Dialog
      icon={<Trash2 aria-hidden />}
      title={`Remove ${name} from the server?`}
      description={
        used === 0
          ? 'What runs in there stops, and variables are gone.'
          : `${String(used)} of them ${used === 1 ? 'is' : 'are'} in use right now. What runs in there stops, and variables are gone.`
      }
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
            void removeShells(desk, ask.serverId, ask.shellIds);
          }}
        >
          Remove {name}
        </button>
        <button ref={cancel} type="button" className="btn primary" onClick={close}>
          Cancel <kbd>Esc</kbd>
        </button>
      </footer>
    </Dialog>
  );
}
