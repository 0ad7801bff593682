import { Play } from 'lucide-react';
import { useState } from 'react';
import type { AppError } from '../../../shared/error.ts';
import type { SessionRow } from '../../../shared/session.ts';
import { appErrorOf } from '../../bridge/client.ts';
import { useDesk } from '../../ui/desk-context.ts';
import type { TerminalView } from './terminal-view.ts';

/** Invoke-Command into a session nobody is inside: one command, its output on the session's page. */
export function RunLine({ row, view }: { row: SessionRow; view: TerminalView }) {
  const desk = useDesk();
  const [script, setScript] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<AppError | null>(null);

  async function run(): Promise<void> {
    const text = script.trim();
    if (text === '' || busy) return;
    setBusy(true);
    setError(null);
    try {
      await desk.bridge.call('sessions.invoke', { sessionId: row.id, script: text, size: view.size });
      setScript('');
    } catch (thrown) {
      setError(appErrorOf(thrown));
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      {error === null ? null : (
        <p className="termnote" role="alert" style={{ color: 'var(--bad)' }}>
          {error.title}
          {error.cure === undefined ? '' : `. ${error.cure.text}`}
        </p>
      )}
      <form
        className="runline"
        data-pane="run"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <label className="field">
          <span>Run in {row.name}</span>
          <input
            value={script}
            onChange={(event) => setScript(event.target.value)}
            placeholder="One command, such as Get-Service"
            spellCheck={false}
            autoComplete="off"
            aria-label={`Run a command in ${row.name} without entering`}
          />
        </label>
        {busy ? (
          <button type="button" className="btn" onClick={() => view.interrupt()}>
            Stop
          </button>
        ) : (
          <button type="submit" className="btn" disabled={script.trim() === ''}>
            <Play className="s" aria-hidden />
            Run <kbd>Enter</kbd>
          </button>
        )}
      </form>
    </>
  );
}
