import { CornerDownLeft, Play, Server as ServerIcon } from 'lucide-react';
import { useState } from 'react';
import { filterServers, serverLabel } from '../../stores/servers.ts';
import { useDesk, useSlice } from '../../ui/desk-context.ts';
import { enterServer } from '../sessions/open-session.ts';
import { draftOfAddress } from './server-form.ts';

const keys: readonly (readonly [string, string])[] = [
  ['Enter the selected server', 'Enter'],
  ['Open without entering', 'Ctrl+Enter'],
  ['Filter the servers', 'Ctrl+Shift+E'],
  ['Move between panes', 'F6'],
  ['Complete what you type', 'Ctrl+Space'],
  ['Settings', 'Ctrl+,'],
];

export function Welcome() {
  const desk = useDesk();
  const servers = useSlice(desk.servers, (state) => state.servers);
  const [typed, setTyped] = useState('');
  const practice = servers.find((server) => server.kind === 'practice');

  function connect(): void {
    const draft = draftOfAddress(typed);
    const wanted = typed.trim().toLowerCase();
    const known = filterServers(servers, '').find(
      (server) => serverLabel(server).toLowerCase() === wanted || server.address.toLowerCase() === wanted,
    );
    if (known !== undefined) void enterServer(desk, known.id);
    else desk.shell.setState({ dialog: { kind: 'server', server: null, draft, enterAfter: true } });
  }

  return (
    <div className="first">
      <div>
        <h1>Which server do you want to be on?</h1>
        <p className="sub">A name or an address is enough to start with.</p>
        <form
          className="connect"
          onSubmit={(event) => {
            event.preventDefault();
            connect();
          }}
        >
          <label className="field">
            <ServerIcon className="dim" aria-hidden />
            <input
              autoFocus
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
              placeholder="Z002 or z002.corp.example"
              aria-label="Name or address of a server"
              spellCheck={false}
              autoComplete="off"
            />
          </label>
          <button type="submit" className="btn primary">
            Connect <CornerDownLeft aria-hidden />
          </button>
        </form>
        <p className="under">You can set the port and the user name before anything is sent.</p>
        {practice === undefined ? null : (
          <ul className="ways">
            <li>
              <Play aria-hidden />
              <span>Try the practice server</span>
              <button
                type="button"
                className="btn"
                disabled={practice.practice?.state === 'unavailable'}
                onClick={() => void enterServer(desk, practice.id)}
              >
                Enter
              </button>
              <p>
                {practice.practice?.state === 'unavailable'
                  ? (practice.practice.message ?? 'It cannot be started on this computer.')
                  : 'A real PowerShell on this computer, reached over WinRM. Nothing leaves the machine.'}
              </p>
            </li>
          </ul>
        )}
      </div>
      <aside className="keys" aria-label="Worth knowing">
        <p className="overline">Worth knowing</p>
        <dl>
          {keys.map(([what, key]) => (
            <div key={what} style={{ display: 'contents' }}>
              <dt>{what}</dt>
              <dd>
                <kbd className="box">{key}</kbd>
              </dd>
            </div>
          ))}
        </dl>
        <p className="under">Inside a terminal the keys are PSReadLine’s. PSDeck takes none of them.</p>
      </aside>
    </div>
  );
}
