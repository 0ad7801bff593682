import { CornerDownLeft, Eye, EyeOff, KeyRound, TriangleAlert } from 'lucide-react';
import { useCallback, useId, useRef, useState } from 'react';
import { effectiveSignIn } from '../../../shared/server.ts';
import { serverLabel } from '../../stores/servers.ts';
import type { SignInAsk } from '../../stores/shell.ts';
import { useDesk, useSlice } from '../../ui/desk-context.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { wayIn } from '../servers/server-form.ts';

/** The first part of a full name; an address tells no name. */
export function machineName(address: string): string {
  if (address.includes(':') || /^[\d.]+$/.test(address)) return 'SERVER';
  return address.split('.')[0]?.toUpperCase() ?? 'SERVER';
}

/** Asks who to sign in as. The password stays in its field and goes from there into the call: no store, no state of React ever holds it. */
export function SignInDialog({ ask }: { ask: SignInAsk }) {
  const desk = useDesk();
  const server = useSlice(desk.servers, (state) => state.servers.find((known) => known.id === ask.serverId));
  const user = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  /** What was typed goes with the field: React and the page may hold on to the element, and with it to its value, for long after. */
  const holdPassword = useCallback((element: HTMLInputElement) => {
    password.current = element;
    return () => {
      element.value = '';
      password.current = null;
    };
  }, []);
  const [shown, setShown] = useState(false);
  const [capsLock, setCapsLock] = useState(false);
  const [missing, setMissing] = useState(false);
  const ids = { user: useId(), password: useId(), hint: useId() };
  if (server === undefined) return null;
  const name = serverLabel(server);
  const { auth } = effectiveSignIn(server.signIn);
  // A certificate says who it is; what locks its file is asked for.
  const certificate = auth === 'certificate' && ask.proxy === undefined;
  const { proxy } = ask;

  function send(event: React.FormEvent): void {
    event.preventDefault();
    const userName = certificate ? 'certificate' : (user.current?.value.trim() ?? '');
    if (userName === '') {
      setMissing(true);
      user.current?.focus();
      return;
    }
    ask.answer({ userName, password: password.current?.value ?? '' });
  }

  return (
    <Dialog
      icon={<KeyRound aria-hidden />}
      title={
        proxy === undefined
          ? certificate
            ? `Unlock your certificate for ${name}`
            : `Sign in to ${name}`
          : `Sign in to the proxy of ${name}`
      }
      description={
        proxy === undefined
          ? `${server.address}:${String(server.port)}, ${wayIn(server)}`
          : `${proxy}, on the way to ${server.address}`
      }
      width="narrow"
      initialFocus={(server.userName === '' || proxy !== undefined) && !certificate ? user : password}
      onClose={() => ask.answer(null)}
    >
      <form onSubmit={send}>
        <div className="body">
          {ask.error === null || ask.busy ? null : (
            <div className="callout bad" role="alert">
              <TriangleAlert aria-hidden />
              <span>
                {ask.error.title}
                {/[.!?]$/.test(ask.error.title) ? ' ' : '. '}
                {ask.error.why ?? 'PSDeck doesn’t try again by itself, so the account doesn’t lock.'}
              </span>
            </div>
          )}
          {auth === 'credssp' && proxy === undefined ? (
            <div className="callout busy" role="status">
              <TriangleAlert aria-hidden />
              <span>CredSSP gives {name} this password, to act as you elsewhere.</span>
            </div>
          ) : null}
          <div className="lbl">
            {certificate ? null : (
              <>
                <label htmlFor={ids.user}>User name</label>
                <span className={missing ? 'field bad' : 'field'}>
                  <input
                    id={ids.user}
                    ref={user}
                    defaultValue={proxy === undefined ? server.userName : ''}
                    autoComplete="off"
                    spellCheck={false}
                    aria-describedby={ids.hint}
                    aria-invalid={missing}
                    maxLength={256}
                    onChange={() => setMissing(false)}
                  />
                </span>
                <span className={missing ? 'under bad' : 'under'} id={ids.hint}>
                  {missing
                    ? 'Type who to sign in as'
                    : proxy !== undefined
                      ? 'As the proxy knows you; it is not the server’s'
                      : auth === 'kerberos'
                        ? 'DOMAIN\\name, or name@domain'
                        : `DOMAIN\\name. For a local account write ${machineName(server.address)}\\name`}
                </span>
              </>
            )}
            <label htmlFor={ids.password}>Password</label>
            <span className="field">
              <input
                id={ids.password}
                ref={holdPassword}
                type={shown ? 'text' : 'password'}
                autoComplete="off"
                spellCheck={false}
                maxLength={1024}
                onKeyUp={(event) => setCapsLock(event.getModifierState('CapsLock'))}
              />
              <button
                type="button"
                className="iconbtn small"
                style={{ marginRight: -6 }}
                aria-label={shown ? 'Hide password' : 'Show password'}
                aria-pressed={shown}
                onClick={() => setShown(!shown)}
              >
                {shown ? <EyeOff aria-hidden /> : <Eye aria-hidden />}
              </button>
            </span>
            {capsLock ? <span className="under busy">Caps Lock is on</span> : null}
          </div>
        </div>
        <footer>
          <span className="left under">Kept in memory until PSDeck closes</span>
          <button type="button" className="btn" onClick={() => ask.answer(null)}>
            Cancel <kbd>Esc</kbd>
          </button>
          <button type="submit" className="btn primary" disabled={ask.busy}>
            {ask.busy ? 'Signing in…' : 'Sign in'} <CornerDownLeft aria-hidden />
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
