import { Server as ServerIcon, TriangleAlert } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import type { AppError } from '../../../shared/error.ts';
import { appErrorOf } from '../../bridge/client.ts';
import { putServer, serverLabel } from '../../stores/servers.ts';
import type { Dialog as DialogState } from '../../stores/shell.ts';
import { useDesk } from '../../ui/desk-context.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { enterServer } from '../sessions/open-session.ts';
import { TextRow, type FormState } from './form-rows.tsx';
import { checkForm, formOf, withHttps } from './server-form.ts';
import type { FieldErrors, ServerForm } from './server-form.ts';
import { SignInFields } from './sign-in-fields.tsx';

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
  const state: FormState = {
    id,
    form,
    errors,
    change(patch) {
      setForm((now) => ({ ...now, ...patch }));
      const cleared = Object.fromEntries(Object.keys(patch).map((field) => [field, undefined]));
      setErrors((now) => ({ ...now, ...cleared }));
    },
  };

  function focusField(field: string): void {
    // After what is folded away was unfolded, because something in it is wrong.
    requestAnimationFrame(() => body.current?.querySelector<HTMLElement>(`[name="${field}"]`)?.focus());
  }

  async function save(event: React.FormEvent): Promise<void> {
    event.preventDefault();
    const checked = checkForm(form);
    if (!checked.ok) {
      setErrors(checked.errors);
      const first = Object.keys(form).find((field) => field in checked.errors);
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
      const field = error.field?.replace(/^(?:draft\.)?(?:signIn\.)?/, '');
      if (field !== undefined && field in form) {
        setErrors({ [field]: error.title });
        focusField(field);
      } else setFailed(error);
      setBusy(false);
    }
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
            <TextRow
              state={state}
              field="address"
              label="Address"
              placeholder="Z002 or z002.corp.example"
              input={address}
            />
            <TextRow
              state={state}
              field="name"
              label="Name"
              hint="In the list. The address, where left empty"
            />
            <Over state={state} />
            <TextRow
              state={state}
              field="userName"
              label="User name"
              hint="Leave it empty to use your Kerberos ticket, or to be asked"
              placeholder="DOMAIN\name"
            />
            <TextRow
              state={state}
              field="configuration"
              label="Configuration"
              hint="The session configuration to open there"
            />
          </div>
          <SignInFields state={state} />
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

/** HTTP or HTTPS, and the port, which follows. */
function Over({ state: { id, form, errors, change } }: { state: FormState }) {
  return (
    <>
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
                  const { port } = withHttps(form, https);
                  change({ https, port, auth: form.auth });
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
            onChange={(event) => change({ port: event.target.value })}
          />
        </span>
      </span>
      {errors.port === undefined ? null : (
        <span id={`${id}-port-hint`} className="under bad" role="alert">
          {errors.port}
        </span>
      )}
    </>
  );
}
