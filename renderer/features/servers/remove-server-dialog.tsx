import { Trash2 } from 'lucide-react';
import { useRef, useState } from 'react';
import type { Server } from '../../../shared/server.ts';
import { appErrorOf } from '../../bridge/client.ts';
import { serverLabel, setServers } from '../../stores/servers.ts';
import { isLive } from '../../stores/sessions.ts';
import { closeTab } from '../../stores/tabs.ts';
import { useDesk, useSlice } from '../../ui/desk-context.ts';
import { Dialog } from '../../ui/dialog.tsx';

export function RemoveServerDialog({ server }: { server: Server }) {
  const desk = useDesk();
  const rows = useSlice(desk.sessions, (state) => state.rows).filter((row) => row.serverId === server.id);
  const open = rows.filter(isLive).length;
  const cancel = useRef<HTMLButtonElement>(null);
  const [error, setError] = useState<string | null>(null);
  const name = serverLabel(server);
  const close = (): void => desk.shell.setState({ dialog: null });

  async function remove(): Promise<void> {
    try {
      // Main lets no server go while it has sessions; this dialog has said that they go too.
      await Promise.all(rows.map((row) => desk.bridge.call('sessions.remove', { sessionId: row.id })));
      await desk.bridge.call('servers.remove', { id: server.id });
      setServers(
        desk.servers,
        desk.servers.getState().servers.filter((known) => known.id !== server.id),
      );
      closeTab(desk.tabs, server.id);
      close();
    } catch (thrown) {
      setError(appErrorOf(thrown).title);
    }
  }

  return (
    <Dialog
      icon={<Trash2 aria-hidden />}
      title={`Remove ${name} from the list?`}
      description="Nothing changes on the server itself. What was set here for it is forgotten, its trusted certificate too."
      width="narrow"
      initialFocus={cancel}
      onClose={close}
    >
      <div className="body">
        {error === null ? null : (
          <div className="callout bad" role="alert">
            {error}
          </div>
        )}
        <p>
          {open === 0
            ? 'No session is open on it.'
            : open === 1
              ? 'Its open session is removed too, and what runs in it stops.'
              : `Its ${String(open)} open sessions are removed too, and what runs in them stops.`}
        </p>
      </div>
      <footer>
        <button type="button" className="btn" onClick={() => void remove()}>
          Remove {name}
        </button>
        <button ref={cancel} type="button" className="btn primary" onClick={close}>
          Cancel <kbd>Esc</kbd>
        </button>
      </footer>
    </Dialog>
  );
}
