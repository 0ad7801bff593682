import { Unplug } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import type { SessionRow } from '../../../shared/session.ts';
import { useDesk } from '../../ui/desk-context.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { BufferModeRow, minutesOf, OptionText } from './option-rows.tsx';
import { disconnectSessions, setSessions } from './session-verbs.ts';
import { span } from './times.ts';

/** Disconnect-PSSession with its options: how long the server keeps the session, and what becomes of output. */
export function DisconnectDialog({ rows }: { rows: readonly SessionRow[] }) {
  const desk = useDesk();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [minutes, setMinutes] = useState('');
  const [mode, setMode] = useState<'Block' | 'Drop'>(rows[0]?.bufferMode ?? 'Block');
  const [stays, setStays] = useState(false);
  const [error, setError] = useState<string | undefined>();
  const close = (): void => desk.shell.setState({ dialog: null });
  const known = rows[0]?.idleTimeoutMs;
  const name = rows.length === 1 ? (rows[0]?.name ?? '') : `${String(rows.length)} sessions`;

  function submit(event: React.FormEvent): void {
    event.preventDefault();
    const idle = minutesOf(minutes);
    if (idle.error !== undefined) {
      setError(idle.error);
      field.current?.focus();
      return;
    }
    close();
    const options = {
      bufferMode: mode,
      ...(idle.ms === undefined ? {} : { idleTimeoutMs: idle.ms }),
    };
    void (stays ? setSessions(desk, rows, options) : disconnectSessions(desk, rows, options));
  }

  return (
    <Dialog
      icon={<Unplug aria-hidden />}
      title={`Disconnect ${name}`}
      description="What runs in it runs on. Connect it again from here, from another computer, or with any PowerShell."
      initialFocus={field}
      onClose={close}
    >
      <form onSubmit={submit} noValidate>
        <div className="body">
          <div className="lbl">
            <OptionText
              id={`${id}-idle`}
              label="Keep it for"
              value={minutes}
              unit="minutes"
              placeholder={known === undefined ? 'As the server has it' : String(known / 60_000)}
              hint={
                known === undefined
                  ? 'Without anybody connecting it. Where left empty, the server’s own time, usually 2 hours'
                  : `Without anybody connecting it. Now ${span(known)}`
              }
              error={error}
              input={field}
              change={(value) => {
                setMinutes(value);
                setError(undefined);
              }}
            />
            <BufferModeRow id={`${id}-mode`} value={mode} change={setMode} />
            <div className="opts">
              <label>
                <input type="checkbox" checked={stays} onChange={(event) => setStays(event.target.checked)} />
                <span>Connect again at once</span>
                <small>Sets these only: WinRM takes them when a session is disconnected</small>
              </label>
            </div>
          </div>
        </div>
        <footer>
          <button type="button" className="btn" onClick={close}>
            Cancel <kbd>Esc</kbd>
          </button>
          <button type="submit" className="btn primary">
            {stays ? 'Set' : 'Disconnect'} <kbd>Enter</kbd>
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
