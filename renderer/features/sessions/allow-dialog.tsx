import { ShieldAlert } from 'lucide-react';
import { useRef } from 'react';
import { serverLabel } from '../../stores/servers.ts';
import type { AllowAsk } from '../../stores/shell.ts';
import { useDesk, useSlice } from '../../ui/desk-context.ts';
import { Dialog } from '../../ui/dialog.tsx';

const YES = {
  'ntlm-over-http': 'Use NTLM',
  'plain-basic': 'Send the password readable',
} as const;

/** A way to sign in that is only for who has been told what it means; asked once for a server. The button that does no harm has the focus. */
export function AllowDialog({ ask }: { ask: AllowAsk }) {
  const desk = useDesk();
  const server = useSlice(desk.servers, (state) => state.servers.find((known) => known.id === ask.serverId));
  const cancel = useRef<HTMLButtonElement>(null);
  if (server === undefined) return null;
  const { title, why, cure } = ask.error;
  const name = serverLabel(server);
  return (
    <Dialog
      icon={<ShieldAlert className={ask.what === 'plain-basic' ? 'bad' : 'warn'} aria-hidden />}
      title={title}
      description={why}
      initialFocus={cancel}
      onClose={() => ask.answer(false)}
    >
      <div className="body">
        {cure === undefined ? null : <p>{cure.text}</p>}
        <p className="under">
          Asked once: the answer holds for {server.address}, port {String(server.port)}, and nowhere else.
          Edit {name} to take it back.
        </p>
      </div>
      <footer>
        <button type="button" className="btn" onClick={() => ask.answer(true)}>
          {YES[ask.what]}
        </button>
        <button ref={cancel} type="button" className="btn primary" onClick={() => ask.answer(false)}>
          Cancel <kbd>Esc</kbd>
        </button>
      </footer>
    </Dialog>
  );
}
