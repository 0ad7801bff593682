import { Server as ServerIcon, TriangleAlert } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import type { AppError } from '../../../shared/error.ts';
import { appErrorOf } from '../../bridge/client.ts';
import { putServer, serverLabel } from '../../stores/servers.ts';
import type { Dialog as DialogState } from '../../stores/shell.ts';
import { useDesk } from '../../ui/desk-context.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { enterServer } from '../sessions/open-session.ts';
import { checkForm, formOf, withHttps } from './server-form.ts';
import type { FieldErrors, ServerForm } from './server-form.ts';

type TextField = 'name' | 'address' | 'port' | 'userName' | 'configuration';

export function ServerDialog({ ask }: { ask: Extract<DialogState, { kind: 'server' }> }) {
  const desk = useDesk();
  const [form, setForm] = useState<ServerForm>(() => formOf(ask.server ?? ask.draft));
  const [errors, setErrors] = useState<FieldErrors>({});
  const [failed, setFailed] = useState<AppError | null>(null);
  const [busy, setBusy] = useState(false);
  const address = useRef<HTMLInputElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const id = useId();
  const close = (): void => desk.shell.setState({ dialog: null });
  const verb = ask.server === null ? 'Add' : 'Save';
  const doing = ask.enterAfter ? `${verb} and enter` : ask.server === null ? 'Add server' : 'Save';

  function focusField(field: string): void {
    body.current?.querySelector<HTMLElement>(`[name="${field}"]`)?.focus();
  }

  async function save(event: React.FormEvent): Promise<void> {
    event.preventDefault();
    const checked = checkForm(form);
    if (!checked.ok) {
      setErrors(checked.errors);
      const first = Object.keys(checked.errors)[0];
      if (first !== undefined) focusField(first);
      return;
    }
    setBusy(true);
    setFailed(null);
    try {
      const server =
        ask.server === null
          ? await desk.bridge.call('servers.add', checked.draft)
          : await desk.bridge.call('servers.update', { id: ask.server.id, draft: checked.draft });
      putServer(desk.servers, server);
      desk.servers.setState({ selectedId: server.id });
      close();
      if (ask.enterAfter) void enterServer(desk, server.id);
    } catch (thrown) {
      const error = appErrorOf(thrown);
      const field = error.field?.replace(/^draft\./, '');
      if (field !== undefined && field in form) {
        setErrors({ [field]: error.title });
        focusField(field);
      } else setFailed(error);
      setBusy(false);
    }
  }

  function text(field: TextField, label: string, hint: string, placeholder = '') {
    const error = errors[field];
    return (
      <>
        <label htmlFor={`${id}-${field}`}>{label}</label>
        <span className={error === undefined ? 'field' : 'field bad'}>
          <input
            id={`${id}-${field}`}
            name={field}
            ref={field === 'address' ? address : undefined}
            value={form[field]}
            placeholder={placeholder}
            spellCheck={false}
            autoComplete="off"
            aria-invalid={error !== undefined}
            aria-describedby={error === undefined && hint === '' ? undefined : `${id}-${field}-hint`}
            onChange={(event) => {
              setForm({ ...form, [field]: event.target.value });
              setErrors({ ...errors, [field]: undefined });
            }}
          />
        </span>
        {error === undefined && hint === '' ? null : (
          <span
            id={`${id}-${field}-hint`}
            className={error === undefined ? 'under' : 'under bad'}
            role={error === undefined ? undefined : 'alert'}
          >
            {error ?? hint}
          </span>
        )}
      </>
    );
  }

  return (
    <Dialog
      icon={<ServerIcon aria-hidden />}
      title={ask.server === null ? 'Add server' : `Edit ${serverLabel(ask.server)}`}
      description={
        ask.server === null
          ? 'A server that answers PowerShell remoting (WinRM).'
          : 'Open sessions keep what they were opened with.'
      }
      initialFocus={address}
      onClose={close}
    >
      <form onSubmit={(event) => void save(event)} noValidate>
        <div className="body" ref={body}>
          {failed === null ? null : (
            <div className="callout bad" role="alert">
              <TriangleAlert aria-hidden />
              <span>
                {failed.title}
                {failed.cure === undefined ? '' : `. ${failed.cure.text}`}
              </span>
            </div>
          )}
          <div className="lbl">
            {text('address', 'Address', '', 'Z002 or z002.corp.example')}
            {text('name', 'Name', 'In the list. The address, where left empty')}
            <span className="label" id={`${id}-over`}>
              Over
            </span>
            <span className="pair">
              <span className="seg" role="radiogroup" aria-labelledby={`${id}-over`}>
                {[false, true].map((https) => (
                  <label key={String(https)}>
                    <input
                      type="radio"
                      name="https"
                      checked={form.https === https}
                      onChange={() => {
                        setForm(withHttps(form, https));
                        setErrors({ ...errors, port: undefined });
                      }}
                    />
                    {https ? 'HTTPS' : 'HTTP'}
                  </label>
                ))}
              </span>
              <label className="dim" htmlFor={`${id}-port`}>
                Port
              </label>
              <span className={errors.port === undefined ? 'field' : 'field bad'}>
                <input
                  id={`${id}-port`}
                  name="port"
                  value={form.port}
                  inputMode="numeric"
                  maxLength={5}
                  autoComplete="off"
                  aria-invalid={errors.port !== undefined}
                  aria-describedby={errors.port === undefined ? undefined : `${id}-port-hint`}
                  onChange={(event) => {
                    setForm({ ...form, port: event.target.value });
                    setErrors({ ...errors, port: undefined });
                  }}
                />
              </span>
            </span>
            {errors.port === undefined ? null : (
              <span id={`${id}-port-hint`} className="under bad" role="alert">
                {errors.port}
              </span>
            )}
            {form.https ? null : (
              <div className="opts">
                <label>
                  <input
                    type="checkbox"
                    name="allowPlainBasic"
                    checked={form.allowPlainBasic}
                    onChange={(event) => setForm({ ...form, allowPlainBasic: event.target.checked })}
                  />
                  <span>Allow Basic sign-in over HTTP</span>
                  <small>
                    The password and everything else goes over the network readable. Only for a network that
                    is yours alone.
                  </small>
                </label>
              </div>
            )}
            {text('userName', 'User name', 'PSDeck asks for the password when it is needed', 'DOMAIN\\name')}
            {text('configuration', 'Configuration', 'The session configuration to open there')}
          </div>
        </div>
        <footer>
          <button type="button" className="btn" onClick={close}>
            Cancel <kbd>Esc</kbd>
          </button>
          <button type="submit" className="btn primary" disabled={busy}>
            {doing} <kbd>Enter</kbd>
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
