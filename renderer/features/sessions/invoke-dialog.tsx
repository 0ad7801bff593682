import { Play } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import type { SessionRow } from '../../../shared/session.ts';
import { useDesk, useSlice } from '../../ui/desk-context.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Glyph } from '../../ui/glyphs.tsx';
import type { SessionGlyph } from '../../stores/session-face.ts';
import { canInvoke, invokeInMany, stopInMany, type Part } from './invoke-many.ts';
import { span } from './times.ts';

/** Why a session that is open cannot be chosen. */
function notNow(row: SessionRow): string {
  if (row.entered) return 'You are inside';
  if (row.retrying?.kind === 'cut') return 'Interrupted';
  return row.state === 'Opened' ? 'Busy' : row.state;
}

function faceOf(part: Part): { glyph: SessionGlyph; text: string } {
  switch (part.kind) {
    case 'waiting':
      return { glyph: 'none', text: 'Waits its turn' };
    case 'running':
      return { glyph: 'busy', text: 'Runs' };
    case 'refused':
      return { glyph: 'bad', text: part.why };
    case 'ended': {
      const { state, duration } = part.command;
      const after = duration === undefined || duration < 1000 ? '' : ` after ${span(duration)}`;
      if (state === 'completed') return { glyph: 'opened', text: `Ended${after}` };
      return state === 'stopped'
        ? { glyph: 'off', text: `Stopped${after}` }
        : { glyph: 'bad', text: `Failed${after}` };
    }
  }
}

/** Invoke-Command -Session with many of them, also on several servers; what each says comes to its page. */
export function InvokeDialog({ chosen: first }: { chosen: readonly SessionRow[] }) {
  const desk = useDesk();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const rows = useSlice(desk.sessions, (state) => state.rows);
  const [script, setScript] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<number>>(
    () => new Set(first.filter(canInvoke).map((row) => row.id)),
  );
  const [parts, setParts] = useState<ReadonlyMap<number, Part>>(new Map());
  const stop = useRef(false);
  const running = [...parts.values()].some((part) => part.kind === 'running');
  const close = (): void => {
    // What runs, runs on: its end is seen on the pages.
    desk.shell.setState({ dialog: null });
  };
  // Those that were chosen first come first; of the others those that could be.
  const asked = rows.filter((row) => first.some((each) => each.id === row.id));
  const others = rows.filter((row) => canInvoke(row) && !asked.includes(row));
  const listed = [...asked, ...others];
  const ready = listed.filter((row) => chosen.has(row.id) && canInvoke(row));

  function toggle(row: SessionRow): void {
    setChosen((now) => {
      const next = new Set(now);
      if (!next.delete(row.id)) next.add(row.id);
      return next;
    });
  }

  async function run(event: React.FormEvent): Promise<void> {
    event.preventDefault();
    const text = script.trim();
    if (text === '' || ready.length === 0 || running) return;
    stop.current = false;
    setParts(new Map(ready.map((row) => [row.id, { kind: 'waiting' }])));
    await invokeInMany(
      desk,
      ready,
      text,
      (sessionId, part) => setParts((now) => new Map(now).set(sessionId, part)),
      () => stop.current,
    );
    field.current?.select();
  }

  function halt(): void {
    stop.current = true;
    void stopInMany(
      desk,
      [...parts].flatMap(([sessionId, part]) => (part.kind === 'running' ? [sessionId] : [])),
    );
  }

  return (
    <Dialog
      icon={<Play aria-hidden />}
      title="Invoke-Command in several sessions"
      description="One line, run in each. Its output comes to each session’s page."
      width="wide"
      initialFocus={field}
      onClose={close}
    >
      <form onSubmit={(event) => void run(event)} noValidate>
        <div className="body">
          <label className="field mono">
            <span className="hidden">Command</span>
            <input
              ref={field}
              value={script}
              placeholder="One command, such as Get-Service WinRM"
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => setScript(event.target.value)}
            />
          </label>
          <ul className="parts" aria-label="Sessions it is run in">
            {listed.map((row) => {
              const part = parts.get(row.id);
              const possible = canInvoke(row) || part !== undefined;
              const face = part === undefined ? null : faceOf(part);
              return (
                <li key={row.id}>
                  <label>
                    <input
                      type="checkbox"
                      id={`${id}-${String(row.id)}`}
                      checked={chosen.has(row.id) && possible}
                      disabled={running || !canInvoke(row)}
                      onChange={() => toggle(row)}
                    />
                    <span className="num">{row.id}</span>
                    <span className="cut">{row.name}</span>
                    <span className="cut soft">{row.serverName}</span>
                    <span className="cut soft">{row.configurationName}</span>
                  </label>
                  <span className="state" role="status">
                    {face === null ? (
                      <span className="soft">{possible ? '' : notNow(row)}</span>
                    ) : (
                      <>
                        <Glyph name={face.glyph} />
                        <span className="cut" title={face.text}>
                          {face.text}
                        </span>
                      </>
                    )}
                  </span>
                </li>
              );
            })}
          </ul>
        </div>
        <footer>
          <span className="grow soft num">
            {ready.length === 1 ? '1 session' : `${String(ready.length)} sessions`}
          </span>
          <button type="button" className="btn" onClick={close}>
            Close <kbd>Esc</kbd>
          </button>
          {running ? (
            <button type="button" className="btn primary" onClick={halt}>
              Stop all
            </button>
          ) : (
            <button
              type="submit"
              className="btn primary"
              disabled={script.trim() === '' || ready.length === 0}
            >
              Run <kbd>Enter</kbd>
            </button>
          )}
        </footer>
      </form>
    </Dialog>
  );
}
